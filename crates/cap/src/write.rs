//! The writer: canonical element order, nothing that our own check would refuse.

use std::fmt::Display;

use crate::alert::{Alert, Area, Info, NamedValue, Resource};
use crate::check::check;
use crate::error::Error;
use crate::problem::{Code, Level, Severity};
use crate::xml::CAP_1_2;

/// Writes a message without its signatures, and refuses one that `check` would refuse at the level given. For
/// [`Level::Profile`] nothing is forgiven that reading forgives.
pub fn write(alert: &Alert<'_>, level: Level) -> Result<String, Error> {
    let mut out = Writer { text: String::with_capacity(4_096), depth: 0 };
    out.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.alert(alert);
    let verdict = check(out.text.as_bytes(), level);
    let forgiven = |code: Code| {
        matches!(
            code,
            Code::AlertClass
                | Code::EuLevel
                | Code::Policy
                | Code::ProfileNotDeclared
                | Code::Script
                | Code::AreaCode
        )
    };
    let mut problems = verdict.problems;
    problems.retain(|problem| problem.severity == Severity::Error || forgiven(problem.code));
    match problems.is_empty() {
        true => Ok(out.text),
        false => Err(Error::Unacceptable { problems }),
    }
}

struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn alert(&mut self, alert: &Alert<'_>) {
        self.text.push_str(&format!("<alert xmlns=\"{CAP_1_2}\">\n"));
        self.depth = 1;
        self.value("identifier", &alert.identifier);
        self.value("sender", &alert.sender);
        self.plain("sent", alert.sent);
        self.value("status", alert.status.as_str());
        self.value("msgType", alert.msg_type.as_str());
        self.optional("source", &alert.source);
        self.value("scope", alert.scope.as_str());
        self.optional("restriction", &alert.restriction);
        self.optional("addresses", &alert.addresses);
        alert.codes.iter().for_each(|code| self.value("code", code));
        self.optional("note", &alert.note);
        self.optional("references", &alert.references);
        self.optional("incidents", &alert.incidents);
        for info in &alert.infos {
            self.block("info", |out| out.info(info));
        }
        self.text.push_str("</alert>\n");
    }

    fn info(&mut self, info: &Info<'_>) {
        self.optional("language", &info.language);
        info.categories.iter().for_each(|category| self.value("category", category.as_str()));
        self.value("event", &info.event);
        info.response_types.iter().for_each(|response| self.value("responseType", response.as_str()));
        self.value("urgency", info.urgency.as_str());
        self.value("severity", info.severity.as_str());
        self.value("certainty", info.certainty.as_str());
        self.optional("audience", &info.audience);
        self.named("eventCode", &info.event_codes);
        info.effective.into_iter().for_each(|effective| self.plain("effective", effective));
        info.onset.into_iter().for_each(|onset| self.plain("onset", onset));
        info.expires.into_iter().for_each(|expires| self.plain("expires", expires));
        self.optional("senderName", &info.sender_name);
        self.optional("headline", &info.headline);
        self.optional("description", &info.description);
        self.optional("instruction", &info.instruction);
        self.optional("web", &info.web);
        self.optional("contact", &info.contact);
        self.named("parameter", &info.parameters);
        for resource in &info.resources {
            self.block("resource", |out| out.resource(resource));
        }
        for area in &info.areas {
            self.block("area", |out| out.area(area));
        }
    }

    fn resource(&mut self, resource: &Resource<'_>) {
        self.value("resourceDesc", &resource.resource_desc);
        self.value("mimeType", &resource.mime_type);
        self.optional("size", &resource.size);
        self.optional("uri", &resource.uri);
        self.optional("derefUri", &resource.deref_uri);
        self.optional("digest", &resource.digest);
    }

    fn area(&mut self, area: &Area<'_>) {
        self.value("areaDesc", &area.area_desc);
        area.polygons.iter().for_each(|polygon| self.value("polygon", polygon));
        area.circles.iter().for_each(|circle| self.value("circle", circle));
        self.named("geocode", &area.geocodes);
        self.optional("altitude", &area.altitude);
        self.optional("ceiling", &area.ceiling);
    }

    fn named(&mut self, element: &str, values: &[NamedValue<'_>]) {
        for named in values {
            self.block(element, |out| {
                out.value("valueName", &named.value_name);
                out.value("value", &named.value);
            });
        }
    }

    fn block(&mut self, element: &str, content: impl FnOnce(&mut Self)) {
        self.indent();
        self.text.push_str(&format!("<{element}>\n"));
        self.depth += 1;
        content(self);
        self.depth -= 1;
        self.indent();
        self.text.push_str(&format!("</{element}>\n"));
    }

    fn optional(&mut self, element: &str, value: &Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.value(element, value.as_ref());
        }
    }

    fn plain(&mut self, element: &str, value: impl Display) {
        self.value(element, &value.to_string());
    }

    fn value(&mut self, element: &str, value: &str) {
        self.indent();
        self.text.push_str(&format!("<{element}>"));
        for ch in value.chars() {
            match ch {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                // A bare carriage return would be read as a line feed.
                '\r' => self.text.push_str("&#13;"),
                ch => self.text.push(ch),
            }
        }
        self.text.push_str(&format!("</{element}>\n"));
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }
}
