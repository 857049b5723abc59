use super::*;
use crate::{
    codec,
    schema::{Member, ServiceSchema, Shape},
};

static SHAPES: [Shape; 14] = [
    Shape::structure(
        "Input",
        const {
            &[
                Member::new("FunctionName", 1).required(),
                Member::new("MemorySize", 2),
                Member::new("PackageType", 3),
                Member::new("TagKeys", 4),
                Member::new("Environment", 6),
                Member::new("Tags", 9),
                Member::new("KMSKeyArn", 1),
                Member::new("Rate", 11),
                Member::new("Choice", 12),
                Member::new("Labels", 13),
            ]
        },
    ),
    Shape::string("FunctionName").min(1).max(5).pattern("[a-z]+"),
    Shape::new("MemorySize", Kind::Integer).min(128).max(10_240),
    Shape::one_of("PackageType", &["Zip", "Image"]),
    Shape::list("TagKeyList", 5).max(2),
    Shape::string("TagKey").min(1).max(3),
    Shape::structure("Environment", const { &[Member::new("Variables", 7)] }),
    Shape::map("Variables", 8, 5).sensitive(),
    Shape::string("Name").pattern("[a-zA-Z]([a-zA-Z0-9_])+"),
    Shape::list("TagList", 10),
    Shape::structure("Tag", const { &[Member::new("Key", 5).required(), Member::new("Value", 5)] }),
    Shape::new("Rate", Kind::Double).min(0).max(1),
    Shape::union("Choice", const { &[Member::new("A", 5), Member::new("B", 5)] }),
    Shape::map("Labels", 5, 10),
];

static SERVICE: ServiceSchema = ServiceSchema { shapes: &SHAPES, ..ServiceSchema::EMPTY };

fn check(json: &str, expect: &[&str]) {
    let value = codec::json::decode(&SERVICE, 0, codec::Scope::Everything, json.as_bytes())
        .expect("it fits the shapes");
    let found = validate(&SERVICE, &Patterns::new(&SERVICE), Some(0), &value);
    let expect = match expect {
        [] => Ok(()),
        [one] => Err(format!("1 validation error detected: Value{one}")),
        more => Err(format!("{} validation errors detected: Value{}", more.len(), more.join("; Value"))),
    };
    assert_eq!(found, expect, "{json}");
}

#[test]
fn constraints_in_the_words_of_aws() {
    check(r#"{"FunctionName":"a","Choice":{"A":"x"},"Rate":0.5}"#, &[]);
    check("{}", &[" null at 'functionName' failed to satisfy constraint: Member must not be null"]);
    check(
        r#"{"FunctionName":"toolong"}"#,
        &[
            " 'toolong' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 5",
        ],
    );
    check(
        r#"{"FunctionName":""}"#,
        &[
            " '' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
            " '' at 'functionName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ],
    );
    check(
        r#"{"FunctionName":"a","MemorySize":64,"PackageType":"Tar"}"#,
        &[
            " '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
            " 'Tar' at 'packageType' failed to satisfy constraint: Member must satisfy enum value set: [Zip, Image]",
        ],
    );
    check(
        r#"{"FunctionName":"a","KMSKeyArn":"A","Rate":1.5}"#,
        &[
            " 'A' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
            " '1.5' at 'rate' failed to satisfy constraint: Member must have value less than or equal to 1.0",
        ],
    );
}

#[test]
fn what_lists_and_maps_hold() {
    let length = "Member must have length less than or equal to 3, Member must have length greater than or equal to 1, Member must not be null";
    check(
        r#"{"FunctionName":"a","TagKeys":["long","ok"]}"#,
        &[&format!(
            " '[long, ok]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [{length}]"
        )],
    );
    check(
        r#"{"FunctionName":"a","TagKeys":["a","b","c"]}"#,
        &[
            " '[a, b, c]' at 'tagKeys' failed to satisfy constraint: Member must have length less than or equal to 2",
        ],
    );
    check(
        r#"{"FunctionName":"a","Environment":{"Variables":{"FOO-BAR":"","OK":"long"}}}"#,
        &[
            " at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]",
            &format!(
                " at 'environment.variables' failed to satisfy constraint: Map value must satisfy constraint: [{length}]"
            ),
        ],
    );
    check(
        r#"{"FunctionName":"a","Tags":[{"Key":"a"},{"Value":"long"}],"Labels":{"x":{}}}"#,
        &[
            " null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null",
            " 'long' at 'tags.2.member.value' failed to satisfy constraint: Member must have length less than or equal to 3",
            " null at 'labels.x.member.key' failed to satisfy constraint: Member must not be null",
        ],
    );
    check(
        r#"{"FunctionName":"a","Choice":{}}"#,
        &[" '[null, null]' at 'choice' failed to satisfy constraint: Exactly one member must be set"],
    );
}

#[test]
fn elements_may_not_be_null() {
    let length =
        "Member must have length less than or equal to 3, Member must have length greater than or equal to 1";
    check(
        r#"{"FunctionName":"a","TagKeys":["a",null]}"#,
        &[&format!(
            " '[a, null]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [{length}, Member must not be null]"
        )],
    );
    check(
        r#"{"FunctionName":"a","Tags":[null]}"#,
        &[
            " '[null]' at 'tags' failed to satisfy constraint: Member must satisfy constraint: [Member must not be null]",
        ],
    );
}

#[test]
fn no_more_than_ten_violations_are_told() {
    let tags = vec![r#"{"Value":"a"}"#; MAX_TOLD + 10].join(",");
    let json = format!(r#"{{"FunctionName":"a","Tags":[{tags}]}}"#);
    let value = codec::json::decode(&SERVICE, 0, codec::Scope::Everything, json.as_bytes())
        .expect("it fits the shapes");
    let message = validate(&SERVICE, &Patterns::new(&SERVICE), Some(0), &value).expect_err("violations");
    assert!(message.starts_with("10 validation errors detected: "));
    assert_eq!(message.matches("Value null").count(), MAX_TOLD);
}

#[test]
fn a_long_value_is_cut() {
    let json = format!(r#"{{"FunctionName":"{}"}}"#, "a".repeat(100_000));
    let value = codec::json::decode(&SERVICE, 0, codec::Scope::Everything, json.as_bytes())
        .expect("it fits the shapes");
    let message = validate(&SERVICE, &Patterns::new(&SERVICE), Some(0), &value).expect_err("too long");
    assert!(message.len() < render::MAX_SHOWN + 1_000 && message.contains("aaa...'"));
}
