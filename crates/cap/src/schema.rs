//! The content models of the OASIS XSD, as tables.

/// Every element of CAP 1.2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub(crate) enum Element {
    Addresses,
    Alert,
    Altitude,
    Area,
    AreaDesc,
    Audience,
    Category,
    Ceiling,
    Certainty,
    Circle,
    Code,
    Contact,
    Description,
    Digest,
    DerefUri,
    Effective,
    Event,
    EventCode,
    Expires,
    Geocode,
    Headline,
    Identifier,
    Incidents,
    Info,
    Instruction,
    Language,
    MimeType,
    MsgType,
    Note,
    Onset,
    Parameter,
    Polygon,
    References,
    Resource,
    ResourceDesc,
    ResponseType,
    Restriction,
    Scope,
    Sender,
    SenderName,
    Sent,
    Severity,
    Size,
    Source,
    Status,
    Uri,
    Urgency,
    Value,
    ValueName,
    Web,
}

/// An element of a sequence: its name, and how often it may come.
#[derive(Clone, Copy)]
pub(crate) struct Particle {
    pub(crate) element: Element,
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) many: bool,
}

const fn one(element: Element, name: &'static str) -> Particle {
    Particle { element, name, required: true, many: false }
}

const fn some(element: Element, name: &'static str) -> Particle {
    Particle { element, name, required: true, many: true }
}

const fn maybe(element: Element, name: &'static str) -> Particle {
    Particle { element, name, required: false, many: false }
}

const fn any(element: Element, name: &'static str) -> Particle {
    Particle { element, name, required: false, many: true }
}

pub(crate) static ALERT: [Particle; 14] = [
    one(Element::Identifier, "identifier"),
    one(Element::Sender, "sender"),
    one(Element::Sent, "sent"),
    one(Element::Status, "status"),
    one(Element::MsgType, "msgType"),
    maybe(Element::Source, "source"),
    one(Element::Scope, "scope"),
    maybe(Element::Restriction, "restriction"),
    maybe(Element::Addresses, "addresses"),
    any(Element::Code, "code"),
    maybe(Element::Note, "note"),
    maybe(Element::References, "references"),
    maybe(Element::Incidents, "incidents"),
    any(Element::Info, "info"),
];

pub(crate) static INFO: [Particle; 21] = [
    maybe(Element::Language, "language"),
    some(Element::Category, "category"),
    one(Element::Event, "event"),
    any(Element::ResponseType, "responseType"),
    one(Element::Urgency, "urgency"),
    one(Element::Severity, "severity"),
    one(Element::Certainty, "certainty"),
    maybe(Element::Audience, "audience"),
    any(Element::EventCode, "eventCode"),
    maybe(Element::Effective, "effective"),
    maybe(Element::Onset, "onset"),
    maybe(Element::Expires, "expires"),
    maybe(Element::SenderName, "senderName"),
    maybe(Element::Headline, "headline"),
    maybe(Element::Description, "description"),
    maybe(Element::Instruction, "instruction"),
    maybe(Element::Web, "web"),
    maybe(Element::Contact, "contact"),
    any(Element::Parameter, "parameter"),
    any(Element::Resource, "resource"),
    any(Element::Area, "area"),
];

pub(crate) static RESOURCE: [Particle; 6] = [
    one(Element::ResourceDesc, "resourceDesc"),
    one(Element::MimeType, "mimeType"),
    maybe(Element::Size, "size"),
    maybe(Element::Uri, "uri"),
    maybe(Element::DerefUri, "derefUri"),
    maybe(Element::Digest, "digest"),
];

pub(crate) static AREA: [Particle; 6] = [
    one(Element::AreaDesc, "areaDesc"),
    any(Element::Polygon, "polygon"),
    any(Element::Circle, "circle"),
    any(Element::Geocode, "geocode"),
    maybe(Element::Altitude, "altitude"),
    maybe(Element::Ceiling, "ceiling"),
];

/// `eventCode`, `parameter` and `geocode`.
pub(crate) static NAMED_VALUE: [Particle; 2] =
    [one(Element::ValueName, "valueName"), one(Element::Value, "value")];

/// How far a sequence has been read.
pub(crate) struct Sequence {
    particles: &'static [Particle],
    at: usize,
    /// How often the particle at `at` has come.
    seen: usize,
}

/// What the next element of a sequence is.
pub(crate) enum Step {
    /// The one expected, for the n-th time, counted from 1.
    Expected(&'static Particle, usize),
    /// One that comes later; the named required one before it is missing.
    Missing(&'static Particle, usize, &'static str),
    /// None that may come here any more; these might.
    Unexpected(String),
}

impl Sequence {
    pub(crate) fn new(particles: &'static [Particle]) -> Self {
        Sequence { particles, at: 0, seen: 0 }
    }

    pub(crate) fn step(&mut self, name: &str) -> Step {
        if let Some(particle) = self.particles.get(self.at)
            && particle.name == name
            && (particle.many || self.seen == 0)
        {
            self.seen += 1;
            return Step::Expected(particle, self.seen);
        }
        // Most elements come once: the next one is the most likely.
        let later = self.at + 1;
        let found = self.particles.iter().skip(later).position(|particle| particle.name == name);
        let Some(found) = found.map(|offset| later + offset) else {
            return Step::Unexpected(self.expected());
        };
        let missing = self.first_missing(found);
        (self.at, self.seen) = (found, 1);
        match missing {
            Some(missing) => Step::Missing(&self.particles[found], 1, missing),
            None => Step::Expected(&self.particles[found], 1),
        }
    }

    /// The first required element that has not come, when the sequence ends here.
    pub(crate) fn finish(&mut self) -> Option<&'static str> {
        let missing = self.first_missing(self.particles.len());
        (self.at, self.seen) = (self.particles.len(), 1);
        missing
    }

    fn first_missing(&self, end: usize) -> Option<&'static str> {
        let pending = self.at + usize::from(self.seen > 0);
        self.particles
            .get(pending..end)?
            .iter()
            .find(|particle| particle.required)
            .map(|particle| particle.name)
    }

    /// The elements that may come next, for the report.
    fn expected(&self) -> String {
        let mut names = Vec::new();
        for (offset, particle) in self.particles.iter().enumerate().skip(self.at) {
            let current = offset == self.at && self.seen > 0;
            if !current || particle.many {
                names.push(particle.name);
            }
            if particle.required && !current {
                break;
            }
        }
        match names.is_empty() {
            true => "nothing more".to_owned(),
            false => names.join(", "),
        }
    }
}
