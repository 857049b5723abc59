//! JSON Web Tokens: their form and their signature (RFC 7515, RFC 7518).

use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The longest token; headers are no longer either.
const MAX_TOKEN: usize = 10_240;

/// A signed token, not yet verified.
#[derive(Debug)]
pub(super) struct Jws<'a> {
    header: Header,
    /// What was signed.
    signed: &'a str,
    claims: Map<String, Value>,
    signature: Vec<u8>,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
}

/// A key that signs tokens.
#[derive(Debug, Deserialize)]
pub(super) struct Jwk {
    kty: String,
    #[serde(default)]
    pub(super) kid: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    pub(super) fn parse(token: &'a str) -> Result<Self, &'static str> {
        const FORM: &str = "the token is not of the form it must have";
        if token.len() > MAX_TOKEN {
            return Err("the token is too long");
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(FORM)?;
        let (header, claims) = signed.split_once('.').ok_or(FORM)?;
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| FORM);
        Ok(Self {
            header: serde_json::from_slice(&decode(header)?).map_err(|_| FORM)?,
            signed,
            claims: serde_json::from_slice(&decode(claims)?).map_err(|_| FORM)?,
            signature: decode(signature)?,
        })
    }

    /// Which key it says that it was signed with.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Its claims, if one of `keys` signed it.
    pub(super) fn verified(self, keys: &[Jwk]) -> Result<Map<String, Value>, &'static str> {
        if !["RS256", "RS384", "RS512", "ES256"].contains(&self.header.alg.as_str()) {
            return Err("the token is signed in a way that is not supported");
        }
        let named = |key: &&Jwk| self.header.kid.is_none() || key.kid == self.header.kid;
        match keys.iter().filter(named).any(|key| self.is_signed_by(key)) {
            true => Ok(self.claims),
            false => Err("the signature is invalid"),
        }
    }

    fn is_signed_by(&self, key: &Jwk) -> bool {
        let part = |text: &Option<String>| {
            BASE64_URL_SAFE_NO_PAD.decode(text.as_deref()?.trim_end_matches('=')).ok()
        };
        let (message, sign) = (self.signed.as_bytes(), &self.signature[..]);
        let rsa = |parameters: &'static signature::RsaParameters| {
            let (Some(n), Some(e)) = (part(&key.n), part(&key.e)) else { return false };
            key.kty == "RSA"
                && RsaPublicKeyComponents { n: &n, e: &e }.verify(parameters, message, sign).is_ok()
        };
        match self.header.alg.as_str() {
            "RS256" => rsa(&RSA_PKCS1_2048_8192_SHA256),
            "RS384" => rsa(&RSA_PKCS1_2048_8192_SHA384),
            "RS512" => rsa(&RSA_PKCS1_2048_8192_SHA512),
            "ES256" => {
                let (Some(x), Some(y)) = (part(&key.x), part(&key.y)) else { return false };
                if key.kty != "EC" || key.crv.as_deref() != Some("P-256") || x.len() != 32 || y.len() != 32 {
                    return false;
                }
                // The point, uncompressed.
                let point = [&[4], &x[..], &y[..]].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, sign).is_ok()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
    };
    use proptest::prelude::*;

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn signed(header: &str) -> (String, Jwk) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let text = format!("{}.{}", encode(header), encode(r#"{"sub":"me"}"#));
        let sign = pair.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature");
        let point = pair.public_key().as_ref();
        let key = Jwk {
            kty: "EC".into(),
            kid: Some("k1".into()),
            n: None,
            e: None,
            crv: Some("P-256".into()),
            x: Some(encode(&point[1..33])),
            y: Some(encode(&point[33..])),
        };
        (format!("{text}.{}", encode(sign)), key)
    }

    #[test]
    fn signatures() {
        fn check(header: &str, change: impl Fn(&mut String), expect: Result<(), &str>) {
            let (mut token, key) = signed(header);
            change(&mut token);
            let found = Jws::parse(&token).and_then(|jws| jws.verified(&[key]));
            assert_eq!(found.map(|claims| assert_eq!(claims["sub"], "me")), expect, "{header}");
        }
        check(r#"{"alg":"ES256","kid":"k1"}"#, |_| {}, Ok(()));
        check(r#"{"alg":"ES256"}"#, |_| {}, Ok(()));
        check(r#"{"alg":"ES256","kid":"k2"}"#, |_| {}, Err("the signature is invalid"));
        check(r#"{"alg":"RS256","kid":"k1"}"#, |_| {}, Err("the signature is invalid"));
        check(r#"{"alg":"none"}"#, |_| {}, Err("the token is signed in a way that is not supported"));
        check(r#"{"alg":"HS256"}"#, |_| {}, Err("the token is signed in a way that is not supported"));
        let other = encode(r#"{"sub":"me","admin":true}"#);
        let forge = move |token: &mut String| {
            let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
            *token = format!("{}.{other}.{}", parts[0], parts[2]);
        };
        check(r#"{"alg":"ES256","kid":"k1"}"#, forge, Err("the signature is invalid"));
        check(r#"{"alg":"ES256"}"#, |t| t.truncate(20), Err("the token is not of the form it must have"));
    }

    proptest! {
        #[test]
        fn any_text_is_judged(token in "[A-Za-z0-9_.-]{0,80}") {
            let _ = Jws::parse(&token).map(|jws| jws.verified(&[]));
        }
    }
}
