//! Requests as HTTP says them.

use engine::command::{Command, Wording};
use hyper::Method;
use serde::Serialize;

use crate::{Approval, Draft, Reason};

/// A call: what of a request goes into its first line and its body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Vec<u8>>,
}

impl Call {
    /// The call that shows what lies at a path.
    pub(crate) fn view(path: String) -> Self {
        Self { method: Method::GET, path, body: None }
    }

    /// The call for a preview.
    pub(crate) fn preview(class: &str, wording: &Wording) -> Self {
        Self::post("/v1/preview".to_owned(), &Draft::new(None, class.to_owned(), wording.clone()))
    }

    /// The call for a command.
    pub(crate) fn command(command: &Command) -> Self {
        let verb = command.verb();
        match command {
            Command::Draft { channel, class, wording } => Self::post(
                "/v1/alerts".to_owned(),
                &Draft::new(Some(*channel), class.clone(), wording.clone()),
            ),
            Command::Revise { alert, wording } => {
                Self { method: Method::PUT, ..Self::post(format!("/v1/alerts/{alert}"), wording) }
            }
            Command::Submit { alert } => {
                Self { body: None, ..Self::post(format!("/v1/alerts/{alert}/{verb}"), &()) }
            }
            Command::Approve { alert, version } => {
                Self::post(format!("/v1/alerts/{alert}/{verb}"), &Approval { version: *version })
            }
            Command::Return { alert, reason }
            | Command::Reject { alert, reason }
            | Command::Cancel { alert, reason } => {
                Self::post(format!("/v1/alerts/{alert}/{verb}"), &Reason { reason: reason.clone() })
            }
            Command::StopAll { reason } => {
                Self::post("/v1/stop-all".to_owned(), &Reason { reason: reason.clone() })
            }
            Command::Update { alert, change } => Self::post(format!("/v1/alerts/{alert}/{verb}"), change),
        }
    }

    fn post(path: String, body: &impl Serialize) -> Self {
        // Values of our own types always have a JSON form; an empty body would be refused with a clear word.
        Self { method: Method::POST, path, body: Some(serde_json::to_vec(body).unwrap_or_default()) }
    }
}
