//! From the models' names to Rust's.

/// `CodeSha256` to `code_sha256`, `KMSKeyArn` to `kms_key_arn`.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(i + 1);
        if !c.is_ascii_alphanumeric() {
            if !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
            continue;
        }
        let starts = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if starts && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out.trim_end_matches('_').to_owned()
}

/// A field's name.
pub(crate) fn field(name: &str) -> String {
    const KEYWORDS: [&str; 12] =
        ["type", "match", "ref", "in", "use", "mod", "move", "where", "loop", "if", "for", "static"];
    let snake = snake(name);
    if KEYWORDS.contains(&snake.as_str()) { format!("r#{snake}") } else { snake }
}

/// A constant's name for one value of an enumeration.
pub(crate) fn constant(value: &str) -> String {
    let name = snake(value).to_ascii_uppercase();
    match name.chars().next() {
        None => "EMPTY".into(),
        Some(c) if c.is_ascii_digit() => format!("V_{name}"),
        Some(_) => name,
    }
}

/// Documentation text.
pub(crate) fn literal(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        fn check(name: &str, expect: &str) {
            assert_eq!(field(name), expect, "{name}");
        }
        check("CodeSha256", "code_sha256");
        check("KMSKeyArn", "kms_key_arn");
        check("S3Bucket", "s3_bucket");
        check("logGroupName", "log_group_name");
        check("Type", "r#type");
        check("VpcId", "vpc_id");
        check("Ipv6AllowedForDualStack", "ipv6_allowed_for_dual_stack");
        check("ListTagsForResource", "list_tags_for_resource");
    }

    #[test]
    fn constants() {
        fn check(value: &str, expect: &str) {
            assert_eq!(constant(value), expect, "{value}");
        }
        check("nodejs20.x", "NODEJS20_X");
        check("InProgress", "IN_PROGRESS");
        check("x86_64", "X86_64");
        check("Count/Second", "COUNT_SECOND");
        check("1.0", "V_1_0");
    }
}
