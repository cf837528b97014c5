//! Whether a message can go out by cell broadcast.

use crate::alert::{Alert, Info, MessageType, Scope, Status};
use crate::problem::{Code, Problem};
use crate::xml::is_blank;

/// The text a phone can be sent: 15 pages of 93 characters in the GSM 7-bit alphabet (TS 23.041 §9.4.2.2.5).
const SEPTETS_MAX: usize = 15 * 93;
/// 15 pages of 41 characters in UCS-2.
const UCS2_CHARS_MAX: usize = 15 * 41;

/// The GSM 7-bit default alphabet (TS 23.038 §6.2.1) without the controls. The codec lives in `cbs`; here it only decides
/// which of two lengths applies.
const GSM_BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                         abcdefghijklmnopqrstuvwxyzäöñüà\n\r";
/// Its extension table (§6.2.1.1): two septets each.
const GSM_EXTENSION: &str = "^{}\\[~]|€";

/// Holds a message against what cell broadcast can do.
pub(crate) fn broadcast(alert: &Alert<'_>, problems: &mut Vec<Problem>) {
    if matches!(alert.status, Status::System | Status::Draft) {
        let expected = "Actual, Exercise or Test";
        problems.push(Problem::error(Code::Status, "/alert/status", expected, alert.status.as_str()));
    }
    if alert.scope != Scope::Public {
        problems.push(Problem::error(Code::Scope, "/alert/scope", "Public", alert.scope.as_str()));
    }
    match alert.msg_type {
        MessageType::Alert | MessageType::Update => {}
        // A Cancel takes broadcasts back by its references; it has no text or area of its own to be fit.
        MessageType::Cancel => return,
        MessageType::Ack | MessageType::Error => {
            let expected = "Alert, Update or Cancel";
            problems.push(Problem::error(
                Code::MessageType,
                "/alert/msgType",
                expected,
                alert.msg_type.as_str(),
            ));
        }
    }
    for (index, info) in alert.infos.iter().enumerate() {
        let at = format!("/alert/info[{}]", index + 1);
        text(info, &at, problems);
        place(info, &at, problems);
        if info.expires.is_none() {
            let expected = "the end of the broadcast";
            problems.push(Problem::warning(Code::MissingElement, format!("{at}/expires"), expected, "none"));
        }
    }
}

/// Description and instruction are what may be sent; the policy decides which. One of them must fit.
fn text(info: &Info<'_>, at: &str, problems: &mut Vec<Problem>) {
    let texts = [("description", &info.description), ("instruction", &info.instruction)];
    let texts = texts.map(|(name, text)| (name, text.as_deref().filter(|text| !is_blank(text))));
    let too_long = texts.map(|(name, text)| text.and_then(excess).map(|(limit, found)| (name, limit, found)));
    let fits = texts.iter().zip(&too_long).any(|((_, text), too_long)| text.is_some() && too_long.is_none());
    for (name, limit, found) in too_long.into_iter().flatten() {
        let (at, found) = (format!("{at}/{name}"), format!("{found} characters"));
        let expected = format!("at most {limit} characters");
        problems.push(match fits {
            true => Problem::warning(Code::TextTooLong, at, expected, found),
            false => Problem::error(Code::TextTooLong, at, expected, found),
        });
    }
    if texts.iter().all(|(_, text)| text.is_none()) {
        problems.push(Problem::error(Code::TextMissing, at, "a description or an instruction", "neither"));
    }
}

/// The limit a text exceeds, and its length. The alphabet decides which limit applies.
fn excess(text: &str) -> Option<(usize, usize)> {
    let (limit, length) = match septets(text) {
        Some(length) => (SEPTETS_MAX, length),
        None => (UCS2_CHARS_MAX, text.encode_utf16().count()),
    };
    (length > limit).then_some((limit, length))
}

fn place(info: &Info<'_>, at: &str, problems: &mut Vec<Problem>) {
    if info.areas.is_empty() {
        problems.push(Problem::error(Code::AreaWithoutPlace, at, "an area", "none"));
    }
    for (index, area) in info.areas.iter().enumerate() {
        let shape = area.polygons.iter().chain(&area.circles).any(|shape| !is_blank(shape));
        if !shape && area.geocodes.is_empty() {
            let at = format!("{at}/area[{}]", index + 1);
            problems.push(Problem::error(
                Code::AreaWithoutPlace,
                at,
                "a polygon, circle or geocode",
                &*area.area_desc,
            ));
        }
    }
}

/// The length of a text in septets, if the GSM 7-bit alphabet can write it.
fn septets(text: &str) -> Option<usize> {
    let mut septets = 0;
    for ch in text.chars() {
        septets += match ch {
            'a'..='z' | 'A'..='Z' | ' ' => 1,
            _ if GSM_BASIC.contains(ch) => 1,
            _ if GSM_EXTENSION.contains(ch) => 2,
            _ => return None,
        };
    }
    Some(septets)
}
