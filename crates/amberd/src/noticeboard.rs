//! The public feed: what the dispatcher lets the public know, written as CAP, on a thread of its own. However many read,
//! no alert waits for them.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use engine::Notice;
use feed::{Board, Item, Live, Message, Pages, Tls};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::config::{Config, ConfigError, Feed};
use crate::daemon::DaemonError;
use crate::exchange::Exchange;

/// What the dispatcher's thread tells the public.
pub(crate) struct Publicity {
    /// The sender of our messages.
    pub(crate) sender: String,
    /// How long a cancel is shown, in milliseconds.
    pub(crate) cancel_kept_ms: i64,
    /// Where it goes.
    pub(crate) notices: watch::Sender<Vec<Notice>>,
}

/// Opens the feed, if one is wanted. It ends with the dispatcher.
pub(crate) fn open(
    config: &Config,
    exchange: &Exchange,
    clock: Clock,
) -> Result<Option<Publicity>, DaemonError> {
    let settings = &config.main.feed;
    let (Some(address), Some(sender)) = (settings.listen, exchange.sender()) else { return Ok(None) };
    let listener = TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| feed::Error::Listen { address, reason: error.to_string() })?;
    let tls = tls(settings)?;
    let (notices, seen) = watch::channel(Vec::new());
    let publicity = Publicity {
        sender: sender.to_owned(),
        cancel_kept_ms: i64::from(settings.cancel_kept_s) * 1000,
        notices,
    };
    let board = Noticeboard {
        exchange: exchange.clone(),
        publisher: config.main.cap.sender_name.clone().unwrap_or_else(|| sender.to_owned()),
        settings: settings.clone(),
        clock,
        written: HashMap::new(),
    };
    info!(%address, https = tls.is_some(), "the public feed is open");
    thread::Builder::new().name("feed".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => runtime.block_on(board.serve(listener, tls, seen)),
            Err(error) => warn!(%error, "the public feed could not be started"),
        }
    })?;
    Ok(Some(publicity))
}

/// The certificate and key of the feed, if it speaks HTTPS itself.
pub(crate) fn tls(settings: &Feed) -> Result<Option<Tls>, ConfigError> {
    let (Some(certificate), Some(key)) = (&settings.certificate, &settings.key) else { return Ok(None) };
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| ConfigError {
            file: path.to_owned(),
            message: format!("cannot be read: {error}"),
        })
    };
    let tls = Tls::from_pem(&read(certificate)?, &read(key)?);
    tls.map(Some).map_err(|error| ConfigError { file: certificate.clone(), message: error.to_string() })
}

/// Writes what is public.
struct Noticeboard {
    exchange: Exchange,
    publisher: String,
    settings: Feed,
    clock: Clock,
    /// The messages on the board, by identifier: each is signed once.
    written: HashMap<String, Arc<str>>,
}

impl Noticeboard {
    async fn serve(
        mut self,
        listener: TcpListener,
        tls: Option<Tls>,
        mut seen: watch::Receiver<Vec<Notice>>,
    ) {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => return warn!(%error, "the public feed could not be started"),
        };
        let limits = feed::Limits {
            connections_max: self.settings.connections_max,
            connections_per_reader_max: self.settings.connections_per_reader_max,
            requests_per_minute: self.settings.requests_per_minute,
            behind_proxy: self.settings.behind_proxy,
            ..feed::Limits::default()
        };
        let (boards, rendered) = watch::channel(Arc::new(self.board(&seen.borrow_and_update().clone())));
        let (pages, read) = watch::channel::<Arc<Pages>>(Arc::new(boards.borrow().pages(self.now_s())));
        let write = async move {
            while seen.changed().await.is_ok() {
                let notices = seen.borrow_and_update().clone();
                boards.send_replace(Arc::new(self.board(&notices)));
            }
        };
        tokio::join!(write, feed::publish(rendered, pages), feed::serve(listener, tls, read, limits));
    }

    fn board(&mut self, notices: &[Notice]) -> Board {
        let channels = &self.settings.channels;
        let public = notices.iter().filter(|notice| {
            notice.bulletins.first().is_some_and(|bulletin| channels.contains(&bulletin.channel))
        });
        let mut written = HashMap::new();
        let items = public.filter_map(|notice| self.item(notice, &mut written)).collect();
        self.written = written;
        Board {
            public_url: self.settings.public_url.clone().unwrap_or_default(),
            publisher: self.publisher.clone(),
            changed_s: self.now_s(),
            items,
        }
    }

    fn item(&self, notice: &Notice, written: &mut HashMap<String, Arc<str>>) -> Option<Item> {
        let (first, newest) = (notice.bulletins.first()?, notice.bulletins.last()?);
        let present = newest.body.as_ref().and_then(|body| body.picture.clone());
        let mut messages = Vec::new();
        for bulletin in &notice.bulletins {
            let identifier = bulletin.name.identifier.clone();
            let said = bulletin.body.is_some() || bulletin.act == policy::Act::Cancel;
            let known = || self.written.get(&identifier).cloned();
            let cap = if said { known().or_else(|| self.write(&notice.class, bulletin)) } else { None };
            written.extend(cap.clone().map(|cap| (identifier.clone(), cap)));
            // A picture that an update has taken back is public no more, while the words before it stay.
            let picture = bulletin.body.as_ref().and_then(|body| body.picture.clone());
            let picture = picture.filter(|picture| said && present.as_ref() == Some(picture));
            messages.push(Message { identifier, sent_s: bulletin.name.sent_s, cap, picture });
        }
        let live = newest.body.as_ref().and_then(|body| {
            let (event, area) = self.exchange.words(&notice.class, newest)?;
            Some(Live {
                event,
                texts: body.texts.clone(),
                area,
                shapes: self.exchange.shapes(&body.target),
                since_s: first.name.sent_s,
                slots: self.exchange.slots(&notice.class, first.name.sent_s, body.expires_s),
            })
        });
        let kept_until_s = newest.name.sent_s.saturating_add(self.settings.cancel_kept_s.into());
        Some(Item {
            alert: notice.alert.to_string(),
            channel: newest.channel,
            class: notice.class.clone(),
            messages,
            live,
            until_s: newest.body.as_ref().map_or(kept_until_s, |body| body.expires_s),
        })
    }

    fn write(&self, class: &str, bulletin: &policy::Bulletin) -> Option<Arc<str>> {
        match self.exchange.write(class, bulletin) {
            Ok(message) => Some(message.into()),
            Err(problem) => {
                warn!(message = bulletin.name.identifier, %problem, "a message is not in the public feed");
                None
            }
        }
    }

    fn now_s(&self) -> i64 {
        self.clock.now().wall_ms.div_euclid(1000)
    }
}
