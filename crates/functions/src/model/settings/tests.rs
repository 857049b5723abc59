use super::*;

fn limits() -> Limits {
    Limits { max_timeout_s: 900, scratch_mib: 512, retired_runtimes: RetiredRuntimes::Nearest }
}

fn hello() -> Settings {
    Settings {
        runtime: Some("python3.12".into()),
        handler: Some("app.handler".into()),
        role: Some("arn:aws:iam::123456789012:role/r".into()),
        ..Settings::default()
    }
}

#[test]
fn defaults() {
    let new = Configuration::new(hello(), &limits()).expect("a function");
    assert_eq!((new.timeout_s, new.memory.mib(), new.ephemeral_storage_mib), (3, 128, 512));
    assert_eq!((new.description.as_str(), new.architecture.as_str()), ("", "x86_64"));
    assert_eq!(new.environment, None);
}

/// A change of the hello function, and the refusal it meets, if any.
fn check(change: impl FnOnce(&mut Settings), expect: Result<(), &str>) {
    let mut settings = Settings::default();
    change(&mut settings);
    let now = Configuration::new(hello(), &limits()).expect("a function");
    match (now.with(settings, &limits()), expect) {
        (Ok(_), Ok(())) => {}
        (Err(error), Err(text)) => assert!(error.message().contains(text), "{error}"),
        (found, expect) => panic!("{found:?} instead of {expect:?}"),
    }
}

#[test]
fn bounds() {
    let rule = "failed to satisfy constraint: Member must have";
    check(|s| s.timeout_s = Some(900), Ok(()));
    check(
        |s| s.timeout_s = Some(901),
        Err(&format!("Value '901' at 'timeout' {rule} value less than or equal to 900")),
    );
    check(
        |s| s.timeout_s = Some(0),
        Err(&format!("Value '0' at 'timeout' {rule} value greater than or equal to 1")),
    );
    check(|s| s.memory_mib = Some(10_240), Ok(()));
    check(
        |s| s.memory_mib = Some(10_241),
        Err(
            "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240",
        ),
    );
    check(|s| s.memory_mib = Some(127), Err(&format!("Value '127' at 'memorySize' {rule} value greater")));
    check(|s| s.ephemeral_storage_mib = Some(512), Ok(()));
    check(|s| s.ephemeral_storage_mib = Some(511), Err("at 'ephemeralStorage.size'"));
    check(|s| s.ephemeral_storage_mib = Some(1024), Err("engine.scratch_mib"));
    check(|s| s.handler = Some("h".repeat(129)), Err("at 'handler'"));
    check(|s| s.description = Some("d".repeat(257)), Err("at 'description'"));
}

#[test]
fn enumerations() {
    check(|s| s.tracing_mode = Some("Active".into()), Ok(()));
    check(
        |s| s.tracing_mode = Some("x".into()),
        Err("Member must satisfy enum value set: [Active, PassThrough]"),
    );
    check(|s| s.architectures = Some(vec!["arm64".into()]), Ok(()));
    check(
        |s| s.architectures = Some(vec!["X86_64".into()]),
        Err(
            "Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: \
             [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
        ),
    );
    check(
        |s| s.architectures = Some(vec!["x86_64".into(), "arm64".into()]),
        Err("Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: \
             Member must have length less than or equal to 1"),
    );
    check(|s| s.runtime = Some("cobol".into()), Err("Value cobol at 'runtime' failed"));
    check(|s| s.snap_start = Some("None".into()), Ok(()));
}

#[test]
fn what_is_not_there_is_refused() {
    check(|s| s.layers = Some(vec![]), Ok(()));
    check(|s| s.layers = Some(vec!["arn:x".into()]), Err("Layers is not supported by this server yet."));
    check(|s| s.kms_key_arn = Some(String::new()), Ok(()));
    check(|s| s.kms_key_arn = Some("arn:x".into()), Err("KMSKeyArn is not supported by this server yet."));
    check(|s| s.unsupported = vec!["FileSystemConfigs"], Err("FileSystemConfigs is not supported"));
}

#[test]
fn a_new_function_needs_a_runtime_and_a_handler() {
    let settings = Settings { handler: None, ..hello() };
    let error = Configuration::new(settings, &limits()).expect_err("no handler");
    assert!(error.message().starts_with("Runtime and Handler are mandatory"), "{error}");
}

#[test]
fn a_retired_runtime_may_stay_when_policy_changes() {
    let settings = Settings { runtime: Some("python3.7".into()), ..hello() };
    let old = Configuration::new(settings.clone(), &limits()).expect("accepted");
    let strict = Limits { retired_runtimes: RetiredRuntimes::Reject, ..limits() };
    assert!(Configuration::new(settings, &strict).is_err());
    let same = Settings { runtime: Some("python3.7".into()), timeout_s: Some(5), ..Settings::default() };
    assert!(old.with(same, &strict).is_ok());
}

#[test]
fn a_change_keeps_the_rest_and_survives_storing() {
    let old = Configuration::new(hello(), &limits()).expect("a function");
    let changed = old
        .clone()
        .with(Settings { memory_mib: Some(256), ..Settings::default() }, &limits())
        .expect("a change");
    assert_eq!(Configuration { memory: old.memory, ..changed.clone() }, old);
    let stored = serde_json::to_string(&changed).expect("JSON");
    assert_eq!(serde_json::from_str::<Configuration>(&stored).expect("read back"), changed);
}
