//! What a CBC makes of a CAP message: texts, level, area and duration.

use area::{CellName, Circle, Target};
use cap::cap_rs::{CapRs, EuLevel};
use cap::{Document, Info, Level, Limits, MessageType};
use cbs::{Alphabet, Content, DataCodingScheme, MessageId, Pages};

/// A CAP message as a CBC needs it.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) identifier: String,
    /// The identifiers of the earlier messages it is about.
    pub(super) references: Vec<String>,
    /// One message for the local languages, one for each other; none of a cancel.
    pub(super) infos: Vec<Words>,
    pub(super) target: Target,
    /// From when it was sent to its end, in seconds.
    pub(super) lasts_s: u64,
}

/// A message as phones get it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Words {
    pub(super) message_id: MessageId,
    pub(super) dcs: DataCodingScheme,
    pub(super) pages: Pages,
}

impl Reading {
    /// Reads a message, or says why it is refused. A CBC takes only what is sound and has a level that it knows.
    pub(super) fn of(message: &[u8]) -> Result<Self, String> {
        let verdict = cap::check(message, Level::Profile);
        if !verdict.acceptable {
            return Err(verdict.problems.first().map(ToString::to_string).unwrap_or_default());
        }
        let document = Document::decode(message, Limits::DEFAULT).map_err(|problem| problem.to_string())?;
        let alert = document.alert().map_err(|_| "no CAP message".to_owned())?;
        let references =
            alert.references().flatten().map(|reference| reference.identifier.to_owned()).collect();
        let mut reading = Self {
            identifier: alert.identifier.trim().to_owned(),
            references,
            infos: Vec::new(),
            target: Target::default(),
            lasts_s: 0,
        };
        match alert.msg_type {
            MessageType::Cancel => return Ok(reading),
            MessageType::Alert | MessageType::Update => {}
            other => {
                return Err(format!("msgType: expected Alert, Update or Cancel, found {}", other.as_str()));
            }
        }
        let (profile, _) = CapRs::read(&alert).map_err(|_| "no message of CAP-RS".to_owned())?;
        let main = message_id(profile.eu_level);
        let is_local = |info: &&Info<'_>| info.language_tag().starts_with("sr");
        let local: Vec<&str> = alert.infos.iter().filter(is_local).map(text).collect();
        let others = alert.infos.iter().filter(|info| !is_local(info)).map(text);
        let additional = main.additional_language().unwrap_or(main);
        if !local.is_empty() {
            reading.infos.push(Words::new(main, &local.join("\n"))?);
        }
        for text in others {
            reading.infos.push(Words::new(additional, text)?);
        }
        for info in &alert.infos {
            if let Some(expires) = info.expires {
                let lasts_s = u64::try_from(expires.unix_s() - alert.sent.unix_s()).unwrap_or(0);
                reading.lasts_s = reading.lasts_s.max(lasts_s);
            }
            info.areas.iter().for_each(|area| add(&mut reading.target, area));
        }
        Ok(reading)
    }
}

impl Words {
    fn new(message_id: MessageId, text: &str) -> Result<Self, String> {
        let alphabet = Alphabet::cheapest(text);
        let content = Content::new(text, alphabet).map_err(|error| error.to_string())?;
        Ok(Self { message_id, dcs: alphabet.dcs(), pages: content.pages().clone() })
    }
}

fn text<'a>(info: &'a Info<'_>) -> &'a str {
    info.description.as_deref().or(info.headline.as_deref()).unwrap_or(&info.event).trim()
}

fn message_id(level: EuLevel) -> MessageId {
    match level {
        EuLevel::Level1 => MessageId::LEVEL_1,
        EuLevel::Level2 => MessageId::EXTREME_IMMEDIATE_OBSERVED,
        EuLevel::Level3 => MessageId::SEVERE_EXPECTED_LIKELY,
        EuLevel::Level4 => MessageId::LEVEL_4,
        EuLevel::Amber => MessageId::AMBER,
        EuLevel::Info => MessageId::EU_INFO,
        EuLevel::Exercise => MessageId::EXERCISE,
        EuLevel::Test => MessageId::TEST,
    }
}

/// Adds an area of CAP; parts that it cannot read are left out, as a CBC does that knows no such code.
fn add(target: &mut Target, area: &cap::Area<'_>) {
    for geocode in &area.geocodes {
        match geocode.value_name.trim().rsplit(':').next() {
            Some("district" | "municipality" | "region") => {
                let code = geocode.value.trim().to_owned();
                if !target.areas.contains(&code) {
                    target.areas.push(code);
                }
            }
            Some("cell") => target.cells.extend(cell(geocode.value.trim())),
            _ => {}
        }
    }
    let point = |text: &str| {
        let (lat, lon) = text.split_once(',')?;
        Some([lat.parse().ok()?, lon.parse().ok()?])
    };
    for polygon in &area.polygons {
        target.polygons.extend(polygon.split_ascii_whitespace().map(point).collect::<Option<Vec<_>>>());
    }
    for circle in &area.circles {
        let circle = circle.split_once(' ').and_then(|(centre, radius)| {
            let [lat, lon] = point(centre)?;
            let radius_km: f64 = radius.trim().parse().ok()?;
            Some(Circle { lat, lon, radius_m: (radius_km * 1000.0).round() as u32 })
        });
        target.circles.extend(circle);
    }
}

fn cell(name: &str) -> Option<CellName> {
    let [operator, rat, lac, cell_id] = <[&str; 4]>::try_from(name.split('/').collect::<Vec<_>>()).ok()?;
    let lac = if lac.is_empty() { None } else { Some(lac.parse().ok()?) };
    Some(CellName {
        operator: operator.to_owned(),
        rat: rat.parse().ok()?,
        lac,
        cell_id: cell_id.parse().ok()?,
    })
}
