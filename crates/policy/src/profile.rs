//! An activation profile: the rules of one class of alerts.

use std::collections::BTreeMap;
use std::fmt;

use cbs::{MessageId, RepetitionPeriod};
use serde::{Deserialize, Serialize};

use crate::bulletin::CapWords;
use crate::case::Fact;
use crate::error::Error;
use crate::media::{self, MediaRate};
use crate::picture::Picture;

/// What kind of broadcast an alert is, chosen when it is drafted; nothing crosses from one to another.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A real warning.
    Live,
    /// An exercise: only phones that opted in show it.
    Exercise,
    /// A test of the way to the phones.
    Test,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Exercise => "exercise",
            Self::Test => "test",
        })
    }
}

/// The main message identifier of a class on each channel. Its twin for additional languages follows from it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MessageIds {
    /// For real warnings.
    pub live: MessageId,
    /// For exercises.
    pub exercise: MessageId,
    /// For tests.
    pub test: MessageId,
}

impl MessageIds {
    /// The identifier on a channel.
    pub const fn on(&self, channel: Channel) -> MessageId {
        match channel {
            Channel::Live => self.live,
            Channel::Exercise => self.exercise,
            Channel::Test => self.test,
        }
    }
}

/// The rules of one class of alerts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The class, for example `missing-child`.
    pub name: String,
    /// Its message identifiers.
    pub message_ids: MessageIds,
    /// Other identifiers for single operators, by the operator's name: a class may ride another level there.
    #[serde(default)]
    pub message_ids_by_operator: BTreeMap<String, MessageIds>,
    /// The languages that share the main message, in the order in which they stand in it.
    pub local_languages: Vec<String>,
    /// From one broadcast to the next, in seconds.
    pub repetition_period_s: u32,
    /// How long an alert lives when nothing else is said, in seconds.
    pub duration_default_s: u32,
    /// The longest life, in seconds.
    pub duration_max_s: u32,
    /// Broadcast until stopped, in place of the finite count that ends at expiry. A dead link then leaves it on the air.
    #[serde(default)]
    pub until_stopped: bool,
    /// The most pages of one message.
    #[serde(default = "fifteen")]
    pub max_pages: usize,
    /// The oldest child, in years.
    #[serde(default)]
    pub max_age_years: Option<u8>,
    /// The facts that must all be established.
    #[serde(default)]
    pub require: Vec<Fact>,
    /// Facts of which one must be established.
    #[serde(default)]
    pub any_of: Vec<Fact>,
    /// What a CAP message of this class says beside its texts.
    #[serde(default)]
    pub cap: CapWords,
    /// How often other media show it: one rate after the other, counted from its first approval.
    #[serde(default)]
    pub media: Vec<MediaRate>,
}

const fn fifteen() -> usize {
    15
}

impl Profile {
    /// The shortest life of an alert, in seconds.
    pub const DURATION_MIN_S: u32 = 60;

    /// Refuses what could not work, or could cross channels.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |key, expected: &str, found: String| {
            Err(Error::Profile { profile: self.name.clone(), key, expected: expected.into(), found })
        };
        if self.local_languages.is_empty() {
            return wrong("local_languages", "at least one language tag", "none".into());
        }
        if RepetitionPeriod::from_ms(self.repetition_period_s.saturating_mul(1000)).is_err() {
            return wrong("repetition_period_s", "1 to 131071", self.repetition_period_s.to_string());
        }
        if self.duration_max_s < Self::DURATION_MIN_S {
            return wrong("duration_max_s", "at least 60", self.duration_max_s.to_string());
        }
        if !(Self::DURATION_MIN_S..=self.duration_max_s).contains(&self.duration_default_s) {
            return wrong("duration_default_s", "60 to duration_max_s", self.duration_default_s.to_string());
        }
        if !(1..=15).contains(&self.max_pages) {
            return wrong("max_pages", "1 to 15", self.max_pages.to_string());
        }
        media::check(&self.media).or_else(|(expected, found)| wrong("media", expected, found))?;
        if self.cap.categories.is_empty() {
            return wrong("cap.categories", "at least one category of CAP", "none".into());
        }
        let (found, max) = (self.cap.picture_bytes_max, Picture::BYTES_MAX);
        if found > max {
            return wrong("cap.picture_bytes_max", &format!("0 to {max}"), found.to_string());
        }
        let all = std::iter::once(&self.message_ids).chain(self.message_ids_by_operator.values());
        for ids in all {
            for channel in [Channel::Live, Channel::Exercise, Channel::Test] {
                self.belongs(ids.on(channel), channel)?;
            }
        }
        Ok(())
    }

    /// The repetition period.
    pub fn period(&self) -> Result<RepetitionPeriod, cbs::Error> {
        RepetitionPeriod::from_ms(self.repetition_period_s.saturating_mul(1000))
    }

    /// Whether alerts of this class may show a picture.
    pub fn may_show(&self, picture: &Picture) -> Result<(), Error> {
        let (found, max) = (picture.octets().len(), self.cap.picture_bytes_max);
        if found <= max {
            return Ok(());
        }
        let expected = match max {
            0 => format!("none, since the policy {:?} allows none", self.name),
            max => format!("at most {max} bytes"),
        };
        Err(Error::Picture { expected, found: format!("one of {found} bytes") })
    }

    /// The main identifier on a channel in an operator's network.
    pub fn message_id(&self, channel: Channel, operator: &str) -> MessageId {
        self.message_ids_by_operator.get(operator).unwrap_or(&self.message_ids).on(channel)
    }

    /// Whether its messages are of the earthquake and tsunami system.
    pub const fn is_etws(&self) -> bool {
        self.message_ids.live.is_etws()
    }

    /// ETWS has no identifiers for exercises and for further languages: its exercises are tests.
    fn belongs(&self, found: MessageId, channel: Channel) -> Result<(), Error> {
        let belongs = match channel {
            Channel::Live => found.is_live(),
            Channel::Exercise => found.is_exercise() || found == MessageId::ETWS_TEST,
            Channel::Test => found.is_test(),
        };
        let is_whole = if self.is_etws() { found.is_etws() } else { found.additional_language().is_some() };
        if belongs && is_whole {
            return Ok(());
        }
        Err(Error::WrongChannel {
            profile: self.name.clone(),
            channel,
            found,
            name: found.name().unwrap_or("no public warning identifier with a twin for more languages"),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A class of the earthquake and tsunami system.
    pub(crate) fn earthquake() -> Profile {
        let (live, test) = (MessageId::ETWS_EARTHQUAKE, MessageId::ETWS_TEST);
        let message_ids = MessageIds { live, exercise: test, test };
        Profile { name: "earthquake".into(), message_ids, ..missing_child() }
    }

    #[test]
    fn a_class_of_etws_has_identifiers_of_etws_alone() {
        assert_eq!(earthquake().check(), Ok(()));
        let ids = earthquake().message_ids;
        for message_ids in [
            MessageIds { exercise: MessageId::EXERCISE, ..ids },
            MessageIds { test: MessageId::TEST, ..ids },
            MessageIds { live: MessageId::ETWS_TEST, ..ids },
            MessageIds { live: MessageId::AMBER, ..ids },
        ] {
            let profile = Profile { message_ids, ..earthquake() };
            assert!(matches!(profile.check(), Err(Error::WrongChannel { .. })), "{message_ids:?}");
        }
    }

    pub(crate) fn missing_child() -> Profile {
        Profile {
            name: "missing-child".into(),
            message_ids: MessageIds {
                live: MessageId::AMBER,
                exercise: MessageId::EXERCISE,
                test: MessageId::TEST,
            },
            message_ids_by_operator: BTreeMap::new(),
            local_languages: vec!["sr-Cyrl".into(), "sr-Latn".into()],
            repetition_period_s: 60,
            duration_default_s: 3600,
            duration_max_s: 172_800,
            until_stopped: false,
            max_pages: 15,
            max_age_years: Some(17),
            require: vec![Fact::SufficientInformation],
            any_of: vec![Fact::AbductionPresumed, Fact::ImminentDanger],
            cap: CapWords::default(),
            media: Vec::new(),
        }
    }

    #[test]
    fn no_identifier_crosses_channels() {
        missing_child().check().unwrap();
        let mut crossed = missing_child();
        crossed.message_ids.exercise = MessageId::AMBER;
        assert!(matches!(crossed.check(), Err(Error::WrongChannel { channel: Channel::Exercise, .. })));
        let mut crossed = missing_child();
        crossed
            .message_ids_by_operator
            .insert("mts".into(), MessageIds { live: MessageId::TEST, ..crossed.message_ids });
        assert!(matches!(crossed.check(), Err(Error::WrongChannel { channel: Channel::Live, .. })));
    }

    #[test]
    fn a_case_is_told_what_it_lacks() {
        let mut case = crate::Case { age_years: Some(18), ..crate::Case::default() };
        let lacking = missing_child().may_activate(&case).unwrap_err().to_string();
        for word in ["at most 17", "found 18", "sufficient information", "imminent danger"] {
            assert!(lacking.contains(word), "{lacking}");
        }
        case.age_years = Some(7);
        case.facts = [Fact::SufficientInformation, Fact::ImminentDanger].into();
        assert_eq!(missing_child().may_activate(&case), Ok(()));
    }
}
