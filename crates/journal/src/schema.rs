//! The schema's versions and the road from each to the next.
//!
//! `PRAGMA user_version` names the version of a file. Migrations only go forward; each runs in one transaction with
//! the new version number, so a crash leaves the old schema or the new one.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::Error;

/// `MIGRATIONS[v]` leads from version `v` to `v + 1`; version 0 is an empty file. Never edit one that was released.
const MIGRATIONS: &[&str] = &[include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// The oldest version that is read as it is: its tables are those of [`VERSION`].
pub(crate) const READ_FROM: i64 = 1;

/// The version this program reads and writes.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The version of an open file, refused when it is newer than [`VERSION`].
pub(crate) fn version(connection: &Connection) -> Result<i64, Error> {
    let found = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| Error::sqlite("reading the schema version", &source))?;
    if found > VERSION {
        return Err(Error::SchemaTooNew { supported: VERSION, found });
    }
    Ok(found)
}

/// Runs the migrations that lead from `found` to [`VERSION`].
pub(crate) fn migrate(connection: &mut Connection, found: i64) -> Result<(), Error> {
    for (from, sql) in (0..VERSION).zip(MIGRATIONS).filter(|(from, _)| *from >= found) {
        connection
            .transaction_with_behavior(TransactionBehavior::Exclusive)
            .and_then(|transaction| {
                transaction.execute_batch(sql)?;
                transaction.pragma_update(None, "user_version", from + 1)?;
                transaction.commit()
            })
            .map_err(|source| Error::sqlite(&format!("migrating to schema version {}", from + 1), &source))?;
    }
    Ok(())
}
