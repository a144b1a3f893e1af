//! R20–R22: domestic abuse by its band (domain 5.3). Encompass is R24's.

use crate::domain::submission::{RiskBand, SubjectRole};
use crate::domain::{Priority, Rule};

use super::super::age::Age;
use super::super::area;
use super::super::partners::{CADT, FSU, MARAC, MERPOL, MIDW, WCHC};
use super::super::validation::{Danger, DomesticAbuseAssessment};
use super::{Facts, Line, Wishes, encompass, line};

/// What a band means for each recipient.
struct Band {
    rule: Rule,
    /// Whatever the children.
    always: &'static [Line],
    /// The front door, with a child in scope.
    front_door: Priority,
    /// Maternity, if pregnant and a child in scope.
    maternity: Priority,
    /// Community health: a child under five or unborn; a school-age child in Wirral. None: not told.
    community: Option<(Priority, Priority)>,
}

const R20: Band = Band {
    rule: Rule::R20,
    always: &[line(FSU, Priority::P2), line(MARAC, Priority::P3)],
    front_door: Priority::P2,
    maternity: Priority::P2,
    community: Some((Priority::P3, Priority::P4)),
};

const R21: Band = Band {
    rule: Rule::R21,
    always: &[line(FSU, Priority::P3)],
    front_door: Priority::P3,
    maternity: Priority::P4,
    community: Some((Priority::P4, Priority::P4)),
};

const R22: Band = Band {
    rule: Rule::R22,
    always: &[line(FSU, Priority::P4)],
    front_door: Priority::P4,
    maternity: Priority::P4,
    community: None,
};

pub(super) fn rows(facts: &Facts<'_>, found: &DomesticAbuseAssessment, wishes: &mut Wishes) {
    let band = match found.band {
        RiskBand::HighGold => &R20,
        RiskBand::MediumSilver => &R21,
        RiskBand::StandardBronze => &R22,
    };
    wishes.lines(band.rule, band.always);
    let is_high = found.band == RiskBand::HighGold;
    if is_high && found.danger == Danger::ImmediateThreat {
        wishes.lines(band.rule, &[line(MERPOL, Priority::P1)]);
    }
    if !found.child_in_scope {
        return;
    }
    let is_immediate = is_high && found.danger != Danger::NoneTold;
    let front_door = if is_immediate { Priority::P1 } else { band.front_door };
    wishes.lines(band.rule, &[line(CADT, front_door)]);
    if found.pregnant {
        wishes.lines(band.rule, &[line(MIDW, band.maternity)]);
    }
    if let Some(priority) = community(facts, found, band) {
        wishes.lines(band.rule, &[line(WCHC, priority)]);
    }
    encompass::r24(facts, found, wishes);
}

/// One delivery for all children together, at the most urgent that one of them asks for.
fn community(facts: &Facts<'_>, found: &DomesticAbuseAssessment, band: &Band) -> Option<Priority> {
    let (small, school_age) = band.community?;
    let of_child = |index: &usize| {
        let person = facts.submission.subjects.get(*index)?;
        let age = facts.validated.ages.get(*index).copied().unwrap_or(Age::Unknown);
        let is_small = person.role.is(SubjectRole::Unborn) || age.is_at_most(4);
        let is_in_wirral = area::lives_in_wirral(person, facts.context.directory);
        match (is_small, is_in_wirral && age.may_be_under(18)) {
            (true, _) => Some(small),
            (false, true) => Some(school_age),
            (false, false) => None,
        }
    };
    let unborn = found.pregnant.then_some(small);
    found.children.iter().filter_map(of_child).chain(unborn).min()
}
