//! The thread that owns a journal, and group commit.
//!
//! A commit waits for the disk, so the thread takes everything that has queued up meanwhile and commits it at once:
//! the slower the disk, the larger the groups. The caller never waits. It gives its records their numbers itself and
//! hears later, from [`Outcome::Durable`], how far they are on the disk.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::Journal;
use crate::error::Error;
use crate::record::{Payload, Seq};

/// What the writer reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything up to this record is on the disk.
    Durable(Seq),
    /// A group could not be written. This is the last outcome: nothing that still waits is written, and nothing is
    /// tried again, since after a failed sync nobody knows what the disk holds.
    Failed(Error),
}

/// How much may wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterLimits {
    /// Payload octets that wait, give or take one append (default 64 MiB).
    pub queued_bytes: usize,
    /// Appends that wait (default 4096).
    pub queued_appends: usize,
}

impl Default for WriterLimits {
    fn default() -> Self {
        Self { queued_bytes: 64 * 1024 * 1024, queued_appends: 4096 }
    }
}

/// The handle on a journal's thread. There is one, and it can't be cloned: a journal has one writer.
///
/// The journal stays open, and locked, until the handle is dropped or closed, also after a failure: no second
/// daemon may take over while this one still sends cancels.
#[derive(Debug)]
pub struct Writer<J> {
    queue: Sender<Vec<Payload>>,
    limits: WriterLimits,
    shared: Arc<Shared>,
    last: Seq,
    thread: JoinHandle<J>,
}

/// What the handle and the thread both see.
#[derive(Debug, Default)]
struct Shared {
    /// Payload octets queued or being written.
    queued_bytes: AtomicUsize,
    /// An append failed: the writer is poisoned.
    failed: AtomicBool,
}

impl<J: Journal + 'static> Writer<J> {
    /// Starts the thread. `report` is called on it and should not take long, since commits wait meanwhile.
    pub fn spawn(
        journal: J,
        limits: WriterLimits,
        report: impl FnMut(Outcome) + Send + 'static,
    ) -> Result<Self, Error> {
        let last = journal.last()?.seq;
        let (queue, queued) = crossbeam_channel::bounded(limits.queued_appends);
        let shared = Arc::new(Shared::default());
        let committer = Committer { last, queued, shared: Arc::clone(&shared) };
        let thread = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || committer.run(journal, report))
            .map_err(|source| Error::Io {
                during: "starting the journal's thread".to_owned(),
                kind: source.kind(),
                message: source.to_string(),
            })?;
        Ok(Self { queue, limits, shared, last, thread })
    }

    /// Queues `records`, all or none, after the record `expected`, and returns the number of the last of them. An
    /// [`Outcome::Durable`] with that number or a higher one says that they are on the disk. From the moment an
    /// [`Outcome::Failed`] is reported every append is refused ([`Error::Poisoned`]).
    pub fn append(&mut self, expected: Seq, records: Vec<Payload>) -> Result<Seq, Error> {
        if self.shared.failed.load(Ordering::Acquire) {
            return Err(Error::Poisoned);
        }
        if expected != self.last {
            return Err(Error::WrongExpected { expected, found: self.last });
        }
        if !self.has_room() {
            return Err(self.full());
        }
        let mut bytes = 0;
        for payload in &records {
            bytes += payload.checked_bytes()?.len();
        }
        let last = self.last.plus(records.len() as u64);
        self.shared.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.queue.try_send(records).map_err(|refusal| match refusal {
            TrySendError::Full(_) => self.full(),
            TrySendError::Disconnected(_) => Error::Poisoned,
        })?;
        self.last = last;
        Ok(last)
    }

    /// Whether the next append finds room. Since nobody else appends, a yes stays true until then; while it is a no,
    /// take no more work.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.queue.is_full() && self.shared.queued_bytes.load(Ordering::Relaxed) < self.limits.queued_bytes
    }

    /// The last record queued: what the next append must expect.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.last
    }

    /// Waits until everything queued is written, or has failed, and gives the journal back.
    pub fn close(self) -> Result<J, Error> {
        drop(self.queue);
        self.thread.join().map_err(|_| Error::Poisoned)
    }

    fn full(&self) -> Error {
        let queued_bytes = self.shared.queued_bytes.load(Ordering::Relaxed);
        Error::QueueFull { queued_bytes, queued_appends: self.queue.len() }
    }
}

/// The thread's side.
struct Committer {
    last: Seq,
    queued: Receiver<Vec<Payload>>,
    shared: Arc<Shared>,
}

impl Committer {
    /// Commits group after group until the handle is gone or a commit fails. The journal then rests, still locked, in
    /// the thread's join handle.
    fn run<J: Journal>(mut self, mut journal: J, mut report: impl FnMut(Outcome)) -> J {
        while let Ok(first) = self.queued.recv() {
            let group = self.group(first);
            match journal.append(self.last, &group) {
                Ok(durable) => self.last = durable,
                Err(error) => {
                    self.shared.failed.store(true, Ordering::Release);
                    report(Outcome::Failed(error));
                    return journal;
                }
            }
            let bytes = group.iter().map(|payload| payload.bytes.len()).sum();
            self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            report(Outcome::Durable(self.last));
        }
        journal
    }

    /// `first` and everything that waits behind it at this moment.
    fn group(&self, first: Vec<Payload>) -> Vec<Payload> {
        let waiting = self.queued.len();
        iter::once(first).chain(self.queued.try_iter().take(waiting)).flatten().collect()
    }
}
