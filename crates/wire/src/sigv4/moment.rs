//! Moments as signatures write them: `20150830T123600Z`.

use jiff::{civil, tz::TimeZone};
use tinderbox_base::Timestamp;

/// Parses `20150830T123600Z`.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = bytes.get(range)?;
        digits.iter().try_fold(0i16, |n, b| b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0')))
    };
    let small = |range| number(range).and_then(|n| i8::try_from(n).ok());
    let (year, month, day) = (number(0..4)?, small(4..6)?, small(6..8)?);
    let (hour, minute, second) = (small(9..11)?, small(11..13)?, small(13..15)?);
    let civil = civil::DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

/// Parses the value of a `Date` header, in its own form or in that of `X-Amz-Date`.
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    parse(text).or_else(|| {
        let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    })
}

/// Writes `20150830T123600Z`.
pub(super) fn format(moment: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        fn check(text: &str, expect: Option<i64>) {
            assert_eq!(parse_date(text).map(Timestamp::as_millis), expect, "{text}");
        }
        check("20150830T123600Z", Some(1_440_938_160_000));
        check("Sun, 30 Aug 2015 12:36:00 GMT", Some(1_440_938_160_000));
        check("20150830T123600", None);
        check("20151330T123600Z", None);
        check("2015083€T123600Z", None);
        check("", None);
        assert_eq!(format(Timestamp::from_millis(1_440_938_160_999)), "20150830T123600Z");
    }
}
