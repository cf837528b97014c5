//! Input line by line, each within a limit.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::failure::Failure;

/// The longest line that is read, in bytes: the largest PDU there is, written out as JSON, with room to spare.
pub(crate) const LINE_BYTES_MAX: usize = 16 << 20;

/// A file, or standard input where none is named or its name is `-`.
pub(crate) fn open(file: Option<&Path>) -> Result<Box<dyn BufRead>, Failure> {
    match file.filter(|file| *file != Path::new("-")) {
        None => Ok(Box::new(io::stdin().lock())),
        Some(file) => match File::open(file) {
            Ok(opened) => Ok(Box::new(BufReader::new(opened))),
            Err(error) => Err(Failure::usage(format!("{}: {error}", file.display()))),
        },
    }
}

/// The next line, trimmed; the outer error is the input's, the inner one the line's. An empty line is a line too: the third
/// answer belongs to the third line.
pub(crate) fn next(input: &mut impl BufRead) -> io::Result<Option<Result<String, String>>> {
    let mut line = Vec::new();
    if input.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() > LINE_BYTES_MAX {
        input.skip_until(b'\n')?;
        return Ok(Some(Err(format!("expected a line of at most {LINE_BYTES_MAX} bytes, found more"))));
    }
    Ok(Some(match std::str::from_utf8(&line) {
        Ok(line) => Ok(line.trim().to_owned()),
        Err(error) => Err(format!("expected a line in UTF-8, found otherwise: {error}")),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_comes_and_bad_ones_are_told() {
        let mut input = &b"a\r\n  \nb\n\xff\nc"[..];
        let mut lines = std::iter::from_fn(|| next(&mut input).unwrap());
        assert_eq!(lines.next(), Some(Ok("a".into())));
        assert_eq!(lines.next(), Some(Ok(String::new())));
        assert_eq!(lines.next(), Some(Ok("b".into())));
        assert!(lines.next().unwrap().unwrap_err().contains("UTF-8"));
        assert_eq!(lines.next(), Some(Ok("c".into())));
        assert_eq!(lines.next(), None);
    }

    #[test]
    fn a_line_over_the_limit_is_one_error() {
        let mut input = vec![b'0'; LINE_BYTES_MAX * 2 + 1];
        input.extend(b"\nnext\n");
        let mut input = &input[..];
        assert!(next(&mut input).unwrap().unwrap().unwrap_err().contains("at most"));
        assert_eq!(next(&mut input).unwrap(), Some(Ok("next".into())));
    }
}
