//! `amberd demo`, and whether what it says of itself holds together.

use serde_json::Value;
use tests::process::{Ended, amberd, run};

/// Runs the demo; what it printed, and its figures.
fn demo(arguments: &[&str]) -> (Ended, Value) {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let ended = run(amberd().arg("demo").args(arguments).arg("--report").arg(&report));
    let report = std::fs::read_to_string(report).unwrap_or_else(|_| panic!("no figures: {ended:?}"));
    (ended, serde_json::from_str(&report).unwrap())
}

fn number(figures: &Value, pointer: &str) -> u64 {
    figures.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {figures:#}"))
}

/// What must hold whatever goes wrong in the networks.
fn assert_coherent(Ended { code, out, .. }: &Ended, figures: &Value) {
    let all = |pointer: &str| number(figures, pointer);
    let states = ["accepted", "confirmed", "refused", "unknown", "pending"];
    let sum: u64 = states.iter().map(|state| all(&format!("/cells/{state}"))).sum();
    assert_eq!(sum, all("/cells/targeted"), "each cell is in one state");
    assert!(all("/cells/targeted") > 1000 && all("/phones/in_area") > 1000);
    assert_eq!(all("/phones/rang_more"), 0, "no phone rings twice");
    assert_eq!(all("/phones/out_of_area_rang"), 0, "no phone outside the area rings");
    assert_eq!(
        all("/phones/rang_once") + all("/phones/rang_more") + all("/phones/missed"),
        all("/phones/in_area")
    );
    assert_eq!(all("/cells_still_on_air"), 0, "after the cancel nothing is on the air");
    for pointer in ["/cells/targeted", "/cells/confirmed", "/cells/refused", "/phones/rang_once", "/pdus"] {
        let name = pointer.rsplit_once('/').unwrap().0;
        let rows = figures["networks"].as_array().unwrap();
        let sum: u64 = rows.iter().map(|row| number(row, pointer)).sum();
        assert_eq!(sum, number(figures, pointer), "{name}: the rows make the total");
    }
    let total = out.lines().find(|line| line.starts_with("all ")).expect("a line for all networks");
    let shown: Vec<u64> = total.split_whitespace().skip(1).map_while(|word| word.parse().ok()).collect();
    let figures = ["targeted", "accepted", "confirmed", "refused", "unknown", "unserved"]
        .map(|name| all(&format!("/cells/{name}")));
    assert_eq!(shown[..6], figures, "the table is the report");
    assert_eq!(*code == Some(0), out.contains("Every number adds up"), "{code:?}\n{out}");
}

#[test]
fn the_demo_adds_up_within_a_minute() {
    let (ended, figures) = demo(&[]);
    assert_coherent(&ended, &figures);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.out, ended.err);
    assert_eq!(number(&figures, "/cells/confirmed"), number(&figures, "/cells/targeted"));
    assert_eq!(number(&figures, "/phones/rang_once"), number(&figures, "/phones/in_area"));
    assert!(number(&figures, "/demo_ms") < 60_000);
}

#[test]
fn the_demo_tells_the_truth_about_faults() {
    let (ended, figures) = demo(&["--faults"]);
    assert_coherent(&ended, &figures);
    let refused = number(&figures, "/cells/refused");
    assert!(refused > 0, "some of the area's cells cannot broadcast");
    assert_eq!(number(&figures, "/cells/confirmed") + refused, number(&figures, "/cells/targeted"));
    assert_eq!(number(&figures, "/phones/missed"), refused, "one phone in each cell that refused");
    for row in figures["networks"].as_array().unwrap() {
        let faulty = row["operator"] == "yettel" && row["rat"] == "gsm";
        assert_eq!(number(row, "/cells/refused"), if faulty { refused } else { 0 }, "{row:#}");
    }
}

#[test]
fn a_daemon_killed_in_the_middle_of_the_demo_completes_the_alert() {
    let (ended, figures) = demo(&["--crash", "--cells", "20k"]);
    assert_coherent(&ended, &figures);
    assert!(ended.out.contains("kill -9"), "{}", ended.out);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.out, ended.err);
    assert_eq!(number(&figures, "/cells/confirmed"), number(&figures, "/cells/targeted"));
    assert_eq!(number(&figures, "/phones/rang_once"), number(&figures, "/phones/in_area"));
}
