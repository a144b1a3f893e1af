//! Whether people were told, took and decided in time; whether every child's impact was there; on what basis copies
//! were shared.

use std::collections::BTreeMap;

use super::facts::{
    Acknowledgement, FrontDoorContact, Known, Notification, Referrer, Share, Source,
};
use super::figure::{Exclusion, Figure, Fold, Indicator, Same, if_told, sift};
use super::report::Asked;
use crate::calendar;
use crate::domain::{Priority, Timestamp};

const FEEDBACK: Indicator = Indicator::new(
    "Feedback",
    "contacts of professionals decided and answered within one working day",
);
const P1: Indicator = Indicator::new("Acknowledged", "P1 taken by a person in time");
const P2: Indicator = Indicator::new("Acknowledged", "P2 taken by a person in time");
const IMPACT: Indicator = Indicator::new(
    "Child impact",
    "domestic abuse alerts with every child's impact complete at first send",
);
const BASIS: Indicator = Indicator::new("Shares by basis", "copies shared");

/// One working day is 8 working hours [STAT-READING].
const FEEDBACK_HOURS: u32 = 8;

/// Decision and feedback within one working day of receipt.
pub(super) fn feedback(known: &Known<FrontDoorContact>, asked: &Asked) -> Vec<Figure> {
    if_told(known, &[FEEDBACK], |contacts| {
        let by: (fn(&FrontDoorContact) -> &Source, Fold<FrontDoorContact>) =
            (|it| &it.source, Fold::Each);
        let sifted = sift(contacts, by, |contact| {
            asked.period.holds(calendar::local_date(contact.received_at.to_jiff()))
        });
        let (told, public): (Vec<&&FrontDoorContact>, Vec<&&FrontDoorContact>) =
            sifted.kept.iter().partition(|contact| contact.referrer == Referrer::Professional);
        let due = |contact: &FrontDoorContact| {
            let due = calendar::working_hours(contact.received_at.to_jiff(), FEEDBACK_HOURS);
            due.ok().map(Timestamp::from)
        };
        let is_open = |contact: &FrontDoorContact| {
            due(contact).is_none_or(|due| due > asked.now) && contact.feedback_at.is_none()
        };
        let is_in_time = |contact: &&&&FrontDoorContact| {
            let by =
                |at: Option<Timestamp>| at.zip(due(contact)).is_some_and(|(at, due)| at <= due);
            by(contact.decided_at) && by(contact.feedback_at)
        };
        let counted: Vec<&Source> =
            told.iter().filter(is_in_time).map(|contact| &contact.source).collect();
        let left_out = [
            Exclusion::of("referrer is no professional", public.iter().map(|it| &it.source)),
            Exclusion::of("not due yet", told.iter().filter(|it| is_open(it)).map(|it| &it.source)),
        ];
        let judged = told.iter().filter(|contact| !is_open(contact));
        let all: Vec<&Source> = judged.map(|contact| &contact.source).collect();
        vec![
            FEEDBACK
                .percent(&counted, &all)
                .leaving_out(&sifted.left_out)
                .leaving_out(&left_out)
                .noting("one working day as 8 working hours: a local reading of a statutory time"),
        ]
    })
}

/// Urgent deliveries that a person took before their deadline.
pub(super) fn acknowledged(known: &Known<Acknowledgement>, asked: &Asked) -> Vec<Figure> {
    if_told(known, &[P1, P2], |all| {
        [(P1, Priority::P1), (P2, Priority::P2)]
            .into_iter()
            .map(|(indicator, priority)| acknowledged_of(indicator, priority, all, asked))
            .collect()
    })
}

fn acknowledged_of(
    indicator: Indicator,
    priority: Priority,
    all: &[Acknowledgement],
    asked: &Asked,
) -> Figure {
    let same = |it: &Acknowledgement| Same(it.source.event, it.recipient.to_string());
    let by: (fn(&Acknowledgement) -> &Source, Fold<Acknowledgement>) =
        (|it| &it.source, Fold::BySame(same));
    let sifted = sift(all, by, |it| {
        let day = calendar::local_date(it.queued_at.to_jiff());
        it.priority == priority && asked.period.holds(day)
    });
    let is_taken = |it: &Acknowledgement| it.acknowledged_at.is_some_and(|at| at <= it.due);
    let is_over = |it: &Acknowledgement| is_taken(it) || it.due <= asked.now;
    let is_cancelled = |it: &Acknowledgement| it.is_cancelled && !is_taken(it);
    let is_judged = |it: &Acknowledgement| !is_cancelled(it) && is_over(it);
    let those = |holds: &dyn Fn(&Acknowledgement) -> bool| -> Vec<&Source> {
        sifted.kept.iter().filter(|it| holds(it)).map(|it| &it.source).collect()
    };
    let left_out = [
        Exclusion::of("taken back before anybody answered", those(&is_cancelled)),
        Exclusion::of("not due yet", those(&|it| !is_cancelled(it) && !is_over(it))),
    ];
    indicator
        .percent(&those(&|it| is_judged(it) && is_taken(it)), &those(&is_judged))
        .leaving_out(&sifted.left_out)
        .leaving_out(&left_out)
        .noting("local targets: no statute sets inbox times")
}

/// Notifications of domestic abuse whose child impacts were all complete when they were taken.
pub(super) fn impact(known: &Known<Notification>, asked: &Asked) -> Vec<Figure> {
    if_told(known, &[IMPACT], |notifications| {
        let same = |it: &Notification| Same(it.source.event, String::new());
        let by: (fn(&Notification) -> &Source, Fold<Notification>) =
            (|it| &it.source, Fold::BySame(same));
        let sifted = sift(notifications, by, |it| asked.period.holds(it.received_on));
        let complete = sifted.kept.iter().filter(|it| it.impacts_complete);
        let complete: Vec<&Source> = complete.map(|it| &it.source).collect();
        vec![
            IMPACT
                .percent(&complete, &sifted.sources())
                .leaving_out(&sifted.left_out)
                .noting("with a child in scope; an alert that was refused counts when it is taken"),
        ]
    })
}

/// Copies shared, a line for each basis code, each of all of them.
pub(super) fn by_basis(known: &Known<Share>, asked: &Asked) -> Vec<Figure> {
    if_told(known, &[BASIS], |shares| {
        // Two alerts about one event give one recipient the same twice.
        let same = |it: &Share| Same(it.source.event, it.recipient.to_string());
        let by: (fn(&Share) -> &Source, Fold<Share>) = (|it| &it.source, Fold::BySame(same));
        let sifted = sift(shares, by, |share| asked.period.holds(share.shared_on));
        let mut codes: BTreeMap<&'static str, Vec<&Source>> = BTreeMap::new();
        for share in &sifted.kept {
            codes.entry(share.basis.unwrap_or("none stated")).or_default().push(&share.source);
        }
        let all = sifted.sources();
        let of_code = |(code, counted): (&'static str, Vec<&Source>)| {
            let line = Indicator::new("Shares by basis", code);
            line.percent(&counted, &all).part_of("copies shared").leaving_out(&sifted.left_out)
        };
        let total = BASIS.count(&all).leaving_out(&sifted.left_out);
        std::iter::once(total).chain(codes.into_iter().map(of_code)).collect()
    })
}
