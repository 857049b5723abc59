//! The last events of one invocation, for callers that ask for them.

use std::collections::VecDeque;

/// Most bytes of a tail (Lambda API, `LogResult`: the last 4 KB).
pub const MAX_TAIL: usize = 4096;

/// The end of a text that grows event by event.
#[derive(Debug, Default)]
pub struct Tail {
    bytes: VecDeque<u8>,
}

impl Tail {
    /// Adds an event, on a line of its own.
    pub fn push(&mut self, event: &str) {
        if self.bytes.back().is_some_and(|last| *last != b'\n') {
            self.extend(b"\n");
        }
        self.extend(event.as_bytes());
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn extend(&mut self, bytes: &[u8]) {
        let kept = &bytes[bytes.len().saturating_sub(MAX_TAIL)..];
        let excess = (self.bytes.len() + kept.len()).saturating_sub(MAX_TAIL);
        self.bytes.drain(..excess);
        self.bytes.extend(kept);
    }

    /// The text; a character that the beginning cuts through is left out.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::from(self.bytes);
        let cut = bytes.iter().take(3).take_while(|b| (0x80..0xc0).contains(*b)).count();
        bytes.drain(..cut);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_text_is_whole() {
        fn check(events: &[&str], expect: &str) {
            let mut tail = Tail::default();
            events.iter().for_each(|event| tail.push(event));
            assert_eq!(tail.into_bytes(), expect.as_bytes());
        }
        check(&[], "");
        check(&["START\n", "END\n"], "START\nEND\n");
        check(&["START\n", "unfinished", "\n", "END\n"], "START\nunfinished\n\nEND\n");
        check(&["{}", "{}"], "{}\n{}");
    }

    proptest! {
        #[test]
        fn the_end_of_a_long_text(lines in prop::collection::vec("[aä𝄞]{0,2000}", 0..8)) {
            let mut tail = Tail::default();
            let mut whole = String::new();
            for line in &lines {
                whole.push_str(line);
                whole.push('\n');
                tail.push(&format!("{line}\n"));
            }
            let kept = tail.into_bytes();
            prop_assert!(whole.as_bytes().ends_with(&kept));
            prop_assert!(kept.len() <= MAX_TAIL && kept.len() + 3 >= MAX_TAIL.min(whole.len()));
            prop_assert!(String::from_utf8(kept).is_ok());
        }
    }
}
