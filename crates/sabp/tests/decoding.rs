//! What comes from a peer and is not as it should be.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use sabp::{
    Cause, CompletedInfo, Criticality, Error, IeDiagnostics, Pdu, Refusal, TriggeringMessage, TypeOfError,
};

fn octets(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

/// The message with this header and this body behind its length.
fn message(header: &str, body: &str) -> Vec<u8> {
    let (mut header, body) = (octets(header), octets(body));
    header.push(body.len() as u8);
    [header, body].concat()
}

fn cause(input: &[u8]) -> Option<Cause> {
    let error = Pdu::decode(input).unwrap_err();
    Refusal::of(input, &error).map(|refusal| refusal.cause)
}

const AREA: &str = "22f010 1001 0001";

#[test]
fn ies_come_in_any_order() {
    let forth = message("000100", "00 0003 000600 02 111b 000a00 02 4210 000f00 09 0000 22f01010010001");
    let back = message("000100", "00 0003 000f00 09 0000 22f01010010001 000a00 02 4210 000600 02 111b");
    assert_eq!(Pdu::decode(&forth), Pdu::decode(&back));
    assert!(matches!(Pdu::decode(&back).unwrap().pdu, Pdu::Kill(_)));
}

#[test]
fn an_unknown_ie_is_treated_by_its_criticality() {
    let reset = |criticality: &str| {
        message("000500", &format!("00 0002 00c9{criticality} 01 00 000f00 09 0000 {AREA}"))
    };
    assert_eq!(Pdu::decode(&reset("40")).unwrap().skipped, [201]);
    assert_eq!(Pdu::decode(&reset("80")).unwrap().report, [201]);
    assert_eq!(cause(&reset("00")), Some(Cause::PARAMETER_NOT_RECOGNISED));
}

#[test]
fn a_missing_mandatory_ie_is_named() {
    let input = message("200100", "00 0002 000600 02 111b 000a00 02 4210");
    let error = Pdu::decode(&input).unwrap_err();
    let missing = IeDiagnostics {
        criticality: Criticality::Reject,
        id: 8,
        repetition: None,
        error: Some(TypeOfError::Missing),
    };
    assert_eq!(error, Error::Ies { ies: vec![missing], at: input.len() });
    let refusal = Refusal::of(&input, &error).unwrap();
    assert_eq!(refusal.cause, Cause::MISSING_MANDATORY_ELEMENT);
    assert_eq!(refusal.message_id.unwrap().number(), 4379);
    assert_eq!(refusal.serial.unwrap().bits(), 0x4210);
    assert_eq!(refusal.diagnostics.triggering, Some(TriggeringMessage::SuccessfulOutcome));
}

#[test]
fn a_restart_that_asks_to_be_ignored_when_it_is_incomplete_is_not_answered() {
    assert_eq!(cause(&message("000440", "00 0001 000c40 01 00")), None);
    assert_eq!(cause(&message("000440", "00 0001 000f40 02 0000")), None);
}

#[test]
fn an_ie_that_came_twice_is_a_falsely_constructed_message() {
    let input = message("000500", &format!("00 0002 000f00 09 0000 {AREA} 000f00 09 0000 {AREA}"));
    assert_eq!(Pdu::decode(&input), Err(Error::Duplicate { id: 15, at: 20 }));
    assert_eq!(cause(&input), Some(Cause::ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE));
}

#[test]
fn a_count_beyond_the_octets_is_refused() {
    let input = message("000500", &format!("00 0001 000f00 09 fffe {AREA}"));
    let Err(Error::IeValue { id: 15, why, .. }) = Pdu::decode(&input) else { panic!("no such error") };
    assert!(matches!(*why, Error::Syntax(aper::Error::Count { max: 1, found: 65_535, .. })));
    assert_eq!(cause(&input), Some(Cause::PARAMETER_VALUE_INVALID));
}

#[test]
fn an_unknown_procedure_is_answered_unless_it_asks_to_be_ignored() {
    assert_eq!(cause(&message("006300", "00 0000")), Some(Cause::UNRECOGNISED_MESSAGE));
    assert_eq!(cause(&message("006340", "00 0000")), None);
    assert_eq!(cause(&message("200400", "00 0000")), Some(Cause::UNRECOGNISED_MESSAGE));
}

#[test]
fn octets_that_are_no_message_are_answered_and_an_error_indication_never_is() {
    assert_eq!(cause(&octets("")), Some(Cause::TRANSFER_SYNTAX_ERROR));
    assert_eq!(cause(&octets("0005 0017 00")), Some(Cause::TRANSFER_SYNTAX_ERROR));
    assert_eq!(cause(&octets("80")), Some(Cause::TRANSFER_SYNTAX_ERROR));
    assert_eq!(cause(&octets("0007 4014 00")), None);
}

#[test]
fn a_network_that_is_not_decimal_is_refused() {
    let input = message("000500", "00 0001 000f00 09 0000 22fa1010010001");
    let Err(Error::IeValue { why, .. }) = Pdu::decode(&input) else { panic!("no such error") };
    assert_eq!(*why, Error::Cbs(cbs::Error::PlmnOctets { found: [0x22, 0xfa, 0x10] }));
}

#[test]
fn what_a_later_release_says_of_a_count_makes_it_unknown() {
    // The first item's information is beyond the marker, the second has none.
    let list = "0001 40 22f01010010001 0007 80 00 22f01010010002 0008";
    let body = format!("00 0003 000600 02 111b 000a00 02 4210 000800 17 {list}");
    let Ok(Pdu::KillComplete(complete)) = Pdu::decode(&message("200100", &body)).map(|decoded| decoded.pdu)
    else {
        panic!("no kill complete")
    };
    let said: Vec<_> = complete.completed.iter().map(|area| (area.completed, area.info)).collect();
    assert_eq!(said, [(7, Some(CompletedInfo::Unknown)), (8, None)]);
}

#[test]
fn octets_after_the_end_are_counted() {
    let mut input = message("000500", &format!("00 0001 000f00 09 0000 {AREA}"));
    input.extend([1, 2, 3]);
    assert_eq!(Pdu::decode(&input).unwrap().trailing, 3);
}
