//! What is to be shown now, for machines: each alert with its present showing, and what must be taken down.

use serde_json::{Value, json};

use super::{moment, picture_address};
use crate::board::Board;

pub(super) fn due(board: &Board, now_s: i64) -> String {
    let mut due = Vec::new();
    let mut stopped = Vec::new();
    for item in board.shown(now_s) {
        let Some(message) = item.newest() else { continue };
        let named = json!({
            "alert": item.alert,
            "channel": item.channel,
            "class": item.class,
            "message": message.identifier,
            "cap": board.address(&message.identifier),
            "sent": moment(message.sent_s),
        });
        let Some(live) = &item.live else {
            stopped.push(named);
            continue;
        };
        let (Some(slot), next) = live.due(now_s) else { continue };
        let picture =
            message.picture.as_ref().map(|_| picture_address(&board.public_url, &message.identifier));
        let said = json!({
            "event": live.event,
            "texts": live.texts,
            "area": live.area,
            "picture": picture,
            "expires": moment(item.until_s),
            "slot": moment(slot.at_s),
            "next": next.map(moment),
        });
        let (Value::Object(mut named), Value::Object(said)) = (named, said) else { continue };
        named.extend(said);
        due.push(Value::Object(named));
    }
    json!({"due": due, "stopped": stopped}).to_string()
}
