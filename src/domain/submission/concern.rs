//! What a contact, a referral or a concern says, as far as a decision reads it (domain 3.10, 3.12).

use super::super::codes::code_list;
use super::super::referral::ReferrerType;
use super::super::time::Timestamp;
use super::{Bool3, Code, Codes, Given, Length};

code_list! {
    /// What the front door is asked for.
    ContactType {
        /// Information is asked for.
        RequestInfo = 1 => "REQUEST_INFO",
        /// It is told of something.
        Notification = 2 => "NOTIFICATION",
        /// A service is asked for.
        RequestService = 3 => "REQUEST_SERVICE",
        /// Somebody is worried about a child's safety.
        SafeguardingConcern = 4 => "SAFEGUARDING_CONCERN",
    }
}

code_list! {
    /// What it is about; loosely the factors of the children-in-need census.
    ConcernCode {
        /// Neglect.
        Neglect = 1 => "NEGLECT",
        /// Physical abuse.
        Physical = 2 => "PHYSICAL",
        /// Sexual abuse.
        Sexual = 3 => "SEXUAL",
        /// Emotional abuse.
        Emotional = 4 => "EMOTIONAL",
        /// Domestic abuse.
        Da = 5 => "DA",
        /// A parent's use of drugs or alcohol.
        SubstanceParent = 6 => "SUBSTANCE_PARENT",
        /// The child's own.
        SubstanceChild = 7 => "SUBSTANCE_CHILD",
        /// A parent's mental health.
        MentalHealthParent = 8 => "MENTAL_HEALTH_PARENT",
        /// The child's own.
        MentalHealthChild = 9 => "MENTAL_HEALTH_CHILD",
        /// Child sexual exploitation.
        Cse = 10 => "CSE",
        /// Child criminal exploitation.
        Cce = 11 => "CCE",
        /// Going missing.
        Missing = 12 => "MISSING",
        /// Self-harm.
        SelfHarm = 13 => "SELF_HARM",
        /// Disability.
        Disability = 14 => "DISABILITY",
        /// An unborn child.
        Unborn = 15 => "UNBORN",
        /// Radicalisation.
        Radicalisation = 16 => "RADICALISATION",
        /// Female genital mutilation.
        Fgm = 17 => "FGM",
        /// Homelessness.
        Homeless = 18 => "HOMELESS",
        /// Something else.
        Other = 19 => "OTHER",
    }
}

impl ConcernCode {
    /// The codes that tell of somebody's health or sex life (UK GDPR Art 9).
    pub const OF_HEALTH: &'static [Self] = &[
        Self::Sexual,
        Self::SubstanceParent,
        Self::SubstanceChild,
        Self::MentalHealthParent,
        Self::MentalHealthChild,
        Self::Cse,
        Self::SelfHarm,
        Self::Disability,
        Self::Fgm,
    ];
}

code_list! {
    /// How the sender knows of female genital mutilation (FGM Act 2003 s5B).
    FgmDisclosed {
        /// The child told of it.
        ToldByChild = 1 => "TOLD_BY_CHILD",
        /// Physical signs were seen.
        Seen = 2 => "SEEN",
        /// A risk, no act.
        RiskOnly = 3 => "RISK_ONLY",
    }
}

impl FgmDisclosed {
    /// Whether an act is told of: harm is suspected, and a regulated professional has a duty to report it.
    #[must_use]
    pub const fn is_of_an_act(self) -> bool {
        matches!(self, Self::ToldByChild | Self::Seen)
    }
}

code_list! {
    /// Whether a parent agrees that the front door is told (D14).
    ParentAgreement {
        /// Agrees.
        Agrees = 1 => "AGREES",
        /// Refuses.
        Refuses = 2 => "REFUSES",
        /// Was not asked because asking would not be safe.
        NotAskedUnsafe = 3 => "NOT_ASKED_UNSAFE",
        /// Was not asked for another reason.
        NotAskedOther = 4 => "NOT_ASKED_OTHER",
    }
}

code_list! {
    /// From where the sender has it.
    ConcernSource {
        /// Saw or heard it.
        FirstHand = 1 => "FIRST_HAND",
        /// Somebody else told of it.
        ReportedByOther = 2 => "REPORTED_BY_OTHER",
        /// Found online.
        Online = 3 => "ONLINE",
        /// Somebody who gave no name.
        Anonymous = 4 => "ANONYMOUS",
    }
}

code_list! {
    /// What the sender hopes for.
    ResponseWanted {
        /// Advice.
        Advice = 1 => "ADVICE",
        /// A service.
        Service = 2 => "SERVICE",
        /// Protection.
        Protection = 3 => "PROTECTION",
        /// That it is recorded.
        RecordOnly = 4 => "RECORD_ONLY",
    }
}

/// What contact, referral and concern have in common.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Worry {
    /// What it is about.
    pub codes: Codes<ConcernCode>,
    /// With FGM: how the sender knows.
    pub fgm_disclosed: Given<Code<FgmDisclosed>>,
    /// Whether significant harm is suspected (Children Act 1989 s47).
    pub harm: Given<Code<Bool3>>,
    /// Whether a crime is suspected.
    pub crime: Given<Code<Bool3>>,
    /// Whether a parent agrees.
    pub parent_agreement: Given<Code<ParentAgreement>>,
    /// Why the child may be at risk all the same, or why nobody was asked.
    pub parent_reason: Given<Length>,
}

/// The part of CSC_CONTACT and CSC_REFERRAL.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CscContactFacts {
    /// What it has in common with a concern.
    pub worry: Worry,
    /// What the front door is asked for.
    pub contact_type: Given<Code<ContactType>>,
    /// When the referrer saw the child.
    pub child_seen_at: Given<Timestamp>,
    /// What was seen and heard.
    pub evidence: Given<Length>,
    /// Who refers.
    pub referrer: Given<Code<ReferrerType>>,
}

/// The part of CONCERN.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConcernFacts {
    /// What it has in common with a contact.
    pub worry: Worry,
    /// What happened.
    pub narrative: Given<Length>,
    /// From where the sender has it.
    pub source: Given<Code<ConcernSource>>,
    /// Whether it is about somebody who works with children.
    pub about_worker: Given<Code<Bool3>>,
    /// What the sender hopes for.
    pub response_wanted: Given<Code<ResponseWanted>>,
}
