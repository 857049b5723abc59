//! What an instance might send.

use crate::{
    frame::{Decoder, Frame, FrameError},
    log_parser::LogParser,
};
use tinderbox_base::Timestamp;

/// Every frame of `pieces`, and how it ended.
fn frames(pieces: &[&[u8]]) -> (Vec<Frame>, Option<FrameError>, bool) {
    let (mut decoder, mut found) = (Decoder::default(), Vec::new());
    for piece in pieces {
        decoder.buffer().extend_from_slice(piece);
        loop {
            match decoder.next() {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(error) => return (found, Some(error), false),
            }
        }
    }
    (found, None, decoder.is_empty())
}

#[test]
fn fuzz_frames() {
    let words =
        ["\u{6}\u{0}\u{0}\u{0}", "\u{1}\u{0}\u{0}\u{0}", "\u{0}\u{0}\u{0}\u{0}", "{\"requestId\":\"1\"}"];
    tinderbox_fuzz::run("frames", &words, |input| {
        let whole = frames(&[input]);
        // However the bytes are cut, the same frames come out.
        let (first, second) = input.split_at(input.len() / 2);
        assert_eq!(frames(&[first, second]), whole);
        let (found, error, ended) = whole;
        (
            found.len().min(5),
            found.first().map(|f| (f.kind, f.head.len().min(4))),
            format!("{error:?}").len(),
            ended,
        )
    });
}

#[test]
fn fuzz_log_records() {
    let words = ["\u{0}", "\n", "\r\n", "INFO", "\u{1}\u{0}\u{0}\u{0}"];
    tinderbox_fuzz::run("log_records", &words, |input| {
        let now = Timestamp::from_millis(1_769_903_999_000);
        let lines = |pieces: &[&[u8]]| {
            let (mut parser, mut lines) = (LogParser::default(), Vec::new());
            for piece in pieces {
                parser.feed(piece, now, &mut |line| {
                    lines.push((line.time, line.level, line.text.into_owned()))
                });
            }
            parser.flush(now, &mut |line| lines.push((line.time, line.level, line.text.into_owned())));
            lines
        };
        let (first, second) = input.split_at(input.len() / 2);
        let whole = lines(&[input]);
        assert_eq!(lines(&[first, second]), whole);
        (whole.len().min(9), whole.first().map(|(_, level, text)| (level.is_some(), text.len().min(300))))
    });
}
