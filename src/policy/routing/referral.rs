//! R50–R52 and R70: contacts, referrals and concerns, and what the front door decides (domain 5.3).

use crate::domain::referral::{OwnReport, ReferralOutcome};
use crate::domain::submission::{DecisionFacts, SchoolFact};
use crate::domain::{AgencyCode, AlertKind, Letter, MailboxId, Priority, Risk, Rule, View};

use super::super::partners::{ASC, CADT, LADO, MERPOL};
use super::super::validation::{AboutWhom, ConcernAssessment, Harm};
use super::super::{referral, sharing};
use super::row::{Line, Row, line, those, told};
use super::{Facts, Target, Wish, Wishes};

/// An act of FGM: the front door now, and police, whatever the sender still owes them itself (FGM Act 2003 s5B).
const FGM_FRONT_DOOR: Line = line(CADT, Priority::P2).only("an act of FGM is told of", is_fgm);
const FGM_POLICE: Line = line(MERPOL, Priority::P3).only("an act of FGM is told of", is_fgm);

const REFERRER: &str = "the referrer, FEEDBACK view, beside any delivery it has: by the hub where a professional, else by hand only";
const NAMED: &str = "each inbox named, the parts named for it; police who waited for the decision (R13) P2, the others \
                     P4; a school has only its own pupil";

/// Whom a decision may hand something on to.
const RELEASED: &[Letter] =
    &[Letter::P, Letter::F, Letter::N, Letter::R, Letter::S, Letter::E, Letter::A, Letter::Z];

pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::R50,
        when: "CSC_REFERRAL, CSC_CONTACT",
        applies: |facts| contact(facts).is_some(),
        lines: &[
            line(CADT, Priority::P4),
            line(CADT, Priority::P3).only("harm UNKNOWN", |facts| {
                contact(facts).is_some_and(|found| found.harm == Harm::Unknown)
            }),
            line(CADT, Priority::P2).only("harm YES, or risk HIGH", |facts| {
                contact(facts).is_some_and(|found| found.harm == Harm::Suspected) || is_high(facts)
            }),
            line(MERPOL, Priority::P2).only("crime suspected YES and harm YES", |facts| {
                contact(facts).is_some_and(|found| found.crime && found.harm == Harm::Suspected)
            }),
            FGM_FRONT_DOOR,
            FGM_POLICE,
        ],
    },
    Row {
        rule: Rule::R51,
        when: "REFERRAL_DECISION; FEEDBACK by hand",
        applies: |facts| {
            matches!(facts.submission.kind, AlertKind::ReferralDecision | AlertKind::Feedback)
        },
        lines: &[
            told((REFERRER, &[Letter::T]), feedback, Priority::P4),
            those(
                ("the Area Team; never for a SAFE address (sealed area)", &[Letter::A]),
                |facts| facts.area.teams().cloned().collect(),
                Priority::P4,
            )
            .only("L2_AREA_TEAM, L3_EARLY_HELP_TAC", |facts| {
                decided(facts).is_some_and(ReferralOutcome::is_early_help)
            }),
            those(("the council it is transferred to", &[Letter::X]), transferred_to, Priority::P3)
                .only("TRANSFER_OTHER_LA", |facts| {
                    decided(facts) == Some(ReferralOutcome::TransferOtherLa)
                }),
        ],
    },
    Row {
        rule: Rule::R52,
        when: "REFERRAL_DECISION with release_to",
        applies: |facts| facts.submission.kind == AlertKind::ReferralDecision,
        lines: &[told((NAMED, RELEASED), releases, Priority::P4).up_to(Priority::P2)],
    },
    Row {
        rule: Rule::R70,
        when: "CONCERN",
        applies: |facts| concern(facts).is_some(),
        lines: &[
            line(CADT, Priority::P4).only("a child, the PRIMARY or affected", has_child),
            line(CADT, Priority::P3).only("a child, risk MEDIUM", |facts| {
                has_child(facts) && facts.validated.risk == Some(Risk::Medium)
            }),
            line(CADT, Priority::P2).only("a child, harm YES or risk HIGH", |facts| {
                let is_harm = concern(facts).is_some_and(|found| found.harm == Harm::Suspected);
                has_child(facts) && (is_harm || is_high(facts))
            }),
            line(MERPOL, Priority::P2).only("crime suspected YES and risk HIGH", |facts| {
                concern(facts).is_some_and(|found| found.crime) && is_high(facts)
            }),
            FGM_FRONT_DOOR,
            FGM_POLICE,
            line(ASC, Priority::P3).only("PRIMARY is 18 or over", is_of_adult),
            line(ASC, Priority::P2).only("PRIMARY is 18 or over, risk HIGH", |facts| {
                is_of_adult(facts) && is_high(facts)
            }),
            line(LADO, Priority::P3).only("about somebody who works with children", |facts| {
                concern(facts).is_some_and(|found| found.about_worker)
            }),
        ],
    },
];

fn contact<'a>(facts: &Facts<'a>) -> Option<&'a ConcernAssessment> {
    facts.submission.contact().and_then(|_| facts.validated.assessment.worry())
}

fn concern<'a>(facts: &Facts<'a>) -> Option<&'a ConcernAssessment> {
    facts.submission.concern().and_then(|_| facts.validated.assessment.worry())
}

/// A risk that cannot be read is never the lowest.
fn is_high(facts: &Facts<'_>) -> bool {
    let stated = &facts.submission.envelope.risk;
    facts.validated.risk == Some(Risk::High) || stated.is_unrecognised()
}

fn is_fgm(facts: &Facts<'_>) -> bool {
    let found = facts.validated.assessment.worry();
    found.is_some_and(|found| found.own_report == OwnReport::Fgm)
        && (contact(facts).is_some() || has_child(facts))
}

fn has_child(facts: &Facts<'_>) -> bool {
    concern(facts).is_some_and(|found| found.about != AboutWhom::Adult)
}

fn is_of_adult(facts: &Facts<'_>) -> bool {
    concern(facts).is_some_and(|found| found.about != AboutWhom::Child)
}

fn decision<'a>(facts: &Facts<'a>) -> Option<&'a DecisionFacts> {
    facts.submission.referral_decision()
}

fn decided(facts: &Facts<'_>) -> Option<ReferralOutcome> {
    decision(facts)?.outcome.known()
}

fn transferred_to(facts: &Facts<'_>) -> Vec<AgencyCode> {
    decision(facts).and_then(|body| body.transfer_to.get()).cloned().into_iter().collect()
}

/// The hub tells professionals of a decision; what the front door sends by hand goes to whoever referred.
fn feedback(facts: &Facts<'_>, wishes: &mut Wishes) {
    let is_by_hand = facts.submission.kind == AlertKind::Feedback;
    let conflicts = sharing::conflicts(facts.submission, facts.context);
    for earlier in referral::decided_on(facts.context.episode) {
        let is_told = is_by_hand || referral::referral_of(earlier).hub_feeds_back();
        let mailbox = referral::told_at(earlier, &conflicts, facts.context).filter(|_| is_told);
        if let Some(mailbox) = mailbox {
            again(mailbox, (Rule::R51, Priority::P4, View::Feedback), wishes);
        }
    }
}

/// P4, or the priority that the row of the alert which was decided on states: R13's police wait for the decision.
fn releases(facts: &Facts<'_>, wishes: &mut Wishes) {
    let Some(body) = decision(facts) else { return };
    for release in &body.releases {
        let Some(inbox) = release.inbox.get() else { continue };
        let priority = if waited(facts, inbox) { Priority::P2 } else { Priority::P4 };
        again(inbox.clone(), (Rule::R52, priority, View::Standard), wishes);
        pupil(facts, inbox, wishes);
    }
}

fn waited(facts: &Facts<'_>, inbox: &MailboxId) -> bool {
    let is_of_r13 = referral::decided_on(facts.context.episode).any(|earlier| {
        earlier.decisions.iter().any(|decision| decision.routes.contains(&Rule::R13))
    });
    is_of_r13 && inbox.agency_code() == MERPOL
}

/// A school is released its own pupil: the one child the decision is about.
fn pupil(facts: &Facts<'_>, inbox: &MailboxId, wishes: &mut Wishes) {
    let directory = facts.context.directory;
    let is_school = directory.agency_of(inbox).is_some_and(|agency| agency.letter == Letter::E);
    let Some(child) = facts.submission.primary_index().filter(|_| is_school) else { return };
    let of_agency = directory.schools.values().find(|school| {
        school.agency.as_ref().is_some_and(|code| code.as_str() == inbox.agency_code())
    });
    let named = facts.submission.subjects.get(child).and_then(|person| person.school.get());
    let is_elsewhere = match (of_agency, named) {
        (Some(own), Some(SchoolFact::Urn(urn))) => own.urn != *urn.expose(),
        (Some(_), Some(SchoolFact::HomeEducated | SchoolFact::NotInEducation)) => true,
        (Some(_), None) | (None, _) => false,
    };
    // A school sees no other school's pupil, whoever names its inbox.
    if !is_elsewhere {
        let setting = of_agency.map(|school| school.urn.clone()).unwrap_or_default();
        wishes.pupils.push((setting, child));
    }
}

fn again(mailbox: MailboxId, (rule, priority, view): (Rule, Priority, View), wishes: &mut Wishes) {
    let to = Target::Again(mailbox);
    wishes.list.push(Wish { to, letter: None, priority, view, rule, due: None, setting: None });
}
