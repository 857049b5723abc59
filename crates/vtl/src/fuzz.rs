//! Templates and paths that nobody would write.

use crate::{Heap, JsonPath, Limits, Scope, Template};

/// Little, so that a template that loops is quick about it.
const LIMITS: Limits = Limits { steps: 20_000, memory: 1024 * 1024, output: 64 * 1024 };

#[test]
fn fuzz_vtl() {
    let words = [
        "$s",
        "${u}",
        "$!x",
        "$list",
        "$map",
        "$list[0]",
        "[",
        "]",
        ".get(",
        ".substring(",
        ".put(",
        ".add(",
        ".replaceAll(",
        "(",
        ")",
        ",",
        "\"",
        "'",
        "#set($a = ",
        "#if(",
        "#elseif(",
        "#else",
        "#end",
        "#foreach($i in ",
        "[1..9]",
        "#define($d)",
        "#macro(m $a)",
        "#m(1)",
        "$d",
        "#break",
        "#stop",
        "##",
        "#*",
        "*#",
        "#[[",
        "]]#",
        "{\"k\": ",
        "}",
        " == ",
        " && ",
        "!",
        "-1",
        "1.5",
        "9223372036854775807",
        "$foreach.count",
        "\\$",
    ];
    tinderbox_fuzz::run("vtl", &words, |input| {
        let source = String::from_utf8_lossy(input);
        let template = Template::parse(&source).map_err(|error| coarse(&error))?;
        let mut scope = Scope::new(LIMITS);
        for (name, json) in
            [("s", "\"text\""), ("list", "[1, \"two\", null]"), ("map", "{\"a\": {\"b\": 1}}")]
        {
            if let Ok(value) = scope.heap.parse_json(json.as_bytes()) {
                scope.set(name, value);
            }
        }
        template.render(&mut scope).map(|text| text.len().min(40)).map_err(|error| coarse(&error))
    });
}

#[test]
fn fuzz_json_path() {
    let words =
        ["$", ".", "..", "[", "]", "*", "'a'", "?(@.a == 1)", "0", "-1", ":", ",", "a", "length()", "@"];
    tinderbox_fuzz::run("json_path", &words, |input| {
        let text = String::from_utf8_lossy(input);
        let path = JsonPath::parse(&text).map_err(|error| error.reason)?;
        let mut heap = Heap::new(LIMITS);
        let root = heap
            .parse_json(br#"{"a": [1, {"a": "b"}, null], "b": {"a": {"a": []}}}"#)
            .map_err(|_| "no JSON")?;
        Ok::<_, &str>((path.is_definite(), path.find(&mut heap, &root).map(|found| found.is_some()).ok()))
    });
}

/// A complaint without the positions and texts in it.
fn coarse(error: &crate::Error) -> String {
    error.to_string().chars().filter(|c| !c.is_ascii_digit()).take(50).collect()
}
