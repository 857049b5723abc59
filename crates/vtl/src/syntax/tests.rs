use crate::{ErrorKind, MAX_NESTING, MAX_TEMPLATE_BYTES, Template};
use proptest::prelude::*;

#[test]
fn errors_have_a_place() {
    fn check(source: &str, message: &str, line: usize, column: usize) {
        let error = Template::parse(source).expect_err(source);
        assert_eq!(error.kind, ErrorKind::Syntax, "{source}");
        assert!(error.message.contains(message), "{source}: {error}");
        assert_eq!((error.line, error.column), (line, column), "{source}: {error}");
    }
    check("#if($x)", "#if is not ended", 1, 8);
    check("a\n#set($x 1)", "'=' in #set", 2, 9);
    check("#end", "without a directive", 1, 5);
    check("#if(1)\n#else\n", "#else is not ended", 3, 1);
    check("é ${x", "'}' to end the reference", 1, 6);
    check("#set($x = )", "a value", 1, 11);
    check("#set($x = 'abc)", "not closed", 1, 12);
    check("#foreach($x of $y)#end", "'in' is missing", 1, 15);
    check("#foreach(x in $y)#end", "a variable", 1, 10);
    check("#if", "'(' after #if", 1, 4);
    check("#* never", "not closed", 1, 3);
    check("#include('x')", "not available", 1, 1);
    check("$x.f(1", "',' between arguments", 1, 7);
    check("#set($x = \"a #if(\")", "a value", 1, 18);
    check("#set($x = [1 2])", "',' between elements", 1, 14);
    check("#set($x = {1})", "':' after a key", 1, 13);
}

#[test]
fn bounds() {
    let error = Template::parse(&"x".repeat(MAX_TEMPLATE_BYTES + 1)).expect_err("too large");
    assert_eq!(error.kind, ErrorKind::Limit);
    assert!(Template::parse(&"x".repeat(MAX_TEMPLATE_BYTES)).is_ok());
    let nested = |n: usize| format!("#set($x = {}1{})", "(".repeat(n), ")".repeat(n));
    assert!(Template::parse(&nested(MAX_NESTING / 2)).is_ok());
    assert_eq!(Template::parse(&nested(5000)).expect_err("too deep").kind, ErrorKind::Limit);
    // What is long and not deep is fine.
    assert!(Template::parse(&format!("#set($x = 1{})", "+1".repeat(50_000))).is_ok());
    assert!(Template::parse(&format!("#set($x = {}true)", "!".repeat(50_000))).is_ok());
    assert!(Template::parse(&"$a[".repeat(10_000)).is_err());
}

proptest! {
    #[test]
    fn any_text_is_a_template_or_an_error(source in "[#$!{}()\\[\\]\"'\\\\.,:=+a-f0-9 \nifsetnd&|é-]{0,120}") {
        let _ = Template::parse(&source);
    }

    #[test]
    fn text_without_signs_is_itself(source in "[^#$\\\\]{0,200}") {
        let template = Template::parse(&source).expect("plain text");
        prop_assert_eq!(template.render(&mut crate::Scope::default()).expect("plain text"), source);
    }
}
