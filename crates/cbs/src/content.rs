//! The content of a message: a text in an alphabet, or pages as they came.

use serde::{Deserialize, Serialize};

use crate::{Alphabet, DataCodingScheme, Error, Language, Page, Pages, gsm7, ucs2};

/// What a message says, with its pages.
///
/// Its JSON form is `{"encoding": "gsm7" | "ucs2", "text": …}`, `{"encoding": "ucs2_lang", "lang": "sr", "text": …}`,
/// or `{"encoding": "pages", "pages": [{"octets": hex, "useful": n}]}` for pages that another paginator has cut.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Content {
    text: Option<(Alphabet, String)>,
    pages: Pages,
}

impl Content {
    /// The content that says this text in this alphabet.
    pub fn new(text: impl Into<String>, alphabet: Alphabet) -> Result<Self, Error> {
        let text = text.into();
        let pages = match alphabet {
            Alphabet::Gsm7 => gsm7::paginate(&text),
            Alphabet::Ucs2 => ucs2::paginate(&text, None),
            Alphabet::Ucs2Lang(language) => ucs2::paginate(&text, Some(language)),
        }?;
        Ok(Self { text: Some((alphabet, text)), pages })
    }

    /// The content of pages that came under this scheme: their text where that gives these pages again, octet by
    /// octet, else the pages as they are. So encoding what was decoded never changes it.
    pub fn from_pages(pages: Pages, dcs: DataCodingScheme) -> Self {
        match Self::read(&pages, dcs) {
            Some(content) if content.pages == pages => content,
            _ => Self { text: None, pages },
        }
    }

    /// The pages to broadcast.
    pub fn pages(&self) -> &Pages {
        &self.pages
    }

    /// The text, unless the content is only known as pages ([`Pages::text`] then says what a phone shows).
    pub fn text(&self) -> Option<&str> {
        self.text.as_ref().map(|(_, text)| text.as_str())
    }

    /// The alphabet of the text, unless the content is only known as pages.
    pub fn alphabet(&self) -> Option<Alphabet> {
        self.text.as_ref().map(|(alphabet, _)| *alphabet)
    }

    fn read(pages: &Pages, dcs: DataCodingScheme) -> Option<Self> {
        let first = pages.as_slice().first()?;
        let alphabet = Alphabet::of_page(first, dcs)?;
        let text: String = pages.as_slice().iter().map(|page| page.exact_text(dcs)).collect::<Option<_>>()?;
        Self::new(text, alphabet).ok()
    }
}

impl TryFrom<Form> for Content {
    type Error = Error;

    fn try_from(form: Form) -> Result<Self, Error> {
        match form {
            Form::Gsm7 { text } => Self::new(text, Alphabet::Gsm7),
            Form::Ucs2 { text } => Self::new(text, Alphabet::Ucs2),
            Form::Ucs2Lang { lang, text } => Self::new(text, Alphabet::Ucs2Lang(lang)),
            Form::Pages { pages } => {
                let pages = pages.into_iter().map(Page::try_from).collect::<Result<_, _>>()?;
                Ok(Self { text: None, pages: Pages::new(pages)? })
            }
        }
    }
}

impl From<Content> for Form {
    fn from(content: Content) -> Self {
        match content.text {
            Some((Alphabet::Gsm7, text)) => Self::Gsm7 { text },
            Some((Alphabet::Ucs2, text)) => Self::Ucs2 { text },
            Some((Alphabet::Ucs2Lang(lang), text)) => Self::Ucs2Lang { lang, text },
            None => Self::Pages { pages: content.pages.as_slice().iter().map(PageForm::from).collect() },
        }
    }
}

/// The content as the engineers' tools print it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(tag = "encoding", rename_all = "snake_case", deny_unknown_fields)]
enum Form {
    Gsm7 { text: String },
    Ucs2 { text: String },
    Ucs2Lang { lang: Language, text: String },
    Pages { pages: Vec<PageForm> },
}

/// A page as the engineers' tools print it: all 82 octets in hexadecimal, and how many of them are useful.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PageForm {
    octets: String,
    useful: u8,
}

impl TryFrom<PageForm> for Page {
    type Error = Error;

    fn try_from(form: PageForm) -> Result<Self, Error> {
        let mut octets = [0; Page::OCTETS];
        hex::decode_to_slice(&form.octets, &mut octets).map_err(|_| Error::PageHex { found: form.octets })?;
        Self::new(octets, form.useful)
    }
}

impl From<&Page> for PageForm {
    fn from(page: &Page) -> Self {
        Self { octets: hex::encode(page.octets()), useful: page.useful_octets() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_of_too_many_pages_is_refused_with_their_number() {
        let error = Content::new("ш".repeat(41 * 16), Alphabet::Ucs2);
        assert_eq!(error, Err(Error::PageCount { found: 16, max: 15 }));
        assert!(Content::new("x".repeat(93 * 15), Alphabet::Gsm7).is_ok());
        let error = Content::new("x".repeat(93 * 20 + 1), Alphabet::Gsm7);
        assert_eq!(error, Err(Error::PageCount { found: 21, max: 15 }));
    }

    #[test]
    fn pages_of_another_paginator_stay_as_they_are() {
        let mut octets = [0; Page::OCTETS];
        octets[..2].copy_from_slice(&[0x04, 0x48]);
        let pages = Pages::new(vec![Page::new(octets, 2).unwrap()]).unwrap();
        let content = Content::from_pages(pages, DataCodingScheme::UCS2);
        assert_eq!(content.text(), None);
        assert_eq!(content.pages().text(DataCodingScheme::UCS2).unwrap(), "ш");
        let json = serde_json::to_value(&content).unwrap();
        assert_eq!(
            json,
            json!({"encoding": "pages", "pages": [{"octets": hex::encode(octets), "useful": 2}]})
        );
        assert_eq!(serde_json::from_value::<Content>(json).unwrap(), content);
    }

    #[test]
    fn json_with_an_unknown_word_is_refused() {
        for json in [
            json!({"encoding": "gsm7", "text": "a", "lang": "sr"}),
            json!({"encoding": "utf8", "text": "a"}),
            json!({"encoding": "ucs2_lang", "text": "a", "lang": "Serbian"}),
            json!({"encoding": "gsm7", "text": "č"}),
            json!({"encoding": "pages", "pages": []}),
            json!({"encoding": "pages", "pages": [{"octets": "00", "useful": 1}]}),
        ] {
            assert!(serde_json::from_value::<Content>(json.clone()).is_err(), "{json}");
        }
    }

    fn any_page() -> impl Strategy<Value = Page> {
        (proptest::array::uniform32(any::<u8>()), 0u8..=82).prop_map(|(seed, useful)| {
            let mut octets = [0x0d; Page::OCTETS];
            octets[..32].copy_from_slice(&seed);
            Page::new(octets, useful).unwrap()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn encoding_what_was_decoded_never_changes_it(
            pages in proptest::collection::vec(any_page(), 1..=15),
            dcs in any::<u8>(),
        ) {
            let pages = Pages::new(pages).unwrap();
            let content = Content::from_pages(pages.clone(), DataCodingScheme::new(dcs));
            prop_assert_eq!(content.pages(), &pages);
            let json = serde_json::to_value(&content).unwrap();
            let back: Content = serde_json::from_value(json).unwrap();
            prop_assert_eq!(back.pages(), &pages);
        }

        #[test]
        fn any_text_comes_back_from_its_pages_under_its_scheme(text in "[ -~čćšžđЉшА-Яа-я€\n]{0,80}") {
            let alphabet = Alphabet::cheapest(&text);
            for alphabet in [alphabet, Alphabet::Ucs2, Alphabet::Ucs2Lang(Language::SERBIAN)] {
                let content = Content::new(text.clone(), alphabet).unwrap();
                prop_assert_eq!(content.pages().text(alphabet.dcs()).unwrap(), text.clone());
                let back = Content::from_pages(content.pages().clone(), alphabet.dcs());
                prop_assert_eq!(back, content);
            }
        }
    }
}
