//! The yardstick: requests written and answers read by the runtime that the daemon has, and nothing else.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;

use crate::responder::Responder;

/// Octets of the record that is synced: an approval's.
const RECORD_OCTETS: usize = 4096;

/// A connection to each peer, and the request for it.
pub(crate) struct Bare {
    runtime: Runtime,
    connections: Vec<Arc<Mutex<TcpStream>>>,
    frames: Vec<Arc<[u8]>>,
}

impl Bare {
    /// Connects to every peer; `frames` are what each is sent.
    pub(crate) fn connect(responder: &Responder, frames: Vec<Vec<u8>>) -> Self {
        // As the daemon's.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let connections = runtime.block_on(async {
            let mut connections = Vec::new();
            for port in &responder.ports {
                let connection = TcpStream::connect(("127.0.0.1", *port)).await.unwrap();
                connection.set_nodelay(true).unwrap();
                connections.push(Arc::new(Mutex::new(connection)));
            }
            connections
        });
        let frames = frames.into_iter().map(Into::into).collect();
        Self { runtime, connections, frames }
    }

    /// The octets of all requests.
    pub(crate) fn octets(&self) -> usize {
        self.frames.iter().map(|frame| frame.len()).sum()
    }

    /// Each peer gets its request and gives its answer, so many times. `clock` measures that, and nothing else: all that is
    /// needed stands ready when it is called.
    pub(crate) fn exchange<T>(&self, times: u32, clock: impl FnOnce(&mut dyn FnMut()) -> T) -> T {
        let word = watch::Sender::new(false);
        let (under_way, mut over) = mpsc::channel::<Infallible>(1);
        let mut exchanges = JoinSet::new();
        for (connection, frame) in self.connections.iter().zip(&self.frames) {
            let (connection, frame) = (Arc::clone(connection), Arc::clone(frame));
            let (mut word, under_way) = (word.subscribe(), under_way.clone());
            let exchange = async move {
                let mut connection = connection.lock().await;
                let mut answer = vec![0; 1024];
                word.wait_for(|go| *go).await.unwrap();
                for _ in 0..times {
                    connection.write_all(&frame).await.unwrap();
                    // An answer is a few octets, and comes in one piece.
                    let octets = connection.read(&mut answer).await.unwrap();
                    assert_eq!(cbsp::frame_length(&answer[..octets], answer.len()), Ok(Some(octets)));
                }
                drop(under_way);
            };
            exchanges.spawn_on(exchange, self.runtime.handle());
        }
        drop(under_way);
        let measured = clock(&mut || {
            word.send_replace(true);
            self.runtime.block_on(over.recv());
        });
        self.runtime.block_on(exchanges.join_all());
        measured
    }

    /// Appends a record to a file and waits until it is on the disk.
    pub(crate) fn sync(&self, folder: &Path) {
        let mut file = File::options().create(true).append(true).open(folder.join("yardstick")).unwrap();
        file.write_all(&[0x5a; RECORD_OCTETS]).unwrap();
        file.sync_data().unwrap();
    }
}
