//! R57: who gets a correction (domain 5.3).
//!
//! The corrected alert is routed by the rows of its kind as if it were new. Where a row reaches nobody new and nobody
//! more urgently than the original did, R57 takes its place: every recipient of the original, in its own view.

use super::super::partners::is_front_door;
use super::super::recall;
use super::super::triggers::{self, Trigger};
use super::row::{Row, told};
use super::{Facts, Target, Wish, Wishes, area};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::{AgencyCode, AlertRecord, Delivery, Letter, Priority, Rule, View};

pub(super) const ROW: Row = Row {
    rule: Rule::R57,
    when: "Correction",
    applies: |facts| facts.context.replaces.corrected().is_some(),
    lines: &[told((EVERY_RECIPIENT, Letter::ALL), r57, Priority::P3).up_to(Priority::P2)],
};

const EVERY_RECIPIENT: &str = "every recipient of the original, in its own view: P2 if the original was P1 or P2, else P3; whom the rows above \
     reach anew or more urgently, as they say; no Area Team and no school under FORCED_MARRIAGE or HBA, no Area Team \
     for a SAFE address; no look-out once the episode has ended";

fn r57(facts: &Facts<'_>, wishes: &mut Wishes) {
    let Some(original) = facts.context.replaces.corrected() else { return };
    let is_over = is_over(facts, original);
    if is_over {
        // The child was found since: nobody new looks out.
        wishes.list.clear();
    }
    wishes
        .list
        .retain(|wish| tells_of_repeat(wish, original) || !reaches_as_before(wish, original));
    keep_school_times(original, wishes);
    let priority = if original.priority.is_urgent() { Priority::P2 } else { Priority::P3 };
    let is_repeat = triggers::holds(&facts.validated.repeats, Trigger::T1);
    let recipients = original.deliveries.iter().filter(|delivery| had(delivery));
    for delivery in recipients.filter(|delivery| may_still_be_told(facts, delivery)) {
        if is_over && delivery.view == View::Lookout {
            continue;
        }
        let again = |rule: Rule| Wish {
            to: Target::Again(delivery.mailbox.clone()),
            priority,
            view: delivery.view,
            // Who attends a MARAC has no other letter for its cases.
            letter: (delivery.letter == Letter::K).then_some(Letter::K),
            rule,
            due: None,
            setting: delivery.setting.clone(),
        };
        // What told of the repeat is not handed out any more: then this copy tells of it.
        let is_untold = delivery.state == DeliveryState::Queued && is_repeat;
        if is_untold && delivery.routes.contains(&Rule::T1) {
            wishes.list.push(again(Rule::T1));
        }
        wishes.list.push(again(Rule::R57));
    }
}

/// Whether the wish tells its recipient of a repeat (T1, R23) that the original did not tell it of: its copy of the correction
/// says so, however urgent it was before.
fn tells_of_repeat(wish: &Wish, original: &AlertRecord) -> bool {
    let code = wish_agency(wish);
    let is_told = |delivery: &Delivery| {
        delivery.mailbox.agency_code() == code && delivery.routes.contains(&wish.rule)
    };
    matches!(wish.rule, Rule::T1 | Rule::R23)
        && !original.deliveries.iter().filter(|it| had(it)).any(is_told)
}

fn wish_agency(wish: &Wish) -> &str {
    match &wish.to {
        Target::Duty(agency) => agency.as_str(),
        Target::Again(mailbox) => mailbox.agency_code(),
    }
}

/// Whether the delivery is the original's own, and its recipient has it or will have it. Who got it in the place of
/// somebody else (D0) is found anew.
fn had(delivery: &Delivery) -> bool {
    matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy)
        && !matches!(delivery.state, DeliveryState::Ended(_))
        && delivery.row != Rule::D0
}

/// Whether the original reached whom the wish names, as urgently. The two desks of the front door are one.
fn reaches_as_before(wish: &Wish, original: &AlertRecord) -> bool {
    let code = wish_agency(wish);
    let is_it = |delivery: &&Delivery| {
        let theirs = delivery.mailbox.agency_code();
        theirs == code || (is_desk(theirs) && is_desk(code))
    };
    let reached = original.deliveries.iter().filter(|delivery| had(delivery)).filter(is_it);
    let same_setting = reached.filter(|delivery| delivery.setting == wish.setting);
    same_setting.map(|delivery| delivery.priority).min().is_some_and(|had| had <= wish.priority)
}

fn is_desk(code: &str) -> bool {
    AgencyCode::try_from(code).is_ok_and(|code| is_front_door(&code))
}

/// Under forced marriage or HBA no school and no Area Team, by a sealed area no Area Team (domain 3.3, 3.4).
fn may_still_be_told(facts: &Facts<'_>, delivery: &Delivery) -> bool {
    let is_one_chance = facts.submission.is_one_chance();
    match delivery.letter {
        Letter::A => !is_one_chance && facts.area != area::Area::Sealed,
        Letter::E => !is_one_chance,
        Letter::C
        | Letter::CL
        | Letter::P
        | Letter::F
        | Letter::M
        | Letter::K
        | Letter::H1
        | Letter::H2
        | Letter::N
        | Letter::R
        | Letter::S
        | Letter::Y
        | Letter::L
        | Letter::X
        | Letter::D
        | Letter::Z
        | Letter::T
        | Letter::G => true,
    }
}

/// A school is to be told by when it was to be told first (R24): a correction gives nobody more time.
fn keep_school_times(original: &AlertRecord, wishes: &mut Wishes) {
    for (setting, due) in &mut wishes.encompass {
        let of = |delivery: &&Delivery| delivery.setting.as_ref() == Some(setting);
        let first = original.deliveries.iter().find(of).and_then(|delivery| delivery.due);
        *due = first.map_or(*due, |first| first.at.min(*due));
    }
}

/// Whether the episode has ended since the original was sent.
fn is_over(facts: &Facts<'_>, original: &AlertRecord) -> bool {
    facts.context.episode.iter().any(|other| other.id != original.id && recall::is_end(other))
}
