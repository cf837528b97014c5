//! `amberd run`: everything joined, until a signal says stop.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use admin::{Answer, Caller, Control, Identity, Problem, Request};
use crossbeam_channel::{Sender, unbounded};
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tracing::info;

use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::core::{Audience, Core, Identify, Input};
use crate::country::Country;
use crate::documents::Documents;
use crate::exchange::Exchange;
use crate::inventories;
use crate::links::Links;
use crate::noticeboard;
use crate::recording::Tape;
use crate::storage::{Storage, StorageError};
use crate::works::Works;

/// Why the daemon does not start, or ends before it was told to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DaemonError {
    /// The admin socket.
    #[error("admin socket: {0}")]
    Admin(#[from] admin::Error),
    /// The configuration.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The inventory that open alerts are written in is gone.
    #[error(
        "{path}: expected the inventory that the open alerts name their cells by, found none ({found}); \
         start with that inventory again, or restore the file",
        path = path.display()
    )]
    InventoryLost {
        /// Where it should be.
        path: PathBuf,
        /// Why it cannot be read.
        found: String,
    },
    /// A thread, a signal handler or the runtime.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A link.
    #[error("link: {0}")]
    Link(#[from] link::LinkError),
    /// The dispatcher's thread ended by itself.
    #[error("the dispatcher ended by itself")]
    Lost,
    /// The public feed.
    #[error("feed: {0}")]
    Feed(#[from] feed::Error),
    /// The journal.
    #[error("journal: {0}")]
    Storage(#[from] StorageError),
}

/// The way from the admin socket to the dispatcher's thread.
#[derive(Clone)]
struct Door {
    inputs: Sender<Input>,
    changed: watch::Receiver<u64>,
    exchange: Exchange,
    clock: Clock,
}

impl Control for Door {
    async fn ask(&self, caller: Caller, request: Request) -> Result<Answer, Problem> {
        match request {
            Request::Import { message, with } => {
                let (exchange, at_unix_s) =
                    (self.exchange.clone(), self.clock.now().wall_ms.div_euclid(1000));
                let import = apart(move || exchange.read(&message, with, at_unix_s)).await?;
                self.send(|reply| Input::Import { caller, import: Box::new(import), reply }).await
            }
            Request::Cap { alert, message } => {
                let sender = self.exchange.sender().unwrap_or_default().to_owned();
                let (class, bulletins) =
                    self.send(|reply| Input::Bulletins { caller, alert, sender, reply }).await?;
                let exchange = self.exchange.clone();
                apart(move || exchange.write_one(&class, &bulletins, message.as_deref()))
                    .await
                    .map(Answer::Cap)
            }
            request => self.send(|reply| Input::Ask { caller, request: Box::new(request), reply }).await,
        }
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }
}

impl Door {
    /// Hands something to the dispatcher's thread, and waits for what it says.
    async fn send<T>(
        &self,
        input: impl FnOnce(oneshot::Sender<Result<T, Problem>>) -> Input,
    ) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        let stopping = || Problem::busy("the daemon is stopping");
        self.inputs.send(input(reply)).map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }
}

/// Does what takes a processor a while on a thread that sockets do not wait for.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.map_err(|_| Problem::busy("the daemon is stopping"))?
}

/// Runs until SIGTERM or SIGINT. `identity` is the kernel's word, but for the demo.
pub(crate) fn run(config: &Config, identity: Identity) -> Result<(), DaemonError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
    let Country { setup, dispatch, peers } = Country::read(config)?;
    let exchange = Exchange::open(config, setup.atlas.clone())?;
    info!(
        cells = setup.inventory.len(),
        controllers = setup.inventory.controllers().len(),
        peers = peers.len(),
        "the country is read"
    );
    let (inputs, incoming) = unbounded();
    let to_core = inputs.clone();
    let report = move |event| drop(to_core.send(Input::Storage(event)));
    let (mut storage, engine) = Storage::open(config.place(), setup, report)?;
    let moved = inventories::moved(&config.main.state_dir, &engine)?;
    if let Err(error) = inventories::keep(&config.main.state_dir, &engine) {
        // Records that speak of an inventory which is not kept could not be read after the next change of it.
        storage.fail(format!("the inventory cannot be kept beside the journal: {error}"));
    }
    let (changed, watcher) = watch::channel(0);
    let clock = Clock::start();
    let documents = Documents::new(exchange.clone());
    let publicity = noticeboard::open(config, &exchange, clock)?;
    let tape = Tape::recording(&config.main.recorder, config, &engine)?;
    let works = Works::new(engine, dispatch, tape);
    let audience = Audience { changed, publicity, documents };
    let core = Core::new(clock, works, storage, identify(config), peers, audience);
    let thread =
        thread::Builder::new().name("dispatcher".into()).spawn(move || core.run(&moved, &incoming))?;

    let to_core = inputs.clone();
    let sink: link::Sink = Arc::new(move |event| drop(to_core.send(Input::Link(event))));
    let door = Door { inputs: inputs.clone(), changed: watcher, exchange, clock };
    let stopped = runtime.block_on(async {
        let admin = &config.main.admin;
        let mode = u32::from_str_radix(&admin.mode, 8).unwrap_or(0o660);
        let listener = admin::bind(&admin.socket, mode, group(config)?).await?;
        let links = Links::open(config, &sink, runtime.handle())?;
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        info!(socket = %admin.socket.display(), "ready");
        // Outside systemd there is nobody to tell.
        let _ = sd_notify::notify(&[NotifyState::Ready]);
        let limits = admin::Limits {
            request_bytes_max: config.main.limits.request_bytes_max,
            ..admin::Limits::default()
        };
        let stop = async {
            tokio::select! {
                _ = term.recv() => info!("SIGTERM: stopping"),
                _ = int.recv() => info!("SIGINT: stopping"),
            }
            let _ = sd_notify::notify(&[NotifyState::Stopping]);
        };
        admin::serve(listener, door, identity, limits, stop).await;
        // A socket that is left behind would be replaced at the next start; a missing one is no loss.
        let _ = std::fs::remove_file(&admin.socket);
        Ok::<Links, DaemonError>(links)
    });
    // The core ends whatever happened, so that what it holds reaches the disk.
    let _ = inputs.send(Input::Stop);
    let ended = thread.join();
    let links = stopped?;
    ended.map_err(|_| DaemonError::Lost)?;
    drop(links);
    runtime.shutdown_timeout(std::time::Duration::from_secs(4));
    Ok(())
}

fn identify(config: &Config) -> Identify {
    let roles = config.main.roles.clone();
    Box::new(move |caller| match &caller.asserted {
        Some(officer) => roles.asserted(officer),
        None => roles.actor(caller.uid, caller.gid),
    })
}

fn group(config: &Config) -> Result<Option<u32>, ConfigError> {
    let Some(name) = &config.main.admin.group else { return Ok(None) };
    match uzers::get_group_by_name(name) {
        Some(group) => Ok(Some(group.gid())),
        None => Err(ConfigError {
            file: PathBuf::from("admin.group"),
            message: format!("expected a group of this machine, found {name:?}"),
        }),
    }
}
