//! Peers that answer at once: a process of its own, so that neither the daemon's time nor the yardstick's holds theirs.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use cbsp::{FRAME_MAX_BYTES, HEADER_BYTES, MessageType, frame_length};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The argument that makes this program the responder.
pub(crate) const ROLE: &str = "responder";

/// Octets of a message identifier and a serial number: the first two elements of a write and of a kill.
const REFERENCE_OCTETS: usize = 6;

/// A responder's process.
pub(crate) struct Responder {
    /// Where its peers listen.
    pub(crate) ports: Vec<u16>,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Responder {
    /// Starts so many peers.
    pub(crate) fn start(peers: usize) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([ROLE, &peers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut responder = Self { ports: Vec::new(), process, questions, answers };
        responder.ports = (0..peers).map(|_| responder.line().parse().unwrap()).collect();
        responder
    }

    /// The write that each peer was sent last.
    pub(crate) fn frames(&mut self) -> Vec<Vec<u8>> {
        writeln!(self.questions, "frames").unwrap();
        (0..self.ports.len()).map(|_| hex::decode(self.line()).unwrap()).collect()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // Whatever is gone already is no failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The last write by peer.
type Writes = Arc<Mutex<Vec<Bytes>>>;

/// The responder itself, until its input ends: prints the ports of its peers, then answers questions.
#[allow(clippy::print_stdout, reason = "how this process is spoken to")]
pub(crate) fn run(peers: usize) {
    let writes: Writes = Arc::new(Mutex::new(vec![Bytes::new(); peers]));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        for peer in 0..peers {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            println!("{}", listener.local_addr().unwrap().port());
            tokio::spawn(listen(listener, peer, Arc::clone(&writes)));
        }
    });
    for _ in std::io::stdin().lines() {
        let writes = writes.lock().unwrap_or_else(PoisonError::into_inner);
        writes.iter().for_each(|frame| println!("{}", hex::encode(frame)));
    }
}

async fn listen(listener: TcpListener, peer: usize, writes: Writes) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        tokio::spawn(serve(stream, peer, Arc::clone(&writes)));
    }
}

/// Answers every request as soon as it is there.
async fn serve(mut stream: TcpStream, peer: usize, writes: Writes) {
    let mut received = BytesMut::with_capacity(FRAME_MAX_BYTES);
    while stream.read_buf(&mut received).await.is_ok_and(|octets| octets > 0) {
        while let Ok(Some(octets)) = frame_length(&received, FRAME_MAX_BYTES)
            && octets <= received.len()
        {
            let frame = received.split_to(octets).freeze();
            if stream.write_all(&answer(&frame)).await.is_err() {
                return;
            }
            if frame[0] == MessageType::WriteReplace.code() {
                writes.lock().unwrap_or_else(PoisonError::into_inner)[peer] = frame;
            }
        }
        received.reserve(FRAME_MAX_BYTES);
    }
}

/// That all is done, in every cell: the reference of a write or a kill is that of its answer, octet for octet, and so are
/// the cells of a reset.
fn answer(frame: &[u8]) -> Vec<u8> {
    let codes = [
        (MessageType::WriteReplace, MessageType::WriteReplaceComplete, REFERENCE_OCTETS),
        (MessageType::Kill, MessageType::KillComplete, REFERENCE_OCTETS),
        (MessageType::Reset, MessageType::ResetComplete, frame.len() - HEADER_BYTES),
        (MessageType::KeepAlive, MessageType::KeepAliveComplete, 0),
    ];
    let found = codes.into_iter().find(|(asked, ..)| asked.code() == frame[0]);
    let Some((_, answer, octets)) = found else { panic!("expected a request, found {}", frame[0]) };
    let [_, high, middle, low] = (octets as u32).to_be_bytes();
    [&[answer.code(), high, middle, low], &frame[HEADER_BYTES..HEADER_BYTES + octets]].concat()
}
