//! What is left when the journal takes nothing any more: cancels, and to say so.

use std::slice;

use admin::{Answer, Problem};
use engine::view::AlertView;
use engine::{AlertId, State};
use sd_notify::NotifyState;
use tracing::error;

use super::Core;
use crate::storage::Storage;

impl Core {
    /// From now on nothing becomes durable: no new write leaves, cancels still go out.
    pub(super) fn lose_journal(&mut self, why: &str) {
        error!(why, "the journal cannot be written: no new write leaves; cancels still go out");
        self.journal_failed = Some(why.to_owned());
        // Outside systemd there is nobody to tell.
        let status = format!("journal failed: {why}; no new message leaves, cancels still go out");
        let _ = sd_notify::notify(&[NotifyState::Status(&status)]);
        for (_, reply, answer) in std::mem::take(&mut self.answers) {
            // The caller may have gone; the cancel is kept all the same.
            let _ = reply.send(answer.and_then(|answer| self.without_record(answer, why)));
        }
        self.changed = true;
    }

    /// What becomes of a command whose record the journal may not have taken: a cancel is on its way and is kept, anything
    /// else was not done.
    fn without_record(&self, answer: Answer, why: &str) -> Result<Answer, Problem> {
        let alerts = match &answer {
            Answer::Alert(alert) => slice::from_ref(&**alert),
            Answer::Alerts(alerts) => alerts,
            _ => &[],
        };
        let is_over = |alert: &AlertView| matches!(alert.state, State::Cancelled | State::Closed);
        if !alerts.iter().all(is_over) {
            return Err(Problem::journal_failed(why));
        }
        alerts.iter().try_for_each(|alert| self.keep_cancel(alert.id))?;
        Ok(answer)
    }

    /// Refuses what could not be recorded. A cancel waits for no record.
    pub(super) fn refuse_unrecordable(&self, cancels: bool) -> Result<(), Problem> {
        match &self.journal_failed {
            _ if cancels => Ok(()),
            Some(why) => Err(Problem::journal_failed(why.clone())),
            None if !Storage::can_open_files() => Err(Problem::busy("no file descriptor is free")),
            None => Ok(()),
        }
    }

    /// Keeps a cancel that a failed journal cannot take; where that fails too, the caller must know.
    pub(super) fn keep_cancel(&self, id: AlertId) -> Result<(), Problem> {
        let (Some(why), Some(alert)) = (&self.journal_failed, self.works.engine().alert(id)) else {
            return Ok(());
        };
        self.storage.keep_cancel(alert).map_err(|error| {
            error!(alert = %id, %error, "a cancel may be forgotten at the next start");
            let detail = format!(
                "{id} is being taken off the air, but nothing recorded that: neither the journal ({why}) nor the \
                 file for such cancels ({error}); cancel it again after the next start"
            );
            Problem::new(503, "cancel_unrecorded", "the cancel goes out and is not recorded", detail)
        })
    }
}
