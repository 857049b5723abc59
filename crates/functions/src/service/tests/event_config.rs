//! How events are handled, as its owner sets it.

use super::*;

const OTHER: &str = "arn:aws:lambda:us-east-1:123456789012:function:other";

async fn set(bed: &Bed, replace: Replace, change: &dyn Fn(&mut EventSettings)) -> Result<EventConfigFound> {
    let mut settings = EventSettings { name: "hello".into(), ..EventSettings::default() };
    change(&mut settings);
    bed.functions.set_event_config(&caller(), settings, replace).await
}

fn to(arn: &str) -> Option<Destinations> {
    Some(Destinations { on_success: None, on_failure: Some(arn.into()) })
}

#[tokio::test]
async fn put_replaces_all_and_update_what_it_names() {
    let bed = Bed::with_hello(echo()).await;
    bed.functions.create(&caller(), NewFunction { name: "other".into(), ..hello() }).await.unwrap();
    let missing = "The function arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST doesn't have an \
                   EventInvokeConfig";
    let update = set(&bed, Replace::Named, &|s| s.retries = Some(1)).await;
    assert_eq!(shown(update).1, missing);
    assert_eq!(shown(bed.functions.event_config(&caller(), "hello", None)).1, missing);
    let put = set(&bed, Replace::All, &|s| {
        s.retries = Some(1);
        s.destinations = to(OTHER);
    });
    let put = put.await.unwrap();
    assert!(put.arn.to_string().ends_with(":hello:$LATEST"));
    bed.machine.clock.advance(Duration::from_secs(1));
    let updated = set(&bed, Replace::Named, &|s| s.max_age_s = Some(60)).await.unwrap();
    assert_eq!((updated.config.retries, updated.config.max_age_s), (Some(1), Some(60)));
    assert_eq!(updated.config.on_failure.as_deref(), Some(OTHER));
    assert!(updated.config.last_modified > put.config.last_modified);
    let replaced = set(&bed, Replace::All, &|s| s.max_age_s = Some(21_600)).await.unwrap();
    assert_eq!((replaced.config.retries, &replaced.config.on_failure), (None, &None));
    let bed = bed.kill().start(echo()).await;
    assert_eq!(bed.functions.event_config(&caller(), "hello", Some("$LATEST")).unwrap(), replaced);
    bed.functions.delete_event_config(&caller(), "hello", None).await.unwrap();
    assert_eq!(shown(bed.functions.delete_event_config(&caller(), "hello", None).await).1, missing);
}

#[tokio::test]
async fn what_is_refused() {
    let bed = Bed::with_hello(echo()).await;
    let check = async |change: &dyn Fn(&mut EventSettings), code: &str, text: &str| {
        let (found, message) = shown(set(&bed, Replace::All, change).await);
        assert!(found == code && message.contains(text), "{found}: {message}");
    };
    let (invalid, missing) = ("InvalidParameterValueException", "ResourceNotFoundException");
    check(&|_| (), invalid, "You must specify at least one of error handling or destination setting.").await;
    check(&|s| s.retries = Some(3), "ValidationException", "less than or equal to 2").await;
    check(&|s| s.max_age_s = Some(59), "ValidationException", "greater than or equal to 60").await;
    check(&|s| s.max_age_s = Some(21_601), "ValidationException", "less than or equal to 21600").await;
    check(&|s| s.destinations = to(OTHER), invalid, &format!("The destination ARN {OTHER} is invalid."))
        .await;
    let own = OTHER.replace("other", "hello");
    check(
        &|s| s.destinations = to(&own),
        invalid,
        "You can't specify the function as a destination for itself.",
    )
    .await;
    let text = "DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=arn:aws:iam::123456789012:role/r)) \
                is invalid.";
    check(&|s| s.destinations = to("arn:aws:iam::123456789012:role/r"), invalid, text).await;
    let named = |name: &'static str, qualifier: Option<&'static str>| {
        move |s: &mut EventSettings| {
            (s.name, s.qualifier, s.retries) = (name.into(), qualifier.map(str::to_owned), Some(1));
        }
    };
    check(&named("none", None), missing, "The function doesn't exist.").await;
    check(&named("hello", Some("live")), missing, "The function doesn't exist.").await;
    // A service that is not here may come: its ARN is accepted.
    set(&bed, Replace::All, &|s| s.destinations = to("arn:aws:sqs:us-east-1:123456789012:q")).await.unwrap();
}

#[tokio::test]
async fn each_qualifier_has_its_own() {
    let bed = Bed::with_hello(echo()).await;
    bed.publish().await;
    for qualifier in ["1", "$LATEST"] {
        set(&bed, Replace::All, &|s| {
            s.qualifier = Some(qualifier.into());
            s.retries = Some(1);
        })
        .await
        .unwrap();
    }
    let page = |marker: Option<&str>| {
        let page = bed.functions.list_event_configs(&caller(), "hello", marker, Some(1)).unwrap();
        (page.configs[0].arn.to_string().rsplit(':').next().unwrap().to_owned(), page.next)
    };
    let (first, next) = page(None);
    assert_eq!((first.as_str(), page(next.as_deref())), ("$LATEST", ("1".into(), None)));
    // It goes with its version.
    bed.functions.delete(&caller(), "hello", Some("1")).await.unwrap();
    assert!(bed.functions.event_config(&caller(), "hello", Some("1")).is_err());
}
