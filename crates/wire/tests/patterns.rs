//! Which patterns of the models are left unchecked: those that look around, and no others.

use tinderbox_wire::{schema::ServiceSchema, unchecked_patterns};

#[test]
fn few_patterns_are_left_unchecked() {
    fn check(service: &'static ServiceSchema, expect: &[&str]) {
        assert_eq!(unchecked_patterns(service), expect, "{}", service.name);
    }
    check(&tinderbox_aws_model_cloudwatch::SCHEMA, &[]);
    check(&tinderbox_aws_model_iam::SCHEMA, &[]);
    check(&tinderbox_aws_model_lambda::SCHEMA, &["S3Bucket"]);
    check(&tinderbox_aws_model_logs::SCHEMA, &[]);
    check(&tinderbox_aws_model_sts::SCHEMA, &[]);
}
