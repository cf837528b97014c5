//! One connection from its `Up` to its `Down`, the same for dialled and accepted ones.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::Limits;
use crate::backoff::Pause;
use crate::connection::{Connection, Ending, Outbox};
use crate::credit::Credit;
use crate::event::{EventKind, Frame, LinkEvent, LinkId, Sink};
use crate::wire::{End, Inbound, Reader, Wire, Writer};

/// What every connection of one link shares.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) link: LinkId,
    pub(crate) limits: Limits,
    pub(crate) sink: Sink,
    pub(crate) credit: Credit,
}

impl Service {
    pub(crate) fn new(link: LinkId, limits: &Limits, sink: Sink) -> Self {
        Self { link, limits: limits.clone(), sink, credit: Credit::new(limits.inbound_bytes) }
    }

    /// Serves a connection, and says so when it is one of several in a row that did not last.
    pub(crate) async fn serve_one_of(&self, pause: &mut Pause, wire: Wire, stop: watch::Receiver<Ending>) {
        let since = Instant::now();
        self.serve(wire, stop).await;
        let lived_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(losses) = pause.lost(lived_ms) {
            self.report(EventKind::Flapping { losses }).await;
        }
    }

    /// Serves the wire until it ends. `stop` is how the link's or listener's owner ends it.
    pub(crate) async fn serve(&self, mut wire: Wire, mut stop: watch::Receiver<Ending>) {
        loop {
            let (connection, mut outbox) = Connection::new(self.link, wire.peer, self.limits.outbound_frames);
            self.report(EventKind::Up { peer: wire.peer, connection }).await;

            let mut unwritten = 0;
            let end = tokio::select! {
                end = self.read_frames(&mut wire.reader) => end,
                end = self.write_frames(&mut wire.writer, &mut outbox, &mut unwritten, &mut stop) => end,
            };
            outbox.frames.close();
            let dropped_frames = unwritten + outbox.frames.len();
            let reason = match &*outbox.ending.borrow() {
                Ending::No => end.reason(),
                Ending::Close(reason) | Ending::Abort(reason) => reason.clone(),
            };
            if matches!(end, End::Failed(_)) {
                wire.writer.abort();
            }
            if end != End::Restarted {
                // The peer sees the end before our side is told, so that a new attempt never meets the old one.
                drop(wire);
                return self.report(EventKind::Down { reason, dropped_frames }).await;
            }
            self.report(EventKind::Down { reason, dropped_frames }).await;
        }
    }

    /// Reports an event once there is credit for it.
    pub(crate) async fn report(&self, kind: EventKind) {
        let bytes = if let EventKind::Frame(frame) = &kind { frame.len() } else { 0 };
        let paid = self.credit.pay(bytes).await;
        (self.sink)(LinkEvent { link: self.link, kind, _paid: paid });
    }

    async fn read_frames(&self, reader: &mut Reader) -> End {
        loop {
            let kind = match reader.read().await {
                Ok(Inbound::Frame(frame)) => EventKind::Frame(Frame(frame)),
                Ok(Inbound::Path { address, reachable }) => EventKind::Path { address, reachable },
                Err(end) => return end,
            };
            self.report(kind).await;
        }
    }

    async fn write_frames(
        &self,
        writer: &mut Writer,
        outbox: &mut Outbox,
        unwritten: &mut usize,
        stop: &mut watch::Receiver<Ending>,
    ) -> End {
        let ending = outbox.ending.clone();
        let mut aborted = ending.subscribe();
        let end = tokio::select! {
            biased;
            _ = aborted.wait_for(|ending| matches!(ending, Ending::Abort(_))) => End::Closed,
            () = pass_on(stop, &ending) => End::Closed,
            end = self.write_until_closed(writer, outbox, unwritten) => end,
        };
        writer.abort();
        end
    }

    /// Writes frames, then, when the owner closes, what is still queued, then waits for the orderly end, which the
    /// reader sees. Returning from here is the end of patience.
    async fn write_until_closed(
        &self,
        writer: &mut Writer,
        outbox: &mut Outbox,
        unwritten: &mut usize,
    ) -> End {
        let mut ending = outbox.ending.subscribe();
        loop {
            let frame = tokio::select! {
                biased;
                // An abort is the caller's to see: it must not begin as an orderly end.
                _ = ending.wait_for(|ending| matches!(ending, Ending::Close(_))) => break,
                frame = outbox.frames.recv() => frame,
            };
            // None: nobody holds the connection any more.
            let Some(frame) = frame else { break };
            *unwritten = 1;
            if let Err(end) = writer.write(frame).await {
                return end;
            }
            *unwritten = 0;
            if outbox.has_room_again() {
                // Answers a refused send, so it needs no credit: there is never more than one.
                (self.sink)(LinkEvent { link: self.link, kind: EventKind::Writable, _paid: None });
            }
        }
        outbox.frames.close();
        outbox.ending.send_if_modified(|ending| {
            let unsaid = *ending == Ending::No;
            if unsaid {
                *ending = Ending::Close("the connection's last handle was dropped".to_owned());
            }
            unsaid
        });
        let closing = async {
            while let Some(frame) = outbox.frames.recv().await {
                *unwritten = 1;
                writer.write(frame).await?;
                *unwritten = 0;
            }
            writer.shut_down().await;
            std::future::pending::<Result<(), End>>().await
        };
        match tokio::time::timeout(Duration::from_millis(self.limits.close_timeout_ms), closing).await {
            Ok(Err(end)) => end,
            Ok(Ok(())) | Err(_) => End::Closed,
        }
    }
}

/// Passes the link owner's wish to end on to this connection, and then waits for the connection to do it.
async fn pass_on(stop: &mut watch::Receiver<Ending>, ending: &watch::Sender<Ending>) {
    let wanted = wanted_end(stop).await;
    ending.send_if_modified(|ending| {
        let stronger = *ending == Ending::No || matches!(wanted, Ending::Abort(_));
        if stronger {
            *ending = wanted;
        }
        stronger
    });
    std::future::pending().await
}

/// Waits until the owner wants the end. An owner that vanished without a word wants it too.
pub(crate) async fn wanted_end(stop: &mut watch::Receiver<Ending>) -> Ending {
    match stop.wait_for(|stop| *stop != Ending::No).await {
        Ok(stop) => stop.clone(),
        Err(_) => Ending::Close("the link was dropped".to_owned()),
    }
}
