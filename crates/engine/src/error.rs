//! Why a command is refused: what, expected, found. A refused command changes nothing.

use cbs::MessageId;

use crate::alert::{AlertId, State};

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The approver wrote what is to be approved.
    #[error("{by} wrote version {version} of {alert}: expected the approval of another person")]
    ApproverIsAuthor {
        /// The alert.
        alert: AlertId,
        /// The version to be approved.
        version: u16,
        /// The person.
        by: String,
    },
    /// The warning area cannot be resolved.
    #[error("target: {0}")]
    Area(#[from] area::Error),
    /// The warning area touches no cell that can be reached.
    #[error(
        "target: expected at least one cell of a configured peer, found none ({unserved} cells without a peer)"
    )]
    AreaEmpty {
        /// How many cells the area touches that no configured peer serves.
        unserved: u32,
    },
    /// The message refers to several alerts.
    #[error("references: expected earlier messages of one alert, found those of {}", words(candidates))]
    AmbiguousReference {
        /// The alerts.
        candidates: Vec<AlertId>,
    },
    /// The idempotency key was used for something else.
    #[error(
        "idempotency key {key:?} belongs to an earlier {verb} of {alert}: expected a new key for another request"
    )]
    KeyReused {
        /// The key.
        key: String,
        /// What was done under it.
        verb: &'static str,
        /// To which alert.
        alert: AlertId,
    },
    /// The person may not do this.
    #[error("{by} may not {verb}: expected the role {expected}, found {found}")]
    NotPermitted {
        /// The person.
        by: String,
        /// What was tried.
        verb: &'static str,
        /// The role or roles that may.
        expected: &'static str,
        /// The roles of the person.
        found: String,
    },
    /// There is nothing to stop.
    #[error("expected an alert that is approved or active, found none")]
    NothingOn,
    /// The message is for another channel or class than the alert that it refers to. Nothing crosses.
    #[error("{alert}: expected a message of {what} {expected}, found one of {found}")]
    OtherKind {
        /// The alert.
        alert: AlertId,
        /// Channel or class.
        what: &'static str,
        /// That of the alert.
        expected: String,
        /// That of the message.
        found: String,
    },
    /// The text or the case does not satisfy the policy.
    #[error(transparent)]
    Policy(#[from] policy::Error),
    /// uid 0 neither authors nor approves.
    #[error("{by} is uid 0, which may not {verb}: expected an officer's own account")]
    Root {
        /// The person.
        by: String,
        /// What was tried.
        verb: &'static str,
    },
    /// No message code of the range makes phones sound and show a message of ETWS.
    #[error(
        "message identifier {message_id}: expected an operator's message_codes to reach into 768 to 1023, which alone tell a phone to sound and show a message of ETWS, found none beyond {last}"
    )]
    NoCodesForEtws {
        /// The message identifier.
        message_id: MessageId,
        /// The last code of the range.
        last: u16,
    },
    /// Every message code of the range is in use or at rest.
    #[error(
        "message identifier {message_id}: expected a free message code in {first}..={last}, found all in use or resting 26 hours"
    )]
    SerialsExhausted {
        /// The message identifier.
        message_id: MessageId,
        /// The first code of the range.
        first: u16,
        /// The last code of the range.
        last: u16,
    },
    /// Too many alerts are open at once.
    #[error("open alerts: expected at most {limit}")]
    TooManyAlerts {
        /// The limit.
        limit: usize,
    },
    /// Too many versions are on their way at once.
    #[error(
        "{alert}: expected at most {limit} texts that may be on the air at once; wait for the network or cancel"
    )]
    TooManyEditions {
        /// The alert.
        alert: AlertId,
        /// The limit.
        limit: u16,
    },
    /// No such alert.
    #[error("no alert {alert}")]
    UnknownAlert {
        /// The alert asked for.
        alert: AlertId,
    },
    /// No such class of alert.
    #[error("no alert class {found:?}: expected one of {expected}")]
    UnknownClass {
        /// The class asked for.
        found: String,
        /// The configured classes.
        expected: String,
    },
    /// No alert was made of the messages that are referred to.
    #[error("references: expected an earlier message of an alert that is known here, found {found}")]
    UnknownReference {
        /// The references.
        found: String,
    },
    /// The alert has nothing new in it.
    #[error(
        "{alert}: expected an update that changes the text, the area or the expiry, found none of them changed"
    )]
    UpdateChangesNothing {
        /// The alert.
        alert: AlertId,
    },
    /// The version to be approved is another than the one looked at.
    #[error("{alert}: expected version {expected} to be decided on, found version {found}")]
    VersionMismatch {
        /// The alert.
        alert: AlertId,
        /// The version that waits.
        expected: u16,
        /// The version that came.
        found: u16,
    },
    /// The expiry is not where it may be.
    #[error("expiry: expected {min_s} to {max_s} seconds from now, found {found_s}")]
    WrongExpiry {
        /// The shortest life, in seconds.
        min_s: i64,
        /// The longest life the policy allows, in seconds.
        max_s: i64,
        /// What came, in seconds from now.
        found_s: i64,
    },
    /// The repetition period is not one that a network can keep.
    #[error("repetition period: expected 1 to 131071 seconds, found {found_s}")]
    WrongPeriod {
        /// What came, in seconds.
        found_s: u32,
    },
    /// The command does not fit the alert's state.
    #[error("{alert} is {found}: {verb} expects it to be {expected}")]
    WrongState {
        /// The alert.
        alert: AlertId,
        /// What was tried.
        verb: &'static str,
        /// The states in which that may be done.
        expected: &'static str,
        /// Its state.
        found: State,
    },
}

fn words(candidates: &[AlertId]) -> String {
    candidates.iter().map(AlertId::to_string).collect::<Vec<_>>().join(", ")
}
