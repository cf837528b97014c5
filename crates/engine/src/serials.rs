//! Serial numbers as a durable resource.
//!
//! A phone drops a message whose (message identifier, serial number) it has seen within a day, whatever the text. So a
//! message code rests after the last possible broadcast under it, per operator and message identifier, and a code
//! that is not there is an error, never a wrap.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use area::OperatorId;
use cbs::{GeographicalScope, MessageId, SerialNumber};
use serde::{Deserialize, Serialize};

use crate::apply::later;
use crate::error::Refusal;

/// How long a code rests after the last possible broadcast: a phone's 24 hours and two of slack, in milliseconds.
pub const REST_MS: i64 = 26 * 60 * 60 * 1000;

/// The first code whose two highest bits make a phone sound and show the message, as they do under the identifiers of ETWS
/// (TS 23.041 §9.4.1.2.1).
const ETWS_CODE_MIN: u16 = 0b11 << 8;

/// The codes of one operator's network that are ours alone: two CBCs may share a network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CodeRange {
    /// The scope of every serial number there.
    pub scope: GeographicalScope,
    /// The message codes, 0 to 1023.
    pub codes: RangeInclusive<u16>,
}

impl Default for CodeRange {
    fn default() -> Self {
        Self { scope: GeographicalScope::Plmn, codes: 0..=SerialNumber::CODE_MAX }
    }
}

/// Which codes are in use or at rest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Serials {
    ranges: BTreeMap<OperatorId, CodeRange>,
    /// The code handed out last, so that the next one is the one that has rested longest.
    last: BTreeMap<(OperatorId, MessageId), u16>,
    /// Until when a code is taken, in wall-clock milliseconds.
    taken: BTreeMap<(OperatorId, MessageId, u16), i64>,
    /// Codes of which nobody knows whether they were used, for any message identifier: the first, the last, and until
    /// when they rest, in wall-clock milliseconds.
    unsure: BTreeSet<(OperatorId, u16, u16, i64)>,
}

/// What an allocator knows durably; its ranges are the configuration's.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct SerialsState {
    last: Vec<(OperatorId, MessageId, u16)>,
    taken: Vec<(OperatorId, MessageId, u16, i64)>,
    unsure: BTreeSet<(OperatorId, u16, u16, i64)>,
}

impl Serials {
    /// An allocator in which every code is free.
    pub fn new(ranges: BTreeMap<OperatorId, CodeRange>) -> Self {
        Self { ranges, ..Self::default() }
    }

    /// The serial number that a new message would get; nothing is taken yet.
    pub fn free(
        &self,
        operator: OperatorId,
        message_id: MessageId,
        wall_ms: i64,
    ) -> Result<SerialNumber, Refusal> {
        let range = self.ranges.get(&operator).cloned().unwrap_or_default();
        let (first, last) = (*range.codes.start(), *range.codes.end());
        let first = if message_id.is_etws() { first.max(ETWS_CODE_MIN) } else { first };
        if first > last {
            return Err(Refusal::NoCodesForEtws { message_id, last });
        }
        let after = self.last.get(&(operator, message_id)).map_or(first, |code| code + 1);
        let free = |code: &u16| {
            self.taken.get(&(operator, message_id, *code)).is_none_or(|until_ms| *until_ms <= wall_ms)
                && !self.is_unsure(operator, *code, wall_ms)
        };
        let exhausted = || Refusal::SerialsExhausted { message_id, first, last };
        let code = (after..=last).chain(first..after).find(free).ok_or_else(exhausted)?;
        SerialNumber::new(range.scope, code, 0).map_err(|_| exhausted())
    }

    /// The serial number of the next text under the same code; `None` after the last one, or where nobody knows whether
    /// it was used.
    pub fn next_update(
        &self,
        operator: OperatorId,
        serial: SerialNumber,
        wall_ms: i64,
    ) -> Option<SerialNumber> {
        serial.next_update().filter(|next| !self.is_unsure(operator, next.code(), wall_ms))
    }

    fn is_unsure(&self, operator: OperatorId, code: u16, wall_ms: i64) -> bool {
        self.unsure.iter().any(|(known, first, last, until_ms)| {
            *known == operator && (*first..=*last).contains(&code) && *until_ms > wall_ms
        })
    }

    /// Any of these codes may have been used until `wall_ms`.
    pub(crate) fn doubt(&mut self, operator: OperatorId, codes: RangeInclusive<u16>, wall_ms: i64) {
        self.unsure.retain(|(.., until_ms)| *until_ms > wall_ms);
        self.unsure.insert((operator, *codes.start(), *codes.end(), wall_ms.saturating_add(REST_MS)));
    }

    /// Whatever rests, rests so much longer by the wall clock.
    pub(crate) fn delay(&mut self, by_ms: i64) {
        self.taken.values_mut().for_each(|until_ms| *until_ms = later(*until_ms, by_ms));
        let unsure = std::mem::take(&mut self.unsure).into_iter();
        self.unsure = unsure
            .map(|(operator, first, last, until_ms)| (operator, first, last, later(until_ms, by_ms)))
            .collect();
    }

    /// The code of `serial` is taken until it is released.
    pub fn take(&mut self, operator: OperatorId, message_id: MessageId, serial: SerialNumber) {
        self.last.insert((operator, message_id), serial.code());
        self.taken.insert((operator, message_id, serial.code()), i64::MAX);
    }

    /// What it knows durably, in one order.
    pub(crate) fn state(&self) -> SerialsState {
        let last = self.last.iter().map(|((operator, id), code)| (*operator, *id, *code));
        let taken =
            self.taken.iter().map(|((operator, id, code), until_ms)| (*operator, *id, *code, *until_ms));
        SerialsState { last: last.collect(), taken: taken.collect(), unsure: self.unsure.clone() }
    }

    /// Knows this from now on.
    pub(crate) fn restore(&mut self, state: SerialsState) {
        self.last = state.last.into_iter().map(|(operator, id, code)| ((operator, id), code)).collect();
        let taken = state.taken.into_iter();
        self.taken = taken.map(|(operator, id, code, until_ms)| ((operator, id, code), until_ms)).collect();
        self.unsure = state.unsure;
    }

    /// The operators have other numbers now; what is known of one that is gone goes with it.
    pub(crate) fn rename(&mut self, operators: &BTreeMap<OperatorId, OperatorId>) {
        let last = std::mem::take(&mut self.last).into_iter();
        self.last = last
            .filter_map(|((operator, id), code)| Some(((*operators.get(&operator)?, id), code)))
            .collect();
        let taken = std::mem::take(&mut self.taken).into_iter();
        self.taken = taken
            .filter_map(|((operator, id, code), until_ms)| {
                Some(((*operators.get(&operator)?, id, code), until_ms))
            })
            .collect();
        let unsure = std::mem::take(&mut self.unsure).into_iter();
        self.unsure = unsure
            .filter_map(|(operator, first, last, until_ms)| {
                Some((*operators.get(&operator)?, first, last, until_ms))
            })
            .collect();
    }

    /// Nothing is broadcast under the code of `serial` after `last_broadcast_ms` (wall clock): it rests from then on.
    pub fn release(
        &mut self,
        operator: OperatorId,
        message_id: MessageId,
        serial: SerialNumber,
        last_broadcast_ms: i64,
    ) {
        let until_ms = last_broadcast_ms.saturating_add(REST_MS);
        self.taken.insert((operator, message_id, serial.code()), until_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A1: OperatorId = OperatorId(0);
    const AMBER: MessageId = MessageId::new(4379);

    fn three_codes() -> Serials {
        let range = CodeRange { codes: 5..=7, ..CodeRange::default() };
        Serials::new([(A1, range)].into())
    }

    #[test]
    fn exhaustion_is_an_error_and_never_a_wrap() {
        let mut serials = three_codes();
        for code in 5..=7 {
            let serial = serials.free(A1, AMBER, 0).unwrap();
            assert_eq!((serial.code(), serial.update()), (code, 0));
            serials.take(A1, AMBER, serial);
        }
        let refused = Refusal::SerialsExhausted { message_id: AMBER, first: 5, last: 7 };
        assert_eq!(serials.free(A1, AMBER, 0), Err(refused));
        assert!(serials.free(A1, MessageId::new(4392), 0).is_ok(), "another identifier has its own codes");
    }

    #[test]
    fn etws_has_the_codes_from_768_on_or_is_told_that_there_are_none() {
        let range = |codes| {
            let range = CodeRange { scope: GeographicalScope::Plmn, codes };
            Serials::new([(A1, range)].into()).free(A1, MessageId::ETWS_EARTHQUAKE, 0)
        };
        assert_eq!(range(512..=1023).unwrap().code(), 768);
        assert_eq!(range(800..=1023).unwrap().code(), 800);
        let none = Refusal::NoCodesForEtws { message_id: MessageId::ETWS_EARTHQUAKE, last: 511 };
        assert_eq!(range(0..=511), Err(none));
    }

    #[test]
    fn codes_that_may_have_been_used_rest_for_every_identifier_and_every_update() {
        let mut serials = three_codes();
        let serial = serials.free(A1, AMBER, 0).unwrap();
        serials.take(A1, AMBER, serial);
        assert!(serials.next_update(A1, serial, 0).is_some());
        serials.doubt(A1, 5..=6, 1000);
        assert_eq!(serials.next_update(A1, serial, 1000), None);
        assert_eq!(serials.free(A1, AMBER, 1000).unwrap().code(), 7);
        assert_eq!(serials.free(A1, MessageId::new(4392), REST_MS + 999).unwrap().code(), 7);
        assert_eq!(serials.free(A1, MessageId::new(4392), REST_MS + 1000).unwrap().code(), 5);
        assert!(serials.next_update(A1, serial, REST_MS + 1000).is_some());
    }

    #[test]
    fn a_released_code_rests_26_hours() {
        let mut serials = three_codes();
        for _ in 0..3 {
            let serial = serials.free(A1, AMBER, 0).unwrap();
            serials.take(A1, AMBER, serial);
        }
        let serial = SerialNumber::new(GeographicalScope::Plmn, 6, 3).unwrap();
        serials.release(A1, AMBER, serial, 1000);
        assert!(serials.free(A1, AMBER, 1000 + REST_MS - 1).is_err());
        assert_eq!(serials.free(A1, AMBER, 1000 + REST_MS).unwrap().code(), 6);
    }
}
