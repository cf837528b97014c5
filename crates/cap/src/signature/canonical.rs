//! Canonical XML without comments: inclusive 1.0 and 1.1, which agree on what is signed here, and exclusive 1.0.

use std::ops::Range;

use super::name;
use crate::document::Limits;
use crate::problem::Problem;
use crate::xml::{Space, Tag, Token, Xml, attributes, is_blank};

/// How namespace declarations are carried over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Method {
    /// All that are in scope.
    Inclusive,
    /// Those that the element uses, and the listed prefixes (empty: the default namespace).
    Exclusive(Vec<String>),
}

impl Method {
    pub(super) fn named(algorithm: &str, prefixes: Vec<String>) -> Option<Self> {
        match algorithm {
            name::INCLUSIVE_1_0 | name::INCLUSIVE_1_1 => Some(Method::Inclusive),
            name::EXCLUSIVE => Some(Method::Exclusive(prefixes)),
            _ => None,
        }
    }
}

/// What is left out of a document before it is written in canonical form.
#[derive(Clone, Debug, Default)]
pub(super) struct LeftOut {
    /// Elements, by where they stand.
    pub(super) elements: Vec<Range<usize>>,
    /// White space between elements, and whatever stands outside the root.
    pub(super) blanks: bool,
}

/// The canonical form of a whole document: what an enveloped signature signs.
pub(super) fn document(
    text: &str,
    limits: Limits,
    left_out: &LeftOut,
    method: &Method,
) -> Result<String, Problem> {
    Canonical::new(text, limits, method, left_out).write(None)
}

/// The canonical form of the element that starts at an offset.
pub(super) fn element(
    text: &str,
    limits: Limits,
    start: usize,
    left_out: &LeftOut,
    method: &Method,
) -> Result<String, Problem> {
    let left_out = LeftOut { elements: Vec::new(), ..*left_out };
    Canonical::new(text, limits, method, &left_out).write(Some(start))
}

struct Canonical<'a> {
    xml: Xml<'a>,
    method: &'a Method,
    left_out: &'a LeftOut,
    out: String,
    /// Declarations written: prefix, namespace, and the depth of the element that carries it.
    declared: Vec<(&'a str, String, usize)>,
    open: Vec<&'a str>,
    /// White space that is left out unless it turns out to be all that its element holds.
    blank: Option<&'a str>,
    /// The last token opened an element.
    just_opened: bool,
}

impl<'a> Canonical<'a> {
    fn new(text: &'a str, limits: Limits, method: &'a Method, left_out: &'a LeftOut) -> Self {
        Canonical {
            xml: Xml::new(text, limits),
            method,
            left_out,
            out: String::with_capacity(text.len()),
            declared: Vec::new(),
            open: Vec::new(),
            blank: None,
            just_opened: false,
        }
    }

    /// Writes the document, or the element that starts at `apex`.
    fn write(mut self, apex: Option<usize>) -> Result<String, Problem> {
        // Written are elements within the apex; `inside` counts them. Without apex everything is within.
        let outside = usize::from(apex.is_none());
        let mut inside = outside;
        let mut root_closed = false;
        loop {
            let token = self.xml.next()?;
            let start = self.xml.span().start;
            if self.left_out.elements.iter().any(|range| range.contains(&start)) {
                continue;
            }
            let blank = self.blank.take();
            let just_opened = std::mem::take(&mut self.just_opened);
            match token {
                Token::Open(tag) if inside > 0 || apex == Some(start) => {
                    inside += 1;
                    self.open(&tag);
                    self.just_opened = true;
                }
                Token::Close if inside > outside => {
                    blank.into_iter().for_each(|blank| self.text(blank));
                    inside -= 1;
                    self.close();
                    if apex.is_some() && inside == 0 {
                        return Ok(self.out);
                    }
                    root_closed = self.open.is_empty();
                }
                Token::Text(text) if !self.open.is_empty() && self.left_out.blanks && is_blank(text) => {
                    self.blank = just_opened.then_some(text);
                }
                Token::Text(text) | Token::CData(text) if !self.open.is_empty() => self.text(text),
                Token::Char(ch) if !self.open.is_empty() => self.text(ch.encode_utf8(&mut [0; 4])),
                Token::Instruction(target, data) if inside > 0 => {
                    let (before, after) = match (self.open.is_empty(), root_closed) {
                        (true, _) if self.left_out.blanks => continue,
                        (true, true) => ("\n", ""),
                        (true, false) => ("", "\n"),
                        _ => ("", ""),
                    };
                    let separator = if data.is_empty() { "" } else { " " };
                    self.out.push_str(&format!("{before}<?{target}{separator}{data}?>{after}"));
                }
                Token::End => return Ok(self.out),
                _ => {}
            }
        }
    }

    fn open(&mut self, tag: &Tag<'a>) {
        self.open.push(tag.name);
        self.out.push('<');
        self.out.push_str(tag.name);
        let mut plain: Vec<_> = attributes(tag.raw_attributes)
            .flatten()
            .filter(|attribute| attribute.declares().is_none())
            .collect();
        let mut used: Vec<&str> =
            plain.iter().map(|attribute| attribute.prefix).filter(|it| !it.is_empty()).collect();
        used.push(tag.prefix);
        self.declare(&used);
        let namespace = |prefix: &str| match prefix {
            "" => "",
            _ => self.xml.namespace(prefix).unwrap_or_default(),
        };
        plain.sort_by(|a, b| (namespace(a.prefix), a.local).cmp(&(namespace(b.prefix), b.local)));
        for attribute in plain {
            self.out.push_str(&format!(" {}=\"", attribute.name));
            attribute_value(&mut self.out, &attribute.value);
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// Writes the declarations that the element needs and no written ancestor has.
    fn declare(&mut self, used: &[&str]) {
        let mut prefixes: Vec<&'a str> = self.xml.bindings().iter().map(|binding| binding.prefix).collect();
        prefixes.push("");
        prefixes.sort_unstable();
        prefixes.dedup();
        for prefix in prefixes {
            let wanted = match self.method {
                Method::Inclusive => true,
                Method::Exclusive(listed) => used.contains(&prefix) || listed.iter().any(|it| it == prefix),
            };
            let namespace = self.xml.namespace(prefix).unwrap_or_default();
            let written = self.declared.iter().rev().find(|(other, ..)| *other == prefix);
            let written = written.map(|(_, namespace, _)| namespace.as_str()).unwrap_or_default();
            if !wanted || prefix == "xml" || namespace == written {
                continue;
            }
            let namespace = namespace.to_owned();
            let colon = if prefix.is_empty() { "" } else { ":" };
            self.out.push_str(&format!(" xmlns{colon}{prefix}=\""));
            attribute_value(&mut self.out, &namespace);
            self.out.push('"');
            self.declared.push((prefix, namespace, self.open.len()));
        }
    }

    fn close(&mut self) {
        while self.declared.last().is_some_and(|(.., depth)| *depth == self.open.len()) {
            self.declared.pop();
        }
        if let Some(name) = self.open.pop() {
            self.out.push_str(&format!("</{name}>"));
        }
    }

    fn text(&mut self, text: &str) {
        for ch in text.chars() {
            match ch {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#xD;"),
                ch => self.out.push(ch),
            }
        }
    }
}

fn attribute_value(out: &mut String, value: &str) {
    for ch in value.chars() {
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            ch => out.push(ch),
        }
    }
}

/// Whether an attribute of the `xml:` namespace stands on the tag: inclusive canonicalisation of an element would have to
/// inherit it, each version in its own way, so it is not accepted on an ancestor of what is signed.
pub(super) fn has_xml_attribute(xml: &Xml<'_>, tag: &Tag<'_>) -> bool {
    attributes(tag.raw_attributes).flatten().any(|attribute| {
        xml.attribute_space(attribute.prefix) == Space::Xml && attribute.declares().is_none()
    })
}
