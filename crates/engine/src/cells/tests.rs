//! What a word from the network does to a cell.

use super::*;

const BESIDE: Ear = Ear { current: Edition(0), in_place: false, indications: true, repeat: false };

fn after(ear: Ear, words: &[(Verb, u16, Outcome)]) -> CellStatus {
    let mut cell = CellStatus::WANTED;
    for (verb, edition, outcome) in words {
        cell.hear(ear, *verb, Edition(*edition), *outcome);
    }
    cell
}

#[test]
fn the_answer_to_a_kill_that_comes_after_that_to_a_write_leaves_a_doubt() {
    let ear = Ear { indications: false, in_place: true, ..BESIDE };
    let mut cell = after(ear, &[(Verb::Write, 0, Outcome::Sent)]);
    cell.want(false, true);
    for (verb, outcome) in [
        (Verb::Kill, Outcome::Sent),
        (Verb::Kill, Outcome::Refused(Cause::ReferenceUnknown)),
        (Verb::Write, Outcome::Confirmed),
        (Verb::Kill, Outcome::Confirmed),
    ] {
        cell.hear(ear, verb, Edition(0), outcome);
    }
    assert_eq!((cell.phase(), cell.may_hold(Edition(0))), (Phase::Unknown, true));
}

#[test]
fn a_restart_does_not_end_what_is_being_stopped() {
    let mut cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Sent)]);
    cell.unwant();
    cell.hear(BESIDE, Verb::Kill, Edition(0), Outcome::Sent);
    cell.restart();
    assert_eq!((cell.phase(), cell.may_hold(Edition(0))), (Phase::OffSent, true));
    let refused = Outcome::Refused(Cause::NotOperational);
    cell.hear(BESIDE, Verb::Kill, Edition(0), refused);
    cell.restart();
    assert_eq!((cell.phase(), cell.may_hold(Edition(0))), (Phase::OffPending, true), "it is asked again");
}

#[test]
fn another_period_starts_with_a_text_that_is_not_on_yet() {
    let mut cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Confirmed)]);
    cell.want(true, false);
    cell.pace(Edition(1));
    assert_eq!(cell.phase(), Phase::Pending);
}

#[test]
fn a_refusal_takes_nothing_off_the_air() {
    let refused = Outcome::Refused(Cause::NotSupported);
    let cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Confirmed), (Verb::Write, 0, refused)]);
    assert_eq!((cell.phase(), cell.may_hold(Edition(0))), (Phase::Confirmed, true));
}

#[test]
fn a_repeat_that_finds_nothing_to_replace_forgets_no_earlier_try() {
    let ear = Ear { current: Edition(1), in_place: true, indications: false, repeat: true };
    let nothing = Outcome::Refused(Cause::ReferenceUnknown);
    for (earlier, phase) in [(Outcome::Confirmed, Phase::Confirmed), (Outcome::Unanswered, Phase::Pending)] {
        let mut cell = CellStatus::WANTED;
        cell.hear(ear, Verb::Write, Edition(0), Outcome::Sent);
        cell.hear(ear, Verb::Write, Edition(1), earlier);
        cell.hear(ear, Verb::Write, Edition(1), nothing);
        assert_eq!((cell.phase(), cell.may_hold(Edition(1))), (phase, true), "{earlier:?}");
        assert_eq!(cell.stale(Edition(1)), None);
    }
}

#[test]
fn a_restart_forgets_nothing_that_was_written_before_its_news() {
    let mut cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Confirmed)]);
    cell.restart();
    cell.want(true, false);
    let ear = Ear { current: Edition(1), ..BESIDE };
    cell.hear(ear, Verb::Write, Edition(1), Outcome::Confirmed);
    assert_eq!(cell.stale(Edition(1)), Some(Edition(0)), "it has to be killed");
}

#[test]
fn after_our_own_death_a_failed_cell_may_have_restarted() {
    let mut cell = CellStatus::WANTED;
    cell.fail();
    cell.doubt(Edition(0), false);
    assert_eq!(cell.phase(), Phase::Refused, "whoever lives hears of it");
    cell.doubt(Edition(0), true);
    assert_eq!(cell.phase(), Phase::Pending);
}

#[test]
fn a_late_word_about_what_is_wanted_no_longer_is_remembered_for_its_kill() {
    for late in [Outcome::Sent, Outcome::Accepted, Outcome::Confirmed, Outcome::Unanswered] {
        let mut cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Sent)]);
        cell.restart();
        cell.unwant();
        assert_eq!(cell.phase(), Phase::OffPending, "the write may be carried out after the restart");
        cell.hear(BESIDE, Verb::Write, Edition(0), late);
        assert_eq!((cell.phase(), cell.may_hold(Edition(0))), (Phase::OffPending, true), "{late:?}");

        let mut cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Sent)]);
        cell.restart();
        cell.want(true, false);
        cell.hear(Ear { current: Edition(1), ..BESIDE }, Verb::Write, Edition(0), late);
        assert_eq!(cell.stale(Edition(1)), Some(Edition(0)), "{late:?}");
    }
}

#[test]
fn what_was_to_be_replaced_is_gone_and_a_replay_that_has_not_heard_of_the_try_knows_as_much() {
    let ear = Ear { current: Edition(1), in_place: true, indications: false, repeat: true };
    let refused = Outcome::Refused(Cause::ReferenceUnknown);
    let [live, replayed] = [&[Outcome::Sent, refused][..], &[refused]].map(|words| {
        let mut cell = CellStatus::of(Edition(0).bit(), Phase::Pending, Cause::None);
        words.iter().for_each(|word| cell.hear(ear, Verb::Write, Edition(1), *word));
        cell
    });
    assert_eq!((live, live.may_hold(Edition(1))), (replayed, true));
}

#[test]
fn a_silence_after_a_refusal_is_told_alike_by_a_replay_that_has_not_heard_of_the_retry() {
    let refused = (Verb::Write, 0, Outcome::Refused(Cause::CapacityExceeded));
    let (sent, silence) = ((Verb::Write, 0, Outcome::Sent), (Verb::Write, 0, Outcome::Unanswered));
    let (live, replayed) = (after(BESIDE, &[refused, sent, silence]), after(BESIDE, &[refused, silence]));
    assert_eq!((live, live.phase()), (replayed, Phase::Unknown));
}

#[test]
fn a_status_is_four_octets() {
    assert_eq!(size_of::<CellStatus>(), 4);
}

#[test]
fn success_is_only_what_a_peer_said() {
    assert_eq!(after(BESIDE, &[(Verb::Write, 0, Outcome::Sent)]).phase(), Phase::Sent);
    let unanswered = after(BESIDE, &[(Verb::Write, 0, Outcome::Sent), (Verb::Write, 0, Outcome::Unanswered)]);
    assert_eq!(unanswered.phase(), Phase::Unknown);
    assert!(unanswered.may_hold(Edition(0)));
}

#[test]
fn an_acceptance_after_the_indication_takes_nothing_back() {
    let cell = after(
        BESIDE,
        &[
            (Verb::Write, 0, Outcome::Sent),
            (Verb::Write, 0, Outcome::Confirmed),
            (Verb::Write, 0, Outcome::Accepted),
        ],
    );
    assert_eq!(cell.phase(), Phase::Confirmed);
}

#[test]
fn already_used_is_success_only_for_a_repeat() {
    let used = (Verb::Write, 0, Outcome::Refused(Cause::ReferenceUsed));
    let first = after(BESIDE, &[(Verb::Write, 0, Outcome::Sent), used]);
    assert_eq!((first.phase(), first.cause()), (Phase::Refused, Cause::ReferenceUsed));
    let repeat = Ear { repeat: true, ..BESIDE };
    assert_eq!(after(repeat, &[(Verb::Write, 0, Outcome::Sent), used]).phase(), Phase::Accepted);
    let in_place = Ear { in_place: true, indications: false, ..repeat };
    assert_eq!(after(in_place, &[(Verb::Write, 0, Outcome::Sent), used]).phase(), Phase::Confirmed);
}

#[test]
fn beside_keeps_the_old_edition_until_it_is_killed() {
    let mut cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Sent), (Verb::Write, 0, Outcome::Confirmed)]);
    cell.want(true, false);
    let ear = Ear { current: Edition(1), ..BESIDE };
    cell.hear(ear, Verb::Write, Edition(1), Outcome::Sent);
    cell.hear(ear, Verb::Write, Edition(1), Outcome::Confirmed);
    assert_eq!(cell.stale(Edition(1)), Some(Edition(0)));
    cell.hear(ear, Verb::Kill, Edition(0), Outcome::Accepted);
    assert_eq!(cell.stale(Edition(1)), Some(Edition(0)), "an MME's acceptance is not the eNB's word");
    cell.hear(ear, Verb::Kill, Edition(0), Outcome::Confirmed);
    assert_eq!((cell.stale(Edition(1)), cell.phase()), (None, Phase::Confirmed));
}

#[test]
fn in_place_replaces_the_old_edition() {
    let ear = Ear { in_place: true, indications: false, ..BESIDE };
    let mut cell = after(ear, &[(Verb::Write, 0, Outcome::Sent), (Verb::Write, 0, Outcome::Confirmed)]);
    cell.want(true, false);
    let ear = Ear { current: Edition(1), ..ear };
    cell.hear(ear, Verb::Write, Edition(1), Outcome::Sent);
    assert_eq!(cell.held(Edition(1)).count(), 2, "either may be on until the answer");
    cell.hear(ear, Verb::Write, Edition(1), Outcome::Confirmed);
    assert_eq!(cell.held(Edition(1)).collect::<Vec<_>>(), [Edition(1)]);
}

#[test]
fn replacing_what_was_lost_goes_on_without_it() {
    let ear = Ear { in_place: true, indications: false, ..BESIDE };
    let mut cell = after(ear, &[(Verb::Write, 0, Outcome::Sent), (Verb::Write, 0, Outcome::Confirmed)]);
    cell.want(true, false);
    let ear = Ear { current: Edition(1), ..ear };
    cell.hear(ear, Verb::Write, Edition(1), Outcome::Sent);
    cell.hear(ear, Verb::Write, Edition(1), Outcome::Refused(Cause::ReferenceUnknown));
    assert_eq!((cell.phase(), cell.may_hold_any()), (Phase::Pending, false));
}

#[test]
fn a_query_that_finds_nothing_does_not_forget_a_write_that_has_left_since() {
    let ear = Ear { in_place: true, indications: false, ..BESIDE };
    let nothing = Outcome::Refused(Cause::ReferenceUnknown);
    let mut cell = after(ear, &[(Verb::Write, 0, Outcome::Sent), (Verb::Query, 0, nothing)]);
    assert_eq!((cell.phase(), cell.may_hold(Edition(0))), (Phase::Sent, true));
    cell.unwant();
    assert_eq!(cell.phase(), Phase::OffPending, "it has to be killed");
}

#[test]
fn a_cell_that_never_heard_of_it_is_off_at_once() {
    let mut cell = CellStatus::WANTED;
    cell.unwant();
    assert_eq!(cell.phase(), Phase::Off);
}

#[test]
fn a_late_answer_to_a_write_does_not_undo_a_cancel() {
    let mut cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Sent)]);
    cell.unwant();
    cell.hear(BESIDE, Verb::Kill, Edition(0), Outcome::Sent);
    cell.hear(BESIDE, Verb::Write, Edition(0), Outcome::Confirmed);
    assert_eq!(cell.phase(), Phase::OffSent);
    cell.hear(BESIDE, Verb::Kill, Edition(0), Outcome::Confirmed);
    assert_eq!((cell.phase(), cell.may_hold_any()), (Phase::Off, false));
}

#[test]
fn after_our_own_death_what_was_refused_may_have_been_sent_again() {
    let refused = |cause| {
        let mut cell = after(BESIDE, &[(Verb::Write, 0, Outcome::Refused(cause))]);
        assert!(!cell.may_hold(Edition(0)));
        cell.doubt(Edition(0), true);
        (cell.phase(), cell.may_hold(Edition(0)))
    };
    assert_eq!(refused(Cause::CapacityExceeded), (Phase::Refused, true));
    assert_eq!(refused(Cause::CellFailed), (Phase::Pending, true));
    assert_eq!(
        refused(Cause::InvalidParameter),
        (Phase::Refused, true),
        "a cell that restarted is tried again"
    );
}

#[test]
fn after_our_own_death_what_was_waiting_may_have_been_sent() {
    let mut cell = CellStatus::WANTED;
    cell.doubt(Edition(0), true);
    assert_eq!((cell.phase(), cell.may_hold(Edition(0))), (Phase::Unknown, true));
}

#[test]
fn after_our_own_death_what_one_of_a_pool_has_stopped_is_stopped_again() {
    let mut on = after(BESIDE, &[(Verb::Write, 0, Outcome::Confirmed)]);
    on.want(true, false);
    on.hear(Ear { current: Edition(1), ..BESIDE }, Verb::Write, Edition(1), Outcome::Confirmed);
    on.hear(Ear { current: Edition(1), ..BESIDE }, Verb::Kill, Edition(0), Outcome::Confirmed);
    assert_eq!(on.stale(Edition(1)), None);
    let mut off = on;
    off.unwant();
    off.hear(Ear { current: Edition(1), ..BESIDE }, Verb::Kill, Edition(1), Outcome::Confirmed);
    assert_eq!(off.phase(), Phase::Off);
    for cell in [&mut on, &mut off] {
        cell.doubt(Edition(1), true);
        cell.suspect(Edition(1));
        assert!(cell.may_hold(Edition(0)) && cell.may_hold(Edition(1)) && !cell.may_hold(Edition(2)));
    }
    assert_eq!((on.phase(), off.phase()), (Phase::Unknown, Phase::OffUnknown));
    let mut waiting = CellStatus::WANTED;
    waiting.suspect(Edition(0));
    assert_eq!(waiting, CellStatus::WANTED, "nothing of it has been sent");
}

#[test]
fn a_question_that_stands_in_for_a_write_is_one_and_another_is_none() {
    let sent = |ear| after(ear, &[(Verb::Query, 0, Outcome::Sent)]);
    assert_eq!((sent(BESIDE).phase(), sent(BESIDE).may_hold(Edition(0))), (Phase::Sent, true));
    let asks = Ear { in_place: true, indications: false, ..BESIDE };
    assert_eq!(sent(asks), CellStatus::WANTED);
}
