//! Whatever may become of an alert after it was sent.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{agency, alert_id, body, instant, key, moment, text};
use crate::domain::after::{RecallReason, RecallStage, SameEvent, Significance, Weighed};
use crate::domain::consent::{Service, Standing};
use crate::domain::disagreement::{Answered, Raised, Said};
use crate::domain::submission::{ConsentGiver, ConsentState};
use crate::domain::{
    AfterSending, ConsentChanged, Disagreement, DisagreementStage, EpisodeId, Recalled,
};

fn recalled() -> impl Strategy<Value = Recalled> {
    (
        any::<u32>(),
        select(RecallReason::ALL),
        select(RecallStage::ALL),
        moment(),
        option::of(any::<u32>()),
        option::of(moment()),
    )
        .prop_map(|(delivery, reason, stage, at, notice, confirmed)| Recalled {
            delivery,
            reason,
            stage,
            at,
            notice,
            confirmed,
        })
}

fn raised() -> impl Strategy<Value = Raised> {
    let said = (key(), body()).prop_map(|(key, text)| Said { key, text });
    let answered = (instant(), alert_id()).prop_map(|(at, by)| Answered { at, by });
    (
        select(DisagreementStage::ALL),
        moment(),
        vec(any::<u32>(), 0..3),
        option::of(said),
        option::of(answered),
    )
        .prop_map(|(stage, at, called, said, answered)| Raised {
            stage,
            at,
            called,
            said,
            answered,
        })
}

fn disagreement() -> impl Strategy<Value = Disagreement> {
    (alert_id(), agency(), vec(raised(), 0..3))
        .prop_map(|(referral, referrer, raised)| Disagreement { referral, referrer, raised })
}

fn consent() -> impl Strategy<Value = ConsentChanged> {
    let what = (key(), select(Service::ALL), vec(agency(), 0..3), select(ConsentGiver::ALL));
    let how = (select(ConsentState::ALL), select(Standing::ALL));
    (what, how, instant(), moment(), vec(any::<u32>(), 0..3)).prop_map(
        |((key, service, agencies, giver), (state, standing), effective_at, entered, ends)| {
            ConsentChanged {
                key,
                service,
                agencies,
                giver,
                state,
                standing,
                effective_at,
                entered,
                ends,
            }
        },
    )
}

fn weighed() -> impl Strategy<Value = Weighed> {
    (any::<u32>(), select(Significance::ALL), moment())
        .prop_map(|(person, significance, at)| Weighed { person, significance, at })
}

pub(super) fn after() -> impl Strategy<Value = AfterSending> {
    (
        option::of(alert_id()),
        option::of(alert_id()),
        vec(text(), 0..3),
        vec(recalled(), 0..3),
        vec(disagreement(), 0..2),
        vec(consent(), 0..2),
        (same_event(), vec(weighed(), 0..3)),
    )
        .prop_map(
            |(supersedes, superseded_by, changed, recalls, disagreements, consents, last)| {
                let (same_event, weighed) = last;
                AfterSending {
                    supersedes,
                    superseded_by,
                    changed,
                    recalls,
                    disagreements,
                    consents,
                    same_event,
                    weighed,
                }
            },
        )
}

fn same_event() -> impl Strategy<Value = SameEvent> {
    (option::of(alert_id()), vec(alert_id(), 0..3), option::of(alert_id())).prop_map(
        |(earlier, later, split_from)| {
            let split_from = split_from.map(EpisodeId::from);
            SameEvent { earlier, later, split_from }
        },
    )
}
