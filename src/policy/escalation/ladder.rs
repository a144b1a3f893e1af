//! The rungs: who is called, when the next one is due, what they see (domain 5.2).

use crate::domain::alert::Conflicts;
use crate::domain::delivery::{DeliveryState, Purpose, Rung};
use crate::domain::directory::{Agency, Directory, Mailbox, MailboxRole};
use crate::domain::event::EventKind;
use crate::domain::{
    AgencyCode, AlertRecord, Deadline, Delivery, Letter, MailboxId, Priority, Rule, Timestamp, View,
};

use super::super::clock;
use super::super::clocks::{Clocks, Pause};
use super::super::decide::task;
use super::super::partners::{self, CADT, COUNCIL, EDT, HUB_IG};
use super::super::routing;
use super::super::sketch::EventSketch;
use super::{Climb, first_rung, is_answered, is_staffed};

/// Calls every rung that is due at `now`, the one that waits longest first.
pub(super) fn call(
    climb: &mut Climb<'_>,
    (directory, clocks): (&Directory, &Clocks),
    now: Timestamp,
) {
    // Each turn ends a ladder or makes its level one higher, so there are at most four a delivery.
    while let Some(due) = longest_due(&climb.record, now).cloned() {
        let next = match due.rung {
            Some(_) if is_answered(&climb.record, due.number) => None,
            Some(rung) => rung_called(climb, directory, &due, Call { rung, now, clocks }),
            None => None,
        };
        let of = |delivery: &&mut Delivery| delivery.number == due.number;
        if let Some(delivery) = climb.record.deliveries.iter_mut().find(of) {
            delivery.rung = next;
        }
    }
}

/// The delivery whose rung is due at `now` and waits longest.
fn longest_due(record: &AlertRecord, now: Timestamp) -> Option<&Delivery> {
    let waits = |delivery: &&Delivery| delivery.rung.is_some_and(|rung| rung.at <= now);
    let since = |delivery: &&Delivery| (delivery.rung.map(|rung| rung.at), delivery.number);
    record.deliveries.iter().filter(waits).min_by_key(since)
}

/// One call of one rung.
#[derive(Clone, Copy)]
struct Call<'a> {
    rung: Rung,
    now: Timestamp,
    clocks: &'a Clocks,
}

/// Calls one rung and says which is next.
fn rung_called(
    climb: &mut Climb<'_>,
    directory: &Directory,
    unanswered: &Delivery,
    call: Call<'_>,
) -> Option<Rung> {
    let Call { rung, now, clocks } = call;
    let last = last_level(unanswered);
    let next_at =
        (rung.level < last).then(|| at_level(unanswered, clocks, rung.level.saturating_add(1)));
    let next_at = next_at.flatten();
    if rung.level == 1 && unanswered.declined.is_none() {
        climb.events.push(
            EventSketch::of(EventKind::DeadlineMissed)
                .to(unanswered.number, &unanswered.mailbox)
                .due(unanswered.due),
        );
    }
    let people = People { directory, conflicts: climb.conflicts, now };
    let whom = people.targets(unanswered, rung.level);
    let (there, away): (Vec<&Mailbox>, Vec<&Mailbox>) =
        whom.into_iter().partition(|inbox| people.are_there(&inbox.id));
    let is_on_duty = !there.is_empty();
    let said = |of: &MailboxId| {
        let said = EventSketch::of(EventKind::Escalated).to(unanswered.number, of);
        said.at_level(rung.level).due(unanswered.due)
    };
    if !is_on_duty {
        let of = away.first().map_or(&unanswered.mailbox, |inbox| &inbox.id);
        climb.events.push(said(of).failed().because("NOBODY_ON_DUTY"));
    }
    // The last level is called even if the rota is empty: somebody must be.
    let called = if is_on_duty || rung.level < last { there } else { away };
    for inbox in called {
        if is_on_duty {
            climb.events.push(said(&inbox.id));
        }
        let delivery = rung_delivery(&climb.record, directory, unanswered, (&inbox.id, call));
        climb.add(delivery);
    }
    // Above the director on call there is nobody.
    if rung.level >= last && (last == 4 || unanswered.row == Rule::D0) {
        tell_of_failed_cover(climb, directory, (unanswered, now));
    }
    let at = if is_on_duty { next_at? } else { now.min(next_at?) };
    Some(Rung { level: rung.level.saturating_add(1), at })
}

fn rung_delivery(
    record: &AlertRecord,
    directory: &Directory,
    unanswered: &Delivery,
    (mailbox, call): (&MailboxId, Call<'_>),
) -> Delivery {
    let own = directory.agency_of(&unanswered.mailbox).map(|agency| &agency.code);
    let theirs = directory.agency_of(mailbox);
    // Whoever a sealed item calls learns that somebody is late, and with what urgency; no more.
    let is_inside = theirs.map(|agency| &agency.code) == own && unanswered.row != Rule::D0;
    let (letter, view) =
        if is_inside { (unanswered.letter, unanswered.view) } else { seen_outside(record, theirs) };
    Delivery {
        number: unanswered.number,
        mailbox: mailbox.clone(),
        letter,
        view,
        purpose: purpose(call.rung.level),
        of: Some(unanswered.number),
        setting: unanswered.setting.clone(),
        priority: unanswered.priority,
        routes: unanswered.routes.clone(),
        row: unanswered.row,
        queued_at: call.now,
        due: unanswered.due,
        rung: None,
        state: DeliveryState::Queued,
        sequence: None,
        delivered: None,
        confirmed: None,
        opened: None,
        acknowledged: None,
        declined: None,
        closed: None,
        held_by: None,
        note: None,
        decline_text: None,
        failed: None,
        closing_note: None,
    }
}

/// Outside the recipient agency: the envelope only, unless that agency has the alert itself. What its lead has in
/// the place of its general inbox (D0) is not the agency's.
fn seen_outside(record: &AlertRecord, agency: Option<&Agency>) -> (Letter, View) {
    let Some(agency) = agency else { return (Letter::T, View::Ladder) };
    let is_own = |delivery: &&Delivery| {
        let is_alert = matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy);
        let is_sealed = delivery.row == Rule::D0;
        is_alert && !is_sealed && delivery.mailbox.agency_code() == agency.code.as_str()
    };
    record
        .deliveries
        .iter()
        .find(is_own)
        .map_or((agency.letter, View::Ladder), |delivery| (delivery.letter, delivery.view))
}

const fn purpose(level: u8) -> Purpose {
    match level {
        0 | 1 => Purpose::Level1,
        2 => Purpose::Level2,
        3 => Purpose::Level3,
        _ => Purpose::Level4,
    }
}

/// P1 and P2 have four levels, P3 and P4 three; a sealed item goes from its lead to the two seniors, and from the
/// head of service to the director. What has no acknowledgement clock is called about once, when it is declined.
fn last_level(unanswered: &Delivery) -> u8 {
    match unanswered.priority {
        _ if first_rung(unanswered.letter, unanswered.purpose, unanswered.due).is_none() => 1,
        _ if unanswered.row == Rule::D0 => {
            if unanswered.mailbox.agency_code() == COUNCIL {
                1
            } else {
                2
            }
        }
        Priority::P1 | Priority::P2 => 4,
        Priority::P3 | Priority::P4 | Priority::P5 => 3,
    }
}

/// When a level is called. P1 and P2 count from the commit into the inbox, which is the deadline less the time to
/// acknowledge; a desk that was closed has its own later deadline, and its ladder moves with it.
fn at_level(unanswered: &Delivery, clocks: &Clocks, level: u8) -> Option<Timestamp> {
    let due = unanswered.due?.at;
    if level <= 1 {
        return Some(due);
    }
    Some(match clocks.ladder(unanswered.priority, level) {
        Pause::Elapsed(span) => due.plus(span),
        Pause::Working(minutes) => clock::working_minutes(due, minutes),
    })
}

/// A delivery that nobody has taken, as urgent as P1 from `now` on: due by the sooner of its own deadline and `due`, that
/// of P1, its ladder in the steps of P1 from where it stood. Nobody is called twice, and nobody later than before.
pub(crate) fn raised(
    delivery: &Delivery,
    due: Option<Deadline>,
    (now, clocks): (Timestamp, &Clocks),
) -> Delivery {
    let mut raised = Delivery { priority: Priority::P1, ..delivery.clone() };
    let Some((rung, due)) = delivery.rung.zip(due) else { return raised };
    // A deadline that was missed is told already: what is left of the ladder counts from now, unless it is overdue too.
    let is_sooner = rung.level <= 1 && delivery.due.is_some_and(|own| own.at <= due.at);
    let keeps = is_sooner || rung.at <= now;
    raised.due = if keeps { delivery.due } else { Some(due) };
    let at = at_level(&raised, clocks, rung.level).map_or(rung.at, |at| at.min(rung.at));
    raised.rung = Some(Rung { at, ..rung });
    raised
}

/// Who may be called about an alert.
struct People<'a> {
    directory: &'a Directory,
    conflicts: &'a Conflicts,
    now: Timestamp,
}

impl<'a> People<'a> {
    /// Whom the level calls: nobody where the alert is kept from them (domain 5.7). At the first level the duty manager
    /// and, where the agency has one, the deputy.
    fn targets(&self, unanswered: &Delivery, level: u8) -> Vec<&'a Mailbox> {
        let Some(own) = self.directory.agency_of(&unanswered.mailbox) else { return Vec::new() };
        let head = || self.open(COUNCIL, MailboxRole::HeadOfService);
        // The last of all is called whatever is closed: somebody must be.
        let director = || self.of(COUNCIL, MailboxRole::Director);
        let is_open = |mailbox: &&Mailbox| !self.conflicts.close(&mailbox.id);
        if unanswered.row == Rule::D0 {
            let is_last = level >= last_level(unanswered);
            return if is_last { director() } else { head() }.into_iter().collect();
        }
        let desk = if clock::is_office_hours(self.now) { CADT } else { EDT };
        let one = match level {
            0 | 1 => {
                let both = [MailboxRole::Manager, MailboxRole::Deputy].into_iter();
                return both.filter_map(|role| own.mailbox(role)).filter(is_open).collect();
            }
            2 => own.mailbox(MailboxRole::Lead).filter(is_open),
            3 if partners::is_front_door(&own.code) => head(),
            3 => self.open(desk, MailboxRole::Manager).or_else(head),
            _ => director(),
        };
        one.into_iter().collect()
    }

    fn of(&self, code: &str, role: MailboxRole) -> Option<&'a Mailbox> {
        self.directory.agencies.get(&AgencyCode::try_from(code).ok()?)?.mailbox(role)
    }

    fn open(&self, code: &str, role: MailboxRole) -> Option<&'a Mailbox> {
        self.of(code, role).filter(|mailbox| !self.conflicts.close(&mailbox.id))
    }

    fn are_there(&self, mailbox: &MailboxId) -> bool {
        is_staffed(self.directory, mailbox, self.now, &self.conflicts.users)
    }
}

/// Information governance hears of a duty that nobody covered: which inbox and how late, no content.
fn tell_of_failed_cover(
    climb: &mut Climb<'_>,
    directory: &Directory,
    (unanswered, now): (&Delivery, Timestamp),
) {
    let ig = AgencyCode::try_from(HUB_IG).ok().and_then(|code| directory.agencies.get(&code));
    let Some((ig, mailbox)) = ig.and_then(|ig| Some((ig, routing::duty_mailbox(ig)?))) else {
        return;
    };
    let told = task(0, &mailbox.id, Priority::P3, now);
    let told = Delivery { letter: ig.letter, of: Some(unanswered.number), ..told };
    let number = climb.add(told);
    let notice = EventSketch::of(EventKind::NoticeSent).to(number, &mailbox.id);
    climb.events.push(notice.because("FAILED_DUTY_COVER"));
}
