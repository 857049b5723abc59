//! Timestamps in their three forms.

use crate::schema::TimestampFormat;
use tinderbox_base::Timestamp;

/// Reads `text` as `format` says, or as any form that it plainly is.
pub(crate) fn parse(text: &str, format: TimestampFormat) -> Option<Timestamp> {
    match format {
        TimestampFormat::HttpDate => http_date(text).or_else(|| date_time(text)),
        TimestampFormat::EpochSeconds | TimestampFormat::DateTime => {
            date_time(text).or_else(|| text.parse().ok().and_then(from_seconds)).or_else(|| http_date(text))
        }
    }
}

/// The moment `seconds` after the epoch, to the millisecond.
pub(crate) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let millis = (seconds * 1000.0).round();
    // 9999-12-31 is the last moment that all three forms can tell.
    (millis.abs() <= 253_402_300_799_999.0).then_some(Timestamp::from_millis(millis as i64))
}

fn date_time(text: &str) -> Option<Timestamp> {
    // Python's isoformat leaves the zone out when it was given none; botocore adds Z, other clients may not.
    let parsed = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}Z").parse::<jiff::Timestamp>());
    parsed.ok().map(|t| Timestamp::from_millis(t.as_millisecond()))
}

fn http_date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

/// Writes `moment` as text; epoch seconds as the number's digits.
pub(crate) fn format(moment: Timestamp, format: TimestampFormat) -> String {
    let millis = moment.as_millis();
    let whole = millis.rem_euclid(1000) == 0;
    let stamp = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    match format {
        TimestampFormat::EpochSeconds => epoch_seconds(millis),
        TimestampFormat::DateTime if whole => stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        TimestampFormat::DateTime => moment.to_rfc3339_millis(),
        TimestampFormat::HttpDate => stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    }
}

fn epoch_seconds(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let (seconds, rest) = (millis.unsigned_abs() / 1000, millis.unsigned_abs() % 1000);
    if rest == 0 {
        return format!("{sign}{seconds}");
    }
    format!("{sign}{seconds}.{rest:03}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use TimestampFormat::{DateTime, EpochSeconds, HttpDate};

    #[test]
    fn forms() {
        fn check(millis: i64, form: TimestampFormat, text: &str) {
            let moment = Timestamp::from_millis(millis);
            assert_eq!(format(moment, form), text);
            assert_eq!(parse(text, form), Some(moment), "{text}");
        }
        check(0, EpochSeconds, "0");
        check(1_769_903_999_007, EpochSeconds, "1769903999.007");
        check(1_769_903_999_500, EpochSeconds, "1769903999.5");
        check(-1_500, EpochSeconds, "-1.5");
        check(1_769_903_999_007, DateTime, "2026-01-31T23:59:59.007Z");
        check(1_769_903_999_000, DateTime, "2026-01-31T23:59:59Z");
        check(1_769_903_999_000, HttpDate, "Sat, 31 Jan 2026 23:59:59 GMT");
    }

    #[test]
    fn leniency_and_refusal() {
        fn check(text: &str, form: TimestampFormat, millis: Option<i64>) {
            assert_eq!(parse(text, form).map(Timestamp::as_millis), millis, "{text}");
        }
        check("2026-01-31T23:59:59", DateTime, Some(1_769_903_999_000));
        check("2026-02-01T00:59:59+01:00", DateTime, Some(1_769_903_999_000));
        check("1769903999", DateTime, Some(1_769_903_999_000));
        check("2026-01-31T23:59:59Z", HttpDate, Some(1_769_903_999_000));
        check("yesterday", DateTime, None);
        check("1e300", EpochSeconds, None);
        check("NaN", EpochSeconds, None);
        check("", HttpDate, None);
    }
}
