//! A session with an RNC.

use bytes::Bytes;
use cbs::{MessageId, SerialNumber};
use sabp::{Event, Request, ResetPolicy, ServiceArea, Session, SessionConfig, Token};

use super::{Conversation, Told, play};

/// Steps of a session, as [`super`] spells them.
pub fn run(input: &[u8]) {
    let config = SessionConfig {
        requests_max: Session::REQUESTS_MAX,
        events_max: Session::EVENTS_MAX,
        ..SessionConfig::default()
    };
    play(Session::new(config), input);
}

/// The service areas with these numbers.
fn areas(numbers: &[u8]) -> Vec<ServiceArea> {
    let octets = |number| [0x22, 0xf0, 0x10, 0x10, 0x01, 0x00, number];
    numbers.iter().filter_map(|number| ServiceArea::from_octets(octets(*number)).ok()).collect()
}

impl Conversation for Session {
    const REQUESTS_MAX: usize = 4;
    const EVENTS_MAX: usize = 8;

    fn connected(&mut self, now_ms: u64, reset: bool) {
        self.connected(now_ms, if reset { ResetPolicy::First(areas(&[1])) } else { ResetPolicy::Never });
    }

    fn disconnected(&mut self, now_ms: u64) {
        self.disconnected(now_ms);
    }

    fn received(&mut self, now_ms: u64, pdu: &[u8]) {
        self.received(now_ms, pdu);
    }

    fn request(&mut self, now_ms: u64, token: u64, kind: u8, message_id: MessageId, serial: SerialNumber) {
        let request = match kind % 5 {
            0 => Request::Write { message_id, serial },
            1 => Request::Kill { message_id, serial },
            2 => Request::StatusQuery { message_id, serial },
            3 => Request::LoadQuery,
            _ => Request::Reset,
        };
        let areas = areas([[1, 2].as_slice(), &[2, 3], &[3], &[]][usize::from(kind / 64)]);
        self.request(now_ms, Token(token), request, areas, Bytes::new());
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        self.handle_timeout(now_ms);
    }

    fn next_wakeup(&self) -> Option<u64> {
        self.next_wakeup()
    }

    fn pending(&self) -> usize {
        self.pending()
    }

    fn poll_transmit(&mut self) -> bool {
        self.poll_transmit().is_some()
    }

    fn poll_event(&mut self) -> Option<Told> {
        Some(match self.poll_event()? {
            Event::Completed { token, .. }
            | Event::Failed { token, .. }
            | Event::Loading { token, .. }
            | Event::Reset { token: Some(token), .. }
            | Event::ErrorIndication { token: Some(token), .. } => Told::Answered(token.0),
            Event::Unanswered { token } => Told::Unanswered(token.0),
            _ => Told::Other,
        })
    }
}
