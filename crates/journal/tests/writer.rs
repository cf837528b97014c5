//! The writer's thread: groups, order, limits, and what happens when the disk refuses.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // tests with files; helpers count as no test

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use journal::{
    Error, Head, Journal, OpenMode, Outcome, PAYLOAD_MAX_BYTES, Payload, Record, Seq, SqliteJournal, Writer,
    WriterLimits,
};
use tempfile::TempDir;

#[test]
fn a_thousand_appends_take_a_few_commits() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("journal.db");
    let journal = SqliteJournal::open(&path, OpenMode::Write).unwrap();
    let (report, outcomes) = mpsc::channel();
    let (go, queued) = mpsc::channel::<()>();
    let mut first = true;
    let mut writer = Writer::spawn(journal, WriterLimits::default(), move |outcome| {
        report.send(outcome).unwrap();
        // The first commit "takes" until everything else is queued.
        if std::mem::take(&mut first) {
            queued.recv().unwrap();
        }
    })
    .unwrap();

    for number in 0..1000 {
        assert_eq!(writer.append(Seq(number), vec![payload(number)]), Ok(Seq(number + 1)));
    }
    go.send(()).unwrap();
    let journal = writer.close().unwrap();

    let outcomes: Vec<_> = outcomes.iter().collect();
    assert_eq!(outcomes.last(), Some(&Outcome::Durable(Seq(1000))));
    assert!(outcomes.len() <= 2, "{} commits", outcomes.len());
    assert_eq!(journal.verify().unwrap().seq, Seq(1000));
}

#[test]
fn an_append_after_the_wrong_record_is_refused_at_once() {
    let (mut writer, _gate, _outcomes) = gated(WriterLimits::default());
    assert_eq!(writer.last(), Seq::NONE);
    assert_eq!(writer.append(Seq(0), vec![payload(1), payload(2)]), Ok(Seq(2)));
    for wrong in [0, 1, 3] {
        let refusal = Error::WrongExpected { expected: Seq(wrong), found: Seq(2) };
        assert_eq!(writer.append(Seq(wrong), vec![payload(3)]), Err(refusal));
    }
    assert_eq!(writer.append(Seq(2), vec![payload(3)]), Ok(Seq(3)));
}

#[test]
fn a_record_too_large_is_refused_and_poisons_nothing() {
    let (mut writer, _gate, _outcomes) = gated(WriterLimits::default());
    let large = Payload { wall_ms: 0, bytes: vec![0; PAYLOAD_MAX_BYTES + 1] };
    let refusal = writer.append(Seq(0), vec![payload(1), large]);
    assert!(matches!(refusal, Err(Error::PayloadTooLarge { .. })), "{refusal:?}");
    assert_eq!(writer.append(Seq(0), vec![payload(1)]), Ok(Seq(1)));
}

#[test]
fn after_a_failure_nothing_more_is_written() {
    let (mut writer, gate, outcomes) = gated(WriterLimits::default());
    let full = Error::DiskFull { during: "committing".into() };

    writer.append(Seq(0), vec![payload(1)]).unwrap();
    gate.send(Ok(())).unwrap();
    assert_eq!(next(&outcomes), Outcome::Durable(Seq(1)));

    writer.append(Seq(1), vec![payload(2)]).unwrap();
    gate.send(Err(full.clone())).unwrap();
    assert_eq!(next(&outcomes), Outcome::Failed(full));

    // Whether the disk would be fine again, nobody asks.
    assert_eq!(writer.append(Seq(2), vec![payload(3)]), Err(Error::Poisoned));
    assert_eq!(writer.append(Seq(2), vec![payload(3)]), Err(Error::Poisoned));
    assert_eq!(writer.last(), Seq(2));
    assert_eq!(writer.close().unwrap().written, [1]);
}

#[test]
fn what_waits_behind_a_failure_is_never_reported() {
    let (mut writer, gate, outcomes) = gated(WriterLimits::default());
    writer.append(Seq(0), vec![payload(1)]).unwrap();
    for number in 1..10 {
        writer.append(Seq(number), vec![payload(number)]).unwrap();
    }
    gate.send(Err(Error::ReadOnly { during: "committing".into() })).unwrap();
    let outcomes: Vec<_> = outcomes.iter().collect();
    assert_eq!(outcomes, [Outcome::Failed(Error::ReadOnly { during: "committing".into() })]);
    assert!(writer.close().unwrap().written.is_empty());
}

#[test]
fn the_lock_is_held_after_a_failure_until_the_writer_is_closed() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("journal.db");
    let journal = SqliteJournal::open(&path, OpenMode::Write).unwrap();
    let (report, outcomes) = mpsc::channel();
    let mut writer =
        Writer::spawn(journal, WriterLimits::default(), move |outcome| report.send(outcome).unwrap())
            .unwrap();
    // Somebody writes past the lock, in order: the writer must notice and stop.
    let sql = "INSERT INTO records VALUES (1, 0, x'00', zeroblob(32))";
    rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap();
    writer.append(Seq(0), vec![payload(1)]).unwrap();
    assert_eq!(next(&outcomes), Outcome::Failed(Error::WrongExpected { expected: Seq(0), found: Seq(1) }));

    assert!(matches!(SqliteJournal::open(&path, OpenMode::Write), Err(Error::Locked { .. })));
    drop(writer.close().unwrap());
    // Unlocked now, and the foreign record does not fit the chain.
    assert!(matches!(
        SqliteJournal::open(&path, OpenMode::Write),
        Err(Error::ChainBroken { seq: Seq(1), .. })
    ));
}

#[test]
fn the_queue_takes_no_more_appends_than_its_limit() {
    let limits = WriterLimits { queued_appends: 3, ..WriterLimits::default() };
    let (mut writer, gate, outcomes) = gated(limits);
    let mut last = Seq::NONE;
    while writer.has_room() {
        last = writer.append(last, vec![payload(1)]).unwrap();
        assert!(last <= Seq(4), "three wait and one is being written");
    }
    assert!(last >= Seq(3));
    let refusal = writer.append(last, vec![payload(1)]);
    assert!(matches!(refusal, Err(Error::QueueFull { queued_appends: 3, .. })), "{refusal:?}");
    // Refused means not queued.
    drop(gate);
    assert_eq!(writer.last(), last);
    assert!(matches!(next(&outcomes), Outcome::Failed(_)));
}

#[test]
fn the_queue_takes_no_more_octets_than_its_limit() {
    let limits = WriterLimits { queued_bytes: 1000, ..WriterLimits::default() };
    let (mut writer, gate, outcomes) = gated(limits);
    let kilo = || vec![Payload { wall_ms: 0, bytes: vec![0; 1000] }];
    assert_eq!(writer.append(Seq(0), kilo()), Ok(Seq(1)));
    let refusal = writer.append(Seq(1), kilo());
    assert!(matches!(refusal, Err(Error::QueueFull { queued_bytes: 1000, .. })), "{refusal:?}");
    assert!(!writer.has_room());

    gate.send(Ok(())).unwrap();
    assert_eq!(next(&outcomes), Outcome::Durable(Seq(1)));
    assert!(writer.has_room());
    assert_eq!(writer.append(Seq(1), kilo()), Ok(Seq(2)));

    // What failed waits no more: the refusal names the failure, not the queue.
    drop(gate);
    assert!(matches!(next(&outcomes), Outcome::Failed(_)));
    assert_eq!(writer.append(Seq(2), kilo()), Err(Error::Poisoned));
}

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

fn next(outcomes: &Receiver<Outcome>) -> Outcome {
    outcomes.recv_timeout(PATIENCE).unwrap()
}

fn payload(number: u64) -> Payload {
    Payload { wall_ms: number, bytes: number.to_string().into_bytes() }
}

/// A disk whose every commit waits to be told how it ends.
struct Gated {
    gate: Receiver<Result<(), Error>>,
    written: Vec<u64>,
}

fn gated(limits: WriterLimits) -> (Writer<Gated>, Sender<Result<(), Error>>, Receiver<Outcome>) {
    let (open, gate) = mpsc::channel();
    let (report, outcomes) = mpsc::channel();
    let journal = Gated { gate, written: Vec::new() };
    // A test may be over before the last outcome.
    let writer = Writer::spawn(journal, limits, move |outcome| drop(report.send(outcome))).unwrap();
    (writer, open, outcomes)
}

impl Journal for Gated {
    fn append(&mut self, expected: Seq, records: &[Payload]) -> Result<Seq, Error> {
        self.gate.recv().unwrap_or(Err(Error::Poisoned))?;
        self.written.extend(records.iter().map(|record| record.wall_ms));
        Ok(expected.plus(records.len() as u64))
    }

    fn read(&self, _from: Seq) -> Box<dyn Iterator<Item = Result<Record, Error>> + '_> {
        Box::new(std::iter::empty())
    }

    fn last(&self) -> Result<Head, Error> {
        Ok(Head::GENESIS)
    }

    fn verify(&self) -> Result<Head, Error> {
        self.last()
    }
}
