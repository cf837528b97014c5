//! When which of a fixed number of sleepers is to be woken: the earliest is known at once, a change costs a logarithm,
//! and nothing is allocated.

/// A time that never comes.
const NEVER: u64 = u64::MAX;

/// One alarm for each sleeper, set or not.
///
/// A tournament: the second half of the times are the sleepers' own, and each before them is the earlier of the two below
/// it, so that the first is the earliest of all.
///
/// ```text
/// 1: 20
/// 2: 20     3: 50
/// 4: 30 5: 20 6: 50 7: never
/// ```
#[derive(Debug)]
pub(crate) struct Alarms {
    /// The entry before the first is not used.
    times_ms: Vec<u64>,
}

impl Alarms {
    /// Alarms for so many sleepers, none of them set.
    pub(crate) fn new(sleepers: usize) -> Self {
        Self { times_ms: vec![NEVER; 2 * sleepers.max(1).next_power_of_two()] }
    }

    /// Sets a sleeper's alarm, in place of the one it had.
    pub(crate) fn set(&mut self, sleeper: usize, due_ms: Option<u64>) {
        let mut at = self.times_ms.len() / 2 + sleeper;
        let Some(time_ms) = self.times_ms.get_mut(at) else { return };
        *time_ms = due_ms.unwrap_or(NEVER);
        while at > 1 {
            at /= 2;
            let earlier_ms = self.times_ms[2 * at].min(self.times_ms[2 * at + 1]);
            if std::mem::replace(&mut self.times_ms[at], earlier_ms) == earlier_ms {
                return;
            }
        }
    }

    /// The earliest alarm and its sleeper, of several the one with the lowest number.
    pub(crate) fn first(&self) -> Option<(u64, usize)> {
        let due_ms = self.times_ms[1];
        if due_ms == NEVER {
            return None;
        }
        let mut at = 1;
        while at < self.times_ms.len() / 2 {
            at = 2 * at + usize::from(self.times_ms[2 * at] != due_ms);
        }
        Some((due_ms, at - self.times_ms.len() / 2))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn the_first_is_the_earliest_of_all(
            sleepers in 0..20_usize,
            changes in prop::collection::vec((0..20_usize, prop::option::of(0..9_u64)), 0..60),
        ) {
            let mut alarms = Alarms::new(sleepers);
            let mut model = vec![None; sleepers];
            for (sleeper, due_ms) in changes.into_iter().filter(|(sleeper, _)| *sleeper < sleepers) {
                alarms.set(sleeper, due_ms);
                model[sleeper] = due_ms;
                let set = model.iter().zip(0..).filter_map(|(due_ms, sleeper)| Some(((*due_ms)?, sleeper)));
                prop_assert_eq!(alarms.first(), set.min());
            }
        }
    }
}
