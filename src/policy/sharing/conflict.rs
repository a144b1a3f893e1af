//! D0: a conflict of interest changes the route (domain 5.7).
//!
//! Never the general inbox of that agency: its safeguarding lead, or the designated officer (LADO) where the lead
//! is the person; and for P1/P2 somebody with cover when no lead is on duty. No conflict of interest leaves a
//! P1/P2 without a person on duty, and no alternate is itself closed to the alert.

use std::sync::Arc;

use crate::domain::alert::{Conflicts, ShownTo};
use crate::domain::decision::ShareOutcome;
use crate::domain::directory::{Agency, Directory, MailboxRole};
use crate::domain::principal::Role;
use crate::domain::submission::{Bool3, Exclusion};
use crate::domain::{
    AgencyCode, AlertRecord, Delivery, Letter, MailboxId, Priority, Rule, Submission, Timestamp,
    UserId,
};

use super::super::escalation::is_staffed;
use super::super::partners::{CADT, CADT_EDU, COUNCIL, EDT, LADO};
use super::super::routing::{Routed, duty_mailbox};
use super::super::{Context, clock};
use super::{Case, Verdict};

/// The verdict itself, or the alternates in its place.
pub(super) fn d0(case: &Case<'_>, conflicts: &Conflicts, verdict: Verdict) -> Vec<Verdict> {
    let Routed { mailbox, letter, .. } = &verdict.recipient;
    let seek = Seek { directory: case.context.directory, conflicts, now: case.context.now };
    if conflicts.close(mailbox) {
        let alternates = seek.alternates(&Missed::of(&verdict.recipient)).into_iter();
        return alternates.map(|(to, letter)| rerouted(&verdict, to, letter)).collect();
    }
    // The out-of-hours team acts for the front door: what is kept from that goes past the team too, to the front door's
    // lead and to the senior on call (domain 5.7, 1).
    if let Some(front_door) = seek.swapped(&verdict.recipient) {
        let alternates = seek.alternates(&Missed::of(&front_door)).into_iter();
        return alternates.map(|(to, letter)| rerouted(&verdict, to, letter)).collect();
    }
    match seek.role_of(mailbox) {
        // No row names these: news of an episode that came here in somebody's place.
        Some(MailboxRole::Lead) if mailbox.agency_code() == CADT => {
            vec![rerouted(&verdict, mailbox.clone(), Letter::CL)]
        }
        Some(MailboxRole::Lead | MailboxRole::HeadOfService | MailboxRole::Director) => {
            vec![rerouted(&verdict, mailbox.clone(), *letter)]
        }
        Some(MailboxRole::Duty | MailboxRole::Manager | MailboxRole::Deputy) | None => {
            vec![verdict]
        }
    }
}

/// One decision a mailbox and setting: two conflicted recipients may share an alternate. The most urgent
/// stays.
pub(super) fn once_each(verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let mut kept: Vec<Verdict> = Vec::new();
    for verdict in verdicts {
        let slot = |of: &Verdict| {
            let Routed { mailbox, setting, .. } = &of.recipient;
            (mailbox.clone(), setting.clone(), of.recipient.beside())
        };
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

/// From whom the alert is kept: by what it says itself, and by what the earlier alerts of its episode said. An
/// update need not repeat why somebody must not learn of the child, and who was named once is not asked for again.
pub(crate) fn conflicts(submission: &Submission, context: &Context<'_>) -> Conflicts {
    let known = &context.kept_from.users;
    kept(submission, known, context.directory).and(context.kept_from)
}

/// From whom the alert is kept by what it says itself: whom the sender excludes, the agencies that employ a
/// person of concern, and the agency of every user among them.
pub(crate) fn stated(submission: &Submission, directory: &Directory) -> Conflicts {
    kept(submission, &[], directory)
}

/// As [`stated`]; these people of the agencies were named before.
fn kept(submission: &Submission, known: &[UserId], directory: &Directory) -> Conflicts {
    let envelope = &submission.envelope;
    let perpetrator = submission.domestic_abuse().and_then(|facts| facts.perpetrator.get());
    let employer = perpetrator.and_then(|person| person.employed_by.clone());
    let employers: Vec<AgencyCode> =
        envelope.employers_of_concern.iter().cloned().chain(employer).collect();
    let takes_part = |agency: &&AgencyCode| directory.agencies.contains_key(*agency);
    let is_unnamed = |agency: &&AgencyCode| {
        let persons = employers.iter().filter(|other| other == agency).count();
        persons > named_of(agency, (&envelope.staff_of_concern, known), directory)
    };
    let mut found = Conflicts {
        agencies: employers.iter().filter(|it| !takes_part(it)).cloned().collect(),
        users: envelope.staff_of_concern.clone(),
        unnamed: employers.iter().filter(takes_part).filter(is_unnamed).cloned().collect(),
        ..Conflicts::default()
    };
    for exclusion in &envelope.exclude {
        match exclusion {
            Exclusion::Agency(agency) => found.agencies.push(agency.clone()),
            Exclusion::Mailbox(mailbox) => found.mailboxes.push(mailbox.clone()),
            Exclusion::User(user) => found.users.push(user.clone()),
        }
    }
    let holds = |agency: &&Agency| found.users.iter().any(|user| agency.users.contains_key(user));
    let theirs = directory.agencies.values().filter(holds).map(|agency| agency.code.clone());
    let theirs: Vec<AgencyCode> = theirs.collect();
    found.agencies.extend(theirs);
    found.and(&Conflicts::default())
}

/// How many of the agency's people are named, by the alert or before.
fn named_of(
    agency: &AgencyCode,
    (stated, known): (&[UserId], &[UserId]),
    directory: &Directory,
) -> usize {
    let Some(agency) = directory.agencies.get(agency) else { return 0 };
    let mut named: Vec<&UserId> =
        stated.iter().chain(known).filter(|user| agency.users.contains_key(*user)).collect();
    named.sort();
    named.dedup();
    named.len()
}

/// To whom of the sending agency the alert is shown (domain 5.7, 6). What an earlier alert of the sender's was about, its
/// news is about.
pub(crate) fn shown_to(submission: &Submission, context: &Context<'_>) -> ShownTo {
    let is_about_worker = submission.concern().is_some_and(|facts| {
        facts.about_worker.is(Bool3::Yes) || facts.about_worker.is_unrecognised()
    });
    let is_kept = |earlier: &Arc<AlertRecord>| {
        earlier.sender == context.sender.code && earlier.shown == ShownTo::AuthorAndLead
    };
    let is_restricted = is_about_worker
        || !submission.envelope.exclude.is_empty()
        || context.episode.iter().any(is_kept);
    if is_restricted { ShownTo::AuthorAndLead } else { ShownTo::Readers }
}

/// What an alert's record still tells of whom it was kept from once its key is destroyed: whose lead has it by D0 is
/// closed to it; of the front door's lead and the seniors both desks are, for nobody can tell any more which of them was
/// meant. Whom it names is lost.
#[must_use]
pub fn left(record: &AlertRecord) -> Conflicts {
    let stood_in = record.decisions.iter().filter(|decision| decision.row == Rule::D0);
    let mut left = Conflicts::default();
    for mailbox in stood_in.map(|decision| &decision.mailbox) {
        let closed: &[&str] = match mailbox.agency_code() {
            CADT | COUNCIL => &[CADT, EDT],
            // They stand in for others with their own desks.
            EDT | LADO | CADT_EDU => &[],
            other => &[other],
        };
        left.agencies.extend(closed.iter().filter_map(|code| AgencyCode::try_from(*code).ok()));
    }
    left.and(&Conflicts::default())
}

/// Who takes what the out-of-hours team must not have: the front door's lead and the senior on call (domain 5.7).
/// EDT itself where nothing closes it.
pub(crate) fn out_of_hours(
    directory: &Directory,
    conflicts: &Conflicts,
    now: Timestamp,
) -> Vec<MailboxId> {
    let seek = Seek { directory, conflicts, now };
    match seek.open_duty(EDT, Letter::C) {
        Some((edt, _)) => vec![edt],
        None => [seek.lead(CADT, Letter::CL), seek.senior()]
            .into_iter()
            .flatten()
            .map(|(mailbox, _)| mailbox)
            .collect(),
    }
}

/// Where a task about the alert goes: to the inbox itself, or where that is closed to the alert to whoever stands in
/// its place. A task names the alert, so it would tell of it.
pub(crate) fn told_of(
    mailbox: &MailboxId,
    conflicts: &Conflicts,
    (directory, now): (&Directory, Timestamp),
) -> MailboxId {
    if !conflicts.close(mailbox) {
        return mailbox.clone();
    }
    let seek = Seek { directory, conflicts, now };
    let in_place = seek.in_place(mailbox.agency_code(), Letter::T).or_else(|| seek.senior());
    in_place.map_or_else(|| mailbox.clone(), |(in_place, _)| in_place)
}

/// Who has what waits for an inbox that is closed to the alert from now on, each with the letter of its copy.
pub(crate) fn stand_ins(
    waiting: &Delivery,
    conflicts: &Conflicts,
    (directory, now): (&Directory, Timestamp),
) -> Vec<(MailboxId, Letter)> {
    let Delivery { letter, priority, .. } = *waiting;
    let missed = Missed { agency: waiting.mailbox.agency_code(), letter, priority };
    Seek { directory, conflicts, now }.alternates(&missed)
}

/// Who does not get it.
struct Missed<'a> {
    agency: &'a str,
    letter: Letter,
    priority: Priority,
}

impl<'a> Missed<'a> {
    fn of(routed: &'a Routed) -> Self {
        let Routed { agency, letter, priority, .. } = routed;
        Self { agency: agency.as_str(), letter: *letter, priority: *priority }
    }
}

/// Looks for people who may know.
struct Seek<'a> {
    directory: &'a Directory,
    conflicts: &'a Conflicts,
    now: Timestamp,
}

/// An inbox and the letter its copy is cut by.
type Found = (MailboxId, Letter);

impl Seek<'_> {
    /// Who takes it instead: a school's stand-in; else the agency's own lead, or LADO where the lead is the
    /// person; for P1/P2 with nobody there on duty somebody with cover too.
    fn alternates(&self, missed: &Missed<'_>) -> Vec<Found> {
        let is_school = missed.letter == Letter::E;
        if is_school && let Some(stand_in) = self.open_duty(CADT_EDU, Letter::E) {
            return vec![stand_in];
        }
        let code = if is_school { CADT_EDU } else { missed.agency };
        let in_place = self.in_place(code, missed.letter);
        let is_on_duty = in_place.as_ref().is_some_and(|(mailbox, _)| self.lead_is_there(mailbox));
        let mut alternates: Vec<Found> = in_place.into_iter().collect();
        // EDT's own conflicts go to the senior on call beside the front door's lead, staffed or not (5.7, 1).
        let needs_cover = missed.priority.is_urgent() && (!is_on_duty || code == EDT);
        if needs_cover || alternates.is_empty() {
            alternates.extend(self.cover(code));
        }
        alternates
    }

    /// The front door as it was routed before the out-of-hours swap, where the alert is kept from it.
    fn swapped(&self, routed: &Routed) -> Option<Routed> {
        let is_of_team = routed.mailbox.agency_code() == EDT
            && self.role_of(&routed.mailbox) == Some(MailboxRole::Duty);
        let is_night = !clock::is_office_hours(self.now);
        let front_door = self.agency(CADT)?;
        let is_closed = self.conflicts.close(&duty_mailbox(front_door)?.id);
        let is_swap = is_of_team && is_night && is_closed && routed.priority.is_urgent();
        is_swap.then(|| Routed { agency: front_door.code.clone(), ..routed.clone() })
    }

    /// The agency's lead, of the front door for both its desks; LADO where the lead is the person.
    fn in_place(&self, code: &str, letter: Letter) -> Option<Found> {
        let lead = match code {
            EDT | CADT => self.lead(CADT, Letter::CL),
            other => self.lead(other, letter),
        };
        lead.or_else(|| self.open_duty(LADO, Letter::D))
    }

    /// Somebody with cover: EDT, or where the conflict is the front door's or EDT's own, the senior on call.
    fn cover(&self, code: &str) -> Option<Found> {
        let edt = self.open_duty(EDT, Letter::C).filter(|_| !matches!(code, CADT | EDT));
        edt.or_else(|| self.senior())
    }

    /// The head of service on call; the director where that inbox is closed, in any case: somebody must be.
    fn senior(&self) -> Option<Found> {
        let council = self.agency(COUNCIL)?;
        let head = council.mailbox(MailboxRole::HeadOfService);
        let head = head.filter(|mailbox| !self.conflicts.close(&mailbox.id));
        let senior = head.or_else(|| council.mailbox(MailboxRole::Director))?;
        Some((senior.id.clone(), Letter::C))
    }

    /// The lead's inbox, unless it was excluded or a lead of the agency is the person concerned.
    fn lead(&self, code: &str, letter: Letter) -> Option<Found> {
        let agency = self.agency(code)?;
        let mailbox = agency.mailbox(MailboxRole::Lead)?;
        let is_lead = |user: &UserId| {
            let entry = agency.users.get(user);
            entry.is_some_and(|entry| entry.roles.contains(&Role::SafeguardingLead))
        };
        let is_closed = self.conflicts.mailboxes.contains(&mailbox.id)
            || self.conflicts.users.iter().any(is_lead);
        (!is_closed).then(|| (mailbox.id.clone(), letter))
    }

    /// Whether it is a lead's inbox, and one is on duty.
    fn lead_is_there(&self, mailbox: &MailboxId) -> bool {
        let users = &self.conflicts.users;
        self.role_of(mailbox) == Some(MailboxRole::Lead)
            && is_staffed(self.directory, mailbox, self.now, users)
    }

    /// The duty inbox of an agency, unless it is closed to the alert.
    fn open_duty(&self, code: &str, letter: Letter) -> Option<Found> {
        let mailbox = duty_mailbox(self.agency(code)?)?;
        (!self.conflicts.close(&mailbox.id)).then(|| (mailbox.id.clone(), letter))
    }

    fn agency(&self, code: &str) -> Option<&Agency> {
        self.directory.agencies.get(&AgencyCode::try_from(code).ok()?)
    }

    fn role_of(&self, mailbox: &MailboxId) -> Option<MailboxRole> {
        self.directory.mailbox(mailbox).map(|mailbox| mailbox.role)
    }
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
