//! One operator's network: elements, cells and phones together, driven by octets and time.

use std::sync::Arc;

use area::{CellIndex, CellRuns, Inventory};

use crate::chance::Chance;
use crate::element::{Element, Transmit};
use crate::phones::Phones;
use crate::radio::Radio;
use crate::{
    CellPhones, Command, Error, MessageKey, MessageReport, PhonesReport, Plan, Report, ReportRequest, Restart,
};

/// An element's place in its plan.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ElementId(pub usize);

/// One operator's network. Without sockets and clock: its owner moves octets and time.
///
/// After each call its owner asks [`poll_transmit`](Self::poll_transmit) until there is nothing more, and calls
/// [`handle_timeout`](Self::handle_timeout) at [`next_wakeup`](Self::next_wakeup). Time never goes back. An [`ElementId`]
/// of another plan is a mistake of the caller's and panics.
#[derive(Debug)]
pub struct Network {
    operator: String,
    radio: Radio,
    phones: Phones,
    elements: Vec<Element>,
}

/// What a command gives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The report asked for.
    Report(Report),
    /// The phones asked for.
    Phones(CellPhones),
    /// It is done.
    Done,
    /// The process is to end.
    Quit,
}

impl Network {
    /// The most elements.
    pub const ELEMENTS_MAX: usize = 1_024;

    /// The network of a plan. Its phones are in the cells that its elements serve.
    pub fn new(plan: &Plan, inventory: Arc<Inventory>) -> Result<Self, Error> {
        let operator = inventory.operator_by_plmn(plan.plmn).ok_or(Error::Plmn { found: plan.plmn })?;
        if plan.elements.len() > Self::ELEMENTS_MAX {
            return Err(Error::Elements { max: Self::ELEMENTS_MAX, found: plan.elements.len() });
        }
        let mut radio = Radio::new(inventory, operator);
        let mut elements: Vec<Element> = Vec::with_capacity(plan.elements.len());
        for (stream, element) in plan.elements.iter().enumerate() {
            if elements.iter().any(|other| other.name() == element.name) {
                return Err(Error::ElementName { found: element.name.clone() });
            }
            elements.push(Element::new(element, Chance::new(plan.seed, stream as u64), &mut radio)?);
        }
        let served = elements
            .iter()
            .fold(CellRuns::new(), |all, element| all.union(&CellRuns::from_range(element.cells())));
        let found = u64::from(served.len()) * u64::from(plan.phones.per_cell);
        if found > Phones::MAX {
            return Err(Error::Phones { max: Phones::MAX, found });
        }
        let phones = Phones::new(&plan.phones, plan.seed, &served);
        Ok(Self { operator: plan.operator.clone(), radio, phones, elements })
    }

    /// Remembers at most `changes` changes of what is on the air; [`Radio::HISTORY_MAX`] otherwise.
    pub fn limit_history(&mut self, changes: usize) {
        self.radio.limit_history(changes);
    }

    /// A dispatcher is connected to an element.
    pub fn connected(&mut self, now_ms: u64, ElementId(id): ElementId) {
        self.elements[id].connected(now_ms, &mut self.radio);
        self.settle();
    }

    /// The dispatcher is gone.
    pub fn disconnected(&mut self, now_ms: u64, ElementId(id): ElementId) {
        self.elements[id].disconnected(now_ms, &mut self.radio);
    }

    /// A message has come in at an element.
    pub fn received(&mut self, now_ms: u64, ElementId(id): ElementId, pdu: &[u8]) {
        self.elements[id].received(now_ms, pdu, &mut self.radio);
        self.settle();
    }

    /// The next thing to do to a connection.
    pub fn poll_transmit(&mut self) -> Option<(ElementId, Transmit)> {
        let mut elements = self.elements.iter_mut().enumerate();
        elements.find_map(|(id, element)| Some((ElementId(id), element.poll_transmit()?)))
    }

    /// The next thing to do to one element's connection.
    pub fn poll_transmit_of(&mut self, ElementId(id): ElementId) -> Option<Transmit> {
        self.elements[id].poll_transmit()
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do next, in milliseconds.
    pub fn next_wakeup(&self) -> Option<u64> {
        let elements = self.elements.iter().filter_map(Element::next_wakeup);
        elements.chain(self.radio.next_wakeup()).chain(self.phones.next_wakeup()).min()
    }

    /// Does what is due by `now_ms`, in the order of its times.
    pub fn handle_timeout(&mut self, now_ms: u64) {
        while let Some(at_ms) = self.next_wakeup().filter(|at_ms| *at_ms <= now_ms) {
            self.radio.handle_timeout(at_ms);
            self.phones.handle_timeout(at_ms, &self.radio);
            for id in 0..self.elements.len() {
                let element = &mut self.elements[id];
                if element.restart_due(at_ms) {
                    self.restart(at_ms, ElementId(id));
                } else if element.next_wakeup().is_some_and(|due_ms| due_ms <= at_ms) {
                    element.handle_timeout(at_ms, &self.radio);
                }
            }
            self.settle();
        }
    }

    /// Carries out a command.
    pub fn command(&mut self, now_ms: u64, command: Command) -> Result<Answer, Error> {
        match command {
            Command::Report(request) => return Ok(Answer::Report(self.report(now_ms, &request))),
            Command::Phone { cell } => return Ok(Answer::Phones(self.phones_of(cell)?)),
            Command::Move { phone, cell } => self.move_phone(now_ms, phone, cell)?,
            Command::Silent { element, for_ms, deaf } => {
                let ElementId(id) = self.element_id(&element)?;
                self.elements[id].silence(now_ms, for_ms, deaf);
            }
            Command::Restart(Restart::Element(element)) => {
                let id = self.element_id(&element)?;
                self.restart(now_ms, id);
            }
            Command::Restart(Restart::Cells(cells)) => {
                self.check(&cells)?;
                self.radio.restart(now_ms, &cells);
                for element in &mut self.elements {
                    element.cells_restarted(now_ms, &cells, &self.radio);
                }
            }
            Command::Fail { cells } => {
                self.check(&cells)?;
                self.radio.fail(now_ms, &cells);
                for element in &mut self.elements {
                    element.cells_failed(now_ms, &cells, &self.radio);
                }
            }
            Command::Quit => return Ok(Answer::Quit),
        }
        Ok(Answer::Done)
    }

    /// What is on the air and what rang.
    pub fn report(&self, now_ms: u64, request: &ReportRequest) -> Report {
        let all = CellRuns::from_range(self.radio.cells());
        let target = request.target.as_ref().unwrap_or(&all);
        let keys = request.messages.clone().unwrap_or_else(|| self.phones.heard());
        let mut messages: Vec<MessageReport> =
            keys.iter().map(|key| self.message_report(*key, target)).collect();
        Report {
            operator: self.operator.clone(),
            at_ms: now_ms,
            elements: self.elements.iter().map(|element| element.report(now_ms, &self.radio)).collect(),
            phones: self.phones_report(&mut messages, target),
            messages,
        }
    }

    /// The cells and what is on the air in them, and the record of it.
    pub fn radio(&self) -> &Radio {
        &self.radio
    }

    /// The phones.
    pub fn phones(&self) -> &Phones {
        &self.phones
    }

    /// The elements, in the order of the plan.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The element of that name.
    pub fn element_id(&self, name: &str) -> Result<ElementId, Error> {
        let at = self.elements.iter().position(|element| element.name() == name);
        at.map(ElementId).ok_or_else(|| Error::Element { found: name.to_owned() })
    }

    /// An element restarts with its cells. Others that serve them, the rest of a pool, have something to tell.
    fn restart(&mut self, now_ms: u64, ElementId(id): ElementId) {
        self.elements[id].restart(now_ms, &mut self.radio);
        let cells = CellRuns::from_range(self.elements[id].cells());
        for (_, other) in self.elements.iter_mut().enumerate().filter(|(other, _)| *other != id) {
            other.cells_restarted(now_ms, &cells, &self.radio);
        }
    }

    fn phones_of(&self, cell: u32) -> Result<CellPhones, Error> {
        self.check(&CellRuns::from_range(cell..cell.checked_add(1).ok_or(Error::Cell { found: cell })?))?;
        let phones = self.phones.of_cell(cell).map(|phone| self.phones.report(phone)).collect();
        Ok(CellPhones { cell, phones })
    }

    fn move_phone(&mut self, now_ms: u64, phone: u32, cell: u32) -> Result<(), Error> {
        self.check(&CellRuns::from_range(cell..cell.checked_add(1).ok_or(Error::Cell { found: cell })?))?;
        match self.phones.change_cell(now_ms, phone, cell, &self.radio) {
            true => Ok(()),
            false => Err(Error::Phone { phones: self.phones.len(), found: phone }),
        }
    }

    fn message_report(&self, key: MessageKey, target: &CellRuns) -> MessageReport {
        let mut report = MessageReport {
            message_id: key.message_id,
            serial: key.serial,
            cells_on_air: 0,
            cells_on_air_elsewhere: 0,
            enabled: 0,
            rang_once: 0,
            rang_more: 0,
            out_of_area_rang: 0,
        };
        for cell in self.radio.cells().filter(|cell| self.radio.find(*cell, key).is_some()) {
            match target.contains(CellIndex(cell)) {
                true => report.cells_on_air += 1,
                false => report.cells_on_air_elsewhere += 1,
            }
        }
        report
    }

    /// Judges every phone, and counts for each message.
    fn phones_report(&self, messages: &mut [MessageReport], target: &CellRuns) -> PhonesReport {
        let mut report = PhonesReport {
            total: self.phones.len().into(),
            rings_unrecorded: self.phones.rings_unrecorded(),
            ..PhonesReport::default()
        };
        for phone in 0..self.phones.len() {
            let cell = self.phones.cell(phone);
            let inside = target.contains(CellIndex(cell));
            let choices = self.phones.choices(phone);
            let (mut more, mut missed, mut any) = (false, false, false);
            for message in messages.iter_mut() {
                let key = MessageKey { message_id: message.message_id, serial: message.serial };
                let (enabled, rang) = (choices.shows(key.message_id), self.phones.rang(phone, key));
                more |= rang > usize::from(enabled);
                missed |= rang < usize::from(enabled);
                any |= rang > 0;
                if inside {
                    message.enabled += u64::from(enabled);
                    message.rang_once += u64::from(rang == 1);
                    message.rang_more += u64::from(rang > 1);
                } else {
                    message.out_of_area_rang += u64::from(rang > 0);
                }
            }
            if inside {
                report.in_area += 1;
                report.rang_more += u64::from(more);
                report.missed += u64::from(missed && !more);
                report.unreachable += u64::from(missed && !more && self.radio.is_dead(cell));
                report.rang_once += u64::from(!missed && !more);
            } else {
                report.out_of_area += 1;
                report.out_of_area_rang += u64::from(any);
            }
        }
        report
    }

    /// Whether all these cells are the operator's.
    fn check(&self, cells: &CellRuns) -> Result<(), Error> {
        let strange = cells.subtract(&CellRuns::from_range(self.radio.cells()));
        strange.iter().next().map_or(Ok(()), |run| Err(Error::Cell { found: run.start }))
    }

    /// Lets the phones hear what has just gone on the air.
    fn settle(&mut self) {
        for aired in self.radio.take_fresh() {
            self.phones.hear(aired, &self.radio);
        }
    }
}
