//! Enveloped XML signatures over whole messages (XML-Signature 1.1; CAP 1.2 §3.3.4.1).
//!
//! Accepted is one form only: a `Signature` that is a child of `alert`, with one reference to the whole document
//! (`URI=""`), the enveloped-signature transform and at most one canonicalisation after it, SHA-256, and RSA or ECDSA
//! P-256. A reference to less than the whole would let others wrap what was signed; SHA-1 is not accepted.
//!
//! The signature code costs the reader nothing: it reads the document again, and only when asked to.

mod canonical;
mod key;
mod sign;
mod trust;
mod verify;

pub use key::SigningKey;
pub use sign::sign;
pub use trust::Trust;
pub use verify::{Fault, Signer, inspect, verify};

/// Names of algorithms (XML-Signature 1.1 §6.1).
mod name {
    pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    pub(super) const INCLUSIVE_1_0: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    pub(super) const INCLUSIVE_1_1: &str = "http://www.w3.org/2006/12/xml-c14n11";
    pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
    pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    pub(super) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
}
