//! What comes from a peer and is not as it should be: each fault has its error, with the place and the cause to answer.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use cbsp::pdu::{Completed, CompletedInfo, FailedCell, KillComplete, Restart};
use cbsp::{Cause, CellId, CellKind, CellList, Error, FailureList, MAX_CELLS_PER_PDU, MessageType, Pdu};

fn decode(hex: &str) -> Result<Pdu, Error> {
    Pdu::decode(&hex::decode(hex.replace(' ', "")).unwrap())
}

fn error(hex: &str) -> Error {
    decode(hex).unwrap_err()
}

#[test]
fn an_element_that_nobody_knows_is_named_with_its_place() {
    let error = error("10 000006 04000106 1900");
    assert_eq!(error, Error::UnknownElement { at: 8, found: 0x19 });
    assert_eq!(error.cause(), Cause::PARAMETER_NOT_RECOGNISED);
    assert_eq!(self::error("17 000001 00"), Error::UnknownElement { at: 4, found: 0 });
}

#[test]
fn a_message_that_nobody_knows_is_named() {
    for found in [0x00, 0x18, 0xff] {
        let error = Pdu::decode(&[found, 0, 0, 0]).unwrap_err();
        assert_eq!(error, Error::UnknownMessage { found });
        assert_eq!(error.cause(), Cause::UNRECOGNISED_MESSAGE);
    }
}

#[test]
fn a_second_element_of_one_kind_is_refused() {
    assert_eq!(error("10 000008 04000106 04000106"), Error::DuplicateElement { at: 11, iei: 0x04 });
}

#[test]
fn every_mandatory_element_is_missed() {
    let missing = |message, iei| Error::MissingElement { message, iei };
    assert_eq!(error("10 000000"), missing(MessageType::Reset, 0x04));
    assert_eq!(error("13 000004 04000106"), missing(MessageType::Restart, 0x16));
    assert_eq!(error("02 000003 0e0001"), missing(MessageType::WriteReplaceComplete, 0x03));
    assert_eq!(error("06 000006 0e0001 020002"), missing(MessageType::KillFailure, 0x09));
    assert_eq!(error("16 000000"), missing(MessageType::KeepAlive, 0x18));
    assert_eq!(error("16 000000").cause(), Cause::MISSING_MANDATORY_ELEMENT);
}

#[test]
fn a_length_that_is_not_that_of_the_frame_is_refused() {
    assert_eq!(error("10 0000"), Error::Truncated { at: 0, expected: 4, found: 3 });
    assert_eq!(error("10 000005 04000106"), Error::Length { announced: 5, found: 4 });
    assert_eq!(error("10 000003 04000106"), Error::Length { announced: 3, found: 4 });
    assert_eq!(error("10 ffffff 04000106"), Error::Length { announced: 16_777_215, found: 4 });
}

#[test]
fn an_element_that_ends_too_soon_is_refused() {
    assert_eq!(error("10 000002 0400"), Error::Truncated { at: 5, expected: 2, found: 1 });
    assert_eq!(error("10 000004 04ffff06"), Error::Truncated { at: 7, expected: 65_535, found: 1 });
    assert_eq!(error("10 000003 040000"), Error::Truncated { at: 7, expected: 1, found: 0 });
    assert_eq!(error("02 000002 0e00"), Error::Truncated { at: 5, expected: 2, found: 1 });
}

#[test]
fn a_list_holds_whole_entries_of_a_known_form() {
    assert_eq!(error("10 000004 04000103"), Error::Discriminator { at: 7, found: 3 });
    assert_eq!(error("10 000004 04000107"), Error::Discriminator { at: 7, found: 7 });
    assert_eq!(error("10 000005 0400020600"), Error::ListLength { at: 8, width: 0, found: 1 });
    assert_eq!(error("10 000007 04000402000102"), Error::ListLength { at: 8, width: 2, found: 3 });
    assert_eq!(error("14 000008 090003 010001 1600"), Error::Truncated { at: 8, expected: 5, found: 2 });
}

#[test]
fn a_network_that_is_not_decimal_is_refused_where_it_stands() {
    let octets = [0x22, 0xfa, 0x10];
    let source = cbs::Error::PlmnOctets { found: octets };
    assert_eq!(
        error("10 000012 04000f00 22f01000010002 22fa1000010003"),
        Error::Plmn { at: 15, source: source.clone() }
    );
    assert_eq!(error("14 00000e 090009 00 22fa1000010002 0a 1600"), Error::Plmn { at: 8, source });
}

#[test]
fn a_value_out_of_range_is_refused() {
    for (hex, at) in [
        ("16 000002 1800", 5),
        ("16 000002 1827", 5),
        ("13 000006 04000106 1602", 9),
        ("13 000008 04000106 1600 0d02", 11),
        ("07 000006 04000106 1202", 9),
    ] {
        assert!(matches!(error(hex), Error::ElementValue { at: found, .. } if found == at), "{hex}");
        assert_eq!(error(hex).cause(), Cause::PARAMETER_VALUE_INVALID);
    }
}

#[test]
fn the_number_of_pages_is_the_number_of_contents() {
    let page = format!("01 01 {}", "00".repeat(82));
    let write = |number: &str, pages: usize| {
        let contents = page.repeat(pages).replace(' ', "");
        let head = "0e0001 030002 04000106 1200 0500 060001 070001".replace(' ', "");
        let rest = format!("{head}13{number}0c0f{contents}");
        decode(&format!("01{:06x}{rest}", rest.len() / 2))
    };
    assert!(write("01", 1).is_ok());
    assert!(write("0f", 15).is_ok());
    assert_eq!(write("02", 1), Err(Error::PageCount { at: 25, announced: 2, found: 1 }));
    assert_eq!(write("01", 2), Err(Error::PageCount { at: 25, announced: 1, found: 2 }));
    assert!(matches!(write("00", 0), Err(Error::Page { at: 25, .. })));
    assert!(matches!(write("10", 16), Err(Error::ElementValue { found: 16, .. })));
}

#[test]
fn a_page_has_at_most_82_useful_octets() {
    let rest =
        format!("0e00010300020400010612000500060001070001 13010c0f 0153{}", "00".repeat(82)).replace(' ', "");
    let error = error(&format!("01{:06x}{rest}", rest.len() / 2));
    assert_eq!(error, Error::Page { at: 29, source: cbs::Error::UsefulOctets { found: 83 } });
}

#[test]
fn elements_come_in_any_order() {
    let in_order = decode("02 00000c 0e111b 034100 04000106 1200").unwrap();
    assert_eq!(decode("02 00000c 1200 04000106 034100 0e111b"), Ok(in_order));
}

#[test]
fn elements_of_other_messages_do_not_matter() {
    assert_eq!(decode("17 000002 1200"), decode("17 000000"));
}

#[test]
fn spare_halves_of_octets_do_not_matter() {
    assert_eq!(decode("13 000008 040001f6 1610 0d21"), decode("13 000008 04000106 1600 0d01"));
}

#[test]
fn either_half_of_the_completed_information_is_read() {
    let Ok(Pdu::KillComplete(KillComplete {
        completed: Some(completed), cells: None, channel: None, ..
    })) = decode("05 000023 0e111b 020410 08001a 05 0001000100 0002000201 0003000310 0004000402 0005000520")
    else {
        panic!("no kill complete");
    };
    let infos: Vec<CompletedInfo> = completed.iter().map(|Completed { info, .. }| info).collect();
    let (overflow, unknown) = (CompletedInfo::Overflow, CompletedInfo::Unknown);
    assert_eq!(infos, [CompletedInfo::Valid, overflow, overflow, unknown, unknown]);
    assert_eq!(completed.len(), 5);
}

#[test]
fn a_failure_list_mixes_forms() {
    let Ok(Pdu::Failure(failure)) = decode("14 000016 090011 0022f0100001000209 0100010002 0f 06 0e 1600")
    else {
        panic!("no failure");
    };
    let plmn = "22001".parse().unwrap();
    let entries: Vec<FailedCell> = failure.failures.iter().collect();
    assert_eq!(
        entries,
        [
            FailedCell {
                cell: CellId::Cgi { plmn, lac: 1, ci: 2 },
                cause: Cause::CELL_BROADCAST_NOT_SUPPORTED
            },
            FailedCell { cell: CellId::LacCi { lac: 1, ci: 2 }, cause: Cause::LAI_OR_LAC_NOT_VALID },
            FailedCell { cell: CellId::Bss, cause: Cause::UNSPECIFIED },
        ]
    );
    assert_eq!(failure.failures.len(), 3);
}

#[test]
fn a_restart_may_leave_the_recovery_out() {
    let Ok(Pdu::Restart(Restart { recovery: None, .. })) = decode("13 000006 04000106 1600") else {
        panic!("no restart");
    };
}

#[test]
fn lists_that_no_length_can_count_are_refused() {
    let fits = vec![0; MAX_CELLS_PER_PDU * 7];
    assert_eq!(CellList::from_octets(CellKind::Cgi, fits).unwrap().len(), 9362);
    let beyond = vec![0; (MAX_CELLS_PER_PDU + 1) * 7];
    assert_eq!(
        CellList::from_octets(CellKind::Cgi, beyond),
        Err(Error::ListTooLong { max: 65_534, found: 65_541 })
    );
    let failure = FailedCell { cell: CellId::Bss, cause: Cause::UNSPECIFIED };
    assert!(FailureList::new(vec![failure; 32_767]).is_ok());
    let beyond = FailureList::new(vec![failure; 32_768]);
    assert_eq!(beyond, Err(Error::ListTooLong { max: 65_535, found: 65_536 }));
}
