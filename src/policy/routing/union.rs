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

/// What [`raise`] and [`swap`] do to the priorities of the rows, and what else holds of all rows, for a reader.
pub(super) const OF_ALL_ROWS: &[&str] = &[
    "All rows that apply are applied: recipients are the union, one delivery an inbox, at its highest priority, in its \
     fullest view, by its earliest deadline. An agency is never routed its own alert.",
    "The alert's own priority is the more urgent of what its sender says and of what its facts make it at least. Front \
     door (CADT, EDT) and police are told at least as urgently, wherever a row names them; of a MARAC referral its \
     coordinator too. So is whoever the rows name first (at the most urgent of their priorities), but no school, Area \
     Team, missing-children service and no A&E.",
    "Of a contact, a referral and a concern the rows' own pace is not raised but to what the sender says. Never raised: a \
     plan of early help (R60), the front door's P5 copy of what another council acts on (R80), look-outs, information \
     copies, tasks, feedback, and a correction (R57) that makes the alert no more urgent than it was.",
    "CADT means EDT, and a P4 copy for CADT, for P1 and P2 outside its hours.",
    "An agency with a conflict of interest is not told: its lead or the senior on call is, in its place (D0). Whether a \
     recipient may see the alert, and in which copy, is decided after this (the D rows).",
];

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
