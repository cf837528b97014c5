//! What a check has to say: the verdict, and its problems with code, place, expected and found.

use std::borrow::Cow;

use serde::Serialize;

/// How far a message is checked. `Rules`, `Profile` and `Broadcast` start with everything the level named
/// before them in the table asks; profile and broadcast fitness are two different questions, so neither
/// includes the other.
///
/// | level | asks |
/// |---|---|
/// | `schema` | is it CAP 1.2, as strictly as the OASIS XSD says it? |
/// | `rules` | schema, and does it keep the rules that no XSD can state? |
/// | `profile` | rules, and is it CAP-RS? |
/// | `broadcast` | rules, and can it go out by cell broadcast? |
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Level {
    /// The OASIS XSD and what XML itself demands.
    Schema,
    /// The rules of the standard that no XSD can state. The default: it holds for every sender and every use.
    #[default]
    Rules,
    /// The Serbian profile, `docs/cap-rs.md`.
    Profile,
    /// Fitness for cell broadcast.
    Broadcast,
}

impl std::str::FromStr for Level {
    type Err = crate::Error;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "schema" => Ok(Level::Schema),
            "rules" => Ok(Level::Rules),
            "profile" => Ok(Level::Profile),
            "broadcast" => Ok(Level::Broadcast),
            _ => Err(crate::Error::UnknownLevel { found: word.into() }),
        }
    }
}

/// The outcome of a check.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether the OASIS XSD accepts the message (and the XML is well formed, without a DTD, within limits).
    pub schema_valid: bool,
    /// Whether no problem of severity `error` was found at the level asked for.
    pub acceptable: bool,
    /// Everything found, in the order of the document within each level.
    pub problems: Vec<Problem>,
}

impl Verdict {
    /// The verdict with the name of the file it is about: one line of `amberctl cap check`.
    pub fn about(self, file: &str) -> FileVerdict<'_> {
        FileVerdict { file, verdict: self }
    }
}

/// A verdict and the file it is about; serialises as `file`, `schema_valid`, `acceptable`, `problems`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FileVerdict<'a> {
    /// The name the caller knows the message by.
    pub file: &'a str,
    /// What was found.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// One thing that is wrong, or odd.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// What kind of fault it is.
    pub code: Code,
    /// Whether it makes the message unacceptable.
    pub severity: Severity,
    /// The element, as a path from the root: `/alert/info[2]/area[1]/polygon[1]`.
    pub at: String,
    /// The line in the file, counted from 1, where the reader knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What would have been right.
    pub expected: Cow<'static, str>,
    /// What is there, cut to a readable length.
    pub found: String,
}

impl Problem {
    /// A problem that makes the message unacceptable.
    pub(crate) fn error(
        code: Code,
        at: impl Into<String>,
        expected: impl Into<Cow<'static, str>>,
        found: impl AsRef<str>,
    ) -> Self {
        let found = shortened(found.as_ref());
        Problem {
            code,
            severity: Severity::Error,
            at: at.into(),
            line: None,
            expected: expected.into(),
            found,
        }
    }

    /// A problem worth a word that does not stand in the way.
    pub(crate) fn warning(
        code: Code,
        at: impl Into<String>,
        expected: impl Into<Cow<'static, str>>,
        found: impl AsRef<str>,
    ) -> Self {
        Problem { severity: Severity::Warning, ..Problem::error(code, at, expected, found) }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: expected {}, found {}", self.at, self.expected, self.found)
    }
}

/// Whether a problem stands in the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The message is not acceptable.
    Error,
    /// The message is acceptable; its sender should hear of it.
    Warning,
}

/// What kind of fault a problem is. The words are stable: scripts may match on them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Not a known alert class (CAP-RS).
    AlertClass,
    /// An area with no shape and no code: nothing says where.
    AreaWithoutPlace,
    /// An area code that is not a district or municipality code (CAP-RS).
    AreaCode,
    /// Ceiling without altitude.
    CeilingWithoutAltitude,
    /// A circle that is not `lat,lon radius` with a radius of zero or more.
    Circle,
    /// A latitude or longitude that WGS 84 does not have.
    CoordinateBounds,
    /// A comma, a blank, `<` or `&` in an identifier or sender.
    ForbiddenCharacter,
    /// A date-time that the schema refuses.
    DateTime,
    /// A decimal number that the schema refuses.
    Decimal,
    /// A document type definition; they are never read.
    Dtd,
    /// An empty value where the standard wants a text.
    EmptyValue,
    /// An encoding that is not read, or bytes that are not in the declared one.
    Encoding,
    /// A reference to an entity that XML does not predefine; none is ever expanded.
    Entity,
    /// Not a known EU-Alert level, or not the one of the class and status (CAP-RS).
    EuLevel,
    /// Expires at or before it was sent, or before its onset.
    Expiry,
    /// An integer that the schema refuses.
    Integer,
    /// Info blocks of one alert that disagree about the event.
    InfoBlocksDiffer,
    /// A certificate within the signature that cannot be read.
    InvalidCertificate,
    /// The digest within the signature is not that of the message.
    InvalidDigest,
    /// The signature value does not verify with the certificate's key.
    InvalidSignature,
    /// A language tag that the schema refuses.
    Language,
    /// Latitude and longitude seem to be exchanged.
    LatLonOrder,
    /// XML that is not well formed.
    Malformed,
    /// A required element is missing.
    MissingElement,
    /// A message type that is never broadcast.
    MessageType,
    /// Restricted without restriction, or private without addresses.
    MissingAudience,
    /// No info block.
    NoInfo,
    /// No signature.
    NoSignature,
    /// Not a CAP message at all: the root element is another.
    NotCap,
    /// A polygon that is no list of at least four `lat,lon` pairs.
    Polygon,
    /// A polygon whose last point is not its first.
    PolygonNotClosed,
    /// A polygon that crosses or touches itself.
    PolygonSelfCrossing,
    /// A polygon too tangled to be judged within the limits.
    PolygonTooComplex,
    /// Not a known policy name (CAP-RS).
    Policy,
    /// The profile is not declared (CAP-RS).
    ProfileNotDeclared,
    /// A value that needs quotes, or lacks one of a pair.
    Quoting,
    /// An Update, Cancel, Ack or Error without references.
    ReferencesMissing,
    /// References that are not `sender,identifier,sent` triples.
    ReferencesMalformed,
    /// A language tag without script, or a text in another script than its tag says (CAP-RS).
    Script,
    /// A scope that is not for everybody.
    Scope,
    /// A signature that holds only by a habit of senders, not by the letter of the standard.
    SignatureTolerated,
    /// A signature made in a way that is not accepted.
    SignatureUnsupported,
    /// A status that is never broadcast.
    Status,
    /// No text to broadcast.
    TextMissing,
    /// A text that no cell broadcast message can hold.
    TextTooLong,
    /// Elements nested deeper than the limit.
    TooDeep,
    /// More bytes than the limit.
    TooLarge,
    /// More points, polygons, attributes or problems than the limit.
    TooMany,
    /// An attribute the schema does not allow.
    UnexpectedAttribute,
    /// An element the schema does not allow here.
    UnexpectedElement,
    /// Text between elements.
    UnexpectedText,
    /// A value outside the schema's enumeration.
    UnknownValue,
    /// CAP of another version: 1.0 and 1.1 are recognised and named, not read.
    UnsupportedVersion,
    /// A URI that the schema refuses.
    Uri,
    /// A URI that is relative where the standard wants a full one.
    UriRelative,
    /// UTC written otherwise than `-00:00`.
    UtcOffset,
}

/// As much of a value as a person wants to read in a report.
fn shortened(value: &str) -> String {
    const READABLE_CHARS: usize = 80;
    let mut chars = value.chars();
    // JSON escapes the line ends of ASCII and leaves these, at which some readers of lines part them too.
    let in_a_line = |ch| if matches!(ch, '\u{85}' | '\u{2028}' | '\u{2029}') { '\u{fffd}' } else { ch };
    let mut found: String = chars.by_ref().take(READABLE_CHARS).map(in_a_line).collect();
    if chars.next().is_some() {
        found.push('…');
    }
    found
}
