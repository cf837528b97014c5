//! Reads the signatures of a message and judges them.

use std::ops::Range;

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::canonical::{LeftOut, Method, document, element, has_xml_attribute};
use super::key::PublicKey;
use super::name;
use super::trust::{Trust, is_valid_at};
use crate::document::Document;
use crate::problem::{Code, Problem};
use crate::xml::{Space, Tag, Token, Xml, attributes};

/// Who signed a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// The subject of the certificate, in the notation of RFC 4514.
    pub subject: String,
}

/// Why a message is not taken as signed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The certificate cannot be read, or holds no key that is accepted.
    #[error("expected a readable certificate in the signature, found {found}")]
    InvalidCertificate {
        /// What is wrong with it.
        found: String,
    },
    /// The message is not what was signed.
    #[error("expected the digest of the message, {expected}, found {found}")]
    InvalidDigest {
        /// The digest of the message, in base64.
        expected: String,
        /// The digest in the signature.
        found: String,
    },
    /// The signature was not made with the certificate's key.
    #[error("expected a signature by the key of {subject}, found another")]
    InvalidSignature {
        /// The subject of the certificate.
        subject: String,
    },
    /// There is no signature.
    #[error("expected a signature, found none")]
    NoSignature,
    /// The certificate is not valid at the time given.
    #[error("expected a certificate valid at {at_unix_s} s of Unix time, found one of {subject} that is not")]
    NotValidNow {
        /// The time asked about.
        at_unix_s: i64,
        /// The subject of the certificate.
        subject: String,
    },
    /// The message cannot be read.
    #[error("expected a readable message, found: {0}")]
    Unreadable(Box<Problem>),
    /// The signature is made in a way that is not accepted.
    #[error("expected {expected}, found {found}")]
    Unsupported {
        /// What is accepted.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Nothing leads from the certificate to an anchor.
    #[error("expected a certificate that a trust anchor vouches for, found one of {subject}")]
    Untrusted {
        /// The subject of the certificate.
        subject: String,
    },
}

/// Who signed a message: all its signatures must be intact, and one of them by a signer whom `trust` reaches at the time
/// given.
pub fn verify(document: &Document<'_>, trust: &Trust, at_unix_s: i64) -> Result<Signer, Fault> {
    let signatures = signatures(document)?;
    let intact = (0..signatures.len()).map(|index| intact(document, &signatures, index));
    let intact = intact.collect::<Result<Vec<_>, _>>()?;
    let mut fault = Fault::NoSignature;
    for it in &intact {
        let subject = it.signer.tbs_certificate().subject().to_string();
        if trust.reaches(&it.signer, &it.others, at_unix_s) {
            return Ok(Signer { subject });
        }
        fault = match is_valid_at(&it.signer, at_unix_s) {
            true => Fault::Untrusted { subject },
            false => Fault::NotValidNow { at_unix_s, subject },
        };
    }
    Err(fault)
}

/// What can be said of the signatures without knowing whom to trust: whether they are there, readable and intact.
pub fn inspect(document: &Document<'_>) -> Vec<Problem> {
    let signatures = match signatures(document) {
        Ok(signatures) => signatures,
        Err(fault) => return vec![fault.problem(1)],
    };
    if signatures.is_empty() {
        return vec![Fault::NoSignature.problem(1)];
    }
    let problems = (0..signatures.len()).filter_map(|index| match intact(document, &signatures, index) {
        Ok(Intact { reading: Reading::Exact, .. }) => None,
        Ok(Intact { reading, .. }) => {
            let at = format!("/alert/Signature[{}]", index + 1);
            Some(Problem::warning(Code::SignatureTolerated, at, Reading::Exact.words(), reading.words()))
        }
        Err(fault) => Some(fault.problem(index + 1)),
    });
    problems.collect()
}

impl Fault {
    fn problem(self, number: usize) -> Problem {
        let at = format!("/alert/Signature[{number}]");
        match self {
            Fault::InvalidCertificate { found } => {
                Problem::error(Code::InvalidCertificate, at, "a readable certificate", found)
            }
            Fault::InvalidDigest { expected, found } => {
                Problem::error(Code::InvalidDigest, at, expected, found)
            }
            Fault::InvalidSignature { subject } => {
                Problem::error(Code::InvalidSignature, at, format!("a signature by {subject}"), "another")
            }
            Fault::NoSignature => Problem::warning(Code::NoSignature, "/alert", "a signature", "none"),
            Fault::Unsupported { expected, found } => {
                Problem::warning(Code::SignatureUnsupported, at, expected, found)
            }
            Fault::Unreadable(problem) => *problem,
            Fault::NotValidNow { subject, .. } | Fault::Untrusted { subject } => {
                Problem::error(Code::InvalidCertificate, at, "a trusted certificate", subject)
            }
        }
    }
}

/// One `Signature` of the document, as it stands there.
#[derive(Default)]
struct Parsed {
    span: Range<usize>,
    /// Where each `SignedInfo` starts. There must be one.
    signed_infos: Vec<usize>,
    canonicalisation: Algorithm,
    signature_method: Algorithm,
    reference_uris: Vec<String>,
    transforms: Vec<Algorithm>,
    digest_method: Algorithm,
    digest: String,
    value: String,
    certificates: Vec<String>,
    xml_attributes: bool,
}

#[derive(Default)]
struct Algorithm {
    name: String,
    /// Of an `InclusiveNamespaces` child.
    prefixes: Vec<String>,
}

/// What the digest in a signature was taken of.
///
/// Two habits of senders are read beside the standard's. Both leave out only what says nothing in CAP, so nobody can add a
/// word to a message by them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reading {
    /// The document without the signature itself, as the standard has it.
    Exact,
    /// The document without any signature: Canada's distributor signs beside the issuer.
    Alone,
    /// The root without white space between elements: WMO members indent after signing, and WMO's validator undoes it.
    Indented,
}

impl Reading {
    const ALL: [Self; 3] = [Self::Exact, Self::Alone, Self::Indented];

    fn words(self) -> &'static str {
        match self {
            Self::Exact => "a digest of the document without this signature",
            Self::Alone => "a digest of the document without any signature",
            Self::Indented => "a digest of the root element without the white space between elements",
        }
    }

    fn left_out(self, signatures: &[Parsed], index: usize) -> LeftOut {
        let elements = match self {
            Self::Exact | Self::Indented => vec![signatures[index].span.clone()],
            Self::Alone => signatures.iter().map(|signature| signature.span.clone()).collect(),
        };
        LeftOut { elements, blanks: self == Self::Indented }
    }
}

/// A signature that holds.
struct Intact {
    signer: Certificate,
    /// The other certificates it carries.
    others: Vec<Certificate>,
    reading: Reading,
}

/// Holds one of the signatures against the document.
fn intact(message: &Document<'_>, signatures: &[Parsed], index: usize) -> Result<Intact, Fault> {
    let unreadable = |problem: Problem| Fault::Unreadable(Box::new(problem));
    let (text, limits, signature) = (&*message.text, message.limits, &signatures[index]);
    let transform = signature.transform()?;

    let signed = decoded(&signature.digest);
    let mut exact = None;
    let mut reading = None;
    for candidate in Reading::ALL {
        let form =
            document(text, limits, &candidate.left_out(signatures, index), &transform).map_err(unreadable)?;
        let digest = Sha256::digest(form.as_bytes());
        exact = exact.or_else(|| Some(Base64::encode_string(&digest)));
        if signed.as_deref() == Some(&digest[..]) {
            reading = Some(candidate);
            break;
        }
    }
    let Some(reading) = reading else {
        let (expected, found) = (exact.unwrap_or_default(), signature.digest.trim().to_owned());
        return Err(Fault::InvalidDigest { expected, found });
    };

    let mut certificates = signature.read_certificates()?;
    let method = method(&signature.canonicalisation)?;
    let left_out = reading.left_out(signatures, index);
    let signed_info =
        element(text, limits, signature.signed_infos[0], &left_out, &method).map_err(unreadable)?;
    let value = decoded(&signature.value).unwrap_or_default();
    let made = |certificate: &Certificate| {
        PublicKey::of(certificate)
            .is_ok_and(|key| key.made(&signature.signature_method.name, signed_info.as_bytes(), &value))
    };
    match certificates.iter().position(made) {
        Some(signer) => Ok(Intact { signer: certificates.remove(signer), others: certificates, reading }),
        None => {
            Err(Fault::InvalidSignature { subject: certificates[0].tbs_certificate().subject().to_string() })
        }
    }
}

impl Parsed {
    /// The canonicalisation of the reference, if all that was done is accepted.
    fn transform(&self) -> Result<Method, Fault> {
        let unsupported =
            |expected, found: &str| Err(Fault::Unsupported { expected, found: found.to_owned() });
        if !matches!(&self.reference_uris[..], [uri] if uri.is_empty()) {
            return unsupported("one reference, to the whole document", &self.reference_uris.join(" "));
        }
        if self.signed_infos.len() != 1 {
            return unsupported("one SignedInfo", &self.signed_infos.len().to_string());
        }
        if self.digest_method.name != name::SHA256 {
            return unsupported("SHA-256", &self.digest_method.name);
        }
        if ![name::RSA_SHA256, name::ECDSA_SHA256].contains(&&*self.signature_method.name) {
            return unsupported("RSA or ECDSA with SHA-256", &self.signature_method.name);
        }
        if self.xml_attributes {
            return unsupported("no xml: attributes around the signature", "one");
        }
        match &self.transforms[..] {
            [first] if first.name == name::ENVELOPED => Ok(Method::Inclusive),
            [first, second] if first.name == name::ENVELOPED => method(second),
            others => {
                let names: Vec<_> = others.iter().map(|transform| &*transform.name).collect();
                unsupported("enveloped-signature, then at most one canonicalisation", &names.join(" "))
            }
        }
    }

    fn read_certificates(&self) -> Result<Vec<Certificate>, Fault> {
        const CERTIFICATES_MAX: usize = 8;
        let invalid = |found: String| Fault::InvalidCertificate { found };
        if self.certificates.is_empty() || self.certificates.len() > CERTIFICATES_MAX {
            return Err(invalid(format!("{} certificates", self.certificates.len())));
        }
        let read = |text: &String| {
            let der = decoded(text).ok_or_else(|| invalid("no base64".to_owned()))?;
            Certificate::from_der(&der).map_err(|error| invalid(error.to_string()))
        };
        self.certificates.iter().map(read).collect()
    }
}

fn method(algorithm: &Algorithm) -> Result<Method, Fault> {
    let expected = "canonical XML 1.0 or 1.1, or exclusive, without comments";
    Method::named(&algorithm.name, algorithm.prefixes.clone())
        .ok_or_else(|| Fault::Unsupported { expected, found: algorithm.name.clone() })
}

/// Base64 in its one canonical spelling (RFC 4648 §3.5), blanks aside: another spelling of the same bits was not written by
/// who made the signature.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|ch| !ch.is_ascii_whitespace()).collect();
    Base64::decode_vec(&compact).ok()
}

/// Finds the signatures that are children of the root.
fn signatures(document: &Document<'_>) -> Result<Vec<Parsed>, Fault> {
    const SIGNATURES_MAX: usize = 4;
    let mut xml = Xml::new(&document.text, document.limits);
    let mut path: Vec<&str> = Vec::new();
    let mut found: Vec<Parsed> = Vec::new();
    let mut root_xml_attributes = false;
    loop {
        match xml.next().map_err(|problem| Fault::Unreadable(Box::new(problem)))? {
            Token::Open(tag) => {
                path.push(match tag.space {
                    Space::Signature => tag.local,
                    // It lives in the namespace of exclusive canonicalisation, alone.
                    _ if tag.local == INCLUSIVE_NAMESPACES => tag.local,
                    // A name of another namespace cannot be mistaken for one of ours.
                    _ => "",
                });
                if path.len() == 1 {
                    root_xml_attributes = has_xml_attribute(&xml, &tag);
                } else if path[1..] == ["Signature"] {
                    let xml_attributes = root_xml_attributes || has_xml_attribute(&xml, &tag);
                    let span = xml.span().start..xml.span().start;
                    found.push(Parsed { span, xml_attributes, ..Parsed::default() });
                } else if let Some(signature) = found.last_mut().filter(|_| path[1] == "Signature") {
                    signature.opened(&path[2..], &tag, xml.span().start);
                }
            }
            Token::Close => {
                if path.len() == 2
                    && path[1] == "Signature"
                    && let Some(signature) = found.last_mut()
                {
                    signature.span.end = xml.span().end;
                }
                path.pop();
            }
            Token::Text(text) | Token::CData(text) => {
                if let Some(signature) = found.last_mut().filter(|_| path.get(1) == Some(&"Signature")) {
                    signature.text(&path[2..], text);
                }
            }
            Token::End => break,
            Token::Char(_) | Token::Comment | Token::Instruction(..) => {}
        }
    }
    match found.len() > SIGNATURES_MAX {
        true => Err(Fault::Unsupported { expected: "at most 4 signatures", found: found.len().to_string() }),
        false => Ok(found),
    }
}

const INCLUSIVE_NAMESPACES: &str = "InclusiveNamespaces";

impl Parsed {
    fn opened(&mut self, path: &[&str], tag: &Tag<'_>, start: usize) {
        let attribute = |name: &str| {
            let found = attributes(tag.raw_attributes).flatten().find(|attribute| attribute.name == name);
            found.map(|attribute| attribute.value.into_owned()).unwrap_or_default()
        };
        let algorithm = || Algorithm { name: attribute("Algorithm"), prefixes: Vec::new() };
        let prefixes = || {
            let listed = attribute("PrefixList");
            listed
                .split_ascii_whitespace()
                .map(|it| if it == "#default" { "" } else { it }.to_owned())
                .collect()
        };
        match path {
            ["SignedInfo"] => self.signed_infos.push(start),
            ["SignedInfo", "CanonicalizationMethod"] => self.canonicalisation = algorithm(),
            ["SignedInfo", "CanonicalizationMethod", INCLUSIVE_NAMESPACES] => {
                self.canonicalisation.prefixes = prefixes();
            }
            ["SignedInfo", "SignatureMethod"] => self.signature_method = algorithm(),
            ["SignedInfo", "Reference"] => {
                self.reference_uris.push(match tag.raw_attributes.contains("URI") {
                    true => attribute("URI"),
                    false => "none".to_owned(),
                })
            }
            ["SignedInfo", "Reference", "Transforms", "Transform"] => self.transforms.push(algorithm()),
            ["SignedInfo", "Reference", "Transforms", "Transform", INCLUSIVE_NAMESPACES] => {
                if let Some(transform) = self.transforms.last_mut() {
                    transform.prefixes = prefixes();
                }
            }
            ["SignedInfo", "Reference", "DigestMethod"] => self.digest_method = algorithm(),
            ["KeyInfo", "X509Data", "X509Certificate"] => self.certificates.push(String::new()),
            _ => {}
        }
    }

    fn text(&mut self, path: &[&str], text: &str) {
        match path {
            ["SignedInfo", "Reference", "DigestValue"] => self.digest.push_str(text),
            ["SignatureValue"] => self.value.push_str(text),
            ["KeyInfo", "X509Data", "X509Certificate"] => {
                if let Some(certificate) = self.certificates.last_mut() {
                    certificate.push_str(text);
                }
            }
            _ => {}
        }
    }
}
