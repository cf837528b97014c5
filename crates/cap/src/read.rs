//! The reader: one pass from events to [`Alert`], holding the document against the schema on the way.

use std::borrow::Cow;

use crate::alert::*;
use crate::document::Document;
use crate::lexical;
use crate::problem::{Code, Problem};
use crate::schema::{ALERT, AREA, Element, INFO, NAMED_VALUE, Particle, RESOURCE, Sequence, Step};
use crate::time::DateTime;
use crate::xml::{Space, Tag, Token, Xml, attributes, is_blank};

impl Document<'_> {
    /// The message, if the schema accepts it; else everything the schema has against it.
    pub fn alert(&self) -> Result<Alert<'_>, Vec<Problem>> {
        let mut reader = Reader {
            xml: Xml::new(&self.text, self.limits),
            path: Vec::with_capacity(4),
            problems: Vec::new(),
            problems_max: self.limits.problems,
        };
        match reader.document() {
            Ok(alert) if reader.problems.is_empty() => return Ok(alert),
            Ok(_) => {}
            Err(fault) => reader.problems.push(Problem { at: reader.path_string(), ..fault }),
        }
        Err(reader.problems)
    }
}

struct Reader<'a> {
    xml: Xml<'a>,
    /// The open elements of CAP, each with its number where it may come again.
    path: Vec<(&'static str, Option<usize>)>,
    problems: Vec<Problem>,
    problems_max: usize,
}

/// How a child of an element is taken up: `Err` only for a fault that ends the reading.
type Take<'a, T> = fn(&mut Reader<'a>, Element, &mut T) -> Result<(), Problem>;

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Alert<'a>, Problem> {
        let mut alert = Alert::BLANK;
        loop {
            match self.xml.next()? {
                Token::Open(tag) => {
                    if (tag.space, tag.local) == (Space::Cap12, "alert") {
                        self.path.push(("alert", None));
                        self.no_attributes(&tag, None);
                        self.sequence(&ALERT, &mut alert, Self::alert_child)?;
                        self.path.pop();
                    } else {
                        self.foreign_root(&tag);
                        self.skip()?;
                    }
                }
                Token::End => return Ok(alert),
                _ => {}
            }
        }
    }

    /// Reads the children of the element just opened, up to its end.
    fn sequence<T>(
        &mut self,
        particles: &'static [Particle],
        target: &mut T,
        take: Take<'a, T>,
    ) -> Result<(), Problem> {
        let mut sequence = Sequence::new(particles);
        let may_be_signed = std::ptr::eq(particles, &ALERT);
        let mut signed = false;
        loop {
            match self.xml.next()? {
                Token::Open(tag) if tag.space == Space::Cap12 && !signed => {
                    self.child(&tag, &mut sequence, target, take)?;
                }
                Token::Open(tag) if tag.space == Space::Signature && may_be_signed => {
                    self.missing(sequence.finish(), tag.name);
                    signed = true;
                    take(self, Element::Alert, target)?;
                }
                Token::Open(tag) => {
                    self.unexpected(&tag, if signed { "only signatures" } else { "an element of CAP 1.2" });
                    self.skip()?;
                }
                Token::Close => {
                    self.missing(sequence.finish(), "the end of the element");
                    return Ok(());
                }
                Token::Text(text) if is_blank(text) => {}
                Token::Char(ch) if crate::xml::is_space(ch) => {}
                Token::Text(text) | Token::CData(text) => self.text_between(text),
                Token::Char(ch) => self.text_between(ch.encode_utf8(&mut [0; 4])),
                Token::Comment | Token::Instruction(..) | Token::End => {}
            }
        }
    }

    fn child<T>(
        &mut self,
        tag: &Tag<'a>,
        sequence: &mut Sequence,
        target: &mut T,
        take: Take<'a, T>,
    ) -> Result<(), Problem> {
        let (particle, number) = match sequence.step(tag.local) {
            Step::Expected(particle, number) => (particle, number),
            Step::Missing(particle, number, missing) => {
                self.missing(Some(missing), tag.local);
                (particle, number)
            }
            Step::Unexpected(expected) => {
                self.unexpected(tag, expected);
                return self.skip();
            }
        };
        self.path.push((particle.name, particle.many.then_some(number)));
        self.no_attributes(tag, Some(particle.element));
        take(self, particle.element, target)?;
        self.path.pop();
        Ok(())
    }

    fn alert_child(&mut self, element: Element, alert: &mut Alert<'a>) -> Result<(), Problem> {
        match element {
            Element::Identifier => alert.identifier = self.value()?,
            Element::Sender => alert.sender = self.value()?,
            Element::Sent => alert.sent = self.date_time()?.unwrap_or(alert.sent),
            Element::Status => alert.status = self.word()?.unwrap_or(alert.status),
            Element::MsgType => alert.msg_type = self.word()?.unwrap_or(alert.msg_type),
            Element::Source => alert.source = Some(self.value()?),
            Element::Scope => alert.scope = self.word()?.unwrap_or(alert.scope),
            Element::Restriction => alert.restriction = Some(self.value()?),
            Element::Addresses => alert.addresses = Some(self.value()?),
            Element::Code => alert.codes.push(self.value()?),
            Element::Note => alert.note = Some(self.value()?),
            Element::References => alert.references = Some(self.value()?),
            Element::Incidents => alert.incidents = Some(self.value()?),
            Element::Info => {
                alert.infos.push(Info::BLANK);
                if let Some(info) = alert.infos.last_mut() {
                    self.sequence(&INFO, info, Self::info_child)?;
                }
            }
            // What follows the last info block belongs to XML-Signature, whose schema is not ours to check.
            _ => {
                alert.signatures += 1;
                self.skip_signature()?;
            }
        }
        Ok(())
    }

    fn info_child(&mut self, element: Element, info: &mut Info<'a>) -> Result<(), Problem> {
        match element {
            Element::Language => {
                let language = self.value()?;
                // The schema gives an empty language element its default.
                if !language.is_empty() {
                    self.expect(lexical::is_language(&language), Code::Language, "a language tag", &language);
                }
                info.language = Some(language);
            }
            Element::Category => info.categories.extend(self.word::<Category>()?),
            Element::Event => info.event = self.value()?,
            Element::ResponseType => info.response_types.extend(self.word::<ResponseType>()?),
            Element::Urgency => info.urgency = self.word()?.unwrap_or(info.urgency),
            Element::Severity => info.severity = self.word()?.unwrap_or(info.severity),
            Element::Certainty => info.certainty = self.word()?.unwrap_or(info.certainty),
            Element::Audience => info.audience = Some(self.value()?),
            Element::EventCode => info.event_codes.push(self.named_value()?),
            Element::Effective => info.effective = self.date_time()?,
            Element::Onset => info.onset = self.date_time()?,
            Element::Expires => info.expires = self.date_time()?,
            Element::SenderName => info.sender_name = Some(self.value()?),
            Element::Headline => info.headline = Some(self.value()?),
            Element::Description => info.description = Some(self.value()?),
            Element::Instruction => info.instruction = Some(self.value()?),
            Element::Web => info.web = Some(self.uri()?),
            Element::Contact => info.contact = Some(self.value()?),
            Element::Parameter => info.parameters.push(self.named_value()?),
            Element::Resource => {
                let mut resource = Resource::BLANK;
                self.sequence(&RESOURCE, &mut resource, Self::resource_child)?;
                info.resources.push(resource);
            }
            _ => {
                let mut area = Area::BLANK;
                self.sequence(&AREA, &mut area, Self::area_child)?;
                info.areas.push(area);
            }
        }
        Ok(())
    }

    fn resource_child(&mut self, element: Element, resource: &mut Resource<'a>) -> Result<(), Problem> {
        match element {
            Element::ResourceDesc => resource.resource_desc = self.value()?,
            Element::MimeType => resource.mime_type = self.value()?,
            Element::Size => {
                let size = self.value()?;
                self.expect(lexical::is_integer(&size), Code::Integer, "an integer", &size);
                resource.size = Some(size);
            }
            Element::Uri => resource.uri = Some(self.uri()?),
            Element::DerefUri => resource.deref_uri = Some(self.value()?),
            _ => resource.digest = Some(self.value()?),
        }
        Ok(())
    }

    fn area_child(&mut self, element: Element, area: &mut Area<'a>) -> Result<(), Problem> {
        match element {
            Element::AreaDesc => area.area_desc = self.value()?,
            Element::Polygon => area.polygons.push(self.value()?),
            Element::Circle => area.circles.push(self.value()?),
            Element::Geocode => area.geocodes.push(self.named_value()?),
            Element::Altitude => area.altitude = Some(self.decimal()?),
            _ => area.ceiling = Some(self.decimal()?),
        }
        Ok(())
    }

    fn named_value(&mut self) -> Result<NamedValue<'a>, Problem> {
        let mut named = NamedValue::default();
        self.sequence(&NAMED_VALUE, &mut named, |reader, element, named| {
            match element {
                Element::ValueName => named.value_name = reader.value()?,
                _ => named.value = reader.value()?,
            }
            Ok(())
        })?;
        Ok(named)
    }

    fn word<W: Word>(&mut self) -> Result<Option<W>, Problem> {
        let value = self.value()?;
        let word = W::parse(&value);
        if word.is_none() {
            let expected = format!("one of {}", W::ALL.join(", "));
            self.expect(false, Code::UnknownValue, expected, &value);
        }
        Ok(word)
    }

    fn date_time(&mut self) -> Result<Option<DateTime>, Problem> {
        let value = self.value()?;
        let date_time = lexical::collapsed(&value).parse().ok();
        self.expect(date_time.is_some(), Code::DateTime, "YYYY-MM-DDThh:mm:ss+hh:mm", &value);
        Ok(date_time)
    }

    fn uri(&mut self) -> Result<Text<'a>, Problem> {
        let value = self.value()?;
        self.expect(lexical::is_uri(&value), Code::Uri, "a URI", &value);
        Ok(value)
    }

    fn decimal(&mut self) -> Result<Text<'a>, Problem> {
        let value = self.value()?;
        self.expect(lexical::is_decimal(&value), Code::Decimal, "a decimal number", &value);
        Ok(value)
    }

    /// The text of the element just opened, up to its end. Comments do not cut it.
    fn value(&mut self) -> Result<Text<'a>, Problem> {
        let mut value = Cow::Borrowed("");
        loop {
            match self.xml.next()? {
                Token::Text(text) | Token::CData(text) => append(&mut value, text),
                Token::Char(ch) => value.to_mut().push(ch),
                Token::Close => return Ok(value),
                Token::Open(tag) => {
                    self.unexpected(&tag, "only text");
                    self.skip()?;
                }
                Token::Comment | Token::Instruction(..) | Token::End => {}
            }
        }
    }

    /// Passes over the rest of the element just opened.
    fn skip(&mut self) -> Result<(), Problem> {
        let mut open = 1;
        while open > 0 {
            match self.xml.next()? {
                Token::Open(_) => open += 1,
                Token::Close => open -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// Passes over a signature. Elements of CAP in it would be a second message that nobody sees, and types named by
    /// `xsi:type` would need a schema that nobody has: both are refused.
    fn skip_signature(&mut self) -> Result<(), Problem> {
        let mut open = 1;
        while open > 0 {
            match self.xml.next()? {
                Token::Open(tag) => {
                    if tag.space == Space::Cap12 {
                        self.unexpected(&tag, "no element of CAP within a signature");
                    }
                    for attribute in attributes(tag.raw_attributes).flatten() {
                        let typed = attribute.local == "type"
                            && self.xml.attribute_space(attribute.prefix) == Space::SchemaInstance;
                        self.expect(
                            !typed,
                            Code::UnexpectedAttribute,
                            "no type named within a signature",
                            attribute.name,
                        );
                    }
                    open += 1;
                }
                Token::Close => open -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// The schema knows no attributes; XML Schema itself allows some of its own everywhere.
    fn no_attributes(&mut self, tag: &Tag<'a>, element: Option<Element>) {
        // The reader has checked the form of all attributes.
        for attribute in attributes(tag.raw_attributes).flatten() {
            if attribute.declares().is_some() {
                continue;
            }
            let allowed = self.xml.attribute_space(attribute.prefix) == Space::SchemaInstance
                && match attribute.local {
                    "schemaLocation" => attribute.value.split_ascii_whitespace().count() % 2 == 0,
                    "noNamespaceSchemaLocation" => lexical::is_uri(&attribute.value),
                    "type" => self.names_own_type(&attribute.value, element),
                    _ => false,
                };
            self.expect(allowed, Code::UnexpectedAttribute, "no attribute", attribute.name);
        }
    }

    /// Whether `xsi:type` says only what the schema says: anything else would be another schema.
    fn names_own_type(&self, name: &str, element: Option<Element>) -> bool {
        let (prefix, local) =
            lexical::collapsed(name).split_once(':').unwrap_or(("", lexical::collapsed(name)));
        let own = match element {
            Some(Element::Language) => "language",
            Some(Element::Size) => "integer",
            Some(Element::Altitude | Element::Ceiling) => "decimal",
            Some(Element::Web | Element::Uri) => "anyURI",
            Some(
                Element::Sent
                | Element::Status
                | Element::MsgType
                | Element::Scope
                | Element::Info
                | Element::Category
                | Element::ResponseType
                | Element::Urgency
                | Element::Severity
                | Element::Certainty
                | Element::EventCode
                | Element::Effective
                | Element::Onset
                | Element::Expires
                | Element::Parameter
                | Element::Resource
                | Element::Area
                | Element::Geocode
                | Element::Alert,
            )
            | None => return false,
            Some(_) => "string",
        };
        local == own && self.xml.namespace(prefix) == Some("http://www.w3.org/2001/XMLSchema")
    }

    fn foreign_root(&mut self, tag: &Tag<'a>) {
        match (tag.space, tag.local) {
            (Space::Cap10, "alert") => self.report(Code::UnsupportedVersion, "CAP 1.2", "CAP 1.0"),
            (Space::Cap11, "alert") => self.report(Code::UnsupportedVersion, "CAP 1.2", "CAP 1.1"),
            _ => {
                let found =
                    format!("{{{}}}{}", self.xml.namespace(tag.prefix).unwrap_or_default(), tag.local);
                self.report(Code::NotCap, format!("{{{}}}alert", crate::xml::CAP_1_2), &found);
            }
        }
    }

    fn missing(&mut self, name: Option<&'static str>, found: &str) {
        if let Some(name) = name {
            self.report(Code::MissingElement, name, found);
        }
    }

    fn unexpected(&mut self, tag: &Tag<'a>, expected: impl Into<Cow<'static, str>>) {
        self.report(Code::UnexpectedElement, expected, tag.name);
    }

    fn text_between(&mut self, text: &str) {
        self.report(Code::UnexpectedText, "only elements", text);
    }

    fn expect(&mut self, holds: bool, code: Code, expected: impl Into<Cow<'static, str>>, found: &str) {
        if !holds {
            self.report(code, expected, found);
        }
    }

    /// Notes a problem at the place just read. To find its line takes a look at all lines before it, so nothing is done once
    /// the limit is reached.
    fn report(&mut self, code: Code, expected: impl Into<Cow<'static, str>>, found: &str) {
        if self.problems.len() < self.problems_max {
            let problem = self.xml.problem(code, expected, found);
            self.problems.push(Problem { at: self.path_string(), ..problem });
        }
    }

    fn path_string(&self) -> String {
        let mut path = String::new();
        for (name, number) in &self.path {
            path.push('/');
            path.push_str(name);
            if let Some(number) = number {
                path.push_str(&format!("[{number}]"));
            }
        }
        match path.is_empty() {
            true => "/".to_owned(),
            false => path,
        }
    }
}

fn append<'a>(value: &mut Cow<'a, str>, text: &'a str) {
    match value.is_empty() {
        true => *value = Cow::Borrowed(text),
        false => value.to_mut().push_str(text),
    }
}

// What a message holds before it is read. A reader hands out none with a required element missing, so no placeholder is
// ever seen: an unknown message type is refused, never defaulted.
impl Alert<'_> {
    const BLANK: Self = Alert {
        identifier: Cow::Borrowed(""),
        sender: Cow::Borrowed(""),
        sent: DateTime::EPOCH,
        status: Status::Draft,
        msg_type: MessageType::Error,
        source: None,
        scope: Scope::Private,
        restriction: None,
        addresses: None,
        codes: Vec::new(),
        note: None,
        references: None,
        incidents: None,
        infos: Vec::new(),
        signatures: 0,
    };
}

impl Info<'_> {
    const BLANK: Self = Info {
        language: None,
        categories: Vec::new(),
        event: Cow::Borrowed(""),
        response_types: Vec::new(),
        urgency: Urgency::Unknown,
        severity: Severity::Unknown,
        certainty: Certainty::Unknown,
        audience: None,
        event_codes: Vec::new(),
        effective: None,
        onset: None,
        expires: None,
        sender_name: None,
        headline: None,
        description: None,
        instruction: None,
        web: None,
        contact: None,
        parameters: Vec::new(),
        resources: Vec::new(),
        areas: Vec::new(),
    };
}

impl Resource<'_> {
    const BLANK: Self = Resource {
        resource_desc: Cow::Borrowed(""),
        mime_type: Cow::Borrowed(""),
        size: None,
        uri: None,
        deref_uri: None,
        digest: None,
    };
}

impl Area<'_> {
    const BLANK: Self = Area {
        area_desc: Cow::Borrowed(""),
        polygons: Vec::new(),
        circles: Vec::new(),
        geocodes: Vec::new(),
        altitude: None,
        ceiling: None,
    };
}
