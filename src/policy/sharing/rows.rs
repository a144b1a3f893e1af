//! The sharing rows, one function a row (domain 6.5). A row contains its own agreement test.

use crate::domain::decision::ShareOutcome;
use crate::domain::directory::Agency;
use crate::domain::submission::{Circumstance, ParentAgreement, Scope, VictimConsentSupport};
use crate::domain::{Letter, Priority, Rule, View};

use super::super::routing::Routed;
use super::super::{partners, referral, validation};
use super::matrix::Row;
use super::{Agreement, Applied, Case, agreement_to, competent_objection};

/// What a row says of one recipient.
pub(super) fn evaluate(row: Row, case: &Case<'_>, routed: &Routed, agency: &Agency) -> Applied {
    let outcome = match row {
        Row::D5 => d5(case, agency),
        Row::D7 => d7(routed),
        Row::D9 => d9(case, agency),
        Row::D10 => d10(case, agency),
        Row::D13 => d13(case, agency),
        Row::D14 => d14(case),
        Row::D15 => d15(case, routed),
        Row::D16 => d16(routed),
        Row::D17 => d17(case, agency),
        // No agreement is needed: D2 by statute, D3, D4 and D11 for suspected harm, D6 for the child, D8 for
        // the look-out, D10a within the organisation. An objection is recorded, and overridden where it must be.
        // D18 tells numbers, of nobody.
        Row::D2 | Row::D3 | Row::D4 | Row::D6 | Row::D8 | Row::D10a | Row::D11 | Row::D18 => {
            in_view(routed)
        }
        Row::D99 => ShareOutcome::Withhold,
    };
    Applied { row: row.rule(), outcome }
}

/// D1: at effective P1 these letters need nobody's agreement.
pub(super) fn d1(case: &Case<'_>, routed: &Routed) -> Option<Applied> {
    let is_p1 = case.validated.priority == Priority::P1 && !case.submission.kind.is_routine();
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

/// D1 as it let the original through: a correction follows it, whatever the corrected priority is (R57).
pub(super) const fn d1_again(routed: &Routed) -> Applied {
    Applied { row: Rule::D1, outcome: in_view(routed) }
}

/// D5: an adult victim decides about support.
fn d5(case: &Case<'_>, agency: &Agency) -> ShareOutcome {
    let agrees = case
        .submission
        .domestic_abuse()
        .is_some_and(|facts| facts.victim_consent_support.is(VictimConsentSupport::Yes));
    let is_ended = agreement_to(case, Scope::FamilySafety, &agency.code) == Agreement::Refused;
    if agrees && !is_ended { ShareOutcome::Share } else { ShareOutcome::Withhold }
}

/// D7: missing. Area and school get part of it.
fn d7(routed: &Routed) -> ShareOutcome {
    if routed.letter == Letter::E { ShareOutcome::ShareLimited } else { area_limited(routed) }
}

/// D9: by agreement only, with or without markers, for that service.
fn d9(case: &Case<'_>, agency: &Agency) -> ShareOutcome {
    let scope =
        if partners::is(agency, partners::MIDW) { Scope::Maternity } else { Scope::Response };
    agreed(case, scope, agency)
}

/// D10: direct care, unless a competent child objects and nobody with the authority overrides it.
fn d10(case: &Case<'_>, agency: &Agency) -> ShareOutcome {
    let is_overridden = validation::is_approved(&case.submission.sharing, case.context.approver);
    if competent_objection(case, &agency.code) && !is_overridden {
        ShareOutcome::Withhold
    } else {
        ShareOutcome::Share
    }
}

/// D13: early help is voluntary: by agreement of the person 6.3 names, and nothing stands in for it.
///
/// A plan goes to the Area Team and to whom the family named; a question or its answer by agreement to share information or
/// to early help.
fn d13(case: &Case<'_>, agency: &Agency) -> ShareOutcome {
    if case.submission.kind.is_information()
        && agreed(case, Scope::Information, agency) == ShareOutcome::Share
    {
        return ShareOutcome::Share;
    }
    let is_named = case
        .submission
        .family_help()
        .is_none_or(|plan| agency.letter == Letter::A || plan.agrees_to(&agency.code));
    if is_named { agreed(case, Scope::EarlyHelp, agency) } else { ShareOutcome::Withhold }
}

/// D14: no harm is suspected. The parent agrees, or somebody wrote why the child may be at risk or why nobody was
/// asked. Anything else withholds.
fn d14(case: &Case<'_>) -> ShareOutcome {
    let of_plan = case.submission.family_help();
    let of_plan = of_plan.map(|plan| (plan.parent_agreement, plan.parent_agreement_reason));
    let of_worry =
        || case.submission.worry().map(|worry| (worry.parent_agreement, worry.parent_reason));
    let Some((answer, reason)) = of_plan.or_else(of_worry) else {
        return as_decided_on(case, Rule::D14);
    };
    let has_reason = reason.get().is_some_and(|text| *text >= validation::REASON_MIN);
    match answer.known() {
        Some(ParentAgreement::Agrees) => ShareOutcome::Share,
        Some(ParentAgreement::Refuses | ParentAgreement::NotAskedOther) if has_reason => {
            ShareOutcome::Share
        }
        // Not safe to ask is D3's, and never comes here.
        Some(
            ParentAgreement::Refuses
            | ParentAgreement::NotAskedOther
            | ParentAgreement::NotAskedUnsafe,
        )
        | None => ShareOutcome::Withhold,
    }
}

/// What a decision hands on under the row by which the front door had it: as that row said then.
fn as_decided_on(case: &Case<'_>, row: Rule) -> ShareOutcome {
    let was_shared = referral::decided_on(case.context.episode).any(|earlier| {
        earlier
            .decisions
            .iter()
            .any(|decided| decided.row == row && decided.outcome == ShareOutcome::Share)
    });
    if was_shared { ShareOutcome::Share } else { ShareOutcome::Withhold }
}

/// D17: an adult without care needs decides.
fn d17(case: &Case<'_>, agency: &Agency) -> ShareOutcome {
    agreed(case, Scope::AdultCare, agency)
}

fn agreed(case: &Case<'_>, scope: Scope, agency: &Agency) -> ShareOutcome {
    match agreement_to(case, scope, &agency.code) {
        Agreement::Given => ShareOutcome::Share,
        Agreement::Refused | Agreement::None => ShareOutcome::Withhold,
    }
}

/// D15: a place of safety without a power. No agreement; the missing and exploitation service only if the young person
/// was missing.
fn d15(case: &Case<'_>, routed: &Routed) -> ShareOutcome {
    let place = case.submission.place_of_safety();
    let was_missing =
        place.is_some_and(|facts| facts.circumstances.contains(Circumstance::Missing));
    if routed.letter == Letter::S && !was_missing {
        return ShareOutcome::Withhold;
    }
    area_limited(routed)
}

/// An Area Team gets a closed view or nothing.
const fn area_limited(routed: &Routed) -> ShareOutcome {
    if matches!((routed.letter, routed.view), (Letter::A, View::Standard)) {
        return ShareOutcome::Withhold;
    }
    in_view(routed)
}

/// D16: how it went on. The hospital learns the states only.
const fn d16(routed: &Routed) -> ShareOutcome {
    if matches!(routed.letter, Letter::H1 | Letter::H2) {
        return ShareOutcome::ShareLimited;
    }
    in_view(routed)
}

/// A closed view is a limited sharing.
const fn in_view(routed: &Routed) -> ShareOutcome {
    match routed.view {
        // FEEDBACK is what the referrer is for.
        View::Standard | View::Feedback => ShareOutcome::Share,
        View::Lookout
        | View::Cancelled
        | View::Info
        | View::SafeTask
        | View::Ladder
        | View::Pathway => ShareOutcome::ShareLimited,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MailboxId;
    use crate::domain::delivery::Purpose;
    use crate::policy::fixtures::{agency, directory};

    fn routed(code: &str, view: View) -> Routed {
        let directory = directory();
        let to = agency(&directory, code);
        Routed {
            mailbox: MailboxId::duty(&to.code),
            agency: to.code.clone(),
            letter: to.letter,
            view,
            purpose: Purpose::Alert,
            setting: None,
            priority: Priority::P5,
            rules: vec![Rule::R01],
            due: None,
        }
    }

    #[test]
    fn d7_and_d15_give_an_area_team_the_information_copy_and_never_the_whole() {
        assert_eq!(area_limited(&routed("AREA-07", View::Info)), ShareOutcome::ShareLimited);
        assert_eq!(area_limited(&routed("AREA-07", View::Standard)), ShareOutcome::Withhold);
        assert_eq!(area_limited(&routed("CADT", View::Standard)), ShareOutcome::Share);
        assert_eq!(area_limited(&routed("SAFERFUT", View::Standard)), ShareOutcome::Share);
    }

    #[test]
    fn d16_gives_the_hospital_no_more_than_the_states() {
        for hospital in ["WUTH-AED", "WUTH-SG"] {
            let whole = routed(hospital, View::Standard);
            assert_eq!(d16(&whole), ShareOutcome::ShareLimited, "{hospital}");
            let states = routed(hospital, View::Pathway);
            assert_eq!(d16(&states), ShareOutcome::ShareLimited, "{hospital}");
        }
        assert_eq!(d16(&routed("CADT", View::Standard)), ShareOutcome::Share);
    }
}
