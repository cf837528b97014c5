//! S01, S10 to S13, S15 and S16 as far as they need no socket; the crates `link`, `dispatch` and `opsim` have the rest.

use bytes::BytesMut;
use dispatch::{FirstContact, PeerId, Profile};
use serde_json::json;

use crate::words::{C1, C2, C3, answer, octets, on_air, with, write};
use crate::world::{PEER, Plan, Site, World, bsc, lte, mme};

#[test]
fn s01_sbcap_says_nothing_at_first() {
    let mut world = Plan::default().up();
    assert!(world.dispatch.peer_status(PeerId(0)).ready);
    world.pass(3_600_000);
    world.expect(PEER, &[]);
}

#[test]
fn s10_flapping_association() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    for _ in 0..20 {
        world.disconnect(PEER);
        assert_eq!(world.shown(alert), "3 unknown");
        world.pass(2_000);
        world.connect(PEER);
        world.expect(PEER, &[write(0x4110, &[C1, C2, C3])]);
        world.pass(1_000);
        world.expect(PEER, &[]);
    }
    world.say(PEER, &answer(&write(0x4110, &[]), 0));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.pass(600_000);
}

#[test]
fn s11_restart_of_the_association_without_loss() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    let first = world.octets_to(PEER);
    // The shell tells of a restarted association as of a new link.
    world.dispatch.link_up(world.now.monotonic_ms, PeerId(0), FirstContact(false));
    world.work();
    assert_eq!(world.octets_to(PEER), first);
    world.say(PEER, &answer(&write(0x4110, &[]), 0));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!((world.shown(alert), world.serials(alert)), ("3 confirmed".into(), vec![0x4110]));
    world.pass(600_000);
}

#[test]
fn s12_break_in_the_middle_of_a_pdu() {
    let cells: Vec<u64> = (0..3_000).map(|n| 0x10_0000 + n).collect();
    let mut world = Plan { sites: vec![lte("pool", 257, &cells)], ..Plan::default() }.up();
    let alert = world.alert(&cells);
    let whole = world.octets_to(PEER);
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0], octets(&write(0x4110, &cells)));
    world.disconnect(PEER);
    assert_eq!(world.shown(alert), "3000 unknown");
    world.pass(2_000);
    world.connect(PEER);
    assert_eq!(world.octets_to(PEER), whole);
}

#[test]
fn s13_large_indication() {
    let cells: Vec<u64> = (0..36_000).map(|n| 0x10_0000 + n).collect();
    let mut world = Plan { sites: vec![lte("pool", 257, &cells)], ..Plan::default() }.up();
    let alert = world.alert(&cells);
    for request in world.sent_to(PEER) {
        world.say(PEER, &answer(&request, 0));
    }
    while let [request, ..] = world.sent_to(PEER).as_slice() {
        world.say(PEER, &answer(request, 0));
    }
    let indication = octets(&on_air(0x4110, &cells));
    assert!(indication.len() > 250_000, "{}", indication.len());
    world.say_octets(PEER, &indication);
    world.expect(PEER, &[]);
    assert_eq!(world.shown(alert), "36000 confirmed");
    assert!(world.notices().is_empty());
}

#[test]
fn s15_one_dead_peer_costs_the_others_nothing() {
    let names: Vec<&'static str> = (0..50).map(|n| &*format!("mme-{n:02}").leak()).collect();
    let cell = |n: usize| (0x1000 + n as u64) << 8 | 1;
    let sites: Vec<Site> = names.iter().zip(0..).map(|(name, n)| lte(name, 257, &[cell(n)])).collect();
    let peers: Vec<(Profile, Vec<&str>)> = names.iter().map(|name| (mme(name), vec![*name])).collect();
    let mut world = Plan { sites, peers, ..Plan::default() }.up();
    // Its socket's buffer is full.
    world.dispatch.set_writable(PeerId(7), false);
    let cells: Vec<u64> = (0..50).map(cell).collect();
    let alert = world.alert(&cells);
    for peer in (0..50).filter(|peer| *peer != 7) {
        let request = write(0x4110, &[cell(peer)]);
        world.expect_and_answer(peer, &request, 0);
        world.say(peer, &on_air(0x4110, &[cell(peer)]));
    }
    let shown = world.shown(alert);
    assert!(shown.ends_with("49 confirmed"), "{shown}");
    world.expect(7, &[]);
}

#[test]
fn s16_tcp_segmentation() {
    let mut world = Plan::bsc(Profile { keep_alive_ms: 120_000, ..bsc("bsc") }, &[1]).up();
    world.sent_to(PEER);
    world.say_hex(PEER, "11 000004 04000106");
    let alerts = [(); 3].map(|()| world.alert(&[1]));
    let mut stream = BytesMut::new();
    let requests = world.sent_to(PEER);
    for request in requests.iter().filter(|pdu| pdu["message"] == "write_replace") {
        let complete = json!({
            "message": "write_replace_complete", "message_id": 4379, "new_serial": request["new_serial"],
        });
        stream.extend(octets(&with(complete, json!({}))));
    }
    // The first octet by octet, the others in one segment.
    let third = stream.len() / 3;
    let mut received = BytesMut::new();
    let segments: Vec<&[u8]> = stream[..third].chunks(1).chain(std::iter::once(&stream[third..])).collect();
    for segment in segments {
        received.extend_from_slice(segment);
        while let Some(length) = cbsp_frame(&received) {
            let frame = received.split_to(length);
            world.say_octets(PEER, &frame);
        }
    }
    for alert in alerts {
        assert_eq!(world.shown(alert), "1 confirmed");
    }
}

/// The length of the first frame, if it is whole: one octet of type and three of length before its elements.
fn cbsp_frame(octets: &[u8]) -> Option<usize> {
    let [_, a, b, c, ..] = octets else { return None };
    let length = 4 + u32::from_be_bytes([0, *a, *b, *c]) as usize;
    (octets.len() >= length).then_some(length)
}
