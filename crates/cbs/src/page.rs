//! Pages, and the block that carries them (TS 23.041 §9.4.1.1, §9.4.2.2.5).

use crate::dcs::Encoding;
use crate::{DataCodingScheme, Error, gsm7, ucs2};

/// A page: 82 octets, of which the first `useful_octets` are text and the rest is fill.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Page {
    octets: [u8; Self::OCTETS],
    useful_octets: u8,
}

impl Page {
    /// The octets of a page.
    pub const OCTETS: usize = 82;

    /// A page of these octets, or an error when more are useful than there are.
    pub fn new(octets: [u8; Self::OCTETS], useful_octets: u8) -> Result<Self, Error> {
        if usize::from(useful_octets) > Self::OCTETS {
            return Err(Error::UsefulOctets { found: useful_octets });
        }
        Ok(Self { octets, useful_octets })
    }

    /// A page that this crate has filled itself.
    pub(crate) fn filled(octets: [u8; Self::OCTETS], useful_octets: usize) -> Self {
        Self { octets, useful_octets: useful_octets.min(Self::OCTETS) as u8 }
    }

    /// All 82 octets, fill included.
    pub const fn octets(&self) -> &[u8; Self::OCTETS] {
        &self.octets
    }

    /// How many octets are useful: the length octet, 0 to 82.
    pub const fn useful_octets(&self) -> u8 {
        self.useful_octets
    }

    /// The useful octets.
    pub fn useful(&self) -> &[u8] {
        &self.octets[..usize::from(self.useful_octets)]
    }

    /// The text that the useful octets say, to the last CR; `None` when the scheme is not one of text.
    pub(crate) fn exact_text(&self, dcs: DataCodingScheme) -> Option<String> {
        let useful = self.useful();
        match dcs.encoding() {
            Encoding::Data => None,
            Encoding::Gsm7 => Some(gsm7::decode(useful, 0)),
            Encoding::Gsm7WithLanguage => Some(gsm7::decode(useful, 3)),
            Encoding::Ucs2 => Some(ucs2::decode(useful)),
            Encoding::Ucs2WithLanguage => Some(ucs2::decode(useful.get(2..).unwrap_or_default())),
        }
    }
}

/// The pages of a message, 1 to 15.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pages(Vec<Page>);

impl Pages {
    /// The most pages that a message may have.
    pub const MAX: usize = 15;

    /// These pages, or an error when there are none or more than 15.
    pub fn new(pages: Vec<Page>) -> Result<Self, Error> {
        match pages.len() {
            1..=Self::MAX => Ok(Self(pages)),
            found => Err(Error::PageCount { found, max: Self::MAX }),
        }
    }

    /// Reads the Warning Message Contents of E-UTRAN and NG-RAN, which is the Broadcast Message Content of UTRAN too.
    ///
    /// ```text
    /// +---+-----------------+---+-----------------+---+
    /// | n | page, 82 octets | l | page, 82 octets | l | …   l = useful octets of the page before
    /// +---+-----------------+---+-----------------+---+
    /// ```
    pub fn decode(contents: &[u8]) -> Result<Self, Error> {
        let Some((&announced, pages)) = contents.split_first() else {
            return Err(Error::ContentsLength { announced: 0, found: 0 });
        };
        let (pages, rest) = pages.as_chunks::<{ Page::OCTETS + 1 }>();
        if !rest.is_empty() || pages.len() != usize::from(announced) {
            return Err(Error::ContentsLength { announced, found: contents.len() });
        }
        if pages.len() > Self::MAX {
            return Err(Error::PageCount { found: pages.len(), max: Self::MAX });
        }
        let pages = pages.iter().map(|[octets @ .., useful]| Page::new(*octets, *useful));
        Self::new(pages.collect::<Result<_, _>>()?)
    }

    /// Writes the Warning Message Contents, as [`Pages::decode`] reads them.
    pub fn warning_message_contents(&self) -> Vec<u8> {
        let mut contents = Vec::with_capacity(1 + self.0.len() * (Page::OCTETS + 1));
        contents.push(self.0.len() as u8);
        for page in &self.0 {
            contents.extend(page.octets);
            contents.push(page.useful_octets);
        }
        contents
    }

    /// The pages in order.
    pub fn as_slice(&self) -> &[Page] {
        &self.0
    }

    /// What a phone shows under this scheme: the pages' texts in a row, each without the CRs at its end.
    pub fn text(&self, dcs: DataCodingScheme) -> Result<String, Error> {
        let mut text = String::new();
        for page in &self.0 {
            let shown = page.exact_text(dcs).ok_or(Error::NotText { dcs })?;
            text.push_str(shown.trim_end_matches('\r'));
        }
        Ok(text)
    }
}

/// Gathers pages up to the limit and counts those beyond, so that the error can say how many came.
#[derive(Default)]
pub(crate) struct Paginator {
    pages: Vec<Page>,
    beyond: usize,
}

impl Paginator {
    pub(crate) fn push(&mut self, page: Page) {
        if self.pages.len() < Pages::MAX {
            self.pages.push(page);
        } else {
            self.beyond += 1;
        }
    }

    pub(crate) fn finish(self) -> Result<Pages, Error> {
        match self.beyond {
            0 => Pages::new(self.pages),
            beyond => Err(Error::PageCount { found: Pages::MAX + beyond, max: Pages::MAX }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Alphabet, Content};

    fn contents(announced: u8, pages: usize, useful: u8) -> Vec<u8> {
        let mut contents = vec![announced];
        for _ in 0..pages {
            contents.extend([0x0d; Page::OCTETS]);
            contents.push(useful);
        }
        contents
    }

    #[test]
    fn contents_that_are_not_their_announced_pages_are_refused() {
        assert_eq!(Pages::decode(&[]), Err(Error::ContentsLength { announced: 0, found: 0 }));
        assert_eq!(
            Pages::decode(&contents(2, 1, 82)),
            Err(Error::ContentsLength { announced: 2, found: 84 })
        );
        assert_eq!(Pages::decode(&[255, 0]), Err(Error::ContentsLength { announced: 255, found: 2 }));
        assert_eq!(Pages::decode(&[0]), Err(Error::PageCount { found: 0, max: 15 }));
        assert_eq!(Pages::decode(&contents(16, 16, 82)), Err(Error::PageCount { found: 16, max: 15 }));
        assert_eq!(Pages::decode(&contents(1, 1, 83)), Err(Error::UsefulOctets { found: 83 }));
    }

    #[test]
    fn a_phone_hides_the_language_and_the_fill() {
        let mut octets = [0; Page::OCTETS];
        gsm7::pack(b"en\rHello\r\r\r", &mut octets);
        let pages = Pages::new(vec![Page::new(octets, 10).unwrap()]).unwrap();
        assert_eq!(pages.text(DataCodingScheme::GSM7_LANGUAGE).unwrap(), "Hello");
        assert_eq!(pages.text(DataCodingScheme::GSM7).unwrap(), "en\rHello");
        let data = DataCodingScheme::new(0x44);
        assert_eq!(pages.text(data), Err(Error::NotText { dcs: data }));
    }

    #[test]
    fn the_fill_alone_says_nothing_even_over_all_82_octets() {
        // A GSM phone gets no length octet.
        for alphabet in [Alphabet::Gsm7, Alphabet::Ucs2] {
            let page = Content::new("SOS", alphabet).unwrap().pages().as_slice()[0];
            let whole = Pages::new(vec![Page::new(*page.octets(), 82).unwrap()]).unwrap();
            assert_eq!(whole.text(alphabet.dcs()).unwrap(), "SOS");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn hostile_contents_never_panic_and_accepted_ones_come_back(
            body in proptest::collection::vec(any::<u8>(), 1..200),
            pages in 0usize..=17,
            well_formed in any::<bool>(),
            dcs in any::<u8>(),
        ) {
            let mut contents: Vec<u8> = body.iter().copied().cycle().take(1 + pages * 83).collect();
            if well_formed {
                contents[0] = pages as u8;
                contents.iter_mut().step_by(83).skip(1).for_each(|useful| *useful %= 83);
            }
            let decoded = Pages::decode(&contents);
            prop_assert!(decoded.is_ok() || !well_formed || !(1..=15).contains(&pages));
            if let Ok(pages) = decoded {
                let dcs = DataCodingScheme::new(dcs);
                prop_assert_eq!(pages.text(dcs).is_err(), dcs.encoding() == Encoding::Data);
                prop_assert_eq!(pages.warning_message_contents(), contents);
            }
        }
    }
}
