//! Templates and paths that nobody would write.

use crate::{Heap, JsonPath, Limits, Scope, Template};

/// Few, so that one input takes little even where nothing is optimised.
const LIMITS: Limits = Limits { steps: 20_000, memory: 1 << 20, output: 1 << 16 };

#[test]
fn fuzz_vtl_template() {
    let words = [
        "#set($x = ",
        "#foreach($i in [1..3])",
        "#if($x == 1)",
        "#else",
        "#end",
        "#macro(m $a)",
        "#m(1)",
        "#define($d)",
        "$d",
        "$x",
        "${x.y}",
        "$!x[0]",
        ".get(0)",
        ".replaceAll('a', '$1')",
        ".substring(1)",
        ".split(',')",
        "\"$x\"",
        "'a'",
        "{'k': 1}",
        "## ",
        "#* *#",
        "#[[",
        "]]#",
        "\\",
        "#break",
        "#stop",
        "$foreach.index",
        " + ",
        " && ",
        ")",
    ];
    tinderbox_fuzz::run("vtl_template", &words, |input| {
        let source = String::from_utf8_lossy(input);
        let template = Template::parse(&source).map_err(|error| error.message)?;
        let mut scope = Scope::new(LIMITS);
        if let Ok(data) = scope.heap.parse_json(br#"{"y":[1,"b",{"c":null}]}"#) {
            scope.set("x", data);
        }
        let rendered = template.render(&mut scope).map_err(|error| error.message)?;
        Ok::<_, String>(rendered.chars().take(100).collect::<String>())
    });
}

#[test]
fn fuzz_json_path() {
    let words = [
        "$",
        ".a",
        "..",
        "[*]",
        "[0]",
        "[-1:]",
        "['b']",
        "[?(@.a == 1)]",
        " && ",
        "@",
        ".length()",
        "=~ /x/i",
        "in [1]",
    ];
    tinderbox_fuzz::run("json_path", &words, |input| {
        let path =
            JsonPath::parse(&String::from_utf8_lossy(input)).map_err(|error| error.reason.to_owned())?;
        let mut heap = Heap::new(LIMITS);
        let root = heap.parse_json(br#"{"a":[1,{"b":"x","a":1},[true,null]],"b":{"a":2.5}}"#);
        let root = root.map_err(|fault| fault.to_string())?;
        let found = path.find(&mut heap, &root).map_err(|fault| fault.to_string())?;
        Ok::<_, String>(found.map(|found| heap.to_json(&found).unwrap_or_default()))
    });
}
