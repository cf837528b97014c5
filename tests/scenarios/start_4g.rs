//! S17 to S30: an alert starts on 4G.

use dispatch::{NoticeKind, Protocol, SbcapDialect, Tais};
use engine::State;
use serde_json::json;

use crate::words::{C1, C2, C3, C4, C5, answer, octets, on_air, stop, tai, vector, with, write};
use crate::world::{PEER, Plan, World, lte, mme, without_indications};

#[test]
fn s17_new_alert_local_language() {
    let plan = Plan { peers: vec![(without_indications(mme("mme")), vec!["pool"])], ..Plan::default() };
    let mut world = plan.up();
    let text = "Nestalo dete, pozovite 192!!";
    assert_eq!(text.len(), 28);
    let alert = world.alert_of(&[("sr", text)], &[C1, C2, C3]);
    let plain = json!({"send_write_replace_indication": null, "content": {"encoding": "gsm7", "text": text}});
    let expected = with(write(0x4110, &[C1, C2, C3]), plain);
    let sent = hex::encode(octets(&expected));
    // Message id, serial, TAIs, cells, period, count, DCS, content, concurrent flag; no 18, 17, 21, 28.
    let ies = ["0005", "000b", "000e", "000f40", "000a", "0007", "000340", "001040", "0014000100"];
    let mut rest = sent.as_str();
    for ie in ies {
        rest = rest.split_once(ie).unwrap_or_else(|| panic!("no {ie} in {sent}")).1;
    }
    assert_eq!(rest, "");
    world.expect_and_answer(PEER, &expected, 0);
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Active, "3 accepted".into()));
    world.pass(600_000);
}

#[test]
fn s17_every_identifier_and_length() {
    for id in (4370..=4382).chain([4396, 4398, 6400]) {
        let mut plan = Plan::default();
        plan.class.message_ids.live = cbs::MessageId::new(id);
        for (pages, letters) in [(1, 93), (4, 4 * 93), (15, 15 * 93)] {
            let mut world = plan.clone().up();
            let alert = world.alert_of(&[("sr", &"a".repeat(letters))], &[C1]);
            let sent = world.sent_to(PEER);
            let [request] = sent.as_slice() else { panic!("{sent:?}") };
            assert_eq!(request["message_id"], id);
            assert_eq!(world.view(alert).version.unwrap().planned[0].pages, pages);
            assert_eq!(request["content"]["text"].as_str().unwrap().len(), letters);
        }
    }
}

#[test]
fn s18_exact_bytes() {
    // The vector `sbcap-wrwr-1cell` with its tracking area and the concurrent flag, which we always send.
    let plan = Plan { peers: vec![(without_indications(mme("mme")), vec!["pool"])], ..Plan::default() };
    let mut world = plan.up();
    world.alert(&[C1]);
    let golden = vector("sbcap-wrwr-1cell");
    let (head, rest) = golden.split_at(2 * 7);
    assert_eq!(head, "00000080890000");
    let (reference, rest) = rest[2..].split_at(2 * 12);
    let tais = "000e000800000022f0100101";
    let length = format!("{:04x}", 0x8000 + (golden.len() / 2 - 5 + 12 + 5));
    let expected = format!("000000{length}000009{reference}{tais}{rest}0014000100");
    assert_eq!(world.hex_to(PEER), [expected]);
}

#[test]
fn s18_a_minimal_peer_gets_the_golden_octets() {
    let mut profile = mme("mme");
    let fewest =
        SbcapDialect { tais: Tais::Never, concurrent: false, indications: false, stops_first: false };
    profile.protocol = Protocol::Sbcap(fewest);
    let mut world = Plan { peers: vec![(profile, vec!["pool"])], ..Plan::default() }.up();
    let alert = world.alert(&[C1]);
    assert_eq!(world.hex_to(PEER), [vector("sbcap-wrwr-1cell")]);
    world.say_hex(PEER, "2000001400000300050002111b000b000241100001000100");
    world.cancel(alert);
    assert_eq!(world.sent_to(PEER).len(), 1);

    // For every cell it has, not even the cells are named.
    let alert = world.alert(&[C1, C2, C3]);
    let bits = world.serials(alert)[0];
    let golden = vector("sbcap-wrwr-gsm7-1page").replace("24110", &format!("2{bits:04x}"));
    assert_eq!(world.hex_to(PEER), [golden]);
    world.cancel(alert);
    assert_eq!(world.hex_to(PEER), [vector("sbcap-swr-minimal").replace("24110", &format!("2{bits:04x}"))]);
}

#[test]
fn s19_indications_in_parts() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    world.expect_and_answer(PEER, &write(0x4110, &[C1, C2, C3]), 0);
    assert_eq!(world.shown(alert), "3 accepted");
    for (cell, shown) in [
        (C1, "2 accepted, 1 confirmed"),
        (C2, "1 accepted, 2 confirmed"),
        (C2, "1 accepted, 2 confirmed"),
        (C3, "3 confirmed"),
    ] {
        world.say(PEER, &on_air(0x4110, &[cell]));
        assert_eq!(world.shown(alert), shown);
    }
    world.pass(600_000);
}

#[test]
fn s20_indication_before_response() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    let request = write(0x4110, &[C1, C2, C3]);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.say(PEER, &answer(&request, 0));
    assert_eq!(world.shown(alert), "3 confirmed");
    assert_eq!(world.dispatch.peer_status(dispatch::PeerId(0)).in_flight, 0);
    world.pass(600_000);
}

#[test]
fn s21_two_alerts_same_id_same_area() {
    let mut world = World::one_mme();
    let a = world.on_air(&[C1, C2, C3]);
    let b = world.alert(&[C1, C2, C3]);
    world.expect_and_answer(PEER, &write(0x4120, &[C1, C2, C3]), 0);
    world.say(PEER, &on_air(0x4120, &[C1, C2, C3]));
    assert_eq!((world.shown(a), world.shown(b)), ("3 confirmed".into(), "3 confirmed".into()));
    world.pass(60_000);
}

#[test]
fn s22_whole_network() {
    let areas_only = |name| {
        let mut profile = mme(name);
        if let Protocol::Sbcap(dialect) = &mut profile.protocol {
            dialect.tais = Tais::AreasOnly;
        }
        profile
    };
    let plan = Plan {
        sites: vec![lte("north", 257, &[C1, C2, C3]), lte("south", 258, &[C4, C5])],
        peers: vec![(areas_only("mme-north"), vec!["north"]), (areas_only("mme-south"), vec!["south"])],
        ..Plan::default()
    };
    let mut world = plan.down();
    world.connect(0);
    let alert = world.alert(&[C1, C2, C3, C4, C5]);
    let bare = with(write(0x4110, &[]), json!({"tais": null, "area": null}));
    world.expect_and_answer(0, &bare, 0);
    world.say(0, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "2 pending, 3 confirmed");
    world.connect(1);
    world.expect_and_answer(1, &bare, 0);
    world.say(1, &on_air(0x4110, &[C4, C5]));
    assert_eq!(world.shown(alert), "5 confirmed");
}

#[test]
fn s23_only_tai_unknown() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    let request = write(0x4110, &[C1, C2, C3]);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &with(answer(&request, 4), json!({"unknown_tais": [tai(257)]})));
    assert_eq!(world.shown(alert), "3 refused");
    assert_eq!(world.causes(alert), ["area unknown to the peer"]);
    let notices = world.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].kind, NoticeKind::UnknownArea);
    assert!(notices[0].words.contains("257"), "{}", notices[0].words);
    world.pass(1_000_000);
}

#[test]
fn s24_empty_area_list_for_one_enb() {
    let mut world = Plan { sites: vec![lte("pool", 257, &[C1, C2, 0x5a01])], ..Plan::default() }.up();
    let alert = world.alert(&[C1, C2, 0x5a01]);
    let request = write(0x4110, &[0x5a01, C1, C2]);
    world.expect_and_answer(PEER, &request, 0);
    let mut indication = hex::encode(octets(&on_air(0x4110, &[C1, C2])));
    // IE 29 with the eNB 0x0005A, which the standard knows only in the Stop-Warning-Indication.
    indication =
        indication.replacen("00034025000003", "00034032000004", 1) + "001d4009000022f0100000 05a0".trim();
    world.say_hex(PEER, &indication);
    assert_eq!(world.shown(alert), "2 confirmed, 1 refused");
    assert_eq!(world.causes(alert), ["broadcast in none of the node's cells"]);
    assert_eq!(world.notice_kinds().len(), 1);
}

#[test]
fn s25_no_answer_then_late() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    let first = world.octets_to(PEER);
    assert_eq!(first.len(), 1);
    world.pass(4_999);
    assert_eq!(world.shown(alert), "3 sent");
    world.pass(1);
    assert_eq!(world.shown(alert), "3 unknown");
    assert_eq!(world.notice_kinds(), [NoticeKind::Unanswered]);
    world.pass(2_000);
    assert_eq!(world.octets_to(PEER), first, "the same octets again");
    world.pass(4_000);
    world.say(PEER, &answer(&write(0x4110, &[]), 0));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.pass(600_000);
    assert_eq!(world.shown(alert), "3 confirmed");
    assert!(world.notices().is_empty());
}

#[test]
fn s26_pool_fail_over() {
    let peers = vec![(mme("a"), vec!["pool"]), (mme("b"), vec!["pool"])];
    let mut world = Plan { peers, ..Plan::default() }.up();
    let alert = world.alert(&[C1, C2, C3]);
    let to_a = world.octets_to(0);
    assert_eq!(to_a.len(), 1);
    world.pass(7_000);
    assert_eq!(world.octets_to(1), to_a);
    let request = write(0x4110, &[C1, C2, C3]);
    world.say(1, &answer(&request, 0));
    world.say(1, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.say(0, &answer(&request, 0));
    world.say(0, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.pass(600_000);
    // A cancel goes to both: the silent one may have acted.
    world.cancel(alert);
    world.expect(0, &[stop(0x4110, &[C1, C2, C3])]);
    world.expect(1, &[stop(0x4110, &[C1, C2, C3])]);
}

#[test]
fn s27_retry_answered_already_used() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    let request = write(0x4110, &[C1, C2, C3]);
    world.expect(PEER, std::slice::from_ref(&request));
    world.pass(7_000);
    world.notices();
    world.expect_and_answer(PEER, &request, 11);
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!((world.shown(alert), world.serials(alert)), ("3 confirmed".into(), vec![0x4110]));
    assert!(world.notices().is_empty());
    world.pass(600_000);
}

#[test]
fn s28_cause_11_on_a_first_try() {
    let plan = Plan {
        sites: vec![lte("north", 257, &[C1, C2]), lte("south", 257, &[C4, C5])],
        peers: vec![(mme("mme-north"), vec!["north"]), (mme("mme-south"), vec!["south"])],
        ..Plan::default()
    };
    let mut world = plan.up();
    let alert = world.alert(&[C1, C2, C4, C5]);
    world.expect_and_answer(0, &write(0x4110, &[C1, C2]), 0);
    world.say(0, &on_air(0x4110, &[C1, C2]));
    world.expect(1, &[write(0x4110, &[C4, C5])]);
    // The record comes before the write: while the disk is dead nothing new leaves.
    world.disk_works = false;
    let records = world.journal.len();
    world.say(1, &answer(&write(0x4110, &[]), 11));
    assert!(world.journal.len() > records);
    world.expect(1, &[]);
    world.disk_works = true;
    world.engine.durable(world.engine.last());
    world.work();
    world.expect_and_answer(1, &write(0x4120, &[C4, C5]), 0);
    world.say(1, &on_air(0x4120, &[C4, C5]));
    assert_eq!(world.shown(alert), "4 confirmed");
    assert_eq!(world.notice_kinds(), [NoticeKind::SerialClash]);
    world.pass(60_000);
    // Each is stopped by the name it has; what another CBC has on the air as 4110 is left alone.
    world.cancel(alert);
    world.expect(0, &[stop(0x4110, &[C1, C2])]);
    world.expect(1, &[stop(0x4120, &[C4, C5])]);
}

#[test]
fn s29_capacity_causes() {
    for cause in [7, 8, 10] {
        let mut world = World::one_mme();
        let alert = world.alert(&[C1, C2, C3]);
        let request = write(0x4110, &[C1, C2, C3]);
        let mut gaps = Vec::new();
        world.expect_and_answer(PEER, &request, cause);
        for try_again in 1..4 {
            assert_eq!(world.shown(alert), "3 refused");
            let mut gap_s = 0;
            let octets = loop {
                world.pass(1_000);
                gap_s += 1;
                let sent = world.octets_to(PEER);
                if !sent.is_empty() {
                    break sent;
                }
            };
            assert_eq!(octets, [words_of(&request)], "the same octets again");
            gaps.push(gap_s);
            world.say(PEER, &answer(&request, if try_again < 3 { cause } else { 0 }));
        }
        assert_eq!(gaps, [2, 4, 8]);
        world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
        assert_eq!(world.shown(alert), "3 confirmed");
    }
}

#[test]
fn s29_retries_stop_at_expiry() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1]);
    world.sent_to(PEER);
    world.say(PEER, &answer(&write(0x4110, &[]), 7));
    let mut tries = 0;
    for _ in 0..1_800 {
        world.pass(1_000);
        for request in
            world.sent_to(PEER).iter().filter(|pdu| pdu["message"] == "write_replace_warning_request")
        {
            tries += 1;
            world.say(PEER, &answer(request, 7));
        }
    }
    assert!((29..=36).contains(&tries), "{tries} tries, at most 60 s apart");
    world.pass(3_600_000);
    assert_eq!(world.view(alert).state, State::Closed);
}

#[test]
fn s30_fatal_causes() {
    for (cause, name) in [
        (1, "invalid parameter"),
        (2, "invalid parameter"),
        (5, "protocol error"),
        (9, "cell broadcast not supported"),
        (13, "protocol error"),
        (16, "protocol error"),
    ] {
        let mut world = World::one_mme();
        let alert = world.alert(&[C1, C2, C3]);
        world.expect_and_answer(PEER, &write(0x4110, &[C1, C2, C3]), cause);
        assert_eq!((world.shown(alert), world.causes(alert)), ("3 refused".into(), vec![name.into()]));
        let notices = world.notices();
        assert_eq!(notices.len(), 1, "{cause}: {notices:?}");
        world.pass(1_000_000);
    }
    let mut world = World::one_mme();
    world.alert(&[C1]);
    world.sent_to(PEER);
    world.say_hex(PEER, vector("sbcap-wrwresp-critdiag"));
    let notices = world.notices();
    assert!(notices[0].words.contains("IE 7"), "{}", notices[0].words);
}

fn words_of(request: &serde_json::Value) -> bytes::Bytes {
    octets(request).into()
}
