//! What may be shared with a routed recipient, and on what basis (domain 6).
//!
//! D0 and D1 stand before the matrix; then each (kind, condition, letter) has exactly one row. The lowest row
//! number decides, so a refusal always names its row. Deny by default: D99 withholds. A rule that cannot be
//! evaluated withholds too, except that a P1 still goes to the front door and police by D1.

mod agreement;
mod basis;
mod condition;
mod conflict;
mod matrix;
mod rows;

use super::routing::Routed;
use super::validation::Validated;
use super::{Context, partners, validation};
use crate::domain::alert::Conflicts;
use crate::domain::decision::{Basis6, ShareOutcome, SharingDecision};
use crate::domain::delivery::Purpose;
use crate::domain::submission::{VictimAnswer, VictimConsentSupport};
use crate::domain::{Delivery, Letter, Priority, Rule, Submission};

pub use agreement::{Agreement, agreement_to, competent_objection, parent_is_not_told};
pub use conflict::left as conflicts_left;
pub(crate) use conflict::{
    conflicts, out_of_hours, shown_to, stand_ins, stated as stated_conflicts, told_of,
};

/// What sharing is decided on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The alert as given.
    pub submission: &'a Submission,
    /// What it was taken as.
    pub validated: &'a Validated,
    /// The directory, the hour and the sender.
    pub context: &'a Context<'a>,
}

/// A sharing row that applies to one recipient, and what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The row.
    pub row: Rule,
    /// What it says.
    pub outcome: ShareOutcome,
}

/// Why a row could not be evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyError {
    /// The kind and its part do not belong together.
    #[error("the alert's part is not its kind's")]
    BodyOfOtherKind,
    /// The directory's letter and the mailbox's agency do not belong together.
    #[error("the recipient is not in the directory")]
    UnknownRecipient,
}

impl PolicyError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BodyOfOtherKind => "BODY_OF_OTHER_KIND",
            Self::UnknownRecipient => "UNKNOWN_RECIPIENT",
        }
    }
}

/// What was decided for one recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The recipient as routed, or the alternate in its place.
    pub recipient: Routed,
    /// The decision to record.
    pub decision: SharingDecision,
    /// A rule could not be evaluated: POLICY_ERROR.
    pub error: Option<PolicyError>,
}

impl Verdict {
    /// Whether the recipient gets a delivery.
    #[must_use]
    pub const fn delivers(&self) -> bool {
        match self.decision.outcome {
            ShareOutcome::Share | ShareOutcome::ShareLimited | ShareOutcome::AlternateRoute => true,
            ShareOutcome::Withhold => false,
        }
    }
}

/// Decides for every recipient; a recipient with a conflict of interest is replaced by its alternates.
#[must_use]
pub fn decide(case: &Case<'_>, recipients: &[Routed]) -> Vec<Verdict> {
    decide_by(case, recipients, applicable)
}

/// As [`decide`], with the rows behind a seam: any evaluator that names the rows that apply.
fn decide_by(
    case: &Case<'_>,
    recipients: &[Routed],
    applicable: impl Fn(&Case<'_>, &Routed) -> Result<Vec<Applied>, PolicyError>,
) -> Vec<Verdict> {
    let conflicts = conflicts(case.submission, case.context);
    let verdicts = recipients.iter().flat_map(|routed| {
        let verdict = verdict(case, routed, applicable(case, routed));
        // D0 comes first, but nothing goes to an alternate that the recipient itself would not get.
        if verdict.delivers() { conflict::d0(case, &conflicts, verdict) } else { vec![verdict] }
    });
    conflict::once_each(verdicts.collect())
}

/// What is kept from its recipient only as long as nobody has said who of the agency a person of concern is.
#[must_use]
pub(crate) fn held(case: &Case<'_>, recipients: &[Routed]) -> Vec<Verdict> {
    let conflicts = conflicts(case.submission, case.context);
    if conflicts.unnamed.is_empty() {
        return Vec::new();
    }
    let for_good = Conflicts { unnamed: Vec::new(), ..conflicts.clone() };
    let goes_there = |conflicts: &Conflicts, verdict: &Verdict| {
        let d0 = conflict::d0(case, conflicts, verdict.clone());
        d0.iter().all(|it| it.decision.row != Rule::D0)
    };
    let verdicts = recipients.iter().map(|routed| verdict(case, routed, applicable(case, routed)));
    verdicts
        .filter(|it| it.delivers() && !goes_there(&conflicts, it) && goes_there(&for_good, it))
        .collect()
}

/// The rows that apply to this recipient, in order; D99 where there is none.
///
/// # Errors
/// [`PolicyError`] when a row cannot be evaluated.
pub fn applicable(case: &Case<'_>, routed: &Routed) -> Result<Vec<Applied>, PolicyError> {
    let (condition, asked) = condition::of(case, routed)?;
    let agency =
        case.context.directory.agencies.get(&routed.agency).ok_or(PolicyError::UnknownRecipient)?;
    let d1 = rows::d1(case, routed);
    let cell = match went_by(case, routed) {
        Some(Rule::D1) => Some(rows::d1_again(routed)),
        before => {
            let cell = || condition::cell((condition, asked), routed, (agency, case));
            let row = before.and_then(matrix::Row::of).or_else(cell);
            row.map(|row| rows::evaluate(row, case, routed, agency))
        }
    };
    let d1 = d1.filter(|d1| cell.is_none_or(|cell| cell.row != d1.row));
    let mut applied: Vec<Applied> = d1.into_iter().chain(cell).collect();
    if applied.is_empty() {
        applied.push(Applied { row: Rule::D99, outcome: ShareOutcome::Withhold });
    }
    applied.sort_unstable_by_key(|applied| applied.row);
    Ok(applied)
}

/// The row by which the recipient got the original of a correction: it stands, and its test is made anew (domain
/// 6.5a). Of the front door either desk's.
fn went_by(case: &Case<'_>, routed: &Routed) -> Option<Rule> {
    let original = case.context.replaces.corrected()?;
    let is_its_own =
        |it: &&Delivery| matches!(it.purpose, Purpose::Alert | Purpose::OutOfHoursCopy);
    let delivered = || original.deliveries.iter().filter(is_its_own);
    let is_it = |it: &&Delivery| it.mailbox == routed.mailbox;
    let is_desk =
        |it: &&Delivery| partners::is_front_door(&routed.agency) && it.letter == Letter::C;
    let found = delivered().find(is_it).or_else(|| delivered().find(is_desk));
    found.filter(|_| routed.rules.contains(&Rule::R57)).map(|delivery| delivery.row)
}

fn verdict(
    case: &Case<'_>,
    routed: &Routed,
    applied: Result<Vec<Applied>, PolicyError>,
) -> Verdict {
    let (applied, error) = match applied {
        Ok(applied) => (applied, None),
        Err(error) => (vec![on_error(case, routed)], Some(error)),
    };
    let withheld = Applied { row: Rule::D99, outcome: ShareOutcome::Withhold };
    let deciding = applied.first().copied().unwrap_or(withheld);
    let basis = basis::of(case);
    let is_withheld = deciding.outcome == ShareOutcome::Withhold;
    let decision = SharingDecision {
        mailbox: routed.mailbox.clone(),
        letter: routed.letter,
        routes: routed.rules.clone(),
        priority: routed.priority,
        row: deciding.row,
        applicable: applied.iter().map(|applied| applied.row).collect(),
        outcome: deciding.outcome,
        view: routed.view,
        basis: if is_withheld { None } else { Some(basis.code) },
        provisional: !is_withheld && basis.provisional,
    };
    Verdict { recipient: routed.clone(), decision, error }
}

/// Code, not table: a P1 reaches the front door and police even when policy fails (domain 6.5).
fn on_error(case: &Case<'_>, routed: &Routed) -> Applied {
    let is_p1 = case.validated.priority == Priority::P1;
    if is_p1 && matches!(routed.letter, Letter::C | Letter::P) {
        Applied { row: Rule::D1, outcome: ShareOutcome::Share }
    } else {
        Applied { row: Rule::D99, outcome: ShareOutcome::Withhold }
    }
}

/// Whether a refusal was set aside by a row that must be reviewed (D1, D3, D4, D11; domain 6.4).
#[must_use]
pub fn overrides_a_refusal(case: &Case<'_>, verdicts: &[Verdict]) -> bool {
    let is_reviewed = |verdict: &Verdict| {
        let by = verdict.decision.row;
        verdict.delivers() && matches!(by, Rule::D1 | Rule::D3 | Rule::D4 | Rule::D11)
    };
    let victim_refuses = case
        .submission
        .domestic_abuse()
        .is_some_and(|facts| facts.victim_consent_support.is(VictimConsentSupport::No));
    let of_case =
        case.submission.marac_case().is_some_and(|facts| facts.victim_agrees.is(VictimAnswer::No));
    let is_refused = validation::is_refused(&case.submission.sharing)
        || validation::parent_refuses(case.submission)
        || victim_refuses
        || of_case;
    is_refused && verdicts.iter().any(is_reviewed)
}

/// The basis the alert goes out on, as it is recorded beside each delivery.
#[must_use]
pub fn basis_of(case: &Case<'_>) -> Basis6 {
    basis::of(case).code
}

#[cfg(test)]
mod pairs;
#[cfg(test)]
mod tests;
