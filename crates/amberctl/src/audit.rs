//! `amberctl audit`: a journal, or a copy of one, verified and written out, without a daemon.
//!
//! What is personal stays sealed: no key is looked at.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use journal::{Head, Journal, OpenMode, Payload, Seq, SqliteJournal};
use serde::de::IgnoredAny;
use serde_json::json;

use crate::arguments::AuditVerb;
use crate::failure::Failure;

/// Does what is asked.
pub(crate) fn run(verb: AuditVerb, as_json: bool, out: &mut impl Write) -> Result<(), Failure> {
    match verb {
        AuditVerb::Verify { folder, head } => verify(&folder, head.as_deref(), as_json, out),
        AuditVerb::Export { folder, from } => export(&open(&folder, Head::GENESIS)?, Seq(from), out),
    }
}

/// Recomputes every digest; with a head that was kept elsewhere, says whether the journal still contains it.
fn verify(folder: &Path, kept: Option<&Path>, as_json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let last = open(folder, Head::GENESIS)?.last().map_err(Failure::refused)?;
    let mut contained = None;
    if let Some(file) = kept {
        let known = SqliteJournal::anchored(file).map_err(Failure::refused)?;
        let changed = |why| {
            let (seq, file) = (known.seq, file.display());
            Failure::refused(format!(
                "the journal is not the one whose record {seq} is named in {file}: {why}"
            ))
        };
        open(folder, known).map_err(changed)?;
        contained = Some(known.seq.0);
    }
    if as_json {
        let told = json!({"records": last.seq.0, "digest": last.digest.to_string(), "contains": contained});
        return Ok(writeln!(out, "{told}")?);
    }
    writeln!(out, "records up to {} verified, digest {}", last.seq, last.digest)?;
    if let Some(seq) = contained {
        writeln!(out, "record {seq} is the one that was kept")?;
    }
    Ok(())
}

/// One record a line, its octets as they are in the journal, so that anybody can recompute the digests.
fn export(journal: &SqliteJournal, from: Seq, out: &mut impl Write) -> Result<(), Failure> {
    let mut out = BufWriter::new(out);
    for record in journal.read(from) {
        let journal::Record { seq, payload: Payload { wall_ms, bytes }, digest } =
            record.map_err(Failure::refused)?;
        let fits_a_line = !bytes.contains(&b'\n') && serde_json::from_slice::<IgnoredAny>(&bytes).is_ok();
        if !fits_a_line {
            return Err(Failure::refused(format!(
                "record {seq}: expected JSON on one line, found something else"
            )));
        }
        write!(out, r#"{{"seq":{seq},"wall_ms":{wall_ms},"digest":"{digest}","record":"#)?;
        out.write_all(&bytes).and_then(|()| out.write_all(b"}\n"))?;
    }
    Ok(out.flush()?)
}

/// Opens the journal of a folder, which verifies what comes after `known`.
fn open(folder: &Path, known: Head) -> Result<SqliteJournal, Failure> {
    let path = folder.join("journal.db");
    if !path.exists() {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        return Err(Failure::usage(format!("{}: {missing}", path.display())));
    }
    SqliteJournal::open_after(&path, OpenMode::Read, known).map_err(Failure::refused)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A journal of three records.
    fn folder(word: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = SqliteJournal::open(&folder.path().join("journal.db"), OpenMode::Write).unwrap();
        let payload = |wall_ms| Payload { wall_ms, bytes: format!("{{\"{word}\": {wall_ms}}}").into_bytes() };
        journal.append(Seq::NONE, &[payload(7), payload(8)]).unwrap();
        journal.append(Seq(2), &[payload(9)]).unwrap();
        folder
    }

    fn told(verb: AuditVerb) -> Result<String, Failure> {
        let mut out = Vec::new();
        run(verb, false, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn whoever_has_the_export_can_recompute_the_chain() {
        let folder = folder("a");
        let exported = told(AuditVerb::Export { folder: folder.path().into(), from: 1 }).unwrap();
        let mut head = Head::GENESIS;
        for line in exported.lines() {
            let octets = line.split_once(r#""record":"#).unwrap().1.strip_suffix('}').unwrap();
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let wall_ms = line["wall_ms"].as_u64().unwrap();
            head = head.after(&Payload { wall_ms, bytes: octets.into() });
            assert_eq!(line["digest"], head.digest.to_string());
        }
        let verified = told(AuditVerb::Verify { folder: folder.path().into(), head: None }).unwrap();
        assert_eq!(verified, format!("records up to 3 verified, digest {}\n", head.digest));
        let rest = told(AuditVerb::Export { folder: folder.path().into(), from: 3 }).unwrap();
        assert_eq!(rest, exported.lines().last().unwrap().to_owned() + "\n");
    }

    #[test]
    fn a_journal_that_was_put_in_the_place_of_another_is_told_from_it_by_a_head_that_was_kept() {
        let (ours, theirs) = (folder("a"), folder("b"));
        let verify = |head: PathBuf| told(AuditVerb::Verify { folder: ours.path().into(), head: Some(head) });
        let kept = ours.path().join("kept");
        std::fs::copy(ours.path().join("journal.head"), &kept).unwrap();
        let mut journal = SqliteJournal::open(&ours.path().join("journal.db"), OpenMode::Write).unwrap();
        journal.append(Seq(3), &[Payload { wall_ms: 10, bytes: b"{}".to_vec() }]).unwrap();
        assert!(verify(kept).unwrap().ends_with("\nrecord 3 is the one that was kept\n"));
        let refused = verify(theirs.path().join("journal.head")).unwrap_err();
        assert_eq!(refused.status(), 1);
        assert!(refused.to_string().contains("record 3"), "{refused}");
        let none = told(AuditVerb::Verify { folder: "nowhere".into(), head: None }).unwrap_err();
        assert_eq!(none.status(), 2);
    }
}
