//! What a signature says about itself: who signed, and for which region and service.

use http::{HeaderMap, header::AUTHORIZATION};

/// A credential scope, unverified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) access_key: String,
    /// Empty for SigV4a, which signs for several regions.
    pub(crate) region: String,
    pub(crate) service: String,
}

impl Scope {
    /// The scope of a signed request; `None` if it is not signed.
    pub(crate) fn of(headers: &HeaderMap, query: &[(String, String)]) -> Option<Self> {
        if let Some(value) = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()) {
            let credential = value.split_once("Credential=")?.1;
            return Self::parse(credential.split([',', ' ']).next()?);
        }
        let credential = query.iter().find(|(name, _)| name == "X-Amz-Credential")?;
        Self::parse(&credential.1)
    }

    /// `AKID/20260131/us-east-1/lambda/aws4_request`, or without the region in SigV4a.
    fn parse(credential: &str) -> Option<Self> {
        // Access key ids may hold slashes, so the parts are counted from the end.
        let mut parts = credential.rsplit('/');
        if parts.next()? != "aws4_request" {
            return None;
        }
        let service = parts.next()?.to_owned();
        let third = parts.next()?;
        let is_date = |text: &str| text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        let region = if is_date(third) { "" } else { third };
        if region == third && !is_date(parts.next()?) {
            return None;
        }
        let key: Vec<_> = parts.rev().collect();
        Some(Self { access_key: key.join("/"), region: region.to_owned(), service })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        fn check(header: &str, expect: Option<(&str, &str, &str)>) {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, header.parse().expect("a header"));
            let scope = Scope::of(&headers, &[]);
            let parts =
                scope.as_ref().map(|s| (s.access_key.as_str(), s.region.as_str(), s.service.as_str()));
            assert_eq!(parts, expect, "{header}");
        }
        check(
            "AWS4-HMAC-SHA256 Credential=AKID/20260131/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=x",
            Some(("AKID", "us-east-1", "lambda")),
        );
        check(
            "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260131/sts/aws4_request,SignedHeaders=host",
            Some(("AKID", "", "sts")),
        );
        check(
            "AWS4-HMAC-SHA256 Credential=a/b/20260131/eu-west-1/logs/aws4_request",
            Some(("a/b", "eu-west-1", "logs")),
        );
        check("AWS4-HMAC-SHA256 Credential=AKID", None);
        check("Bearer token", None);
    }

    #[test]
    fn presigned() {
        let query =
            [("X-Amz-Credential".to_owned(), "AKID/20260131/us-east-1/lambda/aws4_request".to_owned())];
        let scope = Scope::of(&HeaderMap::new(), &query).expect("a scope");
        assert_eq!(scope.service, "lambda");
        assert_eq!(Scope::of(&HeaderMap::new(), &[]), None);
    }
}
