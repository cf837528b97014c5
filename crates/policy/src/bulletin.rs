//! An alert as CAP: one message for each approved version, and one for its cancel.

use std::collections::BTreeMap;
use std::fmt;

use area::{Atlas, CellName, Target};
use cap::cap_rs::{AlertClass, CapRs, EuLevel, Place};
use cap::{
    Alert, Category, Certainty, DateTime, Info, MessageType, Resource, ResponseType, Scope, Severity, Status,
    Urgency,
};
use cbs::MessageId;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::picture::Picture;
use crate::plan::LanguageText;
use crate::profile::{Channel, Profile};
use crate::tongue;

/// What a CAP message is known by: its sender, its identifier, and when it was sent (CAP 1.2 §3.2.1).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MessageName {
    /// Who sent it.
    pub sender: String,
    /// What the sender calls it.
    pub identifier: String,
    /// When it was sent, in seconds of Unix time.
    pub sent_s: i64,
}

impl MessageName {
    /// The moment as CAP writes it, in UTC.
    pub fn sent(&self) -> Result<DateTime, Error> {
        date_time("/alert/sent", self.sent_s)
    }
}

impl fmt::Display for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sender, identifier, sent_s } = self;
        match DateTime::new(*sent_s, 0) {
            Ok(sent) => write!(f, "{sender},{identifier},{sent}"),
            Err(_) => write!(f, "{sender},{identifier},{sent_s}"),
        }
    }
}

/// What a message does to its alert.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Raises it.
    Alert,
    /// Replaces what was said.
    Update,
    /// Takes it back.
    Cancel,
}

/// One message about an alert, before it is written as CAP.
#[derive(Clone, Debug, PartialEq)]
pub struct Bulletin {
    /// What it is called.
    pub name: MessageName,
    /// What it does.
    pub act: Act,
    /// Live, exercise or test.
    pub channel: Channel,
    /// Every earlier message about the alert, oldest first.
    pub earlier: Vec<MessageName>,
    /// The alert, the same in all its messages.
    pub incident: String,
    /// What it says. A cancel says nothing: it holds nothing personal, and may be kept when all else is forgotten.
    pub body: Option<Body>,
}

/// What a bulletin says.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// The texts, one a language.
    pub texts: Vec<LanguageText>,
    /// The warning area.
    pub target: Target,
    /// When it ends, in seconds of Unix time.
    pub expires_s: i64,
    /// A picture of the child.
    pub picture: Option<Picture>,
}

/// What a message says of whoever writes it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Outlet<'a> {
    /// The sender in words.
    pub sender_name: Option<&'a str>,
    /// Where the picture of this message can be read; where it is nowhere, the message holds it itself.
    pub picture_uri: Option<&'a str>,
}

/// What the CAP messages of a class say beside their texts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CapWords {
    /// The kinds of event.
    pub categories: Vec<Category>,
    /// What the public should do.
    pub responses: Vec<ResponseType>,
    /// How soon.
    pub urgency: Urgency,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub certainty: Certainty,
    /// The event in words, by language; the name of the class where there are none.
    pub event: BTreeMap<String, String>,
    /// The largest picture that may be shown, in bytes; 0: none may.
    pub picture_bytes_max: usize,
}

impl Default for CapWords {
    fn default() -> Self {
        Self {
            categories: vec![Category::Safety],
            responses: vec![ResponseType::Monitor],
            urgency: Urgency::Immediate,
            severity: Severity::Severe,
            certainty: Certainty::Likely,
            event: BTreeMap::new(),
            picture_bytes_max: 0,
        }
    }
}

impl Profile {
    /// A bulletin of this class as a CAP message of the profile CAP-RS, one info block a language. The same bulletin gives
    /// the same message. What is known of a case is not in it.
    pub fn cap_alert(
        &self,
        bulletin: &Bulletin,
        outlet: Outlet<'_>,
        atlas: &Atlas,
    ) -> Result<Alert<'static>, Error> {
        let references: Vec<String> = bulletin.earlier.iter().map(MessageName::to_string).collect();
        let infos = match &bulletin.body {
            Some(body) => self.infos(body, outlet, atlas)?,
            None => Vec::new(),
        };
        let mut alert = Alert {
            identifier: bulletin.name.identifier.clone().into(),
            sender: bulletin.name.sender.clone().into(),
            sent: bulletin.name.sent()?,
            status: match bulletin.channel {
                Channel::Live => Status::Actual,
                Channel::Exercise => Status::Exercise,
                Channel::Test => Status::Test,
            },
            msg_type: match bulletin.act {
                Act::Alert => MessageType::Alert,
                Act::Update => MessageType::Update,
                Act::Cancel => MessageType::Cancel,
            },
            source: None,
            scope: Scope::Public,
            restriction: None,
            addresses: None,
            codes: Vec::new(),
            note: None,
            references: (!references.is_empty()).then(|| references.join(" ").into()),
            incidents: Some(bulletin.incident.clone().into()),
            infos,
            signatures: 0,
        };
        let eu_level = self.eu_level(bulletin.channel);
        CapRs { alert_class: self.alert_class(), eu_level, policy: self.cap_name() }.mark(&mut alert);
        Ok(alert)
    }

    /// The EU-Alert level of this class on a channel, by its message identifier.
    pub(crate) fn eu_level(&self, channel: Channel) -> EuLevel {
        match (channel, self.message_ids.on(channel)) {
            (Channel::Exercise, _) => EuLevel::Exercise,
            (Channel::Test, _) => EuLevel::Test,
            (_, MessageId::AMBER) => EuLevel::Amber,
            (_, MessageId::LEVEL_4) => EuLevel::Level4,
            (_, MessageId::EU_INFO) => EuLevel::Info,
            (_, MessageId::EXTREME_IMMEDIATE_OBSERVED | MessageId::EXTREME_IMMEDIATE_LIKELY) => {
                EuLevel::Level2
            }
            (_, id) if id <= MessageId::LEVEL_1 => EuLevel::Level1,
            _ => EuLevel::Level3,
        }
    }

    /// The name of this policy in the letters that CAP-RS has for it.
    pub(crate) fn cap_name(&self) -> String {
        let plain = |ch: char| if ch.is_ascii_alphanumeric() { ch.to_ascii_lowercase() } else { '-' };
        self.name.chars().map(plain).take(64).collect()
    }

    fn alert_class(&self) -> AlertClass {
        match self.eu_level(Channel::Live) {
            EuLevel::Amber => AlertClass::MissingChild,
            EuLevel::Info => AlertClass::Information,
            _ => AlertClass::Danger,
        }
    }

    fn infos(&self, body: &Body, outlet: Outlet<'_>, atlas: &Atlas) -> Result<Vec<Info<'static>>, Error> {
        let expires = date_time("/alert/info/expires", body.expires_s)?;
        let place = Ground::of(&body.target, atlas)?;
        let CapWords { categories, responses, urgency, severity, certainty, event, .. } = &self.cap;
        let info = |LanguageText { language, text }: &LanguageText| {
            let language = tongue::to_cap(language, text);
            let events = event.iter().map(|(language, event)| (language.as_str(), event.as_str()));
            let event = tongue::words_in(&language, events).unwrap_or(&self.name).to_owned();
            let area = place.area_in(&language);
            Info {
                language: Some(language.into()),
                categories: categories.clone(),
                event: event.into(),
                response_types: responses.clone(),
                urgency: *urgency,
                severity: *severity,
                certainty: *certainty,
                audience: None,
                event_codes: Vec::new(),
                effective: None,
                onset: None,
                expires: Some(expires),
                sender_name: outlet.sender_name.map(|name| name.to_owned().into()),
                headline: None,
                description: (!text.is_empty()).then(|| text.clone().into()),
                instruction: None,
                web: None,
                contact: None,
                parameters: Vec::new(),
                resources: Vec::new(),
                areas: vec![area],
            }
        };
        if body.texts.is_empty() {
            // A primary notification of ETWS: the event is all there is to say.
            let languages = self.local_languages.iter().take(1);
            let textless =
                languages.map(|language| LanguageText { language: language.clone(), text: String::new() });
            return Ok(textless.map(|text| info(&text)).collect());
        }
        let mut infos: Vec<Info<'static>> = body.texts.iter().map(info).collect();
        if let Some(picture) = &body.picture {
            show(picture, outlet.picture_uri, &mut infos);
        }
        Ok(infos)
    }
}

/// Names a picture in every language. A message that holds it itself does so once, in its first block: a copy for each
/// language would make it several times as long.
fn show(picture: &Picture, uri: Option<&str>, infos: &mut [Info<'static>]) {
    let inside = if uri.is_none() { 1 } else { infos.len() };
    for info in infos.iter_mut().take(inside) {
        let word = tongue::words_in(info.language_tag(), tongue::PHOTOGRAPH.into_iter()).unwrap_or_default();
        info.resources.push(Resource {
            resource_desc: format!("{}: {word}", info.event).into(),
            mime_type: picture.media_type().into(),
            size: Some(picture.octets().len().to_string().into()),
            uri: uri.map(|uri| uri.to_owned().into()),
            deref_uri: uri.is_none().then(|| picture.base64().into()),
            digest: Some(picture.digest().into()),
        });
    }
}

/// A target in the words of CAP.
struct Ground<'t> {
    named: Vec<&'t area::Area>,
    area: cap::Area<'static>,
}

impl<'t> Ground<'t> {
    /// Named areas become geocodes; one whose code the profile cannot say becomes its figure, each ring a polygon.
    fn of(target: &Target, atlas: &'t Atlas) -> Result<Self, Error> {
        let named = target.areas.iter().map(|name| atlas.find(name)).collect::<Result<Vec<_>, _>>()?;
        let mut area = cap::Area {
            area_desc: "".into(),
            polygons: Vec::new(),
            circles: Vec::new(),
            geocodes: Vec::new(),
            altitude: None,
            ceiling: None,
        };
        for known in &named {
            match Place::area(&known.code) {
                Some(place) => area.geocodes.push(place.geocode()),
                None => {
                    let rings = known.polygon.rings().iter();
                    let degrees =
                        |ring: &Vec<area::Point>| ring.iter().map(|point| point.degrees()).collect();
                    area.polygons.extend(rings.map(|ring| polygon(degrees(ring)).into()));
                }
            }
        }
        area.geocodes.extend(target.cells.iter().map(|cell| Place::Cell(&cell_name(cell)).geocode()));
        let drawn = target.polygons.iter();
        area.polygons
            .extend(drawn.map(|ring| polygon(ring.iter().map(|[lat, lon]| (*lat, *lon)).collect()).into()));
        let circles = target.circles.iter();
        area.circles.extend(circles.map(|circle| {
            let centre = cap::Point { lat: circle.lat, lon: circle.lon };
            cap::Circle { centre, radius_km: f64::from(circle.radius_m) / 1000.0 }.to_string().into()
        }));
        Ok(Self { named, area })
    }

    /// The same with its names in a language.
    fn area_in(&self, language: &str) -> cap::Area<'static> {
        let name = |area: &&area::Area| match language {
            "sr-Cyrl-RS" => area.name_cyrl.clone(),
            _ => area.name.clone(),
        };
        let mut names: Vec<String> = self.named.iter().map(name).collect();
        if names.is_empty() {
            let words = tongue::MARKED_AREA.into_iter().chain([("en", "marked area")]);
            names.extend(tongue::words_in(language, words).map(str::to_owned));
        }
        cap::Area { area_desc: names.join(", ").into(), ..self.area.clone() }
    }
}

fn polygon(points: Vec<(f64, f64)>) -> String {
    let points: Vec<String> =
        points.into_iter().map(|(lat, lon)| cap::Point { lat, lon }.to_string()).collect();
    points.join(" ")
}

/// A cell as its geocode names it.
pub(crate) fn cell_name(cell: &CellName) -> String {
    let CellName { operator, rat, lac, cell_id } = cell;
    let lac = lac.map(|lac| lac.to_string()).unwrap_or_default();
    format!("{operator}/{rat}/{lac}/{cell_id}")
}

fn date_time(at: &str, unix_s: i64) -> Result<DateTime, Error> {
    DateTime::new(unix_s, 0).map_err(|_| Error::Cap {
        at: at.to_owned(),
        expected: "a moment of the years 1 to 9999".to_owned(),
        found: format!("{unix_s} s of Unix time"),
    })
}
