//! The checker is itself tested: each mistake on purpose must be found within a stated number of seeds.

use simulation::{Bug, Plan, run};

/// The mistakes, each with the first seed that is tried and how many may pass before it is found. The rarest ones start shortly
/// before a seed that shows them, to spare the time.
const FOUND_WITHIN: [(Bug, u64, u64); 21] = [
    (Bug::CancelStartsAlert, 1, 10),
    (Bug::SerialWrapped, 1, 10),
    (Bug::SuccessAssumed, 1, 10),
    (Bug::SilenceIsConsent, 1, 20),
    (Bug::CancelWaitsForAnswer, 51, 80),
    (Bug::SecondsAsSlots, 1, 10),
    (Bug::ZeroMeansForEver, 1, 20),
    (Bug::SerialReusedAfterRestore, 1, 20),
    (Bug::SentBeforeDurable, 1, 20),
    (Bug::AnsweredBeforeDurable, 1, 60),
    (Bug::ApproverIsAuthor, 1, 20),
    (Bug::TestOnLiveId, 1, 40),
    (Bug::WriteAfterCancel, 1, 60),
    (Bug::StallDelaysOthers, 31, 80),
    (Bug::ExpiryIgnored, 1, 20),
    (Bug::RestartIgnored, 1, 60),
    (Bug::KeysForgotten, 1, 20),
    (Bug::NewSerialOnRetry, 1, 20),
    (Bug::AreaTooWide, 1, 20),
    (Bug::NoCellInterval, 151, 200),
    (Bug::WritesBeforeKills, 1, 60),
];

#[test]
fn every_planted_mistake_is_found_within_its_number_of_seeds() {
    assert_eq!(FOUND_WITHIN.map(|(bug, ..)| bug), Bug::ALL);
    let missed: Vec<Bug> = FOUND_WITHIN
        .into_iter()
        .filter_map(|(bug, first, most)| {
            let found = (first..first + most)
                .find_map(|seed| Some((seed, run(&Plan::of(seed), Some(bug)).violation?)));
            if let Some((seed, violation)) = &found {
                println!("{bug:?}: seed {seed}, invariant {}: {}", violation.invariant, violation.words);
            }
            found.is_none().then_some(bug)
        })
        .collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}
