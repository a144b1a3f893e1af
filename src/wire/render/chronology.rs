//! One line of a chronology: out of a copy that is cut already, and of nothing else.

use prost::Message as _;

use super::{delivery_state, kind_in, timestamp, v1};
use crate::domain::after::Significance;
use crate::domain::{AlertKind, AlertRecord, Delivery, Stage, Way};
use crate::policy::views::{Cut, may_see};

/// The line of an alert as its copy shows it; the person is the one at `place` among the copy's subjects.
#[must_use]
pub fn chronology_line(
    alert: &AlertRecord,
    delivery: &Delivery,
    (cut, place): (&Cut, usize),
) -> v1::ChronologyLine {
    let bare = v1::ChronologyLine {
        kind: kind_in(cut.view, alert.kind).into(),
        older: false,
        ..older_line(alert, delivery)
    };
    // Cut by the hub from bytes it has parsed: it decodes.
    let Ok(body) = v1::Alert::decode(cut.body.as_slice()) else { return bare };
    let Some(envelope) = &body.envelope else { return bare };
    v1::ChronologyLine {
        occurred_at: envelope.occurred_at,
        occurred_precision: envelope.occurred_precision,
        standing: standing(cut, alert.kind, &body).into(),
        child_words: child_words((alert.kind, cut), (envelope, &body), place),
        actions: envelope.immediate_actions.clone(),
        outcome: outcome(&body),
        significance: significance(alert, (cut, place)).into(),
        ..bare
    }
}

/// What the front door has said of this person. It is kept by the place among all whom the alert mentions.
fn significance(alert: &AlertRecord, (cut, place): (&Cut, usize)) -> v1::Significance {
    let said = cut.subjects.get(place).and_then(|person| alert.after.significance_of(*person));
    match said {
        Some(Significance::Low) => v1::Significance::Low,
        Some(Significance::Medium) => v1::Significance::Medium,
        Some(Significance::High) => v1::Significance::High,
        None => v1::Significance::Unspecified,
    }
}

/// The line of an alert whose content is gone, or whose copy has ended: date, kind, agency and outcome.
#[must_use]
pub fn older_line(alert: &AlertRecord, delivery: &Delivery) -> v1::ChronologyLine {
    v1::ChronologyLine {
        alert_id: alert.id.to_string(),
        delivery_id: format!("{}.{}", alert.id, delivery.number),
        queued_at: Some(timestamp(delivery.queued_at)),
        sender_agency: alert.sender.to_string(),
        kind: kind_in(delivery.view, alert.kind).into(),
        outcome: stage(alert, delivery),
        state: delivery_state(delivery).into(),
        older: true,
        exercise: alert.exercise,
        ..v1::ChronologyLine::default()
    }
}

/// The stage is kept beside the content and tells what the content told.
fn stage(alert: &AlertRecord, delivery: &Delivery) -> String {
    let path = match alert.stage.map(Stage::way) {
        Some(Way::Interview) => "alert.return_interview.state",
        Some(Way::Pathway) => "alert.alcohol_pathway.state",
        Some(Way::FamilyHelp) => "alert.family_help.status",
        Some(Way::PlaceOfSafety) => "alert.place_of_safety.released_at",
        None => return String::new(),
    };
    let is_seen = may_see(alert.kind, delivery.letter, delivery.view, path);
    alert.stage.filter(|_| is_seen).map(|stage| Stage::as_str(stage).to_owned()).unwrap_or_default()
}

/// What a line rests on. Where the kind does not settle it, what the alert itself says; a view that does not hold the
/// answer is told none.
fn standing(cut: &Cut, kind: AlertKind, body: &v1::Alert) -> v1::LineStanding {
    if kind_in(cut.view, kind) == v1::AlertKind::Unspecified {
        return v1::LineStanding::Unspecified;
    }
    match kind {
        AlertKind::MissingFound
        | AlertKind::MissingCancelled
        | AlertKind::RhiUpdate
        | AlertKind::AlcoholAttendance
        | AlertKind::AlcoholPathway
        | AlertKind::MaracOutcome
        | AlertKind::PlaceOfSafety
        | AlertKind::OperationReport
        | AlertKind::ReferralDecision
        | AlertKind::Feedback
        | AlertKind::AssessmentCompleted
        | AlertKind::CafRegistered
        | AlertKind::TacUpdate
        | AlertKind::InformationRequest
        | AlertKind::NotSharedRecord => v1::LineStanding::Fact,
        AlertKind::MissingReported | AlertKind::MissingUpdated | AlertKind::DvNotification => {
            v1::LineStanding::Report
        }
        AlertKind::MaracReferral
        | AlertKind::CscContact
        | AlertKind::CscReferral
        | AlertKind::InformationResponse => v1::LineStanding::Mixed,
        AlertKind::Concern => match &body.body {
            Some(v1::alert::Body::Concern(concern)) => by_source(concern.source()),
            _ => v1::LineStanding::Unspecified,
        },
    }
}

const fn by_source(source: v1::ConcernSource) -> v1::LineStanding {
    match source {
        v1::ConcernSource::FirstHand => v1::LineStanding::Mixed,
        v1::ConcernSource::ReportedByOther
        | v1::ConcernSource::Online
        | v1::ConcernSource::Anonymous => v1::LineStanding::Report,
        v1::ConcernSource::Unspecified => v1::LineStanding::Unspecified,
    }
}

/// The words of this person. The envelope's are those of the child the alert is about, or of its only child; in an alert
/// of several each child has its own.
fn child_words(
    (kind, cut): (AlertKind, &Cut),
    (envelope, body): (&v1::Envelope, &v1::Alert),
    place: usize,
) -> Vec<String> {
    let person = envelope.subjects.get(place);
    // Domestic abuse and MARAC are about the victim; a victim's words are no child's.
    let is_about_child = !(kind.is_marac() || kind == AlertKind::DvNotification);
    let is_it = |it: &v1::Person| is_about_child && it.subject_role() == v1::SubjectRole::Primary;
    let is_child = |it: &v1::Person| {
        use v1::SubjectRole::{OtherChild, Sibling, Unborn};
        is_it(it) || matches!(it.subject_role(), Sibling | OtherChild | Unborn)
    };
    let children = envelope.subjects.iter().filter(|it| is_child(it)).count();
    let is_only_child = |it: &v1::Person| is_child(it) && children == 1 && cut.other_children == 0;
    let mut words: Vec<&String> = Vec::new();
    if person.is_some_and(|it| is_it(it) || is_only_child(it)) {
        words.extend([&envelope.child_voice, &envelope.voice_for_school]);
    }
    let reference = person.map(|person| person.person_ref.as_str()).unwrap_or_default();
    let impacts = match &body.body {
        Some(v1::alert::Body::DomesticViolence(notice)) => notice.child_impacts.as_slice(),
        Some(v1::alert::Body::MaracReferral(referral)) => referral.child_impacts.as_slice(),
        Some(v1::alert::Body::MaracOutcome(outcome)) => outcome.child_impacts.as_slice(),
        _ => &[],
    };
    let own = impacts.iter().filter(|it| !reference.is_empty() && it.child_ref == reference);
    words.extend(own.flat_map(|impact| [&impact.child_voice, &impact.voice_for_school]));
    words.into_iter().filter(|words| !words.is_empty()).cloned().collect()
}

/// What came of it, as the kind tells it: a code of the contract. Empty where the view holds none.
fn outcome(body: &v1::Alert) -> String {
    use v1::alert::Body;

    let (name, list) = match &body.body {
        Some(Body::Missing(it)) => (it.found_how().as_str_name(), "FOUND_HOW_"),
        Some(Body::ReturnInterview(it)) if it.outcome() != v1::InterviewOutcome::Unspecified => {
            (it.outcome().as_str_name(), "INTERVIEW_OUTCOME_")
        }
        Some(Body::ReturnInterview(it)) => (it.state().as_str_name(), "INTERVIEW_STATE_"),
        Some(Body::AlcoholPathway(it)) => (it.state().as_str_name(), "PATHWAY_STATE_"),
        Some(Body::ReferralDecision(it)) => (it.decision().as_str_name(), "REFERRAL_OUTCOME_"),
        Some(Body::Feedback(it)) => (it.decision().as_str_name(), "REFERRAL_OUTCOME_"),
        Some(Body::FamilyHelp(it)) => (it.status().as_str_name(), "FAMILY_HELP_STATUS_"),
        Some(Body::InformationResponse(it)) => (it.outcome().as_str_name(), "ANSWER_OUTCOME_"),
        _ => return String::new(),
    };
    let word = name.strip_prefix(list).unwrap_or(name);
    if word == "UNSPECIFIED" { String::new() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::View;
    use crate::record::sample;

    fn child(reference: &str, role: v1::SubjectRole) -> v1::Person {
        v1::Person {
            person_ref: reference.to_owned(),
            subject_role: role.into(),
            ..v1::Person::default()
        }
    }

    fn cut(kind: v1::AlertKind, subjects: Vec<v1::Person>, body: v1::alert::Body) -> Cut {
        let envelope = v1::Envelope {
            kind: kind.into(),
            child_voice: "of the child it is about".to_owned(),
            subjects,
            ..v1::Envelope::default()
        };
        let alert = v1::Alert { envelope: Some(envelope), body: Some(body), hub: None };
        Cut {
            view: View::Standard,
            body: alert.encode_to_vec(),
            redactions: Vec::new(),
            sealed: Vec::new(),
            banners: Vec::new(),
            other_children: 0,
            subjects: Vec::new(),
        }
    }

    fn words(kind: AlertKind, cut: &Cut, place: usize) -> Vec<String> {
        let record = AlertRecord { kind, ..sample::alert() };
        chronology_line(&record, &record.deliveries[0], (cut, place)).child_words
    }

    #[test]
    fn each_child_has_its_own_words_and_nobody_a_brothers() {
        use v1::SubjectRole::{OtherChild, Primary, Sibling};

        let impact = |child_ref: &str, child_voice: &str| v1::ChildImpact {
            child_ref: child_ref.to_owned(),
            child_voice: child_voice.to_owned(),
            ..v1::ChildImpact::default()
        };
        let notice = v1::alert::Body::DomesticViolence(v1::DomesticViolenceNotification {
            child_impacts: vec![impact("2", "hers"), impact("3", "his"), impact("", "nobody's")],
            ..v1::DomesticViolenceNotification::default()
        });
        let people = vec![child("1", Primary), child("2", Sibling), child("3", OtherChild)];
        let kind = AlertKind::DvNotification;
        let several = cut(v1::AlertKind::DvNotification, people, notice.clone());
        assert_eq!(words(kind, &several, 0), Vec::<String>::new(), "the victim is no child");
        assert_eq!(words(kind, &several, 1), ["hers"]);
        assert_eq!(words(kind, &several, 2), ["his"]);

        let people = vec![child("1", Primary), child("2", Sibling)];
        let one = cut(v1::AlertKind::DvNotification, people, notice);
        assert_eq!(words(kind, &one, 1), ["of the child it is about", "hers"]);
        let hidden = Cut { other_children: 1, ..one };
        assert_eq!(words(kind, &hidden, 1), ["hers"], "another child is counted, not shown");

        let missing = v1::alert::Body::Missing(v1::MissingFromHome::default());
        let people = vec![child("1", Primary), child("2", Sibling)];
        let missing = cut(v1::AlertKind::MissingReported, people, missing);
        let kind = AlertKind::MissingReported;
        assert_eq!(words(kind, &missing, 0), ["of the child it is about"]);
        assert_eq!(words(kind, &missing, 1), Vec::<String>::new());
    }

    #[test]
    fn an_older_line_says_date_kind_agency_and_outcome_only() {
        let record = AlertRecord {
            kind: AlertKind::RhiUpdate,
            stage: Some(Stage::InterviewCompleted),
            ..sample::alert()
        };
        let delivery = Delivery {
            letter: crate::domain::Letter::C,
            view: View::Standard,
            ..record.deliveries[0].clone()
        };

        let line = older_line(&record, &delivery);

        assert!(line.older && line.occurred_at.is_none() && line.queued_at.is_some());
        assert_eq!(line.kind(), v1::AlertKind::RhiUpdate);
        assert_eq!(line.outcome, "RHI_COMPLETED");
        let hospital = Delivery { letter: crate::domain::Letter::H1, ..delivery };
        assert_eq!(older_line(&record, &hospital).outcome, "", "its view never held it");
    }
}
