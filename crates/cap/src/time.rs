//! The date-time of CAP: `2026-11-24T18:45:15+01:00`.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A moment with the offset it was written in (CAP 1.2 §3.2.1: numeric offset, no `Z`, no fractions).
///
/// Two are equal when they are one moment in one offset, `+00:00` and `-00:00` alike; compare [`DateTime::unix_s`] to ask which
/// comes first.
#[derive(Clone, Copy, Debug)]
pub struct DateTime {
    unix_s: i64,
    offset_min: i16,
    /// Read as `+00:00`, which the standard keeps for no place.
    plus_zero: bool,
}

impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        (self.unix_s, self.offset_min) == (other.unix_s, other.offset_min)
    }
}

impl Eq for DateTime {}

impl DateTime {
    pub(crate) const EPOCH: DateTime = DateTime { unix_s: 0, offset_min: 0, plus_zero: false };

    /// A moment in seconds of Unix time, to be written with an offset in minutes east of UTC (at most 14 hours).
    pub fn new(unix_s: i64, offset_min: i16) -> Result<Self, Error> {
        let date_time = DateTime { unix_s, offset_min, plus_zero: false };
        match offset_min.abs() <= MAX_OFFSET_MIN && YEARS_UNIX_S.contains(&date_time.local_s()) {
            true => Ok(date_time),
            false => {
                Err(Error::DateTime { found: format!("{unix_s} s of Unix time, offset {offset_min} min") })
            }
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix_s(self) -> i64 {
        self.unix_s
    }

    /// The offset it was written in, minutes east of UTC.
    pub fn offset_min(self) -> i16 {
        self.offset_min
    }

    /// Whether it was read as `+00:00`; the standard writes UTC as `-00:00`.
    pub(crate) fn has_plus_zero(self) -> bool {
        self.plus_zero
    }

    fn local_s(self) -> i64 {
        self.unix_s + i64::from(self.offset_min) * 60
    }
}

const MAX_OFFSET_MIN: i16 = 14 * 60;
/// The years 0001 to 9999: what four digits can write and XML Schema 1.0 accepts.
const YEARS_UNIX_S: std::ops::Range<i64> = -62_135_596_800..253_402_300_800;

impl FromStr for DateTime {
    type Err = Error;

    /// Exactly what the XSD accepts: its pattern, and a date and time that exist.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parsed(text.as_bytes()).ok_or_else(|| Error::DateTime { found: text.into() })
    }
}

fn parsed(text: &[u8]) -> Option<DateTime> {
    let text: &[u8; 25] = text.try_into().ok()?;
    for (at, separator) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (22, b':')] {
        if text[at] != separator {
            return None;
        }
    }
    let number = |at: usize| {
        let (tens, ones) = (text[at], text[at + 1]);
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let year = number(0)? * 100 + number(2)?;
    let (month, day) = (number(5)?, number(8)?);
    let (hour, minute, second) = (number(11)?, number(14)?, number(17)?);
    let offset_min = number(20)? * 60 + number(23)?;
    let offset_min = match text[19] {
        b'+' => offset_min,
        b'-' => -offset_min,
        _ => return None,
    };
    let in_range = year > 0
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && (hour < 24 || (hour, minute, second) == (24, 0, 0))
        && minute < 60
        && second < 60
        && number(23)? < 60
        && offset_min.abs() <= i64::from(MAX_OFFSET_MIN);
    let local_s = days_from_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    in_range.then_some(DateTime {
        unix_s: local_s - offset_min * 60,
        offset_min: offset_min as i16,
        plus_zero: offset_min == 0 && text[19] == b'+',
    })
}

impl fmt::Display for DateTime {
    /// UTC is written `-00:00`, as the standard asks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.local_s().div_euclid(86_400), self.local_s().rem_euclid(86_400));
        let (year, month, day) = date_of(days);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let (sign, offset_min) = match self.offset_min {
            east @ 1.. => ('+', east),
            west => ('-', -west),
        };
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{:02}:{:02}",
            offset_min / 60,
            offset_min % 60
        )
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the Gregorian calendar. Years are counted from March, so that the leap day is
/// the last one.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month < 3);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// The date of a day since 1970-01-01: the inverse of [`days_from_epoch`].
fn date_of(days: i64) -> (i64, i64, i64) {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(DAYS_IN_400_YEARS), days.rem_euclid(DAYS_IN_400_YEARS));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + i64::from(month < 3), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn what_is_written_is_read_back(unix_s in -62_000_000_000i64..253_000_000_000, offset_min in -840i16..=840) {
            let date_time = DateTime::new(unix_s, offset_min).unwrap();
            prop_assert_eq!(date_time.to_string().parse(), Ok(date_time));
        }
    }

    #[test]
    fn offsets_move_the_moment() {
        let belgrade: DateTime = "2026-11-24T18:45:15+01:00".parse().unwrap();
        assert_eq!((belgrade.unix_s(), belgrade.offset_min()), (1_795_542_315, 60));
        assert_eq!("1970-01-01T00:00:00-00:00".parse::<DateTime>().unwrap().unix_s(), 0);
    }

    #[test]
    fn utc_is_written_with_a_minus() {
        assert_eq!(DateTime::new(0, 0).unwrap().to_string(), "1970-01-01T00:00:00-00:00");
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-29T00:00:00+00:00",
            "2026-13-01T00:00:00+00:00",
            "2026-01-01T24:00:01+00:00",
            "2026-01-01T00:00:60+00:00",
            "2026-01-01T00:00:00+14:01",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00,01:00",
            "2026-01-01T00:00:00.5+01:00",
            "0000-01-01T00:00:00+00:00",
        ] {
            assert!(text.parse::<DateTime>().is_err(), "{text}");
        }
        assert!("2024-02-29T24:00:00-14:00".parse::<DateTime>().is_ok());
    }
}
