//! The rules of CAP 1.2 that no XSD can state (§3.2 and §3.3.2), each a function of the message.

use crate::alert::{Alert, Area, Info, MessageType, NamedValue, Scope};
use crate::document::Limits;
use crate::lexical::is_full_uri;
use crate::problem::{Code, Problem};
use crate::shape::{Circle, Crossing, Point, Polygon, ShapeError};
use crate::time::DateTime;
use crate::xml::{is_blank, is_space};

/// Holds a message against all rules.
pub(crate) fn rules(alert: &Alert<'_>, limits: Limits, problems: &mut Vec<Problem>) {
    names(alert, problems);
    audience(alert, problems);
    references(alert, problems);
    if alert.infos.is_empty() {
        problems.push(match alert.msg_type {
            // A Cancel says all it must by its references. To refuse it would keep an alert on the air.
            MessageType::Cancel | MessageType::Ack | MessageType::Error => {
                Problem::warning(Code::NoInfo, "/alert", "an info block", "none")
            }
            _ => Problem::error(Code::NoInfo, "/alert", "an info block", "none"),
        });
    }
    let mut shapes = Shapes { limits, count: 0, points: 0, first: None };
    for (index, info) in alert.infos.iter().enumerate() {
        let at = || format!("/alert/info[{}]", index + 1);
        texts(info, &at, problems);
        times(alert, info, &at, problems);
        same_event(&alert.infos[0], info, &at, problems);
        for (index, area) in info.areas.iter().enumerate() {
            let at = || format!("{}/area[{}]", at(), index + 1);
            heights(area, &at, problems);
            shapes.check(area, &at, problems);
        }
    }
}

/// The path of the block a rule is about, made only when there is something to report.
type At<'a> = &'a dyn Fn() -> String;

/// `identifier` and `sender` hold no blank, comma, `<` or `&`: references could not name them.
fn names(alert: &Alert<'_>, problems: &mut Vec<Problem>) {
    for (name, value) in [("identifier", &alert.identifier), ("sender", &alert.sender)] {
        let at = || format!("/alert/{name}");
        if value.is_empty() {
            problems.push(Problem::error(Code::EmptyValue, at(), "a unique name", ""));
        }
        if let Some(ch) = value.chars().find(|&ch| ch.is_whitespace() || matches!(ch, ',' | '<' | '&')) {
            let expected = "no blank, comma, < or &";
            problems.push(Problem::error(
                Code::ForbiddenCharacter,
                at(),
                expected,
                format!("{ch:?} in {value}"),
            ));
        }
    }
    utc(alert.sent, || "/alert/sent".to_owned(), problems);
}

/// UTC is written `-00:00`.
fn utc(time: DateTime, at: impl Fn() -> String, problems: &mut Vec<Problem>) {
    if time.has_plus_zero() {
        problems.push(Problem::warning(Code::UtcOffset, at(), "UTC as -00:00", "+00:00"));
    }
}

/// A restricted message says to whom, a private one lists its addresses; what is listed is quoted where it holds blanks.
fn audience(alert: &Alert<'_>, problems: &mut Vec<Problem>) {
    let needed = match alert.scope {
        Scope::Public => None,
        Scope::Restricted => Some(("restriction", &alert.restriction)),
        Scope::Private => Some(("addresses", &alert.addresses)),
    };
    if let Some((name, value)) = needed
        && value.as_deref().is_none_or(is_blank)
    {
        problems.push(Problem::error(Code::MissingAudience, "/alert/scope", name, alert.scope.as_str()));
    }
    for (name, value) in [("addresses", &alert.addresses), ("incidents", &alert.incidents)] {
        if let Some(value) = value
            && value.matches('"').count() % 2 == 1
        {
            problems.push(Problem::error(Code::Quoting, format!("/alert/{name}"), "quotes in pairs", value));
        }
    }
    for (index, code) in alert.codes.iter().enumerate() {
        let code = code.trim_matches(is_space);
        let quoted = code.len() > 1 && code.starts_with('"') && code.ends_with('"');
        if code.contains(is_space) && !quoted {
            let at = format!("/alert/code[{}]", index + 1);
            problems.push(Problem::warning(Code::Quoting, at, "quotes around blanks", code));
        }
    }
}

/// What changes or answers earlier messages names them, as `sender,identifier,sent`.
fn references(alert: &Alert<'_>, problems: &mut Vec<Problem>) {
    let at = "/alert/references";
    let text = alert.references.as_deref().unwrap_or_default();
    if is_blank(text) && alert.msg_type != MessageType::Alert {
        let found = format!("none in a message of type {}", alert.msg_type.as_str());
        problems.push(Problem::error(Code::ReferencesMissing, at, "sender,identifier,sent", found));
    }
    for malformed in alert.references().filter_map(Result::err) {
        problems.push(Problem::error(Code::ReferencesMalformed, at, "sender,identifier,sent", malformed));
    }
    if text.split_ascii_whitespace().any(|group| group.matches(',').count() > 2) {
        problems.push(Problem::warning(Code::ReferencesMalformed, at, "a blank between references", text));
    }
}

fn texts(info: &Info<'_>, at: At<'_>, problems: &mut Vec<Problem>) {
    if is_blank(&info.event) {
        problems.push(Problem::error(Code::EmptyValue, format!("{}/event", at()), "the kind of event", ""));
    }
    if let Some(web) = &info.web
        && !web.is_empty()
        && !is_full_uri(web)
    {
        problems.push(Problem::warning(Code::UriRelative, format!("{}/web", at()), "a full URI", web));
    }
    value_names(&info.event_codes, "eventCode", at, problems);
    value_names(&info.parameters, "parameter", at, problems);
}

fn value_names(values: &[NamedValue<'_>], element: &str, at: At<'_>, problems: &mut Vec<Problem>) {
    for (index, named) in values.iter().enumerate() {
        if is_blank(&named.value_name) {
            let at = format!("{}/{element}[{}]/valueName", at(), index + 1);
            problems.push(Problem::warning(Code::EmptyValue, at, "the system the value belongs to", ""));
        }
    }
}

/// An alert ends after it was sent, and after it began.
fn times(alert: &Alert<'_>, info: &Info<'_>, at: At<'_>, problems: &mut Vec<Problem>) {
    for (name, time) in [("effective", info.effective), ("onset", info.onset), ("expires", info.expires)] {
        if let Some(time) = time {
            utc(time, || format!("{}/{name}", at()), problems);
        }
    }
    let Some(expires) = info.expires else { return };
    let at = || format!("{}/expires", at());
    if expires.unix_s() <= alert.sent.unix_s() {
        let expected = format!("after it was sent, {}", alert.sent);
        // Some senders end an event by an Update that expires as it is sent; and a Cancel is never refused for its dates.
        let ends_something = alert.msg_type == MessageType::Cancel || expires.unix_s() == alert.sent.unix_s();
        problems.push(match ends_something {
            false => Problem::error(Code::Expiry, at(), expected, expires.to_string()),
            true => Problem::warning(Code::Expiry, at(), expected, expires.to_string()),
        });
    }
    if let Some(onset) = info.onset.or(info.effective)
        && expires.unix_s() <= onset.unix_s()
    {
        let expected = format!("after its beginning, {onset}");
        problems.push(Problem::warning(Code::Expiry, at(), expected, expires.to_string()));
    }
}

/// All info blocks are about one event: the same categories and codes in each language, the same words within one.
fn same_event(first: &Info<'_>, info: &Info<'_>, at: At<'_>, problems: &mut Vec<Problem>) {
    let same_language = first.language_tag() == info.language_tag();
    let (element, found) = if first.categories != info.categories {
        ("category", format!("{:?}", info.categories))
    } else if first.event_codes != info.event_codes {
        ("eventCode", format!("{} codes", info.event_codes.len()))
    } else if same_language && first.event != info.event {
        ("event", info.event.to_string())
    } else {
        return;
    };
    let at = format!("{}/{element}", at());
    problems.push(Problem::warning(Code::InfoBlocksDiffer, at, "the same as in the first info block", found));
}

fn heights(area: &Area<'_>, at: At<'_>, problems: &mut Vec<Problem>) {
    if is_blank(&area.area_desc) {
        problems.push(Problem::error(
            Code::EmptyValue,
            format!("{}/areaDesc", at()),
            "the place in words",
            "",
        ));
    }
    if let (Some(ceiling), None) = (&area.ceiling, &area.altitude) {
        let at = format!("{}/ceiling", at());
        problems.push(Problem::error(Code::CeilingWithoutAltitude, at, "an altitude with it", ceiling));
    }
    value_names(&area.geocodes, "geocode", at, problems);
}

/// The shapes of one message, counted over all its areas.
struct Shapes {
    limits: Limits,
    count: usize,
    points: usize,
    /// A point of the first shape.
    first: Option<Point>,
}

impl Shapes {
    fn check(&mut self, area: &Area<'_>, at: At<'_>, problems: &mut Vec<Problem>) {
        for (index, text) in area.polygons.iter().enumerate() {
            let at = || format!("{}/polygon[{}]", at(), index + 1);
            if !self.within_limits(text.bytes().filter(|&byte| byte == b',').count(), &at, problems) {
                return;
            }
            if is_blank(text) {
                problems.push(Problem::warning(Code::EmptyValue, at(), "points, or no polygon element", ""));
                continue;
            }
            match text.parse::<Polygon>() {
                Ok(polygon) => self.polygon(text, &polygon, &at, problems),
                Err(error) => problems.push(unshapely(error, Code::Polygon, at())),
            }
        }
        for (index, text) in area.circles.iter().enumerate() {
            let at = || format!("{}/circle[{}]", at(), index + 1);
            if !self.within_limits(1, &at, problems) {
                return;
            }
            if is_blank(text) {
                problems.push(Problem::warning(Code::EmptyValue, at(), "a circle, or no circle element", ""));
                continue;
            }
            match text.parse::<Circle>() {
                Ok(circle) => self.same_order(circle.centre, &at, problems),
                Err(error) => problems.push(unshapely(error, Code::Circle, at())),
            }
        }
    }

    fn polygon(&mut self, text: &str, polygon: &Polygon, at: At<'_>, problems: &mut Vec<Problem>) {
        let text = text.trim_matches(is_space);
        if text.contains(['\n', '\t']) || text.contains("  ") {
            problems.push(Problem::warning(Code::Polygon, at(), "single blanks between points", text));
        }
        match polygon.crossing() {
            Crossing::None => {}
            Crossing::At(point) => {
                let expected = "a line that neither crosses nor touches itself";
                problems.push(Problem::error(
                    Code::PolygonSelfCrossing,
                    at(),
                    expected,
                    format!("near {point}"),
                ));
            }
            Crossing::TooComplex => {
                let found = format!("a tangle of {} points", polygon.points().len());
                problems.push(Problem::error(Code::PolygonTooComplex, at(), "a line around an area", found));
            }
        }
        self.same_order(polygon.points()[0], at, problems);
    }

    /// Shapes of one alert lie near each other. One that does so only with its coordinates exchanged was written
    /// `lon,lat`.
    fn same_order(&mut self, point: Point, at: At<'_>, problems: &mut Vec<Problem>) {
        const FAR_DEG: f64 = 20.0;
        const NEAR_DEG: f64 = 5.0;
        let first = *self.first.get_or_insert(point);
        let apart = |lat: f64, lon: f64| (lat - first.lat).abs().max((lon - first.lon).abs());
        if apart(point.lat, point.lon) > FAR_DEG && apart(point.lon, point.lat) < NEAR_DEG {
            let expected = format!("lat,lon in all shapes; one of them begins {first}");
            problems.push(Problem::error(Code::LatLonOrder, at(), expected, point.to_string()));
        }
    }

    fn within_limits(&mut self, points: usize, at: At<'_>, problems: &mut Vec<Problem>) -> bool {
        let before = self.count <= self.limits.shapes && self.points <= self.limits.points;
        self.count += 1;
        self.points += points;
        let within = self.count <= self.limits.shapes && self.points <= self.limits.points;
        if before && !within {
            let expected = format!("at most {} shapes, {} points", self.limits.shapes, self.limits.points);
            problems.push(Problem::error(
                Code::TooMany,
                at(),
                expected,
                format!("{}, {}", self.count, self.points),
            ));
        }
        within
    }
}

fn unshapely(error: ShapeError, code: Code, at: String) -> Problem {
    match error {
        ShapeError::Coordinates { found } => Problem::error(code, at, "lat,lon in decimal degrees", found),
        ShapeError::OutOfBounds { found } => {
            let expected = "a latitude of at most 90 and a longitude of at most 180 degrees, in this order";
            Problem::error(Code::CoordinateBounds, at, expected, found)
        }
        ShapeError::Radius { found } => Problem::error(code, at, "lat,lon radius", found),
        ShapeError::TooFewPoints { found } => {
            Problem::error(code, at, "at least 4 points", found.to_string())
        }
        ShapeError::NotClosed { found } => {
            Problem::error(Code::PolygonNotClosed, at, "the first point again at the end", found.to_string())
        }
    }
}
