//! Aliases: names that lead to a version, or to one of two at random.

use super::{Generation, VersionName};
use serde::{Deserialize, Serialize};
use tinderbox_base::RequestId;

/// Longest name of an alias (Lambda API, `Alias`).
pub const MAX_ALIAS_NAME: usize = 128;

/// An alias as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    /// Its name.
    pub name: String,
    /// The version it leads to.
    pub version: VersionName,
    /// Free text.
    pub description: String,
    /// The version that gets a part of the requests.
    #[serde(default)]
    pub additional: Option<Additional>,
    /// The API's RevisionId.
    pub revision: Generation,
}

/// A second version, and how much it gets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Additional {
    /// The published version.
    pub version: u64,
    /// Its part of the requests, from 0 to 1.
    pub weight: f64,
}

impl Alias {
    /// The version that serves `request`: drawn at random, once and for all for this request.
    ///
    /// The chance is the request's own id, 62 of whose bits nobody could foresee, so that drawing
    /// costs nothing and an event that is tried again goes where it went first.
    pub fn pick(&self, request: RequestId) -> VersionName {
        match self.additional {
            Some(Additional { version, weight }) if chance(request) < weight => VersionName::Number(version),
            Some(_) | None => self.version,
        }
    }

    /// Whether it leads to `version`, be it with the least weight.
    pub fn leads_to(&self, version: u64) -> bool {
        self.version == VersionName::Number(version) || self.additional.is_some_and(|a| a.version == version)
    }
}

/// A number from 0 to 1, 1 excluded, uniform over requests.
fn chance(request: RequestId) -> f64 {
    // The last 62 bits of a version 4 UUID are random; a double has room for 53.
    let bits = (request.as_u128() as u64) << 2 >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::SeededRandom;

    fn alias(additional: Option<Additional>) -> Alias {
        let revision = Generation::new(&SeededRandom::new(1));
        let version = VersionName::Number(1);
        Alias { name: "live".into(), version, description: String::new(), additional, revision }
    }

    #[test]
    fn weights_are_kept() {
        const DRAWS: u32 = 20_000;
        fn check(weight: f64) {
            let (random, alias) = (SeededRandom::new(7), alias(Some(Additional { version: 2, weight })));
            let second =
                (0..DRAWS).filter(|_| alias.pick(RequestId::new(&random)) == VersionName::Number(2)).count();
            let (expect, n) = (f64::from(DRAWS) * weight, f64::from(DRAWS));
            // Five standard deviations: less than one wrong alarm in a million seeds, and the seed is fixed.
            let bound = 5.0 * (n * weight * (1.0 - weight)).sqrt();
            assert!((second as f64 - expect).abs() <= bound, "{weight}: {second}");
        }
        for weight in [0.0, 0.01, 0.25, 0.5, 0.9, 1.0] {
            check(weight);
        }
    }

    #[test]
    fn the_same_request_goes_to_the_same_version() {
        let (random, alias) = (SeededRandom::new(3), alias(Some(Additional { version: 2, weight: 0.5 })));
        for _ in 0..100 {
            let request = RequestId::new(&random);
            assert_eq!(alias.pick(request), alias.pick(request));
        }
    }

    #[test]
    fn where_an_alias_leads() {
        let plain = alias(None);
        assert!(plain.leads_to(1) && !plain.leads_to(2));
        let two = alias(Some(Additional { version: 2, weight: 0.0 }));
        assert!(two.leads_to(1) && two.leads_to(2) && !two.leads_to(3));
    }
}
