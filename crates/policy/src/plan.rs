//! From texts to the messages that a phone receives.

use cbs::{Alphabet, Content, DataCodingScheme, MessageId, Script, text};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::profile::{Channel, Profile};

/// A text in a language.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageText {
    /// The language tag, for example `sr-Cyrl`.
    pub language: String,
    /// The text.
    pub text: String,
}

/// Which of an alert's messages this is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The one in the local languages.
    Main,
    /// The n-th one in another language, from 0.
    Additional(u8),
}

impl Role {
    /// The identifier of this message where the main one has the identifier `main`.
    pub const fn message_id(self, main: MessageId) -> Option<MessageId> {
        match self {
            Self::Main => Some(main),
            Self::Additional(_) => main.additional_language(),
        }
    }
}

/// A message without its text: the text is personal and lies apart.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Planned {
    /// Which message.
    pub role: Role,
    /// Its languages, in the order of their texts.
    pub languages: Vec<String>,
    /// Its alphabet.
    pub dcs: DataCodingScheme,
    /// Its number of pages; 0 for a primary notification of ETWS, which has no text.
    pub pages: usize,
}

/// What the texts become.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The texts in the chosen scripts, each after normalisation.
    pub texts: Vec<LanguageText>,
    /// The messages.
    pub planned: Vec<Planned>,
    /// Their texts, in the same order.
    pub bodies: Vec<String>,
    /// What normalisation changed, for the author to see: the language, then what and where.
    pub changes: Vec<(String, text::Change)>,
}

impl Profile {
    /// The messages for these texts. Serbian is written in the `scripts`, in their order; where none is chosen, as it
    /// was given. All local languages share the main message, each on lines of its own; any other has its own message.
    /// A class of ETWS has identifiers for one message only: there every language shares it, and no text at all is its
    /// primary notification.
    pub fn plan(&self, texts: &[LanguageText], scripts: &[Script]) -> Result<Plan, Error> {
        if texts.is_empty() && self.is_etws() {
            return Ok(Plan::primary());
        }
        let mut plan = Plan::default();
        for LanguageText { language, text } in in_scripts(texts, scripts)? {
            let normalized = text::normalize(text.trim());
            if normalized.text.is_empty() {
                return Err(Error::TextEmpty { language });
            }
            if plan.texts.iter().any(|known| known.language == language) {
                return Err(Error::LanguageTwice { language });
            }
            plan.changes.extend(normalized.changes.into_iter().map(|change| (language.clone(), change)));
            plan.texts.push(LanguageText { language, text: normalized.text });
        }
        let place =
            |text: &LanguageText| self.local_languages.iter().position(|known| *known == text.language);
        let is_local = |text: &&LanguageText| self.is_etws() || place(text).is_some();
        let mut local: Vec<&LanguageText> = plan.texts.iter().filter(is_local).collect();
        local.sort_by_key(|text| place(text).unwrap_or(usize::MAX));
        if local.is_empty() {
            let expected = self.local_languages.join(", ");
            return Err(Error::NoLocalText { expected, found: languages(texts) });
        }
        let mut messages = vec![(Role::Main, local)];
        for (text, n) in plan.texts.iter().filter(|text| !is_local(text)).zip(0..=u8::MAX) {
            messages.push((Role::Additional(n), vec![text]));
        }
        for (role, parts) in messages {
            let body = parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n");
            let languages: Vec<String> = parts.iter().map(|part| part.language.clone()).collect();
            let (dcs, pages) = self.paginate(&body, &languages)?;
            plan.planned.push(Planned { role, languages, dcs, pages });
            plan.bodies.push(body);
        }
        Ok(plan)
    }

    /// The channel's identifier for a message of an operator's network.
    pub fn message_id_of(&self, role: Role, channel: Channel, operator: &str) -> Option<MessageId> {
        role.message_id(self.message_id(channel, operator))
    }

    fn paginate(&self, body: &str, languages: &[String]) -> Result<(DataCodingScheme, usize), Error> {
        let named = || languages.join(" and ");
        let content = Content::new(body, Alphabet::cheapest(body))
            .map_err(|reason| Error::Text { languages: named(), reason })?;
        let found = content.pages().as_slice().len();
        if found > self.max_pages {
            return Err(Error::TooManyPages { languages: named(), max: self.max_pages, found });
        }
        Ok((Alphabet::cheapest(body).dcs(), found))
    }
}

impl Plan {
    /// One message without a text.
    fn primary() -> Self {
        let dcs = Alphabet::Gsm7.dcs();
        let planned = Planned { role: Role::Main, languages: Vec::new(), dcs, pages: 0 };
        Self { planned: vec![planned], bodies: vec![String::new()], ..Self::default() }
    }
}

impl Planned {
    /// Whether it is a primary notification of ETWS: it has no text, and its identifier says all.
    pub const fn is_primary(&self) -> bool {
        self.pages == 0
    }

    /// The content of this message with its text.
    pub fn content(&self, body: &str) -> Result<Content, cbs::Error> {
        Content::new(body, Alphabet::cheapest(body))
    }
}

/// The Serbian text in each chosen script, at the place where it stood; all others as they are.
fn in_scripts(texts: &[LanguageText], scripts: &[Script]) -> Result<Vec<LanguageText>, Error> {
    if scripts.is_empty() {
        return Ok(texts.to_vec());
    }
    let is_serbian = |text: &LanguageText| matches!(text.language.as_str(), "sr" | "sr-Cyrl" | "sr-Latn");
    let Some(at) = texts.iter().position(is_serbian) else {
        return Err(Error::NoSerbianText { found: languages(texts) });
    };
    let mut all = Vec::with_capacity(texts.len() + scripts.len());
    for (n, text) in texts.iter().enumerate() {
        if n != at {
            all.push(text.clone());
            continue;
        }
        for script in scripts {
            let language = if *script == Script::Cyrillic { "sr-Cyrl" } else { "sr-Latn" };
            all.push(LanguageText { language: language.into(), text: script.apply(&text.text) });
        }
    }
    Ok(all)
}

fn languages(texts: &[LanguageText]) -> String {
    let tags: Vec<&str> = texts.iter().map(|text| text.language.as_str()).collect();
    if tags.is_empty() { "none".into() } else { tags.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::{earthquake, missing_child};

    fn text(language: &str, text: &str) -> LanguageText {
        LanguageText { language: language.into(), text: text.into() }
    }

    #[test]
    fn local_languages_share_the_main_message_and_every_other_has_its_own() {
        let texts = [text("en", "Child missing"), text("sr-Cyrl", "Нестало дете")];
        let plan = missing_child().plan(&texts, &[Script::Cyrillic, Script::Latin]).unwrap();
        assert_eq!(plan.bodies, ["Нестало дете\nNestalo dete", "Child missing"]);
        let roles: Vec<Role> = plan.planned.iter().map(|planned| planned.role).collect();
        assert_eq!(roles, [Role::Main, Role::Additional(0)]);
        let profile = missing_child();
        let id = |role| profile.message_id_of(role, Channel::Live, "mts").unwrap().number();
        assert_eq!(roles.into_iter().map(id).collect::<Vec<_>>(), [4379, 4392]);
    }

    #[test]
    fn a_class_of_etws_has_one_message_and_without_a_text_its_primary_notification() {
        let profile = earthquake();
        let primary = profile.plan(&[], &[]).unwrap();
        assert!(primary.planned.len() == 1 && primary.planned[0].is_primary());
        let texts = [text("en", "Earthquake"), text("sr-Latn", "Zemljotres")];
        let plan = profile.plan(&texts, &[]).unwrap();
        assert_eq!(plan.bodies, ["Zemljotres\nEarthquake"]);
        assert!(!plan.planned[0].is_primary());
        assert!(missing_child().plan(&[], &[]).is_err(), "no other message goes without a text");
    }

    #[test]
    fn nothing_is_transliterated_unless_asked() {
        let plan = missing_child().plan(&[text("sr-Latn", "Nestalo dete, čekamo")], &[]).unwrap();
        assert_eq!(plan.bodies, ["Nestalo dete, čekamo"]);
    }

    #[test]
    fn too_many_pages_say_how_many() {
        let long = "Нестало дете. ".repeat(60);
        let error = missing_child().plan(&[text("sr-Cyrl", &long)], &[]).unwrap_err();
        assert!(matches!(error, Error::Text { .. } | Error::TooManyPages { .. }), "{error}");
        assert!(error.to_string().contains("15"), "{error}");
    }

    #[test]
    fn a_character_that_cannot_be_sent_is_named() {
        let error = missing_child().plan(&[text("sr-Cyrl", "Дете 👧")], &[]).unwrap_err();
        assert!(error.to_string().contains('👧'), "{error}");
    }

    #[test]
    fn a_text_in_no_local_language_is_refused() {
        let error = missing_child().plan(&[text("en", "Child missing")], &[]).unwrap_err();
        assert_eq!(error, Error::NoLocalText { expected: "sr-Cyrl, sr-Latn".into(), found: "en".into() });
    }

    #[test]
    fn what_normalisation_changes_is_told() {
        let plan = missing_child().plan(&[text("sr-Latn", "„Stari grad“")], &[]).unwrap();
        assert_eq!(plan.bodies, ["\"Stari grad\""]);
        assert_eq!(plan.changes.len(), 2);
    }
}
