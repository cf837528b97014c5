//! Orders of the control room, and what MMEs answer to them.

use std::num::NonZeroU16;
use std::sync::Arc;

use area::{CellRuns, ControllerId, Inventory};
use bytes::{Bytes, BytesMut};
use cbs::{Alphabet, Broadcasts, Content, Error, Level, MessageId, RepetitionPeriod, SerialNumber};
use dispatch::{Dispatch, FirstContact, PeerId};
use engine::order::{Action, Body, BroadcastId, Demand, Message, Order, OrderId, Priority};
use sbcap::{Cause, Extensions, Pdu, Response};

/// A message in two pages, with this serial number.
pub fn message(serial: u16) -> Result<Arc<Message>, Error> {
    let text = "A child is missing in Novi Sad since 14:30. Girl, 7 years, red jacket, blue backpack. \
                If you have seen her call 192 at once.";
    let content = Content::new(text, Alphabet::Gsm7)?;
    Ok(Arc::new(Message {
        message_id: MessageId::AMBER,
        serial: SerialNumber::from_bits(serial),
        body: Body::Text { dcs: Alphabet::Gsm7.dcs(), pages: content.pages().clone() },
        period: RepetitionPeriod::from_ms(60_000)?,
    }))
}

/// A live alert in every cell: one order a controller, as the engine gives them.
pub fn national(inventory: &Inventory, message: &Arc<Message>, round: u64) -> Vec<Demand> {
    let controllers = (0..).map(ControllerId).zip(inventory.controllers());
    let order = |(id, controller): (ControllerId, &area::Controller)| {
        Demand::Order(Order {
            id: OrderId(round << 32 | u64::from(id.0)),
            controller: id,
            broadcast: BroadcastId(round as u32),
            priority: Priority::Live(Level::Amber),
            action: Action::Write {
                message: Arc::clone(message),
                broadcasts: Broadcasts::Count(NonZeroU16::MIN.saturating_add(59)),
                replaces: None,
            },
            cells: CellRuns::from_range(controller.cells.clone()),
        })
    };
    controllers.map(order).collect()
}

/// Every link up.
pub fn connect(dispatch: &mut Dispatch, now_ms: u64, peers: usize) {
    (0..peers as u16).for_each(|peer| dispatch.link_up(now_ms, PeerId(peer), FirstContact(false)));
    while dispatch.poll_transmit(now_ms).is_some() {}
    while dispatch.poll_report().is_some() {}
    while dispatch.poll_notice().is_some() {}
}

/// What an MME says to a write of this message that it takes.
pub fn accepted(message: &Message) -> Result<Bytes, sbcap::Error> {
    let mut out = BytesMut::new();
    let response = Response {
        message_id: message.message_id,
        serial: message.serial,
        cause: Cause::MESSAGE_ACCEPTED,
        criticality_diagnostics: None,
        unknown_tais: Vec::new(),
        ext: Extensions::default(),
    };
    Pdu::WriteReplaceWarningResponse(response).encode(&mut out)?;
    Ok(out.freeze())
}
