//! From the rows' wishes to one delivery a mailbox (domain 5.1, 5.3).

use std::collections::BTreeMap;

use crate::domain::delivery::Purpose;
use crate::domain::directory::{Agency, Mailbox};
use crate::domain::{AgencyCode, AlertKind, Letter, MailboxId, Priority, Rule, View};

use super::super::partners::{CADT, EDT};
use super::super::{Context, clock};
use super::{Facts, Routed, Target, Wish, due, duty_mailbox};

/// What there is one delivery of: a mailbox, for a stand-in the school it stands in for, and what stands beside any
/// other delivery (a task about a SAFE address, feedback).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    mailbox: MailboxId,
    setting: Option<String>,
    beside: Option<View>,
}

impl Slot {
    fn of(routed: &Routed) -> Self {
        Self {
            mailbox: routed.mailbox.clone(),
            setting: routed.setting.clone(),
            beside: routed.beside(),
        }
    }
}

/// The union of the wishes, and the agencies nobody can reach.
pub(super) fn of(facts: &Facts<'_>, wishes: &[Wish]) -> (Vec<Routed>, Vec<AgencyCode>) {
    let mut unroutable = Vec::new();
    let mut union: BTreeMap<Slot, Routed> = BTreeMap::new();
    for wish in wishes {
        match place(facts.context, wish) {
            Ok(routed) => merge(&mut union, routed),
            Err(agency) => unroutable.push(agency),
        }
    }
    let mut recipients: Vec<Routed> = union.into_values().collect();
    raise(&mut recipients, facts);
    let mut recipients = swap(facts.context, recipients);
    recipients.retain(|routed| routed.agency != facts.context.sender.code);
    for routed in &mut recipients {
        let own_clock = due::due_in(facts.context, &routed.mailbox, routed.priority);
        routed.due = routed.due.or(own_clock);
    }
    recipients.sort_by(|one, other| {
        let key =
            |routed: &Routed| (routed.priority, routed.mailbox.clone(), routed.setting.clone());
        key(one).cmp(&key(other))
    });
    unroutable.sort();
    unroutable.dedup();
    (recipients, unroutable)
}

fn place(context: &Context<'_>, wish: &Wish) -> Result<Routed, AgencyCode> {
    let found = match &wish.to {
        Target::Duty(agency) => {
            let found = context.directory.agencies.get(agency);
            found.and_then(|agency| Some((agency, duty_mailbox(agency)?)))
        }
        Target::Again(mailbox) => {
            let agency = context.directory.agency_of(mailbox);
            agency.zip(context.directory.mailbox(mailbox))
        }
    };
    match (found, &wish.to) {
        (Some((agency, mailbox)), _) => Ok(routed(wish, agency, mailbox)),
        (None, Target::Duty(agency)) => Err(agency.clone()),
        (None, Target::Again(mailbox)) => Err(AgencyCode::try_from(mailbox.agency_code())
            .unwrap_or_else(|_| context.sender.code.clone())),
    }
}

fn routed(wish: &Wish, agency: &Agency, mailbox: &Mailbox) -> Routed {
    Routed {
        mailbox: mailbox.id.clone(),
        agency: agency.code.clone(),
        // A referrer reads what its sender may see, whoever it is.
        letter: if wish.view == View::Feedback {
            Letter::T
        } else {
            wish.letter.unwrap_or(agency.letter)
        },
        view: wish.view,
        purpose: Purpose::Alert,
        setting: wish.setting.clone(),
        priority: wish.priority,
        rules: vec![wish.rule],
        due: wish.due,
    }
}

/// One delivery a mailbox: the highest priority, the fullest view, the earliest deadline, every rule.
fn merge(union: &mut BTreeMap<Slot, Routed>, new: Routed) {
    let slot = Slot::of(&new);
    let Some(held) = union.get_mut(&slot) else {
        union.insert(slot, new);
        return;
    };
    held.priority = held.priority.most_urgent(new.priority);
    // A row that names the agency itself gives it its own letter, which sees more than an attending agency's.
    if held.letter == Letter::K {
        held.letter = new.letter;
    }
    if new.view == View::Standard {
        held.view = new.view;
    }
    if held.purpose == Purpose::OutOfHoursCopy {
        held.purpose = new.purpose;
    }
    held.rules.extend(new.rules);
    held.rules.sort_unstable();
    held.rules.dedup();
    held.due = match (held.due, new.due) {
        (Some(one), Some(other)) => Some(if other.at < one.at { other } else { one }),
        (one, other) => one.or(other),
    };
}

/// The alert goes as urgently as its sender says (domain 3.2): front door and police, and whoever the rows
/// name first; of a referral to the MARAC its coordinator. Look-outs, information copies, tasks, feedback and the missing
/// service keep their own pace, and so does the front door's copy of what another council acts on (R80).
fn raise(recipients: &mut [Routed], facts: &Facts<'_>) {
    let effective = facts.validated.priority;
    let is_referral = facts.submission.kind == AlertKind::MaracReferral;
    let original = facts.context.replaces.corrected();
    // A correction is as urgent as R57 says, unless it makes the alert itself more urgent.
    let is_settled = original.is_some_and(|original| original.priority <= effective);
    let first = recipients.iter().map(|routed| routed.priority).min();
    for routed in recipients.iter_mut().filter(|it| !(is_settled && it.rules == [Rule::R57])) {
        let is_copy = routed.priority == Priority::P5 && routed.rules.contains(&Rule::R80);
        // A plan goes to each at its own pace (R60).
        let is_plan = facts.submission.family_help().is_some();
        if is_copy || is_plan || routed.beside().is_some() {
            continue;
        }
        let leads = matches!(routed.letter, Letter::C | Letter::P)
            || (is_referral && routed.letter == Letter::M);
        let follows = matches!(routed.letter, Letter::A | Letter::E | Letter::H1 | Letter::S);
        let is_first = Some(routed.priority) == first && !follows;
        if leads {
            routed.priority = routed.priority.most_urgent(leading(facts));
        }
        if is_first {
            routed.priority = routed.priority.most_urgent(effective);
        }
    }
}

/// How urgently front door and police are told at least. R50 and R70 give each a pace of its own; the sender's word
/// still lifts it.
pub(super) fn leading(facts: &Facts<'_>) -> Priority {
    let stated = facts.submission.envelope.priority.known();
    match facts.submission.worry() {
        Some(_) => stated.unwrap_or(Priority::P5),
        None => facts.validated.priority,
    }
}

/// Outside its hours the front door's P1/P2 are EDT's, and CADT gets a P4 copy (domain 5.1).
fn swap(context: &Context<'_>, recipients: Vec<Routed>) -> Vec<Routed> {
    let is_closed = !clock::is_office_hours(context.now);
    let edt = AgencyCode::try_from(EDT).ok();
    let edt = edt.and_then(|code| context.directory.agencies.get(&code));
    let Some((edt, mailbox)) = edt.and_then(|edt| Some((edt, duty_mailbox(edt)?))) else {
        return recipients;
    };
    let mut union = BTreeMap::new();
    for routed in recipients {
        let is_front_door = routed.agency.as_str() == CADT;
        if !(is_closed && is_front_door && routed.priority.is_urgent()) {
            merge(&mut union, routed);
            continue;
        }
        let to_edt = Routed {
            mailbox: mailbox.id.clone(),
            agency: edt.code.clone(),
            letter: edt.letter,
            ..routed.clone()
        };
        merge(&mut union, to_edt);
        let copy = Routed { priority: Priority::P4, purpose: Purpose::OutOfHoursCopy, ..routed };
        merge(&mut union, copy);
    }
    union.into_values().collect()
}
