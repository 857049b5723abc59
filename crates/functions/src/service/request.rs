//! What a request to invoke may carry, and what it lacks.

use crate::errors;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::de::IgnoredAny;
use tinderbox_base::{Clock, Error, ErrorKind, Random, Result};

/// Most bytes of a client context, in base64 (Lambda API, Invoke).
const MAX_CLIENT_CONTEXT: usize = 3583;

/// The trace header of an invocation: what the request brought, and what that lacks. `samples` decides whether it is
/// recorded, where the request does not say so.
pub(super) fn trace_header(
    given: Option<&str>,
    samples: impl FnOnce() -> bool,
    clock: &dyn Clock,
    random: &dyn Random,
) -> String {
    let field = |name: &'static str| given?.split(';').find_map(|field| field.trim().strip_prefix(name));
    let (root, parent) = (field("Root="), field("Parent="));
    let sampled = field("Sampled=").filter(|sampled| matches!(*sampled, "0" | "1"));
    if let (Some(given), Some(_), Some(_), Some(_)) = (given, root, parent, sampled) {
        return given.to_owned();
    }
    let sampled = sampled.unwrap_or_else(|| if samples() { "1" } else { "0" });
    let mut bytes = [0; 24];
    random.fill(&mut bytes);
    let (own_root, own_parent) = bytes.split_at(16);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u128, |n, b| n << 8 | u128::from(*b));
    // 96 bits of the root's number are shown.
    let (own_root, own_parent) = (number(own_root) >> 32, number(own_parent));
    match (root, parent) {
        (Some(root), Some(parent)) => format!("Root={root};Parent={parent};Sampled={sampled}"),
        (Some(root), None) => format!("Root={root};Parent={own_parent:016x};Sampled={sampled}"),
        (None, _) => {
            let seconds = clock.now().as_millis() / 1000;
            format!("Root=1-{seconds:08x}-{own_root:024x};Parent={own_parent:016x};Sampled={sampled}")
        }
    }
}

/// Refuses what is not one JSON value in UTF-8.
pub(super) fn check_json(payload: &[u8]) -> Result<()> {
    let found = match std::str::from_utf8(payload) {
        Ok(text) => serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|e| e.to_string()),
        Err(error) => Err(format!("Invalid UTF-8 at byte {}", error.valid_up_to() + 1)),
    };
    found.map_err(|detail| {
        errors::invalid_request_content(format!(
            "Could not parse request body into json: Could not parse payload into json: {detail}"
        ))
    })
}

/// The JSON text of a client context.
pub(super) fn client_context(encoded: &str) -> Result<String> {
    let refused =
        || errors::invalid_request_content("Client context must be a valid Base64-encoded JSON object.");
    if encoded.len() > MAX_CLIENT_CONTEXT {
        let text = format!("Client context must be at most {MAX_CLIENT_CONTEXT} bytes.");
        return Err(Error::new(ErrorKind::TooLarge, text).with_code("RequestTooLargeException"));
    }
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| refused())?;
    let text = String::from_utf8(bytes).map_err(|_| refused())?;
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn events_are_json() {
        fn check(payload: &[u8], expect: Result<(), &str>) {
            let found = check_json(payload).map_err(|e| e.message().to_owned());
            match (found, expect) {
                (Ok(()), Ok(())) => {}
                (Err(text), Err(part)) => {
                    let start = "Could not parse request body into json: Could not parse payload into json: ";
                    assert!(text.starts_with(start) && text.contains(part), "{text}");
                }
                (found, _) => panic!("{found:?}"),
            }
        }
        check(b"{}", Ok(()));
        check(b" [1, \"x\", null] ", Ok(()));
        check("\"ä\"".as_bytes(), Ok(()));
        check(b"{", Err("EOF"));
        check(b"hello", Err("expected"));
        check(b"{} {}", Err("trailing"));
        check(b"\"n\x87r\"", Err("Invalid UTF-8 at byte 3"));
    }

    #[test]
    fn trace_headers() {
        let clock =
            tinderbox_base::ManualClock::at(tinderbox_base::Timestamp::from_millis(1_769_903_999_007));
        let check = |given: Option<&str>, samples: bool, start: &str, end: &str| {
            let random = tinderbox_base::SeededRandom::new(1);
            let header = trace_header(given, || samples, &clock, &random);
            assert!(header.starts_with(start) && header.ends_with(end), "{header}");
            header.len()
        };
        let whole = "Root=1-697e977f-".len() + 24 + ";Parent=".len() + 16 + ";Sampled=0".len();
        assert_eq!(check(None, false, "Root=1-697e977f-", ";Sampled=0"), whole);
        assert_eq!(check(None, true, "Root=1-697e977f-", ";Sampled=1"), whole);
        assert_eq!(check(Some("nonsense"), false, "Root=1-697e977f-", ";Sampled=0"), whole);
        check(Some("Root=1-a-b"), true, "Root=1-a-b;Parent=", ";Sampled=1");
        check(Some("Root=1-a-b;Sampled=1"), false, "Root=1-a-b;Parent=", ";Sampled=1");
        check(Some("Root=1-a-b;Parent=c;Sampled=?"), false, "Root=1-a-b;Parent=c;", ";Sampled=0");
        let kept = "Root=1-a-b;Parent=c;Sampled=0;Lineage=d:0";
        check(Some(kept), true, kept, kept);
    }

    #[test]
    fn client_contexts() {
        fn check(encoded: &str, expect: Option<&str>) {
            assert_eq!(client_context(encoded).ok().as_deref(), expect, "{encoded}");
        }
        check("eyJhIjoxfQ==", Some("{\"a\":1}"));
        check("MQ==", None);
        check("{}", None);
        check(&"A".repeat(4000), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(check_json(&bytes).is_ok(), serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
        }
    }
}
