//! Referrals and assessments: NI 59, NI 60, today's single assessment, NI 68 and its flow, re-referrals.

use jiff::civil::Date;

use super::facts::{Assessment, AssessmentKind, FrontDoorContact, Known, Source};
use super::figure::{Exclusion, Figure, Fold, Indicator, Same, Value, if_told, length, sift};
use super::period::Period;
use super::report::Asked;
use crate::calendar;
use crate::domain::Timestamp;

const NI_59_IN_7: Indicator =
    Indicator::new("NI 59", "initial assessments within 7 working days of referral");
const NI_59_IN_10: Indicator =
    Indicator::new("NI 59", "initial assessments within 10 working days of referral");
const NI_60: Indicator =
    Indicator::new("NI 60", "core assessments within 35 working days of their start");
const SINGLE: Indicator =
    Indicator::new("Assessments", "single assessments within 45 working days of referral");
const NI_68: Indicator =
    Indicator::new("NI 68", "referrals going on to an initial or single assessment");
const NI_68_FLOW: Indicator =
    Indicator::new("ni68_flow", "assessments completed in the period for 100 referrals received");
const REREFERRALS: Indicator =
    Indicator::new("Re-referrals", "referrals within 12 months of the one before");

/// NI 59, NI 60 and today's clock.
pub(super) fn assessments(known: &Known<Assessment>, asked: &Asked) -> Vec<Figure> {
    use AssessmentKind::{Core, Initial, Single};

    let ni_59 = if asked.ni_59_days == 10 { NI_59_IN_10 } else { NI_59_IN_7 };
    let days = if asked.ni_59_days == 10 { 10 } else { 7 };
    if_told(known, &[ni_59, NI_60, SINGLE], |all| {
        let referred: fn(&Assessment) -> Timestamp = |assessment| assessment.referred_at;
        let started: fn(&Assessment) -> Timestamp = |assessment| assessment.started_at;
        vec![
            in_time((ni_59, Initial), all, asked.period, (referred, days))
                .noting("historic: the initial assessment ended in 2013"),
            in_time((NI_60, Core), all, asked.period, (started, 35))
                .noting("historic: the core assessment ended in 2013"),
            in_time((SINGLE, Single), all, asked.period, (referred, 45)),
        ]
    })
}

/// The share completed by the end of the n-th working day; the day it counts from is day 0.
fn in_time(
    (indicator, kind): (Indicator, AssessmentKind),
    all: &[Assessment],
    period: Period,
    (from, days): (fn(&Assessment) -> Timestamp, u32),
) -> Figure {
    let by: (fn(&Assessment) -> &Source, Fold<Assessment>) =
        (|assessment| &assessment.source, Fold::BySame(same));
    let sifted =
        sift(all, by, |assessment| assessment.kind == kind && period.holds(completed(assessment)));
    let is_in_time = |assessment: &&&Assessment| {
        let due = calendar::working_days(from(assessment).to_jiff(), days);
        due.is_ok_and(|due| assessment.completed_on <= calendar::local_date(due))
    };
    let counted: Vec<&Source> =
        sifted.kept.iter().filter(is_in_time).map(|assessment| &assessment.source).collect();
    indicator.percent(&counted, &sifted.sources()).leaving_out(&sifted.left_out)
}

/// NI 68: of the referrals received in the period, those with an assessment begun by the cut-off.
pub(super) fn going_on(
    known: &Known<FrontDoorContact>,
    assessments: &Known<Assessment>,
    asked: &Asked,
) -> Vec<Figure> {
    if_told(known, &[NI_68, REREFERRALS], |contacts| {
        let referrals = Referrals::of(contacts, asked.period);
        let is_assessed = |contact: &&&FrontDoorContact| {
            contact.assessment_started_on.is_some_and(|day| day <= asked.cut_off)
        };
        let undecided = referrals.undecided > 0;
        let assessed: Vec<&Source> =
            referrals.kept.iter().filter(is_assessed).map(|contact| &contact.source).collect();
        let again: Vec<&Source> = referrals
            .kept
            .iter()
            .filter(|contact| contact.is_rereferral)
            .map(|contact| &contact.source)
            .collect();
        let all = referrals.sources();
        let open = undecided.then_some("some contacts are not decided yet");
        let ni_68 = match assessments {
            Known::NotTold(why) => NI_68.without(Value::NotComputable(why)),
            Known::Facts(_) => NI_68
                .percent(&assessed, &all)
                .leaving_out(&referrals.left_out)
                .noting("contacts wrongly counted as referrals lower it")
                .noting_if(open),
        };
        vec![
            ni_68,
            REREFERRALS.percent(&again, &all).leaving_out(&referrals.left_out).noting_if(open),
        ]
    })
}

/// The other rule: it compares two streams and may exceed 100 %.
pub(super) fn flow(
    contacts: &Known<FrontDoorContact>,
    assessments: &Known<Assessment>,
    period: Period,
) -> Vec<Figure> {
    let (contacts, assessments) = match (contacts, assessments) {
        (Known::Facts(contacts), Known::Facts(assessments)) => (contacts, assessments),
        (Known::NotTold(why), _) | (_, Known::NotTold(why)) => {
            return vec![NI_68_FLOW.without(Value::NotComputable(why))];
        }
    };
    let referrals = Referrals::of(contacts, period);
    let by: (fn(&Assessment) -> &Source, Fold<Assessment>) =
        (|assessment| &assessment.source, Fold::BySame(same));
    let completed = sift(assessments, by, |assessment| {
        assessment.kind != AssessmentKind::Core && period.holds(completed(assessment))
    });
    let counted: Vec<&Source> =
        completed.kept.iter().map(|assessment| &assessment.source).collect();
    vec![
        NI_68_FLOW
            .percent(&counted, &referrals.sources())
            .leaving_out(&referrals.left_out)
            .noting("completed in the period over received in the period: may exceed 100%"),
    ]
}

/// The referrals received in a period; contacts that became none are left out.
struct Referrals<'a> {
    kept: Vec<&'a FrontDoorContact>,
    left_out: Vec<Exclusion>,
    undecided: u64,
}

impl<'a> Referrals<'a> {
    fn of(contacts: &'a [FrontDoorContact], period: Period) -> Self {
        let by: (fn(&FrontDoorContact) -> &Source, Fold<FrontDoorContact>) =
            (|contact| &contact.source, Fold::ByEpisode);
        let sifted = sift(contacts, by, |contact| period.holds(received_on(contact)));
        let of = |became: Option<bool>| {
            let found = sifted.kept.iter().filter(|contact| contact.became_referral == became);
            found.copied().collect::<Vec<&FrontDoorContact>>()
        };
        let (kept, none, open) = (of(Some(true)), of(Some(false)), of(None));
        let mut left_out = sifted.left_out;
        let sources =
            |of: &[&'a FrontDoorContact]| of.iter().map(|it| &it.source).collect::<Vec<_>>();
        left_out.push(Exclusion::of("contact, no referral", sources(&none)));
        left_out.push(Exclusion::of("contact, not decided", sources(&open)));
        Self { kept, left_out, undecided: length(&open) }
    }

    fn sources(&self) -> Vec<&'a Source> {
        self.kept.iter().map(|contact| &contact.source).collect()
    }
}

/// A referral has one assessment of a kind, however often its end is told.
fn same(assessment: &Assessment) -> Same {
    let kind = match assessment.kind {
        AssessmentKind::Initial => "INITIAL",
        AssessmentKind::Core => "CORE",
        AssessmentKind::Single => "SINGLE",
    };
    Same(assessment.source.episode.first_alert(), kind.to_owned())
}

/// The day that says of which period it is.
fn completed(assessment: &Assessment) -> Date {
    assessment.source.counted_on(assessment.completed_on)
}

fn received_on(contact: &FrontDoorContact) -> Date {
    calendar::local_date(contact.received_at.to_jiff())
}
