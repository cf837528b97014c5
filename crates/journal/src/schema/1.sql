-- Records are appended in order, and neither changed nor removed.
CREATE TABLE records (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    wall_ms INTEGER NOT NULL,
    payload BLOB    NOT NULL,
    digest  BLOB    NOT NULL CHECK (length(digest) = 32)
) STRICT;

-- Also keeps INSERT OR REPLACE out, which would pass by the triggers below.
CREATE TRIGGER records_in_order BEFORE INSERT ON records
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM records)
BEGIN SELECT raise(ABORT, 'records are appended in order'); END;

CREATE TRIGGER records_unchanged BEFORE UPDATE ON records
BEGIN SELECT raise(ABORT, 'records are never changed'); END;

CREATE TRIGGER records_kept BEFORE DELETE ON records
BEGIN SELECT raise(ABORT, 'records are never removed'); END;
