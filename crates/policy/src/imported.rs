//! A CAP message as what it asks of us. Tolerant of how it is said, strict about what: an unknown class, level, status,
//! type or place is refused, never guessed.

use std::collections::HashSet;

use area::{CellName, Circle, Target};
use cap::cap_rs::{CapRs, Place};
use cap::{Alert, Info, Level, MessageType, Scope, Status};
use serde::{Deserialize, Serialize};

use crate::bulletin::{Act, MessageName, cell_name};
use crate::error::Error;
use crate::picture::Picture;
use crate::plan::LanguageText;
use crate::profile::{Channel, Profile};
use crate::tongue;

/// What a CAP message asks for.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Imported {
    /// What the message is called.
    pub name: MessageName,
    /// What it does.
    pub act: Act,
    /// The channel that its status binds it to.
    pub channel: Channel,
    /// The earlier messages that it is about.
    pub earlier: Vec<MessageName>,
    /// Its class; of a cancel none is asked.
    pub class: Option<String>,
    /// Its texts, one a language.
    pub texts: Vec<LanguageText>,
    /// Its area: all that any of its info blocks names.
    pub target: Target,
    /// Its picture, where it holds one itself: nothing is fetched from where a message says.
    pub picture: Option<Picture>,
    /// When it ends, in seconds of Unix time: the latest of its info blocks, none where one has no end.
    pub expires_s: Option<i64>,
    /// Its note, for a cancel the reason.
    pub note: Option<String>,
}

impl Imported {
    /// The longest sender and identifier, in octets: they are kept as long as the alert is.
    pub const NAME_MAX: usize = 256;

    /// How far a message must be checked before it is read: one that declares CAP-RS is held to it.
    pub fn level(alert: &Alert<'_>) -> Level {
        if tongue::declares_cap_rs(alert) { Level::Profile } else { Level::Rules }
    }

    /// Reads a message that [`cap::check`] has accepted at [`Imported::level`]. `class` is the importer's choice where the message names none of
    /// ours.
    pub fn read(alert: &Alert<'_>, profiles: &[Profile], class: Option<&str>) -> Result<Self, Error> {
        if alert.scope != Scope::Public {
            return Err(wrong("/alert/scope", "Public", alert.scope.as_str()));
        }
        let act = match alert.msg_type {
            MessageType::Alert => Act::Alert,
            MessageType::Update => Act::Update,
            MessageType::Cancel => Act::Cancel,
            other => return Err(wrong("/alert/msgType", "Alert, Update or Cancel", other.as_str())),
        };
        let name = MessageName {
            sender: short("/alert/sender", &alert.sender)?,
            identifier: short("/alert/identifier", &alert.identifier)?,
            sent_s: alert.sent.unix_s(),
        };
        let mut imported = Self {
            name,
            act,
            channel: channel(alert.status),
            earlier: earlier(alert)?,
            class: None,
            texts: Vec::new(),
            target: Target::default(),
            picture: None,
            expires_s: None,
            note: alert.note.as_deref().map(|note| note.trim().to_owned()).filter(|note| !note.is_empty()),
        };
        if act == Act::Cancel {
            return Ok(imported);
        }
        let as_written = tongue::declares_cap_rs(alert);
        if alert.infos.is_empty() {
            return Err(wrong("/alert", "an info block", "none"));
        }
        imported.class = Some(class_of(alert, profiles, class, imported.channel)?);
        let mut seen = HashSet::new();
        for (info, number) in alert.infos.iter().zip(1..) {
            imported.texts.push(text(info, number, as_written)?);
            if imported.picture.is_none() {
                imported.picture = picture(info);
            }
            for (area, of) in info.areas.iter().zip(1..) {
                add(&mut imported.target, &mut seen, area, &format!("/alert/info[{number}]/area[{of}]"))?;
            }
        }
        let ends: Option<Vec<i64>> =
            alert.infos.iter().map(|info| info.expires.map(cap::DateTime::unix_s)).collect();
        imported.expires_s = ends.and_then(|ends| ends.into_iter().max());
        Ok(imported)
    }
}

/// Nothing but *Actual* may ever ring a phone as a real warning. *System* and *Draft* are no exercise that people were told
/// of, so they are tests.
const fn channel(status: Status) -> Channel {
    match status {
        Status::Actual => Channel::Live,
        Status::Exercise => Channel::Exercise,
        Status::Test | Status::System | Status::Draft => Channel::Test,
    }
}

fn earlier(alert: &Alert<'_>) -> Result<Vec<MessageName>, Error> {
    let at = "/alert/references";
    let named = alert.references().map(|reference| {
        let reference = reference.map_err(|found| wrong(at, "sender,identifier,sent", found))?;
        Ok(MessageName {
            sender: reference.sender.to_owned(),
            identifier: reference.identifier.to_owned(),
            sent_s: reference.sent.unix_s(),
        })
    });
    named.collect()
}

/// The class: the importer's choice, that of CAP-RS, or the missing-child class for the event code of a child abduction.
fn class_of(
    alert: &Alert<'_>,
    profiles: &[Profile],
    chosen: Option<&str>,
    channel: Channel,
) -> Result<String, Error> {
    let names = || profiles.iter().map(Profile::cap_name).collect::<Vec<_>>().join(", ");
    let named = if tongue::declares_cap_rs(alert) {
        let said = CapRs::read(alert).map_err(|problems| {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            wrong("/alert", "a message of CAP-RS", &first)
        })?;
        Some(said.0)
    } else {
        None
    };
    let profile = match (chosen, &named) {
        (Some(class), _) => profiles.iter().find(|profile| profile.name == class),
        (None, Some(named)) => profiles.iter().find(|profile| profile.cap_name() == named.policy),
        (None, None) if is_child_abduction(alert) => {
            profiles.iter().find(|profile| profile.eu_level(Channel::Live) == cap::cap_rs::EuLevel::Amber)
        }
        (None, None) => None,
    };
    let Some(profile) = profile else {
        let found = chosen.or(named.as_ref().map(|named| named.policy.as_str())).unwrap_or("none");
        return Err(wrong("/alert/info/parameter", &format!("a policy of ours ({})", names()), found));
    };
    if let Some(named) = named
        && alert.status != Status::Draft
        && named.eu_level != profile.eu_level(channel)
    {
        let expected = format!("level {} of {}", profile.eu_level(channel).as_str(), profile.name);
        return Err(wrong("/alert/info/parameter", &expected, named.eu_level.as_str()));
    }
    Ok(profile.name.clone())
}

fn is_child_abduction(alert: &Alert<'_>) -> bool {
    let mut codes = alert.infos.iter().flat_map(|info| &info.event_codes);
    codes.any(|code| code.value_name.trim() == "SAME" && code.value.trim() == "CAE")
}

/// The description, or the instruction where there is none. Outside CAP-RS lines are broken where an editor ended them, so
/// white space is one blank there.
fn text(info: &Info<'_>, number: usize, as_written: bool) -> Result<LanguageText, Error> {
    let texts = [&info.description, &info.instruction];
    let found = texts.into_iter().filter_map(|text| text.as_deref()).find(|text| !text.trim().is_empty());
    let Some(found) = found else {
        return Err(wrong(&format!("/alert/info[{number}]"), "a description or an instruction", "neither"));
    };
    let text = match as_written {
        true => found.trim().to_owned(),
        false => found.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    Ok(LanguageText { language: tongue::from_cap(info.language_tag(), &text), text })
}

/// The first picture that an info block holds itself. One that is damaged or too large is left out, as are resources of
/// other kinds: no alert is held up for them.
fn picture(info: &Info<'_>) -> Option<Picture> {
    info.resources.iter().find_map(|resource| {
        let file = Picture::file_of(resource.deref_uri.as_deref()?).ok()?;
        let said = resource.digest.as_deref().map(str::trim).filter(|digest| !digest.is_empty());
        // The digest is that of the file as it came, before anything in it is left out.
        let is_whole = said.is_none_or(|said| said.eq_ignore_ascii_case(&Picture::digest_of(&file)));
        Picture::read(&file).ok().filter(|_| is_whole)
    })
}

/// Joins one area to the target; what another info block has said already is said once.
fn add(target: &mut Target, seen: &mut HashSet<String>, area: &cap::Area<'_>, at: &str) -> Result<(), Error> {
    let mut placed = false;
    for geocode in &area.geocodes {
        let at = format!("{at}/geocode");
        match Place::of(geocode) {
            Some(Place::Cell(name)) => {
                let expected = "a cell, operator/technology/location area/cell";
                let cell = cell(name).ok_or_else(|| wrong(&at, expected, name))?;
                if seen.insert(cell_name(&cell)) {
                    target.cells.push(cell);
                }
            }
            Some(Place::District(code) | Place::Municipality(code) | Place::Region(code)) => {
                if Place::area(code).is_none() {
                    return Err(wrong(&at, "a code of CAP-RS", code));
                }
                if seen.insert(code.to_owned()) {
                    target.areas.push(code.to_owned());
                }
            }
            None => continue,
        }
        placed = true;
    }
    for text in shapes(&area.polygons) {
        let polygon: cap::Polygon = text
            .parse()
            .map_err(|error: cap::ShapeError| wrong(&format!("{at}/polygon"), "a polygon", &error))?;
        if seen.insert(polygon.to_string()) {
            target.polygons.push(polygon.points().iter().map(|point| [point.lat, point.lon]).collect());
        }
        placed = true;
    }
    for text in shapes(&area.circles) {
        let circle: cap::Circle = text
            .parse()
            .map_err(|error: cap::ShapeError| wrong(&format!("{at}/circle"), "a circle", &error))?;
        // A circle of no radius is a point (CAP 1.2 §3.2.4): the least that an area can be. `as` saturates.
        let radius_m = ((circle.radius_km * 1000.0).round() as u32).max(1);
        let cap::Point { lat, lon } = circle.centre;
        if seen.insert(format!("{lat},{lon} {radius_m}")) {
            target.circles.push(Circle { lat, lon, radius_m });
        }
        placed = true;
    }
    if placed {
        Ok(())
    } else {
        Err(wrong(at, "a geocode of CAP-RS, a polygon or a circle", &area.area_desc))
    }
}

/// The shapes that are there: some senders leave empty elements.
fn shapes<'a>(texts: &'a [cap::Text<'_>]) -> impl Iterator<Item = &'a str> {
    texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn cell(name: &str) -> Option<CellName> {
    let mut parts = name.split('/');
    let (operator, rat, lac, cell_id) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lac = if lac.is_empty() { None } else { Some(lac.parse().ok()?) };
    Some(CellName {
        operator: operator.to_owned(),
        rat: rat.parse().ok()?,
        lac,
        cell_id: cell_id.parse().ok()?,
    })
}

fn short(at: &str, value: &str) -> Result<String, Error> {
    let value = value.trim();
    if value.len() <= Imported::NAME_MAX {
        return Ok(value.to_owned());
    }
    Err(wrong(at, &format!("at most {} octets", Imported::NAME_MAX), &format!("{} octets", value.len())))
}

fn wrong(at: &str, expected: &str, found: &(impl ToString + ?Sized)) -> Error {
    let found = found.to_string().chars().take(120).collect();
    Error::Cap { at: at.to_owned(), expected: expected.to_owned(), found }
}
