//! The sharing rows, one function a row (domain 6.5). A row contains its own agreement test.

use crate::domain::decision::ShareOutcome;
use crate::domain::directory::Agency;
use crate::domain::submission::{Scope, VictimConsentSupport};
use crate::domain::{Letter, Priority, Rule, View};

use super::super::routing::Routed;
use super::super::{partners, validation};
use super::matrix::Row;
use super::{Agreement, Applied, Case, agreement_to, competent_objection};

/// What a row says of one recipient.
pub(super) fn evaluate(row: Row, case: &Case<'_>, routed: &Routed, agency: &Agency) -> Applied {
    let outcome = match row {
        Row::D5 => d5(case),
        Row::D7 => d7(routed),
        Row::D9 => d9(case, agency),
        Row::D10 => d10(case),
        // No agreement is needed: D2 by statute, D3, D4 and D11 for suspected harm, D6 for the child, D8 for
        // the look-out, D10a within the organisation. An objection is recorded, and overridden where it must be.
        Row::D2 | Row::D3 | Row::D4 | Row::D6 | Row::D8 | Row::D10a | Row::D11 => in_view(routed),
        Row::D99 => ShareOutcome::Withhold,
    };
    Applied { row: row.rule(), outcome }
}

/// D1: at effective P1 these letters need nobody's agreement.
pub(super) fn d1(case: &Case<'_>, routed: &Routed) -> Option<Applied> {
    let is_p1 = case.validated.priority == Priority::P1;
    let is_listed = match routed.letter {
        Letter::C
        | Letter::P
        | Letter::H1
        | Letter::H2
        | Letter::F
        | Letter::M
        | Letter::N
        | Letter::S
        | Letter::L
        | Letter::X
        | Letter::D => true,
        Letter::CL
        | Letter::K
        | Letter::A
        | Letter::R
        | Letter::E
        | Letter::Y
        | Letter::Z
        | Letter::T
        | Letter::G => false,
    };
    (is_p1 && is_listed).then(|| Applied { row: Rule::D1, outcome: in_view(routed) })
}

/// D5: an adult victim decides about support.
fn d5(case: &Case<'_>) -> ShareOutcome {
    let agrees = case
        .submission
        .domestic_abuse()
        .is_some_and(|facts| facts.victim_consent_support.is(VictimConsentSupport::Yes));
    if agrees { ShareOutcome::Share } else { ShareOutcome::Withhold }
}

/// D7: missing. Area and school get part of it.
fn d7(routed: &Routed) -> ShareOutcome {
    if routed.letter == Letter::A && routed.view == View::Standard {
        return ShareOutcome::Withhold;
    }
    if routed.letter == Letter::E { ShareOutcome::ShareLimited } else { in_view(routed) }
}

/// D9: by agreement only, with or without markers, for that service.
fn d9(case: &Case<'_>, agency: &Agency) -> ShareOutcome {
    let scope =
        if partners::is(agency, partners::MIDW) { Scope::Maternity } else { Scope::Response };
    match agreement_to(case, scope) {
        Agreement::Given => ShareOutcome::Share,
        Agreement::Refused | Agreement::None => ShareOutcome::Withhold,
    }
}

/// D10: direct care, unless a competent child objects and nobody with the authority overrides it.
fn d10(case: &Case<'_>) -> ShareOutcome {
    let is_overridden = validation::is_approved(&case.submission.sharing, case.context.approver);
    if competent_objection(case) && !is_overridden {
        ShareOutcome::Withhold
    } else {
        ShareOutcome::Share
    }
}

/// A closed view is a limited sharing.
fn in_view(routed: &Routed) -> ShareOutcome {
    match routed.view {
        View::Standard => ShareOutcome::Share,
        View::Lookout
        | View::Cancelled
        | View::Info
        | View::SafeTask
        | View::Ladder
        | View::Pathway => ShareOutcome::ShareLimited,
    }
}
