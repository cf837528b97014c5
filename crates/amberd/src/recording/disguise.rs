//! What is personal, replaced by something of the same size that leads to the same decisions: letters by other letters of
//! the same alphabet, digits by other digits; a case by one that satisfies its policy or by none; names and keys by
//! digests. The secret that all of them rest on is forgotten with the daemon: the same text is replaced by the same
//! within a recording, and in each recording by another.
//!
//! Three things may come out otherwise, and a replay then says where it differs: Cyrillic made of a text in which lj, nj or dž
//! is two letters; a text whose letters came apart from their marks; and a text that was on the air before the recording
//! began and is given again in another script.

use cbs::{Alphabet, text};
use engine::command::{Actor, Command, Wording};
use engine::{Alert, AlertId, Engine, Import, Personal, Private, Snapshot};
use policy::{Case, LanguageText, Picture, Profile};
use sha2::{Digest as _, Sha256};

/// A secret of one recording.
pub(crate) struct Disguise {
    secret: [u8; 32],
}

impl Disguise {
    pub(crate) fn new() -> std::io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self { secret })
    }

    /// A person under another name.
    pub(crate) fn actor(&self, actor: &Actor) -> Actor {
        Actor { name: self.name(&actor.name), ..actor.clone() }
    }

    /// An idempotency key.
    pub(crate) fn key(&self, key: &str) -> String {
        format!("key-{}", self.digest("key", key))
    }

    /// A command on an alert of this engine.
    pub(crate) fn command(&self, command: &Command, engine: &Engine) -> Command {
        let mut command = command.clone();
        match &mut command {
            Command::Draft { class, wording, .. } => {
                self.wording(wording, profile(&engine.setup().profiles, class));
            }
            Command::Revise { alert, wording } => self.wording(wording, profile_of(engine, *alert)),
            Command::Update { change, .. } => {
                change.texts.iter_mut().flatten().for_each(|text| self.language_text(text));
                change.picture = change.picture.as_ref().map(|picture| picture.as_ref().map(blank));
            }
            Command::Return { reason, .. }
            | Command::Reject { reason, .. }
            | Command::Cancel { reason, .. }
            | Command::StopAll { reason } => reason.clear(),
            Command::Submit { .. } | Command::Approve { .. } => {}
        }
        command
    }

    /// A CAP message. What it is called stays: others refer to it by that.
    pub(crate) fn import(&self, import: &Import, engine: &Engine) -> Import {
        let mut import = import.clone();
        let class = import.message.class.as_deref().unwrap_or_default();
        let profile = profile(&engine.setup().profiles, class);
        import.message.texts.iter_mut().for_each(|text| self.language_text(text));
        import.message.note = None;
        import.message.picture = import.message.picture.as_ref().map(blank);
        import.signed_by = None;
        import.case = import.case.map(|known| case(&known, profile));
        import
    }

    /// A state before the start.
    pub(crate) fn state(&self, state: &mut Snapshot, profiles: &[Profile]) {
        state.alerts_mut().for_each(|alert| self.alert(alert, profile(profiles, &alert.class.clone())));
        // Those of CAP messages are made of public names, and made again by whoever brings the message again.
        let keys = state.keys_mut().filter(|key| !key.starts_with("cap:"));
        keys.for_each(|key| *key = self.key(key));
    }

    fn alert(&self, alert: &mut Alert, profile: Option<&Profile>) {
        for version in &mut alert.versions {
            version.author = self.name(&version.author);
            if let Some((by, _)) = &mut version.approved {
                *by = self.name(by);
            }
            if let Some(origin) = &mut version.origin {
                origin.signed_by = None;
            }
            version.private = match &version.private {
                Private::Open(Personal { texts, bodies, case: known, picture }) => {
                    let mut texts = texts.clone();
                    texts.iter_mut().for_each(|text| self.language_text(text));
                    let bodies = bodies.iter().map(|body| self.text(body)).collect();
                    Private::Open(Personal {
                        texts,
                        bodies,
                        case: case(known, profile),
                        picture: picture.as_ref().map(blank),
                    })
                }
                Private::Sealed(_) | Private::Erased => Private::Erased,
            };
        }
        for step in &mut alert.history {
            step.by = step.by.as_deref().map(|by| self.name(by));
            step.reason = step.reason.as_ref().map(|_| String::new());
        }
    }

    fn wording(&self, wording: &mut Wording, profile: Option<&Profile>) {
        wording.texts.iter_mut().for_each(|text| self.language_text(text));
        wording.case = case(&wording.case, profile);
        wording.picture = wording.picture.as_ref().map(blank);
    }

    fn language_text(&self, text: &mut LanguageText) {
        text.text = self.text(&text.text);
    }

    /// Line by line, since several texts are the lines of one message.
    fn text(&self, given: &str) -> String {
        let lines = given.trim().split('\n').map(|line| self.line(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn line(&self, given: &str) -> String {
        let given = text::normalize(given).text;
        let mut choices = Choices { disguise: self, line: &given, octets: Vec::new(), block: 0 };
        given.split_inclusive(char::is_whitespace).map(|word| replace(word, &mut choices)).collect()
    }

    fn name(&self, name: &str) -> String {
        format!("officer-{}", self.digest("officer", name))
    }

    fn digest(&self, kind: &str, word: &str) -> String {
        let digest = self.hash(&[kind.as_bytes(), word.as_bytes()]);
        hex::encode(digest.get(..8).unwrap_or_default())
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// The least case that its policy decides on as it does on this one.
fn case(known: &Case, profile: Option<&Profile>) -> Case {
    let Some(profile) = profile.filter(|profile| profile.may_activate(known).is_ok()) else {
        return Case::default();
    };
    let facts = profile.require.iter().chain(profile.any_of.first()).copied().collect();
    Case { age_years: profile.max_age_years.map(|_| 0), facts, ..Case::default() }
}

/// A picture that its policy takes or refuses as it does this one.
fn blank(picture: &Picture) -> Picture {
    Picture::blank(picture.octets().len())
}

fn profile<'a>(profiles: &'a [Profile], class: &str) -> Option<&'a Profile> {
    profiles.iter().find(|profile| profile.name == class)
}

fn profile_of(engine: &Engine, alert: AlertId) -> Option<&Profile> {
    profile(&engine.setup().profiles, &engine.alert(alert)?.class)
}

/// Choices that only the secret and the line decide.
struct Choices<'a> {
    disguise: &'a Disguise,
    line: &'a str,
    octets: Vec<u8>,
    block: u64,
}

impl Choices<'_> {
    /// One of these characters, in the case of `ch`.
    fn one_of(&mut self, letters: &str, ch: char) -> char {
        let octet = self.octets.pop().unwrap_or_else(|| {
            self.octets = self.disguise.hash(&[self.line.as_bytes(), &self.block.to_be_bytes()]).into();
            self.block += 1;
            self.octets.pop().unwrap_or_default()
        });
        let found = letters.chars().nth(usize::from(octet) % letters.chars().count().max(1)).unwrap_or(ch);
        if ch.is_uppercase() { found.to_uppercase().next().unwrap_or(found) } else { found }
    }
}

/// A word with the space behind it. What decides how Serbian is written in the other script stays: which letters are
/// one there and two here, which words stay as they are.
fn replace(word: &str, choices: &mut Choices<'_>) -> String {
    if ROMAN.contains(&word.trim_matches(|ch: char| !ch.is_alphabetic())) {
        return word.to_owned();
    }
    let (kept, rest) = word.split_at(if word.starts_with("www.") { 4 } else { 0 });
    let mut replaced = kept.to_owned();
    let mut chars = rest.chars().peekable();
    while let Some(ch) = chars.next() {
        let after = chars.peek().copied();
        let is = |pairs: &[(char, char)]| {
            let lower = |ch: char| ch.to_lowercase().next().unwrap_or(ch);
            after.is_some_and(|after| pairs.contains(&(lower(ch), lower(after))))
        };
        if is(&[('l', 'j'), ('n', 'j')]) {
            replaced.push(choices.one_of("ln", ch));
            replaced.extend(chars.next());
        } else if is(&[('d', 'ž')]) {
            replaced.push(ch);
            replaced.extend(chars.next());
        } else {
            replaced.push(letter(ch, choices));
        }
    }
    replaced
}

/// A character of the same size in every alphabet and script.
fn letter(ch: char, choices: &mut Choices<'_>) -> char {
    if ch.is_ascii_digit() {
        return choices.one_of("0123456789", ch);
    }
    if !ch.is_alphabetic() {
        return ch;
    }
    let lower = ch.to_lowercase().next().unwrap_or(ch);
    let kin = match lower {
        'q' | 'w' | 'x' | 'y' => "qwxy",
        'a'..='z' => "abcefghkmoprstu",
        'č' | 'ć' | 'š' | 'ž' => "čćšž",
        'ж' | 'ч' | 'ћ' | 'ш' => "жчћш",
        'љ' | 'њ' => "љњ",
        'đ' | 'ђ' | 'џ' => return ch,
        'а'..='и' | 'ј' | 'к'..='ш' => "абвгдезиклмнопрстуфхц",
        '\u{400}'..='\u{4ff}' => "ыэю",
        _ if Alphabet::cheapest(ch.encode_utf8(&mut [0; 4])) == Alphabet::Gsm7 => "é",
        _ => match ch.len_utf8() {
            2 => "ëáő",
            3 => "一丁三",
            _ => "𐐨𐐩",
        },
    };
    choices.one_of(kin, ch)
}

/// These stay Latin where a text becomes Cyrillic.
const ROMAN: [&str; 5] = ["II", "III", "IV", "VII", "VIII"];

#[cfg(test)]
mod tests {
    use cbs::Script;

    use super::*;

    fn disguise() -> Disguise {
        Disguise { secret: [7; 32] }
    }

    #[test]
    fn a_text_keeps_its_size_in_every_script_and_none_of_its_words() {
        for given in [
            "NESTALO DETE: Marko Ljubić, 7 godina. Pozovite 192 ili www.amber.rs!",
            "НЕСТАЛО ДЕТЕ: Марко Љубић, џемпер, ђак. Позовите 192.",
            "Džemper BMW II é ő [crven] €",
            "Eltűnt gyermek\nMissing child",
        ] {
            let other = disguise().text(given);
            for script in [Script::Cyrillic, Script::Latin, Script::PlainLatin] {
                let size = |text: &str| {
                    let text = script.apply(text);
                    (text.chars().count(), text.len(), Alphabet::cheapest(&text))
                };
                assert_eq!(size(given), size(&other), "{given} {other} {script:?}");
            }
            for word in given.split(|ch: char| !ch.is_alphabetic()).filter(|word| word.chars().count() > 3) {
                assert!(!other.contains(word), "{word}: {other}");
            }
            assert_eq!(other, disguise().text(given));
            assert_ne!(other, Disguise { secret: [8; 32] }.text(given));
        }
    }

    #[test]
    fn a_text_that_differs_in_one_letter_is_replaced_by_another() {
        assert_ne!(disguise().text("Marko"), disguise().text("Marka"));
        assert_eq!(
            disguise().text(" Marko\nAna"),
            [disguise().text("Marko"), disguise().text("Ana")].join("\n")
        );
    }

    #[test]
    fn a_case_becomes_the_least_that_its_policy_decides_on_alike() {
        let profile: Profile =
            toml::from_str(include_str!("../../../../config/policies/missing-child.toml")).unwrap();
        let details = [("name".to_owned(), "Marko".to_owned())].into();
        let facts = profile.require.iter().chain(&profile.any_of).copied().collect();
        let known = Case { age_years: Some(7), facts, details };
        let replaced = case(&known, Some(&profile));
        assert!(profile.may_activate(&replaced).is_ok() && replaced.details.is_empty());
        assert_ne!(replaced.age_years, known.age_years);
        let wanting = Case { age_years: Some(40), ..known };
        assert_eq!(case(&wanting, Some(&profile)), Case::default());
    }
}
