//! The schema level against libxml2: on every real message, on mutants of them, and on values of each simple type.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "an oracle test: reads the shared files and runs xmllint, which the crate itself never does"
)]

mod support;

use cap::{Level, check};

#[test]
fn every_file_of_the_manifest_is_judged_as_it_says() {
    let Some(folder) = support::shared_cap() else { return };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.csv")).unwrap();
    let mut judged = 0;
    for line in manifest.lines().skip(1) {
        let mut fields = line.split(',');
        let (file, _subset, valid) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
        let verdict = check(&std::fs::read(folder.join(file)).unwrap(), Level::Schema);
        assert_eq!(verdict.schema_valid, valid == "yes", "{file}: {:?}", verdict.problems);
        assert_eq!(verdict.schema_valid, verdict.problems.is_empty(), "{file}");
        judged += 1;
    }
    assert_eq!(judged, 67);
}

/// Set `CAP_MUTANTS` to look further than the suite has time for.
#[test]
fn mutants_are_judged_as_libxml2_judges_them() {
    let Some(folder) = support::shared_cap() else { return };
    if !support::has_program("xmllint") {
        return;
    }
    let seeds: Vec<String> = support::messages(&folder.join("valid"))
        .into_iter()
        .filter(|(_, bytes)| bytes.len() < 12_000)
        .map(|(_, bytes)| String::from_utf8(bytes).unwrap())
        .collect();
    let count = std::env::var("CAP_MUTANTS").map_or(600, |count| count.parse().unwrap());
    let mut dice = Dice(0x5eed);
    let mutants: Vec<String> = (0..count)
        .map(|_| {
            let mut text = seeds[dice.below(seeds.len())].clone();
            for _ in 0..=dice.below(2) {
                text = mutant(&text, &mut dice);
            }
            text
        })
        .collect();
    agree_with_xmllint(&folder, "mutants", &mutants);
}

#[test]
fn values_are_judged_as_libxml2_judges_them() {
    let Some(folder) = support::shared_cap() else { return };
    if !support::has_program("xmllint") {
        return;
    }
    let frame = std::fs::read_to_string(folder.join("valid/oasiscap__v1dot2_appendix_adot3.xml")).unwrap();
    let count = std::env::var("CAP_MUTANTS").map_or(200, |count| count.parse().unwrap());
    let mut dice = Dice(0xfeed);
    let mut messages = Vec::new();
    for (element, before, alphabet) in [
        ("language", "<category>", &["sr", "-", "RS", "Cyrl", "1", "_", " ", "x", "abcdefgh", "ш"][..]),
        (
            "web",
            "<parameter>",
            &[
                "http", ":", "/", "//", "a.rs", "[", "]", "::1", "@", "?", "#", "%41", "%", "%zz", " ", "č",
                "\"", "{", "|", "^", "1", "80", "=", "&amp;", "+", ".", "\\", "'", "`", "-", "~", "*", "(",
                ";", ",", "$", "!", "&lt;", "ftp",
            ],
        ),
        (
            "expires",
            "<senderName>",
            &[
                "2026-02-28T",
                "2024-02-29T",
                "2023-02-29T",
                "0000-01-01T",
                "9999-12-31T",
                "2026-04-31T",
                "23:59:59",
                "24:00:00",
                "24:00:01",
                "00:60:00",
                "12:00:60",
                "+01:00",
                "-00:00",
                "+14:00",
                "+14:01",
                "-13:59",
                "+00:60",
                "Z",
                ",01:00",
                " ",
                ".5",
                "-",
            ],
        ),
    ] {
        for _ in 0..count {
            let value: String = (0..=dice.below(6)).map(|_| dice.choose(alphabet)).collect();
            messages.push(with_element(&frame, element, &value, before));
        }
    }
    for value in [
        "",
        "0",
        "-0",
        "+1",
        "1.",
        ".1",
        ".",
        "+",
        "1e3",
        " 1 ",
        "1 2",
        "0x1",
        "١",
        "000000000000000000000000000001",
        "123456789012345678901234",
        "1234567890123456789012345",
        "-1234567890123456789012345",
        "1.1234567890123456789012345",
        "12345678901234567.12345678",
        "123456789012345678901234.1",
        "0.000000000000000000000000001",
        "1.100000000000000000000000000000",
        "NaN",
        "INF",
        "--1",
    ] {
        messages.push(frame.replace("</area>", &format!("<altitude>{value}</altitude></area>")));
        let resource = format!("<resource><resourceDesc/><mimeType/><size>{value}</size></resource><area>");
        messages.push(frame.replace("<area>", &resource));
    }
    agree_with_xmllint(&folder, "values", &messages);
}

fn with_element(frame: &str, element: &str, value: &str, before: &str) -> String {
    let without = match (frame.find(&format!("<{element}>")), frame.find(&format!("</{element}>"))) {
        (Some(start), Some(end)) => format!("{}{}", &frame[..start], &frame[end + element.len() + 3..]),
        _ => frame.to_owned(),
    };
    let at = without.find(before).unwrap();
    format!("{}<{element}>{value}</{element}>{}", &without[..at], &without[at..])
}

fn agree_with_xmllint(folder: &std::path::Path, test: &str, messages: &[String]) {
    let bytes: Vec<Vec<u8>> = messages.iter().map(|message| message.as_bytes().to_vec()).collect();
    let scratch = support::scratch(test);
    let valid = support::xmllint(&folder.join("CAP-v1.2.xsd"), &scratch, &bytes);
    let mut differ = Vec::new();
    for (index, (message, expected)) in bytes.iter().zip(&valid).enumerate() {
        let verdict = check(message, Level::Schema);
        // The one difference we want: what XML Schema would look for within a signature is refused unseen.
        if verdict.schema_valid != *expected
            && !verdict.problems.iter().any(|it| it.expected.ends_with("a signature"))
        {
            differ.push(format!("{index}.xml: xmllint {expected}, ours {:?}", verdict.problems.first()));
        }
    }
    assert!(
        differ.is_empty(),
        "{} of {} in {}:\n{}",
        differ.len(),
        bytes.len(),
        scratch.display(),
        differ.join("\n")
    );
    let accepted = valid.iter().filter(|valid| **valid).count();
    assert!(
        accepted > bytes.len() / 20 && accepted < bytes.len() * 19 / 20,
        "one-sided: {accepted} of {}",
        bytes.len()
    );
}

/// One change to a message: to its elements, its texts, its attributes or its characters.
fn mutant(text: &str, dice: &mut Dice) -> String {
    let Some((first, second)) = elements(text, dice) else { return text.to_owned() };
    let (element, other) = (&text[first.clone()], &text[second.clone()]);
    let open_end = first.start + element.find('>').unwrap() + 1;
    let close_start = first.start + element.rfind("</").unwrap_or(element.len());
    let content = open_end..close_start.max(open_end);
    match dice.below(14) {
        0 => replaced(text, first, ""),
        1 => replaced(text, first.clone(), &format!("{element}{element}")),
        2 => replaced(text, first.clone(), &format!("{other}{element}")),
        3 => replaced(text, second, element),
        4 => replaced(text, content, ""),
        5 | 6 => replaced(text, content, dice.choose(VALUES)),
        7 => replaced(text, open_end..open_end, dice.choose(PIECES)),
        8 => replaced(text, first.end..first.end, dice.choose(PIECES)),
        9 => replaced(text, open_end - 1..open_end - 1, dice.choose(ATTRIBUTES)),
        10 => replaced(text, content.clone(), &format!(" {}\n", &text[content])),
        11 => {
            let mut at = dice.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            replaced(text, at..at, dice.choose(CHARACTERS))
        }
        12 => {
            let (from, to) = (dice.choose(NAMES), dice.choose(NAMES));
            text.replacen(from, to, 2)
        }
        _ => replaced(text, content.clone(), &format!("<![CDATA[{}]]>", &text[content])),
    }
}

fn replaced(text: &str, range: std::ops::Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

/// The places of two elements, start tag to end tag, chosen at random.
fn elements(text: &str, dice: &mut Dice) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let starts: Vec<usize> = text
        .match_indices('<')
        .map(|(at, _)| at)
        .filter(|&at| text[at + 1..].starts_with(|ch: char| ch.is_ascii_alphabetic()))
        .collect();
    if starts.is_empty() {
        return None;
    }
    let mut range = || {
        let start = dice.choose(&starts);
        let name = text[start + 1..].split(|ch: char| ch == '>' || ch == '/' || ch.is_whitespace()).next()?;
        let close = format!("</{name}>");
        let end = text[start..].find(&close).map(|end| start + end + close.len());
        let own = start + text[start..].find('>')? + 1;
        Some(start..end.unwrap_or(own))
    };
    Some((range()?, range()?))
}

const VALUES: &[&str] = &[
    "",
    " ",
    "Actual",
    "Alert",
    "alert",
    " Public",
    "Extreme ",
    "sr-Cyrl-RS",
    "12.5",
    "-3",
    "x",
    "2026-11-24T10:00:00+01:00",
    "\n2026-11-24T10:00:00+01:00 ",
    "2026-11-24T10:00:00Z",
    "http://a b",
    "&#65;ctual",
    "Act<!-- c -->ual",
    "&amp;",
    "ш",
    "<x/>",
    "<![CDATA[Actual]]>",
    "Ac<?pi x?>tual",
    "Met",
    "Immediate",
    "None",
    "<value/>",
    "en-US",
];
const PIECES: &[&str] = &[
    "text",
    "&#32;",
    "<![CDATA[ ]]>",
    "<![CDATA[]]>",
    "<!-- comment -->",
    "<?pi data?>",
    "<note/>",
    "<x xmlns=\"urn:x\"/>",
    "<x/>",
    "<value>1</value>",
    "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><x y=\"1\">t</x></Signature>",
    "<code>1</code>",
    "<info/>",
    "<language/>",
    "<area><areaDesc/></area>",
    "<parameter><valueName/><value/></parameter>",
    "\u{a0}",
    "<category>Met</category>",
];
const ATTRIBUTES: &[&str] = &[
    " x=\"1\"",
    " xml:lang=\"sr\"",
    " xmlns:q=\"urn:q\"",
    " xmlns=\"urn:q\"",
    " xmlns=\"\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"false\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:foo=\"1\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:noNamespaceSchemaLocation=\"x.xsd\"",
    " a=\"1\"a=\"2\"",
    " a=1",
    " a",
    " a=\"<\"",
    " a=\"&b;\"",
    "  ",
    "\n",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xsi:type=\"xs:string\"",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xsi:type=\"xs:int\"",
];
const CHARACTERS: &[&str] = &[
    "\u{1}", "\u{fffe}", "\u{ffff}", "<", ">", "&", "\"", "'", "]]>", "--", "\r", "\r\n", "é", "/", "?", "!",
    "=", ":", " ", "<!--", "-->", "<?", "?>", ";", "#", "\u{7f}", "\u{85}", "x",
];
const NAMES: &[&str] = &[
    "identifier",
    "sender",
    "sent",
    "status",
    "msgType",
    "scope",
    "info",
    "area",
    "category",
    "event",
    "urgency",
    "areaDesc",
    "geocode",
    "value",
    "valueName",
    "cap:info",
    "x:info",
    "Info",
    "web",
    "expires",
    "certainty",
];

/// SplitMix64: the same mutants on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
