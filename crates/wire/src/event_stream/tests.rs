use super::*;
use proptest::prelude::*;

/// A message as the specification's own examples print it: no headers, the payload `{'foo':'bar'}`.
#[test]
fn a_message_byte_by_byte() {
    let payload = "{'foo':'bar'}";
    let plain = Message { headers: Vec::new(), payload: payload.into() }.encode().expect("small");
    let expect =
        [&[0, 0, 0, 0x1d, 0, 0, 0, 0, 0xfd, 0x52, 0x8c, 0x5a], payload.as_bytes(), &[0xc3, 0x65, 0x39, 0x36]]
            .concat();
    assert_eq!(plain[..], expect);

    let headers = vec![Header::text("content-type", "application/json")];
    let typed = Message { headers, payload: payload.into() }.encode().expect("small");
    assert_eq!(typed[..12], [0, 0, 0, 0x3d, 0, 0, 0, 0x20, 7, 0xfd, 0x83, 0x96]);
    assert_eq!(&typed[12..28], b"\x0ccontent-type\x07\x00\x10");
    assert_eq!(typed[57..], [0x8d, 0x9c, 0x08, 0xb1]);
}

#[test]
fn events_exceptions_and_errors() {
    fn check(message: Message, expect: &[(&str, &str)], payload: &str) {
        let bytes = message.encode().expect("small");
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        let read = decoder.message().expect("good bytes").expect("all of them");
        let headers: Vec<_> = read.headers.iter().map(|h| (h.name.as_str(), read.text(&h.name))).collect();
        let expect: Vec<_> = expect.iter().map(|(name, text)| (*name, Some(*text))).collect();
        assert_eq!(headers, expect);
        assert_eq!(read.payload, payload);
        assert!(decoder.is_empty());
    }
    check(
        Message::event("PayloadChunk", "application/octet-stream", "hello"),
        &[
            (":message-type", "event"),
            (":event-type", "PayloadChunk"),
            (":content-type", "application/octet-stream"),
        ],
        "hello",
    );
    check(
        Message::event("InvokeComplete", "application/json", ""),
        &[(":message-type", "event"), (":event-type", "InvokeComplete")],
        "",
    );
    check(
        Message::exception("ThrottlingException", "application/json", "{}"),
        &[
            (":message-type", "exception"),
            (":exception-type", "ThrottlingException"),
            (":content-type", "application/json"),
        ],
        "{}",
    );
    check(
        Message::error("InternalFailure", "it broke"),
        &[(":message-type", "error"), (":error-code", "InternalFailure"), (":error-message", "it broke")],
        "",
    );
}

#[test]
fn what_is_broken_is_refused() {
    let good = Message::event("A", "text/plain", "x").encode().expect("small");
    let check = |change: &dyn Fn(&mut Vec<u8>), expect: Result<bool, Broken>| {
        let mut bytes = good.to_vec();
        change(&mut bytes);
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        assert_eq!(decoder.message().map(|m| m.is_some()), expect);
    };
    fn seal(bytes: &mut [u8]) {
        let sum = crc32fast::hash(&bytes[..8]).to_be_bytes();
        bytes[8..12].copy_from_slice(&sum);
    }
    check(&|_| {}, Ok(true));
    check(&|bytes| bytes.truncate(11), Ok(false));
    check(&|bytes| bytes.truncate(30), Ok(false));
    check(&|bytes| bytes[3] ^= 1, Err(Broken::Checksum));
    check(&|bytes| bytes[40] ^= 1, Err(Broken::Checksum));
    check(
        &|bytes| {
            bytes[0] = 1;
            bytes[1] = 1;
            seal(bytes);
        },
        Err(Broken::TooLarge),
    );
    check(
        &|bytes| {
            bytes[..4].copy_from_slice(&15u32.to_be_bytes());
            seal(bytes);
        },
        Err(Broken::Lengths),
    );
}

#[test]
fn what_is_too_large_is_not_written() {
    fn check(message: Message, expect: Broken) {
        assert_eq!(message.encode(), Err(expect));
    }
    let payload = vec![0; MAX_MESSAGE - FRAMING + 1];
    check(Message { headers: Vec::new(), payload: payload.into() }, Broken::TooLarge);
    check(Message { headers: vec![Header::text("", "x")], payload: Bytes::new() }, Broken::Header);
    check(
        Message { headers: vec![Header::text(&"n".repeat(256), "x")], payload: Bytes::new() },
        Broken::Header,
    );
    check(
        Message { headers: vec![Header::text("n", &"x".repeat(32_768))], payload: Bytes::new() },
        Broken::Header,
    );
    let many = vec![Header::text("n", &"x".repeat(32_767)); 5];
    check(Message { headers: many, payload: Bytes::new() }, Broken::TooLarge);
}

fn value() -> impl Strategy<Value = HeaderValue> {
    prop_oneof![
        any::<bool>().prop_map(HeaderValue::Bool),
        any::<i8>().prop_map(HeaderValue::Byte),
        any::<i16>().prop_map(HeaderValue::Short),
        any::<i32>().prop_map(HeaderValue::Int),
        any::<i64>().prop_map(HeaderValue::Long),
        any::<Vec<u8>>().prop_map(|bytes| HeaderValue::Bytes(bytes.into())),
        ".{0,40}".prop_map(HeaderValue::String),
        any::<i64>().prop_map(HeaderValue::Timestamp),
        any::<[u8; 16]>().prop_map(HeaderValue::Uuid),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let header = ("[!-~]{1,60}", value()).prop_map(|(name, value)| Header { name, value });
    (proptest::collection::vec(header, 0..8), any::<Vec<u8>>())
        .prop_map(|(headers, payload)| Message { headers, payload: payload.into() })
}

proptest! {
    /// However the bytes of messages are cut, the same messages come out.
    #[test]
    fn messages_survive_any_cut(messages in proptest::collection::vec(message(), 1..5), step in 1usize..200) {
        let bytes: Vec<u8> = messages.iter().flat_map(|m| m.encode().expect("small").to_vec()).collect();
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        for piece in bytes.chunks(step) {
            decoder.feed(piece);
            while let Some(message) = decoder.message().expect("good bytes") {
                found.push(message);
            }
        }
        prop_assert!(decoder.is_empty());
        prop_assert_eq!(found, messages);
    }

    /// Whatever arrives, nothing panics.
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        let _ = decoder.message();
    }
}
