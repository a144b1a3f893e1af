//! Who of an agency a person of concern is (domain 5.7, 0): the table `tests/tables/conflict.txt`, line by line.

use std::sync::Arc;

use crate::domain::alert::Conflicts;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::{Directory, RotaSlot, UserEntry};
use crate::domain::submission::RiskBand;
use crate::domain::{AlertRecord, EventKind, Priority, Role, Rule, UserId};
use crate::policy::fixtures::*;
use crate::policy::staff::{self, Named, Naming};
use crate::policy::{Clocks, Decision};

const TABLE: &str = include_str!("../../../tests/tables/conflict.txt");

/// Thursday 10:00: every desk is open.
const NOW: &str = "2026-11-19T10:00Z";
const LATER: &str = "2026-11-19T10:20Z";

fn user(id: &str) -> UserId {
    UserId::try_from(id).unwrap()
}

/// The partnership, with people at the Family Safety Unit, each called by what they do.
fn unit() -> Directory {
    let mut directory = directory();
    let unit = directory.agencies.get_mut(&code("FSU")).unwrap();
    for (id, roles) in [
        ("a-clerk", vec![Role::DirectoryAdmin]),
        ("on-the-rota", vec![Role::Sender]),
        ("a-duty-receiver", vec![Role::DutyReceiver]),
        ("a-duty-manager", vec![Role::DutyManager]),
        ("the-lead", vec![Role::SafeguardingLead]),
    ] {
        unit.users.insert(user(id), UserEntry { roles, active: true });
    }
    let (from, until) = (at("2026-11-19T08:00Z"), at("2026-11-19T20:00Z"));
    let turn = |who: &str| RotaSlot { from, until, user: user(who), deputy: None };
    unit.mailboxes[0].rota = vec![turn("a-duty-receiver"), turn("on-the-rota")];
    directory
}

/// Abuse by somebody whom the unit employs.
fn employed() -> AlertBuilder {
    abuse()
        .band(RiskBand::HighGold)
        .envelope(|envelope| envelope.employers_of_concern.push(code("FSU")))
}

fn kept() -> (AlertRecord, Decision) {
    let directory = unit();
    let alert = employed();
    let (validated, decision) = taken_in(alert.clone(), NOW, &[], &directory);
    let mut record = recorded(&alert, NOW, (&validated, &decision));
    // The lead's system has them.
    for (delivery, sequence) in record.deliveries.iter_mut().zip(1..) {
        *delivery = delivery.clone().hand_out(sequence, at(NOW)).unwrap();
    }
    (record, decision)
}

fn name(record: &AlertRecord, conflicts: &Conflicts, users: &[UserId]) -> Named {
    let (agency, by) = (code("FSU"), user("the-lead"));
    let naming = Naming { agency: &agency, users, by: &by };
    let with = (&unit(), &Clocks::DEFAULT, at(LATER));
    staff::name((record, conflicts), &naming, with).unwrap()
}

/// `FSU closed`, `FSU/lead gets it, is asked`.
fn standing(inbox: &str, record: &AlertRecord) -> String {
    let there = record.deliveries.iter().filter(|it| it.mailbox == mailbox(inbox));
    let (mut words, mut is_asked) = (Vec::new(), false);
    for delivery in there {
        match staff::is_question(delivery) {
            true if delivery.closed.is_none() => is_asked = true,
            true => {}
            false if delivery.purpose == Purpose::Alert => words = vec!["gets it"],
            false => {}
        }
    }
    words.extend(is_asked.then_some("is asked"));
    let words = if words.is_empty() { "closed".to_owned() } else { words.join(", ") };
    format!("{inbox} {words}")
}

#[test]
fn every_line_of_the_table_of_conflicts_is_what_the_hub_does() {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut count = 0;
    for line in lines {
        let (who, inboxes) = line.split_once('|').unwrap();
        let (record, decision) = kept();
        let after = match who.trim() {
            "nobody yet" => record,
            "no hub user" => name(&record, &decision.conflicts, &[]).record,
            person => {
                let named = [user(&person.replace(' ', "-"))];
                name(&record, &decision.conflicts, &named).record
            }
        };
        for said in inboxes.split(';').map(str::trim) {
            let (inbox, _) = said.split_once(' ').unwrap();
            assert_eq!(standing(inbox, &after), said, "{who}");
        }
        count += 1;
    }
    assert_eq!(count, 7);
}

#[test]
fn what_was_held_back_goes_out_by_its_own_rows_with_a_clock_that_starts_now() {
    let (record, decision) = kept();
    let by_lead = record.deliveries.iter().find(|it| it.mailbox == mailbox("FSU/lead")).unwrap();

    let named = name(&record, &decision.conflicts, &[user("a-clerk")]);

    let to_unit = named.record.deliveries.iter().find(|it| it.mailbox == mailbox("FSU")).unwrap();
    assert_eq!(to_unit.routes, by_lead.routes, "R20, as if nobody had been kept out");
    assert_eq!(by_lead.row, Rule::D0);
    assert_ne!(to_unit.row, Rule::D0);
    assert_eq!((to_unit.priority, to_unit.queued_at), (Priority::P2, at(LATER)));
    assert_eq!(to_unit.due.unwrap().at, at("2026-11-19T11:20Z"), "an hour from now");
    assert!(to_unit.rung.is_some(), "it has a ladder");
    assert!(named.conflicts.unnamed.is_empty() && named.conflicts.held.is_empty());
    assert_eq!(named.conflicts.users, [user("a-clerk")]);
    let decided = named.record.decisions.last().unwrap();
    assert_eq!((decided.mailbox.clone(), decided.row), (mailbox("FSU"), to_unit.row));
    let kinds: Vec<EventKind> = named.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::CoiApplied, EventKind::TaskDone, EventKind::Queued]);
    let said = format!("{:?}{:?}", named.events, named.record);
    assert!(!said.contains("a-clerk"), "who it is stands in no entry and not in the record");
}

#[test]
fn nobody_is_asked_where_the_sender_names_the_person_or_the_employer_takes_no_part() {
    let asked = |alert: AlertBuilder| {
        let (_, decision) = taken_in(alert, NOW, &[], &unit());
        decision.deliveries.iter().filter(|it| staff::is_question(it)).count()
    };

    assert_eq!(asked(employed()), 1);
    let named = employed().envelope(|it| it.staff_of_concern.push(user("a-clerk")));
    assert_eq!(asked(named), 0);
    assert_eq!(asked(abuse().envelope(|it| it.employers_of_concern.push(code("BAKERY")))), 0);
    assert_eq!(asked(abuse()), 0);
    // Two persons of concern and one name.
    let both = employed()
        .envelope(|it| it.employers_of_concern.push(code("FSU")))
        .envelope(|it| it.staff_of_concern.push(user("a-clerk")));
    assert_eq!(asked(both), 1);
    // A name that is not the agency's is no name.
    let wrong = employed().envelope(|it| it.staff_of_concern.push(user("u-nobody")));
    assert_eq!(asked(wrong), 1);
}

#[test]
fn whom_the_sender_excludes_no_lead_lets_in() {
    let excluded = crate::domain::submission::Exclusion::Agency(code("FSU"));
    let alert = employed().envelope(|it| it.exclude.push(excluded));
    let (validated, decision) = taken_in(alert.clone(), NOW, &[], &unit());
    let record = recorded(&alert, NOW, (&validated, &decision));

    let named = name(&record, &decision.conflicts, &[]);

    assert!(named.conflicts.close(&mailbox("FSU")));
    assert!(!named.record.deliveries.iter().any(|it| it.mailbox == mailbox("FSU")));
}

#[test]
fn news_asks_no_second_time_and_says_again_what_was_said_of_the_episode() {
    let (record, decision) = kept();
    let episode = [Arc::new(record.clone())];
    let news = |kept_from: &Conflicts| {
        taken_kept_from(employed(), LATER, (&episode, kept_from), &unit()).1
    };
    let questions = |decision: &Decision| {
        decision.deliveries.iter().filter(|it| staff::is_question(it)).count()
    };

    let waiting = news(&decision.conflicts);
    assert_eq!(questions(&waiting), 0, "the lead has been asked");
    assert!(waiting.conflicts.close(&mailbox("FSU")));
    assert!(!waiting.conflicts.held.is_empty(), "it is held back all the same");

    let named = name(&record, &decision.conflicts, &[user("a-clerk")]);
    let told = news(&named.conflicts);
    assert_eq!(questions(&told), 0);
    assert!(told.deliveries.iter().any(|it| it.mailbox == mailbox("FSU")));
    assert_eq!(told.conflicts.users, [user("a-clerk")]);

    let named = name(&record, &decision.conflicts, &[user("a-duty-receiver")]);
    let told = news(&named.conflicts);
    assert!(told.conflicts.close(&mailbox("FSU")), "the inbox serves the person");
    assert!(!told.deliveries.iter().any(|it| it.mailbox == mailbox("FSU")));
}

#[test]
fn a_question_nobody_has_received_is_taken_back() {
    let (mut record, decision) = kept();
    for delivery in &mut record.deliveries {
        delivery.state = DeliveryState::Queued;
        delivery.sequence = None;
    }

    let named = name(&record, &decision.conflicts, &[user("a-clerk")]);

    let question = named.record.deliveries.iter().find(|it| staff::is_question(it)).unwrap();
    assert!(matches!(question.state, DeliveryState::Ended(_)));

    // Where the lead is the person the lead's inbox gets nothing any more.
    let named = name(&record, &decision.conflicts, &[user("the-lead")]);
    let there = named.record.deliveries.iter().filter(|it| it.mailbox == mailbox("FSU/lead"));
    let there: Vec<&DeliveryState> = there.map(|it| &it.state).collect();
    assert!(there.iter().all(|state| matches!(state, DeliveryState::Ended(_))), "{there:?}");
}
