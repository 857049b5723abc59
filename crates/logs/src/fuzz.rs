//! Patterns and tokens that nobody would write.

use crate::{
    pattern::Pattern,
    token::{Token, parse_event_id, text_of},
};

#[test]
fn fuzz_filter_pattern() {
    let words = ["\"", "?", "-", " ", "ERROR", "{ $.a = 1 }", "[a, b]", "%x%", "\\"];
    tinderbox_fuzz::run("filter_pattern", &words, |input| {
        let text = String::from_utf8_lossy(input);
        let pattern =
            Pattern::parse(&text).map_err(|error| error.message().chars().take(50).collect::<String>())?;
        Ok::<_, String>((pattern.matches(b"an ERROR of some kind"), format!("{pattern:?}").len().min(200)))
    });
}

#[test]
fn fuzz_page_tokens() {
    let words = ["f/", "b/", "/s", &"0".repeat(56), "9", "AAAA", "=="];
    tinderbox_fuzz::run("page_tokens", &words, |input| {
        let text = String::from_utf8_lossy(input);
        let token = Token::parse(&text).map_err(|error| error.message().to_owned());
        if let Ok(Token::After(at)) = token {
            assert_eq!(Token::parse(&Token::after(at)).ok(), Some(Token::After(at)));
        }
        (token.is_ok(), parse_event_id(&text).is_some(), text_of(&text).is_ok())
    });
}
