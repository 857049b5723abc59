//! Event ids and page tokens: positions, written as CloudWatch Logs writes its own.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tinderbox_base::{Error, Result, Timestamp};
use tinderbox_segments::Position;

/// The id of the event at a position: 56 digits that grow with time. Unique within a group.
pub(crate) fn event_id(at: Position) -> String {
    format!("{:056}", number(at))
}

/// Events of log groups have times from 0 on, so that a position fits into 112 bits.
fn number(at: Position) -> u128 {
    u128::from(at.time.as_millis().max(0).cast_unsigned()) << 64 | u128::from(at.seq)
}

fn position(number: u128) -> Option<Position> {
    let time = i64::try_from(number >> 64).ok()?;
    Some(Position { time: Timestamp::from_millis(time), seq: number as u64 })
}

/// The position that an id names.
pub(crate) fn parse_event_id(text: &str) -> Option<Position> {
    let plain = text.len() == 56 && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok().and_then(position) } else { None }
}

/// A token of `GetLogEvents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// `f/ID/s`: the events after this position.
    After(Position),
    /// `b/ID/s`: the events before this position.
    Before(Position),
}

impl Token {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let parsed = match text.strip_suffix("/s").and_then(|t| t.split_once('/')) {
            Some(("f", id)) => parse_event_id(id).map(Self::After),
            Some(("b", id)) => parse_event_id(id).map(Self::Before),
            _ => None,
        };
        parsed.ok_or_else(invalid)
    }

    /// The token that reads on behind `at`, this position left out.
    pub(crate) fn after(at: Position) -> String {
        format!("f/{}/s", event_id(at))
    }

    /// The token that reads on before `at`, this position left out.
    pub(crate) fn before(at: Position) -> String {
        format!("b/{}/s", event_id(at))
    }

    /// The token that reads on at `at`, this position included.
    pub(crate) fn from(at: Position) -> String {
        format!("f/{:056}/s", number(at).saturating_sub(1))
    }
}

/// The error for a token that we did not hand out.
pub(crate) fn invalid() -> Error {
    Error::invalid("The specified nextToken is invalid.")
}

/// A token that carries the last name of a page.
pub(crate) fn of_text(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The text of such a token.
pub(crate) fn text_of(token: &str) -> Result<String> {
    URL_SAFE_NO_PAD.decode(token).ok().and_then(|b| String::from_utf8(b).ok()).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens() {
        fn check(text: &str, ok: bool) {
            assert_eq!(Token::parse(text).is_ok(), ok, "{text}");
        }
        let zeros = "0".repeat(56);
        check(&format!("f/{zeros}/s"), true);
        check(&format!("b/{zeros}/s"), true);
        check(&format!("x/{zeros}/s"), false);
        check(&format!("f/{zeros}"), false);
        check(&format!("f/{}/s", "9".repeat(56)), false);
        check("f/1/s", false);
        check("", false);
    }

    proptest! {
        #[test]
        fn ids_name_their_position_and_sort_like_it(a in 0..i64::MAX, b in 0..i64::MAX, s: u64, t: u64) {
            let at = |time, seq| Position { time: Timestamp::from_millis(time), seq };
            let (one, two) = (at(a, s), at(b, t));
            prop_assert_eq!(parse_event_id(&event_id(one)), Some(one));
            prop_assert_eq!(event_id(one).cmp(&event_id(two)), one.cmp(&two));
        }

        #[test]
        fn any_token_is_read_or_refused(text in "\\PC{0,64}") {
            let _ = (Token::parse(&text), text_of(&text));
        }
    }
}
