//! Sessions, driven by steps that the input spells out.
//!
//! ```text
//! octet    step                                                   what follows
//! 0        the connection comes up                                1 octet: whether with a RESET
//! 1        the connection goes down                               –
//! 2 to 5   a PDU comes                                            2 octets of length, the PDU
//! 6, 7     the owner asks for something                           1 octet: what; 2: identifier; 2: serial number
//! 8        time goes on                                           2 octets of milliseconds
//! 9        it is some other time, which may be before             8 octets
//! 10, 11   it is the time that the session asked for              –
//! 12       the owner polls events and PDUs                        –
//! ```
//! A step is an octet modulo 13.

pub mod cbe;
pub mod cbsp;
pub mod sabp;
pub mod sbcap;

use std::collections::BTreeSet;

use ::cbs::{MessageId, SerialNumber};

/// How many steps there are.
const STEPS: u8 = 13;
/// Times from here on are so late that deadlines no longer fit behind them.
const LATE_MS: u64 = u64::MAX / 2;

/// A session as its owner sees it, without the words of its protocol.
pub(crate) trait Conversation {
    /// Requests in flight that the session takes.
    const REQUESTS_MAX: usize;
    /// Events that may wait before the session wants to be closed.
    const EVENTS_MAX: usize;

    fn connected(&mut self, now_ms: u64, reset: bool);
    fn disconnected(&mut self, now_ms: u64);
    fn received(&mut self, now_ms: u64, pdu: &[u8]);
    fn request(&mut self, now_ms: u64, token: u64, kind: u8, message_id: MessageId, serial: SerialNumber);
    fn handle_timeout(&mut self, now_ms: u64);
    fn next_wakeup(&self) -> Option<u64>;
    fn pending(&self) -> usize;
    fn poll_transmit(&mut self) -> bool;
    fn poll_event(&mut self) -> Option<Told>;
}

/// What an event says of a request.
pub(crate) enum Told {
    Answered(u64),
    Unanswered(u64),
    /// Nothing.
    Other,
}

/// Plays the steps, and ends with the end of the connection.
pub(crate) fn play(mut session: impl Conversation, input: &[u8]) {
    let mut owner = Owner::default();
    let mut steps = Steps(input);
    let mut now_ms = 0_u64;
    while let Some(step) = steps.number::<1>() {
        match step as u8 % STEPS {
            0 => {
                owner.calls += 1;
                session.connected(now_ms, steps.number::<1>().is_some_and(|reset| reset % 2 == 1));
            }
            1 => session.disconnected(now_ms),
            2..=5 => session.received(now_ms, steps.pdu()),
            6 | 7 => {
                let kind = steps.number::<1>().unwrap_or_default() as u8;
                let message_id = MessageId::new(steps.number::<2>().unwrap_or_default() as u16);
                let serial = SerialNumber::from_bits(steps.number::<2>().unwrap_or_default() as u16);
                session.request(now_ms, owner.ask(), kind, message_id, serial);
            }
            8 => {
                now_ms = now_ms.saturating_add(steps.number::<2>().unwrap_or_default());
                session.handle_timeout(now_ms);
            }
            9 => {
                now_ms = steps.number::<8>().unwrap_or_default();
                session.handle_timeout(now_ms);
            }
            10 | 11 => wake(&mut session, &mut now_ms),
            _ => owner.poll(&mut session),
        }
        assert!(session.pending() <= owner.open.len(), "no more requests wait than are open");
        assert!(session.pending() <= requests_max(&session), "requests have a limit");
    }
    session.disconnected(now_ms);
    owner.poll(&mut session);
    assert_eq!(session.pending(), 0);
    assert!(owner.open.is_empty(), "each request is told of: {:?}", owner.open);
}

fn requests_max<S: Conversation>(_: &S) -> usize {
    S::REQUESTS_MAX
}

/// Does what is due when the session wants it done; it must not want it again at once.
fn wake(session: &mut impl Conversation, now_ms: &mut u64) {
    let Some(wakeup_ms) = session.next_wakeup() else { return };
    *now_ms = wakeup_ms.max(*now_ms);
    // A few things may be due at the same time; a session that always has another one keeps its owner busy for ever.
    for _ in 0..4 {
        session.handle_timeout(*now_ms);
    }
    assert!(
        *now_ms > LATE_MS || session.next_wakeup().is_none_or(|next| next > *now_ms),
        "no wake-up in the past"
    );
}

/// What the owner of a session remembers.
#[derive(Default)]
struct Owner {
    next: u64,
    /// Requests of which nothing was told yet.
    open: BTreeSet<u64>,
    unanswered: BTreeSet<u64>,
    /// Requests and connections since the last poll: each may add one event and one PDU.
    calls: usize,
}

impl Owner {
    fn ask(&mut self) -> u64 {
        self.next += 1;
        self.calls += 1;
        self.open.insert(self.next);
        self.next
    }

    fn poll<S: Conversation>(&mut self, session: &mut S) {
        // A PDU may give a few events, and the end of a connection one for each request in flight.
        let limit = S::EVENTS_MAX + 2 * S::REQUESTS_MAX + self.calls + 8;
        let (mut events, mut pdus) = (0, 0);
        while let Some(told) = session.poll_event() {
            events += 1;
            match told {
                Told::Answered(token) => drop(self.open.remove(&token)),
                Told::Unanswered(token) => {
                    self.open.remove(&token);
                    assert!(self.unanswered.insert(token), "a request is unanswered once");
                }
                Told::Other => {}
            }
        }
        while session.poll_transmit() {
            pdus += 1;
        }
        assert!(events <= limit, "{events} events waited, {limit} may");
        assert!(pdus <= limit, "{pdus} PDUs waited, {limit} may");
        self.calls = 0;
    }
}

/// The rest of the input.
struct Steps<'a>(&'a [u8]);

impl<'a> Steps<'a> {
    fn number<const N: usize>(&mut self) -> Option<u64> {
        let (octets, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
    }

    fn pdu(&mut self) -> &'a [u8] {
        let length = self.number::<2>().unwrap_or_default() as usize;
        let (pdu, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        pdu
    }
}

/// A conversation in which a request with this identifier and serial number is sent and this PDU comes, twice; and the
/// connection is lost, and the PDU comes on the next one.
pub(crate) fn script(kind: u8, message_id: u16, serial: u16, pdu: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(pdu.len()).ok()?;
    let request = [&[6, kind][..], &message_id.to_be_bytes(), &serial.to_be_bytes()].concat();
    let came = [&[2][..], &length.to_be_bytes(), pdu].concat();
    let again = [&[1, 0, 1][..], &came, &[10]].concat();
    Some([&[0, 0][..], &request, &request, &came, &[12, 10], &came, &again].concat())
}
