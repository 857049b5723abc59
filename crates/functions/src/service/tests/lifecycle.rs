//! Creating, reading, changing, listing, tagging and deleting.

use super::*;

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:hello";

fn error(code: &str, message: &str) -> (String, String) {
    (code.into(), message.into())
}

#[tokio::test]
async fn a_function_is_made_and_found() {
    let bed = Bed::with_hello(echo()).await;
    let function = bed.get("hello").unwrap();
    assert_eq!(function.arn().to_string(), ARN);
    assert_eq!(function.last_modified.to_lambda_last_modified(), "2026-01-31T23:59:59.007+0000");
    assert_eq!(function.log_group(), "/aws/lambda/hello");
    let zip = zip_of(&[("app.py", "1")]);
    assert_eq!(function.code.size, zip.len() as u64);
    assert_eq!(
        fs::read(bed.data().join("code").join(function.code.sha256.to_string()).join("app.py")).unwrap(),
        b"1"
    );
    for name in [ARN, "123456789012:function:hello", "hello:$LATEST"] {
        assert!(bed.get(name).is_ok(), "{name}");
    }
    let found = bed.functions.get(&caller(), "hello", Some("$LATEST"), "GetFunction").unwrap();
    assert_eq!(found.arn.to_string(), format!("{ARN}:$LATEST"));
}

#[tokio::test]
async fn what_is_not_there() {
    let bed = Bed::with_hello(echo()).await;
    let not_found = |arn: &str| error("ResourceNotFoundException", &format!("Function not found: {arn}"));
    let other = ARN.replace("hello", "other");
    assert_eq!(shown(bed.get("other")), not_found(&other));
    assert_eq!(shown(bed.get("hello:7")), not_found(&format!("{ARN}:7")));
    assert_eq!(shown(bed.get("hello:live")), not_found(&format!("{ARN}:live")));
    let update = CodeUpdate { name: "other".into(), code: code("2"), ..CodeUpdate::default() };
    assert_eq!(shown(bed.functions.update_code(&caller(), update).await), not_found(&other));
    let update = ConfigurationUpdate { name: "other".into(), ..ConfigurationUpdate::default() };
    assert_eq!(shown(bed.functions.update_configuration(&caller(), update).await), not_found(&other));
    assert_eq!(shown(bed.functions.delete(&caller(), "other", None).await), not_found(&other));
    let latest = not_found(&format!("{other}:$LATEST"));
    assert_eq!(shown(bed.functions.put_concurrency(&caller(), "other", 1).await), latest);
    let invocation = Invocation { name: "other".into(), ..Invocation::default() };
    match bed.functions.invoke(&caller(), invocation).await {
        Err(InvokeFault::Failed(failed)) => assert_eq!(shown::<()>(Err(failed)), latest),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let bed = Bed::with_hello(echo()).await;
    let again = NewFunction { name: ARN.into(), ..hello() };
    let taken = error("ResourceConflictException", "Function already exist: hello");
    assert_eq!(shown(bed.functions.create(&caller(), again).await), taken);
    // Of many at once one wins, and each of the others hears why.
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let functions = bed.functions.clone();
            tokio::spawn(async move {
                functions.create(&caller(), NewFunction { name: "x".into(), ..hello() }).await
            })
        })
        .collect();
    let mut won = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => won += 1,
            Err(lost) => assert_eq!(lost.message(), "Function already exist: x"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn bad_input_leaves_nothing() {
    let bed = Bed::new(echo()).await;
    let check = async |change: &dyn Fn(&mut NewFunction), code: &str, part: &str| {
        let mut new = hello();
        change(&mut new);
        let (found, message) = shown(bed.functions.create(&caller(), new).await);
        assert!(found == code && message.contains(part), "{found}: {message}");
    };
    let invalid = "InvalidParameterValueException";
    let handler_missing = "Runtime and Handler are mandatory parameters";
    check(&|n| n.code = CodeSource::None, invalid, "Please provide a source for function code.").await;
    check(&|n| n.code = CodeSource::Image, invalid, "PackageType Image is not supported").await;
    check(&|n| n.code = CodeSource::S3, invalid, "Code in S3 is not supported").await;
    check(&|n| n.code = CodeSource::Zip("no zip".into()), invalid, "Could not unzip uploaded file.").await;
    check(&|n| n.settings.handler = None, invalid, handler_missing).await;
    check(&|n| n.settings.runtime = Some("x".into()), invalid, "Value x at 'runtime'").await;
    check(&|n| n.settings.memory_mib = Some(20_000), invalid, "less than or equal to 10240").await;
    check(&|n| n.settings.role = Some("r1".into()), "ValidationException", "Value 'r1' at 'role'").await;
    let foreign = "arn:aws:iam::000000000000:role/r";
    check(&|n| n.settings.role = Some(foreign.into()), "AccessDeniedException", "Cross-account pass role")
        .await;
    check(&|n| n.name = "a.b".into(), "ValidationException", "'functionName'").await;
    check(&|n| n.name = "a".repeat(65), invalid, "length less than or equal to 64").await;
    let tags: BTreeMap<_, _> = (0..51).map(|i| (i.to_string(), String::new())).collect();
    check(&|n| n.tags = tags.clone(), invalid, "Number of tags exceeds").await;
    assert!(bed.functions.list(&caller(), None, None, Listing::Functions).unwrap().functions.is_empty());
    assert_eq!(fs::read_dir(bed.data().join("code")).unwrap().count(), 0);
}

struct NoRole;

#[async_trait::async_trait]
impl RoleCheck for NoRole {
    async fn assumable(&self, _: &tinderbox_base::Arn) -> Result<bool> {
        Ok(false)
    }
}

#[tokio::test]
async fn a_role_must_exist() {
    let bed = Machine::new().start_with(echo(), |deps| deps.roles = Arc::new(NoRole)).await;
    let expect = "The role defined for the function cannot be assumed by Lambda.";
    let found = shown(bed.functions.create(&caller(), hello()).await);
    assert_eq!(found, error("InvalidParameterValueException", expect));
}

#[tokio::test]
async fn a_revision_is_checked() {
    let bed = Bed::with_hello(echo()).await;
    let first = bed.get("hello").unwrap().revision_id();
    let configure = async |revision: &str| {
        let (name, revision_id) = ("hello".into(), Some(revision.to_owned()));
        let update = ConfigurationUpdate { name, revision_id, ..ConfigurationUpdate::default() };
        bed.functions.update_configuration(&caller(), update).await
    };
    let stale = error(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. \
         Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    );
    assert_eq!(shown(configure("x").await), stale);
    bed.machine.clock.advance(Duration::from_secs(1));
    let second = configure(&first).await.unwrap();
    assert_ne!(second.revision_id(), first);
    assert_eq!(second.last_modified.to_lambda_last_modified(), "2026-02-01T00:00:00.007+0000");
    assert_eq!(shown(configure(&first).await), stale);
    let update = |revision: &str| CodeUpdate {
        name: "hello".into(),
        code: code("2"),
        revision_id: Some(revision.to_owned()),
        ..CodeUpdate::default()
    };
    assert_eq!(shown(bed.functions.update_code(&caller(), update(&first)).await), stale);
    assert!(bed.functions.update_code(&caller(), update(&second.revision_id())).await.is_ok());
}

#[tokio::test]
async fn code_is_changed_checked_and_fetched() {
    let bed = Bed::with_hello(echo()).await;
    let before = bed.get("hello").unwrap();
    let update = CodeUpdate { name: "hello".into(), code: code("2"), dry_run: true, ..CodeUpdate::default() };
    let shown_only = bed.functions.update_code(&caller(), update.clone()).await.unwrap();
    assert_ne!(shown_only.code, before.code);
    assert_eq!(bed.get("hello").unwrap(), before);
    let after = bed.functions.update_code(&caller(), CodeUpdate { dry_run: false, ..update }).await.unwrap();
    assert_eq!(after.code, shown_only.code);
    let token = bed.functions.code_token(&after);
    assert_eq!(bed.functions.code_download(&token).await.unwrap(), Some(zip_of(&[("app.py", "2")])));
    assert_eq!(bed.functions.code_download("x").await.unwrap(), None);
    assert!(bed.functions.names_blob(&after.code.sha256) && !bed.functions.names_blob(&before.code.sha256));
    // The old directory goes once nothing runs in it.
    let old = bed.data().join("code").join(before.code.sha256.to_string());
    until("the end of the old directory", || !old.exists()).await;
}

#[tokio::test]
async fn lists_come_in_pages() {
    let bed = Bed::new(echo()).await;
    for i in 0..7 {
        bed.functions.create(&caller(), NewFunction { name: format!("f{i}"), ..hello() }).await.unwrap();
    }
    let (mut marker, mut pages) = (None, Vec::new());
    loop {
        let page = bed.functions.list(&caller(), marker.as_deref(), Some(3), Listing::Functions).unwrap();
        pages.push(page.functions.iter().map(|f| f.name.to_string()).collect::<Vec<_>>().join(" "));
        marker = page.next;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(pages, ["f0 f1 f2", "f3 f4 f5", "f6"]);
    assert!(bed.functions.list(&caller(), Some("?"), None, Listing::Functions).is_err());
    let elsewhere = Caller { region: "eu-west-1".parse().unwrap(), ..caller() };
    assert!(bed.functions.list(&elsewhere, None, None, Listing::Functions).unwrap().functions.is_empty());
}

#[tokio::test]
async fn tags_are_kept_apart_from_revisions() {
    let bed = Bed::with_hello(echo()).await;
    let before = bed.get("hello").unwrap().revision_id();
    let tags = BTreeMap::from([("A".to_owned(), "a".to_owned()), ("B".to_owned(), "b".to_owned())]);
    bed.functions.tag(&caller(), ARN, tags).await.unwrap();
    bed.functions.untag(&caller(), ARN, vec!["A".into(), "Z".into()]).await.unwrap();
    let left = BTreeMap::from([("B".to_owned(), "b".to_owned())]);
    assert_eq!(bed.functions.tags(&caller(), ARN).unwrap(), left);
    assert_eq!(bed.get("hello").unwrap().revision_id(), before);
    let qualified = format!("{ARN}:live");
    let (_, message) = shown(bed.functions.tags(&caller(), &qualified));
    assert!(message.starts_with("Tags on function aliases and versions are not supported."), "{message}");
    let missing = ARN.replace("hello", "other");
    assert_eq!(shown(bed.functions.tags(&caller(), &missing)).0, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_deleted_function_is_gone_and_its_name_free() {
    let bed = Bed::with_hello(echo()).await;
    let first = bed.get("hello").unwrap();
    let delete = async |qualifier| shown(bed.functions.delete(&caller(), "hello", qualifier).await);
    assert!(delete(Some("$LATEST")).await.1.starts_with("$LATEST version cannot be deleted"));
    // A version that does not exist is as good as deleted.
    bed.functions.delete(&caller(), "hello", Some("7")).await.unwrap();
    assert_eq!(delete(Some("live")).await.1, "Deletion of aliases is not currently supported.");
    bed.functions.delete(&caller(), "hello", None).await.unwrap();
    assert!(bed.get("hello").is_err());
    let directory = bed.data().join("code").join(first.code.sha256.to_string());
    until("the end of the directory", || !directory.exists()).await;
    bed.functions.create(&caller(), hello()).await.unwrap();
    assert_ne!(bed.get("hello").unwrap().uid, first.uid);
    assert_eq!(bed.invoke(event("1")).await.unwrap(), Answered { payload: "1".into(), failed: false });
}
