//! A strict XML 1.0 pull reader with namespaces, over quick-xml's event scan.
//!
//! quick-xml finds the markup and pairs the tags; what it leaves to its caller is checked here: names, attributes,
//! references, the place of the declaration, one root and nothing beside it. DTDs are refused, so no entity but the
//! five predefined ones exists. Every slice handed out borrows from the document.

use std::borrow::Cow;

use quick_xml::events::Event;

use crate::document::{Limits, is_xml_char, line_of};
use crate::problem::{Code, Problem};

/// The next piece of a document.
pub(crate) enum Token<'a> {
    /// A start tag. An empty element gives `Open` and then `Close`.
    Open(Tag<'a>),
    /// The end tag of the innermost open element.
    Close,
    /// Character data without references, as written.
    Text(&'a str),
    /// The content of a CDATA section.
    CData(&'a str),
    /// A character reference or a predefined entity.
    Char(char),
    /// A comment.
    Comment,
    /// A processing instruction: target, data.
    Instruction(&'a str, &'a str),
    /// The end of the document.
    End,
}

/// A start tag.
pub(crate) struct Tag<'a> {
    /// The name as written: `ds:Signature`.
    pub(crate) name: &'a str,
    /// The prefix, empty where there is none.
    pub(crate) prefix: &'a str,
    /// The name without prefix.
    pub(crate) local: &'a str,
    /// The namespace of the element.
    pub(crate) space: Space,
    /// What stands between name and `>`: read it with [`attributes`].
    pub(crate) raw_attributes: &'a str,
}

/// The namespaces this crate knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Space {
    Cap10,
    Cap11,
    Cap12,
    None,
    Other,
    SchemaInstance,
    Signature,
    Xml,
}

pub(crate) const CAP_1_2: &str = "urn:oasis:names:tc:emergency:cap:1.2";
pub(crate) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

impl Space {
    fn of(name: &str) -> Self {
        match name {
            CAP_1_2 => Space::Cap12,
            SIGNATURE => Space::Signature,
            "" => Space::None,
            "urn:oasis:names:tc:emergency:cap:1.1" => Space::Cap11,
            "http://www.incident.com/cap/1.0" => Space::Cap10,
            "http://www.w3.org/2001/XMLSchema-instance" => Space::SchemaInstance,
            XML => Space::Xml,
            _ => Space::Other,
        }
    }
}

/// A namespace declaration in scope.
pub(crate) struct Binding<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) name: Cow<'a, str>,
    space: Space,
    depth: usize,
}

pub(crate) struct Xml<'a> {
    text: &'a str,
    reader: quick_xml::Reader<&'a [u8]>,
    limits: Limits,
    bindings: Vec<Binding<'a>>,
    /// Number of open elements.
    depth: usize,
    /// Where the token handed out last begins, and ends.
    start: usize,
    end: usize,
    /// An empty element was opened; its `Close` comes next.
    closing: bool,
    root_seen: bool,
}

impl<'a> Xml<'a> {
    pub(crate) fn new(text: &'a str, limits: Limits) -> Self {
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().check_comments = true;
        Xml {
            text,
            reader,
            limits,
            bindings: vec![Binding { prefix: "xml", name: XML.into(), space: Space::Xml, depth: 0 }],
            depth: 0,
            start: 0,
            end: 0,
            closing: false,
            root_seen: false,
        }
    }

    pub(crate) fn next(&mut self) -> Result<Token<'a>, Problem> {
        if self.closing {
            self.closing = false;
            self.close();
            return Ok(Token::Close);
        }
        if self.end == 0 && self.text.starts_with('\u{feff}') {
            // The mark of the bytes is gone already. The reader would step over a second one without counting it.
            return Err(self.malformed("one root element", "a second byte order mark"));
        }
        self.start = self.end;
        let event = self.reader.read_event();
        self.end = self.reader.buffer_position() as usize;
        let source = &self.text[self.start..self.end];
        match event {
            Ok(Event::Start(_)) => self.open(&source[1..source.len() - 1]).map(Token::Open),
            Ok(Event::Empty(_)) => {
                self.closing = true;
                self.open(&source[1..source.len() - 2]).map(Token::Open)
            }
            Ok(Event::End(_)) => {
                self.close();
                Ok(Token::Close)
            }
            Ok(Event::Text(_)) => self.character_data(source),
            Ok(Event::CData(_)) if self.depth > 0 => Ok(Token::CData(&source[9..source.len() - 3])),
            Ok(Event::GeneralRef(_)) if self.depth > 0 => {
                self.reference(&source[1..source.len() - 1]).map(Token::Char)
            }
            Ok(Event::Comment(_)) => Ok(Token::Comment),
            Ok(Event::PI(_)) => self.instruction(&source[2..source.len() - 2]),
            Ok(Event::Decl(_)) if self.start == 0 => {
                self.declaration(&source[5..source.len() - 2])?;
                self.next()
            }
            Ok(Event::Eof) if self.root_seen && self.depth == 0 => Ok(Token::End),
            Ok(Event::Eof) => Err(self.malformed("the end tags of all elements", "the end of the document")),
            Ok(Event::DocType(_)) => Err(self.problem(Code::Dtd, "no document type definition", source)),
            Ok(Event::CData(_) | Event::GeneralRef(_)) => Err(self.malformed("one root element", source)),
            Ok(Event::Decl(_)) => Err(self.malformed("an XML declaration only at the very start", source)),
            Err(error) => Err(self.malformed("well-formed XML", &error.to_string())),
        }
    }

    /// The namespace name a prefix is bound to; an unbound empty prefix means no namespace.
    pub(crate) fn namespace(&self, prefix: &str) -> Option<&str> {
        match self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            Some(binding) => Some(&binding.name),
            None => prefix.is_empty().then_some(""),
        }
    }

    /// The namespace an attribute is in; no prefix means none.
    pub(crate) fn attribute_space(&self, prefix: &str) -> Space {
        match prefix {
            "" => Space::None,
            _ => self.binding(prefix).unwrap_or(Space::Other),
        }
    }

    /// All declarations, inner ones last. An inner one hides an outer one of the same prefix.
    pub(crate) fn bindings(&self) -> &[Binding<'a>] {
        &self.bindings
    }

    /// Where the last token begins and ends, as offsets in the text.
    pub(crate) fn span(&self) -> std::ops::Range<usize> {
        self.start..self.end
    }

    /// A problem at the place of the last token. The caller knows the path.
    pub(crate) fn problem(&self, code: Code, expected: impl Into<Cow<'static, str>>, found: &str) -> Problem {
        let line = Some(line_of(self.text.as_bytes(), self.start));
        Problem { line, ..Problem::error(code, "/", expected, found) }
    }

    fn malformed(&self, expected: impl Into<Cow<'static, str>>, found: &str) -> Problem {
        self.problem(Code::Malformed, expected, found)
    }

    fn open(&mut self, content: &'a str) -> Result<Tag<'a>, Problem> {
        if self.depth == 0 && self.root_seen {
            return Err(self.malformed("one root element", content));
        }
        if self.depth == self.limits.depth {
            let expected = format!("at most {} levels", self.limits.depth);
            return Err(self.problem(Code::TooDeep, expected, content));
        }
        self.root_seen = true;
        self.depth += 1;
        let name = name_at_start(content);
        let Some((prefix, local)) = split_name(name) else {
            return Err(self.malformed("an element name", content));
        };
        let raw_attributes = &content[name.len()..];
        if !raw_attributes.is_empty() {
            self.declare(raw_attributes)?;
        }
        let Some(space) = self.binding(prefix) else {
            return Err(self.malformed("a declared namespace prefix", name));
        };
        Ok(Tag { name, prefix, local, space, raw_attributes })
    }

    fn close(&mut self) {
        while self.bindings.last().is_some_and(|binding| binding.depth == self.depth) {
            self.bindings.pop();
        }
        self.depth -= 1;
    }

    fn binding(&self, prefix: &str) -> Option<Space> {
        match self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            Some(binding) => Some(binding.space),
            None => prefix.is_empty().then_some(Space::None),
        }
    }

    /// Checks the attributes of a start tag and takes its namespace declarations into scope.
    fn declare(&mut self, raw_attributes: &'a str) -> Result<(), Problem> {
        let mut names: Vec<(&str, &str)> = Vec::new();
        for attribute in attributes(raw_attributes) {
            let attribute = attribute.map_err(|fault| self.attribute_problem(fault))?;
            let name = (attribute.prefix, attribute.local);
            if names.contains(&name) {
                return Err(self.malformed("each attribute once", attribute.name));
            }
            if names.len() == self.limits.attributes || self.bindings.len() > self.limits.namespaces {
                let Limits { attributes, namespaces, .. } = self.limits;
                let expected = format!("at most {attributes} attributes, {namespaces} namespaces in scope");
                return Err(self.problem(Code::TooMany, expected, raw_attributes));
            }
            names.push(name);
            if let Some(prefix) = attribute.declares() {
                let reserved = prefix == "xmlns"
                    || attribute.value == XMLNS
                    || (prefix == "xml") != (attribute.value == XML)
                    || (!prefix.is_empty() && attribute.value.is_empty());
                if reserved {
                    return Err(self.malformed("a namespace declaration that XML allows", attribute.name));
                }
                let space = Space::of(&attribute.value);
                let binding = Binding { prefix, name: attribute.value, space, depth: self.depth };
                self.bindings.push(binding);
            }
        }
        // Two prefixes may mean the same namespace: the same attribute again, under another name.
        for (index, &(prefix, local)) in names.iter().enumerate() {
            if prefix.is_empty() || prefix == "xmlns" {
                continue;
            }
            let Some(namespace) = self.namespace(prefix) else {
                return Err(self.malformed("a declared namespace prefix", prefix));
            };
            let twice = |&(other, name): &(&str, &str)| {
                name == local
                    && !other.is_empty()
                    && other != "xmlns"
                    && self.namespace(other) == Some(namespace)
            };
            if names[..index].iter().any(twice) {
                return Err(self.malformed("each attribute once", local));
            }
        }
        Ok(())
    }

    fn attribute_problem(&self, fault: AttributeFault<'a>) -> Problem {
        match fault {
            AttributeFault::Malformed(found) => {
                self.malformed("attributes of the form name=\"value\"", found)
            }
            AttributeFault::Entity(found) => self.problem(Code::Entity, PREDEFINED, found),
        }
    }

    fn character_data(&self, source: &'a str) -> Result<Token<'a>, Problem> {
        if self.depth == 0 && !is_blank(source) {
            return Err(self.malformed("only comments and blanks outside the root element", source));
        }
        if source.as_bytes().contains(&b']') && source.contains("]]>") {
            return Err(self.malformed("no \"]]>\" in text", source));
        }
        Ok(Token::Text(source))
    }

    fn reference(&self, name: &'a str) -> Result<char, Problem> {
        resolve(name).ok_or_else(|| match name.starts_with('#') {
            true => self.malformed("a reference to a character that XML allows", name),
            false => self.problem(Code::Entity, PREDEFINED, name),
        })
    }

    fn instruction(&self, content: &'a str) -> Result<Token<'a>, Problem> {
        let target = &content[..content.find(is_space).unwrap_or(content.len())];
        if split_name(target).is_none() || target.eq_ignore_ascii_case("xml") {
            return Err(self.malformed("the name of a processing instruction", content));
        }
        Ok(Token::Instruction(target, content[target.len()..].trim_start_matches(is_space)))
    }

    /// XML 1.0 §2.8: version, then encoding, then standalone.
    fn declaration(&self, content: &'a str) -> Result<(), Problem> {
        let mut rest = ["version", "encoding", "standalone"].iter();
        let mut found_version = false;
        for attribute in attributes(content.trim_end_matches(is_space)) {
            let attribute = attribute.map_err(|fault| self.attribute_problem(fault))?;
            let value = &*attribute.value;
            let known = rest.any(|name| *name == attribute.name);
            let valid = match attribute.name {
                "version" => {
                    found_version = true;
                    value.strip_prefix("1.").is_some_and(|minor| {
                        !minor.is_empty() && minor.bytes().all(|digit| digit.is_ascii_digit())
                    })
                }
                "encoding" => value.starts_with(|ch: char| ch.is_ascii_alphabetic()),
                _ => matches!(value, "yes" | "no"),
            };
            if !known || !valid || !found_version {
                return Err(self.malformed("version, encoding and standalone, in this order", content));
            }
        }
        match found_version {
            true => Ok(()),
            false => Err(self.malformed("a version in the XML declaration", content)),
        }
    }
}

const PREDEFINED: &str = "&amp; &lt; &gt; &quot; &apos; or a character reference";

/// An attribute with its value as XML 1.0 §3.3.3 normalises it.
pub(crate) struct Attribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) local: &'a str,
    pub(crate) value: Cow<'a, str>,
}

impl<'a> Attribute<'a> {
    /// The prefix this attribute declares (empty for the default namespace), if it is a declaration.
    pub(crate) fn declares(&self) -> Option<&'a str> {
        match (self.prefix, self.local) {
            ("", "xmlns") => Some(""),
            ("xmlns", prefix) => Some(prefix),
            _ => None,
        }
    }
}

pub(crate) enum AttributeFault<'a> {
    Malformed(&'a str),
    Entity(&'a str),
}

/// The attributes of a start tag.
pub(crate) fn attributes<'a>(
    raw: &'a str,
) -> impl Iterator<Item = Result<Attribute<'a>, AttributeFault<'a>>> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        let trimmed = rest.trim_start_matches(is_space);
        if trimmed.is_empty() {
            return None;
        }
        let blank_before = trimmed.len() < rest.len();
        match attribute(trimmed).filter(|_| blank_before) {
            Some((name, (prefix, local), value, after)) => {
                rest = after;
                Some(attribute_value(value).map(|value| Attribute { name, prefix, local, value }))
            }
            None => {
                rest = "";
                Some(Err(AttributeFault::Malformed(trimmed)))
            }
        }
    })
}

/// Name, its two parts, the raw value, and what follows.
fn attribute(text: &str) -> Option<(&str, (&str, &str), &str, &str)> {
    let (name, after) = text.split_once('=')?;
    let name = name.trim_end_matches(is_space);
    let after = after.trim_start_matches(is_space);
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, rest) = after[1..].split_once(quote)?;
    (!value.contains('<')).then_some((name, split_name(name)?, value, rest))
}

fn attribute_value(raw: &str) -> Result<Cow<'_, str>, AttributeFault<'_>> {
    if !raw.contains(['&', '\t', '\n']) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\n']) {
        value.push_str(&rest[..at]);
        match rest[at..].strip_prefix('&') {
            Some(reference) => {
                let (name, after) = reference.split_once(';').ok_or(AttributeFault::Malformed(raw))?;
                value.push(resolve(name).ok_or(AttributeFault::Entity(name))?);
                rest = after;
            }
            None => {
                value.push(' ');
                rest = &rest[at + 1..];
            }
        }
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}

/// What a reference, without `&` and `;`, stands for.
fn resolve(name: &str) -> Option<char> {
    let number = match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let code = match number.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|digit| digit.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
        None if number.bytes().all(|digit| digit.is_ascii_digit()) => number.parse(),
        _ => return None,
    };
    char::from_u32(code.ok()?).filter(|&ch| is_xml_char(ch))
}

/// XML's white space, and nothing else's.
pub(crate) fn is_space(ch: char) -> bool {
    matches!(ch, ' ' | '\t' | '\n' | '\r')
}

pub(crate) fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

fn name_at_start(content: &str) -> &str {
    let end = content.bytes().position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    &content[..end.unwrap_or(content.len())]
}

/// Prefix and local part of a qualified name (XML 1.0 §2.3, Namespaces in XML §4).
fn split_name(name: &str) -> Option<(&str, &str)> {
    let (prefix, local) = match name.bytes().position(|byte| byte == b':') {
        Some(colon) if colon > 0 => (&name[..colon], &name[colon + 1..]),
        Some(_) => return None,
        None => ("", name),
    };
    (is_nc_name(local) && (prefix.is_empty() || is_nc_name(prefix))).then_some((prefix, local))
}

fn is_nc_name(name: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.bytes().all(|byte| plain(&byte)) {
        return name.starts_with(|ch: char| ch.is_ascii_alphabetic() || ch == '_');
    }
    let starts = |ch: char| {
        matches!(ch, 'A'..='Z' | 'a'..='z' | '_' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
            | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}' | '\u{200d}' | '\u{2070}'..='\u{218f}'
            | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
            | '\u{10000}'..='\u{effff}')
    };
    let continues = |ch: char| {
        starts(ch)
            || matches!(ch, '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
    };
    let mut chars = name.chars();
    chars.next().is_some_and(starts) && chars.all(continues)
}
