//! What every kind of SCTP has to do, as scenarios over a listening and a dialling transport.

use std::time::Duration;

use bytes::Bytes;
use link::{EventKind, LinkId, ListenConfig, Peers, SctpSettings, Transport};

use super::*;

/// A listening transport and how to dial it.
pub struct Pair {
    pub listening: Transport,
    pub at: SocketAddr,
    /// Made after the listener is bound, which may have chosen its port.
    pub dialling: fn(&Listener, SctpSettings) -> (Transport, SocketAddr),
}

impl Pair {
    pub fn keeps_every_promise(&self) {
        self.messages_of_every_size_pass_in_order_both_ways();
        self.a_message_of_another_protocol_is_dropped_and_one_with_identifier_zero_is_taken();
        self.a_graceful_close_delivers_what_is_queued();
        self.an_abort_is_seen_at_once_and_the_dialler_comes_back();
        self.an_unknown_address_is_aborted_and_reported();
        self.a_slow_consumer_slows_the_sender_and_loses_nothing();
    }

    fn dial(&self, world: &World, listener: &Listener) -> Link {
        let (transport, to) = (self.dialling)(listener, SctpSettings::default());
        world.dial(transport, to)
    }

    pub fn messages_of_every_size_pass_in_order_both_ways(&self) {
        let mut world = World::new();
        let listener = world.listen(self.listening.clone(), self.at);
        let _link = self.dial(&world, &listener);
        let (ours, theirs) = (world.up(DIALLED), world.up(ACCEPTED));
        let sizes = [24, 1_000, 1_452, 60_000, 250_000, 1];
        for bytes in sizes {
            send(&ours, &pattern(bytes));
            send(&theirs, &pattern(bytes));
        }
        for bytes in sizes {
            assert!(world.frame(ACCEPTED) == pattern(bytes), "{bytes} octets to the listener");
            assert!(world.frame(DIALLED) == pattern(bytes), "{bytes} octets to the dialler");
        }
    }

    pub fn a_message_of_another_protocol_is_dropped_and_one_with_identifier_zero_is_taken(&self) {
        let mut world = World::new();
        let listener = world.listen(self.listening.clone(), self.at);
        for (ppid, text, is_taken) in [(46, "M3UA", false), (0, "osmo-cbc", true), (24, "SBc-AP", true)] {
            let (transport, to) =
                (self.dialling)(&listener, SctpSettings { ppid, ..SctpSettings::default() });
            let link = world.dial(transport, to);
            let ours = world.up(DIALLED);
            let accepted = world.next_accepted();
            let _theirs = world.up(accepted);
            send(&ours, &Bytes::from(text));
            ours.close("sent");
            if is_taken {
                assert_eq!(world.frame(accepted), text);
            }
            assert_eq!(world.down(accepted).0, "the peer closed the connection");
            assert_eq!(world.down(DIALLED).0, "sent");
            link.stop();
        }
    }

    pub fn a_graceful_close_delivers_what_is_queued(&self) {
        let mut world = World::new();
        let listener = world.listen(self.listening.clone(), self.at);
        let _link = self.dial(&world, &listener);
        let (ours, _theirs) = (world.up(DIALLED), world.up(ACCEPTED));
        for _ in 0..20 {
            ours.send(pattern(20_000)).unwrap();
        }
        ours.close("all said");
        for _ in 0..20 {
            assert!(world.frame(ACCEPTED) == pattern(20_000));
        }
        assert_eq!(world.down(ACCEPTED), ("the peer closed the connection".to_owned(), 0));
        assert_eq!(world.down(DIALLED), ("all said".to_owned(), 0));
    }

    pub fn an_abort_is_seen_at_once_and_the_dialler_comes_back(&self) {
        let mut world = World::new();
        let listener = world.listen(self.listening.clone(), self.at);
        let _link = self.dial(&world, &listener);
        let (_ours, theirs) = (world.up(DIALLED), world.up(ACCEPTED));
        theirs.abort("by hand");
        assert_eq!(world.down(ACCEPTED).0, "by hand");
        let (reason, _) = world.down(DIALLED);
        assert!(reason.contains("abort") || reason.contains("reset"), "{reason}");
        let _ours = world.up(DIALLED);
        let _theirs = world.up(LinkId(ACCEPTED.0 + 1));
    }

    pub fn an_unknown_address_is_aborted_and_reported(&self) {
        let mut world = World::new();
        let peers = Peers::Known(vec![(ACCEPTED, vec!["192.0.2.1".parse().unwrap()])]);
        let listener = world.listen_with(ListenConfig::new("test", self.listening.clone(), self.at, peers));
        let _link = self.dial(&world, &listener);
        assert!(matches!(world.next(LISTENER).kind, EventKind::Refused { .. }));
        // The handshake was complete for a moment on some stacks; a frame never came.
        match world.next(DIALLED).kind {
            EventKind::Up { .. } => assert!(!world.down(DIALLED).0.is_empty()),
            EventKind::Unreachable { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    pub fn a_slow_consumer_slows_the_sender_and_loses_nothing(&self) {
        let mut world = World::new();
        let peers = Peers::Anybody { first: ACCEPTED };
        let mut config = ListenConfig::new("test", self.listening.clone(), self.at, peers);
        config.limits.inbound_bytes = 100_000;
        config.limits.max_frame_bytes = 100_000;
        let listener = world.listen_with(config);
        let _link = self.dial(&world, &listener);
        let (ours, _theirs) = (world.up(DIALLED), world.up(ACCEPTED));
        // More than the queue, both stacks' buffers and the credit hold.
        let mut taken = 0;
        while taken < 400 && (ours.send(pattern(20_000)).is_ok() || !self.is_stuck(&ours)) {
            taken += 1;
        }
        assert!(taken < 400, "nothing stopped the sender");
        let mut held: Vec<_> =
            std::iter::from_fn(|| world.next_within(ACCEPTED, Duration::from_millis(100))).collect();
        assert_eq!(held.len(), 5, "as many as the credit pays for");
        held.clear();
        let sent = Bytes::from_static(b"the last one");
        send(&ours, &sent);
        loop {
            let frame = world.frame(ACCEPTED);
            if frame == sent {
                break;
            }
            assert!(frame == pattern(20_000));
        }
    }

    /// Whether the queue stays full for a while.
    fn is_stuck(&self, connection: &Connection) -> bool {
        (0..30).all(|_| {
            std::thread::sleep(Duration::from_millis(10));
            connection.capacity() == 0
        })
    }
}
