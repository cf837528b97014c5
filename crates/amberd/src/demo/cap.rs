//! The demo's alert as CAP: fetched like anybody would, and judged before it is shown.

use admin::Client;
use cap::signature::{Trust, verify};
use cap::{Document, Level, Limits};
use engine::AlertId;

use super::DemoError;
use super::stage::CERTIFICATE;

/// 2030-01-01: within the validity of the demo's certificate, whatever the clock of this machine says.
const NOW_UNIX_S: i64 = 1_893_456_000;

/// Shows one of an alert's messages, once it has been held against the profile and its signature against the certificate.
pub(crate) async fn show(client: &Client, alert: AlertId, which: &str) -> Result<(), DemoError> {
    let message = client.cap(alert, Some(which)).await?;
    let wrong = |expected: &str, found: String| DemoError::Process {
        process: format!("CAP message {which} of {alert}"),
        expected: expected.to_owned(),
        found,
    };
    let verdict = cap::check(message.as_bytes(), Level::Profile);
    if !verdict.acceptable {
        return Err(wrong("to keep the profile CAP-RS", format!("{:?}", verdict.problems)));
    }
    let document = Document::decode(message.as_bytes(), Limits::DEFAULT)
        .map_err(|problem| wrong("to be readable", problem.to_string()))?;
    let mut trust = Trust::default();
    trust.add_pem(CERTIFICATE).map_err(|error| wrong("a certificate to judge it by", error.to_string()))?;
    let signer = verify(&document, &trust, NOW_UNIX_S)
        .map_err(|fault| wrong("to be signed by the daemon", fault.to_string()))?;
    let alert = document.alert().map_err(|problems| wrong("to be readable", format!("{problems:?}")))?;
    let line = |name: &str, value: &str| println!("    | <{name}>{value}</{name}>");
    line("identifier", &alert.identifier);
    line("sent", &alert.sent.to_string());
    line("status", alert.status.as_str());
    line("msgType", alert.msg_type.as_str());
    if let Some(references) = &alert.references {
        references.split(' ').for_each(|reference| line("references", reference));
    }
    for info in &alert.infos {
        let area = info.areas.first().map_or("", |area| &area.area_desc);
        println!("    | <info> {}: {}; {area}", info.language_tag(), info.event);
    }
    println!("    | {} octets, signed by {}; valid CAP 1.2 and CAP-RS", message.len(), signer.subject);
    Ok(())
}
