//! The message as data: CAP 1.2 §3.2. Fields carry the standard's names; texts borrow from the document they were read
//! from.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::time::DateTime;

/// A text, borrowed where it stood in the document as it is.
pub type Text<'a> = Cow<'a, str>;

/// A CAP message (§3.2.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Alert<'a> {
    /// The sender's name for this message; unique with `sender` and `sent`.
    pub identifier: Text<'a>,
    /// Who sends it; unique in the world by the sender's care.
    pub sender: Text<'a>,
    /// When it was sent.
    pub sent: DateTime,
    /// How to take it.
    pub status: Status,
    /// What it does to earlier messages.
    pub msg_type: MessageType,
    /// The operator or device it comes from.
    pub source: Option<Text<'a>>,
    /// For whom it is.
    pub scope: Scope,
    /// The rule of a restricted message.
    pub restriction: Option<Text<'a>>,
    /// The recipients of a private message.
    pub addresses: Option<Text<'a>>,
    /// Codes for special handling; profiles declare themselves here.
    pub codes: Vec<Text<'a>>,
    /// Why a Cancel or Error was sent, and other remarks.
    pub note: Option<Text<'a>>,
    /// Earlier messages: see [`Alert::references`].
    pub references: Option<Text<'a>>,
    /// The incidents this is about.
    pub incidents: Option<Text<'a>>,
    /// What happened, by language or segment.
    pub infos: Vec<Info<'a>>,
    /// Number of enveloped signatures. The writer writes none: see [`crate::signature`].
    pub signatures: usize,
}

/// What happened, in one language (§3.2.2).
#[derive(Clone, Debug, PartialEq)]
pub struct Info<'a> {
    /// RFC 3066 tag. Absent means `en-US`: see [`Info::language_tag`].
    pub language: Option<Text<'a>>,
    /// At least one.
    pub categories: Vec<Category>,
    /// The kind of event, in words.
    pub event: Text<'a>,
    /// What to do.
    pub response_types: Vec<ResponseType>,
    /// How soon.
    pub urgency: Urgency,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub certainty: Certainty,
    /// For whom, in words.
    pub audience: Option<Text<'a>>,
    /// Codes for the event, each of a named system.
    pub event_codes: Vec<NamedValue<'a>>,
    /// When the information takes effect.
    pub effective: Option<DateTime>,
    /// When the event is expected to begin.
    pub onset: Option<DateTime>,
    /// When the information ends.
    pub expires: Option<DateTime>,
    /// Who sends it, in words.
    pub sender_name: Option<Text<'a>>,
    /// The headline.
    pub headline: Option<Text<'a>>,
    /// What happened.
    pub description: Option<Text<'a>>,
    /// What to do.
    pub instruction: Option<Text<'a>>,
    /// Where to read more.
    pub web: Option<Text<'a>>,
    /// Whom to call.
    pub contact: Option<Text<'a>>,
    /// Values of named systems, profiles among them.
    pub parameters: Vec<NamedValue<'a>>,
    /// Pictures and other files.
    pub resources: Vec<Resource<'a>>,
    /// Where.
    pub areas: Vec<Area<'a>>,
}

impl Info<'_> {
    /// The language, with the standard's default.
    pub fn language_tag(&self) -> &str {
        self.language
            .as_deref()
            .map(crate::lexical::collapsed)
            .filter(|tag| !tag.is_empty())
            .unwrap_or("en-US")
    }
}

/// A file that belongs to the message (§3.2.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Resource<'a> {
    /// What it shows.
    pub resource_desc: Text<'a>,
    /// Its media type.
    pub mime_type: Text<'a>,
    /// Its size in bytes, as written.
    pub size: Option<Text<'a>>,
    /// Where it is.
    pub uri: Option<Text<'a>>,
    /// The file itself, in base64.
    pub deref_uri: Option<Text<'a>>,
    /// Its SHA-1, in hexadecimal.
    pub digest: Option<Text<'a>>,
}

/// Where it happened: the union of all shapes and codes (§3.2.4). Shapes are kept as written; parse one as
/// [`crate::Polygon`] or [`crate::Circle`].
#[derive(Clone, Debug, PartialEq)]
pub struct Area<'a> {
    /// The place in words.
    pub area_desc: Text<'a>,
    /// `lat,lon lat,lon …`, the last point being the first.
    pub polygons: Vec<Text<'a>>,
    /// `lat,lon radius`, the radius in kilometres.
    pub circles: Vec<Text<'a>>,
    /// Codes of named systems.
    pub geocodes: Vec<NamedValue<'a>>,
    /// Feet above mean sea level: the lower bound, or the only height.
    pub altitude: Option<Text<'a>>,
    /// Feet above mean sea level: the upper bound.
    pub ceiling: Option<Text<'a>>,
}

/// `valueName` and `value`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedValue<'a> {
    /// The system the value belongs to.
    pub value_name: Text<'a>,
    /// The value.
    pub value: Text<'a>,
}

impl<'a> NamedValue<'a> {
    /// A value of a named system.
    pub fn new(value_name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Self {
        NamedValue { value_name: value_name.into(), value: value.into() }
    }
}

/// Names an earlier message (§3.2.1, `references`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reference<'a> {
    /// The sender of the earlier message.
    pub sender: &'a str,
    /// Its identifier.
    pub identifier: &'a str,
    /// When it was sent.
    pub sent: DateTime,
}

impl<'a> Alert<'a> {
    /// The earlier messages this one is about; the text of a malformed one as the error.
    ///
    /// The standard separates triples by white space. Some senders write commas throughout; that is read too.
    pub fn references(&self) -> impl Iterator<Item = Result<Reference<'_>, &str>> {
        self.references.as_deref().unwrap_or_default().split_ascii_whitespace().flat_map(|group| {
            let mut parts = group.split(',');
            std::iter::from_fn(move || {
                let sender = parts.next()?;
                let identifier = parts.next().unwrap_or_default();
                let sent = parts.next().and_then(|sent| sent.parse().ok());
                Some(match sent {
                    Some(sent) if !sender.is_empty() && !identifier.is_empty() => {
                        Ok(Reference { sender, identifier, sent })
                    }
                    _ => Err(group),
                })
            })
        })
    }
}

/// Defines an enumeration of the schema: its words are spelled as on the wire.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The word of the schema.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }

        impl Word for $name {
            const ALL: &'static [&'static str] = &[$(stringify!($variant)),+];

            fn parse(word: &str) -> Option<Self> {
                match word { $(stringify!($variant) => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

/// An enumeration of the schema.
pub(crate) trait Word: Sized {
    /// Its words.
    const ALL: &'static [&'static str];

    /// Exactly the schema's word: another one is refused, never defaulted.
    fn parse(word: &str) -> Option<Self>;
}

vocabulary! {
    /// How to take a message.
    Status {
        /// To be acted on.
        Actual,
        /// Part of an exercise; `note` says which.
        Exercise,
        /// For the alerting network itself.
        System,
        /// Technical test; to be disregarded.
        Test,
        /// Not to be acted on yet.
        Draft,
    }
}

vocabulary! {
    /// What a message does to earlier ones.
    MessageType {
        /// Something new.
        Alert,
        /// Replaces the referenced messages.
        Update,
        /// Takes the referenced messages back.
        Cancel,
        /// Acknowledges receipt of the referenced messages.
        Ack,
        /// Rejects the referenced messages.
        Error,
    }
}

vocabulary! {
    /// For whom a message is.
    Scope {
        /// Everybody.
        Public,
        /// Those whom `restriction` describes.
        Restricted,
        /// Those whom `addresses` lists.
        Private,
    }
}

vocabulary! {
    /// The kind of event.
    Category {
        /// Geophysical.
        Geo,
        /// Weather and floods.
        Met,
        /// Public safety.
        Safety,
        /// Police and military.
        Security,
        /// Rescue and recovery; missing children.
        Rescue,
        /// Fire.
        Fire,
        /// Health.
        Health,
        /// Pollution.
        Env,
        /// Transport.
        Transport,
        /// Utilities and networks.
        Infra,
        /// Chemical, biological, radiological, nuclear, explosive.
        CBRNE,
        /// Another.
        Other,
    }
}

vocabulary! {
    /// What the public should do.
    ResponseType {
        /// Take shelter.
        Shelter,
        /// Leave.
        Evacuate,
        /// Make ready.
        Prepare,
        /// Do what was agreed before.
        Execute,
        /// Stay away.
        Avoid,
        /// Look for news.
        Monitor,
        /// Judge for yourself.
        Assess,
        /// It is over.
        AllClear,
        /// Nothing.
        None,
    }
}

vocabulary! {
    /// How soon to act.
    Urgency {
        /// Now.
        Immediate,
        /// Within an hour.
        Expected,
        /// Later.
        Future,
        /// No longer.
        Past,
        /// Not known.
        Unknown,
    }
}

vocabulary! {
    /// How bad it is.
    Severity {
        /// Extraordinary threat.
        Extreme,
        /// Significant threat.
        Severe,
        /// Possible threat.
        Moderate,
        /// Little threat.
        Minor,
        /// Not known.
        Unknown,
    }
}

vocabulary! {
    /// How sure it is.
    Certainty {
        /// It happened or is happening.
        Observed,
        /// More likely than not.
        Likely,
        /// Possible.
        Possible,
        /// Hardly.
        Unlikely,
        /// Not known.
        Unknown,
    }
}
