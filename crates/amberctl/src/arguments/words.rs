//! What is to be said, on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use admin::Draft;
use clap::Args;
use engine::command::{Change, Wording};
use policy::{Case, Channel, Fact, LanguageText, Picture, Script};
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

use super::Place;
use crate::failure::Failure;

/// A new alert.
#[derive(Clone, Debug, Args)]
pub(crate) struct DraftArgs {
    /// Who gets it, for ever: live, exercise or test.
    #[arg(long, value_parser = word::<Channel>)]
    channel: Option<Channel>,
    /// The class, which names the policy profile.
    #[arg(long)]
    class: Option<String>,
    #[command(flatten)]
    wording: WordingArgs,
}

/// What is to be said, where, and for how long.
#[derive(Clone, Debug, Args)]
pub(crate) struct WordingArgs {
    #[command(flatten)]
    texts: TextArgs,
    #[command(flatten)]
    place: Place,
    /// How long it lives from its approval on, such as 90m or 2h; the profile's default when absent.
    #[arg(long, value_parser = duration_s, value_name = "DURATION")]
    duration: Option<u32>,
    /// The child's age in years.
    #[arg(long, value_name = "YEARS")]
    age: Option<u8>,
    /// A fact of the case, such as imminent_danger.
    #[arg(long = "fact", value_parser = word::<Fact>)]
    facts: Vec<Fact>,
    /// Anything else that the case file should hold.
    #[arg(long = "detail", value_name = "KEY=VALUE", value_parser = pair)]
    details: Vec<(String, String)>,
    /// A picture of the child, JPEG or PNG, where the policy allows one; it goes to media, never to phones.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// A draft as JSON, as the API takes it; what else is given here replaces its parts.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// The texts.
#[derive(Clone, Debug, Args)]
pub(crate) struct TextArgs {
    /// A text and its language, such as sr-Cyrl=…; one for each language.
    #[arg(long = "text", value_name = "LANG=TEXT", value_parser = pair)]
    given: Vec<(String, String)>,
    /// The same, from a file.
    #[arg(long = "text-file", value_name = "LANG=PATH", value_parser = pair)]
    files: Vec<(String, String)>,
    /// The scripts that a Serbian text is written in, in this order: cyrillic, latin, plain_latin.
    #[arg(long = "script", value_delimiter = ',', value_parser = word::<Script>)]
    scripts: Vec<Script>,
}

/// What an update changes.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    texts: TextArgs,
    #[command(flatten)]
    place: Place,
    /// How long it lives from the update's approval on, such as 90m or 2h.
    #[arg(long, value_parser = duration_s, value_name = "DURATION")]
    duration: Option<u32>,
    /// From one broadcast to the next, such as 30s or 2m.
    #[arg(long, value_parser = duration_s, value_name = "DURATION")]
    period: Option<u32>,
    /// Another picture of the child, JPEG or PNG.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// No picture any more.
    #[arg(long, conflicts_with = "picture")]
    no_picture: bool,
}

impl DraftArgs {
    /// The draft that this says.
    pub(crate) fn into_draft(self) -> Result<Draft, Failure> {
        let (channel, class, wording) = self.wording.into_parts()?;
        let class = self.class.or(class);
        let class = class
            .ok_or_else(|| Failure::usage("--class: expected a class such as missing-child, found none"))?;
        Ok(Draft::new(self.channel.or(channel), class, wording))
    }
}

impl WordingArgs {
    /// The wording that this says.
    pub(crate) fn into_wording(self) -> Result<Wording, Failure> {
        self.into_parts().map(|(.., wording)| wording)
    }

    /// The channel and the class of the file, if there is one, and the wording.
    fn into_parts(self) -> Result<(Option<Channel>, Option<String>, Wording), Failure> {
        let (channel, class, mut wording) = match &self.from {
            Some(file) => {
                let (channel, class, wording) = draft_in(file)?.into_parts();
                (channel, Some(class), wording)
            }
            None => Default::default(),
        };
        let (texts, scripts) = self.texts.read()?;
        replace(&mut wording.texts, texts);
        replace(&mut wording.scripts, scripts);
        wording.target = self.place.into_target().unwrap_or(wording.target);
        wording.duration_s = self.duration.or(wording.duration_s);
        if let Some(file) = &self.picture {
            wording.picture = Some(picture_in(file)?);
        }
        let Case { age_years, facts, details } = &mut wording.case;
        *age_years = self.age.or(*age_years);
        facts.extend(self.facts);
        details.extend(self.details.into_iter().collect::<BTreeMap<_, _>>());
        Ok((channel, class, wording))
    }
}

impl TextArgs {
    fn read(self) -> Result<(Vec<LanguageText>, Vec<Script>), Failure> {
        let mut texts: Vec<LanguageText> =
            self.given.into_iter().map(|(language, text)| LanguageText { language, text }).collect();
        for (language, path) in self.files {
            let text = read(Path::new(&path))?;
            texts.push(LanguageText { language, text: text.trim_end().to_owned() });
        }
        Ok((texts, self.scripts))
    }
}

impl ChangeArgs {
    /// The change that this says.
    pub(crate) fn into_change(self) -> Result<Change, Failure> {
        let (texts, scripts) = self.texts.read()?;
        let texts = (!texts.is_empty()).then_some(texts);
        let (target, duration_s, period_s) = (self.place.into_target(), self.duration, self.period);
        let picture = match &self.picture {
            Some(file) => Some(Some(picture_in(file)?)),
            None => self.no_picture.then_some(None),
        };
        Ok(Change { texts, scripts, target, duration_s, period_s, picture, origin: None })
    }
}

fn replace<T>(list: &mut Vec<T>, given: Vec<T>) {
    if !given.is_empty() {
        *list = given;
    }
}

fn draft_in(file: &Path) -> Result<Draft, Failure> {
    serde_json::from_str(&read(file)?).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

fn picture_in(file: &Path) -> Result<Picture, Failure> {
    let named = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", file.display()));
    let octets = std::fs::read(file).map_err(|error| named(&error))?;
    Picture::read(&octets).map_err(|error| named(&error))
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))
}

/// A word of the API; an unknown one is told with the words there are.
pub(super) fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let deserializer: StrDeserializer<'_, WordError> = text.into_deserializer();
    T::deserialize(deserializer).map_err(|error| error.to_string())
}

/// An octet, in decimal or after 0x in hexadecimal.
pub(super) fn octet(text: &str) -> Result<u8, String> {
    let parsed =
        text.strip_prefix("0x").map_or_else(|| text.parse(), |digits| u8::from_str_radix(digits, 16));
    parsed.map_err(|_| format!("expected 0 to 255 or 0x00 to 0xff, found {text:?}"))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("expected NAME=VALUE, found {text:?}"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A duration such as `2h`, `1h30m`, `90m`, `45s` or `3600`, in seconds.
fn duration_s(text: &str) -> Result<u32, String> {
    let fault = || format!("expected a duration such as 2h, 1h30m, 90m or 3600, found {text:?}");
    let (mut total_s, mut rest) = (0_u32, text);
    while !rest.is_empty() {
        let end = rest.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let mut after = after.chars();
        let unit_s = match after.next() {
            Some('h') => 3600,
            Some('m') => 60,
            Some('s') => 1,
            None if number == text => 1,
            _ => return Err(fault()),
        };
        let part_s =
            number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit_s)).ok_or_else(fault)?;
        total_s = total_s.checked_add(part_s).ok_or_else(fault)?;
        rest = after.as_str();
    }
    if text.is_empty() { Err(fault()) } else { Ok(total_s) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::{AlertVerb, Cli, Verb};

    fn parse(line: &[&str]) -> Result<AlertVerb, String> {
        let line = ["amberctl", "alert"].iter().chain(line);
        match Cli::try_parse_from(line).map_err(|error| error.to_string())?.verb {
            Verb::Alert { verb } => Ok(verb),
            verb => panic!("{verb:?}"),
        }
    }

    fn draft(line: &[&str]) -> Result<Draft, String> {
        match parse(line)? {
            AlertVerb::Draft { draft } => draft.into_draft().map_err(|failure| failure.to_string()),
            verb => panic!("{verb:?}"),
        }
    }

    const FULL: &str = r#"{"channel":"live","class":"missing-child",
        "texts":[{"language":"sr","text":"Нестало дете"},{"language":"en","text":"Child = missing"}],
        "scripts":["cyrillic","plain_latin"],
        "target":{"areas":["RS-06","Novi Sad"],"polygons":[[[45,19],[46,19],[46,20],[45,19]]],
            "circles":[{"lat":45.26,"lon":19.83,"radius_m":5000}],
            "cells":[{"operator":"mts","rat":"gsm","lac":1100,"cell_id":17}]},
        "duration_s":7200,
        "case":{"age_years":7,"facts":["imminent_danger","abduction_presumed"],"details":{"file":"K-1"}}}"#;

    #[test]
    fn every_part_of_a_draft_has_its_option() {
        let line = "draft --channel live --class missing-child --script cyrillic,plain_latin --area RS-06 \
            --circle 45.26,19.83,5000 --cell mts:gsm:1100:17 --duration 2h --age 7 --fact imminent_danger \
            --fact abduction_presumed --detail file=K-1";
        let mut line: Vec<&str> = line.split_whitespace().collect();
        line.extend(["--text", "sr=Нестало дете", "--text", "en=Child = missing", "--area", "Novi Sad"]);
        line.extend(["--polygon", "45,19 46,19 46,20"]);
        assert_eq!(draft(&line).unwrap(), serde_json::from_str(FULL).unwrap());
    }

    #[test]
    fn a_file_is_the_draft_and_options_replace_its_parts() {
        let folder = tempfile::tempdir().unwrap();
        let (json, text) = (folder.path().join("draft.json"), folder.path().join("sr.txt"));
        std::fs::write(&json, FULL).unwrap();
        std::fs::write(&text, "Друго\n").unwrap();
        let json = json.to_str().unwrap();
        assert_eq!(draft(&["draft", "--from", json]).unwrap(), serde_json::from_str(FULL).unwrap());
        let text = format!("sr={}", text.display());
        let line = [
            "draft",
            "--from",
            json,
            "--channel",
            "test",
            "--text-file",
            &text,
            "--area",
            "RS-07",
            "--age",
            "9",
        ];
        let mut expected: Draft = serde_json::from_str(FULL).unwrap();
        expected.channel = Some(Channel::Test);
        expected.texts = vec![LanguageText { language: "sr".into(), text: "Друго".into() }];
        expected.target = area::Target { areas: vec!["RS-07".into()], ..Default::default() };
        expected.case.age_years = Some(9);
        assert_eq!(draft(&line).unwrap(), expected);
    }

    #[test]
    fn a_picture_comes_from_its_file() {
        let (file, picture) = (tempfile::NamedTempFile::new().unwrap(), Picture::blank(90));
        std::fs::write(&file, picture.octets()).unwrap();
        let file = file.path().to_str().unwrap();
        assert_eq!(
            draft(&["draft", "--class", "a", "--picture", file]).unwrap().picture,
            Some(picture.clone())
        );
        let AlertVerb::Update { change, .. } = parse(&["update", "A-1", "--picture", file]).unwrap() else {
            panic!("an update");
        };
        assert_eq!(change.into_change().unwrap().picture, Some(Some(picture)));
    }

    #[test]
    fn a_wrong_part_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, r#"{"class":"a","texts":[],"target":{},"x":1}"#).unwrap();
        let file = file.path().to_str().unwrap();
        for (line, expected) in [
            (&["draft", "--channel", "live"][..], "--class: expected a class"),
            (&["draft", "--channel", "drill"], "unknown variant `drill`, expected one of `live`"),
            (&["draft", "--class", "a", "--fact", "danger"], "unknown variant `danger`"),
            (&["draft", "--class", "a", "--text", "zdravo"], "expected NAME=VALUE"),
            (&["draft", "--class", "a", "--duration", "soon"], "expected a duration"),
            (&["draft", "--class", "a", "--from", "/nowhere/x.json"], "/nowhere/x.json"),
            (&["draft", "--from", file], "unknown field `x`"),
            (&["draft", "--class", "a", "--picture", file], "expected a JPEG or PNG file"),
            (&["submit", "seventeen"], "expected A-<number>"),
        ] {
            let told = draft(line).unwrap_err();
            assert!(told.contains(expected), "{line:?}: {told}");
        }
    }

    #[test]
    fn an_update_says_only_what_changes() {
        let change = |line: &[&str]| match parse(line).unwrap() {
            AlertVerb::Update { change, .. } => change.into_change().unwrap(),
            verb => panic!("{verb:?}"),
        };
        assert_eq!(change(&["update", "A-1"]), Change::default());
        let longer = change(&["update", "A-1", "--duration", "1h30m"]);
        assert_eq!(longer, Change { duration_s: Some(5400), ..Change::default() });
        let slower = change(&["update", "A-1", "--period", "2m"]);
        assert_eq!(slower, Change { period_s: Some(120), ..Change::default() });
        let unseen = change(&["update", "A-1", "--no-picture"]);
        assert_eq!(unseen, Change { picture: Some(None), ..Change::default() });
        let moved = change(&["update", "A-1", "--area", "RS-06", "--text", "en=Found"]);
        assert_eq!(moved.texts.unwrap()[0].text, "Found");
        assert_eq!(moved.target.unwrap().areas, ["RS-06"]);
    }

    #[test]
    fn a_duration_is_hours_minutes_and_seconds() {
        for (text, expected) in [("2h", 7200), ("1h30m", 5400), ("90m", 5400), ("45s", 45), ("3600", 3600)] {
            assert_eq!(duration_s(text), Ok(expected), "{text}");
        }
        for text in ["", "h", "2h30", "2 h", "-1h", "2d", "9999999h"] {
            assert!(duration_s(text).is_err(), "{text}");
        }
    }
}
