//! The account's limits and reserved concurrency.

use super::*;

#[tokio::test]
async fn settings_of_an_account() {
    let bed = Bed::with_hello(echo()).await;
    let size = bed.get("hello").unwrap().code.size;
    bed.functions.put_concurrency(&caller(), "hello", 40).await.unwrap();
    let expect = AccountSettings {
        total_code_size: 80_530_636_800,
        code_size_unzipped: 262_144_000,
        code_size_zipped: 52_428_800,
        concurrent_executions: 1000,
        unreserved_concurrent_executions: 960,
        used_code_size: size,
        function_count: 1,
    };
    assert_eq!(bed.functions.account_settings(&caller()), expect);
    let elsewhere = Caller { region: "eu-west-1".parse().unwrap(), ..caller() };
    assert_eq!(bed.functions.account_settings(&elsewhere).function_count, 0);
}

#[tokio::test]
async fn reserved_concurrency_leaves_some_unreserved() {
    let bed = Bed::with_hello(echo()).await;
    bed.functions.create(&caller(), NewFunction { name: "other".into(), ..hello() }).await.unwrap();
    let put = async |name: &str, n| bed.functions.put_concurrency(&caller(), name, n).await;
    assert_eq!(put("hello", 500).await.unwrap(), 500);
    assert_eq!(put("other", 400).await.unwrap(), 400);
    let refused = "Specified ReservedConcurrentExecutions for function decreases account's \
                   UnreservedConcurrentExecution below its minimum value of [100].";
    assert_eq!(shown(put("other", 401).await), ("InvalidParameterValueException".into(), refused.into()));
    assert!(put("hello", -1).await.is_err());
    assert_eq!(bed.functions.concurrency(&caller(), "other").unwrap(), Some(400));
    bed.functions.delete_concurrency(&caller(), "other").await.unwrap();
    assert_eq!(bed.functions.concurrency(&caller(), "other").unwrap(), None);
    assert_eq!(put("hello", 900).await.unwrap(), 900);
    let (_, message) = shown(put("hello:live", 1).await);
    assert!(message.starts_with("This operation is permitted on Lambda functions only."), "{message}");
}

#[tokio::test]
async fn reserved_zero_stops_a_function() {
    let bed = Bed::with_hello(echo()).await;
    bed.functions.put_concurrency(&caller(), "hello", 0).await.unwrap();
    match bed.invoke(event("1")).await {
        Err(InvokeFault::Throttled(ThrottleReason::Reserved)) => {}
        other => panic!("{other:?}"),
    }
    bed.functions.delete_concurrency(&caller(), "hello").await.unwrap();
    assert!(bed.invoke(event("1")).await.is_ok());
}

#[tokio::test]
async fn code_has_a_quota() {
    let zip = |fill: usize| CodeSource::Zip(zip_of(&[("app.py", &"x".repeat(fill))]));
    // A megabyte for all: random enough text would be needed to fill it, so three packages that hold
    // stored bytes do.
    let stored = |name: &str| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file(name, options).unwrap();
        std::io::Write::write_all(&mut writer, &[b'x'; 500_000]).unwrap();
        CodeSource::Zip(writer.finish().unwrap().into_inner().into())
    };
    let bed = Machine::new().start_with(echo(), |deps| deps.config.functions.code_storage_mib = 1).await;
    let new = |name: &str| NewFunction { name: name.into(), code: stored(name), ..hello() };
    bed.functions.create(&caller(), new("a")).await.unwrap();
    bed.functions.create(&caller(), new("b")).await.unwrap();
    let full = ("CodeStorageExceededException".to_owned(), "Code storage limit exceeded.".to_owned());
    assert_eq!(shown(bed.functions.create(&caller(), new("c")).await), full);
    // Code that takes the place of other code needs only the difference.
    let update = |code| CodeUpdate { name: "a".into(), code, ..CodeUpdate::default() };
    bed.functions.update_code(&caller(), update(stored("other"))).await.unwrap();
    bed.functions.update_code(&caller(), update(zip(10))).await.unwrap();
    bed.functions.create(&caller(), new("c")).await.unwrap();
}
