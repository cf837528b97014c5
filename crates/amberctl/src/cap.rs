//! `amberctl cap`.

use std::io::{Read, Write};
use std::path::Path;

use admin::ImportWith;
use engine::AlertId;
use policy::Case;

use crate::arguments::{CheckArgs, ImportArgs};
use crate::failure::Failure;
use crate::session::Session;
use crate::{alert, lines};

/// Checks files: one JSON object a line, the verdict on each file in turn.
pub(crate) fn check_files(check: &CheckArgs, out: &mut impl Write) -> Result<(), Failure> {
    let mut acceptable = true;
    for file in &check.files {
        let octets = read(file)?;
        let name = file.display().to_string();
        let verdict = ::cap::check_json(&name, &octets, check.level);
        acceptable &= verdict.verdict.acceptable;
        serde_json::to_writer(&mut *out, &verdict).map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    if acceptable { Ok(()) } else { Err(Failure::Told) }
}

/// Brings a message to the daemon, which knows what it was asked before.
pub(crate) async fn import(
    import: ImportArgs,
    session: &Session,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let ImportArgs { file, class, age, facts } = import;
    let said = age.is_some() || !facts.is_empty();
    let case = said.then(|| Case { age_years: age, facts: facts.into_iter().collect(), ..Case::default() });
    let view = session.client.import(read(&file)?, &ImportWith { class, case }).await?;
    session.write(out, &view, || alert::standing(&view))
}

/// Prints a message as the daemon signs it, octet for octet.
pub(crate) async fn export(
    alert: AlertId,
    message: Option<&str>,
    session: &Session,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let message = session.client.cap(alert, message).await?;
    out.write_all(message.as_bytes()).map_err(Failure::from)
}

/// One octet more than is read is enough for the check to refuse it.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let most = ::cap::Limits::DEFAULT.message_bytes as u64 + 1;
    let mut octets = Vec::new();
    let read = lines::open(Some(file))?.take(most).read_to_end(&mut octets);
    read.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_cap_is_told_and_the_others_are_still_checked() {
        let files = [tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap()];
        std::fs::write(&files[0], "<alert>\n</alrt>").unwrap();
        let files = files.iter().map(|file| file.path().to_owned()).collect::<Vec<_>>();
        let check = CheckArgs { level: ::cap::Level::Rules, files: files.clone() };
        let mut out = Vec::new();
        assert!(matches!(check_files(&check, &mut out), Err(Failure::Told)));
        let lines: Vec<serde_json::Value> =
            String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: Vec<_> = lines.iter().map(|line| (line["file"].as_str(), &line["acceptable"])).collect();
        let no = serde_json::Value::Bool(false);
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        assert_eq!(told, [(Some(names[0].as_str()), &no), (Some(names[1].as_str()), &no)]);
        assert!(lines[0]["problems"][0]["code"].is_string() && lines[0]["problems"][0]["at"].is_string());
    }
}
