//! The conversation with a CBC on one link: each message is posted once, whoever asks for it.

mod event;
mod reading;

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::{Answer, Ask, DeliveryReport, Document, Error, REPORT, Request, Tag};
pub use event::{Event, Token};
use reading::{path_of, rejection, words};

/// The most messages that are remembered; the oldest is forgotten first.
const MESSAGES_MAX: usize = 256;
/// The most posts whose answer is overdue and would still be understood; the oldest is forgotten first.
const OVERDUE_MAX: usize = 1024;
/// How often a delivery report is asked for, at most.
const LOOKS_MAX: u32 = 100;

/// Times and paths of a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionConfig {
    /// Where messages are posted.
    pub path: String,
    /// How long to wait for an answer, in milliseconds.
    pub answer_timeout_ms: u64,
    /// For how long a message that was taken is not posted again, in milliseconds. The orders of one version of an alert
    /// come one for each message and controller; a query comes later, and is a post.
    pub fresh_ms: u64,
    /// How long to wait before the first look at a delivery report, in milliseconds; doubled each time.
    pub look_first_ms: u64,
    /// The longest wait between two looks, in milliseconds.
    pub look_max_ms: u64,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            path: "/".to_owned(),
            answer_timeout_ms: 10_000,
            fresh_ms: 1_000,
            look_first_ms: 50,
            look_max_ms: 10_000,
        }
    }
}

/// Our side of a link to a CBC.
///
/// A request is answered by the answer to the post of its message. While that is under way, and for a moment after, further
/// requests for the same message share it. A message that a later one of its alert supersedes is not posted any more; and
/// when the answer to an earlier message comes after the later one was posted, as when a cancel overtakes, the later one is
/// posted again: it must be the last that the CBC hears.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    connected: bool,
    /// By alert and number.
    messages: BTreeMap<(u64, u32), Message>,
    /// In the order in which they were first asked for.
    oldest: VecDeque<(u64, u32)>,
    asked: BTreeMap<Tag, Asked>,
    last_tag: u64,
    out: VecDeque<Bytes>,
    events: VecDeque<Event>,
}

#[derive(Debug)]
struct Message {
    document: Document,
    state: State,
    /// The CBC has refused it.
    refused: bool,
    /// When to post it again, because an earlier message may have reached the CBC after it.
    again_ms: Option<u64>,
    report: Option<DeliveryReport>,
}

#[derive(Debug)]
enum State {
    /// Not taken: the next request posts it.
    Open,
    /// Posted.
    Posted(Tag),
    /// Taken.
    Taken { at_ms: u64, look: Option<Look> },
}

/// A delivery report that is not complete.
#[derive(Clone, Debug)]
struct Look {
    path: String,
    /// When it is asked for; `None` while that is under way.
    due_ms: Option<u64>,
    looks: u32,
}

#[derive(Debug)]
enum Asked {
    Post { message: (u64, u32), tokens: Vec<Token>, again: bool, until_ms: u64, overdue: bool },
    Report { message: (u64, u32), until_ms: u64 },
}

impl Session {
    /// A session whose link is down.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            config,
            connected: false,
            messages: BTreeMap::new(),
            oldest: VecDeque::new(),
            asked: BTreeMap::new(),
            last_tag: 0,
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The link is up.
    pub fn connected(&mut self) {
        self.connected = true;
    }

    /// The link is down: what was not answered is not known, and nothing is remembered.
    pub fn disconnected(&mut self) {
        for asked in std::mem::take(&mut self.asked).into_values() {
            if let Asked::Post { tokens, overdue: false, .. } = asked {
                self.events.extend(tokens.into_iter().map(|token| Event::Unanswered { token }));
            }
        }
        self.connected = false;
        self.messages.clear();
        self.oldest.clear();
        self.out.clear();
    }

    /// Whether requests are taken.
    pub fn is_ready(&self) -> bool {
        self.connected
    }

    /// The CBC is to hold this message. Says whether it is posted for this request.
    pub fn request(&mut self, now_ms: u64, token: Token, document: &Document) -> bool {
        if !self.connected {
            self.events.push_back(Event::Unanswered { token });
            return false;
        }
        let key = self.holder_of(document);
        let Some(message) = self.messages.get(&key) else { return false };
        match &message.state {
            State::Posted(tag) => {
                if let Some(Asked::Post { tokens, .. }) = self.asked.get_mut(tag) {
                    tokens.push(token);
                }
            }
            State::Taken { at_ms, .. } if now_ms < at_ms.saturating_add(self.config.fresh_ms) => {
                self.events.push_back(Event::Accepted { token });
                self.events.extend(message.report.clone().map(Event::Delivery));
            }
            State::Open | State::Taken { .. } => {
                self.post(now_ms, key, vec![token]);
                return true;
            }
        }
        false
    }

    /// The CBC sent a frame.
    pub fn received(&mut self, now_ms: u64, frame: &[u8]) {
        let (tag, answer) = match Answer::decode(frame) {
            Ok(answer) => answer,
            Err(error) => return self.events.push_back(Event::PeerError(error)),
        };
        match self.asked.remove(&tag) {
            Some(Asked::Post { message, tokens, again, .. }) => {
                self.posted(now_ms, tag, message, again, &tokens, &answer);
            }
            Some(Asked::Report { message, .. }) => self.looked(now_ms, message, &answer),
            None => self.events.push_back(Event::Unexpected { tag }),
        }
    }

    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now_ms: u64) {
        let late: Vec<Tag> =
            self.asked.iter().filter(|(_, asked)| asked.is_late(now_ms)).map(|(tag, _)| *tag).collect();
        for tag in late {
            match self.asked.get_mut(&tag) {
                Some(Asked::Post { message, tokens, again, overdue, .. }) => {
                    *overdue = true;
                    let (key, again) = (*message, *again);
                    self.events.extend(tokens.iter().map(|token| Event::Unanswered { token: *token }));
                    self.reopen(now_ms, key, tag, again);
                    self.say_the_later_again(now_ms, key);
                }
                Some(Asked::Report { message, .. }) => {
                    let key = *message;
                    self.asked.remove(&tag);
                    self.look_later(now_ms, key);
                }
                None => {}
            }
        }
        let mut overdue =
            self.asked.iter().filter(|(_, asked)| matches!(asked, Asked::Post { overdue: true, .. }));
        if overdue.clone().count() > OVERDUE_MAX
            && let Some(oldest) = overdue.next().map(|(tag, _)| *tag)
        {
            self.asked.remove(&oldest);
        }
        let due: Vec<(u64, u32)> = self
            .looks()
            .filter(|(_, look)| look.due_ms.is_some_and(|due_ms| due_ms <= now_ms))
            .map(|(key, _)| key)
            .collect();
        due.into_iter().for_each(|key| self.look(now_ms, key));
        let again: Vec<(u64, u32)> =
            self.again().filter(|(_, due_ms)| *due_ms <= now_ms).map(|(key, _)| key).collect();
        again.into_iter().for_each(|key| self.post(now_ms, key, Vec::new()));
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), in milliseconds.
    pub fn next_wakeup(&self) -> Option<u64> {
        let answers = self.asked.values().filter_map(|asked| match asked {
            Asked::Post { until_ms, overdue: false, .. } | Asked::Report { until_ms, .. } => Some(*until_ms),
            Asked::Post { .. } => None,
        });
        let again = self.again().map(|(_, due_ms)| due_ms);
        answers.chain(self.looks().filter_map(|(_, look)| look.due_ms)).chain(again).min()
    }

    /// The next frame to send.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.out.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The message that stands for this one: a later one of its alert, if there is one, else itself.
    fn holder_of(&mut self, document: &Document) -> (u64, u32) {
        let key = (document.alert, document.number);
        let newest = self.messages.range((document.alert, 0)..=(document.alert, u32::MAX)).next_back();
        if let Some((newest, _)) = newest.filter(|(newest, _)| **newest >= key) {
            return *newest;
        }
        // Nobody asks any more what became of the earlier ones.
        for message in self.messages.values_mut().filter(|message| message.document.alert == document.alert) {
            if let State::Taken { look, .. } = &mut message.state {
                *look = None;
            }
        }
        let message = Message {
            document: document.clone(),
            state: State::Open,
            refused: false,
            again_ms: None,
            report: None,
        };
        self.messages.insert(key, message);
        self.oldest.push_back(key);
        if self.oldest.len() > MESSAGES_MAX
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.messages.remove(&oldest);
        }
        key
    }

    fn post(&mut self, now_ms: u64, key: (u64, u32), tokens: Vec<Token>) {
        let tag = self.next_tag();
        let Some(message) = self.messages.get_mut(&key) else { return };
        let (path, octets) = (self.config.path.clone(), message.document.octets.clone());
        let until_ms = now_ms.saturating_add(self.config.answer_timeout_ms);
        message.state = State::Posted(tag);
        message.refused = false;
        let again = message.again_ms.take().is_some();
        message.report = None;
        self.asked.insert(tag, Asked::Post { message: key, tokens, again, until_ms, overdue: false });
        self.out.push_back(Request { tag, ask: Ask::Take { path, message: octets } }.encode());
    }

    /// A post has its answer.
    fn posted(
        &mut self,
        now_ms: u64,
        tag: Tag,
        key: (u64, u32),
        again: bool,
        tokens: &[Token],
        answer: &Answer,
    ) {
        let words = words(answer);
        let taken = match answer.status {
            // That it has the identifier already: it can only be from us.
            409 => Ok(()),
            200..=299 => rejection(answer).map_or(Ok(()), Err),
            status => Err((status, words.clone())),
        };
        match taken {
            Ok(()) => {
                self.events.extend(tokens.iter().map(|token| Event::Accepted { token: *token }));
                self.taken(now_ms, key, answer);
                self.say_the_later_again(now_ms, key);
            }
            Err((status @ 500.., words)) => {
                self.events.push_back(Event::ServerError { status, words });
                self.events.extend(tokens.iter().map(|token| Event::Unanswered { token: *token }));
                self.reopen(now_ms, key, tag, again);
                self.say_the_later_again(now_ms, key);
            }
            Err((status, words)) => {
                let refused = |token: &Token| Event::Refused { token: *token, status, words: words.clone() };
                self.events.extend(tokens.iter().map(refused));
                self.reopen(now_ms, key, tag, false);
                if let Some(message) = self.messages.get_mut(&key)
                    && matches!(message.state, State::Open)
                {
                    let was_to_be_last = again || message.again_ms.is_some();
                    (message.refused, message.again_ms) = (true, None);
                    if was_to_be_last {
                        // Now the latest that was not refused is.
                        self.say_the_later_again(now_ms, (key.0, 0));
                    }
                }
            }
        }
    }

    fn taken(&mut self, now_ms: u64, key: (u64, u32), answer: &Answer) {
        let superseded = self.later_than(key).is_some();
        let path = answer.location.as_deref().and_then(path_of).filter(|_| !superseded);
        let due_ms = Some(now_ms.saturating_add(self.config.look_first_ms));
        let look = path.map(|path| Look { path: path.to_owned(), due_ms, looks: 0 });
        let Some(message) = self.messages.get_mut(&key) else { return };
        message.state = State::Taken { at_ms: now_ms, look };
        message.refused = false;
        if message.again_ms.is_some() && !superseded {
            self.post(now_ms, key, Vec::new());
        } else if answer.media_type.as_deref() == Some(REPORT) {
            self.report(key, &answer.body);
        }
    }

    /// What was posted may have reached the CBC after a later message of its alert: then it must hear that again.
    fn say_the_later_again(&mut self, now_ms: u64, key: (u64, u32)) {
        let Some(later) = self.later_than(key) else { return };
        let Some(message) = self.messages.get_mut(&later) else { return };
        message.again_ms = Some(now_ms);
        if !matches!(message.state, State::Posted(_)) {
            self.post(now_ms, later, Vec::new());
        }
    }

    /// The latest message of the alert after this one; one that was refused is as good as never said.
    fn later_than(&self, key: (u64, u32)) -> Option<(u64, u32)> {
        let mut later = self.messages.range(key..=(key.0, u32::MAX)).rev();
        let (latest, _) = later.find(|(_, message)| !message.refused)?;
        Some(*latest).filter(|latest| *latest > key)
    }

    /// The next request posts this message again, unless another post of it is under way; `again`: so does the time. So it
    /// does where it stands for an earlier one that was to be posted again.
    fn reopen(&mut self, now_ms: u64, key: (u64, u32), tag: Tag, again: bool) {
        let mut earlier = self.messages.range((key.0, 0)..key);
        let again = again || earlier.any(|(_, message)| message.again_ms.is_some());
        let again_ms = now_ms.saturating_add(self.config.answer_timeout_ms);
        if let Some(message) = self.messages.get_mut(&key)
            && matches!(message.state, State::Posted(last) if last == tag)
        {
            message.state = State::Open;
            message.again_ms = message.again_ms.or(again.then_some(again_ms));
        }
    }

    /// Takes in a delivery report; whether that was the last of its message.
    fn report(&mut self, key: (u64, u32), body: &[u8]) -> bool {
        let Some(message) = self.messages.get_mut(&key) else { return true };
        let report = match DeliveryReport::read(body) {
            Ok(report) if report.identifier == message.document.identifier => report,
            Ok(report) => {
                let found =
                    format!("one on {:?}, asked about {:?}", report.identifier, message.document.identifier);
                self.events.push_back(Event::PeerError(Error::Report { found }));
                return false;
            }
            Err(error) => {
                self.events.push_back(Event::PeerError(error));
                return false;
            }
        };
        let complete = report.complete;
        if message.report.as_ref() != Some(&report) {
            message.report = Some(report.clone());
            self.events.push_back(Event::Delivery(report));
        }
        if let State::Taken { look, .. } = &mut message.state {
            *look = look.take().filter(|_| !complete);
        }
        complete
    }

    fn looks(&self) -> impl Iterator<Item = ((u64, u32), &Look)> {
        self.messages.iter().filter_map(|(key, message)| match &message.state {
            State::Taken { look: Some(look), .. } => Some((*key, look)),
            _ => None,
        })
    }

    /// What is to be posted again, and when: not while it is under way, nor once a later message says more.
    fn again(&self) -> impl Iterator<Item = ((u64, u32), u64)> {
        self.messages.iter().filter_map(|(key, message)| {
            let is_open = !matches!(message.state, State::Posted(_)) && self.later_than(*key).is_none();
            Some((*key, message.again_ms.filter(|_| is_open)?))
        })
    }

    fn look(&mut self, now_ms: u64, key: (u64, u32)) {
        let tag = self.next_tag();
        let Some(Message { state: State::Taken { look: Some(look), .. }, .. }) = self.messages.get_mut(&key)
        else {
            return;
        };
        look.due_ms = None;
        let path = look.path.clone();
        let until_ms = now_ms.saturating_add(self.config.answer_timeout_ms);
        self.asked.insert(tag, Asked::Report { message: key, until_ms });
        self.out.push_back(Request { tag, ask: Ask::Report { path } }.encode());
    }

    fn looked(&mut self, now_ms: u64, key: (u64, u32), answer: &Answer) {
        if (200..=299).contains(&answer.status) && self.report(key, &answer.body) {
            return;
        }
        self.look_later(now_ms, key);
    }

    fn look_later(&mut self, now_ms: u64, key: (u64, u32)) {
        let (first_ms, max_ms) = (self.config.look_first_ms, self.config.look_max_ms);
        let Some(Message { state: State::Taken { look, .. }, .. }) = self.messages.get_mut(&key) else {
            return;
        };
        *look = look.take().filter(|look| look.looks < LOOKS_MAX).map(|look| {
            let looks = look.looks + 1;
            let wait_ms = first_ms.saturating_mul(1 << looks.min(20)).min(max_ms);
            Look { due_ms: Some(now_ms.saturating_add(wait_ms)), looks, ..look }
        });
    }

    fn next_tag(&mut self) -> Tag {
        self.last_tag += 1;
        Tag(self.last_tag)
    }
}

impl Asked {
    fn is_late(&self, now_ms: u64) -> bool {
        match self {
            Self::Post { overdue: true, .. } => false,
            Self::Post { until_ms, .. } | Self::Report { until_ms, .. } => *until_ms <= now_ms,
        }
    }
}
