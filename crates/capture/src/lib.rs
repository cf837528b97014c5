//! What was said in a packet capture: the messages that TCP streams and SCTP associations carried, put together again.
//!
//! It reads pcap and pcapng over Ethernet, VLAN, Linux cooked, loopback and raw IP, and SCTP over IP or over UDP (RFC
//! 6951). It knows no protocol: whoever calls says how the messages of a stream are told apart. No file is opened, and any
//! octets will do: what cannot be followed is passed over or told as an error, within fixed limits of memory.
//!
//! Read first: [`messages`], [`Message`].

use std::collections::HashMap;

mod file;
mod packet;
mod sctp;
mod tcp;

pub use packet::Flow;

use packet::Carried;

/// How many streams and associations are followed at a time; those beyond are passed over.
const FLOWS_MAX: usize = 4_096;

/// The length of the first message of a stream in octets, `None` while that cannot be told, or why it never will.
pub type Cut = fn(&[u8]) -> Result<Option<usize>, String>;

/// A message, when its last octet was captured.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Nanoseconds since 1970, where the file says.
    pub time_ns: Option<u64>,
    /// From whom to whom.
    pub flow: Flow,
    /// What carried it.
    pub carrier: Carrier,
    /// The message, or why its stream cannot be cut into messages any more.
    pub octets: Result<Vec<u8>, String>,
}

/// What carries a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Carrier {
    /// An SCTP association, with the payload protocol identifier.
    Sctp(u32),
    /// A TCP stream.
    Tcp,
}

/// Every message of a capture, in the order in which they were whole; ends with the first error of the file itself.
/// `cut` says of a TCP stream how its messages are told apart, or that nobody wants them.
pub fn messages<'a>(
    file: &'a [u8],
    cut: impl Fn(Flow) -> Option<Cut> + 'a,
) -> impl Iterator<Item = Result<Message, String>> + 'a {
    let mut followed = Followed::default();
    file::frames(file).flat_map(move |frame| match frame {
        Ok(frame) => followed.take(&frame, &cut).into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    })
}

/// What is put together.
#[derive(Default)]
struct Followed {
    streams: HashMap<Flow, tcp::Stream>,
    associations: HashMap<Flow, sctp::Reassembly>,
}

impl Followed {
    /// The messages that a frame completes.
    fn take(&mut self, frame: &file::Frame<'_>, cut: impl Fn(Flow) -> Option<Cut>) -> Vec<Message> {
        let Some(packet) = packet::read(frame.link, frame.octets) else { return Vec::new() };
        let (flow, time_ns) = (packet.flow, frame.time_ns);
        let message = |carrier, octets| Message { time_ns, flow, carrier, octets };
        match packet.carried {
            Carried::Tcp(segment) => {
                let Some(cut) = cut(flow) else { return Vec::new() };
                if self.streams.len() >= FLOWS_MAX && !self.streams.contains_key(&flow) {
                    return Vec::new();
                }
                let whole = self.streams.entry(flow).or_default().take(&segment, cut);
                whole.into_iter().map(|octets| message(Carrier::Tcp, octets)).collect()
            }
            Carried::Sctp(chunks) => {
                if self.associations.len() >= FLOWS_MAX && !self.associations.contains_key(&flow) {
                    return Vec::new();
                }
                let whole = self.associations.entry(flow).or_default().take(chunks);
                whole.into_iter().map(|(ppid, octets)| message(Carrier::Sctp(ppid), Ok(octets))).collect()
            }
        }
    }
}
