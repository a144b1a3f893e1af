//! D0: a conflict of interest changes the route (domain 5.7).
//!
//! Never the general inbox of that agency: its safeguarding lead, and for P1/P2 somebody with cover when no
//! lead is on duty. No conflict of interest leaves a P1/P2 without a person on duty.

use crate::domain::decision::ShareOutcome;
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::submission::Exclusion;
use crate::domain::{AgencyCode, Letter, MailboxId, Rule, Submission};

use super::super::escalation::is_staffed;
use super::super::partners::{CADT, CADT_EDU, COUNCIL, EDT, LADO};
use super::super::routing::{Routed, duty_mailbox};
use super::{Case, Verdict};

/// The verdict itself, or the alternates in its place.
pub(super) fn d0(case: &Case<'_>, verdict: Verdict) -> Vec<Verdict> {
    if !is_conflicted(case, &verdict.recipient) {
        return vec![verdict];
    }
    let alternates = alternates(case, &verdict.recipient);
    alternates.into_iter().map(|(mailbox, letter)| rerouted(&verdict, mailbox, letter)).collect()
}

/// One decision a mailbox and setting: two conflicted recipients may share an alternate. The most urgent
/// stays.
pub(super) fn once_each(verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let mut kept: Vec<Verdict> = Vec::new();
    for verdict in verdicts {
        let slot = |of: &Verdict| (of.recipient.mailbox.clone(), of.recipient.setting.clone());
        let of_same = |held: &&mut Verdict| slot(held) == slot(&verdict);
        match kept.iter_mut().find(of_same) {
            None => kept.push(verdict),
            Some(held) => {
                let is_better = verdict.delivers() && !held.delivers();
                let is_more_urgent = verdict.delivers() == held.delivers()
                    && verdict.decision.priority < held.decision.priority;
                if is_better || is_more_urgent {
                    *held = verdict;
                }
            }
        }
    }
    kept
}

/// The agencies the sender excludes or that employ a person of concern.
pub(crate) fn conflicted_agencies(submission: &Submission) -> Vec<AgencyCode> {
    let excluded = submission.envelope.exclude.iter().filter_map(|exclusion| match exclusion {
        Exclusion::Agency(agency) => Some(agency.clone()),
        Exclusion::Mailbox(_) | Exclusion::User(_) => None,
    });
    let perpetrator = submission.domestic_abuse().and_then(|facts| facts.perpetrator.get());
    let employer = perpetrator.and_then(|person| person.employed_by.clone());
    let employers = submission.envelope.employers_of_concern.iter().cloned();
    let mut all: Vec<AgencyCode> = excluded.chain(employers).chain(employer).collect();
    all.sort();
    all.dedup();
    all
}

fn is_conflicted(case: &Case<'_>, routed: &Routed) -> bool {
    let directory = case.context.directory;
    let by_agency = conflicted_agencies(case.submission).contains(&routed.agency);
    let by_name = case.submission.envelope.exclude.iter().any(|exclusion| match exclusion {
        Exclusion::Agency(_) => false,
        Exclusion::Mailbox(mailbox) => *mailbox == routed.mailbox,
        Exclusion::User(user) => directory
            .agencies
            .get(&routed.agency)
            .is_some_and(|agency| agency.users.contains_key(user)),
    });
    by_agency || by_name
}

/// Who takes it instead. The excluded agency's own lead; a school's stand-in; EDT or the senior on call.
fn alternates(case: &Case<'_>, routed: &Routed) -> Vec<(MailboxId, Letter)> {
    let directory = case.context.directory;
    if routed.letter == Letter::E {
        return of_agency(directory, CADT_EDU, MailboxRole::Duty, Letter::E).into_iter().collect();
    }
    let code = routed.agency.as_str();
    let lead = match code {
        EDT => of_agency(directory, CADT, MailboxRole::Lead, Letter::CL),
        CADT => of_agency(directory, CADT, MailboxRole::Lead, Letter::CL),
        other => of_agency(directory, other, MailboxRole::Lead, routed.letter),
    };
    let lead = lead.filter(|(mailbox, _)| !is_excluded(case, mailbox));
    let is_on_duty =
        lead.as_ref().is_some_and(|(mailbox, _)| is_staffed(directory, mailbox, case.context.now));
    let has_lead = lead.is_some();
    let mut alternates: Vec<(MailboxId, Letter)> = lead.into_iter().collect();
    // EDT's own conflicts go to the senior on call beside the front door's lead, staffed or not (5.7, 1).
    let needs_cover = routed.priority.is_urgent() && (!is_on_duty || code == EDT);
    if needs_cover {
        alternates.extend(cover(case, code));
    }
    if !has_lead && alternates.is_empty() {
        alternates.extend(of_agency(directory, LADO, MailboxRole::Duty, Letter::D));
    }
    alternates
}

/// Somebody with cover: EDT, or where the conflict is the front door's or EDT's own, the senior on call.
fn cover(case: &Case<'_>, code: &str) -> Option<(MailboxId, Letter)> {
    let directory = case.context.directory;
    let of_edt = conflicted_agencies(case.submission).iter().any(|agency| agency.as_str() == EDT);
    if matches!(code, CADT | EDT) || of_edt {
        return of_agency(directory, COUNCIL, MailboxRole::HeadOfService, Letter::C);
    }
    of_agency(directory, EDT, MailboxRole::Duty, Letter::C)
}

fn is_excluded(case: &Case<'_>, mailbox: &MailboxId) -> bool {
    case.submission.envelope.exclude.contains(&Exclusion::Mailbox(mailbox.clone()))
}

fn of_agency(
    directory: &Directory,
    code: &str,
    role: MailboxRole,
    letter: Letter,
) -> Option<(MailboxId, Letter)> {
    let agency = directory.agencies.get(&AgencyCode::try_from(code).ok()?)?;
    let mailbox = match role {
        MailboxRole::Duty => duty_mailbox(agency),
        MailboxRole::Manager
        | MailboxRole::Lead
        | MailboxRole::HeadOfService
        | MailboxRole::Director => agency.mailbox(role),
    };
    mailbox.map(|mailbox| (mailbox.id.clone(), letter))
}

fn rerouted(verdict: &Verdict, mailbox: MailboxId, letter: Letter) -> Verdict {
    let mut new = verdict.clone();
    new.recipient.mailbox = mailbox.clone();
    new.recipient.letter = letter;
    if let Ok(agency) = AgencyCode::try_from(mailbox.agency_code()) {
        new.recipient.agency = agency;
    }
    new.decision.mailbox = mailbox;
    new.decision.letter = letter;
    new.decision.applicable.insert(0, Rule::D0);
    new.decision.row = Rule::D0;
    new.decision.outcome = ShareOutcome::AlternateRoute;
    new
}
