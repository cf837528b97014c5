//! How often other media show an alert: television, signs, stations. Phones are not asked: their serial numbers know
//! nothing of it.

use serde::{Deserialize, Serialize};

/// One rate of the media schedule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MediaRate {
    /// From one showing to the next, in seconds.
    pub every_s: u32,
    /// Until when after the first approval, in seconds.
    pub until_s: u32,
}

/// The moment of one showing, in seconds of Unix time, and how long it is the present one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Slot {
    /// When it is shown.
    pub at_s: i64,
    /// When the next one is due, or the last one is over.
    pub until_s: i64,
}

/// The most showings of one alert.
const SLOTS_MAX: u32 = 1_000;

/// The showings of an alert that was first approved at `start_s` and ends at `end_s`.
pub fn slots(rates: &[MediaRate], start_s: i64, end_s: i64) -> Vec<Slot> {
    let mut slots = Vec::new();
    let mut at_s = start_s;
    for rate in rates {
        let until_s = end_s.min(start_s.saturating_add(rate.until_s.into()));
        while at_s < until_s && slots.len() < SLOTS_MAX as usize {
            let next_s = at_s.saturating_add(rate.every_s.max(1).into());
            slots.push(Slot { at_s, until_s: next_s.min(end_s) });
            at_s = next_s;
        }
    }
    slots
}

/// Refuses rates that do not follow each other, or would show an alert too often.
pub(crate) fn check(rates: &[MediaRate]) -> Result<(), (&'static str, String)> {
    let mut before_s = 0;
    for rate in rates {
        if rate.every_s < 60 {
            return Err(("every_s of at least 60", rate.every_s.to_string()));
        }
        if rate.until_s <= before_s {
            return Err(("until_s above that of the rate before", rate.until_s.to_string()));
        }
        if (rate.until_s - before_s) / rate.every_s >= SLOTS_MAX {
            return Err(("at most 1000 showings", format!("{} s every {} s", rate.until_s, rate.every_s)));
        }
        before_s = rate.until_s;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERBIA: [MediaRate; 2] =
        [MediaRate { every_s: 1800, until_s: 28_800 }, MediaRate { every_s: 3600, until_s: 172_800 }];

    #[test]
    fn serbia_shows_it_every_half_hour_for_eight_hours_then_hourly_to_two_days() {
        let slots = slots(&SERBIA, 1000, i64::MAX);
        assert_eq!(slots.len(), 16 + 40);
        let at: Vec<i64> = slots.iter().map(|slot| slot.at_s - 1000).collect();
        assert_eq!(at[..3], [0, 1800, 3600]);
        assert_eq!(at[15..18], [27_000, 28_800, 32_400]);
        assert_eq!(at[55], 28_800 + 39 * 3600);
        assert!(slots.windows(2).all(|pair| pair[0].until_s == pair[1].at_s));
    }

    #[test]
    fn nothing_is_shown_after_the_end() {
        let slots = slots(&SERBIA, 0, 4000);
        assert_eq!(
            slots.iter().map(|slot| (slot.at_s, slot.until_s)).collect::<Vec<_>>(),
            [(0, 1800), (1800, 3600), (3600, 4000)]
        );
    }

    #[test]
    fn rates_that_cannot_work_are_refused() {
        check(&SERBIA).unwrap();
        for rates in [
            [MediaRate { every_s: 59, until_s: 600 }; 2],
            [MediaRate { every_s: 60, until_s: 600 }; 2],
            [MediaRate { every_s: 60, until_s: 60_000 }; 2],
        ] {
            assert!(check(&rates).is_err(), "{rates:?}");
        }
    }
}
