//! A measured figure and its limits.

use serde_json::json;

/// A measured figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its name in the JSON.
    pub name: &'static str,
    /// What was measured as a multiple of the yardstick, where there is one.
    pub ratio: Option<f64>,
    /// The measured value itself.
    pub value: f64,
    /// The value's unit.
    pub unit: &'static str,
    /// What was measured and against what, in a sentence.
    pub how: String,
}

impl Figure {
    /// What a line with a figure in JSON begins with.
    pub const MARK: &'static str = "FIGURE ";

    /// Prints it, once for people and once for `cargo xtask bench`.
    #[allow(clippy::print_stdout, reason = "a benchmark's output")]
    pub fn print(&self) {
        let Self { name, ratio, value, unit, how } = self;
        let ratio_words = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"));
        println!("{name:34} ratio {ratio_words:>8}   {value:.4} {unit}\n    {how}");
        let measured = json!({"ratio": ratio, "value": value, "unit": unit, "how": how});
        println!("{}{}: {measured}", Self::MARK, json!(name));
    }
}
