//! Which patterns of the models are left unchecked: none.

use tinderbox_wire::{schema::ServiceSchema, unchecked_patterns};

#[test]
fn no_pattern_is_left_unchecked() {
    fn check(service: &'static ServiceSchema) {
        assert_eq!(unchecked_patterns(service), Vec::<&str>::new(), "{}", service.name);
    }
    check(&tinderbox_aws_model_apigateway::SCHEMA);
    check(&tinderbox_aws_model_apigatewayv2::SCHEMA);
    check(&tinderbox_aws_model_cloudwatch::SCHEMA);
    check(&tinderbox_aws_model_iam::SCHEMA);
    check(&tinderbox_aws_model_lambda::SCHEMA);
    check(&tinderbox_aws_model_logs::SCHEMA);
    check(&tinderbox_aws_model_sts::SCHEMA);
}
