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
