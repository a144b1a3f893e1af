//! Instructions and fixed sentences of the hub.
//!
//! A banner names a person only in the standard view of a letter that may see `do_not_tell` (domain 3.3).

use super::facts::{Facts, Sign};
use super::table::{self, numbers};
use super::{Banner, BannerCode, CopyRequest};
use crate::domain::{AlertKind, Letter, View};

/// The sentence that stands in place of the sender's headline for E, R, Y and H1.
pub(super) const fn headline(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::MissingReported => "A child has been reported missing.",
        AlertKind::MissingUpdated => "There is news about a child reported missing.",
        AlertKind::MissingFound => "A child reported missing has been found.",
        AlertKind::MissingCancelled => "A report of a missing child has been cancelled.",
        AlertKind::RhiUpdate => "There is news of a return home interview.",
        AlertKind::AlcoholPathway => "There is news of the offer of support to a young person.",
        AlertKind::AlcoholAttendance => "A young person attended hospital and may need support.",
        AlertKind::DvNotification => {
            "A child may have been affected by an incident of domestic abuse."
        }
        AlertKind::MaracReferral => "A case is referred to the MARAC.",
        AlertKind::MaracOutcome => "There is an outcome of the MARAC.",
        AlertKind::PlaceOfSafety => "A young person was taken to a place of safety.",
        AlertKind::CafRegistered => "Early help was agreed with a family.",
        AlertKind::TacUpdate => "There is news of early help agreed with a family.",
        AlertKind::InformationRequest => "You are asked a question about a person.",
        AlertKind::InformationResponse => "A question about a person was answered.",
        AlertKind::NotSharedRecord => "Sharing was considered and decided against.",
        AlertKind::AssessmentCompleted => "An assessment is done.",
        AlertKind::OperationReport => "A report of a joint operation. It names nobody.",
        AlertKind::CscContact => "The front door has been contacted about a child.",
        AlertKind::CscReferral => "A child has been referred to the front door.",
        AlertKind::ReferralDecision => "The front door has decided on a concern about a child.",
        AlertKind::Feedback => "The front door has decided on what you told it.",
        AlertKind::Concern => "There is a concern about a person.",
    }
}

const NAME_STAFF_USER: &str = "Somebody who works for the agency may be the person of concern, and its mailboxes are \
                               closed to this alert. Say who it is (NameStaffUser), to nobody else.";

/// What a lead is asked to do on a task that asks who of the agency it is (domain 5.7, 0).
#[must_use]
pub fn asking_for_staff() -> Banner {
    Banner { code: BannerCode::NameStaffUser, text: NAME_STAFF_USER.to_owned() }
}

/// The instructions of a copy, most important first.
pub(super) fn list(facts: &Facts, request: &CopyRequest<'_>, view: View) -> Vec<Banner> {
    let mut codes = Vec::new();
    codes.extend(view_banner(view));
    // On every copy of these kinds; where a view may not tell the kind, role-free.
    if facts.kind.is_marac() {
        codes.push(match view {
            View::SafeTask => BannerCode::DoNotTell,
            View::Standard
            | View::Lookout
            | View::Cancelled
            | View::Info
            | View::Ladder
            | View::Feedback
            | View::Pathway => BannerCode::PerpetratorMustNotKnow,
        });
    }
    if facts.says(Sign::SomebodyMustNotKnow) || facts.says(Sign::FamilyMustNotKnow) {
        codes.push(BannerCode::DoNotTell);
    }
    codes.extend(contact_rules(facts));
    let notice = request.letter == Letter::E && facts.kind == AlertKind::DvNotification;
    if notice && view == View::Standard {
        codes.extend([BannerCode::SpeakToChildOnly, BannerCode::RestrictedFile]);
    }
    if facts.says(Sign::ThreatUnknown) && view == View::Standard && sees_threat(request.letter) {
        codes.push(BannerCode::ThreatUnknown);
    }
    if view == View::Standard {
        codes.extend(interview(facts, request.letter));
    }
    if facts.says(Sign::PowerUnclear) && view == View::Standard && sees_power(request.letter) {
        codes.push(BannerCode::PowerUnclear);
    }
    let mut seen = Vec::new();
    codes.retain(|code| {
        let first = !seen.contains(code);
        seen.push(*code);
        first
    });
    codes.into_iter().map(|code| Banner { code, text: text(code, facts, request, view) }).collect()
}

/// A warning to the front door, and what whoever owns the duty does next (domain 3.5).
fn interview(facts: &Facts, letter: Letter) -> Vec<BannerCode> {
    let is_front_door = matches!(letter, Letter::C | Letter::CL);
    let is_owner = is_front_door || matches!(letter, Letter::L | Letter::X | Letter::S);
    let mut codes = Vec::new();
    if is_front_door && facts.says(Sign::InterviewerNotIndependent) {
        codes.push(BannerCode::InterviewerNotIndependent);
    }
    if is_owner && facts.says(Sign::RefusedByParent) {
        codes.push(BannerCode::OfferToChildDirectly);
    }
    codes
}

const fn view_banner(view: View) -> Option<BannerCode> {
    match view {
        View::Lookout => Some(BannerCode::Lookout),
        View::Cancelled => Some(BannerCode::LookoutCancelled),
        View::SafeTask => Some(BannerCode::SafeTask),
        View::Feedback => Some(BannerCode::Disagree),
        View::Standard | View::Info | View::Ladder | View::Pathway => None,
    }
}

/// Domain 3.3 `contact_rule`: the sender's, the kind's default, and what abuse and phones add.
fn contact_rules(facts: &Facts) -> Vec<BannerCode> {
    use numbers::value::contact_rule as rule;
    let is_abuse = facts.kind == AlertKind::DvNotification || facts.kind.is_marac();
    let default = is_abuse.then_some(BannerCode::DoNotContactHome);
    let mut rules = Vec::new();
    if facts.says(Sign::FamilyMustNotKnow) {
        rules.push(BannerCode::ViaSenderOnly);
    }
    rules.extend(match facts.contact_rule {
        rule::UNSPECIFIED => default,
        rule::NORMAL => None,
        rule::SPEAK_TO_CHILD_ONLY => Some(BannerCode::SpeakToChildOnly),
        rule::DO_NOT_CONTACT_HOME => Some(BannerCode::DoNotContactHome),
        rule::DO_NOT_USE_NUMBERS_YOU_HOLD => Some(BannerCode::DoNotUseNumbersYouHold),
        // VIA_SENDER_ONLY, and a value of a newer contract is never read as the least strict one.
        _ => Some(BannerCode::ViaSenderOnly),
    });
    if facts.says(Sign::UnsafePhone) {
        rules.push(BannerCode::DoNotUseNumbersYouHold);
    }
    rules
}

fn sees_threat(letter: Letter) -> bool {
    use numbers::field::domestic_violence_notification::IMMEDIATE_THREAT;
    table::message_named("DomesticViolenceNotification")
        .and_then(|message| message.field(IMMEDIATE_THREAT))
        .is_some_and(|field| super::rules::is_open(field, letter, ANY_KIND))
}

/// These fields are seen alike in every kind.
const ANY_KIND: i32 = 0;
fn sees_power(letter: Letter) -> bool {
    use numbers::field::place_of_safety::POWER_USED;
    table::message_named("PlaceOfSafety")
        .and_then(|message| message.field(POWER_USED))
        .is_some_and(|field| super::rules::is_open(field, letter, ANY_KIND))
}

fn sees_names(letter: Letter) -> bool {
    use numbers::field::envelope::DO_NOT_TELL;
    table::message_named("Envelope")
        .and_then(|message| message.field(DO_NOT_TELL))
        .is_some_and(|field| super::rules::is_open(field, letter, ANY_KIND))
}

fn text(code: BannerCode, facts: &Facts, request: &CopyRequest<'_>, view: View) -> String {
    match code {
        BannerCode::DoNotTell => do_not_tell(facts, request, view),
        BannerCode::SpeakToChildOnly => "Speak to the child only.".to_owned(),
        BannerCode::DoNotContactHome => "Do not contact the home.".to_owned(),
        BannerCode::DoNotUseNumbersYouHold => {
            "Do not use phone numbers you already hold for this family.".to_owned()
        }
        BannerCode::ViaSenderOnly => "Make contact through the sender only.".to_owned(),
        BannerCode::RestrictedFile => {
            "Keep this in the restricted safeguarding file, not in the pupil record.".to_owned()
        }
        BannerCode::Lookout => {
            "If this child attends, keep them safe and phone the police at once with the \
                                reference. If life is at risk, ring 999."
                .to_owned()
        }
        BannerCode::LookoutCancelled => match request.letter {
            Letter::H1 | Letter::H2 => "Look-out cancelled.".to_owned(),
            Letter::C
            | Letter::CL
            | Letter::P
            | Letter::F
            | Letter::M
            | Letter::K
            | Letter::A
            | Letter::N
            | Letter::R
            | Letter::S
            | Letter::E
            | Letter::Y
            | Letter::L
            | Letter::X
            | Letter::D
            | Letter::Z
            | Letter::T
            | Letter::G => "This notice has ended.".to_owned(),
        },
        BannerCode::ThreatUnknown => {
            "It is not known whether the threat is immediate. Phone the sender now.".to_owned()
        }
        BannerCode::InterviewerNotIndependent => {
            "The return home interview was not held by somebody independent of the child's care."
                .to_owned()
        }
        BannerCode::OfferToChildDirectly => {
            "A parent refused the return home interview. The duty stands: offer it to the child directly."
                .to_owned()
        }
        BannerCode::NameStaffUser => NAME_STAFF_USER.to_owned(),
        BannerCode::PerpetratorMustNotKnow => {
            "The alleged perpetrator must never learn that this is before the MARAC.".to_owned()
        }
        BannerCode::PowerUnclear => {
            "It is not clear under which power the young person is there: phone the officer."
                .to_owned()
        }
        BannerCode::Disagree => {
            "If you disagree, say so (Disagree): the front door's duty manager is called. If it is not resolved within a \
             working day, both agencies' safeguarding leads are; if a child is not safe, phone now."
                .to_owned()
        }
        BannerCode::SafeTask => {
            "Tell the right area about this child by phone or sealed transfer.".to_owned()
        }
    }
}

fn do_not_tell(facts: &Facts, request: &CopyRequest<'_>, view: View) -> String {
    let names = facts.untold_names();
    let by_name = view == View::Standard && sees_names(request.letter) && !names.is_empty();
    let whom = if by_name { format!("Do not tell: {}.", names.join("; ")) } else { String::new() };
    let family = "Do not tell anybody in the family or household about this.";
    let role_free = "Do not discuss this with anybody outside your duty team before you have spoken to the sender.";
    match (by_name, facts.says(Sign::FamilyMustNotKnow)) {
        (true, true) => format!("{whom} {family}"),
        (true, false) => whom,
        (false, true) => family.to_owned(),
        (false, false) => role_free.to_owned(),
    }
}
