//! Whom to believe: certificates given in advance, and those they issued (the part of RFC 5280 §6 that senders use).

use x509_cert::Certificate;
use x509_cert::der::{Decode as _, DecodePem as _};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::key::PublicKey;
use crate::Error;

/// The certificates a receiver trusts: of senders themselves, or of authorities that issue theirs.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    anchors: Vec<Certificate>,
}

/// Issuers between a sender's certificate and an anchor.
const INTERMEDIATES_MAX: usize = 4;

impl Trust {
    /// Trusts one certificate in PEM more.
    pub fn add_pem(&mut self, pem: &str) -> Result<(), Error> {
        let certificate =
            Certificate::from_pem(pem).map_err(|error| Error::Certificate { found: error.to_string() })?;
        self.anchors.push(certificate);
        Ok(())
    }

    /// Trusts one certificate in DER more.
    pub fn add_der(&mut self, der: &[u8]) -> Result<(), Error> {
        let certificate =
            Certificate::from_der(der).map_err(|error| Error::Certificate { found: error.to_string() })?;
        self.anchors.push(certificate);
        Ok(())
    }

    /// Whether a sender's certificate is an anchor or leads to one over `others`, everything on the way being valid at the
    /// time given.
    pub(super) fn reaches(&self, certificate: &Certificate, others: &[Certificate], at_unix_s: i64) -> bool {
        let mut current = certificate;
        for _ in 0..=INTERMEDIATES_MAX {
            if !is_valid_at(current, at_unix_s) {
                return false;
            }
            if self.anchors.contains(current) {
                return true;
            }
            if self.anchors.iter().any(|anchor| is_valid_at(anchor, at_unix_s) && issued(anchor, current)) {
                return true;
            }
            let Some(issuer) = others.iter().find(|other| *other != current && issued(other, current)) else {
                return false;
            };
            current = issuer;
        }
        false
    }
}

pub(super) fn is_valid_at(certificate: &Certificate, at_unix_s: i64) -> bool {
    let validity = certificate.tbs_certificate().validity();
    let seconds =
        |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    (seconds(validity.not_before)..=seconds(validity.not_after)).contains(&at_unix_s)
}

/// Whether one certificate issued another, and was allowed to.
fn issued(issuer: &Certificate, subject: &Certificate) -> bool {
    let (issuer_body, subject_body) = (issuer.tbs_certificate(), subject.tbs_certificate());
    let is_authority = matches!(issuer_body.get_extension::<BasicConstraints>(), Ok(Some((_, it))) if it.ca);
    let may_issue = match issuer_body.get_extension::<KeyUsage>() {
        Ok(Some((_, usage))) => usage.key_cert_sign(),
        Ok(None) => true,
        Err(_) => false,
    };
    issuer_body.subject() == subject_body.issuer()
        && is_authority
        && may_issue
        && PublicKey::of(issuer).is_ok_and(|key| key.issued(subject))
}
