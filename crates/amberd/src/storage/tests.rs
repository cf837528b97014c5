//! The storage on real files.

use std::sync::Arc;

use area::{Atlas, CellRuns, ControllerId, Coverage, Inventory, OperatorId, Target};
use cbs::{GeographicalScope, Level, MessageId, SerialNumber};
use engine::order::{BroadcastId, Priority, Verb};
use engine::record::{Allocation, Said, StepVerb, Terms};
use engine::report::Outcome as Word;
use engine::{Edition, Network, Patience, Personal, Place as Spot, Setup, Traits, Version};
use policy::{Channel, LanguageText, Picture};

use super::*;

const TEXT: &str = "Marko Petrovic";

fn setup() -> Setup {
    let cells = "operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller\n\
                 mts,220,03,gsm,1100,1,,45.25,19.84,0,360,500,mts-bsc-01\n";
    let inventory = Arc::new(Inventory::import(cells.as_bytes()).unwrap());
    Setup {
        coverage: Coverage::new(&inventory),
        traits: vec![None],
        inventory,
        atlas: Arc::new(Atlas::serbia().unwrap()),
        profiles: Vec::new(),
        codes: std::collections::BTreeMap::new(),
        patience: Patience { retry_first_ms: 1, retry_max_ms: 1, indication_ms: 1, audit_ms: 0 },
        alerts_max: 1,
    }
}

fn open(dir: &Path) -> (Storage, Engine) {
    let place = Place { dir: dir.join("state"), cancels: dir.join("cancels"), snapshot_records: 20_000 };
    Storage::open(place, setup(), |_| {}).unwrap()
}

fn picture() -> Picture {
    Picture::blank(3000)
}

fn drafted() -> Entry {
    let text = LanguageText { language: "sr-Latn".into(), text: TEXT.into() };
    let personal = Personal {
        texts: vec![text],
        bodies: vec![TEXT.into()],
        picture: Some(picture()),
        ..Personal::default()
    };
    let version = Version {
        number: 1,
        author: "jelena".into(),
        written_ms: 7,
        private: Private::Open(personal),
        planned: Vec::new(),
        target: Target::default(),
        cells: CellRuns::new(),
        unserved: CellRuns::new(),
        duration_s: 60,
        period_s: None,
        approved: None,
        confirmed_ms: None,
        origin: None,
    };
    let (alert, channel, class) = (AlertId(1), Channel::Live, "missing-child".to_owned());
    Entry {
        seq: engine::Seq(1),
        wall_ms: 7,
        record: Record::Drafted { alert, channel, class, version, key: None },
    }
}

fn close(storage: Storage) {
    storage.close().unwrap();
}

#[test]
fn what_is_personal_is_sealed_on_disk_and_read_again_until_its_key_is_erased() {
    let dir = tempfile::tempdir().unwrap();
    let (mut storage, _) = open(dir.path());
    storage.append(&[drafted()]).unwrap();
    close(storage);
    let state = dir.path().join("state");
    state::write(&state, Vec::new()).unwrap();
    for file in ["journal.db", "journal.db-wal", "snapshot-1"] {
        let bytes = std::fs::read(state.join(file)).unwrap_or_default();
        for personal in [TEXT, picture().base64().get(..40).unwrap()] {
            assert!(!bytes.windows(personal.len()).any(|window| window == personal.as_bytes()), "{file}");
        }
    }
    let text = |engine: &Engine| {
        let alert = engine.alert(AlertId(1)).unwrap();
        Some(alert.versions[0].private.open()?.bodies[0].clone())
    };
    let (storage, replayed) = open(dir.path());
    close(storage);
    assert_eq!(text(&replayed).as_deref(), Some(TEXT));
    let kept = replayed.alert(AlertId(1)).unwrap().versions[0].private.open().unwrap().picture.clone();
    assert_eq!(kept, Some(picture()));
    Vault::open(&state.join("keys")).unwrap().erase("A-1").unwrap();
    let (_, erased) = open(dir.path());
    assert_eq!(text(&erased), None);
}

/// A state with one alert whose snapshot a record names, or another digest in its place.
fn written_down(dir: &Path, digest: Option<&str>) {
    let (mut storage, _) = open(dir);
    storage.append(&[drafted()]).unwrap();
    close(storage);
    let (at, true_digest) = state::write(&dir.join("state"), Vec::new()).unwrap();
    let digest = digest.map_or(true_digest, ToOwned::to_owned);
    let (mut storage, engine) = open(dir);
    let record = Record::Snapshot { at, digest };
    storage.append(&[Entry { seq: engine.last().next(), wall_ms: 8, record }]).unwrap();
    close(storage);
}

#[test]
fn a_start_takes_the_state_that_a_record_vouches_for_and_reads_what_is_personal_in_it() {
    let dir = tempfile::tempdir().unwrap();
    written_down(dir.path(), None);
    let found = state::find(&dir.path().join("state"), OpenMode::Read).unwrap();
    assert_eq!(found.state.unwrap().last(), engine::Seq(1));
    let (storage, engine) = open(dir.path());
    close(storage);
    assert_eq!(engine.last(), engine::Seq(2));
    let alert = engine.alert(AlertId(1)).unwrap();
    assert_eq!(alert.versions[0].private.open().unwrap().bodies, [TEXT]);
    let (head, compared) = verify(&dir.path().join("state"), Vec::new()).unwrap();
    assert_eq!((head.seq.0, compared), (2, vec![1]));
}

#[test]
fn a_state_that_no_record_vouches_for_is_passed_over_and_the_records_are_replayed() {
    for digest in [Some("00"), None] {
        let dir = tempfile::tempdir().unwrap();
        written_down(dir.path(), digest);
        let state = dir.path().join("state");
        if digest.is_none() {
            let mut changed = std::fs::read_to_string(state.join("snapshot-1")).unwrap();
            changed = changed.replace("jelena", "milena");
            std::fs::write(state.join("snapshot-1"), changed).unwrap();
            assert!(matches!(verify(&state, Vec::new()), Err(StorageError::State { seq: 1 })));
        }
        assert!(state::find(&state, OpenMode::Read).unwrap().state.is_none());
        let (storage, engine) = open(dir.path());
        close(storage);
        assert_eq!(engine.alert(AlertId(1)).unwrap().versions[0].author, "jelena");
    }
}

#[test]
fn a_disk_that_takes_nothing_lets_the_daemon_start_and_say_so() {
    let dir = tempfile::tempdir().unwrap();
    // A file where the folder should be made: whoever runs the tests, nothing can be written there.
    std::fs::write(dir.path().join("state"), "").unwrap();
    let (mut storage, engine) = open(dir.path());
    assert_eq!(engine.last(), engine::Seq(0));
    assert!(storage.failed().unwrap().contains("creating"), "{:?}", storage.failed());
    storage.append(&[drafted()]).unwrap();
}

#[test]
fn a_kept_cancel_is_read_again_and_a_torn_one_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let cancels = Cancels::at(dir.path().join("cancels"));
    assert_eq!(cancels.read(), []);
    let cancel = |n| Cancel { alert: AlertId(n), by: "milan".into(), reason: "found".into() };
    cancels.add(&cancel(1)).unwrap();
    cancels.add(&cancel(2)).unwrap();
    let text = std::fs::read_to_string(dir.path().join("cancels")).unwrap();
    std::fs::write(dir.path().join("cancels"), &text[..text.len() - 5]).unwrap();
    assert_eq!(cancels.read(), [cancel(1)]);
    cancels.remove();
    assert_eq!(cancels.read(), []);
}

#[test]
fn a_journal_of_schema_1_gives_its_alerts() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/journal/1");
    std::fs::create_dir_all(state.join("keys")).unwrap();
    for name in ["journal.db", "journal.head", "keys/A-1.key", "keys/A-2.key"] {
        std::fs::copy(old.join(name), state.join(name)).unwrap();
    }
    let profile = include_str!("../../../../config/policies/missing-child.toml");
    let setup = Setup { profiles: vec![toml::from_str(profile).unwrap()], ..setup() };
    let place = Place { dir: state, cancels: dir.path().join("cancels"), snapshot_records: 20_000 };
    let (storage, engine) = Storage::open(place, setup, |_| {}).unwrap();
    close(storage);
    let states: Vec<_> = engine.alerts().map(|alert| alert.state).collect();
    assert_eq!(states, [engine::State::Closed, engine::State::Active]);
    let alert = engine.alert(AlertId(2)).unwrap();
    assert_eq!(alert.versions[0].private.open().unwrap().bodies.len(), 2);
    let broadcast = engine.broadcast(alert.broadcasts[0]).unwrap();
    let confirmed: u32 =
        broadcast.legs.iter().map(|leg| leg.totals()[engine::Phase::Confirmed as usize]).sum();
    assert_eq!(confirmed, 46);
}

/// The records of a country's alerts: so many that are over, then so many on the air.
fn history(over: u64, on: u64) -> Vec<Record> {
    const CONTROLLERS: u16 = 40;
    const CELLS: u32 = 1500;
    let traits = Some(Traits {
        in_place: true,
        indications: false,
        stops_first: false,
        counts: engine::Counting::Ends,
        pooled: false,
        airtime: engine::Airtime::default(),
    });
    let spot = |n: u16| Spot {
        name: format!("bsc-{n}"),
        operator: OperatorId(0),
        cells: (u32::from(n) * CELLS, u32::from(n) * CELLS + CELLS),
        traits,
    };
    let controllers = (0..CONTROLLERS).map(spot).collect();
    let network = Network { inventory: String::new(), operators: vec!["mts".into()], controllers };
    let mut records = vec![Record::Network { network, moves: Vec::new() }, Record::Started];
    for n in 1..=over + on {
        let alert = AlertId(n);
        let Record::Drafted { channel, class, mut version, .. } = drafted().record else { continue };
        version.planned = vec![policy::Planned {
            role: policy::Role::Main,
            languages: vec!["sr-Latn".into()],
            dcs: cbs::DataCodingScheme::new(15),
            pages: 1,
        }];
        version.cells = CellRuns::from_range(0..u32::from(CONTROLLERS) * CELLS);
        let key = Some(format!("key-{n}"));
        records.push(Record::Drafted { alert, channel, class, version, key });
        let step = |step| Record::Stepped { alert, step, by: Some("jelena".into()), reason: None, key: None };
        records.push(step(StepVerb::Submit));
        let code = u16::try_from(n % 1024).unwrap();
        let serial = SerialNumber::new(GeographicalScope::Plmn, code, 0).unwrap();
        let broadcast = BroadcastId(u32::try_from(n - 1).unwrap());
        let allocation = Allocation {
            broadcast,
            planned: Some(0),
            edition: Edition(0),
            renew: false,
            names: vec![(OperatorId(0), MessageId::AMBER, serial)],
        };
        let terms = Terms { priority: Priority::Live(Level::Amber), period_s: 60, until_stopped: false };
        records.push(Record::Approved {
            alert,
            version: 1,
            by: "milan".into(),
            expires_ms: i64::MAX / 2,
            terms: Some(terms),
            broadcasts: vec![allocation],
            key: None,
        });
        let said = |verb, controller: u16| Record::Reported {
            said: Said { broadcast, edition: Edition(0), verb, outcome: Word::Confirmed },
            cells: CellRuns::from_range(u32::from(controller) * CELLS..u32::from(controller) * CELLS + CELLS),
        };
        records.extend((0..CONTROLLERS).map(|controller| said(Verb::Write, controller)));
        if n <= over {
            records.push(step(StepVerb::Cancel));
            records.extend((0..CONTROLLERS).map(|controller| said(Verb::Kill, controller)));
            records.push(step(StepVerb::Close));
        }
    }
    records
}

fn append(storage: &mut Storage, after: engine::Seq, records: Vec<Record>) {
    let entries = records.into_iter().zip(after.0 + 1..);
    let entries: Vec<Entry> =
        entries.map(|(record, seq)| Entry { seq: engine::Seq(seq), wall_ms: 7, record }).collect();
    storage.append(&entries).unwrap();
}

/// The processor's time that this thread has had: what else the machine does is not in it.
fn cpu() -> std::time::Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    std::time::Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// A start after `over` alerts that have ended, with `on` alerts on the air and `tail` records since the state was
/// written down: the processor's time that it took, and that of one that replays everything.
fn starts(over: u64, on: u64, tail: usize) -> (std::time::Duration, std::time::Duration) {
    let dir = tempfile::tempdir().unwrap();
    let (mut storage, engine) = open(dir.path());
    append(&mut storage, engine.last(), history(over, on));
    close(storage);
    let begun = (cpu(), std::time::Instant::now());
    let (mut storage, whole) = open(dir.path());
    let (by_records, all) = (cpu() - begun.0, begun.1.elapsed());
    let (at, digest) = state::write(&dir.path().join("state"), Vec::new()).unwrap();
    assert_eq!(at, whole.last());
    let mut records = vec![Record::Snapshot { at, digest }];
    let flap = |n: usize| Record::Controller {
        controller: ControllerId((n / 2 % 40) as u16),
        up: n.is_multiple_of(2),
    };
    records.extend((0..tail).map(flap));
    append(&mut storage, whole.last(), records);
    close(storage);
    let begun = (cpu(), std::time::Instant::now());
    let (storage, engine) = open(dir.path());
    let (by_state, rest) = (cpu() - begun.0, begun.1.elapsed());
    close(storage);
    let on_air = engine.alerts().filter(|alert| alert.state.is_on()).count() as u64;
    assert_eq!((engine.alerts().count() as u64, on_air), (over + on, on));
    let message = engine.broadcast(BroadcastId(u32::try_from(over).unwrap())).unwrap();
    assert_eq!(message.legs.len(), 40);
    let octets = |name: String| std::fs::metadata(dir.path().join("state").join(name)).unwrap().len();
    println!(
        "{} records in {} octets, the state {} octets; start: all replayed {by_records:?} of the processor ({all:?}), \
         from the state and {tail} records {by_state:?} ({rest:?})",
        engine.last(),
        octets("journal.db".into()),
        octets(format!("snapshot-{at}"))
    );
    (by_state, by_records)
}

#[test]
fn a_start_from_the_state_does_not_replay_what_came_before_it() {
    let (by_state, by_records) = starts(60, 10, 10);
    assert!(by_state < by_records, "{by_state:?}, {by_records:?}");
}

#[test]
#[ignore = "a measurement: cargo test --release -p amberd -- --ignored --nocapture"]
fn a_start_with_years_of_history_and_100_alerts_on_the_air() {
    starts(2_000, 100, 20_000);
}
