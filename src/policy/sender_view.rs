//! What a sender may see of the way of its own alert (domain 5.3a).
//!
//! A delivery is named only if the sender could foresee it from the kind. Everything else is one line, the front
//! door's, so that status never tells a sender that a refuge, a lead or another council is involved. Made from the
//! alert's record, so that the same key gives the same answer whenever it is asked.

use crate::calendar;
use crate::domain::after::{RecallStage, Recalled};
use crate::domain::alert::{AlertStatus, Gap, Timer, TimerKind, TimerState};
use crate::domain::codes::code_list;
use crate::domain::decision::{ShareOutcome, SharingDecision};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::{Agency, Cover, Directory, Mailbox, MailboxRole};
use crate::domain::referral::OwnReport;
use crate::domain::{AgencyCode, AlertRecord, Delivery, Letter, MailboxId, Rule, Timestamp, View};

use super::advised::advised;
use super::escalation;
use super::partners::{CADT, COUNCIL, EDT, MERPOL};
use super::recall;
use super::routing::duty_mailbox;

/// The name of the one line that stands for every delivery the sender may not see.
pub const FRONT_DOOR: &str = "front door";

/// One delivery under the name the sender may know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisibleDelivery {
    /// The mailbox, or [`FRONT_DOOR`].
    pub name: String,
    /// The delivery, where it is named.
    pub named: Option<u32>,
    /// The delivery, or the least advanced of those that the line stands for.
    pub delivery: Delivery,
    /// Nobody has acknowledged in time: phone them.
    pub overdue: bool,
    /// It could not be delivered, and nobody has fetched it or taken it since: phone them now.
    pub failed: bool,
    /// The duty phone.
    pub phone: String,
}

code_list! {
    /// What a sender must know; numbers as in the contract.
    NoticeCode {
        /// This does not replace 999 or a phone call.
        Not999 = 1 => "NOT_999",
        /// Nobody has answered: phone.
        Phone = 2 => "PHONE",
        /// This is not a report to the police.
        NotAPoliceReport = 3 => "NOT_A_POLICE_REPORT",
        /// The hub raised the priority or the risk.
        PriorityRaised = 4 => "PRIORITY_RAISED",
        /// A recipient is closed and nobody stands in.
        RecipientClosed = 5 => "RECIPIENT_CLOSED",
        /// A recipient got nothing, by a named row.
        NotShared = 6 => "NOT_SHARED",
        /// A field alone was refused; the rest was taken.
        FieldRefused = 7 => "FIELD_REFUSED",
        /// Hub time is simulated.
        Simulated = 9 => "SIMULATED",
        /// The law asks for a report of the sender's own.
        OwnReport = 22 => "OWN_REPORT",
        /// By when the front door must have decided.
        DecisionDue = 23 => "DECISION_DUE",
        /// Another alert of the sender took its place.
        Superseded = 20 => "SUPERSEDED",
        /// The sender recalled it from everybody.
        Recalled = 21 => "RECALLED",
        /// A child told of harm: a CONCERN is sent besides.
        SendConcern = 30 => "SEND_CONCERN",
        /// Whoever held the interview is not independent.
        InterviewerNotIndependent = 31 => "INTERVIEWER_NOT_INDEPENDENT",
        /// A parent refused: the child is asked directly.
        OfferToChildDirectly = 32 => "OFFER_TO_CHILD_DIRECTLY",
        /// The kind is never urgent.
        UrgentInConcern = 33 => "URGENT_IN_CONCERN",
        /// A concern fits a kind of its own.
        KindMismatch = 35 => "KIND_MISMATCH",
        /// Another alert told of the same event.
        SameEvent = 60 => "SAME_EVENT",
        /// Recorded; goes to nobody.
        RecordedOnly = 34 => "RECORDED_ONLY",
    }
}

/// Something a sender must know, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Which.
    pub code: NoticeCode,
    /// The words.
    pub text: String,
}

/// Whom to phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DutyContact {
    /// The mailbox, or [`FRONT_DOOR`].
    pub name: String,
    /// The number.
    pub phone: String,
}

/// The deliveries of `alert` as its sender may see them, rungs of the ladder left out.
#[must_use]
pub fn deliveries(
    alert: &AlertRecord,
    directory: &Directory,
    now: Timestamp,
) -> Vec<VisibleDelivery> {
    let mut seen = Vec::new();
    let mut folded: Option<Delivery> = None;
    for delivery in told(alert) {
        let answered = as_answered(alert, delivery);
        if is_foreseen(alert, delivery, directory) {
            let name = delivery.mailbox.to_string();
            let phone = phone_of(directory, &delivery.mailbox);
            seen.push(line(alert, (name, Some(delivery.number)), answered, (phone, now)));
        } else {
            folded = Some(match folded {
                Some(known) if advance(&known) <= advance(&answered) => known,
                Some(_) | None => answered,
            });
        }
    }
    if let Some(least) = folded {
        let phone = front_door_phone(alert, directory, now);
        seen.push(line(alert, (FRONT_DOOR.to_owned(), None), least, (phone, now)));
    }
    seen
}

/// The names under which the sender knows the recipients, each with the numbers of the deliveries it stands for: one
/// where it is a mailbox, all that are not told by name where it is [`FRONT_DOOR`].
#[must_use]
pub fn lines(alert: &AlertRecord, directory: &Directory) -> Vec<(String, Vec<u32>)> {
    let mut lines: Vec<(String, Vec<u32>)> = Vec::new();
    for delivery in told(alert) {
        let name = match is_foreseen(alert, delivery, directory) {
            true => delivery.mailbox.to_string(),
            false => FRONT_DOOR.to_owned(),
        };
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, numbers)) => numbers.push(delivery.number),
            None => lines.push((name, vec![delivery.number])),
        }
    }
    lines
}

/// What became of a recall at one recipient, under the name the sender may know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisibleRecall {
    /// The mailbox, or [`FRONT_DOOR`].
    pub name: String,
    /// The furthest that a copy had come, of the duty desk or of whom the ladder called in its agency.
    pub stage: RecallStage,
    /// When everybody who has seen it had confirmed to have stopped; none before, and where nobody has seen it.
    pub confirmed: Option<Timestamp>,
    /// The duty phone.
    pub phone: String,
}

/// What became of the recall of `alert` at each recipient the sender may know of (domain 5.3a).
#[must_use]
pub fn recalls(alert: &AlertRecord, directory: &Directory, now: Timestamp) -> Vec<VisibleRecall> {
    let of_line = |(name, numbers): (String, Vec<u32>)| {
        let is_of = |recalled: &&Recalled| {
            let delivery = alert.delivery(recalled.delivery);
            let of = delivery.and_then(|delivery| delivery.of).unwrap_or(recalled.delivery);
            let is_whole = delivery.is_some_and(|delivery| delivery.view != View::Ladder);
            is_whole && (numbers.contains(&recalled.delivery) || numbers.contains(&of))
        };
        let recalled: Vec<&Recalled> = alert.after.recalls.iter().filter(is_of).collect();
        let stage = recalled.iter().map(|recalled| recalled.stage).max()?;
        let confirmed = match recalled.iter().any(|recalled| recalled.is_open()) {
            true => None,
            false => recalled
                .iter()
                .filter_map(|recalled| recalled.confirmed.as_ref())
                .max_by_key(|moment| moment.at),
        };
        let mailbox = match name == FRONT_DOOR {
            true => None,
            false => numbers.first().and_then(|number| alert.delivery(*number)),
        };
        let phone = mailbox.map_or_else(
            || front_door_phone(alert, directory, now),
            |delivery| phone_of(directory, &delivery.mailbox),
        );
        Some(VisibleRecall { name, stage, confirmed: confirmed.map(|moment| moment.at), phone })
    };
    lines(alert, directory).into_iter().filter_map(of_line).collect()
}

/// What the sender must know when the alert was taken.
#[must_use]
pub fn notices(alert: &AlertRecord, directory: &Directory, simulated: bool) -> Vec<Notice> {
    let mut notices = unreachable(alert, directory);
    let mut say = |code, text: String| notices.push(Notice { code, text });
    if alert.priority.is_urgent() {
        say(
            NoticeCode::Not999,
            "This does not replace 999 or a phone call. In danger call 999; phone the duty numbers below."
                .to_owned(),
        );
    }
    // A missing report from anyone but the police is not a report to them.
    if alert.kind.is_missing() && alert.sender.as_str() != MERPOL {
        let text = "This is not a report to the police: ring 101, in danger 999.";
        say(NoticeCode::NotAPoliceReport, text.to_owned());
    }
    if let Some(text) = raised(alert) {
        say(NoticeCode::PriorityRaised, text);
    }
    for gap in alert.gaps.iter().filter(|gap| gap.rule == Rule::GAP4) {
        let text = format!(
            "{} was refused alone: a lower risk needs an inspector or above. The rest was taken, the risk stays.",
            gap.path
        );
        say(NoticeCode::FieldRefused, text);
    }
    if alert.kind.is_kept_only() {
        say(NoticeCode::RecordedOnly, "Recorded. It goes to nobody.".to_owned());
    }
    for advice in &alert.advice {
        let (code, text) = advised(*advice);
        say(code, text.to_owned());
    }
    if let Some(text) = closed_recipient(alert, directory) {
        say(NoticeCode::RecipientClosed, text);
    }
    for decision in &alert.decisions {
        let foreseen = is_foreseen_letter(alert, decision.letter, directory)
            || is_listed(&decision.routes)
            || same_organisation(alert, &decision.mailbox, directory);
        if decision.outcome == ShareOutcome::Withhold && foreseen {
            say(NoticeCode::NotShared, not_shared(alert, decision, directory));
        }
    }
    if let Some(referral) = &alert.referral {
        let mut add = |notice: Option<Notice>| notices.extend(notice);
        add(own_report(referral.own_report));
        add(decision_due(alert));
    }
    let mut say = |code, text: String| notices.push(Notice { code, text });
    if alert.after.same_event.is_linked() {
        // Which agency is nothing a sender may learn by it (domain 5.3a).
        let text = format!(
            "Another alert told of the same event: both are kept, in episode {}, and count as one. If these are two \
             events, phone the front door.",
            alert.episode
        );
        say(NoticeCode::SameEvent, text);
    }
    if let Some(by) = alert.after.superseded_by {
        say(NoticeCode::Superseded, format!("Superseded by alert {by}: follow that one."));
    }
    if recall::is_recalled(alert) {
        let text = "Recalled from everybody. If somebody is still at risk, send another and phone.";
        say(NoticeCode::Recalled, text.to_owned());
    }
    if simulated {
        say(NoticeCode::Simulated, "SIMULATED: this hub's time is not real.".to_owned());
    }
    notices
}

/// Whom to phone now because the hub cannot deliver to them, where it is urgent (domain 9, S20).
fn unreachable(alert: &AlertRecord, directory: &Directory) -> Vec<Notice> {
    let failed = deliveries(alert, directory, alert.received_at)
        .into_iter()
        .filter(|seen| seen.failed && seen.delivery.priority.is_urgent());
    let phone = |VisibleDelivery { name, phone, .. }| Notice {
        code: NoticeCode::Phone,
        text: format!("{name} cannot be reached by the hub: phone now, {phone}."),
    };
    failed.map(phone).collect()
}

/// Which row, and where advice is to be had: a duty to share matters as much as confidence (Caldicott 7).
fn not_shared(alert: &AlertRecord, decision: &SharingDecision, directory: &Directory) -> String {
    let why = format!("Not shared with {} by {}.", decision.mailbox, decision.row);
    let reason = if decision.row == Rule::D14 {
        "The parent does not agree, and no reason says why the child may be at risk or why nobody was asked. If you \
         are worried about harm, say so and send it again."
    } else if decision.row == Rule::D17 {
        "The adult has not agreed."
    } else if decision.row == Rule::D13 {
        "It rests on agreement, and none that counts is recorded for them. Suspected harm is a concern of its own."
    } else if decision.row == Rule::D99 {
        "No rule shares this kind with them."
    } else {
        return why;
    };
    format!(
        "{why} {reason} Seek advice: {}.",
        front_door_phone(alert, directory, alert.received_at)
    )
}

fn own_report(owed: OwnReport) -> Option<Notice> {
    let text = match owed {
        OwnReport::None => return None,
        OwnReport::Fgm => {
            "Female genital mutilation: your own 101 report is still required by law; this message does not make it."
        }
    };
    Some(Notice { code: NoticeCode::OwnReport, text: text.to_owned() })
}

/// Both times of a statutory clock that is read locally (domain 5.5).
fn decision_due(alert: &AlertRecord) -> Option<Notice> {
    let is_due = |timer: &Timer| timer.kind == TimerKind::ReferralDecisionDue;
    alert.timers.iter().find(|timer| is_due(timer))?;
    let day = calendar::one_working_day(alert.received_at.to_jiff()).ok()?;
    let text = format!("The front door decides and tells you: {day}.");
    Some(Notice { code: NoticeCode::DecisionDue, text })
}

/// What the hub took more urgently than its sender stated it, if anything.
fn raised(alert: &AlertRecord) -> Option<String> {
    let contradicted = alert.gaps.iter().filter(|gap| gap.rule == Rule::GAP2);
    let mut paths: Vec<&str> = contradicted.map(|gap| gap.path.as_str()).collect();
    paths.extend(alert.raised.iter().map(String::as_str));
    paths.sort_unstable();
    paths.dedup();
    if paths.is_empty() {
        return None;
    }
    let risk = alert.risk.map(|risk| format!(" and risk {risk}")).unwrap_or_default();
    Some(format!(
        "The hub took more than was stated in {}: it goes at {}{risk}.",
        paths.join(", "),
        alert.priority
    ))
}

/// Whom to phone now because nobody has acknowledged in time.
#[must_use]
pub fn overdue(alert: &AlertRecord, directory: &Directory, now: Timestamp) -> Vec<Notice> {
    let late = deliveries(alert, directory, now).into_iter().filter(|seen| seen.overdue);
    let unanswered = late.map(|seen| Notice {
        code: NoticeCode::Phone,
        text: format!("{} has not acknowledged in time: phone {}.", seen.name, seen.phone),
    });
    let is_missed = |timer: &&Timer| {
        timer.kind == TimerKind::ReferralDecisionDue && timer.state == TimerState::Fired
    };
    let undecided = alert.timers.iter().filter(is_missed).map(|_| Notice {
        code: NoticeCode::Phone,
        text: format!(
            "The decision is overdue: phone {}.",
            front_door_phone(alert, directory, now)
        ),
    });
    unanswered.chain(undecided).chain(unanswered_questions(alert, directory, now)).collect()
}

/// A question whose time has passed (R55): whoever was asked, where the sender may know that it was; else the front door.
fn unanswered_questions(
    alert: &AlertRecord,
    directory: &Directory,
    now: Timestamp,
) -> Option<Notice> {
    const CLOCKS: [TimerKind; 3] =
        [TimerKind::AnswerDueRed, TimerKind::AnswerDueAmber, TimerKind::AnswerDueGreen];
    let is_missed =
        |timer: &&Timer| CLOCKS.contains(&timer.kind) && timer.state == TimerState::Fired;
    let missed = alert.timers.iter().find(is_missed)?;
    let asked = told(alert)
        .filter(|delivery| is_foreseen(alert, delivery, directory))
        .find(|delivery| Some(delivery.number) == missed.delivery);
    let phone = asked.map_or_else(
        || front_door_phone(alert, directory, now),
        |delivery| phone_of(directory, &delivery.mailbox),
    );
    Some(Notice { code: NoticeCode::Phone, text: format!("The answer is overdue: phone {phone}.") })
}

/// Whom to phone about an urgent alert; nobody for a routine one.
#[must_use]
pub fn contacts(alert: &AlertRecord, directory: &Directory) -> Vec<DutyContact> {
    if !alert.priority.is_urgent() {
        return Vec::new();
    }
    let front_door = || DutyContact {
        name: FRONT_DOOR.to_owned(),
        phone: front_door_phone(alert, directory, alert.received_at),
    };
    let mut contacts: Vec<DutyContact> = Vec::new();
    for delivery in told(alert).filter(|delivery| delivery.priority.is_urgent()) {
        let contact = if is_foreseen(alert, delivery, directory) {
            let phone = phone_of(directory, &delivery.mailbox);
            DutyContact { name: delivery.mailbox.to_string(), phone }
        } else {
            front_door()
        };
        if !contacts.contains(&contact) {
            contacts.push(contact);
        }
    }
    // Who answers in a desk's place is not told of, but the sender must have somebody to phone.
    if is_front_door_conflicted(alert) && !contacts.contains(&front_door()) {
        contacts.push(front_door());
    }
    contacts
}

/// Whether the sender still owes something: gaps that are not filled.
#[must_use]
pub fn open_gaps(alert: &AlertRecord) -> &[Gap] {
    match alert.status {
        AlertStatus::AcceptedIncomplete => &alert.gaps,
        AlertStatus::Accepted | AlertStatus::Completed => &[],
    }
}

/// The delivery that has come least far among those that [`deliveries`] tells of, by name or in the one line.
#[must_use]
pub fn least_advanced(alert: &AlertRecord) -> Option<Delivery> {
    told(alert).map(|delivery| as_answered(alert, delivery)).min_by_key(advance)
}

/// The delivery as it stands for the sender: where a person whom the ladder called in that agency has taken it, it is
/// taken. Who took over from outside has not acknowledged it for the agency.
fn as_answered(alert: &AlertRecord, delivery: &Delivery) -> Delivery {
    let answer = escalation::answer_to(alert, delivery.number);
    let inside = answer.filter(|answer| !escalation::takes_over(alert, answer));
    let acknowledged = inside.and_then(|answer| answer.acknowledged.clone());
    match (&delivery.state, acknowledged) {
        (DeliveryState::Ended(_), _) | (_, None) => delivery.clone(),
        (DeliveryState::Queued | DeliveryState::Delivered, Some(acknowledged)) => Delivery {
            state: DeliveryState::Delivered,
            acknowledged: Some(acknowledged),
            ..delivery.clone()
        },
    }
}

/// The deliveries that the sender hears of, by name or in the one line: none made under D0.
fn told(alert: &AlertRecord) -> impl Iterator<Item = &Delivery> {
    original(alert).filter(|delivery| delivery.row != Rule::D0)
}

fn original(alert: &AlertRecord) -> impl Iterator<Item = &Delivery> {
    alert.deliveries.iter().filter(|delivery| match delivery.purpose {
        Purpose::Alert | Purpose::OutOfHoursCopy => true,
        Purpose::Level1
        | Purpose::Level2
        | Purpose::Level3
        | Purpose::Level4
        | Purpose::Task
        | Purpose::Recall => false,
    })
}

fn line(
    alert: &AlertRecord,
    (name, named): (String, Option<u32>),
    delivery: Delivery,
    (phone, now): (String, Timestamp),
) -> VisibleDelivery {
    // Who declines sends the alert to the duty manager at once, before its deadline.
    let is_called = delivery.due.is_some_and(|due| due.at <= now || delivery.declined.is_some());
    let late = is_called && !escalation::is_answered(alert, delivery.number);
    let ended = matches!(delivery.state, DeliveryState::Ended(_));
    let failed = delivery.failed.is_some()
        && delivery.state == DeliveryState::Queued
        && !escalation::is_answered(alert, delivery.number);
    VisibleDelivery { name, named, delivery, overdue: late && !ended, failed, phone }
}

fn is_foreseen(alert: &AlertRecord, delivery: &Delivery, directory: &Directory) -> bool {
    let notice_it_sent = delivery.letter == Letter::E && delivery.row == Rule::D2;
    // A decision goes where its sender said: whom it names, and the referrer.
    let it_named = is_listed(&delivery.routes) || delivery.view == View::Feedback;
    notice_it_sent
        || it_named
        || is_foreseen_letter(alert, delivery.letter, directory)
        || same_organisation(alert, &delivery.mailbox, directory)
}

/// Whom its sender listed: to whom a decision hands on, whom a question asks, who asked, whom a family agreed to.
fn is_listed(routes: &[Rule]) -> bool {
    const LISTED: [Rule; 4] = [Rule::R52, Rule::R55, Rule::R56, Rule::R60];
    routes.iter().any(|rule| LISTED.contains(rule))
}

fn is_foreseen_letter(alert: &AlertRecord, letter: Letter, directory: &Directory) -> bool {
    let sender = directory.agencies.get(&alert.sender).map(|agency| agency.letter);
    match letter {
        // K is an agency that the sender listed itself.
        Letter::C | Letter::P | Letter::R | Letter::K => true,
        Letter::F | Letter::M => matches!(sender, Some(Letter::P | Letter::F | Letter::M)),
        Letter::CL
        | Letter::A
        | Letter::H1
        | Letter::H2
        | Letter::N
        | Letter::S
        | Letter::E
        | Letter::Y
        | Letter::L
        | Letter::X
        | Letter::D
        | Letter::Z
        | Letter::T
        | Letter::G => false,
    }
}

fn same_organisation(alert: &AlertRecord, mailbox: &MailboxId, directory: &Directory) -> bool {
    let organisation = |agency: Option<&Agency>| agency.and_then(|a| a.organisation.clone());
    let sender = organisation(directory.agencies.get(&alert.sender));
    sender.is_some() && sender == organisation(directory.agency_of(mailbox))
}

/// Where no front door stands in for a closed recipient, the sender is told until when (domain 5.1); by which name, only
/// if it could foresee the recipient.
fn closed_recipient(alert: &AlertRecord, directory: &Directory) -> Option<String> {
    if !alert.priority.is_urgent() || original(alert).any(|d| d.letter == Letter::C) {
        return None;
    }
    let closed = told(alert).find(|delivery| {
        let cover = directory.mailbox(&delivery.mailbox).map(|mailbox: &Mailbox| mailbox.cover);
        let staffed = cover == Some(Cover::AllHours)
            || calendar::is_office_hours(delivery.queued_at.to_jiff());
        delivery.priority.is_urgent() && !staffed
    })?;
    let opens = calendar::next_office_opening(closed.queued_at.to_jiff()).ok()?;
    let opens = calendar::on_screen(opens);
    let name = if is_foreseen(alert, closed, directory) {
        closed.mailbox.as_str()
    } else {
        "Who has to act on this"
    };
    Some(format!(
        "{name} is closed until {opens}: phone 999 in danger, else the National Domestic Abuse Helpline 0808 2000 247.",
    ))
}

fn phone_of(directory: &Directory, mailbox: &MailboxId) -> String {
    directory.mailbox(mailbox).map(|mailbox| mailbox.phone.clone()).unwrap_or_default()
}

/// The number of the desk that holds the alert, else of the one that is staffed at `at`; where a person of concern works
/// there, of the senior on call (domain 5.3a): a warning never reaches the person it is about.
fn front_door_phone(alert: &AlertRecord, directory: &Directory, at: Timestamp) -> String {
    let agency = |code: &str| directory.agencies.get(&AgencyCode::try_from(code).ok()?);
    let senior = || agency(COUNCIL)?.mailbox(MailboxRole::HeadOfService);
    let is_held_by_edt = || {
        told(alert).any(|delivery| {
            delivery.purpose == Purpose::Alert && delivery.mailbox.agency_code() == EDT
        })
    };
    let is_day = calendar::is_office_hours(at.to_jiff());
    let desk = if is_day && !is_held_by_edt() { CADT } else { EDT };
    let on_desk = || agency(desk).or_else(|| agency(CADT)).and_then(duty_mailbox);
    let mailbox =
        if is_front_door_conflicted(alert) { senior().or_else(on_desk) } else { on_desk() };
    mailbox.map(|mailbox| mailbox.phone.clone()).unwrap_or_default()
}

/// Whether a conflict of interest took the alert from one of the front door's two desks. Only then does D0 name their
/// lead or the senior on call; the record says no more of it.
fn is_front_door_conflicted(alert: &AlertRecord) -> bool {
    alert.decisions.iter().any(|decision| {
        let stands_in = matches!(decision.mailbox.agency_code(), CADT | COUNCIL);
        decision.row == Rule::D0 && stands_in
    })
}

/// How far a delivery has come, for folding: the least advanced stands for all.
fn advance(delivery: &Delivery) -> u8 {
    match delivery.state {
        DeliveryState::Queued => 0,
        DeliveryState::Delivered if delivery.is_acknowledged() => 4,
        DeliveryState::Delivered if delivery.opened.is_some() => 3,
        DeliveryState::Delivered if delivery.confirmed.is_some() => 2,
        DeliveryState::Delivered => 1,
        DeliveryState::Ended(_) => 5,
    }
}
