//! Why a call failed, as RFC 9457 says it.

use engine::Refusal;
use serde::{Deserialize, Serialize};

/// A problem: the body of every answer that is no success, as `application/problem+json`.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// `urn:amberd:problem:` and a stable word for the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the kind means, the same in every instance.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, where, what was expected and what was found.
    pub detail: String,
    /// What would have been right, where that can be said on its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected: Option<Box<str>>,
    /// What came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub found: Option<Box<str>>,
}

impl Problem {
    /// What every `type` begins with.
    pub const KIND_PREFIX: &'static str = "urn:amberd:problem:";

    /// A problem of a kind, without its own expectation.
    pub fn new(status: u16, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("{}{code}", Self::KIND_PREFIX),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            expected: None,
            found: None,
        }
    }

    /// The same with what was expected and found.
    #[must_use]
    pub fn with(mut self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        self.expected = Some(expected.into().into());
        self.found = Some(found.into().into());
        self
    }

    /// 403: the daemon knows no account for the caller, or one that may not ask this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, "not_permitted", "the caller may not do this", detail)
    }

    /// 422: the CAP message cannot be taken: it is no CAP, breaks its rules, or says what no alert of ours can say.
    pub fn cap(detail: impl Into<String>) -> Self {
        Self::new(422, "cap", "the CAP message cannot be taken", detail)
    }

    /// 403: the message is not signed by whom the configuration trusts for its sender.
    pub fn signature(detail: impl Into<String>) -> Self {
        Self::new(403, "signature", "the message is not signed as its sender must", detail)
    }

    /// 503: the journal takes nothing, so nothing but a cancel may be done.
    pub fn journal_failed(detail: impl Into<String>) -> Self {
        Self::new(503, "journal_failed", "the journal cannot be written", detail)
    }

    /// 503: too much is being asked at once; the same call may be repeated.
    pub fn busy(detail: impl Into<String>) -> Self {
        Self::new(503, "busy", "too much is asked at once", detail)
    }

    /// The stable word of the kind.
    pub fn code(&self) -> &str {
        self.kind.strip_prefix(Self::KIND_PREFIX).unwrap_or(&self.kind)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let new = |status, code, title| Self::new(status, code, title, detail);
        match refusal {
            Refusal::ApproverIsAuthor { by, .. } => {
                new(403, "approver_is_author", "an alert needs two people").with("another person", by)
            }
            Refusal::Area(_) => new(422, "area", "the warning area cannot be resolved"),
            Refusal::AmbiguousReference { .. } => {
                new(409, "ambiguous_reference", "the message refers to several alerts")
            }
            Refusal::AreaEmpty { .. } => new(422, "area_empty", "the warning area reaches no cell"),
            Refusal::KeyReused { key, .. } => {
                new(409, "key_reused", "the idempotency key belongs to another request")
                    .with("a new key", key)
            }
            Refusal::NotPermitted { expected, found, .. } => {
                new(403, "not_permitted", "the caller may not do this").with(expected, found)
            }
            Refusal::NoCodesForEtws { last, .. } => {
                new(422, "no_codes_for_etws", "no message code of the operator is one of ETWS")
                    .with("message_codes that reach into 768 to 1023", format!("none beyond {last}"))
            }
            Refusal::NothingOn => new(409, "nothing_on", "no alert is on the air"),
            Refusal::OtherKind { expected, found, .. } => {
                new(409, "other_kind", "the message is of another kind than its alert").with(expected, found)
            }
            Refusal::Policy(_) => new(422, "policy", "the text or the case does not satisfy the policy"),
            Refusal::Root { .. } => new(403, "root", "uid 0 neither authors nor approves"),
            Refusal::SerialsExhausted { .. } => new(422, "serials_exhausted", "no message code is free"),
            Refusal::TooManyAlerts { .. } => new(422, "too_many_alerts", "too many alerts are open"),
            Refusal::TooManyEditions { .. } => {
                new(422, "too_many_editions", "too many texts of the alert are on their way")
            }
            Refusal::UnknownAlert { .. } => new(404, "unknown_alert", "there is no such alert"),
            Refusal::UnknownReference { .. } => {
                new(404, "unknown_reference", "the message refers to no alert that is known here")
            }
            Refusal::UnknownClass { expected, found } => {
                new(422, "unknown_class", "there is no such class of alerts").with(expected, found)
            }
            Refusal::UpdateChangesNothing { .. } => {
                new(409, "update_changes_nothing", "the update changes nothing")
            }
            Refusal::VersionMismatch { expected, found, .. } => {
                new(409, "version_mismatch", "another version waits than the one looked at")
                    .with(expected.to_string(), found.to_string())
            }
            Refusal::WrongExpiry { min_s, max_s, found_s } => {
                new(422, "wrong_expiry", "the expiry is not where it may be")
                    .with(format!("{min_s} to {max_s} seconds"), format!("{found_s} seconds"))
            }
            Refusal::WrongPeriod { found_s } => {
                new(422, "wrong_period", "no network can keep that repetition period")
                    .with("1 to 131071 seconds", format!("{found_s} seconds"))
            }
            Refusal::WrongState { expected, found, .. } => {
                new(409, "wrong_state", "the alert is not in a state for this")
                    .with(expected, found.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{AlertId, State};

    use super::*;

    #[test]
    fn every_refusal_has_its_status_and_keeps_its_words() {
        let alert = AlertId(1);
        let by = || "jelena".to_owned();
        for (refusal, status, code) in [
            (Refusal::ApproverIsAuthor { alert, version: 1, by: by() }, 403, "approver_is_author"),
            (Refusal::Area(area::Error::EmptyTarget), 422, "area"),
            (Refusal::AreaEmpty { unserved: 3 }, 422, "area_empty"),
            (Refusal::KeyReused { key: "k".into(), verb: "draft", alert }, 409, "key_reused"),
            (
                Refusal::NotPermitted { by: by(), verb: "draft", expected: "author", found: "none".into() },
                403,
                "not_permitted",
            ),
            (Refusal::NothingOn, 409, "nothing_on"),
            (Refusal::Policy(policy::Error::TextEmpty { language: "sr".into() }), 422, "policy"),
            (Refusal::Root { by: by(), verb: "approve" }, 403, "root"),
            (Refusal::TooManyAlerts { limit: 1 }, 422, "too_many_alerts"),
            (Refusal::TooManyEditions { alert, limit: 16 }, 422, "too_many_editions"),
            (Refusal::UnknownAlert { alert }, 404, "unknown_alert"),
            (Refusal::UnknownClass { found: "x".into(), expected: "y".into() }, 422, "unknown_class"),
            (Refusal::UnknownReference { found: "a,b,c".into() }, 404, "unknown_reference"),
            (Refusal::AmbiguousReference { candidates: vec![alert, AlertId(2)] }, 409, "ambiguous_reference"),
            (
                Refusal::OtherKind { alert, what: "channel", expected: "live".into(), found: "test".into() },
                409,
                "other_kind",
            ),
            (Refusal::UpdateChangesNothing { alert }, 409, "update_changes_nothing"),
            (Refusal::VersionMismatch { alert, expected: 1, found: 2 }, 409, "version_mismatch"),
            (Refusal::WrongExpiry { min_s: 1, max_s: 2, found_s: 3 }, 422, "wrong_expiry"),
            (Refusal::WrongPeriod { found_s: 0 }, 422, "wrong_period"),
            (
                Refusal::WrongState { alert, verb: "submit", expected: "draft", found: State::Closed },
                409,
                "wrong_state",
            ),
        ] {
            let words = refusal.to_string();
            let problem = Problem::from(refusal);
            assert_eq!((problem.status, problem.code()), (status, code), "{words}");
            assert_eq!(problem.detail, words);
        }
    }
}
