//! Where an alert stands by tracking and location area.

use engine::view::{AreaView, Counts};

use super::columns;

/// An alert's cells by controller and tracking or location area: those it is wanted in, then those it is to leave.
pub(crate) fn areas(areas: &[AreaView]) -> String {
    let mut text = String::new();
    let mut part = |title: &str, of: fn(&AreaView) -> &Counts| {
        let here = areas.iter().filter(|area| of(area).targeted > 0);
        let rows: Vec<_> = here.map(|area| row(area, of(area))).collect();
        if rows.is_empty() {
            return;
        }
        let header = [
            title,
            "network",
            "controller",
            "TAC/LAC",
            "targeted",
            "confirmed",
            "accepted",
            "sent",
            "pending",
            "refused",
            "unknown",
        ];
        text += &columns(header, rows, 3);
    };
    part("on the air", |area| &area.cells);
    part("off the air", |area| &area.off);
    if text.is_empty() { "no cell has been asked yet\n".to_owned() } else { text }
}

fn row(area: &AreaView, counts: &Counts) -> [String; 11] {
    let Counts { targeted, pending, sent, accepted, confirmed, refused, unknown } = counts;
    let [targeted, confirmed, accepted, sent, pending, refused, unknown] =
        [targeted, confirmed, accepted, sent, pending, refused, unknown].map(ToString::to_string);
    let (operator, network) = (area.operator.clone(), area.rat.to_string());
    let (controller, code) = (area.controller.clone(), area.lac_or_tac.to_string());
    [operator, network, controller, code, targeted, confirmed, accepted, sent, pending, refused, unknown]
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    const AREAS: &str =
        "/paths/~1v1~1alerts~1{id}~1areas/get/responses/200/content/application~1json/example";

    #[test]
    fn an_area_stands_among_those_that_are_on_and_among_those_that_leave_the_air() {
        let mut found: Vec<AreaView> = example(AREAS);
        let left =
            AreaView { lac_or_tac: 1202, off: found[0].cells, cells: Counts::default(), ..found[0].clone() };
        found.push(left);
        let expected = "\
on the air  network  controller  TAC/LAC  targeted  confirmed  accepted  sent  pending  refused  unknown
mts         lte      mts-mme-01     1201       320        310         6     0        0        4        0
off the air  network  controller  TAC/LAC  targeted  confirmed  accepted  sent  pending  refused  unknown
mts          lte      mts-mme-01     1202       320        310         6     0        0        4        0
";
        assert_eq!(areas(&found), expected);
    }

    #[test]
    fn a_draft_stands_nowhere() {
        assert_eq!(areas(&[]), "no cell has been asked yet\n");
    }
}
