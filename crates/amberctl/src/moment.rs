//! Times as people read them.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Wall-clock milliseconds as UTC by RFC 3339, to the second.
pub(crate) fn utc(wall_ms: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(wall_ms.div_euclid(1000));
    let text = moment.ok().and_then(|moment| moment.format(&Rfc3339).ok());
    // A time that no calendar holds is shown as the number it is.
    text.unwrap_or_else(|| format!("{wall_ms} ms"))
}

/// From one moment to a later one, in seconds.
pub(crate) fn between(from_ms: i64, to_ms: i64) -> String {
    let ms = to_ms.saturating_sub(from_ms);
    format!("{}.{:03} s", ms / 1000, ms.unsigned_abs() % 1000)
}

/// A duration in hours, minutes and seconds, such as `1h30m`.
pub(crate) fn duration(total_s: u32) -> String {
    let parts = [(total_s / 3600, "h"), (total_s / 60 % 60, "m"), (total_s % 60, "s")];
    let text: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_spans_are_readable() {
        assert_eq!(utc(1_790_000_000_999), "2026-09-21T14:13:20Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59Z");
        assert_eq!(utc(i64::MAX), "9223372036854775807 ms");
        assert_eq!(between(1000, 2034), "1.034 s");
        assert_eq!(duration(5400), "1h30m");
        assert_eq!(duration(0), "0s");
    }
}
