//! Wildcards and variables: `arn:aws:s3:::home/${aws:username}/*`.

use super::Context;

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Exactly this.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters, or none.
    Any,
}

/// The pattern of a text in which nothing is a variable.
pub(super) fn literal(text: &str) -> Vec<Token> {
    text.chars().map(token).collect()
}

fn token(char: char) -> Token {
    match char {
        '*' => Token::Any,
        '?' => Token::One,
        char => Token::Char(char),
    }
}

/// The pattern of `text`, its variables replaced; none if one of them has no value.
///
/// `${key}` and `${key, 'default'}` stand for a key's value; `${*}`, `${?}` and `${$}` for these characters.
/// What a variable brings is never a wildcard.
pub(super) fn compile(text: &str, variables: bool, context: &Context) -> Option<Vec<Token>> {
    if !variables || !text.contains("${") {
        return Some(literal(text));
    }
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        tokens.extend(before.chars().map(token));
        let Some(end) = from.find('}') else {
            rest = from;
            break;
        };
        let name = &from[2..end];
        rest = &from[end + 1..];
        match name {
            "*" | "?" | "$" => tokens.extend(name.chars().map(Token::Char)),
            name => tokens.extend(value(name, context)?.chars().map(Token::Char)),
        }
    }
    tokens.extend(rest.chars().map(token));
    Some(tokens)
}

fn value<'a>(name: &'a str, context: &'a Context) -> Option<&'a str> {
    let (key, default) = match name.split_once(',') {
        Some((key, default)) => (key, default.trim().strip_prefix('\'').and_then(|d| d.strip_suffix('\''))),
        None => (name, None),
    };
    context.one(key.trim()).or(default)
}

/// The text that a pattern without wildcards stands for.
pub(super) fn plain(text: &str, variables: bool, context: &Context) -> Option<String> {
    let char = |token: &Token| match token {
        Token::Char(char) => *char,
        Token::One => '?',
        Token::Any => '*',
    };
    Some(compile(text, variables, context)?.iter().map(char).collect())
}

/// Whether all of `text` fits the pattern. The time is at most the product of their lengths.
pub(super) fn glob(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on if this star turns out to have taken too little.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Token::Any) => {
                star = Some((p, t));
                p += 1;
            }
            Some(Token::One) => (p, t) = (p + 1, t + 1),
            Some(Token::Char(char)) if *char == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|token| *token == Token::Any)
}

/// Whether an ARN fits the pattern, each of its six parts by itself.
///
/// A pattern of fewer parts, such as `*`, is one for the whole.
pub(super) fn arn(pattern: &[Token], text: &str) -> bool {
    let parts: Vec<_> = pattern.splitn(6, |token| *token == Token::Char(':')).collect();
    let texts: Vec<_> = text.splitn(6, ':').collect();
    if parts.len() < 6 || texts.len() < 6 {
        return glob(pattern, text);
    }
    parts.iter().zip(texts).all(|(part, text)| glob(part, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn globs() {
        fn check(pattern: &str, text: &str, expect: bool) {
            assert_eq!(glob(&literal(pattern), text), expect, "{pattern} {text}");
        }
        check("*", "", true);
        check("*", "anything", true);
        check("", "", true);
        check("", "a", false);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("a*c", "ac", true);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("*abc", "ababc", true);
        check("Ä*", "Äü", true);
    }

    #[test]
    fn arns_are_matched_part_by_part() {
        fn check(pattern: &str, text: &str, expect: bool) {
            assert_eq!(arn(&literal(pattern), text), expect, "{pattern} {text}");
        }
        check("arn:aws:s3:::b/*", "arn:aws:s3:::b/k:with:colons/x", true);
        check("arn:aws:lambda:*:1:function:f", "arn:aws:lambda:us-east-1:1:function:f", true);
        // A star does not reach beyond its part.
        check("arn:aws:lambda:*:function:f", "arn:aws:lambda:us-east-1:1:function:f", false);
        check("arn:aws:*:::b", "arn:aws:s3:::b", true);
        check("arn:aws:lambda:*", "arn:aws:lambda:us-east-1:1:function:f", true);
        check("*", "*", true);
    }

    #[test]
    fn variables() {
        let context = Context::new().with("aws:username", "an*na").with("aws:PrincipalTag/team", "red");
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(plain(text, true, &context).as_deref(), expect, "{text}");
        };
        check("home/${aws:username}/x", Some("home/an*na/x"));
        check("${AWS:UserName}", Some("an*na"));
        check("${aws:principaltag/team}", Some("red"));
        check("${aws:userid}", None);
        check("${aws:userid, 'nobody'}", Some("nobody"));
        check("${aws:username, 'nobody'}", Some("an*na"));
        check("${$}{x}${*}${?}", Some("${x}*?"));
        check("${unclosed", Some("${unclosed"));
        let fits =
            |text: &str| glob(&compile("home/${aws:username}/*", true, &context).expect("a value"), text);
        assert!(fits("home/an*na/x") && !fits("home/anna/x"), "a value is no wildcard");
        assert_eq!(plain("${aws:username}", false, &context).as_deref(), Some("${aws:username}"));
    }

    proptest! {
        #[test]
        fn any_pattern_meets_any_text(pattern in "[ab*?${}:]{0,24}", text in "[ab:]{0,40}") {
            let context = Context::new();
            if let Some(tokens) = compile(&pattern, true, &context) {
                let _ = (glob(&tokens, &text), arn(&tokens, &text));
            }
        }

        #[test]
        fn a_text_fits_itself(text in "[a-z:/]{0,40}") {
            prop_assert!(glob(&literal(&text), &text));
            prop_assert!(arn(&literal(&text), &text));
        }
    }
}
