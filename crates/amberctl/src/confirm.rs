//! What a person must say again before an alert goes on the air.

use std::io::{self, BufRead, IsTerminal, Write};

use engine::AlertId;
use engine::view::AlertView;
use policy::Channel;

use crate::failure::Failure;
use crate::tables;

/// Holds the confirmation against the alert's channel. A live alert needs one, any other may have one; one that does
/// not fit refuses, and nothing is sent.
pub(crate) fn confirm(
    alert: AlertId,
    channel: Channel,
    given: Option<&str>,
    ask: impl FnOnce() -> io::Result<Option<String>>,
) -> Result<(), Failure> {
    let expected = channel.to_string();
    let given = match given {
        None if channel != Channel::Live => return Ok(()),
        None => ask()?,
        Some(word) => Some(word.to_owned()),
    };
    let found = match given {
        Some(word) if word.trim().eq_ignore_ascii_case(&expected) => return Ok(()),
        Some(word) => format!("{:?}", word.trim()),
        None => "none".to_owned(),
    };
    let message =
        format!("{alert} is {expected}: expected --confirm {expected}, found {found}; nothing was sent");
    Err(Failure::usage(message))
}

/// Shows the alert and asks for its channel, if somebody is there to answer.
pub(crate) fn ask_on_terminal(view: &AlertView) -> io::Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut terminal = io::stderr();
    writeln!(terminal, "{}", tables::plain(&tables::alert(view)))?;
    write!(terminal, "Type {} to put {} on the air: ", view.channel.to_string().to_uppercase(), view.id)?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(Some(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(channel: Channel, given: Option<&str>, answer: Option<&str>) -> Result<(), String> {
        confirm(AlertId(1), channel, given, || Ok(answer.map(Into::into)))
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_live_alert_is_confirmed_by_its_channel_alone() {
        assert_eq!(outcome(Channel::Live, Some("live"), None), Ok(()));
        assert_eq!(outcome(Channel::Live, Some("LIVE"), None), Ok(()));
        assert_eq!(outcome(Channel::Live, None, Some("LIVE\n")), Ok(()));
        for (given, answer) in
            [(Some("yes"), None), (Some("exercise"), None), (None, Some("\n")), (None, None)]
        {
            let told = outcome(Channel::Live, given, answer).unwrap_err();
            assert!(told.starts_with("A-1 is live: expected --confirm live, found "), "{told}");
        }
    }

    #[test]
    fn another_channel_asks_for_nothing_and_refuses_a_wrong_word() {
        assert_eq!(outcome(Channel::Exercise, None, None), Ok(()));
        assert_eq!(outcome(Channel::Exercise, Some("exercise"), None), Ok(()));
        let told = outcome(Channel::Test, Some("live"), None).unwrap_err();
        assert_eq!(told, r#"A-1 is test: expected --confirm test, found "live"; nothing was sent"#);
    }
}
