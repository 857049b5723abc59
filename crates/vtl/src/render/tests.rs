use super::*;
use crate::ErrorKind;
use proptest::prelude::*;

const DATA: &str = r#"{"s":"Hello","e":"","n":7,"x":2.5,"t":true,"f":false,"list":[1,"two",{"three":3}],
    "map":{"b":1,"a":"two"},"date":"2024-01-31","none":null,"u":"héllo 😀"}"#;

fn scope() -> Scope {
    let mut scope = Scope::default();
    let data = scope.heap.parse_json(DATA.as_bytes()).expect("JSON");
    let Value::Map(id) = data else { panic!("{data:?}") };
    let entries: Vec<_> = scope.heap.entries(id).map(|(k, v)| (k.to_string(), v.clone())).collect();
    for (name, value) in entries {
        scope.set(&name, value);
    }
    scope
}

fn render(source: &str) -> Result<String, Error> {
    Template::parse(source)?.render(&mut scope())
}

#[track_caller]
fn check(source: &str, output: &str) {
    match render(source) {
        Ok(rendered) => assert_eq!(rendered, output, "{source}"),
        Err(error) => panic!("{source}: {error}"),
    }
}

#[test]
fn references() {
    check("$s ${s}! $!s $!{s}", "Hello Hello! Hello Hello");
    check("[$missing][$!missing][${missing.a.b()}]", "[][][]");
    check("$map.b ${map.a}x $map['a'] $map.get('b')", "1 twox two 1");
    check("$list[0] $list[-1].three $list[9]|", "1 3 |");
    check("$ 5 $5 $", "$ 5 $5 $");
    check("$s. $s.length() $s.length", "Hello. 5 ");
    check("$map.a.toUpperCase().substring(1)", "WO");
    check("$date-$s", "2024-01-31-Hello");
    check("$s[abc]", "Hello[abc]");
    check("\"$s\", '${s}'", "\"Hello\", 'Hello'");
    check("$none|$e|", "||");
}

#[test]
fn values_as_text() {
    check("$n $x $t", "7 2.5 true");
    check("$map", "{b=1, a=two}");
    check("$list", r#"[1,"two",{"three":3}]"#);
    check("#set($l = [1, 'a', [true], {'k': 2}])$l", "[1, a, [true], {k=2}]");
    check("$map.entrySet() $map.keySet() $map.values()", "[b=1, a=two] [b, a] [1, two]");
}

#[test]
fn escapes() {
    check(r"\$s \\$s \$missing", r"$s \Hello \$missing");
    check(r"a\b \n \", r"a\b \n \");
    check(r"\#if($s) \#fff", r"#if(Hello) \#fff");
    check("#[[ $s #if ]]#", " $s #if ");
    check("#fff #123 # #-", "#fff #123 # #-");
    check("a## $s\nb#* $s *#c", "abc");
}

#[test]
fn set() {
    check("#set($a = 1)$a", "1");
    check("#set( $a = $s )\n$a", "Hello");
    check("#set($a = 1)#set($a = $missing)$a", "1");
    check("#set($map.c = 'x')$map.c $map.size()", "x 3");
    check("#set($map['d'] = 2)$map.d", "2");
    check("#set($list[0] = 'one')$list[0]", "one");
    check("#set($a = \"$s, ${map.a}!\")$a", "Hello, two!");
    check("#set($a = '$s')$a", "$s");
    check("#set($a = \"a\"\"b\")$a #set($b = 'a''b')$b", "a\"b a'b");
    check("#set($a = \"\\u0041\\n\")$a", "A\\n");
    check("#set($a = \"#if($t)yes#end ## no comment\")$a", "yes ## no comment");
    check("#set($l = [])#set($m = {})$l $m", "[] {}");
    check("#set no", "#set no");
    check("#set($r = [1..3])$r #set($r = [2..-1])$r", "[1, 2, 3] [2, 1, 0, -1]");
}

#[test]
fn arithmetic() {
    fn value(expression: &str, output: &str) {
        check(&format!("#set($r = {expression})$r"), output);
    }
    value("1 + 2 * 3", "7");
    value("(1 + 2) * 3", "9");
    value("7 / 2", "3");
    value("-7 / 2", "-3");
    value("7 % 4", "3");
    value("7.0 / 2", "3.5");
    value("$n - 1", "6");
    value("$n * $x", "17.5");
    value("1 / 0", "");
    value("'a' + 1", "a1");
    value("1 + 'a' + 2", "1a2");
    value("'a' + $missing", "a");
    value("9223372036854775807 + 1", "9.223372036854776E18");
    value("1.5e3", "1500.0");
    value("$missing + 1", "");
}

#[test]
fn conditions() {
    fn holds(condition: &str, expected: bool) {
        check(&format!("#if({condition})yes#{{else}}no#end"), if expected { "yes" } else { "no" });
    }
    holds("$t", true);
    holds("$f", false);
    holds("$missing", false);
    holds("!$missing", true);
    holds("$e", true);
    holds("$e == ''", true);
    holds("$missing == ''", true);
    holds("$none != ''", false);
    holds("$n == 7.0", true);
    holds("$n == '7'", true);
    holds("$n > 6 && $n < 8", true);
    holds("$n >= 8 || $n le 7", true);
    holds("$s == 'Hello' and not $f", true);
    holds("$s eq \"Hello\"", true);
    holds("$s ne 'x' or $missing", true);
    holds("!($n lt 3)", true);
    holds("'a' < 'b'", false);
    holds("$list == [1, 'two', {'three': 3}]", true);
    holds("!!$s", true);
    check("#if($f)a#elseif($t)b#{else}c#end", "b");
    check("#if($f)a#elseif ($f)b#else c#end", " c");
    check("#if($t)\n  x\n#end\ny", "  x\ny");
}

#[test]
fn loops() {
    check("#foreach($i in [1..3])$i#if($foreach.hasNext),#end#end", "1,2,3");
    check("#foreach($i in $list)$foreach.index/$foreach.count/$velocityCount #end", "0/1/1 1/2/2 2/3/3 ");
    check("#foreach($v in $map)$v;#end", "1;two;");
    check("#foreach($k in $map.keySet())$k=$map.get($k);#end", "b=1;a=two;");
    check("#foreach($e in $map.entrySet())$e.key=$e.value;${e.getKey()};#end", "b=1;b;a=two;a;");
    check("#foreach($i in [1..5])#if($i == 3)#break#end$i#end|", "12|");
    check("#foreach($i in $missing)x#end|", "|");
    check("#foreach($i in $s)x#end|", "|");
    check("#set($i = 'o')#foreach($i in [1])$i#end$i", "1o");
    check("#foreach($i in [1,2])#foreach($j in [1])$foreach.parent.count#end#end", "12");
    check("#foreach($i in [1,2])$foreach.first$foreach.last#end", "truefalsefalsetrue");
    check("#foreach($i in [1..2000])#set($last = $i)#end$last", "1000");
    check("a#stop b", "a");
    check("#foreach($i in [1,2])$i#stop#end b", "1");
}

#[test]
fn defines_and_macros() {
    check("#define($d)<$s>#end#set($s = 'x')$d$d", "<x><x>");
    check("#define($d)<$s>#end$d.length()", "7");
    check("#macro(m $a $b)[$a|$b]#end#m(1 'x')#m($s, $missing)$a", "[1|x][Hello|]");
    check("#m('early')#macro(m $a)($a)#end", "(early)");
    check("#unknown(1)", "#unknown(1)");
    let source = "#macro(m $n)$n#if($n > 0)#set($k = $n - 1)#m($k)#end#end#m(3)";
    check(source, "3210");
}

#[test]
fn serverless_default_template() {
    let source = "#define( $loop )\n{\n#foreach($key in $map.keySet())\n#set( $k = $key )\n\
        #set( $v = $map.get($key).replaceAll(\"\\\\'\", \"'\") )\n\"$k\":\n\"$v\"\n#if( $foreach.hasNext ) , #end\n\
        #end\n}\n#end\n#set($map = {'a': 'it\\''s', 'b': 'x'})\n$loop";
    let rendered = render(source).expect("a template").replace([' ', '\n'], "");
    assert_eq!(rendered, r#"{"a":"it's","b":"x"}"#);
}

#[test]
fn methods() {
    fn value(expression: &str, output: &str) {
        check(&format!("${{{expression}}}"), output);
    }
    value("s.length()", "5");
    value("u.length()", "8");
    value("u.substring(6)", "😀");
    value("s.substring(1,3)", "el");
    value("s.indexOf('l')", "2");
    value("s.indexOf('l', 3)", "3");
    value("s.lastIndexOf('l')", "3");
    value("s.indexOf('z')", "-1");
    value("s.contains('ell')", "true");
    value("s.replace('l','L')", "HeLLo");
    value("s.replaceAll('(l+)','<$1>')", "He<ll>o");
    value("s.replaceFirst('l','L')", "HeLlo");
    value("s.matches('H.*o')", "true");
    value("s.matches('H')", "false");
    value("date.split('-').size()", "3");
    value("date.split('-')[1]", "01");
    value("date.split('-', 2)[1]", "01-31");
    value("s.split('').size()", "5");
    value("s.toUpperCase()", "HELLO");
    value("s.equals('Hello')", "true");
    value("s.equalsIgnoreCase('HELLO')", "true");
    value("s.startsWith('He')", "true");
    value("s.endsWith('lo')", "true");
    value("s.concat('!')", "Hello!");
    value("s.charAt(0)", "H");
    value("s.compareTo('Help')", "-4");
    value("s.hashCode()", "69609650");
    value("s.isEmpty()", "false");
    value("e.empty", "true");
    value("s.unknown()", "");
    value("s.length(1)", "");
    value("n.toString().length()", "1");
    value("n.parseInt('12')", "12");
    value("x.intValue()", "2");
    value("list.size()", "3");
    value("list.get(1)", "two");
    value("list.contains('two')", "true");
    value("list.contains('1')", "false");
    value("list.indexOf('two')", "1");
    value("list.isEmpty()", "false");
    value("list.subList(0,2)", "[1, two]");
    value("list.add('x')", "true");
    value("list.remove(0)", "1");
    value("list.remove('two')", "true");
    value("s.join('-', $list)", "1-two-{three=3}");
    value("map.containsKey('a')", "true");
    value("map.put('a', 3)", "two");
    value("map.getOrDefault('z', 'd')", "d");
    value("map.remove('a')", "two");
    value("map.isEmpty()", "false");
    check("#set($l = $list)$l.add(1)$list.size()", "true4");
}

#[test]
fn what_java_throws_is_an_error_with_a_place() {
    fn fails(source: &str, message: &str, column: usize) {
        let error = render(source).expect_err(source);
        assert_eq!((error.kind, error.column), (ErrorKind::Method, column), "{source}: {error}");
        assert!(error.message.contains(message), "{source}: {error}");
    }
    fails("ab $s.substring(9)", "out of bounds", 4);
    fails("$list.get(3)", "Index 3 out of bounds for length 3", 1);
    fails("$s.replaceAll('(?=l)', '')", "look-around", 1);
    fails("$s.replaceAll('l', '$2')", "No group 2", 1);
    fails("$n.parseInt('x')", "For input string: \"x\"", 1);
    fails("#set($list[5] = 1)", "Index 5", 6);
}

#[test]
fn limits() {
    fn fails(source: &str) {
        assert_eq!(render(source).expect_err(source).kind, ErrorKind::Limit, "{source}");
    }
    fails("#set($r = [1..100000000])");
    fails("#macro(m)#m()#end#m()");
    fails("#define($d)$d#end$d");
    fails("#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end#end#end");
    fails("#set($s = 'ab')#foreach($a in [1..1000])#set($s = $s + $s)#end");
    fails("#set($s = 'abcdefgh')#foreach($a in [1..18])#set($s = \"$s$s\")#end#foreach($a in [1..9])$s#end");
    fails("#set($l = [])$l.add($l)$l");
    fails("$s.repeat(1000000000)");
    fails("#set($s = $s.repeat(1000000))$s.replace('', 'xxxxxxxxxxxxxxxx')");
}

proptest! {
    #[test]
    fn any_template_renders_or_fails(source in proptest::collection::vec(piece(), 0..30)) {
        let source = source.concat();
        if let Ok(template) = Template::parse(&source) {
            let _ = template.render(&mut scope());
        }
    }
}

/// Pieces of templates, so that many of their sequences can be read.
fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "$s",
        "${u}",
        "$list",
        "$map",
        "$list[",
        "0]",
        "-1",
        ".get(",
        ")",
        "(",
        "$n",
        ".substring(",
        ",",
        "2",
        "#set($s = ",
        "#if(",
        "#else",
        "#end",
        "#foreach($i in ",
        "#break",
        "#stop",
        "#define($d)",
        "$d",
        "#macro(m $a)",
        "#m(",
        " == ",
        " + ",
        " / ",
        " && ",
        "!",
        "'x'",
        "\"$s\"",
        "[1..3]",
        "{'a': 1}",
        ".add(",
        ".split('",
        "')",
        ".replaceAll('",
        "\\",
        "#",
        "$",
        " ",
        "\n",
        ".keySet()",
        "$i",
        "$foreach.index",
        "é",
    ])
}
