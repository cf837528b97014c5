//! The state of one cell for one broadcast, four octets, and what a word from the network does to it.
//!
//! Two facts are kept apart: what the cell *may* have on the air (one bit an edition, so that a kill reaches all that
//! could be there), and how far the wish of now has come (the phase, which is what the control room is shown).

use serde::{Deserialize, Serialize};

use crate::order::Verb;
use crate::report::{Cause, Outcome};

/// How far a cell has come towards what is wanted of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Wanted on; nothing of the present edition has been handed to a link.
    Pending,
    /// Wanted on; handed to a link.
    Sent,
    /// Wanted on; the controller took it and started distributing.
    Accepted,
    /// Wanted on; the network said it is on the air.
    Confirmed,
    /// Wanted on; the network refused.
    Refused,
    /// Wanted on; asked, and no answer came.
    Unknown,
    /// Wanted on; must be stopped and started again to get another count or period.
    Renew,
    /// Wanted on; waits for room on the air, and must be stopped if it is on.
    Deferred,
    /// Wanted off; no kill has been handed to a link.
    OffPending,
    /// Wanted off; a kill has been handed to a link.
    OffSent,
    /// Wanted off; the controller took the kill.
    OffAccepted,
    /// Off.
    Off,
    /// Wanted off; the network refused to kill it.
    OffRefused,
    /// Wanted off; asked, and no answer came.
    OffUnknown,
}

impl Phase {
    /// Every phase, by its number in the ledger.
    pub const ALL: [Self; 14] = [
        Self::Pending,
        Self::Sent,
        Self::Accepted,
        Self::Confirmed,
        Self::Refused,
        Self::Unknown,
        Self::Renew,
        Self::Deferred,
        Self::OffPending,
        Self::OffSent,
        Self::OffAccepted,
        Self::Off,
        Self::OffRefused,
        Self::OffUnknown,
    ];

    /// Whether the message is wanted on the air in the cell.
    pub const fn is_wanted(self) -> bool {
        (self as u8) < Self::OffPending as u8
    }
}

/// One text of a broadcast, with its own serial number: the first is 0. What is on the air is remembered modulo 16,
/// the period of the update number.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Edition(pub u16);

impl Edition {
    /// How many editions the ledger tells apart in one cell.
    pub const WINDOW: u16 = 16;

    const fn bit(self) -> u16 {
        1 << (self.0 % Self::WINDOW)
    }
}

/// What is wanted of a broadcast on one leg while a word about it is heard.
#[derive(Clone, Copy, Debug)]
pub struct Ear {
    /// The edition wanted in the cells that want one.
    pub current: Edition,
    /// A new serial number replaces the old one in place (CBSP, SABP) instead of standing beside it.
    pub in_place: bool,
    /// The peers tell by indications what is really on the air, so that an acceptance is not the last word.
    pub indications: bool,
    /// The same was asked before, so that "already used" is our own message.
    pub repeat: bool,
}

/// One cell, one broadcast.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(C)]
pub struct CellStatus {
    maybe: u16,
    phase: Phase,
    cause: Cause,
}

impl CellStatus {
    /// A cell that is wanted and has never heard of the broadcast.
    pub const WANTED: Self = Self { maybe: 0, phase: Phase::Pending, cause: Cause::None };
    /// A cell that is not wanted and has never heard of the broadcast.
    pub const OFF: Self = Self { maybe: 0, phase: Phase::Off, cause: Cause::None };

    /// The cell of which a snapshot knows this.
    pub(crate) const fn of(maybe: u16, phase: Phase, cause: Cause) -> Self {
        Self { maybe, phase, cause }
    }

    /// The editions that may be on the air, one bit each, by their numbers modulo [`Edition::WINDOW`].
    pub(crate) const fn maybe(self) -> u16 {
        self.maybe
    }

    /// How far it has come.
    pub const fn phase(self) -> Phase {
        self.phase
    }

    /// Why it was refused, if it was.
    pub const fn cause(self) -> Cause {
        self.cause
    }

    /// Whether this edition may be on the air here.
    pub const fn may_hold(self, edition: Edition) -> bool {
        self.maybe & edition.bit() != 0
    }

    /// Whether this edition may be on the air here, and no other.
    pub const fn holds_only(self, edition: Edition) -> bool {
        self.maybe == edition.bit()
    }

    /// Whether anything of the broadcast may be on the air here.
    pub const fn may_hold_any(self) -> bool {
        self.maybe != 0
    }

    /// The editions that may be on the air here, the newest of those up to `newest` first.
    pub fn held(self, newest: Edition) -> impl Iterator<Item = Edition> {
        let back = Edition::WINDOW.min(newest.0 + 1);
        (0..back).map(move |age| Edition(newest.0 - age)).filter(move |edition| self.may_hold(*edition))
    }

    /// The newest edition older than `current` that may be on the air here.
    pub fn stale(self, current: Edition) -> Option<Edition> {
        self.held(current).find(|edition| *edition != current)
    }

    /// From now on an edition is wanted here. `renew`: what is on must be stopped and started again.
    pub fn want(&mut self, changed: bool, renew: bool) {
        let idle = !self.phase.is_wanted() || changed;
        if idle {
            (self.phase, self.cause) = (Phase::Pending, Cause::None);
        } else if renew && self.maybe != 0 && self.phase != Phase::Deferred {
            (self.phase, self.cause) = (Phase::Renew, Cause::None);
        }
    }

    /// It is to have another period here. Where the present edition is not on, it starts with that.
    pub fn pace(&mut self, current: Edition) {
        if self.phase.is_wanted() && self.cause != Cause::PushedAside && self.may_hold(current) {
            self.want(false, true);
        }
    }

    /// There is no room on the air for it here.
    pub fn defer(&mut self) {
        if self.phase.is_wanted() && self.phase != Phase::Deferred {
            (self.phase, self.cause) = (Phase::Deferred, Cause::None);
        }
    }

    /// There is room on the air for it here. What may be on still, at whatever period, is started anew.
    pub fn resume(&mut self, current: Edition) {
        if self.phase == Phase::Deferred {
            self.phase = if self.may_hold(current) { Phase::Renew } else { Phase::Pending };
            self.cause = Cause::None;
        }
    }

    /// Whether what it may have on the air is to be stopped, and the network has not refused to.
    pub fn is_leaving(self) -> bool {
        match self.phase {
            Phase::Renew | Phase::Deferred => self.cause == Cause::None,
            Phase::OffRefused => false,
            phase => !phase.is_wanted(),
        }
    }

    /// From now on nothing of the broadcast is wanted here. A cell that never heard of it is off at once.
    pub fn unwant(&mut self) {
        if self.phase.is_wanted() {
            self.phase = if self.maybe == 0 { Phase::Off } else { Phase::OffPending };
            self.cause = Cause::None;
        }
    }

    /// The link to the controller is gone, or we were: what was on may be on still, what was asked may have arrived.
    /// `sent`: a message of the current edition may have been handed over without our knowing (after our own death).
    pub fn doubt(&mut self, current: Edition, sent: bool) {
        // What was refused is tried again after a while, or as soon as the cell restarts, and that may have been said to
        // nobody but our former self.
        if sent && matches!(self.phase, Phase::Pending | Phase::Deferred | Phase::Refused) {
            self.maybe |= current.bit();
        }
        match self.phase {
            Phase::Sent | Phase::Accepted | Phase::Confirmed => self.phase = Phase::Unknown,
            Phase::Pending if sent => self.phase = Phase::Unknown,
            Phase::Refused if sent && self.cause == Cause::CellFailed => {
                (self.phase, self.cause) = (Phase::Pending, Cause::None);
            }
            Phase::OffSent | Phase::OffAccepted if self.maybe != 0 => self.phase = Phase::OffUnknown,
            _ => {}
        }
    }

    /// Several peers serve the cell, and we were gone: one of them may have got what was sent to it, and not the stop that
    /// another has carried out. What was stopped is stopped again.
    pub fn suspect(&mut self, current: Edition) {
        let older = (1..=Edition::WINDOW.min(current.0)).map(|age| Edition(current.0 - age).bit());
        let older = older.fold(0, |older, bit| older | bit);
        match self.phase {
            Phase::Off => {
                self.maybe = older | current.bit();
                (self.phase, self.cause) = (Phase::OffUnknown, Cause::None);
            }
            phase if !phase.is_wanted() => self.maybe |= older | current.bit(),
            Phase::Unknown => self.maybe |= older,
            _ => {}
        }
    }

    /// A refusal for the sake of the name counts no longer: it has another one.
    pub fn retry(&mut self) {
        if self.phase == Phase::Refused && self.cause == Cause::ReferenceUsed {
            (self.phase, self.cause) = (Phase::Pending, Cause::None);
        }
    }

    /// A message of ETWS has the air, and stands beside nothing. A node that has not got it yet may still broadcast this one.
    pub fn push_aside(&mut self) {
        if matches!(self.phase, Phase::Accepted | Phase::Confirmed | Phase::Unknown | Phase::Renew) {
            (self.phase, self.cause) = (Phase::Refused, Cause::PushedAside);
        }
    }

    /// That message is gone.
    pub fn come_back(&mut self) {
        if self.cause == Cause::PushedAside {
            (self.phase, self.cause) = (Phase::Pending, Cause::None);
        }
    }

    /// The cell restarted and lost everything. What it may hold is not forgotten: the news may be of a restart that another
    /// peer has told of before, or have passed a request that is carried out after it.
    pub fn restart(&mut self) {
        self.cause = Cause::None;
        self.phase = match self.phase {
            Phase::Deferred => Phase::Deferred,
            phase if phase.is_wanted() => Phase::Pending,
            Phase::OffRefused => Phase::OffPending,
            phase => phase,
        };
    }

    /// The cell failed: nothing is on the air there until it restarts.
    pub fn fail(&mut self) {
        if self.phase.is_wanted() && self.phase != Phase::Deferred {
            (self.phase, self.cause) = (Phase::Refused, Cause::CellFailed);
        }
    }

    /// A word about `edition` came: what had been asked, and what came of it.
    pub fn hear(&mut self, ear: Ear, verb: Verb, edition: Edition, outcome: Outcome) {
        match (verb, self.phase.is_wanted()) {
            (Verb::Kill, true) => self.hear_kill_while_wanted(ear, edition, outcome),
            (Verb::Kill, false) => self.hear_kill(ear, edition, outcome),
            (_, true) if self.phase == Phase::Deferred => self.hear_of_the_unwanted(ear, edition, outcome),
            (_, true) if edition == ear.current => self.hear_write(ear, verb, outcome),
            _ => self.hear_of_the_unwanted(ear, edition, outcome),
        }
    }

    /// A word about a write of what is wanted no longer: it may be on the air, and has to be killed, unless what is
    /// wanted has replaced it.
    fn hear_of_the_unwanted(&mut self, ear: Ear, edition: Edition, outcome: Outcome) {
        let is_replaced = ear.in_place && self.phase == Phase::Confirmed;
        let was_sent = !matches!(outcome, Outcome::Refused(_) | Outcome::Withdrawn);
        if was_sent && !is_replaced {
            self.maybe |= edition.bit();
            if matches!(self.phase, Phase::Off) {
                self.phase = Phase::OffPending;
            }
        }
    }

    fn hear_write(&mut self, ear: Ear, verb: Verb, outcome: Outcome) {
        let bit = ear.current.bit();
        match outcome {
            // A status query puts nothing on the air; where there is none, a write of the live serial stands in for it.
            Outcome::Sent if verb == Verb::Query && ear.in_place && !ear.indications => {}
            Outcome::Sent => {
                self.maybe |= bit;
                let is_open = matches!(self.phase, Phase::Pending | Phase::Refused);
                if is_open || (verb == Verb::Write && self.phase == Phase::Unknown) {
                    (self.phase, self.cause) = (Phase::Sent, Cause::None);
                }
            }
            // Old news: an indication that was under way when it was pushed aside.
            Outcome::Accepted | Outcome::Confirmed if self.cause == Cause::PushedAside => self.maybe |= bit,
            Outcome::Accepted => {
                self.maybe |= bit;
                if !matches!(self.phase, Phase::Confirmed | Phase::Renew) {
                    (self.phase, self.cause) = (Phase::Accepted, Cause::None);
                }
            }
            Outcome::Confirmed if self.phase == Phase::Renew => {}
            Outcome::Confirmed => {
                self.maybe = if ear.in_place { bit } else { self.maybe | bit };
                (self.phase, self.cause) = (Phase::Confirmed, Cause::None);
            }
            Outcome::Refused(Cause::ReferenceUsed) if ear.repeat || verb == Verb::Query => {
                let is_known = ear.in_place && !ear.indications;
                let outcome = if is_known { Outcome::Confirmed } else { Outcome::Accepted };
                self.hear_write(ear, verb, outcome);
            }
            // It was asked before the write that is on its way.
            Outcome::Refused(Cause::ReferenceUnknown) if verb == Verb::Query && self.phase == Phase::Sent => {
            }
            Outcome::Refused(cause @ Cause::ReferenceUnknown) => {
                // What was to be replaced, or asked about, is not there: the next write does without it, at once. The
                // cause says so; where nothing was, it is left out, and the next write waits like any other.
                let gone = if verb == Verb::Query { Some(ear.current) } else { self.stale(ear.current) };
                self.maybe &= !gone.map_or(0, Edition::bit);
                if verb == Verb::Write && matches!(self.phase, Phase::Accepted | Phase::Confirmed) {
                    // An earlier try has replaced it.
                    return;
                }
                if verb == Verb::Write {
                    // An earlier try may have arrived.
                    self.maybe = if ear.repeat { self.maybe | bit } else { self.maybe & !bit };
                }
                self.phase = Phase::Pending;
                self.cause = if gone.is_some() { cause } else { Cause::None };
            }
            Outcome::Refused(cause) => {
                // A refusal ends a request, and takes nothing off the air that another one has put there.
                let stands = matches!(self.phase, Phase::Accepted | Phase::Confirmed | Phase::Renew);
                if stands && cause != Cause::NoBroadcast {
                    return;
                }
                // An earlier try may have arrived; a first one has just been refused.
                self.maybe = if ear.repeat || stands { self.maybe | bit } else { self.maybe & !bit };
                (self.phase, self.cause) = (Phase::Refused, cause);
            }
            Outcome::Unanswered => {
                // That there is no answer says that it was sent; a replay has not heard so before.
                self.maybe |= bit;
                if matches!(self.phase, Phase::Pending | Phase::Sent | Phase::Refused) {
                    (self.phase, self.cause) = (Phase::Unknown, Cause::None);
                }
            }
            Outcome::Withdrawn => {}
        }
    }

    fn hear_kill(&mut self, ear: Ear, edition: Edition, outcome: Outcome) {
        if !self.may_hold(edition) {
            return;
        }
        match outcome {
            Outcome::Sent => self.phase = Phase::OffSent,
            Outcome::Accepted if ear.indications => self.phase = Phase::OffAccepted,
            Outcome::Accepted => self.forget(edition, Phase::OffAccepted),
            Outcome::Confirmed | Outcome::Refused(Cause::ReferenceUnknown) => {
                self.forget(edition, Phase::Off)
            }
            Outcome::Refused(cause) => (self.phase, self.cause) = (Phase::OffRefused, cause),
            // Whether or not an earlier one was accepted: a replay has not heard that it was asked again.
            Outcome::Unanswered => self.phase = Phase::OffUnknown,
            Outcome::Withdrawn => {}
        }
    }

    /// This edition is off; the cell is `done` when it was the last that could be on.
    fn forget(&mut self, edition: Edition, done: Phase) {
        self.maybe &= !edition.bit();
        self.phase = if self.maybe == 0 { done } else { Phase::OffPending };
        self.cause = Cause::None;
    }

    fn hear_kill_while_wanted(&mut self, ear: Ear, edition: Edition, outcome: Outcome) {
        let gone = match outcome {
            Outcome::Confirmed | Outcome::Refused(Cause::ReferenceUnknown) => true,
            Outcome::Accepted => !ear.indications || self.phase == Phase::Renew,
            Outcome::Refused(cause) => {
                if matches!(self.phase, Phase::Renew | Phase::Deferred) {
                    self.cause = cause;
                }
                false
            }
            _ => false,
        };
        if !gone {
            return;
        }
        if edition != ear.current || self.phase == Phase::Deferred {
            self.maybe &= !edition.bit();
        } else if matches!(self.phase, Phase::Renew | Phase::Pending) {
            // A kill of the edition that is wanted was sent to start it anew, or before it was wanted again. A write
            // of it waits for that kill, so this word cannot be about a later write.
            self.maybe &= !edition.bit();
            (self.phase, self.cause) = (Phase::Pending, Cause::None);
        } else if (ear.in_place || outcome == Outcome::Confirmed)
            && matches!(self.phase, Phase::Accepted | Phase::Confirmed)
        {
            // A late answer to another kill let the write go, a late answer to the write came between, or another of a
            // pool had the kill later: which of the two was done last is not known, so it is asked.
            self.phase = Phase::Unknown;
        }
    }
}

#[cfg(test)]
mod tests;
