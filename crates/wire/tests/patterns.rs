//! Which patterns of the models are left unchecked: those that look around, and no others.

use tinderbox_wire::{schema::ServiceSchema, unchecked_patterns};

#[test]
fn few_patterns_are_left_unchecked() {
    fn check(service: &'static ServiceSchema, expect: &[&str]) {
        let mut found = unchecked_patterns(service);
        found.sort_unstable();
        assert_eq!(found, expect, "{}", service.name);
    }
    check(&tinderbox_aws_model_apigateway::SCHEMA, &[]);
    check(&tinderbox_aws_model_apigatewayv2::SCHEMA, &[]);
    check(&tinderbox_aws_model_cloudwatch::SCHEMA, &[]);
    check(&tinderbox_aws_model_iam::SCHEMA, &[]);
    check(&tinderbox_aws_model_lambda::SCHEMA, &["Alias", "FunctionUrlQualifier", "S3Bucket"]);
    check(&tinderbox_aws_model_logs::SCHEMA, &[]);
    check(&tinderbox_aws_model_sts::SCHEMA, &[]);
}
