use super::*;
use proptest::prelude::*;

const STORE: &str = r#"{"store":{"book":[{"title":"A","price":8,"isbn":"1"},{"title":"B","price":12.5},
    {"title":"C","price":20,"tags":["x","y"]}],"a-b":{"c d":1}},"limit":10,"none":null}"#;

fn find(path: &str) -> Option<String> {
    let mut heap = Heap::default();
    let root = heap.parse_json(STORE.as_bytes()).expect("JSON");
    let found = JsonPath::parse(path).expect(path).find(&mut heap, &root).expect(path);
    found.map(|value| heap.to_json(&value).expect("JSON"))
}

#[test]
fn definite_paths() {
    fn check(path: &str, found: Option<&str>) {
        assert!(JsonPath::parse(path).expect(path).is_definite(), "{path}");
        assert_eq!(find(path).as_deref(), found, "{path}");
    }
    check("$.limit", Some("10"));
    check("limit", Some("10"));
    check("$.none", Some("null"));
    check("$.missing", None);
    check("$.missing.more", None);
    check("$.store.book[0].title", Some("\"A\""));
    check("$.store.book[-1].title", Some("\"C\""));
    check("$.store.book[9]", None);
    check("$['store'][\"a-b\"]['c d']", Some("1"));
    check("$.store.a-b['c d']", Some("1"));
    check("$.store.book.length()", Some("3"));
    check("$.limit.x", None);
}

#[test]
fn indefinite_paths() {
    fn check(path: &str, found: &str) {
        assert!(!JsonPath::parse(path).expect(path).is_definite(), "{path}");
        assert_eq!(find(path).as_deref(), Some(found), "{path}");
    }
    check("$.store.book[*].title", r#"["A","B","C"]"#);
    check("$..title", r#"["A","B","C"]"#);
    check("$..book[0].title", r#"["A"]"#);
    check("$.store.book[0,2].title", r#"["A","C"]"#);
    check("$.store.book[1:].title", r#"["B","C"]"#);
    check("$.store.book[:-1].title", r#"["A","B"]"#);
    check("$.store.book[::2].title", r#"["A","C"]"#);
    check("$.store.book[0]['title','price']", r#"["A",8]"#);
    check("$.store.book[?(@.price > 10)].title", r#"["B","C"]"#);
    check("$.store.book[?(@.price > $.limit && @.tags)].title", r#"["C"]"#);
    check("$.store.book[?(@.isbn)].title", r#"["A"]"#);
    check("$.store.book[?(!@.isbn)].title", r#"["B","C"]"#);
    check("$.store.book[?(@.title == 'A' || @.title == \"B\")].price", "[8,12.5]");
    check("$.store.book[?(@.title =~ /[ab]/i)].title", r#"["A","B"]"#);
    check("$.store.book[?(@.title in ['A','C'])].price", "[8,20]");
    check("$.store.book[?(@.title nin ['A','C'])].price", "[12.5]");
    check("$.nothing[*]", "[]");
}

#[test]
fn what_is_no_path() {
    fn check(path: &str) {
        assert!(JsonPath::parse(path).is_err(), "{path}");
    }
    check("$.");
    check("$[");
    check("$[]");
    check("$['a");
    check("$.a]");
    check("$[?(@.a == )]");
    check("$[?(@.a");
    check("$[::0]");
    check("$ x");
    check(&"$.a".repeat(3000));
    check(&format!("$[?({})]", "(".repeat(100)));
}

proptest! {
    #[test]
    fn any_text_is_a_path_or_an_error(path in "[$@.a-c0-9'\"\\[\\]()?*,:!=<>~&| -]{0,60}") {
        if let Ok(path) = JsonPath::parse(&path) {
            let mut heap = Heap::default();
            let root = heap.parse_json(STORE.as_bytes()).expect("JSON");
            let _ = path.find(&mut heap, &root);
        }
    }
}
