//! CAP messages in and out of the engine.

use policy::{Act, Imported, MessageName, Picture};

use super::*;
use crate::{Import, State};

fn name(identifier: &str) -> MessageName {
    MessageName { sender: "floods@rhmz.example".into(), identifier: identifier.into(), sent_s: 1_699_999_990 }
}

fn message(identifier: &str, act: Act, earlier: &[MessageName]) -> Import {
    let Wording { texts, target, .. } = wording(&format!("Nestao dečak, {identifier}"), 5_000);
    let message = Imported {
        name: name(identifier),
        act,
        channel: Channel::Live,
        earlier: earlier.to_vec(),
        class: (act != Act::Cancel).then(|| "missing-child".into()),
        texts,
        target,
        picture: None,
        expires_s: Some(1_700_003_600),
        note: None,
    };
    let case = Case { age_years: Some(7), facts: [Fact::ImminentDanger].into(), ..Case::default() };
    Import { message, signed_by: Some("CN=RHMZ".into()), case: Some(case), own_sender: Some("us".into()) }
}

impl World {
    fn import(&mut self, who: &str, import: Import) -> Result<AlertId, Refusal> {
        let mut out = Vec::new();
        let answer = self.engine.import(self.now, &officer(who), import, &mut out);
        self.keep(out);
        answer
    }

    fn imported_and_active(&mut self, identifier: &str) -> AlertId {
        let alert = self.import("jelena", message(identifier, Act::Alert, &[])).unwrap();
        self.command("jelena", Command::Submit { alert }).unwrap();
        self.command("milan", Command::Approve { alert, version: None }).unwrap();
        self.obey_all();
        alert
    }
}

#[test]
fn an_imported_alert_is_a_draft_that_needs_two_people() {
    let mut world = World::new();
    let alert = world.import("jelena", message("r1", Act::Alert, &[])).unwrap();
    let draft = world.engine.alert(alert).unwrap();
    assert_eq!((draft.state, draft.versions[0].duration_s), (State::Draft, 3600));
    let origin = draft.versions[0].origin.clone().unwrap();
    assert_eq!((origin.message, origin.signed_by.as_deref()), (name("r1"), Some("CN=RHMZ")));
    assert!(world.orders().is_empty());
    world.command("jelena", Command::Submit { alert }).unwrap();
    let refused = world.command("jelena", Command::Approve { alert, version: None });
    assert!(matches!(refused, Err(Refusal::ApproverIsAuthor { .. })));
    world.command("milan", Command::Approve { alert, version: None }).unwrap();
    assert!(!world.orders().is_empty());
}

#[test]
fn the_same_message_is_imported_once_even_after_a_restart() {
    let mut world = World::new();
    let first = world.import("jelena", message("r1", Act::Alert, &[])).unwrap();
    assert_eq!(world.import("milan", message("r1", Act::Alert, &[])), Ok(first));
    world.reborn();
    assert_eq!(world.import("jelena", message("r1", Act::Alert, &[])), Ok(first));
    assert_eq!(world.engine.alerts().count(), 1);
    assert_ne!(world.import("jelena", message("r2", Act::Alert, &[])), Ok(first));
}

#[test]
fn an_update_and_a_cancel_find_their_alert_by_any_earlier_message() {
    let mut world = World::new();
    let alert = world.imported_and_active("r1");
    let other = world.imported_and_active("other");
    assert_eq!(world.import("jelena", message("r2", Act::Update, &[name("r1")])), Ok(alert));
    assert_eq!(world.engine.alert(alert).unwrap().waiting().unwrap().number, 2);
    assert_eq!(world.import("jelena", message("r2", Act::Update, &[name("r1")])), Ok(alert));
    world.command("milan", Command::Approve { alert, version: None }).unwrap();
    world.obey_all();
    let cancel = message("r3", Act::Cancel, &[name("r1"), name("r2")]);
    assert_eq!(world.import("milan", cancel), Ok(alert));
    assert!(!world.engine.alert(alert).unwrap().state.is_on());
    assert!(world.engine.alert(other).unwrap().state.is_on());
}

#[test]
fn while_there_is_a_draft_an_update_writes_it_anew() {
    let mut world = World::new();
    let alert = world.import("jelena", message("r1", Act::Alert, &[])).unwrap();
    let update = Import { case: None, ..message("r2", Act::Update, &[name("r1")]) };
    assert_eq!(world.import("jelena", update.clone()), Ok(alert));
    let draft = world.engine.alert(alert).unwrap().shown().unwrap();
    let personal = draft.private.open().unwrap();
    assert_eq!((personal.texts[0].text.as_str(), personal.case.age_years), ("Nestao dečak, r2", Some(7)));
    world.command("jelena", Command::Submit { alert }).unwrap();
    assert_eq!(world.import("jelena", update), Ok(alert), "a repeat is no new update");
    let late = world.import("jelena", message("r3", Act::Update, &[name("r2")]));
    assert!(matches!(late, Err(Refusal::WrongState { .. })), "{late:?}");
}

#[test]
fn references_to_none_or_several_alerts_are_refused() {
    let mut world = World::new();
    let alerts = vec![world.imported_and_active("r1"), world.imported_and_active("r2")];
    for act in [Act::Update, Act::Cancel] {
        let unknown = world.import("jelena", message("r3", act, &[name("r0")]));
        assert!(matches!(unknown, Err(Refusal::UnknownReference { .. })), "{unknown:?}");
        let both = world.import("jelena", message("r3", act, &[name("r1"), name("r2")]));
        assert_eq!(both, Err(Refusal::AmbiguousReference { candidates: alerts.clone() }));
    }
}

#[test]
fn no_message_crosses_to_an_alert_of_another_channel() {
    let mut world = World::new();
    let alert = world.imported_and_active("r1");
    for act in [Act::Update, Act::Cancel] {
        let mut exercise = message("r2", act, &[name("r1")]);
        exercise.message.channel = Channel::Exercise;
        let refused = world.import("jelena", exercise);
        assert!(matches!(refused, Err(Refusal::OtherKind { what: "channel", .. })), "{refused:?}");
    }
    assert!(world.engine.alert(alert).unwrap().state.is_on());
}

#[test]
fn an_expired_message_and_one_without_an_end_are_told_apart() {
    let mut world = World::new();
    let mut late = message("r1", Act::Alert, &[]);
    late.message.expires_s = Some(1_700_000_059);
    let refused = world.import("jelena", late);
    assert!(matches!(refused, Err(Refusal::WrongExpiry { min_s: 60, found_s: 59, .. })), "{refused:?}");
    for (identifier, expires_s, duration_s) in
        [("r2", None, 3600), ("r3", Some(1_700_000_000 + 999_999), 172_800)]
    {
        let mut endless = message(identifier, Act::Alert, &[]);
        endless.message.expires_s = expires_s;
        let alert = world.import("jelena", endless).unwrap();
        assert_eq!(world.engine.alert(alert).unwrap().versions[0].duration_s, duration_s);
    }
}

#[test]
fn only_officers_import_and_a_cancel_needs_no_author() {
    let mut world = World::new();
    let alert = world.imported_and_active("r1");
    let roles = Roles { approver: true, ..Roles::default() };
    let approver = Actor { name: "petar".into(), root: false, roles };
    let auditor = Actor { roles: Roles { auditor: true, ..Roles::default() }, ..approver.clone() };
    let mut out = Vec::new();
    for (actor, import, may) in [
        (&auditor, message("r2", Act::Cancel, &[name("r1")]), false),
        (&approver, message("r2", Act::Alert, &[]), false),
        (&approver, message("r2", Act::Update, &[name("r1")]), false),
        (&approver, message("r2", Act::Cancel, &[name("r1")]), true),
    ] {
        let answer = world.engine.import(world.now, actor, import, &mut out);
        assert_eq!(answer.is_ok(), may, "{answer:?}");
    }
    assert!(!world.engine.alert(alert).unwrap().state.is_on());
}

#[test]
fn every_approved_version_and_the_cancel_are_messages_that_refer_to_all_before() {
    let mut world = World::new();
    let alert = world.active();
    let texts = Some(wording("Nestao dečak, plava jakna", 5_000).texts);
    world.pass(60_000);
    let change = Change { texts, ..Change::default() };
    world.command("jelena", Command::Update { alert, change }).unwrap();
    assert_eq!(world.engine.bulletins(alert, "us").len(), 1, "what waits is no message");
    world.command("milan", Command::Approve { alert, version: None }).unwrap();
    let before = world.engine.bulletins(alert, "us");
    world.pass(5_000);
    world.cancel(alert);
    let bulletins = world.engine.bulletins(alert, "us");
    assert_eq!(bulletins[..2], before, "they do not change");
    let said: Vec<(Act, &str, usize, bool)> = bulletins
        .iter()
        .map(|it| (it.act, it.name.identifier.as_str(), it.earlier.len(), it.body.is_some()))
        .collect();
    assert_eq!(
        said,
        [
            (Act::Alert, "A-1.1", 0, true),
            (Act::Update, "A-1.2", 1, true),
            (Act::Cancel, "A-1.cancel", 2, false)
        ]
    );
    assert_eq!(bulletins[2].earlier, [bulletins[0].name.clone(), bulletins[1].name.clone()]);
    let own = world.import("jelena", message("r9", Act::Update, &[bulletins[1].name.clone()]));
    assert!(matches!(own, Err(Refusal::WrongState { alert: found, .. }) if found == alert), "{own:?}");
    world.reborn();
    assert_eq!(world.engine.bulletins(alert, "us"), bulletins);
}

#[test]
fn the_public_knows_what_is_on_and_of_what_was_cancelled_only_that() {
    let mut world = World::new();
    let draft = world.import("jelena", message("r1", Act::Alert, &[])).unwrap();
    assert!(world.engine.notices("us", 0).is_empty(), "nobody has approved {draft}");
    let alert = world.active();
    let notices = world.engine.notices("us", 0);
    assert_eq!((notices.len(), notices[0].alert, notices[0].bulletins.len()), (1, alert, 1));
    assert!(notices[0].bulletins[0].body.is_some());
    world.pass(5_000);
    world.cancel(alert);
    let notices = world.engine.notices("us", world.now.wall_ms - 60_000);
    assert_eq!(notices[0].bulletins.iter().filter(|bulletin| bulletin.body.is_some()).count(), 0);
    assert_eq!(notices[0].bulletins.last().unwrap().act, Act::Cancel);
    assert!(world.engine.notices("us", world.now.wall_ms).is_empty(), "it is forgotten in time");
}

#[test]
fn a_stop_of_everything_is_the_cancel_of_each() {
    let mut world = World::new();
    let alert = world.active();
    world.command("milan", Command::StopAll { reason: "a mistake".into() }).unwrap();
    let last = world.engine.bulletins(alert, "us").pop().unwrap();
    assert_eq!((last.act, last.name.identifier.as_str()), (Act::Cancel, "A-1.cancel"));
}

#[test]
fn a_picture_is_shown_with_two_peoples_approval_and_rings_no_phone() {
    let mut world = World::new();
    let draft = |bytes| {
        let wording = Wording { picture: Some(Picture::blank(bytes)), ..wording("Nestao dečak", 5_000) };
        Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording }
    };
    let refused = world.command("jelena", draft(1001));
    assert!(matches!(refused, Err(Refusal::Policy(policy::Error::Picture { .. }))), "{refused:?}");
    let alert = world.command("jelena", draft(90)).unwrap();
    world.command("jelena", Command::Submit { alert }).unwrap();
    world.command("milan", Command::Approve { alert, version: None }).unwrap();
    world.obey_all();
    let shown = |world: &World| {
        let bulletins = world.engine.bulletins(alert, "us");
        bulletins.into_iter().map(|it| it.body.and_then(|body| body.picture)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&world), [Some(Picture::blank(90))]);
    for (picture, text) in [(Some(Picture::blank(91)), None), (None, None), (None, Some("Nestao, 7"))] {
        let texts = text.map(|text| wording(text, 5_000).texts);
        let picture = text.is_none().then_some(picture);
        let change = Change { texts, picture, ..Change::default() };
        world.command("jelena", Command::Update { alert, change }).unwrap();
        world.command("milan", Command::Approve { alert, version: None }).unwrap();
        let orders = world.orders();
        assert_eq!(writes(&orders).is_empty(), text.is_none(), "{orders:?}");
    }
    let expected = [Some(Picture::blank(90)), Some(Picture::blank(91)), None, None];
    assert_eq!(shown(&world), expected);
    world.reborn();
    assert_eq!(shown(&world), expected);
    world.command("milan", Command::Cancel { alert, reason: "found".into() }).unwrap();
    let notices = world.engine.notices("us", 0);
    assert!(notices[0].bulletins.iter().all(|bulletin| bulletin.body.is_none()));
}

#[test]
fn the_picture_of_a_message_is_taken_where_the_policy_allows_it() {
    for (bytes, expected) in [(1000, Some(1000)), (1001, None)] {
        let mut world = World::new();
        let mut import = message("r1", Act::Alert, &[]);
        import.message.picture = Some(Picture::blank(bytes));
        let alert = world.import("jelena", import).unwrap();
        let picture = world.engine.view(alert).unwrap().version.unwrap().picture;
        assert_eq!(picture.map(|picture| picture.bytes), expected);
        // An update says all there is: without a picture there is none any more.
        world.import("jelena", message("r2", Act::Update, &[name("r1")])).unwrap();
        assert_eq!(world.engine.view(alert).unwrap().version.unwrap().picture, None);
    }
}
