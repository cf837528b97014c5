//! Signs a message.

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{DecodePem as _, Encode as _};

use super::canonical::{LeftOut, Method, document, element};
use super::key::{PublicKey, SigningKey};
use super::name;
use crate::Error;
use crate::document::{Document, Limits};
use crate::xml::SIGNATURE;

/// Signs a written message: the same text with a signature before its last end tag, exclusive canonicalisation, SHA-256, and
/// the certificate of the key within.
pub fn sign(message: &str, key: &SigningKey, certificate_pem: &str) -> Result<String, Error> {
    let limits = Limits::DEFAULT;
    let unacceptable = |problem| Error::Unacceptable { problems: vec![problem] };
    let certificate = Certificate::from_pem(certificate_pem)
        .map_err(|error| Error::Certificate { found: error.to_string() })?;
    let decoded = Document::decode(message.as_bytes(), limits).map_err(unacceptable)?;
    let alert = decoded.alert().map_err(|problems| Error::Unacceptable { problems })?;
    if alert.signatures > 0 {
        return Err(Error::Signed);
    }
    let text = &*decoded.text;
    let at = text.rfind("</").unwrap_or(text.len());
    let method = Method::Exclusive(Vec::new());

    let digest = Sha256::digest(
        document(text, limits, &LeftOut::default(), &method).map_err(unacceptable)?.as_bytes(),
    );
    let signed_info = format!(
        "<SignedInfo><CanonicalizationMethod Algorithm=\"{}\"/><SignatureMethod Algorithm=\"{}\"/>\
         <Reference URI=\"\"><Transforms><Transform Algorithm=\"{}\"/><Transform Algorithm=\"{}\"/></Transforms>\
         <DigestMethod Algorithm=\"{}\"/><DigestValue>{}</DigestValue></Reference></SignedInfo>",
        name::EXCLUSIVE,
        key.algorithm(),
        name::ENVELOPED,
        name::EXCLUSIVE,
        name::SHA256,
        Base64::encode_string(&digest),
    );
    let open = format!("<Signature xmlns=\"{SIGNATURE}\">");
    // What is signed is SignedInfo as it stands within its signature.
    let within = format!("{open}{signed_info}</Signature>");
    let canonical =
        element(&within, limits, open.len(), &LeftOut::default(), &method).map_err(unacceptable)?;
    let value = key.sign(canonical.as_bytes())?;
    if !PublicKey::of(&certificate)?.made(key.algorithm(), canonical.as_bytes(), &value) {
        return Err(Error::Certificate { found: "one of another key".to_owned() });
    }
    let der = certificate.to_der().map_err(|error| Error::Certificate { found: error.to_string() })?;
    Ok(format!(
        "{}{open}{signed_info}<SignatureValue>{}</SignatureValue>\
         <KeyInfo><X509Data><X509Certificate>{}</X509Certificate></X509Data></KeyInfo></Signature>{}",
        &text[..at],
        Base64::encode_string(&value),
        Base64::encode_string(&der),
        &text[at..],
    ))
}
