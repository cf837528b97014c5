//! CAP-RS, the profile of `docs/cap-rs.md`: which class of alert, at which EU-Alert level, under which policy, in which
//! script, for which districts and municipalities. Reading is tolerant and says what it forgave; writing is not.

use std::borrow::Cow;

use serde::Serialize;

use crate::alert::{Alert, Info, MessageType, NamedValue, Status};
use crate::problem::{Code, Problem};
use crate::xml::is_blank;

/// What a message of the profile says beyond CAP.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CapRs {
    /// What kind of alert it is.
    pub alert_class: AlertClass,
    /// How phones shall present it.
    pub eu_level: EuLevel,
    /// The activation policy it was approved under: `[a-z0-9-]{1,64}`.
    pub policy: String,
}

/// What kind of alert a message is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertClass {
    /// Danger to life or health.
    Danger,
    /// Information for the public.
    Information,
    /// A missing child.
    MissingChild,
}

/// The EU-Alert level (ETSI TS 102 900).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EuLevel {
    /// EU-Alert Level 1: phones cannot opt out.
    #[serde(rename = "1")]
    Level1,
    /// EU-Alert Level 2.
    #[serde(rename = "2")]
    Level2,
    /// EU-Alert Level 3.
    #[serde(rename = "3")]
    Level3,
    /// EU-Alert Level 4.
    #[serde(rename = "4")]
    Level4,
    /// EU-Amber.
    Amber,
    /// EU-Info.
    Info,
    /// EU-Exercise.
    Exercise,
    /// EU-Test.
    Test,
}

/// The name of the profile, as a `code`, and the prefix of its value names.
pub const PROFILE: &str = "urn:oasis:names:tc:emergency:cap:1.2:profile:cap-rs:1.0";

const ALERT_CLASS: &str = "alert-class";
const EU_LEVEL: &str = "eu-level";
const POLICY: &str = "policy";
const DISTRICT: &str = "district";
const MUNICIPALITY: &str = "municipality";
const REGION: &str = "region";
const CELL: &str = "cell";
const OWN_NAMES: [&str; 7] = [ALERT_CLASS, EU_LEVEL, POLICY, DISTRICT, MUNICIPALITY, REGION, CELL];

impl AlertClass {
    const ALL: [Self; 3] = [Self::Danger, Self::Information, Self::MissingChild];

    /// The word of the profile.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Information => "information",
            Self::MissingChild => "missing-child",
        }
    }
}

impl EuLevel {
    /// Each level with its word, and the words that are forgiven: those of Luxembourg's profile among them.
    const WORDS: [(Self, &'static str, &'static [&'static str]); 8] = [
        (Self::Level1, "1", &["n1", "l1", "d", "level-1", "eu-alert-1"]),
        (Self::Level2, "2", &["n2", "l2", "level-2", "eu-alert-2"]),
        (Self::Level3, "3", &["n3", "l3", "level-3", "eu-alert-3"]),
        (Self::Level4, "4", &["n4", "l4", "level-4", "eu-alert-4"]),
        (Self::Amber, "amber", &["a", "eu-amber"]),
        (Self::Info, "info", &["i", "eu-info"]),
        (Self::Exercise, "exercise", &["e", "eu-exercise"]),
        (Self::Test, "test", &["t", "eu-test"]),
    ];

    /// The word of the profile.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(level, ..)| *level == self).map_or("", |(_, word, _)| word)
    }

    /// Whether a class may go out at this level, given the status of the message. An exercise is never live, and no class
    /// takes another's level.
    fn suits(self, class: AlertClass, status: Status) -> bool {
        match (status, self) {
            (Status::Exercise, level) => level == Self::Exercise,
            (Status::Test | Status::System, level) => level == Self::Test,
            (_, Self::Exercise | Self::Test) => false,
            (_, Self::Amber) => class == AlertClass::MissingChild,
            (_, Self::Info) => class == AlertClass::Information,
            (_, Self::Level4) => class != AlertClass::MissingChild,
            (_, _) => class == AlertClass::Danger,
        }
    }
}

/// A place that a geocode of the profile names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place<'a> {
    /// A district: its ISO 3166-2 code, `RS-00` to `RS-29`.
    District(&'a str),
    /// A municipality: its five digits in the register of spatial units.
    Municipality(&'a str),
    /// The country or a province: `RS`, or `RS-` and two or three letters.
    Region(&'a str),
    /// A single cell: `operator/technology/location area/cell`, the third empty on 4G and 5G.
    Cell(&'a str),
}

impl<'a> Place<'a> {
    /// The named area of this code; `None` where the profile has no code of that form.
    pub fn area(code: &'a str) -> Option<Self> {
        match code {
            _ if is_district(code) => Some(Self::District(code)),
            _ if is_municipality(code) => Some(Self::Municipality(code)),
            _ if is_region(code) => Some(Self::Region(code)),
            _ => None,
        }
    }

    /// What a geocode names, if it is one of the profile.
    pub fn of(geocode: &'a NamedValue<'_>) -> Option<Self> {
        let value = geocode.value.trim();
        match own_name(&geocode.value_name)? {
            DISTRICT => Some(Self::District(value)),
            MUNICIPALITY => Some(Self::Municipality(value)),
            REGION => Some(Self::Region(value)),
            CELL => Some(Self::Cell(value)),
            _ => None,
        }
    }

    /// It as a geocode.
    pub fn geocode(self) -> NamedValue<'static> {
        let (name, value) = match self {
            Self::District(code) => (DISTRICT, code),
            Self::Municipality(code) => (MUNICIPALITY, code),
            Self::Region(code) => (REGION, code),
            Self::Cell(cell) => (CELL, cell),
        };
        NamedValue::new(format!("{PROFILE}:{name}"), value.to_owned())
    }
}

impl CapRs {
    /// What a message says of itself, with what had to be forgiven; or why it is not of the profile.
    pub fn read(alert: &Alert<'_>) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let mut problems = Vec::new();
        let values = values(alert, &mut problems);
        match values {
            Some(values) if problems.iter().all(|it| it.severity == crate::ProblemSeverity::Warning) => {
                Ok((values, problems))
            }
            _ => Err(problems),
        }
    }

    /// Declares the profile in a message, and says these values in each of its info blocks.
    pub fn mark(&self, alert: &mut Alert<'_>) {
        if !alert.codes.iter().any(|code| code == PROFILE) {
            alert.codes.push(Cow::Borrowed(PROFILE));
        }
        for info in &mut alert.infos {
            info.parameters.retain(|parameter| own_name(&parameter.value_name).is_none());
            for (name, value) in [
                (ALERT_CLASS, self.alert_class.as_str()),
                (EU_LEVEL, self.eu_level.as_str()),
                (POLICY, self.policy.as_str()),
            ] {
                info.parameters.push(NamedValue::new(format!("{PROFILE}:{name}"), value.to_owned()));
            }
        }
    }
}

/// Holds a message against the profile.
pub(crate) fn profile(alert: &Alert<'_>, problems: &mut Vec<Problem>) {
    declared(alert, problems);
    // A Cancel without info block says all it must by its references.
    if alert.msg_type == MessageType::Cancel && alert.infos.is_empty() {
        return;
    }
    values(alert, problems);
    for (index, info) in alert.infos.iter().enumerate() {
        let at = format!("/alert/info[{}]", index + 1);
        script(info, &at, problems);
        area_codes(info, &at, problems);
        if info.expires.is_none() {
            let expected = "the end of the alert";
            problems.push(Problem::error(Code::MissingElement, format!("{at}/expires"), expected, "none"));
        }
    }
}

fn declared(alert: &Alert<'_>, problems: &mut Vec<Problem>) {
    if alert.codes.iter().any(|code| code == PROFILE) {
        return;
    }
    let similar = alert.codes.iter().find(|code| code.to_ascii_lowercase().contains("cap-rs"));
    problems.push(match similar {
        Some(similar) => Problem::warning(Code::ProfileNotDeclared, "/alert/code", PROFILE, similar),
        None => Problem::error(Code::ProfileNotDeclared, "/alert/code", PROFILE, "none"),
    });
}

/// Class, level and policy: the same in each info block.
fn values(alert: &Alert<'_>, problems: &mut Vec<Problem>) -> Option<CapRs> {
    let mut first: Option<CapRs> = None;
    for (index, info) in alert.infos.iter().enumerate() {
        let at = format!("/alert/info[{}]", index + 1);
        let Some(values) = info_values(info, &at, problems) else { continue };
        if !values.eu_level.suits(values.alert_class, alert.status) {
            let expected = format!(
                "a level of class {} in status {}",
                values.alert_class.as_str(),
                alert.status.as_str()
            );
            problems.push(Problem::error(
                Code::EuLevel,
                format!("{at}/parameter"),
                expected,
                values.eu_level.as_str(),
            ));
        }
        match &first {
            Some(first) if *first != values => {
                let expected = format!("as in the first info block: {first:?}");
                problems.push(Problem::error(Code::InfoBlocksDiffer, at, expected, format!("{values:?}")));
            }
            Some(_) => {}
            None => first = Some(values),
        }
    }
    first
}

fn info_values(info: &Info<'_>, at: &str, problems: &mut Vec<Problem>) -> Option<CapRs> {
    let class_word = parameter(info, ALERT_CLASS, Code::AlertClass, at, problems);
    let level_word = parameter(info, EU_LEVEL, Code::EuLevel, at, problems);
    let policy = parameter(info, POLICY, Code::Policy, at, problems);

    let classes = AlertClass::ALL.map(|class| (class, class.as_str(), &[][..]));
    let alert_class = class_word.and_then(|word| known(word, &classes, Code::AlertClass, at, problems));
    let eu_level = level_word.and_then(|word| known(word, &EuLevel::WORDS, Code::EuLevel, at, problems));
    let policy = policy.filter(|policy| {
        let valid = (1..=64).contains(&policy.len())
            && policy.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !valid {
            let at = format!("{at}/parameter");
            problems.push(Problem::error(Code::Policy, at, "a policy name of a-z, 0-9 and -", policy));
        }
        valid
    });
    Some(CapRs { alert_class: alert_class?, eu_level: eu_level?, policy: policy?.to_owned() })
}

/// The value of a parameter of the profile, under its name or one that can be taken for it.
fn parameter<'i>(
    info: &'i Info<'_>,
    name: &'static str,
    code: Code,
    at: &str,
    problems: &mut Vec<Problem>,
) -> Option<&'i str> {
    let expected = || format!("{PROFILE}:{name}");
    let found = info.parameters.iter().find(|parameter| own_name(&parameter.value_name) == Some(name));
    let Some(found) = found else {
        problems.push(Problem::error(code, format!("{at}/parameter"), expected(), "none"));
        return None;
    };
    if found.value_name != expected() {
        problems.push(Problem::warning(code, format!("{at}/parameter"), expected(), &*found.value_name));
    }
    Some(&found.value)
}

/// Which of the profile's names a value name is, or can be taken for: in another case or spelling, of another minor version, or
/// Luxembourg's name for the level.
fn own_name(value_name: &str) -> Option<&'static str> {
    let name = value_name.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    let (system, last) = name.rsplit_once(':')?;
    match last {
        "cb-eu-level" => Some(EU_LEVEL),
        _ if !system.contains("cap-rs") => None,
        _ => OWN_NAMES.into_iter().find(|own| *own == last),
    }
}

fn known<T: Copy>(
    found: &str,
    words: &[(T, &'static str, &[&str])],
    code: Code,
    at: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let at = || format!("{at}/parameter");
    if let Some((value, ..)) = words.iter().find(|(_, word, _)| *word == found) {
        return Some(*value);
    }
    let plain = found.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    match words.iter().find(|(_, word, forgiven)| *word == plain || forgiven.contains(&plain.as_str())) {
        Some((value, word, _)) => {
            problems.push(Problem::warning(code, at(), *word, found));
            Some(*value)
        }
        None => {
            let all: Vec<_> = words.iter().map(|(_, word, _)| *word).collect();
            problems.push(Problem::error(code, at(), format!("one of {}", all.join(", ")), found));
            None
        }
    }
}

/// Serbian is tagged with its script, and written in it.
fn script(info: &Info<'_>, at: &str, problems: &mut Vec<Problem>) {
    let tag = info.language_tag();
    let mut subtags = tag.split('-').map(str::to_ascii_lowercase);
    if subtags.next().as_deref() != Some("sr") {
        return;
    }
    let cyrillic = |ch: char| matches!(ch, '\u{400}'..='\u{4ff}');
    let texts =
        [Some(&info.event), info.headline.as_ref(), info.description.as_ref(), info.instruction.as_ref()];
    let letters =
        || texts.into_iter().flatten().flat_map(|text| text.chars()).filter(|ch| ch.is_alphabetic());
    let written_in_cyrillic = letters().filter(|&ch| cyrillic(ch)).count() * 2 > letters().count();
    let written = if written_in_cyrillic { "cyrl" } else { "latn" };
    let at = format!("{at}/language");
    match subtags.next().filter(|subtag| subtag.len() == 4) {
        Some(tagged) if tagged == written => {}
        Some(_) => {
            let expected = format!("the script the text is written in, {written}");
            problems.push(Problem::error(Code::Script, at, expected, tag));
        }
        None => problems.push(Problem::warning(Code::Script, at, "sr-Cyrl-RS or sr-Latn-RS", tag)),
    }
}

/// Geocodes of the profile are codes that exist; each area has one, or a shape.
fn area_codes(info: &Info<'_>, at: &str, problems: &mut Vec<Problem>) {
    for (area_index, area) in info.areas.iter().enumerate() {
        let at = format!("{at}/area[{}]", area_index + 1);
        let mut coded = false;
        for (index, geocode) in area.geocodes.iter().enumerate() {
            let (known, expected) = match Place::of(geocode) {
                Some(Place::District(code)) => (is_district(code), "a district, RS-00 to RS-29"),
                Some(Place::Municipality(code)) => (is_municipality(code), "a municipality, five digits"),
                Some(Place::Region(code)) => (is_region(code), "a region, RS or RS- and letters"),
                Some(Place::Cell(cell)) => (is_cell(cell), "a cell, operator/technology/location area/cell"),
                None => continue,
            };
            coded = true;
            if !known {
                let at = format!("{at}/geocode[{}]", index + 1);
                problems.push(Problem::error(Code::AreaCode, at, expected, &*geocode.value));
            }
        }
        let shaped = area.polygons.iter().chain(&area.circles).any(|shape| !is_blank(shape));
        if !coded && !shaped {
            let expected = "a geocode of the profile, a polygon or a circle";
            problems.push(Problem::error(Code::AreaWithoutPlace, at, expected, &*area.area_desc));
        }
    }
    if info.areas.is_empty() {
        problems.push(Problem::error(Code::AreaWithoutPlace, at, "an area", "none"));
    }
}

fn is_district(value: &str) -> bool {
    value
        .strip_prefix("RS-")
        .is_some_and(|number| number.len() == 2 && matches!(number.parse::<u8>(), Ok(0..=29)))
}

fn is_municipality(value: &str) -> bool {
    value.len() == 5 && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_region(value: &str) -> bool {
    let letters = |letters: &str| {
        matches!(letters.len(), 2 | 3) && letters.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    value
        .strip_prefix("RS")
        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(letters))
}

fn is_cell(value: &str) -> bool {
    let mut parts = value.split('/');
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let [operator, technology, location, cell, end] = [(); 5].map(|()| parts.next());
    operator.is_some_and(|operator| !operator.is_empty())
        && matches!(technology, Some("gsm" | "umts" | "lte" | "nr"))
        && location.is_some_and(number)
        && cell.is_some_and(|cell| !cell.is_empty() && number(cell))
        && end.is_none()
}
