//! The file of a recording, written by a thread of its own: the dispatcher never waits for it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};
use serde::Serialize;
use tracing::{info, warn};

/// A recording that is being written; it is complete once this is dropped.
pub(super) struct Recorder {
    lines: Option<Sender<Vec<u8>>>,
    /// How many octets wait for the disk.
    waiting: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Begins the file anew; what an earlier daemon recorded there is gone.
    pub(super) fn create(path: &Path, bytes_max: u64) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        let (lines, incoming) = unbounded();
        let (waiting, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (left, ended, path) = (Arc::clone(&waiting), Arc::clone(&over), path.to_owned());
        let thread = thread::Builder::new().name("recorder".into()).spawn(move || {
            write(&path, file, bytes_max, &incoming, &left);
            ended.store(true, Ordering::Relaxed);
        })?;
        Ok(Self { lines: Some(lines), waiting, over, thread: Some(thread) })
    }

    /// Adds a line. One that has no room ends the recording: with a gap in it nothing after that could be replayed.
    pub(super) fn write(&self, line: &impl Serialize) {
        if self.over.load(Ordering::Relaxed) {
            return;
        }
        let Ok(mut octets) = serde_json::to_vec(line) else {
            return self.over.store(true, Ordering::Relaxed);
        };
        octets.push(b'\n');
        if self.waiting.fetch_add(octets.len(), Ordering::Relaxed) > WAITING_MAX_BYTES {
            warn!("the recording ends here: its disk is too slow");
            return self.over.store(true, Ordering::Relaxed);
        }
        // The thread ends early only after it has said why.
        let _ = self.lines.as_ref().map(|lines| lines.send(octets));
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(thread) = self.thread.take() {
            // It has said why it ended.
            let _ = thread.join();
        }
    }
}

/// Writes lines until there are no more, or no more may be.
fn write(path: &Path, file: File, bytes_max: u64, lines: &Receiver<Vec<u8>>, waiting: &AtomicUsize) {
    let mut out = BufWriter::new(file);
    let mut written = 0;
    for line in lines {
        waiting.fetch_sub(line.len(), Ordering::Relaxed);
        written += line.len() as u64;
        if written > bytes_max {
            info!(path = %path.display(), bytes_max, "the recording is as long as it may be, and ends here");
            break;
        }
        let done = out.write_all(&line).and_then(|()| if lines.is_empty() { out.flush() } else { Ok(()) });
        if let Err(error) = done {
            warn!(path = %path.display(), %error, "the recording ends here");
            return;
        }
    }
    if let Err(error) = out.flush() {
        warn!(path = %path.display(), %error, "the recording's last lines are lost");
    }
}

/// How much may wait for the disk.
const WAITING_MAX_BYTES: usize = 32 << 20;
