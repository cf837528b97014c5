//! The real daemon against peers that answer at once, as a multiple of the bare exchange of the same octets.
//!
//! Three processes: the daemon, the peers ([`responder`]), and this one, which is the officers and the yardstick
//! ([`bare`]). The yardstick sends what the daemon sent, octet for octet, to the same peers over the same transport. It is
//! TCP: SCTP in user space would cost both sides so much that nothing of the daemon would show.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark runs processes and reads clocks"
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark ends where its world does not hold")]

mod bare;
mod cpu;
mod responder;
mod stage;

use std::time::{Duration, SystemTime};

use benches::{Figure, clock};

use crate::bare::Bare;
use crate::responder::Responder;
use crate::stage::Stage;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, ports] = &arguments[..]
        && role == responder::ROLE
    {
        return responder::run(ports.parse().unwrap());
    }
    loopback();
    many_peers();
}

/// From the approval to the last confirmation.
fn loopback() {
    let (peers, cells_each) = (40, 1500);
    let mut responder = Responder::start(peers);
    let mut stage = Stage::start(
        &responder,
        cells_each,
        "A child is missing in Novi Sad since 14:30. Girl, 7 years, \
        red jacket, blue backpack. If you have seen her call 192 at once.",
    );
    stage.alert();
    let frames = responder.frames();
    let bare = Bare::connect(&responder, frames);
    let pairs: Vec<(Duration, Duration)> = (0..clock::rounds(40, 15))
        .map(|_| {
            let alert = stage.submitted();
            let start = SystemTime::now();
            stage.approve(alert);
            let last_ms = stage.confirmed_ms(alert);
            // The daemon's clock counts whole milliseconds: on average half of one has gone.
            let last =
                SystemTime::UNIX_EPOCH + Duration::from_millis(last_ms as u64) + Duration::from_micros(500);
            let daemon = last.duration_since(start).unwrap_or_default();
            stage.cancel(alert);
            let yardstick = bare.exchange(1, |go| {
                clock::time(|| {
                    bare.sync(&stage.folder());
                    go();
                })
            });
            (daemon, yardstick)
        })
        .collect();
    let (ratio, time) = clock::ratio(&pairs);
    Figure {
        name: "end_to_end_loopback",
        ratio: Some(ratio),
        value: time.as_secs_f64() * 1e3,
        unit: "ms",
        how: format!(
            "from the call that approves to the last confirmation, {} cells, {peers} BSCs over TCP, daemon with its \
             journal on the disk / one append with a sync, then the same {} octets to the same peers and their answers, \
             {:.2} ms; median of {} pairs",
            peers as u32 * cells_each,
            bare.octets(),
            clock::median(pairs.iter().map(|(_, bare)| bare.as_secs_f64())) * 1e3,
            pairs.len()
        ),
    }
    .print();
}

/// The processor's time that a delivery takes.
fn many_peers() {
    let (peers, cells_each) = (200, 25);
    let mut responder = Responder::start(peers);
    let mut stage =
        Stage::start(&responder, cells_each, "Nestala devojcica, 7 godina, crvena jakna. Zovite 192.");
    stage.alert();
    let frames = responder.frames();
    let bare = Bare::connect(&responder, frames);
    let yardstick = |times| {
        let all = bare.exchange(times, |go| {
            // Alone and after a rest as long as the daemon's, so that neither finds its caches warm.
            stage.rest_of_cells();
            cpu::of(std::process::id(), go)
        });
        all / (times * peers as u32)
    };
    let pairs: Vec<(Duration, Duration)> = (0..clock::rounds(40, 15))
        .map(|_| {
            let alert = stage.submitted();
            let daemon = cpu::of(stage.process(), || {
                stage.approve(alert);
                stage.rest();
            });
            stage.confirmed_ms(alert);
            stage.cancel(alert);
            (daemon / peers as u32, yardstick(1))
        })
        .collect();
    let in_a_row = clock::median((0..clock::rounds(20, 8)).map(|_| yardstick(20).as_secs_f64()));
    let (ratio, time) = clock::ratio(&pairs);
    Figure {
        name: "cbsp_200_peers_cpu",
        ratio: Some(ratio),
        value: time.as_secs_f64() * 1e6,
        unit: "us/delivery",
        how: format!(
            "processor time of the daemon's threads from the approval of a one-page alert to its last confirmation, \
             journal included, for each of {peers} BSCs / that of tokio for writing the same request and reading the \
             same answer once, after the same rest, {:.2} us; median of {} pairs; twenty times in a row tokio takes {:.2} us \
             each",
            clock::median(pairs.iter().map(|(_, bare)| bare.as_secs_f64())) * 1e6,
            pairs.len(),
            in_a_row * 1e6
        ),
    }
    .print();
}
