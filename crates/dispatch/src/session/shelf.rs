//! The invariant parts of requests, kept ready: all controllers of a network get the same message at about the same
//! time.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::BytesMut;
use cbs::{Broadcasts, MessageId, SerialNumber};
use cbsp::pdu::{CellList, MessageStatusQuery};
use cbsp::{BroadcastCount, CellKind};
use engine::order::{Action, Body, Message};
use sbcap::{GlobalEnbId, TaiPolicy};

use super::{cbsp_words, fitted, sabp_words, sbcap_words};
use crate::Protocol;
use crate::wire::WireTai;

/// The most templates that are kept; the oldest goes first.
const TEMPLATES_MAX: usize = 64;
/// Octets of any request without its pages, cells and tracking areas, at most.
const FRAME_OCTETS: usize = 256;
/// Octets that a page adds to a request, at most.
const PAGE_OCTETS: usize = 84;

/// Templates by what they are made from.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    templates: VecDeque<(Source, Template)>,
}

/// What a template is made from.
#[derive(Clone, Debug)]
struct Source {
    protocol: Protocol,
    what: What,
    /// The restarted node that the request names.
    node: Option<GlobalEnbId>,
}

#[derive(Clone, Debug)]
enum What {
    Write(Arc<Message>, Broadcasts),
    Query(MessageId, SerialNumber),
    /// With whether everything else is to be stopped too.
    Kill(MessageId, SerialNumber, bool),
}

/// A request without its cells.
#[derive(Debug)]
pub(crate) enum Template {
    SbcapWrite(sbcap::WriteTemplate),
    SbcapStop(sbcap::StopTemplate),
    CbspWrite(cbsp::WriteTemplate, BroadcastCount),
    CbspQuery(MessageId, SerialNumber, cbsp::pdu::Channel),
    CbspKill(cbsp::KillTemplate),
    SabpWrite(sabp::WriteTemplate, sabp::BroadcastCount),
    SabpQuery(MessageId, SerialNumber),
    SabpKill(sabp::KillTemplate),
}

impl Shelf {
    /// The template for an action at a peer of this protocol, or the words that say why there is none.
    pub(crate) fn template(
        &mut self,
        protocol: Protocol,
        action: &Action,
        node: Option<GlobalEnbId>,
    ) -> Result<&Template, String> {
        let source = Source { protocol, what: What::of(protocol, action), node };
        let at = match self.templates.iter().rposition(|(other, _)| source.is_same(other)) {
            Some(at) => at,
            None => {
                let template = source.template()?;
                if self.templates.len() == TEMPLATES_MAX {
                    self.templates.pop_front();
                }
                self.templates.push_back((source, template));
                self.templates.len() - 1
            }
        };
        Ok(&self.templates[at].1)
    }
}

impl What {
    /// A query is its own request in CBSP and SABP; in SBc-AP it is a write of the live serial number.
    fn of(protocol: Protocol, action: &Action) -> Self {
        match (action, protocol) {
            (Action::Query { message, .. }, Protocol::Cbsp(_) | Protocol::Sabp(_)) => {
                Self::Query(message.message_id, message.serial)
            }
            (Action::Write { message, broadcasts, .. } | Action::Query { message, broadcasts }, _) => {
                Self::Write(Arc::clone(message), *broadcasts)
            }
            (Action::Kill { message_id, serial, all }, _) => Self::Kill(*message_id, *serial, *all),
        }
    }
}

impl Source {
    fn is_same(&self, other: &Self) -> bool {
        (self.protocol, self.node) == (other.protocol, other.node)
            && match (&self.what, &other.what) {
                (What::Write(message, count), What::Write(message_2, count_2)) => {
                    count == count_2 && (Arc::ptr_eq(message, message_2) || message == message_2)
                }
                (What::Query(id, serial), What::Query(id_2, serial_2)) => (id, serial) == (id_2, serial_2),
                (What::Kill(id, serial, all), What::Kill(id_2, serial_2, all_2)) => {
                    (id, serial, all) == (id_2, serial_2, all_2)
                }
                _ => false,
            }
    }

    fn template(&self) -> Result<Template, String> {
        Ok(match (self.protocol, &self.what) {
            (Protocol::Sbcap(dialect), What::Write(message, broadcasts)) => {
                let write = sbcap_words::write(message, *broadcasts, dialect)
                    .ok_or("no broadcast until stopped without the concurrent flag")?;
                let write = sbcap::WriteReplaceWarningRequest { global_enb_id: self.node, ..write };
                let template = sbcap::WriteTemplate::new(&write, TaiPolicy::Always);
                Template::SbcapWrite(template.map_err(|error| error.to_string())?)
            }
            (Protocol::Sbcap(dialect), What::Query(id, serial) | What::Kill(id, serial, _)) => {
                let all = matches!(self.what, What::Kill(.., true));
                let stop = sbcap_words::stop(*id, *serial, all, dialect);
                let template = sbcap::StopTemplate::new(&stop, TaiPolicy::Always);
                Template::SbcapStop(template.map_err(|error| error.to_string())?)
            }
            (Protocol::Cbsp(dialect), What::Write(message, broadcasts)) => {
                let broadcast = cbsp_words::broadcast(message, dialect)?;
                let asked_ms = message.period.ms();
                let real_ms = if dialect.raw_period { asked_ms } else { broadcast.repetition_period.ms() };
                let count = fitted(*broadcasts, message.period, real_ms);
                Template::CbspWrite(
                    cbsp::WriteTemplate::new(
                        message.message_id,
                        message.serial,
                        &broadcast,
                        dialect.repetition,
                    ),
                    BroadcastCount::new(count, dialect.unlimited),
                )
            }
            (Protocol::Cbsp(dialect), What::Query(id, serial)) => {
                Template::CbspQuery(*id, *serial, dialect.channel)
            }
            (Protocol::Cbsp(dialect), What::Kill(id, serial, _)) => {
                Template::CbspKill(cbsp::KillTemplate::new(*id, *serial, Some(dialect.channel)))
            }
            (Protocol::Sabp(dialect), What::Write(message, broadcasts)) => {
                let write =
                    sabp_words::write(message, *broadcasts, dialect).map_err(|error| error.to_string())?;
                let template = sabp::WriteTemplate::new(&write).map_err(|error| error.to_string())?;
                Template::SabpWrite(template, write.broadcasts)
            }
            (Protocol::Sabp(_), What::Query(id, serial)) => Template::SabpQuery(*id, *serial),
            (Protocol::Cap(_), _) => return Err("what goes to a CBC is written by others".into()),
            (Protocol::Sabp(_), What::Kill(id, serial, _)) => {
                let kill = sabp_words::reference(*id, *serial, Vec::new());
                Template::SabpKill(sabp::KillTemplate::new(&kill).map_err(|error| error.to_string())?)
            }
        })
    }
}

impl Template {
    /// Appends the request for these runs of cells, in wire form, and their tracking areas. `replaces` is the serial
    /// number that a write takes the place of, where the protocol has that.
    pub(crate) fn encode(
        &self,
        replaces: Option<SerialNumber>,
        cells: &[&[u8]],
        tais: &[WireTai],
        out: &mut BytesMut,
    ) -> Result<(), String> {
        match self {
            Self::SbcapWrite(template) => {
                template.encode(cells, tais, out).map_err(|error| error.to_string())
            }
            Self::SbcapStop(template) => template.encode(cells, tais, out).map_err(|error| error.to_string()),
            Self::CbspWrite(template, count) => {
                template.encode(*count, replaces, cells, out).map_err(|error| error.to_string())
            }
            Self::CbspQuery(message_id, old_serial, channel) => {
                CellList::from_octets(CellKind::Cgi, cells.concat())
                    .map(|cells| MessageStatusQuery {
                        message_id: *message_id,
                        old_serial: *old_serial,
                        cells,
                        channel: *channel,
                    })
                    .and_then(|query| cbsp::Pdu::MessageStatusQuery(query).encode(out))
                    .map_err(|error| error.to_string())
            }
            Self::CbspKill(template) => template.encode(cells, out).map_err(|error| error.to_string()),
            Self::SabpWrite(template, count) => {
                template.encode(*count, replaces, cells, out).map_err(|error| error.to_string())
            }
            Self::SabpQuery(message_id, serial) => sabp_words::areas(&cells.concat())
                .and_then(|areas| {
                    let query = sabp_words::reference(*message_id, *serial, areas);
                    sabp::Pdu::MessageStatusQuery(query).encode(out)
                })
                .map_err(|error| error.to_string()),
            Self::SabpKill(template) => template.encode(cells, out).map_err(|error| error.to_string()),
        }
    }
}

/// The octets of a request for this action, its cells and tracking areas not counted: never too few.
pub(crate) fn octets_around_cells(action: &Action) -> usize {
    match action {
        Action::Write { message, .. } | Action::Query { message, .. } => {
            let pages = match &message.body {
                Body::Text { pages, .. } => pages.as_slice().len(),
                // Its security information, and the page that SABP must have.
                Body::Primary(_) => 2,
            };
            FRAME_OCTETS + PAGE_OCTETS * pages
        }
        Action::Kill { .. } => FRAME_OCTETS,
    }
}
