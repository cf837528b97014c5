//! What comes from an AMF and is not as it should be.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use ngap::{Criticality, Error, IeDiagnostics, Pdu, TriggeringMessage, TypeOfError};

/// The message with this header and this body behind its length.
fn message(header: &str, body: &str) -> Vec<u8> {
    let octets = |text: &str| hex::decode(text.replace(' ', "")).unwrap();
    let (mut header, body) = (octets(header), octets(body));
    header.push(body.len() as u8);
    [header, body].concat()
}

const REFERENCE: &str = "002300 02 111b 005f00 02 4110";

#[test]
fn an_unknown_ie_is_treated_by_its_criticality() {
    let cancel = |criticality: &str| {
        Pdu::decode(&message("002000", &format!("00 0003 {REFERENCE} 03e7{criticality} 01 00")))
    };
    assert_eq!(cancel("40").unwrap().skipped, [999]);
    assert_eq!(cancel("80").unwrap().report, [999]);
    let blamed =
        IeDiagnostics { criticality: Criticality::Reject, id: 999, error: TypeOfError::NotUnderstood };
    assert_eq!(cancel("00"), Err(Error::Ies { ies: vec![blamed], at: 19 }));
}

#[test]
fn a_missing_mandatory_ie_is_named() {
    let missing = IeDiagnostics { criticality: Criticality::Reject, id: 95, error: TypeOfError::Missing };
    let decoded = Pdu::decode(&message("202000", "00 0001 002300 02 111b"));
    assert_eq!(decoded, Err(Error::Ies { ies: vec![missing], at: 13 }));
}

#[test]
fn an_ie_that_came_twice_is_refused() {
    let decoded = Pdu::decode(&message("002000", &format!("00 0003 {REFERENCE} 002300 02 111b")));
    assert_eq!(decoded, Err(Error::Duplicate { id: 35, at: 19 }));
}

#[test]
fn a_count_beyond_the_octets_is_refused() {
    let body = "00 0002 005100 0c 40 3fff 00 22f0101234567890 001b00 08 0022f01000123454";
    let Err(Error::IeValue { id: 81, why, .. }) = Pdu::decode(&message("002140", body)) else {
        panic!("no such error")
    };
    assert!(matches!(*why, Error::Syntax(aper::Error::Count { max: 1, found: 16_384, .. })));
}

#[test]
fn the_alternative_for_extensions_is_refused_where_the_ie_must_be_understood() {
    // A node of a kind that came later than this release.
    let body = "00 0002 005100 0c 40 0000 00 22f0101234567890 001b00 08 c0 00010001 020000";
    let Err(Error::IeValue { id: 27, why, .. }) = Pdu::decode(&message("002140", body)) else {
        panic!("no such error")
    };
    assert!(matches!(*why, Error::Choice { max: 2, .. }));
}

#[test]
fn the_alternative_for_extensions_is_passed_over_where_that_is_asked_for() {
    let body = format!("00 0003 {REFERENCE} 000d40 06 c0 000100 01 00");
    let decoded = Pdu::decode(&message("203300", &body)).unwrap();
    assert_eq!(decoded.skipped, [13]);
}

#[test]
fn other_messages_of_ngap_are_refused() {
    let (triggering, criticality) = (TriggeringMessage::InitiatingMessage, Criticality::Reject);
    let decoded = Pdu::decode(&message("001500", "00 0000"));
    assert_eq!(decoded, Err(Error::Procedure { procedure: 21, triggering, criticality }));
}

#[test]
fn octets_after_the_end_are_counted() {
    let mut input = message("002000", &format!("00 0002 {REFERENCE}"));
    input.extend([1, 2, 3]);
    assert_eq!(Pdu::decode(&input).unwrap().trailing, 3);
}
