//! The lexical spaces of the schema's simple types, as libxml2's validator reads them (the oracle of our tests).
//! White space around a value is collapsed first, for all of them.

use crate::xml::is_space;

/// The value without the white space that XSD's `collapse` facet takes off its ends. White space within a value is left:
/// none of the types below may hold any.
pub(crate) fn collapsed(value: &str) -> &str {
    value.trim_matches(is_space)
}

/// `xs:language`: `[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*`.
pub(crate) fn is_language(value: &str) -> bool {
    let mut subtags = collapsed(value).split('-');
    let of_size = |subtag: &str| (1..=8).contains(&subtag.len());
    subtags.next().is_some_and(|tag| of_size(tag) && tag.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && subtags.all(|subtag| of_size(subtag) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// `xs:integer`.
pub(crate) fn is_integer(value: &str) -> bool {
    let value = collapsed(value);
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && fits(digits, "")
}

/// `xs:decimal`.
pub(crate) fn is_decimal(value: &str) -> bool {
    let value = collapsed(value);
    let number = value.strip_prefix(['+', '-']).unwrap_or(value);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !(whole.is_empty() && fraction.is_empty()) && digits(whole) && digits(fraction) && fits(whole, fraction)
}

/// libxml2 holds 24 digits; XML Schema lets a processor set such a limit (part 2, §3.2.3).
fn fits(whole: &str, fraction: &str) -> bool {
    whole.trim_start_matches('0').len() + fraction.len() <= 24
}

/// `xs:anyURI`: a URI reference of RFC 3986, in which the characters that a URI must escape may stand for themselves,
/// blanks among them (XML Schema part 2, §3.2.17).
pub(crate) fn is_uri(value: &str) -> bool {
    let value = collapsed(value);
    let (before_fragment, fragment) = value.split_once('#').unwrap_or((value, ""));
    let (hierarchy, query) = before_fragment.split_once('?').unwrap_or((before_fragment, ""));
    is_made_of(fragment, b":@/?[]")
        && is_made_of(query, b":@/?")
        && (is_absolute(hierarchy) || is_relative(hierarchy))
}

/// Whether a URI names its scheme, so that it can be followed without knowing where it was found.
pub(crate) fn is_full_uri(value: &str) -> bool {
    collapsed(value).split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
}

fn is_absolute(hierarchy: &str) -> bool {
    hierarchy.split_once(':').is_some_and(|(scheme, path)| is_scheme(scheme) && is_hierarchy(path))
}

fn is_relative(hierarchy: &str) -> bool {
    let first_segment = hierarchy.split('/').next().unwrap_or_default();
    !first_segment.contains(':') && is_hierarchy(hierarchy)
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|ch: char| ch.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_hierarchy(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("//") else {
        return is_made_of(text, b":@/");
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    is_authority(authority) && is_made_of(path, b":@/")
}

fn is_authority(authority: &str) -> bool {
    let host_and_port = match authority.split_once('@') {
        Some((user, host_and_port)) if is_made_of(user, b":") => host_and_port,
        _ => authority,
    };
    let port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(literal) = host_and_port.strip_prefix('[') {
        return literal
            .split_once(']')
            .is_some_and(|(_, rest)| rest.is_empty() || rest.strip_prefix(':').is_some_and(port));
    }
    match host_and_port.split_once(':') {
        Some((host, number)) => is_made_of(host, b"") && port(number),
        None => is_made_of(host_and_port, b""),
    }
}

/// Unreserved characters, percent-encoded ones, sub-delimiters, and `also`.
fn is_made_of(text: &str, also: &[u8]) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, &byte)| match byte {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        b'/' | b'?' | b'#' | b'[' | b']' | b':' | b'@' => also.contains(&byte),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        for tag in ["sr", "sr-Cyrl-RS", " en-US\n", "i-klingon", "x-abcdefgh-12345678"] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in ["", " ", "sr_RS", "abcdefghi", "1a", "sr-", "-sr", "sr--RS", "срп", "sr RS"] {
            assert!(!is_language(tag), "{tag}");
        }
    }

    #[test]
    fn numbers() {
        for number in ["0", "-1", "+007", " 12 "] {
            assert!(is_integer(number) && is_decimal(number), "{number}");
        }
        for number in ["", "+", ".", "1e3", "1 2", "NaN", "0x1", "--1", "1.2.3"] {
            assert!(!is_integer(number) && !is_decimal(number), "{number}");
        }
        assert!(is_decimal("1.") && is_decimal(".5") && !is_integer("1.0"));
    }

    #[test]
    fn uris() {
        for uri in [
            "",
            "http://a.rs/č?q={x}#f",
            "a/b",
            "mailto:a@b",
            "//host:80",
            "http://[::1]:80/",
            "?q",
            "#f",
            "http://a b",
        ] {
            assert!(is_uri(uri), "{uri}");
        }
        for uri in ["%zz", ":a", "1a:b", "a#b#c", "http://h:p/", "http://[::1", "a[b]"] {
            assert!(!is_uri(uri), "{uri}");
        }
    }
}
