//! From a run that fails to the smallest one that fails in the same way.

use crate::plan::Plan;
use crate::planted::Bug;
use crate::simulation::run;

/// Leaves out events of a failing plan, many at once and then one by one, as long as the same invariant is violated.
/// Answers which of the plan's events are needed. Tries at most `runs_max` runs.
pub fn shrink(plan: &Plan, bug: Option<Bug>, invariant: u8, runs_max: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..plan.events.len()).collect();
    let mut size = kept.len().div_ceil(2).max(1);
    let mut runs = 0;
    loop {
        let mut at = 0;
        let mut dropped = false;
        while at < kept.len() && runs < runs_max {
            let fewer: Vec<usize> = kept[..at].iter().chain(kept.iter().skip(at + size)).copied().collect();
            runs += 1;
            let outcome = run(&plan.only(&fewer), bug);
            if outcome.violation.is_some_and(|violation| violation.invariant == invariant) {
                kept = fewer;
                dropped = true;
            } else {
                at += size;
            }
        }
        if runs >= runs_max || (size == 1 && !dropped) {
            return kept;
        }
        size = (size / 2).max(1);
    }
}
