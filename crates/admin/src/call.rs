//! Requests as HTTP says them.

use std::collections::BTreeSet;

use engine::command::{Command, Wording};
use hyper::Method;
use policy::{Case, Fact};
use serde::{Deserialize, Serialize};

use crate::{Approval, Draft, ImportWith, Reason};

/// A call: what of a request goes into its first line and its body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) media_type: &'static str,
}

impl Call {
    /// The call that shows what lies at a path.
    pub(crate) fn view(path: String) -> Self {
        Self { method: Method::GET, path, body: None, media_type: JSON }
    }

    /// The call that does what a CAP message asks for.
    pub(crate) fn import(message: Vec<u8>, with: &ImportWith) -> Self {
        let path = format!("/v1/cap{}", ImportQuery::new(with).written());
        Self { method: Method::POST, path, body: Some(message), media_type: CAP_XML }
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
        let body = Some(serde_json::to_vec(body).unwrap_or_default());
        Self { method: Method::POST, path, body, media_type: JSON }
    }
}

/// The media type of everything but CAP.
const JSON: &str = "application/json";
/// The media type of CAP (OASIS, and the UK's and Luxembourg's interfaces).
pub(crate) const CAP_XML: &str = "application/cap+xml";

/// The query of `POST /v1/cap`: what the importer adds, each word once.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportQuery {
    class: Option<String>,
    age_years: Option<u8>,
    /// Facts of the case, between commas.
    facts: Option<String>,
}

impl ImportQuery {
    fn new(ImportWith { class, case }: &ImportWith) -> Self {
        let word = |fact: &Fact| serde_json::to_value(fact).ok()?.as_str().map(str::to_owned);
        let facts =
            case.iter().flat_map(|case| case.facts.iter().filter_map(word)).collect::<Vec<_>>().join(",");
        Self {
            class: class.clone(),
            age_years: case.as_ref().and_then(|case| case.age_years),
            facts: (!facts.is_empty()).then_some(facts),
        }
    }

    /// As it stands behind a path.
    fn written(&self) -> String {
        let age_years = self.age_years.map(|age| age.to_string());
        let pairs = [("class", &self.class), ("age_years", &age_years), ("facts", &self.facts)];
        let pairs = pairs
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", escaped(value.as_ref()?))));
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    /// What the importer adds; the word that is no fact as the error.
    pub(crate) fn read(self) -> Result<ImportWith, String> {
        let words = self.facts.iter().flat_map(|facts| facts.split(',')).filter(|word| !word.is_empty());
        let fact = |word: &str| {
            serde_json::from_value::<Fact>(word.into()).map_err(|error| format!("facts: {error}"))
        };
        let facts: BTreeSet<Fact> = words.map(fact).collect::<Result<_, _>>()?;
        let said = self.age_years.is_some() || !facts.is_empty();
        let case = said.then(|| Case { age_years: self.age_years, facts, ..Case::default() });
        Ok(ImportWith { class: self.class, case })
    }
}

/// A value within a query (RFC 3986 §2.1).
fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte);
    let escape = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(escape).collect()
}
