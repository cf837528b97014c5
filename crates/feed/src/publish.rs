//! Renders the board whenever it changes, and whenever its own schedule does.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::board::Board;
use crate::page::Pages;

/// Keeps the pages true until the boards end.
pub async fn publish(mut boards: watch::Receiver<Arc<Board>>, pages: watch::Sender<Arc<Pages>>) {
    /// The longest sleep: the wall clock may step.
    const LOOK_AGAIN: Duration = Duration::from_secs(1);
    loop {
        let board = boards.borrow_and_update().clone();
        let rendered_s = now_s();
        let next_s = board.next_change_s(rendered_s);
        pages.send_replace(Arc::new(board.pages(rendered_s)));
        let due = async {
            loop {
                tokio::time::sleep(LOOK_AGAIN).await;
                let now_s = now_s();
                if now_s < rendered_s || next_s.is_some_and(|next_s| now_s >= next_s) {
                    return;
                }
            }
        };
        tokio::select! {
            changed = boards.changed() => if changed.is_err() { return },
            () = due => {}
        }
    }
}

/// The wall clock, in seconds of Unix time.
fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
