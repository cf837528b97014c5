//! The checker is itself tested: each mistake on purpose must be found within a stated number of seeds.

use simulation::{Bug, Plan, run};

/// The mistakes, each with how many seeds from 1 on may pass before it is found.
const FOUND_WITHIN: [(Bug, u64); 21] = [
    (Bug::CancelStartsAlert, 10),
    (Bug::SerialWrapped, 10),
    (Bug::SuccessAssumed, 10),
    (Bug::SilenceIsConsent, 20),
    (Bug::CancelWaitsForAnswer, 200),
    (Bug::SecondsAsSlots, 10),
    (Bug::ZeroMeansForEver, 20),
    (Bug::SerialReusedAfterRestore, 20),
    (Bug::SentBeforeDurable, 20),
    (Bug::AnsweredBeforeDurable, 60),
    (Bug::ApproverIsAuthor, 20),
    (Bug::TestOnLiveId, 40),
    (Bug::WriteAfterCancel, 60),
    (Bug::StallDelaysOthers, 200),
    (Bug::ExpiryIgnored, 20),
    (Bug::RestartIgnored, 60),
    (Bug::KeysForgotten, 20),
    (Bug::NewSerialOnRetry, 20),
    (Bug::AreaTooWide, 20),
    (Bug::NoCellInterval, 500),
    (Bug::WritesBeforeKills, 60),
];

#[test]
fn every_planted_mistake_is_found_within_its_number_of_seeds() {
    assert_eq!(FOUND_WITHIN.map(|(bug, _)| bug), Bug::ALL);
    let missed: Vec<Bug> = FOUND_WITHIN
        .into_iter()
        .filter_map(|(bug, most)| {
            let found = (1..=most).find_map(|seed| Some((seed, run(&Plan::of(seed), Some(bug)).violation?)));
            if let Some((seed, violation)) = &found {
                println!("{bug:?}: seed {seed}, invariant {}: {}", violation.invariant, violation.words);
            }
            found.is_none().then_some(bug)
        })
        .collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}
