//! Keys: RSA and the NIST curves P-256 and P-384, from RustCrypto.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use rsa::traits::PublicKeyParts as _;
use sha2::{Digest as _, Sha256, Sha384};
use x509_cert::Certificate;
use x509_cert::der::Encode as _;

use super::name;
use crate::Error;

/// The smallest RSA key that is used or trusted, in bits.
const RSA_BITS_MIN: u32 = 2048;

/// A private key to sign messages with.
///
/// What is signed depends on key and message alone: ECDSA by RFC 6979, RSA by PKCS #1 v1.5. (The RSA library draws random
/// numbers to blind its computation; they do not reach the result.)
pub struct SigningKey(Private);

enum Private {
    P256(p256::ecdsa::SigningKey),
    Rsa(Box<rsa::PrivateKey>),
}

impl SigningKey {
    /// A PKCS #8 key in PEM.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        if let Ok(key) = p256::ecdsa::SigningKey::from_pkcs8_pem(pem) {
            return Ok(SigningKey(Private::P256(key)));
        }
        let key =
            rsa::PrivateKey::from_pkcs8_pem(pem).map_err(|error| Error::Key { found: error.to_string() })?;
        let bits = key.n().bit_width();
        match bits >= RSA_BITS_MIN {
            true => Ok(SigningKey(Private::Rsa(Box::new(key)))),
            false => Err(Error::Key { found: format!("an RSA key of {bits} bits") }),
        }
    }

    /// The name of the algorithm it signs with.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.0 {
            Private::P256(_) => name::ECDSA_SHA256,
            Private::Rsa(_) => name::RSA_SHA256,
        }
    }

    /// The signature value as XML-Signature writes it: for ECDSA, r and s of fixed length.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.0 {
            Private::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Ok(signature.to_bytes().to_vec())
            }
            Private::Rsa(key) => {
                let key = rsa::pkcs1v15::SigningKey::<Sha256>::new((**key).clone());
                let signature =
                    key.try_sign(message).map_err(|error| Error::Key { found: error.to_string() })?;
                Ok(Box::<[u8]>::from(signature).into_vec())
            }
        }
    }
}

impl std::fmt::Debug for SigningKey {
    /// Never shows the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SigningKey").field(&self.algorithm()).finish()
    }
}

/// The public key of a certificate.
pub(super) enum PublicKey {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    Rsa(rsa::PublicKey),
}

impl PublicKey {
    pub(super) fn of(certificate: &Certificate) -> Result<Self, Error> {
        let refused = |found: String| Error::Certificate { found };
        let info = certificate.tbs_certificate().subject_public_key_info();
        let der = info.to_der().map_err(|error| refused(error.to_string()))?;
        if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(&der) {
            return Ok(PublicKey::P256(key));
        }
        if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(&der) {
            return Ok(PublicKey::P384(key));
        }
        match rsa::PublicKey::from_public_key_der(&der) {
            Ok(key) if key.n().bit_width() >= RSA_BITS_MIN => Ok(PublicKey::Rsa(key)),
            Ok(key) => Err(refused(format!("an RSA key of {} bits", key.n().bit_width()))),
            Err(error) => Err(refused(error.to_string())),
        }
    }

    /// Whether this key made the signature value of a message, under the named algorithm of XML-Signature.
    pub(super) fn made(&self, algorithm: &str, message: &[u8], value: &[u8]) -> bool {
        match (self, algorithm) {
            (PublicKey::P256(key), name::ECDSA_SHA256) => p256::ecdsa::Signature::from_slice(value)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (PublicKey::Rsa(key), name::RSA_SHA256) => key.pkcs1v15_verify::<Sha256>(message, value).is_ok(),
            _ => false,
        }
    }

    /// Whether this key issued a certificate.
    pub(super) fn issued(&self, certificate: &Certificate) -> bool {
        let Ok(message) = certificate.tbs_certificate().to_der() else { return false };
        let value = certificate.signature().raw_bytes();
        match (self, certificate.signature_algorithm().oid.to_string().as_str()) {
            (PublicKey::Rsa(key), SHA256_WITH_RSA) => key.pkcs1v15_verify::<Sha256>(&message, value).is_ok(),
            (key, ECDSA_WITH_SHA256) => key.made_der(&Sha256::digest(&message), value),
            (key, ECDSA_WITH_SHA384) => key.made_der(&Sha384::digest(&message), value),
            _ => false,
        }
    }

    fn made_der(&self, digest: &[u8], value: &[u8]) -> bool {
        match self {
            PublicKey::P256(key) => p256::ecdsa::DerSignature::from_bytes(value)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            PublicKey::P384(key) => p384::ecdsa::DerSignature::from_bytes(value)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            PublicKey::Rsa(_) => false,
        }
    }
}

const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
const ECDSA_WITH_SHA256: &str = "1.2.840.10045.4.3.2";
const ECDSA_WITH_SHA384: &str = "1.2.840.10045.4.3.3";
