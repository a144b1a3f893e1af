//! R80–R82 and R57: the rows of no one kind – children of other councils, adults in a child kind, corrections, the
//! front door at P1.

use crate::domain::submission::{LookedAfter, SubjectFacts, SubjectRole};
use crate::domain::{AgencyCode, AlertKind, Letter, Priority, Rule, View};

use super::super::age::Age;
use super::super::area;
use super::super::partners::{self, ASC, CADT, EDT, FSU, MERPOL};
use super::super::validation::{AboutWhom, is_adult_in_a_child_kind};
use super::row::{Row, told};
use super::{Facts, Target, Wish, Wishes, union};

/// In the order in which they look at what the kinds' rows named.
pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::R81,
        when: "a child kind whose PRIMARY is 18 or over, the NHS number verified, at P1 or P2",
        applies: |facts| is_adult_in_a_child_kind(facts.submission, &facts.validated.ages),
        lines: &[told(
            (
                "ASC at the row's priority, EDT and MERPOL too at P1, the leaving-care team of a care leaver (CIC for \
                 Wirral); nobody of the kind's own rows. In an open missing episode those, and ASC P3",
                &[Letter::Z, Letter::C, Letter::P, Letter::L, Letter::X],
            ),
            r81,
            Priority::P3,
        )
        .up_to(Priority::P1)],
    },
    Row {
        rule: Rule::R80,
        when: "any kind a row sends to CADT but a question or an answer, which go to one agency: a child who lives \
               outside Wirral, is looked after, or has a SAFE address",
        applies: |facts| !facts.submission.kind.is_information(),
        lines: &[told(
            (
                "the council of residence (by HOME or PLACEMENT, never by a SAFE address) and, of a child kind, the \
                 responsible council (CIC for Wirral) at CADT's priority; CADT P5 where no child lives in Wirral, \
                 below P2; FSU P2, SAFE_TASK, for a SAFE address",
                &[Letter::X, Letter::L, Letter::C, Letter::F],
            ),
            r80,
            Priority::P5,
        )
        .up_to(Priority::P1)],
    },
    super::correction::ROW,
    Row {
        rule: Rule::R82,
        when: "any kind but a routine one at effective priority P1 with a child subject",
        applies: |facts| facts.validated.priority == Priority::P1 && concerns_a_child(facts),
        lines: &[told(("CADT, where no row above names it (D1)", &[Letter::C]), r82, Priority::P1)],
    },
];

/// The adult route: nobody of the child's rows. An open missing episode goes on with those who have it (domain 5.6).
fn r81(facts: &Facts<'_>, wishes: &mut Wishes) {
    let kind = facts.submission.kind;
    let is_open = !facts.context.episode.is_empty();
    if is_open && kind == AlertKind::RhiUpdate {
        return;
    }
    if is_open && kind.is_missing() {
        wishes.tell(Rule::R81, ASC, Priority::P3, View::Standard);
        return;
    }
    let priority = facts.validated.priority;
    wishes.list.clear();
    wishes.tell(Rule::R81, ASC, priority, View::Standard);
    if priority == Priority::P1 {
        for desk in [EDT, MERPOL] {
            wishes.tell(Rule::R81, desk, priority, View::Standard);
        }
    }
    // Whoever had the young person in care stays a recipient (domain 5.6).
    if let Some(team) = responsible(facts, &[LookedAfter::Yes, LookedAfter::Last12Months]) {
        wishes.agency(Rule::R81, team, priority, View::Standard);
    }
}

/// Where the front door is told, the councils of its children are told as soon; by a SAFE address nobody is.
fn r80(facts: &Facts<'_>, wishes: &mut Wishes) {
    let Some(priority) = front_door(facts, wishes) else { return };
    let directory = facts.context.directory;
    let children = children(facts);
    for (index, person) in &children {
        for council in area::councils_of(person, directory) {
            wishes.pupils.push((council.to_string(), *index));
            wishes.agency(Rule::R80, council, priority, View::Standard);
        }
    }
    if is_of_one_child(facts)
        && let Some(team) = responsible(facts, &[LookedAfter::Yes])
    {
        let child = facts.submission.primary_index();
        wishes.pupils.extend(child.map(|child| (team.to_string(), child)));
        wishes.agency(Rule::R80, team, priority, View::Standard);
    }
    let is_elsewhere = |(_, person): &(usize, &_)| !area::lives_in_wirral(person, directory);
    if !priority.is_urgent() && !children.is_empty() && children.iter().all(is_elsewhere) {
        copy_for_the_front_door(wishes);
    }
    if children.iter().any(|(_, person)| person.has_safe_address) {
        wishes.tell(Rule::R80, FSU, Priority::P2, View::SafeTask);
    }
}

/// How urgently the front door is told; none where no row tells it.
fn front_door(facts: &Facts<'_>, wishes: &Wishes) -> Option<Priority> {
    let told = wishes.list.iter().filter(|wish| is_front_door(wish)).map(|wish| wish.priority);
    // Its own priority is lifted to the alert's: see `union`.
    told.min().map(|priority| priority.most_urgent(union::leading(facts)))
}

fn is_front_door(wish: &Wish) -> bool {
    match &wish.to {
        Target::Duty(agency) => partners::is_front_door(agency),
        Target::Again(mailbox) => matches!(mailbox.agency_code(), CADT | EDT),
    }
}

/// No child lives in Wirral: the other council acts, the front door has a copy.
fn copy_for_the_front_door(wishes: &mut Wishes) {
    for wish in wishes.list.iter_mut().filter(|wish| is_front_door(wish)) {
        wish.priority = Priority::P5;
    }
    wishes.tell(Rule::R80, CADT, Priority::P5, View::Standard);
}

/// The team of the responsible council, where the child is, or was, in care.
fn responsible(facts: &Facts<'_>, in_care: &[LookedAfter]) -> Option<AgencyCode> {
    let envelope = &facts.submission.envelope;
    let council = envelope.responsible_la.get()?;
    let is_in_care = envelope.looked_after.known().is_some_and(|known| in_care.contains(&known));
    partners::responsible_team(council).filter(|_| is_in_care)
}

/// A child kind, or a concern about a child.
fn is_of_one_child(facts: &Facts<'_>) -> bool {
    let concern = facts.validated.assessment.worry();
    facts.submission.kind.is_child_kind()
        || concern.is_some_and(|found| found.about == AboutWhom::Child)
}

/// The children among the subjects, with their places.
fn children<'a>(facts: &Facts<'a>) -> Vec<(usize, &'a SubjectFacts)> {
    let submission = facts.submission;
    let primary = submission.primary_index().filter(|_| is_of_one_child(facts));
    let in_scope = facts.validated.assessment.domestic_abuse();
    let is_child = |index: usize, person: &SubjectFacts| {
        let has_role = matches!(
            person.role.known(),
            Some(SubjectRole::Sibling | SubjectRole::OtherChild | SubjectRole::Unborn)
        );
        has_role
            || primary == Some(index)
            || in_scope.is_some_and(|found| found.children.contains(&index))
    };
    let age = |index: usize| facts.validated.ages.get(index).copied().unwrap_or(Age::Unknown);
    let people = submission.subjects.iter().enumerate();
    people
        .filter(|(index, person)| is_child(*index, person) && age(*index).may_be_under(18))
        .collect()
}

/// R82: at effective priority P1 a child always reaches the front door.
fn r82(_: &Facts<'_>, wishes: &mut Wishes) {
    if !(wishes.names(CADT) || wishes.names(EDT)) {
        wishes.tell(Rule::R82, CADT, Priority::P1, View::Standard);
    }
}

fn concerns_a_child(facts: &Facts<'_>) -> bool {
    let abuse = facts.validated.assessment.domestic_abuse();
    let of_case = facts.validated.assessment.marac().is_some_and(|found| found.has_children);
    let concern = facts.validated.assessment.worry();
    facts.submission.kind.is_child_kind()
        || abuse.is_some_and(|found| found.child_in_scope)
        || of_case
        || concern.is_some_and(|found| found.about != AboutWhom::Adult)
}
