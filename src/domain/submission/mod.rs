//! What a sender gave, as far as a decision reads it.
//!
//! Made by `wire::parse` from one request; read by [`crate::policy`]. Facts, not fields: lengths instead of
//! texts, references instead of names, and the sealed bytes stay elsewhere. Nothing here refuses anything;
//! a value that cannot be used is kept as [`Given::Malformed`] or [`Code::Unrecognised`] and told in
//! [`Submission::violations`].
//!
//! Who checks what: the parser reports every field that is malformed, over-long or an unknown code
//! ([`Need::Format`]) and every missing field the contract calls required, whatever else the alert says.
//! Policy adds what needs several fields, the sender, the hour or the priority; telling the same twice does
//! no harm.

mod alcohol;
mod alcohol_pathway;
mod body;
mod concern;
mod decision;
mod domestic_abuse;
mod family_help;
mod information;
mod marac;
mod missing;
mod operation_report;
mod place_of_safety;
mod return_interview;
mod sharing;
mod subject;

pub use alcohol::{
    AlcoholFacts, CpisResult, InjuryMechanism, Intoxication, NotOfferedReason, Offer,
    OfferAgreedBy, OfferDeclinedBy, RiskMarker, SafeDischarge, Substance, SuspectedPersonType,
    ViewOnPolice,
};
pub use alcohol_pathway::{AlcoholPathwayFacts, PathwayClosed, PathwayState};
pub use body::BodyFacts;
pub use concern::{
    ConcernCode, ConcernFacts, ConcernSource, ContactType, CscContactFacts, FgmDisclosed,
    ParentAgreement, ResponseWanted, Worry,
};
pub use decision::{DecisionFacts, FeedbackFacts, ReleaseFact};
pub use domestic_abuse::{
    AbuseType, ChildPresence, ChildrenInScope, DomesticAbuseFacts, ImpactCode, ImpactFacts,
    ImpactText, ImpactedChild, PartnerFacts, PerpetratorFacts, PersonallyConnected, PlaceType,
    RiskBand, RiskTool, SeenAndSpokenTo, VictimConsentSupport,
};
pub use family_help::{FamilyHelpFacts, FamilyHelpStatus, QualityRating};
pub use information::{
    AnswerOutcome, AssessmentCompletedFacts, AssessmentKind, InformationRequestFacts,
    InformationResponseFacts, LegalRoute, NotSharedFacts, RequestRating,
};
pub use marac::{MaracBasis, MaracCaseFacts, MaracOutcomeFacts, MaracReferralFacts, VictimAnswer};
pub use missing::{
    FoundHow, FoundPlace, MissingCategory, MissingFacts, MissingFrom, MissingRiskFactor, Rank,
};
pub use operation_report::OperationReportFacts;
pub use place_of_safety::{
    Circumstance, Collection, Onward, PlaceAgreement, PlaceOfSafetyFacts, PoliceProtectionFacts,
    PowerUsed, ReleasedTo,
};
pub use return_interview::{
    InterviewOutcome, InterviewState, OfferMethod, PushPullFactor, ReturnInterviewFacts,
};
pub use sharing::{
    Basis9, Basis9G18Reason, Basis10, CompetenceBasis, CompetenceFacts, CompetenceOutcome,
    Confidentiality, ConsentFact, ConsentGiver, ConsentState, ConsentType, Gateway, GiverStanding,
    OverrideFact, RefusedBy, Scope, SenderRegime, SharingFacts, SharingPurpose,
};
pub use subject::{
    AddressFact, AddressType, AgeFact, MotherFacts, SchoolFact, SubjectFacts, SubjectRole,
};

use super::Redacted;
use super::alert::{AlertKind, Priority, Risk};
use super::codes::code_list;
use super::error::ParseError;
use super::id::{AgencyCode, AlertId, IdempotencyKey, MailboxId, UserId};
use super::time::Timestamp;

/// The roots of field paths, so that parser, policy and copies name a field alike.
pub mod path {
    /// The envelope.
    pub const ENVELOPE: &str = "alert.envelope";
    /// The body of the missing kinds.
    pub const MISSING: &str = "alert.missing";
    /// The body of ALCOHOL_ATTENDANCE.
    pub const ALCOHOL: &str = "alert.alcohol";
    /// The body of RHI_UPDATE.
    pub const RETURN_INTERVIEW: &str = "alert.return_interview";
    /// The body of ALCOHOL_PATHWAY.
    pub const ALCOHOL_PATHWAY: &str = "alert.alcohol_pathway";
    /// The body of DV_NOTIFICATION.
    pub const DOMESTIC_ABUSE: &str = "alert.domestic_violence";
    /// The body of MARAC_REFERRAL.
    pub const MARAC_REFERRAL: &str = "alert.marac_referral";
    /// The body of MARAC_OUTCOME.
    pub const MARAC_OUTCOME: &str = "alert.marac_outcome";
    /// The body of CAF_REGISTERED and TAC_UPDATE.
    pub const FAMILY_HELP: &str = "alert.family_help";
    /// The body of INFORMATION_REQUEST.
    pub const INFORMATION_REQUEST: &str = "alert.information_request";
    /// The body of INFORMATION_RESPONSE.
    pub const INFORMATION_RESPONSE: &str = "alert.information_response";
    /// The body of NOT_SHARED_RECORD.
    pub const NOT_SHARED: &str = "alert.not_shared";
    /// The body of ASSESSMENT_COMPLETED.
    pub const ASSESSMENT_COMPLETED: &str = "alert.assessment_completed";
    /// The body of PLACE_OF_SAFETY.
    pub const PLACE_OF_SAFETY: &str = "alert.place_of_safety";
    /// The body of OPERATION_REPORT.
    pub const OPERATION_REPORT: &str = "alert.operation_report";
    /// The body of CSC_CONTACT and CSC_REFERRAL.
    pub const CONTACT: &str = "alert.contact";
    /// The body of REFERRAL_DECISION.
    pub const DECISION: &str = "alert.referral_decision";
    /// The body of FEEDBACK.
    pub const FEEDBACK: &str = "alert.feedback";
    /// The body of CONCERN.
    pub const CONCERN: &str = "alert.concern";
}

/// One field as the sender gave it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Given<T> {
    /// A usable value.
    Given(T),
    /// Nothing was given.
    #[default]
    Missing,
    /// Something was given that cannot be used.
    Malformed,
}

impl<T> Given<T> {
    /// The value, if usable.
    pub const fn get(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Missing | Self::Malformed => None,
        }
    }

    /// The value of an optional field.
    pub fn from_option(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Self::Given)
    }

    /// Whether a usable value was given.
    pub const fn is_given(&self) -> bool {
        matches!(self, Self::Given(_))
    }
}

/// Sorts a parse error into missing and malformed.
impl<T> From<Result<T, ParseError>> for Given<T> {
    fn from(parsed: Result<T, ParseError>) -> Self {
        match parsed {
            Ok(value) => Self::Given(value),
            Err(error) => match error.fault {
                super::error::Fault::Missing => Self::Missing,
                super::error::Fault::Malformed => Self::Malformed,
            },
        }
    }
}

/// A code of a closed list, or a number this hub does not know yet.
///
/// A newer client's code is kept and never read as the least urgent value (domain 3.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Code<T> {
    /// A code of the list.
    Known(T),
    /// A number that is not in the list.
    Unrecognised(i32),
}

impl<T: Copy + PartialEq> Given<Code<T>> {
    /// The code, if given and in the list.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Given(Code::Known(value)) => Some(*value),
            Self::Given(Code::Unrecognised(_)) | Self::Missing | Self::Malformed => None,
        }
    }

    /// Whether exactly this code was given.
    pub fn is(&self, value: T) -> bool {
        self.known() == Some(value)
    }

    /// Whether a code was given that is not in the list.
    pub const fn is_unrecognised(&self) -> bool {
        matches!(self, Self::Given(Code::Unrecognised(_)))
    }
}

/// A repeated code field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Codes<T>(Vec<Code<T>>);

impl<T> Default for Codes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Codes<T> {
    /// The codes in the order given.
    #[must_use]
    pub const fn new(codes: Vec<Code<T>>) -> Self {
        Self(codes)
    }

    /// Codes of the list only.
    #[must_use]
    pub fn of(codes: &[T]) -> Self {
        Self(codes.iter().copied().map(Code::Known).collect())
    }

    /// Whether `code` is among them.
    #[must_use]
    pub fn contains(&self, code: T) -> bool {
        self.0.contains(&Code::Known(code))
    }

    /// Whether any of `codes` is among them.
    #[must_use]
    pub fn contains_any(&self, codes: &[T]) -> bool {
        codes.iter().any(|code| self.contains(*code))
    }

    /// The codes of the list, in the order given.
    pub fn known(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().filter_map(|code| match code {
            Code::Known(value) => Some(*value),
            Code::Unrecognised(_) => None,
        })
    }

    /// Whether a code was given that is not in the list.
    #[must_use]
    pub fn has_unrecognised(&self) -> bool {
        self.0.iter().any(|code| matches!(code, Code::Unrecognised(_)))
    }

    /// Whether none was given.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How long a text is, in characters after trimming. The text itself stays sealed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Length(pub usize);

impl Length {
    /// The length of `text`; nothing when it is blank.
    #[must_use]
    pub fn of(text: &str) -> Given<Self> {
        match text.trim().chars().count() {
            0 => Given::Missing,
            chars => Given::Given(Self(chars)),
        }
    }
}

code_list! {
    /// Yes, no, or not known.
    Bool3 {
        /// Yes.
        Yes = 1 => "YES",
        /// No.
        No = 2 => "NO",
        /// Not known.
        Unknown = 3 => "UNKNOWN",
    }
}

code_list! {
    /// How much a field is needed (domain 3.1).
    Need {
        /// R!: without it the alert is refused at every priority.
        Hard = 1 => "R!",
        /// R: required always; a gap at P1/P2.
        Required = 2 => "R",
        /// C: required by another field, the sender or the priority.
        Conditional = 3 => "C",
        /// Given, but malformed, over-long, an unknown code or in contradiction.
        Format = 4 => "FORMAT",
    }
}

/// One field that is missing or cannot be used. Never holds the value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Violation {
    /// The field's path in the request, e.g. `alert.domestic_violence.child_impacts[1].impact_text`.
    pub path: String,
    /// A stable code: `REQUIRED`, `MALFORMED`, `TOO_LONG`, `TOO_SHORT`, `UNKNOWN_CODE`, `STOP_LIST`, ….
    pub reason: &'static str,
    /// How much the field is needed.
    pub need: Need,
    /// What to do, in words for the sender.
    pub what_to_do: &'static str,
}

code_list! {
    /// Whether the child is looked after, Children Act 1989 s22(1) (domain 3.3).
    LookedAfter {
        /// Yes.
        Yes = 1 => "YES",
        /// No.
        No = 2 => "NO",
        /// Not known.
        Unknown = 3 => "UNKNOWN",
        /// Was, in the last 12 months.
        Last12Months = 4 => "LAST_12_MONTHS",
    }
}

code_list! {
    /// Whether there is a child protection plan, with the values of CP-IS (domain 3.3).
    CpPlan {
        /// Yes.
        Yes = 1 => "YES",
        /// No.
        No = 2 => "NO",
        /// Not known.
        Unknown = 3 => "UNKNOWN",
        /// For an unborn child.
        Unborn = 4 => "UNBORN",
        /// Was, in the last 12 months.
        Last12Months = 5 => "LAST_12_MONTHS",
    }
}

code_list! {
    /// How a recipient may make contact (domain 3.3).
    ContactRule {
        /// As usual.
        Normal = 1 => "NORMAL",
        /// Speak to the child only.
        SpeakToChildOnly = 2 => "SPEAK_TO_CHILD_ONLY",
        /// Do not contact the home.
        DoNotContactHome = 3 => "DO_NOT_CONTACT_HOME",
        /// Do not use the numbers you hold.
        DoNotUseNumbersYouHold = 4 => "DO_NOT_USE_NUMBERS_YOU_HOLD",
        /// Through the sender only.
        ViaSenderOnly = 5 => "VIA_SENDER_ONLY",
    }
}

code_list! {
    /// Of whom a `told` entry speaks.
    ToldAbout {
        /// A child able to understand.
        Child = 1 => "CHILD",
        /// A holder of parental responsibility, a carer, or the adult victim.
        Adult = 2 => "ADULT",
    }
}

code_list! {
    /// Whether a person was told that this is shared (domain 3.3).
    ToldState {
        /// Told.
        Yes = 1 => "YES",
        /// Not yet.
        NoNotYet = 2 => "NO_NOT_YET",
        /// Not, because it would not be safe.
        NoUnsafe = 3 => "NO_UNSAFE",
        /// Not, because a competent child refused.
        NoChildRefused = 4 => "NO_CHILD_REFUSED",
        /// Not, because the young person is now an adult.
        NoAdult = 5 => "NO_ADULT",
        /// Does not apply.
        NotApplicable = 6 => "NOT_APPLICABLE",
    }
}

/// One `told` entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToldFact {
    /// Child or adult.
    pub about: Given<Code<ToldAbout>>,
    /// Whether told.
    pub state: Given<Code<ToldState>>,
    /// The reason given for a NO_ state.
    pub reason: Given<Length>,
}

/// How the stated schema version stands to this hub's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SchemaStanding {
    /// The current or the previous major.
    Accepted,
    /// Anything else, or none.
    #[default]
    Unknown,
}

/// The episode a sender names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EpisodeName {
    /// The hub's id: the episode's first alert.
    Hub(AlertId),
    /// The sender's own reference: free text of at most 64 characters, kept as a commitment only.
    Own(Redacted<String>),
}

/// The person who stands behind the alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SenderUserFact {
    /// The opaque id of the directory, if given.
    pub user: Option<UserId>,
}

/// Whom the sender excludes because of a conflict of interest (domain 5.7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exclusion {
    /// An agency.
    Agency(AgencyCode),
    /// One mailbox.
    Mailbox(MailboxId),
    /// A user; the user's agency is not known from the alert.
    User(UserId),
}

/// Whether this is training.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Exercise {
    /// The real thing.
    #[default]
    No,
    /// Training or connection test.
    Yes,
}

/// What the envelope says, as far as a decision reads it (domain 3.3).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EnvelopeFacts {
    /// As stated, at most 8 characters; kept in the record.
    pub schema_version: String,
    /// How it stands to this hub's version.
    pub schema: SchemaStanding,
    /// Training or the real thing.
    pub exercise: Exercise,
    /// The episode the sender names.
    pub episode: Given<EpisodeName>,
    /// The alert this one updates.
    pub supersedes: Given<AlertId>,
    /// The agency the body states; the certificate decides whether it is true.
    pub sender_agency: Given<AgencyCode>,
    /// The sender's key.
    pub key: Given<IdempotencyKey>,
    /// The person behind the alert.
    pub sender_user: Given<SenderUserFact>,
    /// When the sender says it was sent.
    pub sent_at: Given<Timestamp>,
    /// When it happened.
    pub occurred_at: Given<Timestamp>,
    /// How long the headline is; missing when blank.
    pub headline: Given<Length>,
    /// The sender's grading.
    pub risk: Given<Code<Risk>>,
    /// The sender's priority.
    pub priority: Given<Code<Priority>>,
    /// The responsible council's DfE code, 3 digits.
    pub responsible_la: Given<String>,
    /// Whether looked after.
    pub looked_after: Given<Code<LookedAfter>>,
    /// Whether on a plan.
    pub cp_plan: Given<Code<CpPlan>>,
    /// Who was told.
    pub told: Vec<ToldFact>,
    /// How many persons or roles must not learn of it.
    pub do_not_tell: usize,
    /// How long the child's own words are.
    pub child_voice: Given<Length>,
    /// How contact may be made.
    pub contact_rule: Given<Code<ContactRule>>,
    /// Whom the sender excludes.
    pub exclude: Vec<Exclusion>,
    /// Hub agencies that employ a person of concern named in the envelope (domain 5.7).
    pub employers_of_concern: Vec<AgencyCode>,
    /// The hub users that persons of concern are, wherever the alert names one (domain 5.7).
    pub staff_of_concern: Vec<UserId>,
}

/// One alert as its sender gave it. There is none without a readable kind: then the request is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submission {
    /// What kind of alert.
    pub kind: AlertKind,
    /// The envelope.
    pub envelope: EnvelopeFacts,
    /// The persons in `subjects`, in the order given.
    pub subjects: Vec<SubjectFacts>,
    /// Why it may be shared.
    pub sharing: SharingFacts,
    /// The kind's own part; always of `kind`.
    pub body: BodyFacts,
    /// Every field the parser found missing or unusable.
    pub violations: Vec<Violation>,
}

impl Submission {
    /// The place of the PRIMARY subject: the first with that role, else the first with a role this hub cannot read.
    #[must_use]
    pub fn primary_index(&self) -> Option<usize> {
        let is_primary = |subject: &SubjectFacts| subject.role.is(SubjectRole::Primary);
        let is_unclear = |subject: &SubjectFacts| subject.role.known().is_none();
        let first = (!self.subjects.is_empty()).then_some(0);
        self.subjects
            .iter()
            .position(is_primary)
            .or_else(|| self.subjects.iter().position(is_unclear))
            .or(first)
    }

    /// The PRIMARY subject.
    #[must_use]
    pub fn primary(&self) -> Option<&SubjectFacts> {
        self.subjects.get(self.primary_index()?)
    }

    /// What it did to each child, where the kind tells of it.
    #[must_use]
    pub fn impacts(&self) -> &[ImpactFacts] {
        let abuse = self.domestic_abuse().map(|facts| facts.impacts.as_slice());
        abuse.or_else(|| self.marac_case().map(|case| case.impacts.as_slice())).unwrap_or_default()
    }

    /// Whether FORCED_MARRIAGE or HBA stands anywhere in the alert (domain 3.3, "one chance").
    #[must_use]
    pub fn is_one_chance(&self) -> bool {
        const FACTORS: &[MissingRiskFactor] =
            &[MissingRiskFactor::ForcedMarriage, MissingRiskFactor::Hba];
        const ABUSE: &[AbuseType] = &[AbuseType::ForcedMarriage, AbuseType::Hba];
        self.missing().is_some_and(|facts| facts.risk_factors.contains_any(FACTORS))
            || self.domestic_abuse().is_some_and(|facts| facts.abuse_types.contains_any(ABUSE))
            || self.marac_referral().is_some_and(|facts| facts.basis.contains(MaracBasis::Hba))
    }
}

#[cfg(test)]
mod tests;
