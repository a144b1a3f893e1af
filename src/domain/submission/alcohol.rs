//! What an alcohol attendance says, as far as a decision reads it (domain 3.6).

use super::super::codes::code_list;
use super::super::time::Timestamp;
use super::{Bool3, Code, Codes, CompetenceFacts, Given, Length, Scope};

code_list! {
    /// What was taken.
    Substance {
        /// Alcohol.
        Alcohol = 1 => "ALCOHOL",
        /// Cannabis.
        Cannabis = 2 => "CANNABIS",
        /// Another drug.
        OtherDrug = 3 => "OTHER_DRUG",
        /// Not known.
        Unknown = 4 => "UNKNOWN",
    }
}

code_list! {
    /// How intoxicated. Orders from least to most.
    Intoxication {
        /// Not now.
        NoneNow = 1 => "NONE_NOW",
        /// Mild.
        Mild = 2 => "MILD",
        /// Moderate.
        Moderate = 3 => "MODERATE",
        /// Severe.
        Severe = 4 => "SEVERE",
        /// Unconscious.
        Unconscious = 5 => "UNCONSCIOUS",
    }
}

code_list! {
    /// How an injury came about.
    InjuryMechanism {
        /// No injury.
        None = 1 => "NONE",
        /// A fall.
        Fall = 2 => "FALL",
        /// An assault.
        Assault = 3 => "ASSAULT",
        /// Self-harm.
        SelfHarm = 4 => "SELF_HARM",
        /// A road traffic collision.
        Rtc = 5 => "RTC",
        /// Something else.
        Other = 6 => "OTHER",
    }
}

code_list! {
    /// To whom the child can safely go.
    SafeDischarge {
        /// A parent.
        Parent = 1 => "PARENT",
        /// Another safe adult.
        OtherSafeAdult = 2 => "OTHER_SAFE_ADULT",
        /// Social care.
        SocialCare = 3 => "SOCIAL_CARE",
        /// Left by own decision.
        SelfDischarged = 4 => "SELF_DISCHARGED",
        /// Stays in hospital.
        Admitted = 5 => "ADMITTED",
        /// Nobody.
        NoSafeAdult = 6 => "NO_SAFE_ADULT",
    }
}

code_list! {
    /// What makes an attendance more than an attendance.
    RiskMarker {
        /// 12 or under.
        Age12OrUnder = 1 => "AGE_12_OR_UNDER",
        /// Unconscious.
        Unconscious = 2 => "UNCONSCIOUS",
        /// Assaulted.
        Assault = 3 => "ASSAULT",
        /// Perhaps sexually assaulted.
        SexualAssaultConcern = 4 => "SEXUAL_ASSAULT_CONCERN",
        /// Perhaps sexually exploited.
        CseConcern = 5 => "CSE_CONCERN",
        /// Perhaps criminally exploited.
        CceConcern = 6 => "CCE_CONCERN",
        /// Self-harm.
        SelfHarm = 7 => "SELF_HARM",
        /// Supplied by an adult.
        SuppliedByAdult = 8 => "SUPPLIED_BY_ADULT",
        /// Nobody safe to go home to.
        NoSafeAdult = 9 => "NO_SAFE_ADULT",
        /// The carer is intoxicated.
        CarerIntoxicated = 10 => "CARER_INTOXICATED",
        /// Not the first time in 12 months.
        Repeat = 11 => "REPEAT",
        /// A flag on CP-IS.
        CpisFlag = 12 => "CPIS_FLAG",
        /// Pregnant.
        Pregnant = 13 => "PREGNANT",
        /// None.
        None = 14 => "NONE",
    }
}

impl RiskMarker {
    /// Concerns of exploitation or sexual assault: R13.
    pub const EXPLOITATION: &'static [Self] =
        &[Self::SexualAssaultConcern, Self::CseConcern, Self::CceConcern];

    /// Hard markers at any age: R12's and R13's (domain 5.3). PREGNANT is hard under 16 only.
    pub const HARD: &'static [Self] = &[
        Self::Age12OrUnder,
        Self::Unconscious,
        Self::Assault,
        Self::SelfHarm,
        Self::SuppliedByAdult,
        Self::CarerIntoxicated,
        Self::NoSafeAdult,
        Self::CpisFlag,
        Self::SexualAssaultConcern,
        Self::CseConcern,
        Self::CceConcern,
    ];
}

code_list! {
    /// Who is suspected.
    SuspectedPersonType {
        /// An adult in a position of trust.
        AdultInTrust = 1 => "ADULT_IN_TRUST",
        /// Somebody who is a risk to others.
        RiskToOthers = 2 => "RISK_TO_OTHERS",
        /// Somebody else.
        Other = 3 => "OTHER",
        /// Not known.
        Unknown = 4 => "UNKNOWN",
    }
}

code_list! {
    /// What the child thinks of telling police.
    ViewOnPolice {
        /// Agrees.
        Agrees = 1 => "AGREES",
        /// Refuses.
        Refuses = 2 => "REFUSES",
        /// Not asked.
        NotAsked = 3 => "NOT_ASKED",
    }
}

code_list! {
    /// What Child Protection Information Sharing showed.
    CpisResult {
        /// Nothing.
        NoFlag = 1 => "NO_FLAG",
        /// A plan.
        CpPlan = 2 => "CP_PLAN",
        /// A plan for an unborn child.
        UnbornPlan = 3 => "UNBORN_PLAN",
        /// Looked after.
        LookedAfter = 4 => "LOOKED_AFTER",
        /// One of these in the last 12 months.
        Last12Months = 5 => "LAST_12M",
        /// Not looked up.
        NotChecked = 6 => "NOT_CHECKED",
    }
}

impl CpisResult {
    /// Whether it is a flag.
    #[must_use]
    pub const fn is_flag(self) -> bool {
        match self {
            Self::CpPlan | Self::UnbornPlan | Self::LookedAfter | Self::Last12Months => true,
            Self::NoFlag | Self::NotChecked => false,
        }
    }
}

code_list! {
    /// What became of the offer of an appointment with RESPONSE.
    Offer {
        /// Accepted.
        Accepted = 1 => "ACCEPTED",
        /// Declined.
        Declined = 2 => "DECLINED",
        /// Offered, no answer yet.
        Undecided = 3 => "UNDECIDED",
        /// Not offered.
        NotOffered = 4 => "NOT_OFFERED",
    }
}

code_list! {
    /// Who declined.
    OfferDeclinedBy {
        /// The child.
        Child = 1 => "CHILD",
        /// A parent.
        Parent = 2 => "PARENT",
        /// Both.
        Both = 3 => "BOTH",
    }
}

code_list! {
    /// Why nothing was offered.
    NotOfferedReason {
        /// Too unwell.
        TooUnwell = 1 => "TOO_UNWELL",
        /// Left before.
        Left = 2 => "LEFT",
        /// Not appropriate.
        NotAppropriate = 3 => "NOT_APPROPRIATE",
        /// Forgotten.
        Forgot = 4 => "FORGOT",
    }
}

code_list! {
    /// Who agreed.
    OfferAgreedBy {
        /// A child under 16 recorded COMPETENT for this decision.
        ChildCompetent = 1 => "CHILD_COMPETENT",
        /// A young person of 16 or 17.
        YoungPerson = 2 => "YOUNG_PERSON",
        /// A holder of parental responsibility.
        PrHolder = 3 => "PR_HOLDER",
    }
}

/// The part of ALCOHOL_ATTENDANCE.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AlcoholFacts {
    /// When.
    pub attendance_at: Given<Timestamp>,
    /// What was taken.
    pub substances: Codes<Substance>,
    /// How intoxicated.
    pub intoxication: Given<Code<Intoxication>>,
    /// Lowest Glasgow Coma Scale, 3–15.
    pub gcs_lowest: Given<u32>,
    /// Whether injured.
    pub injury: Given<Code<Bool3>>,
    /// How.
    pub injury_mechanism: Given<Code<InjuryMechanism>>,
    /// Whether admitted.
    pub admitted: Given<Code<Bool3>>,
    /// To whom the child can safely go.
    pub safe_discharge_to: Given<Code<SafeDischarge>>,
    /// The markers.
    pub risk_markers: Codes<RiskMarker>,
    /// Whether a crime is suspected.
    pub crime_suspected: Given<Code<Bool3>>,
    /// Who is suspected.
    pub suspected_person_type: Given<Code<SuspectedPersonType>>,
    /// What the child thinks of telling police.
    pub view_on_police: Given<Code<ViewOnPolice>>,
    /// When CP-IS was looked up.
    pub cpis_checked_at: Given<Timestamp>,
    /// What it showed.
    pub cpis_result: Given<Code<CpisResult>>,
    /// Why it was not looked up.
    pub cpis_not_checked_reason: Given<Length>,
    /// Whether the young person can decide.
    pub competence: Given<CompetenceFacts>,
    /// What became of the offer.
    pub offer: Given<Code<Offer>>,
    /// Who declined it.
    pub offer_declined_by: Given<Code<OfferDeclinedBy>>,
    /// Why it was not made.
    pub not_offered_reason: Given<Code<NotOfferedReason>>,
    /// Who agreed.
    pub offer_agreed_by: Given<Code<OfferAgreedBy>>,
    /// To what.
    pub agreement_scope: Given<Scope>,
}
