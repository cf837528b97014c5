//! A daemon out of file descriptors. Alone in its process, since the limit holds for all of it.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test: it opens files, and stops at the first surprise"
)]

#[allow(dead_code, reason = "one call is enough here")]
#[path = "socket/world.rs"]
mod world;

use std::fs::File;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use world::World;

#[tokio::test]
async fn a_lack_of_descriptors_costs_a_moment_and_not_the_socket() {
    let world = World::new().await;
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) }).unwrap();
    let mut hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).take(1000).collect();
    assert!(hoard.len() < 64);
    hoard.pop();
    // The caller takes the last descriptor; none is left for the daemon's end.
    let mut caller = UnixStream::connect(&world.path).await.unwrap();
    caller.write_all(b"GET /v1/peers HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut start = [0; 12];
    let early = tokio::time::timeout(Duration::from_millis(300), caller.read_exact(&mut start)).await;
    assert!(early.is_err());
    assert!(!world.served.is_finished());
    hoard.clear();
    tokio::time::timeout(Duration::from_secs(5), caller.read_exact(&mut start)).await.unwrap().unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
}
