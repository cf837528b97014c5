//! What rings: the rule by which a phone drops what it has shown (TS 23.041 §9.4.1.2.1).

use opsim::DUPLICATE_WINDOW_MS;
use serde_json::{Value, json};

use crate::world::*;

/// Phones 0 to 3 start in cell 0, and so on.
const PER_CELL: u32 = 4;
const MINUTE_MS: u64 = 60_000;

fn phone_in(cell: u32) -> u32 {
    cell * PER_CELL
}

fn endless(scope: u8, cells: &[u32]) -> Value {
    let mut request = write(0, cells);
    request["broadcasts"] = json!(0);
    request["serial"]["gs"] = json!(scope);
    request
}

fn texts(world: &World, phone: u32) -> Vec<String> {
    world.rings(phone).into_iter().map(|ring| ring.text).collect()
}

#[test]
fn a_phone_rings_once_for_each_version_and_shows_its_text() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4]));
    world.tell(BSC, &cbsp_write(0, None, &[0]));
    world.until(5 * MINUTE_MS);
    world.tell(MME, &write(0, &[4]));
    world.tell(MME, &stop(0, &[4]));
    world.tell(MME, &write(0, &[4]));
    world.until(6 * MINUTE_MS);
    world.tell(MME, &write(1, &[4]));
    world.tell(BSC, &cbsp_write(1, Some(0), &[0]));
    world.until(20 * MINUTE_MS);
    for cell in [0, 4] {
        assert_eq!(texts(&world, phone_in(cell)), ["version 0", "version 1"]);
        let times: Vec<_> = world.rings(phone_in(cell)).iter().map(|ring| ring.at_ms).collect();
        assert_eq!(times, [0, 6 * MINUTE_MS]);
    }
    assert!(texts(&world, phone_in(5)).is_empty());
}

#[test]
fn the_same_serial_with_another_text_is_lost_on_who_has_seen_it() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4]));
    world.tell(MME, &stop(0, &[4]));
    let mut other = write(0, &[4, 5]);
    other["content"]["text"] = json!("other");
    world.tell(MME, &other);
    assert_eq!(texts(&world, phone_in(4)), ["version 0"]);
    assert_eq!(texts(&world, phone_in(5)), ["other"]);
}

#[test]
fn a_phone_shows_the_letters_that_the_pages_carry() {
    let text = "НЕСТАЛО ДЕТЕ: Марко, 7 година. ".repeat(3);
    let mut world = World::new();
    let mut request = write(0, &[4]);
    request["dcs"] = json!(0x48);
    request["content"] = json!({"encoding": "ucs2", "text": text});
    world.tell(MME, &request);
    assert_eq!(texts(&world, phone_in(4)), [text]);
}

#[test]
fn only_phones_that_want_to_show_additional_languages_and_tests() {
    let mut plan = plan();
    plan.phones.per_cell = 256;
    plan.phones.tests = 0.25;
    plan.phones.opted_out = 0.25;
    let mut world = World::of(plan);
    for (message_id, code) in [(4379, 1), (4392, 2), (4380, 3), (4393, 4), (4370, 5), (4400, 6)] {
        let mut request = write(0, &[4]);
        request["message_id"] = json!(message_id);
        request["serial"]["code"] = json!(code);
        world.tell(MME, &request);
    }
    let phones = world.network.phones().of_cell(4);
    assert_eq!(phones.len(), 256);
    let mut kinds = std::collections::BTreeSet::new();
    for phone in phones {
        let report = world.network.phones().report(phone);
        let (languages, tests, opted_out) = (report.additional_languages, report.tests, report.opted_out);
        let expected: Vec<u16> = [
            (4379, !opted_out),
            (4392, !opted_out && languages),
            (4380, tests),
            (4393, tests && languages),
            (4370, true),
            (4400, false),
        ]
        .into_iter()
        .filter_map(|(id, shows)| shows.then_some(id))
        .collect();
        let rang: Vec<u16> = report.rings.iter().map(|ring| ring.message_id.number()).collect();
        assert_eq!(rang, expected);
        kinds.insert((languages, tests, opted_out));
    }
    assert_eq!(kinds.len(), 8, "every choice was met");
    let phones = world.report(&[4]).phones;
    assert_eq!((phones.in_area, phones.rang_once, phones.rang_more, phones.missed), (256, 256, 0, 0));
}

#[test]
fn the_scope_says_where_a_moving_phone_is_alerted_again() {
    // From cell 4 in tracking area 257: 5 lies in the same one, 9 in another.
    for (scope, rings_in_same_area, rings_in_other_area) in [(0, 2, 3), (1, 1, 1), (2, 1, 2), (3, 2, 3)] {
        let mut world = World::new();
        world.tell(MME, &endless(scope, &[4, 5, 9]));
        let phone = phone_in(4);
        world.until(10 * MINUTE_MS + 1);
        world.command(json!({"do": "move", "phone": phone, "cell": 5}));
        world.until(11 * MINUTE_MS);
        assert_eq!(texts(&world, phone).len(), rings_in_same_area, "scope {scope}");
        world.command(json!({"do": "move", "phone": phone, "cell": 9}));
        world.until(12 * MINUTE_MS);
        assert_eq!(texts(&world, phone).len(), rings_in_other_area, "scope {scope}");
        // Back where it was, it remembers.
        world.command(json!({"do": "move", "phone": phone, "cell": 4}));
        world.until(13 * MINUTE_MS);
        assert_eq!(texts(&world, phone).len(), rings_in_other_area, "scope {scope}");
    }
}

#[test]
fn who_comes_into_the_area_hears_the_next_broadcast_if_there_is_one() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4]));
    world.until(3 * MINUTE_MS + 1);
    world.command(json!({"do": "move", "phone": phone_in(9), "cell": 4}));
    world.until(4 * MINUTE_MS - 1);
    assert!(texts(&world, phone_in(9)).is_empty());
    world.until(9 * MINUTE_MS + 1);
    assert_eq!(world.rings(phone_in(9))[0].at_ms, 4 * MINUTE_MS);
    // The tenth and last broadcast is over.
    world.command(json!({"do": "move", "phone": phone_in(10), "cell": 4}));
    world.until(30 * MINUTE_MS);
    assert!(texts(&world, phone_in(10)).is_empty());
}

#[test]
fn who_leaves_before_the_next_broadcast_hears_nothing() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4]));
    world.until(1);
    world.command(json!({"do": "move", "phone": phone_in(9), "cell": 4}));
    world.until(2);
    world.command(json!({"do": "move", "phone": phone_in(9), "cell": 9}));
    world.until(30 * MINUTE_MS);
    assert!(texts(&world, phone_in(9)).is_empty());
}

#[test]
fn a_guest_hears_what_starts_where_it_is_and_not_what_starts_at_home() {
    let mut world = World::new();
    world.command(json!({"do": "move", "phone": phone_in(9), "cell": 4}));
    world.tell(MME, &write(0, &[9]));
    world.tell(MME, &write(1, &[4]));
    assert_eq!(texts(&world, phone_in(9)), ["version 1"]);
}

#[test]
fn after_a_day_a_phone_rings_again_for_what_is_still_broadcast() {
    let mut world = World::new();
    world.tell(MME, &endless(1, &[4, 5]));
    world.until(30 * MINUTE_MS + 1);
    world.command(json!({"do": "move", "phone": phone_in(9), "cell": 4}));
    world.until(DUPLICATE_WINDOW_MS - 1);
    world.tell(MME, &stop(0, &[5]));
    assert_eq!((texts(&world, phone_in(4)).len(), texts(&world, phone_in(9)).len()), (1, 1));
    world.until(DUPLICATE_WINDOW_MS);
    assert_eq!((texts(&world, phone_in(4)).len(), texts(&world, phone_in(9)).len()), (2, 1));
    world.until(DUPLICATE_WINDOW_MS + 31 * MINUTE_MS);
    assert_eq!((texts(&world, phone_in(5)).len(), texts(&world, phone_in(9)).len()), (1, 2));
}

#[test]
fn a_report_judges_phones_by_the_target() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4, 5, 6]));
    let phones = world.report(&[4, 5]).phones;
    let all = world.network.phones().len().into();
    assert_eq!((phones.total, phones.in_area, phones.rang_once), (all, 8, 8));
    assert_eq!((phones.out_of_area, phones.out_of_area_rang), (all - 8, 4));
    let message = &world.report(&[4, 5, 9]).messages[0];
    assert_eq!((message.cells_on_air, message.cells_on_air_elsewhere), (2, 1));
    assert_eq!((message.enabled, message.rang_once, message.out_of_area_rang), (12, 8, 4));
    assert_eq!(world.report(&[4, 9]).phones.missed, 4);
    // Scope "cell": the phone that moves rings again for one version.
    world.tell(MME, &endless(3, &[9, 10]));
    world.command(json!({"do": "move", "phone": phone_in(9), "cell": 10}));
    world.until(MINUTE_MS);
    let key = json!({"message_id": 4379, "serial": {"gs": 3, "code": 17, "update": 0}});
    let answer = world.command(json!({"do": "report", "target": [[9, 11]], "messages": [key]}));
    let opsim::Answer::Report(report) = answer else { panic!("{answer:?}") };
    assert_eq!((report.phones.in_area, report.phones.rang_once, report.phones.rang_more), (8, 7, 1));
}
