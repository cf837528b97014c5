//! What operators' CBCs are to hold: the newest CAP message of each alert, written and signed once, however many messages,
//! controllers and queries ask for it.

use std::collections::BTreeMap;

use admin::Problem;
use dispatch::Document;
use engine::{AlertId, Engine};

use crate::exchange::Exchange;

/// The newest CAP message of each open alert that a CBC was to hold.
pub(crate) struct Documents {
    exchange: Exchange,
    written: BTreeMap<AlertId, Document>,
}

impl Documents {
    pub(crate) fn new(exchange: Exchange) -> Self {
        Self { exchange, written: BTreeMap::new() }
    }

    /// The newest message of an alert: that of its present version, or its cancel. An alert that has expired has no other
    /// than its last version, which says when it ends.
    pub(crate) fn newest(&mut self, engine: &Engine, id: AlertId) -> Result<Document, Problem> {
        let bulletins = engine.bulletins(id, self.exchange.sender().unwrap_or_default());
        let number = u32::try_from(bulletins.len()).unwrap_or(u32::MAX);
        if let Some(known) = self.written.get(&id).filter(|known| known.number == number) {
            return Ok(known.clone());
        }
        let class = engine.alert(id).map_or("", |alert| alert.class.as_str());
        let message = self.exchange.write_one(class, &bulletins, None)?;
        let identifier =
            bulletins.last().map(|bulletin| bulletin.name.identifier.clone()).unwrap_or_default();
        let document = Document { identifier, alert: id.0, number, octets: message.into() };
        self.written.retain(|known, _| engine.alert(*known).is_some_and(|alert| !alert.state.is_over()));
        self.written.insert(id, document.clone());
        Ok(document)
    }
}
