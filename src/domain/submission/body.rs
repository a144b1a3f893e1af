//! The kind's own part of an alert, and each kind's way to it.

use super::super::alert::AlertKind;
use super::super::id::AlertId;
use super::{
    AlcoholFacts, AlcoholPathwayFacts, AssessmentCompletedFacts, ConcernFacts, CscContactFacts,
    DecisionFacts, DomesticAbuseFacts, FamilyHelpFacts, FeedbackFacts, InformationRequestFacts,
    InformationResponseFacts, MaracCaseFacts, MaracOutcomeFacts, MaracReferralFacts, MissingFacts,
    NotSharedFacts, OperationReportFacts, PlaceOfSafetyFacts, ReturnInterviewFacts, Submission,
    Worry, path,
};

/// What the kind's own part says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BodyFacts {
    /// MISSING_*.
    Missing(Box<MissingFacts>),
    /// ALCOHOL_ATTENDANCE.
    Alcohol(Box<AlcoholFacts>),
    /// DV_NOTIFICATION.
    DomesticAbuse(Box<DomesticAbuseFacts>),
    /// RHI_UPDATE.
    ReturnInterview(Box<ReturnInterviewFacts>),
    /// ALCOHOL_PATHWAY.
    AlcoholPathway(Box<AlcoholPathwayFacts>),
    /// MARAC_REFERRAL.
    MaracReferral(Box<MaracReferralFacts>),
    /// MARAC_OUTCOME.
    MaracOutcome(Box<MaracOutcomeFacts>),
    /// CAF_REGISTERED, TAC_UPDATE.
    FamilyHelp(Box<FamilyHelpFacts>),
    /// INFORMATION_REQUEST.
    InformationRequest(Box<InformationRequestFacts>),
    /// INFORMATION_RESPONSE.
    InformationResponse(Box<InformationResponseFacts>),
    /// NOT_SHARED_RECORD.
    NotShared(Box<NotSharedFacts>),
    /// ASSESSMENT_COMPLETED.
    AssessmentCompleted(Box<AssessmentCompletedFacts>),
    /// PLACE_OF_SAFETY.
    PlaceOfSafety(Box<PlaceOfSafetyFacts>),
    /// OPERATION_REPORT.
    OperationReport(Box<OperationReportFacts>),
    /// CSC_CONTACT, CSC_REFERRAL.
    CscContact(Box<CscContactFacts>),
    /// REFERRAL_DECISION.
    ReferralDecision(Box<DecisionFacts>),
    /// FEEDBACK.
    Feedback(Box<FeedbackFacts>),
    /// CONCERN.
    Concern(Box<ConcernFacts>),
}

impl BodyFacts {
    /// The empty part of `kind`: what stands here when the request carries none, or another kind's.
    #[must_use]
    pub fn absent(kind: AlertKind) -> Self {
        match kind {
            AlertKind::MissingReported
            | AlertKind::MissingUpdated
            | AlertKind::MissingFound
            | AlertKind::MissingCancelled => Self::Missing(Box::default()),
            AlertKind::AlcoholAttendance => Self::Alcohol(Box::default()),
            AlertKind::DvNotification => Self::DomesticAbuse(Box::default()),
            AlertKind::RhiUpdate => Self::ReturnInterview(Box::default()),
            AlertKind::AlcoholPathway => Self::AlcoholPathway(Box::default()),
            AlertKind::MaracReferral => Self::MaracReferral(Box::default()),
            AlertKind::MaracOutcome => Self::MaracOutcome(Box::default()),
            AlertKind::CafRegistered | AlertKind::TacUpdate => Self::FamilyHelp(Box::default()),
            AlertKind::InformationRequest => Self::InformationRequest(Box::default()),
            AlertKind::InformationResponse => Self::InformationResponse(Box::default()),
            AlertKind::NotSharedRecord => Self::NotShared(Box::default()),
            AlertKind::AssessmentCompleted => Self::AssessmentCompleted(Box::default()),
            AlertKind::PlaceOfSafety => Self::PlaceOfSafety(Box::default()),
            AlertKind::OperationReport => Self::OperationReport(Box::default()),
            AlertKind::CscContact | AlertKind::CscReferral => Self::CscContact(Box::default()),
            AlertKind::ReferralDecision => Self::ReferralDecision(Box::default()),
            AlertKind::Feedback => Self::Feedback(Box::default()),
            AlertKind::Concern => Self::Concern(Box::default()),
        }
    }

    /// The root of the part's field paths.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        match self {
            Self::Missing(_) => path::MISSING,
            Self::Alcohol(_) => path::ALCOHOL,
            Self::DomesticAbuse(_) => path::DOMESTIC_ABUSE,
            Self::ReturnInterview(_) => path::RETURN_INTERVIEW,
            Self::AlcoholPathway(_) => path::ALCOHOL_PATHWAY,
            Self::MaracReferral(_) => path::MARAC_REFERRAL,
            Self::MaracOutcome(_) => path::MARAC_OUTCOME,
            Self::FamilyHelp(_) => path::FAMILY_HELP,
            Self::InformationRequest(_) => path::INFORMATION_REQUEST,
            Self::InformationResponse(_) => path::INFORMATION_RESPONSE,
            Self::NotShared(_) => path::NOT_SHARED,
            Self::AssessmentCompleted(_) => path::ASSESSMENT_COMPLETED,
            Self::PlaceOfSafety(_) => path::PLACE_OF_SAFETY,
            Self::OperationReport(_) => path::OPERATION_REPORT,
            Self::CscContact(_) => path::CONTACT,
            Self::ReferralDecision(_) => path::DECISION,
            Self::Feedback(_) => path::FEEDBACK,
            Self::Concern(_) => path::CONCERN,
        }
    }
}

impl Submission {
    /// The alert that the kind's own part is about: the question it answers, the referral it was assessed after.
    #[must_use]
    pub fn refers_to(&self) -> Option<AlertId> {
        let answers = self.information_response().and_then(|facts| facts.request.get());
        let assessed = || self.assessment_completed().and_then(|facts| facts.referral.get());
        answers.or_else(assessed).copied()
    }

    /// The missing part, where the kind has one.
    #[must_use]
    pub const fn missing(&self) -> Option<&MissingFacts> {
        if let BodyFacts::Missing(facts) = &self.body { Some(facts) } else { None }
    }

    /// The alcohol part, where the kind has one.
    #[must_use]
    pub const fn alcohol(&self) -> Option<&AlcoholFacts> {
        if let BodyFacts::Alcohol(facts) = &self.body { Some(facts) } else { None }
    }

    /// The domestic abuse part, where the kind has one.
    #[must_use]
    pub const fn domestic_abuse(&self) -> Option<&DomesticAbuseFacts> {
        if let BodyFacts::DomesticAbuse(facts) = &self.body { Some(facts) } else { None }
    }

    /// The interview's part, where the kind has one.
    #[must_use]
    pub const fn return_interview(&self) -> Option<&ReturnInterviewFacts> {
        if let BodyFacts::ReturnInterview(facts) = &self.body { Some(facts) } else { None }
    }

    /// The pathway's part, where the kind has one.
    #[must_use]
    pub const fn alcohol_pathway(&self) -> Option<&AlcoholPathwayFacts> {
        if let BodyFacts::AlcoholPathway(facts) = &self.body { Some(facts) } else { None }
    }

    /// The referral to the MARAC, where the kind is one.
    #[must_use]
    pub const fn marac_referral(&self) -> Option<&MaracReferralFacts> {
        if let BodyFacts::MaracReferral(facts) = &self.body { Some(facts) } else { None }
    }

    /// The outcome of the MARAC, where the kind is one.
    #[must_use]
    pub const fn marac_outcome(&self) -> Option<&MaracOutcomeFacts> {
        if let BodyFacts::MaracOutcome(facts) = &self.body { Some(facts) } else { None }
    }

    /// What both MARAC kinds say.
    #[must_use]
    pub fn marac_case(&self) -> Option<&MaracCaseFacts> {
        let outcome = || self.marac_outcome().map(|facts| &facts.case);
        self.marac_referral().map(|facts| &facts.case).or_else(outcome)
    }

    /// The early help part, where the kind has one.
    #[must_use]
    pub const fn family_help(&self) -> Option<&FamilyHelpFacts> {
        if let BodyFacts::FamilyHelp(facts) = &self.body { Some(facts) } else { None }
    }

    /// The question's part, where the kind has one.
    #[must_use]
    pub const fn information_request(&self) -> Option<&InformationRequestFacts> {
        if let BodyFacts::InformationRequest(facts) = &self.body { Some(facts) } else { None }
    }

    /// The answer's part, where the kind has one.
    #[must_use]
    pub const fn information_response(&self) -> Option<&InformationResponseFacts> {
        if let BodyFacts::InformationResponse(facts) = &self.body { Some(facts) } else { None }
    }

    /// The part of a decision not to share, where the kind has one.
    #[must_use]
    pub const fn not_shared(&self) -> Option<&NotSharedFacts> {
        if let BodyFacts::NotShared(facts) = &self.body { Some(facts) } else { None }
    }

    /// The assessment's part, where the kind has one.
    #[must_use]
    pub const fn assessment_completed(&self) -> Option<&AssessmentCompletedFacts> {
        if let BodyFacts::AssessmentCompleted(facts) = &self.body { Some(facts) } else { None }
    }

    /// The place of safety part, where the kind has one.
    #[must_use]
    pub const fn place_of_safety(&self) -> Option<&PlaceOfSafetyFacts> {
        if let BodyFacts::PlaceOfSafety(facts) = &self.body { Some(facts) } else { None }
    }

    /// The operation's part, where the kind has one.
    #[must_use]
    pub const fn operation_report(&self) -> Option<&OperationReportFacts> {
        if let BodyFacts::OperationReport(facts) = &self.body { Some(facts) } else { None }
    }

    /// The contact's or referral's part, where the kind has one.
    #[must_use]
    pub const fn contact(&self) -> Option<&CscContactFacts> {
        if let BodyFacts::CscContact(facts) = &self.body { Some(facts) } else { None }
    }

    /// The concern's part, where the kind has one.
    #[must_use]
    pub const fn concern(&self) -> Option<&ConcernFacts> {
        if let BodyFacts::Concern(facts) = &self.body { Some(facts) } else { None }
    }

    /// What contact, referral and concern have in common.
    #[must_use]
    pub fn worry(&self) -> Option<&Worry> {
        let contact = self.contact().map(|facts| &facts.worry);
        contact.or_else(|| self.concern().map(|facts| &facts.worry))
    }

    /// The decision's part, where the kind has one.
    #[must_use]
    pub const fn referral_decision(&self) -> Option<&DecisionFacts> {
        if let BodyFacts::ReferralDecision(facts) = &self.body { Some(facts) } else { None }
    }

    /// The feedback's part, where the kind has one.
    #[must_use]
    pub const fn feedback(&self) -> Option<&FeedbackFacts> {
        if let BodyFacts::Feedback(facts) = &self.body { Some(facts) } else { None }
    }
}
