//! The board, rendered: each page once a change, with its entity tag.

use std::collections::BTreeMap;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::board::Board;

mod atom;
mod calendar;
mod due;
mod geojson;

/// Everything that can be read, ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Pages {
    /// By path.
    by_path: BTreeMap<String, Page>,
}

/// A page.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// It can be read.
    Open {
        /// Its media type.
        media_type: &'static str,
        /// Its entity tag (RFC 9110 §8.8.3), with its quotes.
        tag: String,
        /// Its octets.
        body: Bytes,
    },
    /// It was public and is no more.
    Gone,
}

impl Pages {
    /// The page of a path.
    pub fn page(&self, path: &str) -> Option<&Page> {
        self.by_path.get(path)
    }
}

impl Board {
    /// The pages at a moment. The same board gives the same pages until [`Board::next_change_s`].
    pub fn pages(&self, now_s: i64) -> Pages {
        let mut by_path = BTreeMap::from([
            ("/feed.atom".to_owned(), open("application/atom+xml", atom::feed(self, now_s))),
            ("/areas.geojson".to_owned(), open("application/geo+json", geojson::areas(self, now_s))),
            (
                "/schedule.ics".to_owned(),
                open("text/calendar; charset=utf-8", calendar::schedule(self, now_s)),
            ),
            ("/due.json".to_owned(), open("application/json", due::due(self, now_s))),
        ]);
        for message in self.shown(now_s).flat_map(|item| &item.messages) {
            let page = match &message.cap {
                Some(cap) => open("application/cap+xml", cap.to_string()),
                None => Page::Gone,
            };
            by_path.insert(path_of(&message.identifier), page);
            let picture = match (&message.picture, &message.cap) {
                (Some(picture), _) => open(picture.media_type(), picture.octets().to_vec()),
                // Whether there was one nobody remembers.
                (None, None) => Page::Gone,
                (None, Some(_)) => continue,
            };
            by_path.insert(picture_path(&message.identifier), picture);
        }
        Pages { by_path }
    }

    /// The address of a message.
    fn address(&self, identifier: &str) -> String {
        format!("{}{}", self.public_url, path_of(identifier))
    }
}

/// Where the picture of a message can be read, in a feed at this address.
pub fn picture_address(public_url: &str, identifier: &str) -> String {
    format!("{public_url}{}", picture_path(identifier))
}

fn picture_path(identifier: &str) -> String {
    format!("/picture/{identifier}")
}

fn path_of(identifier: &str) -> String {
    format!("/cap/{identifier}.xml")
}

fn open(media_type: &'static str, body: impl Into<Bytes>) -> Page {
    let body = body.into();
    let digest = Sha256::digest(&body);
    Page::Open { media_type, tag: format!("\"{}\"", hex::encode(&digest[..16])), body }
}

/// A moment as RFC 3339 writes it, in UTC.
fn moment(unix_s: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(unix_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use area::{Point, Polygon, Shape};
    use policy::{Channel, LanguageText, MediaRate, Picture, slots};

    use super::*;
    use crate::board::{Item, Live, Message};

    const START_S: i64 = 1_800_000_000;

    fn message(identifier: &str, sent_s: i64, cap: Option<&str>) -> Message {
        Message { identifier: identifier.into(), sent_s, cap: cap.map(Arc::from), picture: None }
    }

    fn board() -> Board {
        let corner = |lat, lon| Point::from_degrees(lat, lon, "test").unwrap();
        let ring =
            |a: f64, b: f64| vec![corner(a, a), corner(b, a), corner(b, b), corner(a, b), corner(a, a)];
        let holed = Polygon::new(vec![ring(10.0, 20.0), ring(12.0, 14.0)], "test").unwrap();
        let circle = Shape::Circle { centre: corner(45.25, 19.84), radius_m: 5_000 };
        let text = |language: &str, text: &str| LanguageText { language: language.into(), text: text.into() };
        let rates = [MediaRate { every_s: 1800, until_s: 28_800 }];
        let on = Item {
            alert: "A-1".into(),
            channel: Channel::Live,
            class: "missing-child".into(),
            messages: vec![
                message("A-1.1", START_S, Some("<alert>1</alert>")),
                Message {
                    picture: Some(Picture::blank(70)),
                    ..message("A-1.2", START_S + 60, Some("<alert>2</alert>"))
                },
            ],
            live: Some(Live {
                event: "Nestanak deteta".into(),
                texts: vec![
                    text("sr-Latn", "Nestao Marko, 7; \"plava\" jakna & kapa\ndrugi red"),
                    text("en", "Missing"),
                ],
                area: "Novi Sad".into(),
                shapes: vec![Shape::Polygon(Arc::new(holed)), circle],
                since_s: START_S,
                slots: slots(&rates, START_S, START_S + 7200),
            }),
            until_s: START_S + 7200,
        };
        let over = Item {
            alert: "A-2".into(),
            messages: vec![
                message("A-2.1", START_S - 500, None),
                message("A-2.cancel", START_S - 9, Some("<c/>")),
            ],
            live: None,
            until_s: START_S + 86_400,
            ..on.clone()
        };
        Board {
            public_url: "https://alerts.example".into(),
            publisher: "MUP".into(),
            changed_s: START_S + 60,
            items: vec![on, over],
        }
    }

    fn body(pages: &Pages, path: &str) -> String {
        match pages.page(path) {
            Some(Page::Open { body, .. }) => String::from_utf8(body.to_vec()).unwrap(),
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn the_atom_feed_links_each_message_that_is_public() {
        let pages = board().pages(START_S + 100);
        let atom = body(&pages, "/feed.atom");
        for identifier in ["A-1.1", "A-1.2", "A-2.cancel"] {
            let path = format!("/cap/{identifier}.xml");
            assert_eq!(atom.matches(&format!("https://alerts.example{path}\"")).count(), 1, "{atom}");
            assert!(matches!(pages.page(&path), Some(Page::Open { .. })));
        }
        assert_eq!(pages.page("/cap/A-2.1.xml"), Some(&Page::Gone));
        let address = "https://alerts.example/picture/A-1.2";
        assert!(atom.contains(&format!(
            "<link rel=\"enclosure\" type=\"image/png\" length=\"70\" href=\"{address}\"/>"
        )));
        let Some(Page::Open { media_type, body, .. }) = pages.page("/picture/A-1.2") else { panic!() };
        assert_eq!((*media_type, &**body), ("image/png", &**Picture::blank(70).octets()));
        assert_eq!(picture_address("https://alerts.example", "A-1.2"), address);
        assert_eq!((pages.page("/picture/A-1.1"), pages.page("/picture/A-2.1")), (None, Some(&Page::Gone)));
        assert!(!atom.contains("A-2.1.xml") && atom.contains("&quot;plava&quot; jakna &amp; kapa"), "{atom}");
    }

    #[test]
    fn areas_are_multipolygons_with_their_holes_and_circles_drawn() {
        let areas: serde_json::Value =
            serde_json::from_str(&body(&board().pages(START_S), "/areas.geojson")).unwrap();
        assert_eq!(areas["features"].as_array().unwrap().len(), 1, "nothing of what was cancelled");
        let polygons = areas["features"][0]["geometry"]["coordinates"].as_array().unwrap();
        let sizes: Vec<Vec<usize>> = polygons
            .iter()
            .map(|rings| {
                rings.as_array().unwrap().iter().map(|ring| ring.as_array().unwrap().len()).collect()
            })
            .collect();
        assert_eq!(sizes, [vec![5, 5], vec![65]]);
        for ring in polygons.iter().flat_map(|rings| rings.as_array().unwrap()) {
            let ring = ring.as_array().unwrap();
            assert_eq!(ring.first(), ring.last());
        }
        let north =
            polygons[1][0].as_array().unwrap().iter().map(|p| p[1].as_f64().unwrap()).fold(0.0, f64::max);
        assert!((north - 45.25 - 5.0 / 111.2).abs() < 1e-3, "{north}");
    }

    #[test]
    fn what_is_due_changes_with_the_slot_and_ends_with_the_alert() {
        let board = board();
        let due = |now_s: i64| -> serde_json::Value {
            serde_json::from_str(&body(&board.pages(now_s), "/due.json")).unwrap()
        };
        let first = due(START_S);
        assert_eq!(first["due"][0]["slot"], moment(START_S));
        assert_eq!(first["due"][0]["next"], moment(START_S + 1800));
        assert_eq!(first["due"][0]["cap"], "https://alerts.example/cap/A-1.2.xml");
        assert_eq!(first["due"][0]["picture"], "https://alerts.example/picture/A-1.2");
        assert_eq!(first["stopped"][0]["message"], "A-2.cancel");
        assert_eq!(board.pages(START_S + 1799), board.pages(START_S));
        assert_eq!(board.next_change_s(START_S), Some(START_S + 1800));
        assert_ne!(board.pages(START_S + 1800), board.pages(START_S));
        assert_eq!(due(START_S + 7200)["due"], serde_json::json!([]));
        assert_eq!(due(START_S + 86_400)["stopped"], serde_json::json!([]));
    }

    #[test]
    fn the_calendar_has_an_event_for_each_showing_in_short_lines() {
        let calendar = body(&board().pages(START_S), "/schedule.ics");
        assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 4);
        assert!(calendar.contains("DTSTART:20270115T080000Z\r\n"), "{calendar}");
        assert!(calendar.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{calendar}");
        let unfolded = calendar.replace("\r\n ", "");
        assert!(unfolded.contains(
            "DESCRIPTION:Nestao Marko\\, 7\\; \"plava\" jakna & kapa\\ndrugi red\\n\\nMissing\r\n"
        ));
    }

    #[test]
    fn of_an_alert_that_is_over_nothing_personal_is_left() {
        let mut board = board();
        board.items[0].live = None;
        for message in &mut board.items[0].messages {
            (message.cap, message.picture) = (None, None);
        }
        let pages = board.pages(START_S);
        assert_eq!(pages.page("/picture/A-1.2"), Some(&Page::Gone));
        for path in ["/feed.atom", "/areas.geojson", "/schedule.ics", "/due.json"] {
            assert!(!body(&pages, path).contains("Marko"), "{path}");
        }
    }
}
