//! The kind's own part of an alert, and each kind's way to it.

use super::super::alert::AlertKind;
use super::{
    AlcoholFacts, AlcoholPathwayFacts, ConcernFacts, CscContactFacts, DecisionFacts,
    DomesticAbuseFacts, FeedbackFacts, MaracCaseFacts, MaracOutcomeFacts, MaracReferralFacts,
    MissingFacts, OperationReportFacts, PlaceOfSafetyFacts, ReturnInterviewFacts, Submission,
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
