//! An alert as the hub keeps it: everything but its content, which stays sealed.

use super::after::AfterSending;
use super::codes::code_list;
pub use super::conflict::{Conflicts, Held};
use super::counted::Counted;
use super::deadline::Deadline;
use super::decision::SharingDecision;
use super::delivery::Delivery;
use super::id::{
    AgencyCode, AlertId, EpisodeId, IdempotencyKey, MailboxId, MentionToken, Position, SubjectRef,
    SystemName, UserId,
};
use super::identity::{Flagged, Link};
use super::referral::Referral;
use super::rule::Rule;
use super::stage::{Advice, Stage};
use super::time::Timestamp;
use smol_str::SmolStr;

code_list! {
    /// What an alert says (domain 3.1a); the kinds the hub speaks today.
    AlertKind {
        /// A child cannot be found.
        MissingReported = 1 => "MISSING_REPORTED",
        /// News in a missing episode.
        MissingUpdated = 2 => "MISSING_UPDATED",
        /// The child was found or returned.
        MissingFound = 3 => "MISSING_FOUND",
        /// It turned out that nobody was missing.
        MissingCancelled = 4 => "MISSING_CANCELLED",
        /// A return home interview was offered, held, declined or not possible.
        RhiUpdate = 5 => "RHI_UPDATE",
        /// A young person attended the emergency department because of alcohol.
        AlcoholAttendance = 10 => "ALCOHOL_ATTENDANCE",
        /// What became of the offer of an appointment after such an attendance.
        AlcoholPathway = 11 => "ALCOHOL_PATHWAY",
        /// Domestic abuse was reported or disclosed.
        DvNotification = 20 => "DV_NOTIFICATION",
        /// A victim is referred to the multi-agency conference.
        MaracReferral = 21 => "MARAC_REFERRAL",
        /// What the conference decided.
        MaracOutcome = 22 => "MARAC_OUTCOME",
        /// A young person was taken to a place of safety.
        PlaceOfSafety = 30 => "PLACE_OF_SAFETY",
        /// What an operation came to, in numbers.
        OperationReport = 31 => "OPERATION_REPORT",
        /// The front door is told or asked something about a child.
        CscContact = 40 => "CSC_CONTACT",
        /// A child is referred to the front door.
        CscReferral = 41 => "CSC_REFERRAL",
        /// The front door decided.
        ReferralDecision = 42 => "REFERRAL_DECISION",
        /// What a referrer is told of the decision.
        Feedback = 43 => "FEEDBACK",
        /// A worry that no other kind fits.
        Concern = 44 => "CONCERN",
        /// An assessment after a referral is done.
        AssessmentCompleted = 45 => "ASSESSMENT_COMPLETED",
        /// A common assessment was registered.
        CafRegistered = 50 => "CAF_REGISTERED",
        /// What the team around the child does.
        TacUpdate = 51 => "TAC_UPDATE",
        /// A question to one agency.
        InformationRequest = 60 => "INFORMATION_REQUEST",
        /// Its answer.
        InformationResponse = 61 => "INFORMATION_RESPONSE",
        /// Sharing was considered and decided against.
        NotSharedRecord = 62 => "NOT_SHARED_RECORD",
    }
}

impl AlertKind {
    /// Whether the alert is about a child as such (domain 3.1a, child kinds).
    #[must_use]
    pub const fn is_child_kind(self) -> bool {
        match self {
            Self::MissingReported
            | Self::MissingUpdated
            | Self::MissingFound
            | Self::MissingCancelled
            | Self::RhiUpdate
            | Self::AlcoholAttendance
            | Self::AlcoholPathway
            | Self::PlaceOfSafety
            | Self::CscContact
            | Self::CscReferral
            | Self::CafRegistered
            | Self::TacUpdate => true,
            // A concern is one where its PRIMARY is a child, which its kind does not tell.
            Self::DvNotification
            | Self::MaracReferral
            | Self::MaracOutcome
            | Self::OperationReport
            | Self::Concern
            | Self::ReferralDecision
            | Self::Feedback
            | Self::AssessmentCompleted
            | Self::InformationRequest
            | Self::InformationResponse
            | Self::NotSharedRecord => false,
        }
    }

    /// Whether the alert can never be above P3 and never reaches anybody by D1 (domain 3.1a, routine kinds).
    #[must_use]
    pub const fn is_routine(self) -> bool {
        match self {
            Self::AlcoholPathway
            | Self::OperationReport
            | Self::Feedback
            | Self::AssessmentCompleted
            | Self::CafRegistered
            | Self::TacUpdate
            | Self::InformationRequest
            | Self::InformationResponse
            | Self::NotSharedRecord => true,
            Self::MissingReported
            | Self::MissingUpdated
            | Self::MissingFound
            | Self::MissingCancelled
            | Self::RhiUpdate
            | Self::AlcoholAttendance
            | Self::DvNotification
            | Self::MaracReferral
            | Self::MaracOutcome
            | Self::PlaceOfSafety
            | Self::CscContact
            | Self::CscReferral
            | Self::ReferralDecision
            | Self::Concern => false,
        }
    }

    /// Whether the alert is of a case before the MARAC: the alleged perpetrator must never know.
    #[must_use]
    pub const fn is_marac(self) -> bool {
        matches!(self, Self::MaracReferral | Self::MaracOutcome)
    }

    /// Whether the alert is about a person at all: an operation's report has no subjects (domain 3.9).
    #[must_use]
    pub const fn has_subjects(self) -> bool {
        !matches!(self, Self::OperationReport)
    }

    /// Whether it is recorded and goes to nobody (R58).
    #[must_use]
    pub const fn is_kept_only(self) -> bool {
        matches!(self, Self::NotSharedRecord | Self::AssessmentCompleted)
    }

    /// Whether it is a question between agencies or its answer.
    #[must_use]
    pub const fn is_information(self) -> bool {
        matches!(self, Self::InformationRequest | Self::InformationResponse)
    }

    /// Whether the alert tells what became of something an earlier alert told of.
    #[must_use]
    pub const fn is_news(self) -> bool {
        matches!(
            self,
            Self::MissingUpdated
                | Self::MissingFound
                | Self::MissingCancelled
                | Self::ReferralDecision
                | Self::Feedback
                | Self::RhiUpdate
                | Self::AlcoholPathway
                | Self::TacUpdate
                | Self::InformationResponse
                | Self::AssessmentCompleted
        )
    }

    /// Whether the alert is a report of a missing child, or news of one: a return home interview comes after.
    #[must_use]
    pub const fn is_missing(self) -> bool {
        matches!(
            self,
            Self::MissingReported
                | Self::MissingUpdated
                | Self::MissingFound
                | Self::MissingCancelled
        )
    }
}

code_list! {
    /// How urgent (domain 5.1). Orders from most to least urgent.
    Priority {
        /// Immediate.
        P1 = 1 => "P1",
        /// Urgent.
        P2 = 2 => "P2",
        /// Same day.
        P3 = 3 => "P3",
        /// Routine.
        P4 = 4 => "P4",
        /// For information.
        P5 = 5 => "P5",
    }
}

impl Priority {
    /// P1 or P2: taken incomplete and chased rather than refused (domain 3.2).
    #[must_use]
    pub const fn is_urgent(self) -> bool {
        matches!(self, Self::P1 | Self::P2)
    }

    /// The more urgent of two.
    #[must_use]
    pub fn most_urgent(self, other: Self) -> Self {
        self.min(other)
    }
}

code_list! {
    /// The sender's assessment of risk (domain 3.3). Orders from lowest to highest.
    Risk {
        /// None apparent.
        NoneApparent = 1 => "NONE_APPARENT",
        /// Low.
        Low = 2 => "LOW",
        /// Medium.
        Medium = 3 => "MEDIUM",
        /// High.
        High = 4 => "HIGH",
    }
}

code_list! {
    /// Whether the alert was complete when taken.
    AlertStatus {
        /// Taken whole.
        Accepted = 1 => "ACCEPTED",
        /// Taken with gaps; the sender is chased.
        AcceptedIncomplete = 2 => "ACCEPTED_INCOMPLETE",
        /// Was incomplete; the sender has filled the gaps.
        Completed = 3 => "COMPLETED",
    }
}

/// A missing or unusable value in an urgent alert: delivered without it, listed, chased (domain 3.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The field's path in the request, e.g. `alert.domestic_violence.child_impacts[1]`.
    pub path: String,
    /// The rule that took it: GAP1…GAP6, or GAP.
    pub rule: Rule,
    /// A stable reason code, e.g. `REQUIRED`, `STOP_LIST`.
    pub reason: String,
}

code_list! {
    /// What a timer of an alert is for.
    TimerKind {
        /// Chase the sender of an incomplete alert, first time (+60 min).
        ChaseFirst = 1 => "CHASE_FIRST",
        /// Chase the sender's duty manager (+120 min).
        ChaseSecond = 2 => "CHASE_SECOND",
        /// Purge the look-out copies (found + 1 h).
        LookoutPurge = 3 => "LOOKOUT_PURGE",
        /// Warn that a return home interview is due (found + 48 h).
        RhiWarning = 4 => "RHI_WARNING",
        /// The return home interview is due (found + 72 h).
        RhiDue = 5 => "RHI_DUE",
        /// The school must have been told (Encompass).
        EncompassDue = 6 => "ENCOMPASS_DUE",
        /// A MARAC referral is expected.
        MaracReferralExpected = 7 => "MARAC_REFERRAL_EXPECTED",
        /// RESPONSE should have contacted the young person.
        ResponseContactDue = 8 => "RESPONSE_CONTACT_DUE",
        /// The hospital's safeguarding team reviews.
        SafeguardingReviewDue = 9 => "SAFEGUARDING_REVIEW_DUE",
        /// The sender's duty manager reviews an overridden refusal.
        OverrideReviewDue = 10 => "OVERRIDE_REVIEW_DUE",
        /// An unacknowledged urgent delivery of the front door goes to the out-of-hours team at closing.
        OutOfHoursHandover = 11 => "OUT_OF_HOURS_HANDOVER",
        /// Something must have come of what a person has taken (domain 5.2).
        OutcomeDue = 12 => "OUTCOME_DUE",
        /// The missing child turns 18: adult social care gets the open episode (domain 5.6).
        Turns18 = 13 => "TURNS_18",
        /// The child has been missing for longer than 24 hours without a break (T2).
        MissingLong = 14 => "MISSING_LONG",
        /// A recipient whose people have seen what was recalled should have confirmed that they stopped.
        StopConfirmationDue = 30 => "STOP_CONFIRMATION_DUE",
        /// What was said of an agreement takes effect.
        ConsentTakesEffect = 31 => "CONSENT_TAKES_EFFECT",
        /// Police protection: 24 hours are left (+48 h).
        S46Warning48 = 47 => "S46_WARNING_48",
        /// Police protection: 12 hours are left (+60 h).
        S46Warning60 = 48 => "S46_WARNING_60",
        /// Police protection: one hour is left (+71 h).
        S46Warning71 = 49 => "S46_WARNING_71",
        /// Police protection has ended (+72 h).
        S46Expiry = 50 => "S46_EXPIRY",
        /// The front door's duty to make enquiries, Children Act 1989 s47.
        S47Due = 51 => "S47_DUE",
        /// An attending agency's research for the MARAC is due.
        MaracResearchDue = 52 => "MARAC_RESEARCH_DUE",
        /// An emergency protection order has ended.
        EpoExpiry = 53 => "EPO_EXPIRY",
        /// A question asked RED should be answered.
        AnswerDueRed = 54 => "ANSWER_DUE_RED",
        /// A question asked AMBER should be answered.
        AnswerDueAmber = 55 => "ANSWER_DUE_AMBER",
        /// A question asked GREEN should be answered.
        AnswerDueGreen = 56 => "ANSWER_DUE_GREEN",
        /// The team around the child should review.
        TacReviewDue = 57 => "TAC_REVIEW_DUE",
        /// A decision not to share is looked at again.
        NotSharedReview = 58 => "NOT_SHARED_REVIEW",
        /// By when the sender assesses what it did to each child that was not assessed yet.
        ImpactDue = 59 => "IMPACT_DUE",
        /// The front door has decided on a referral and told the referrer.
        ReferralDecisionDue = 40 => "REFERRAL_DECISION_DUE",
        /// The assessment of a child in need is done.
        AssessmentDue = 41 => "ASSESSMENT_DUE",
        /// The child protection conference is held.
        ConferenceDue = 42 => "CONFERENCE_DUE",
        /// The designated officer decides on an allegation.
        LadoDecisionDue = 43 => "LADO_DECISION_DUE",
        /// A disagreement goes to both agencies' safeguarding leads.
        DisagreementToLeads = 44 => "DISAGREEMENT_TO_LEADS",
        /// A disagreement goes to the senior on call.
        DisagreementToSenior = 45 => "DISAGREEMENT_TO_SENIOR",
    }
}

code_list! {
    /// Where a timer stands.
    TimerState {
        /// Will fire at its time.
        Armed = 1 => "armed",
        /// Has fired; its event is recorded.
        Fired = 2 => "fired",
        /// No longer needed.
        Cancelled = 3 => "cancelled",
    }
}

/// Something that happens to an alert at an instant of hub time unless it is settled before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timer {
    /// What for.
    pub kind: TimerKind,
    /// When, and on whose authority.
    pub due: Deadline,
    /// Whose duty it is: the mailbox that is told.
    pub mailbox: MailboxId,
    /// The delivery it belongs to, if to one.
    pub delivery: Option<u32>,
    /// Where it stands.
    pub state: TimerState,
}

/// Where sealed bytes lie, an alert's or the words of an answer, and what the entry commits to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BodyRef {
    /// The commit that carries the bytes. [`Position::THIS`] in a record means the commit it is part of.
    pub position: Position,
    /// The data key: which key file and which slot of it.
    pub key: DataKeyId,
    /// HMAC-SHA-256 of the bytes as received, under a key derived from the data key.
    pub commitment: [u8; 32],
}

impl BodyRef {
    /// Replaces [`Position::THIS`] by the position of the commit that carries the record.
    pub(super) fn settle(&mut self, own: Position) {
        self.position = self.position.or_own(own);
    }
}

/// Names one data key: a key file (`2026-11-0001`) and a slot in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DataKeyId {
    /// The file's name without its ending.
    pub file: SmolStr,
    /// The slot, from 0.
    pub slot: u32,
}

impl Position {
    /// Stands in a record for the position of the commit that carries it; the engine fills it in on reading.
    pub const THIS: Self = Self(u64::MAX);

    /// This position, or `own` where it is [`Self::THIS`].
    #[must_use]
    pub fn or_own(self, own: Self) -> Self {
        if self == Self::THIS { own } else { self }
    }
}

/// To whom of the sending agency an alert is shown (domain 5.7, 6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ShownTo {
    /// Whoever may see what the agency sends.
    #[default]
    Readers,
    /// Its author and the safeguarding lead: it is about a worker, or somebody was excluded.
    AuthorAndLead,
}

/// [`Conflicts`], or who is mentioned, as they are kept: AES-256-GCM under the alert's data key, which the body names. They tell who is
/// suspected, or what a person of concern works as, so they are content like the body and go with its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedConflicts {
    /// Random for each sealing.
    pub nonce: [u8; 12],
    /// Ciphertext and tag.
    pub ciphertext: Vec<u8>,
}

/// Everything the hub keeps about one alert in the clear: codes, times, decisions, deliveries.
///
/// One aggregate with one version: a commit that changes it expects the version it was decided on.
/// Holds no personal data: subjects are random references, people are opaque ids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertRecord {
    /// The alert.
    pub id: AlertId,
    /// 1 when first committed, one more with each change.
    pub version: u64,
    /// Its kind.
    pub kind: AlertKind,
    /// The contract's schema version the sender stated, as sent.
    pub schema_version: String,
    /// The agency that sent it, from the certificate.
    pub sender: AgencyCode,
    /// The system that sent it; none when a person's own certificate did.
    pub sender_system: Option<SystemName>,
    /// The person who sent it or was named, if any.
    pub author: Option<UserId>,
    /// The sender's key.
    pub key: IdempotencyKey,
    /// The episode; equal to `id` when this alert opened it.
    pub episode: EpisodeId,
    /// The alert this one completes, if it does.
    pub completes: Option<AlertId>,
    /// On the episode's first alert: every later alert of the episode, in order. Empty on the others.
    pub followers: Vec<AlertId>,
    /// Training or connection test: marked on every copy, no triggers, no indicators.
    pub exercise: bool,
    /// The effective priority.
    pub priority: Priority,
    /// The effective risk after contradictions were resolved upward.
    pub risk: Option<Risk>,
    /// When the hub took it.
    pub received_at: Timestamp,
    /// Whether it was whole.
    pub status: AlertStatus,
    /// What was missing or unusable.
    pub gaps: Vec<Gap>,
    /// The paths of the fields of which the hub took more than the sender stated.
    pub raised: Vec<String>,
    /// One random reference a subject, in the order of the request.
    pub subjects: Vec<SubjectRef>,
    /// What was decided for each routed recipient, withheld ones too.
    pub decisions: Vec<SharingDecision>,
    /// The deliveries, by number.
    pub deliveries: Vec<Delivery>,
    /// The timers.
    pub timers: Vec<Timer>,
    /// The stage of an interview or a pathway that it brought the episode to, where its kind tells one.
    pub stage: Option<Stage>,
    /// What the sender was told to do besides.
    pub advice: Vec<Advice>,
    /// From whom it is kept, whatever happens later; none where it is kept from nobody.
    pub conflicts: Option<SealedConflicts>,
    /// How far it has come as a referral, where the front door is asked or has decided (domain 3.10).
    pub referral: Option<Referral>,
    /// What figures are made of.
    pub counted: Counted,
    /// Who is mentioned, for matching; none where nobody can be matched.
    pub mentions: Option<SealedConflicts>,
    /// Claims that a person of this alert is one of an earlier alert.
    pub links: Vec<Link>,
    /// Who must not learn anything about its persons (domain 5.7, 2): a token each, which only the hub can make.
    pub denied: Vec<MentionToken>,
    /// Whom of the sending agency it is shown to, besides by what it is kept from (domain 5.7, 6).
    pub shown: ShownTo,
    /// What the protected-subject register says of its persons.
    pub flags: Vec<Flagged>,
    /// The sealed content; none once purged.
    pub body: Option<BodyRef>,
    /// What became of it after it was sent.
    pub after: AfterSending,
    /// The commit that took the alert.
    pub submitted: Position,
}

impl AlertRecord {
    /// The next instant at which something must happen: a rung of a ladder, a retry or an armed timer.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let rungs = self.deliveries.iter().filter_map(Delivery::next_rung_at);
        let timers = self
            .timers
            .iter()
            .filter(|timer| timer.state == TimerState::Armed)
            .map(|timer| timer.due.at);
        rungs.chain(timers).min()
    }

    /// The delivery with this number.
    #[must_use]
    pub fn delivery(&self, number: u32) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.number == number)
    }

    /// Replaces every [`Position::THIS`] by the position of the commit that carries the record.
    #[must_use]
    pub fn settled_at(mut self, own: Position) -> Self {
        self.submitted = self.submitted.or_own(own);
        if let Some(body) = &mut self.body {
            body.settle(own);
        }
        self.after.settle(own);
        self.deliveries = self.deliveries.into_iter().map(|d| d.settled_at(own)).collect();
        self
    }
}
