//! Language tags on both sides: `sr-Cyrl` in a policy, `sr-Cyrl-RS` in CAP.

use cap::cap_rs::PROFILE;

/// What is said of an area that has no name.
pub(crate) const MARKED_AREA: [(&str, &str); 2] =
    [("sr-Cyrl-RS", "означено подручје"), ("sr-Latn-RS", "označeno područje")];

/// What a picture is called.
pub(crate) const PHOTOGRAPH: [(&str, &str); 3] =
    [("sr-Cyrl-RS", "фотографија"), ("sr-Latn-RS", "fotografija"), ("en", "photograph")];

/// The tag of a text in CAP. Serbian is tagged by the script it is written in, whatever its author called it.
pub(crate) fn to_cap(language: &str, text: &str) -> String {
    if is_serbian(language) { format!("{}-RS", serbian(text)) } else { language.to_owned() }
}

/// The tag of a CAP text in a policy. Serbian without script is tagged by what it is written in.
pub(crate) fn from_cap(language: &str, text: &str) -> String {
    if is_serbian(language) { serbian(text).to_owned() } else { language.to_owned() }
}

/// The words for a language: those under its tag, those under a tag that begins it, the English ones, any.
pub(crate) fn words_in<'w>(
    language: &str,
    words: impl Iterator<Item = (&'w str, &'w str)> + Clone,
) -> Option<&'w str> {
    let begins =
        |tag: &str| language.strip_prefix(tag).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let best = words.clone().filter(|(tag, _)| begins(tag)).max_by_key(|(tag, _)| tag.len());
    best.or_else(|| words.clone().find(|(tag, _)| *tag == "en"))
        .or_else(|| words.clone().next())
        .map(|(_, it)| it)
}

/// Whether a message declares the profile that [`cap::cap_rs`] reads, in whatever spelling.
pub(crate) fn declares_cap_rs(alert: &cap::Alert<'_>) -> bool {
    let mut codes = alert.codes.iter();
    codes.any(|code| code == PROFILE || code.to_ascii_lowercase().contains("cap-rs"))
}

fn is_serbian(language: &str) -> bool {
    language.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case("sr"))
}

fn serbian(text: &str) -> &'static str {
    let letters = || text.chars().filter(|ch| ch.is_alphabetic());
    let cyrillic = letters().filter(|ch| matches!(ch, '\u{400}'..='\u{4ff}')).count();
    if cyrillic * 2 > letters().count() { "sr-Cyrl" } else { "sr-Latn" }
}
