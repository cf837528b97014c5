//! A peer's session, whatever protocol it speaks, and the requests made for it.

mod cap_link;
mod cbsp_words;
mod sabp_link;
mod sabp_words;
mod sbcap_words;
mod shelf;

use std::num::NonZeroU16;

use bytes::Bytes;
use cbe::Document;
use cbs::{Broadcasts, RepetitionPeriod};
use engine::order::Action;

use crate::heard::Heard;
use crate::{FirstContact, Profile, Protocol};

use cap_link::CapLink;
use sabp_link::SabpLink;
pub(crate) use shelf::{Shelf, octets_around_cells};

/// The CBC's side of one link.
#[derive(Debug)]
pub(crate) enum Session {
    /// To an MME.
    Sbcap(sbcap::Session),
    /// To a BSC, with the reset that the link is to begin with.
    Cbsp(cbsp::Session, cbsp::ResetPolicy),
    /// To an RNC.
    Sabp(SabpLink),
    /// To an operator's CBC.
    Cap(CapLink),
}

/// What a peer is asked.
pub(crate) struct Ask<'a> {
    /// What to do.
    pub(crate) action: &'a Action,
    /// Where, as runs of cells in wire form.
    pub(crate) cells: &'a [&'a [u8]],
    /// Both as a request.
    pub(crate) pdu: Bytes,
    /// What a CBC is to hold for it.
    pub(crate) document: Option<&'a Document>,
}

impl Session {
    /// A session for a new link to this peer. `cells` are those that a reset is to wipe, in wire form.
    pub(crate) fn new(profile: &Profile, first: FirstContact, cells: &[u8]) -> Self {
        match profile.protocol {
            Protocol::Sbcap(_) => Self::Sbcap(sbcap::Session::new(sbcap_words::config(profile))),
            Protocol::Cbsp(dialect) => {
                let reset = if first.0 { cbsp::ResetPolicy::First } else { cbsp::ResetPolicy::Never };
                Self::Cbsp(cbsp::Session::new(cbsp_words::config(profile, dialect)), reset)
            }
            Protocol::Sabp(_) => Self::Sabp(SabpLink::new(profile, first, cells)),
            Protocol::Cap(_) => Self::Cap(CapLink::new(profile)),
        }
    }

    pub(crate) fn connected(&mut self, now_ms: u64) {
        match self {
            Self::Sbcap(session) => session.connected(now_ms),
            Self::Cbsp(session, reset) => session.connected(now_ms, *reset),
            Self::Sabp(link) => link.connected(now_ms),
            Self::Cap(link) => link.connected(),
        }
    }

    pub(crate) fn disconnected(&mut self, now_ms: u64) {
        match self {
            Self::Sbcap(session) => session.disconnected(now_ms),
            Self::Cbsp(session, _) => session.disconnected(now_ms),
            Self::Sabp(link) => link.disconnected(now_ms),
            Self::Cap(link) => link.disconnected(),
        }
    }

    pub(crate) fn received(&mut self, now_ms: u64, pdu: &[u8]) {
        match self {
            Self::Sbcap(session) => session.received(now_ms, pdu),
            Self::Cbsp(session, _) => session.received(now_ms, pdu),
            Self::Sabp(link) => link.received(now_ms, pdu),
            Self::Cap(link) => link.received(now_ms, pdu),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now_ms: u64) {
        match self {
            Self::Sbcap(session) => session.handle_timeout(now_ms),
            Self::Cbsp(session, _) => session.handle_timeout(now_ms),
            Self::Sabp(link) => link.handle_timeout(now_ms),
            Self::Cap(link) => link.handle_timeout(now_ms),
        }
    }

    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        match self {
            Self::Sbcap(session) => session.next_wakeup(),
            Self::Cbsp(session, _) => session.next_wakeup(),
            Self::Sabp(link) => link.next_wakeup(),
            Self::Cap(link) => link.next_wakeup(),
        }
    }

    /// Asks the peer for something. Says whether that goes to it: a CBC is told once.
    pub(crate) fn request(&mut self, now_ms: u64, token: u64, ask: Ask<'_>) -> bool {
        let Ask { action, cells, pdu, document } = ask;
        match self {
            Self::Sbcap(session) => {
                session.request(now_ms, sbcap::Token(token), sbcap_words::request(action), pdu);
            }
            Self::Cbsp(session, _) => {
                session.request(now_ms, cbsp::Token(token), cbsp_words::request(action), pdu);
            }
            Self::Sabp(link) => link.request(now_ms, token, action, cells, pdu),
            Self::Cap(link) => {
                return document.is_some_and(|document| link.request(now_ms, token, action, document));
            }
        }
        true
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Bytes> {
        match self {
            Self::Sbcap(session) => session.poll_transmit(),
            Self::Cbsp(session, _) => session.poll_transmit(),
            Self::Sabp(link) => link.poll_transmit(),
            Self::Cap(link) => link.poll_transmit(),
        }
    }

    /// The next thing that the session heard.
    pub(crate) fn poll_heard(&mut self) -> Option<Heard> {
        match self {
            Self::Sbcap(session) => session.poll_event().map(sbcap_words::heard),
            // Some events say nothing that the session's state does not say too.
            Self::Cbsp(session, _) => std::iter::from_fn(|| session.poll_event()).find_map(cbsp_words::heard),
            Self::Sabp(link) => link.poll_heard(),
            Self::Cap(link) => link.poll_heard(),
        }
    }

    /// Whether requests are taken.
    pub(crate) fn is_ready(&self) -> bool {
        match self {
            Self::Sbcap(session) => session.is_ready(),
            Self::Cbsp(session, _) => session.is_ready(),
            Self::Sabp(link) => link.is_ready(),
            Self::Cap(link) => link.is_ready(),
        }
    }

    /// Why the link should be closed, if it should.
    pub(crate) fn close_reason(&self) -> Option<String> {
        match self {
            Self::Sbcap(session) => session.should_close().map(sbcap_words::close_reason),
            Self::Cbsp(session, _) => session.should_close().map(cbsp_words::close_reason),
            Self::Sabp(link) => link.close_reason(),
            Self::Cap(_) => None,
        }
    }
}

/// As many broadcasts at the period that a network really keeps as fill the time that was asked for, but for a second:
/// a count taken over as it stands would end too early, or too late.
fn fitted(broadcasts: Broadcasts, asked: RepetitionPeriod, real_ms: u32) -> Broadcasts {
    match broadcasts {
        Broadcasts::Count(count) => {
            let time_ms = u64::from(count.get()) * u64::from(asked.ms()) - 1_000;
            let count = u16::try_from(time_ms.div_ceil(real_ms.into())).unwrap_or(u16::MAX);
            NonZeroU16::new(count).map_or(Broadcasts::Once, Broadcasts::Count)
        }
        Broadcasts::Once | Broadcasts::UntilStopped => broadcasts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_fills_the_time_at_the_real_period() {
        let count = |count| Broadcasts::Count(NonZeroU16::new(count).unwrap());
        let minute = RepetitionPeriod::from_ms(60_000).unwrap();
        assert_eq!(fitted(count(10), minute, 60_000), count(10));
        assert_eq!(fitted(count(10), minute, 32 * 1883), count(10));
        assert_eq!(fitted(count(30), minute, 31 * 1883), count(31));
        assert_eq!(fitted(count(u16::MAX), minute, 1000), count(u16::MAX));
        let slowed = RepetitionPeriod::from_ms(290_000).unwrap();
        assert_eq!(fitted(count(13), slowed, 154 * 1883), count(13));
        assert_eq!(fitted(Broadcasts::UntilStopped, minute, 1883), Broadcasts::UntilStopped);
    }
}
