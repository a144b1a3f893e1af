//! Why an alert may be shared: sharing record, agreements, competence (domain 6.1–6.4).

use super::super::codes::code_list;
use super::super::decision::Basis6;
use super::super::id::UserId;
use super::super::principal::Role;
use super::super::time::Timestamp;
use super::{Code, Codes, Given, Length};

code_list! {
    /// UK GDPR Art 9 condition (domain 6.2).
    Basis9 {
        /// Vital interests.
        VitalInterests = 1 => "9C",
        /// Substantial public interest, DPA 2018 Sch 1 para 18.
        Safeguarding = 2 => "9G18",
        /// DPA 2018 Sch 1 para 6, statutory functions.
        StatutoryFunctions = 3 => "9G6",
        /// Health or social care, DPA 2018 Sch 1 para 2.
        HealthOrSocialCare = 4 => "9H",
        /// Explicit consent.
        ExplicitConsent = 5 => "9A",
    }
}

code_list! {
    /// Why consent is not relied on for 9G18. "Refused" is none of these.
    Basis9G18Reason {
        /// The person cannot give it.
        CannotGive = 1 => "CANNOT_GIVE",
        /// It cannot reasonably be obtained.
        NotReasonableToObtain = 2 => "NOT_REASONABLE_TO_OBTAIN",
        /// Asking would prejudice the protection.
        WouldPrejudiceProtection = 3 => "WOULD_PREJUDICE_PROTECTION",
    }
}

code_list! {
    /// UK GDPR Art 10 condition.
    Basis10 {
        /// DPA 2018 Sch 1 para 18.
        Safeguarding = 1 => "10-18",
        /// Official authority.
        OfficialAuthority = 2 => "10-OFF",
        /// DPA 2018 Part 3.
        Part3 = 3 => "P3",
    }
}

code_list! {
    /// The power or duty to share (domain 6.2).
    Gateway {
        /// Children Act 1989 s17.
        Ca89S17 = 1 => "CA89_S17",
        /// Children Act 1989 s27.
        Ca89S27 = 2 => "CA89_S27",
        /// Children Act 1989 s46.
        Ca89S46 = 3 => "CA89_S46",
        /// Children Act 1989 s47.
        Ca89S47 = 4 => "CA89_S47",
        /// Children Act 1989 s47(9).
        Ca89S47Help = 5 => "CA89_S47_9",
        /// Children Act 2004 s10.
        Ca04S10 = 6 => "CA04_S10",
        /// Children Act 2004 s11.
        Ca04S11 = 7 => "CA04_S11",
        /// Children Act 2004 s16H.
        Ca04S16H = 8 => "CA04_S16H",
        /// Crime and Disorder Act 1998 s115.
        Cda98S115 = 9 => "CDA98_S115",
        /// Domestic Abuse Act 2021 s49A.
        Daa21S49A = 10 => "DAA21_S49A",
        /// FGM Act 2003 s5B.
        Fgm03S5B = 11 => "FGM03_S5B",
        /// Care Act 2014 s42.
        Care14S42 = 12 => "CARE14_S42",
        /// Children Act 2004 s16LA; not in force.
        Ca04S16La = 13 => "CA04_S16LA",
    }
}

code_list! {
    /// How the common-law duty of confidence stands.
    Confidentiality {
        /// Does not arise.
        NotApplicable = 1 => "CONF_NA",
        /// Lifted by the person.
        Consent = 2 => "CONF_CONSENT",
        /// Lifted by law.
        Statute = 3 => "CONF_STATUTE",
        /// Outweighed by the public interest.
        PublicInterest = 4 => "CONF_PUBLIC_INTEREST",
        /// In the best interests of a person without capacity.
        BestInterests = 5 => "CONF_BEST_INTERESTS_LACKS_CAPACITY",
    }
}

code_list! {
    /// Under which regime the sender held the data.
    SenderRegime {
        /// UK GDPR.
        UkGdpr = 1 => "UKGDPR",
        /// DPA 2018 Part 3: police.
        DpaPart3 = 2 => "DPA_PART3",
    }
}

code_list! {
    /// What the sharing is for.
    SharingPurpose {
        /// Protection from harm.
        ProtectFromHarm = 1 => "PROTECT_FROM_HARM",
        /// Welfare.
        PromoteWelfare = 2 => "PROMOTE_WELFARE",
        /// Early help.
        EarlyHelp = 3 => "EARLY_HELP",
        /// Prevention of crime.
        CrimePrevention = 4 => "CRIME_PREVENTION",
        /// A notification the law asks for.
        StatutoryNotification = 5 => "STATUTORY_NOTIFICATION",
        /// Direct care.
        DirectCare = 6 => "DIRECT_CARE",
    }
}

code_list! {
    /// Who said no.
    RefusedBy {
        /// Nobody.
        Nobody = 1 => "NOBODY",
        /// The child.
        Child = 2 => "CHILD",
        /// A parent.
        Parent = 3 => "PARENT",
        /// Child and parent.
        Both = 4 => "BOTH",
        /// The adult victim.
        AdultVictim = 5 => "ADULT_VICTIM",
    }
}

/// A refusal was set aside by the sender.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OverrideFact {
    /// How long the reason is.
    pub reason: Given<Length>,
    /// Who approved, if anybody yet.
    pub approver: Option<UserId>,
    /// In which role.
    pub approver_role: Option<Role>,
}

code_list! {
    /// Which of the four meanings of consent (domain 6.1); treatment is not the hub's business.
    ConsentType {
        /// UK GDPR consent as the legal basis.
        DpConsent = 1 => "DP_CONSENT",
        /// Agreement to a service.
        ServiceAgreement = 2 => "SERVICE_AGREEMENT",
        /// The duty of confidence.
        Confidentiality = 3 => "CONFIDENTIALITY",
    }
}

code_list! {
    /// Who said it.
    ConsentGiver {
        /// A child under 16 recorded COMPETENT for the scope.
        ChildCompetent = 1 => "CHILD_COMPETENT",
        /// A young person of 16 or 17.
        YoungPerson = 2 => "YOUNG_PERSON",
        /// A holder of parental responsibility.
        PrHolder = 3 => "PR_HOLDER",
        /// An adult for themselves.
        Adult = 4 => "ADULT",
    }
}

code_list! {
    /// What was said.
    ConsentState {
        /// Yes.
        Given = 1 => "GIVEN",
        /// No.
        Refused = 2 => "REFUSED",
        /// No longer.
        Withdrawn = 3 => "WITHDRAWN",
    }
}

/// The service an agreement or an assessment of competence is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The young people's alcohol and drug service.
    Response,
    /// Maternity.
    Maternity,
    /// The Family Safety Unit.
    FamilySafety,
    /// Health visitors and school nurses.
    CommunityHealth,
    /// Early help: Area Team, family assessment, team around the child.
    EarlyHelp,
    /// Adult social care.
    AdultCare,
    /// Information between agencies.
    Information,
    /// Anything else; two of these are not the same scope.
    Other,
}

impl Scope {
    /// Reads the words of a scope. An agreement counts for a service only if it names it.
    #[must_use]
    pub fn of(text: &str) -> Given<Self> {
        const WORDS: &[(&str, Scope)] = &[
            ("response", Scope::Response),
            ("maternity", Scope::Maternity),
            ("midwi", Scope::Maternity),
            ("family safety", Scope::FamilySafety),
            ("fsu", Scope::FamilySafety),
            ("idva", Scope::FamilySafety),
            ("school nurse", Scope::CommunityHealth),
            ("health visitor", Scope::CommunityHealth),
            ("0-19", Scope::CommunityHealth),
            ("early help", Scope::EarlyHelp),
            ("family help", Scope::EarlyHelp),
            ("area team", Scope::EarlyHelp),
            ("team around the", Scope::EarlyHelp),
            ("adult social care", Scope::AdultCare),
            ("common assessment", Scope::EarlyHelp),
            ("information sharing", Scope::Information),
            ("sharing information", Scope::Information),
        ];
        let lower = text.trim().to_lowercase();
        if lower.is_empty() {
            return Given::Missing;
        }
        let mut named = WORDS.iter().filter(|(word, _)| lower.contains(word)).map(|(_, s)| *s);
        // Words that name two services name none: an agreement is for one.
        match (named.next(), named.next()) {
            (Some(scope), None) => Given::Given(scope),
            (Some(first), Some(second)) if first == second => Given::Given(first),
            (Some(_), Some(_)) | (None, _) => Given::Given(Self::Other),
        }
    }
}

/// Whether the giver's word counts at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GiverStanding {
    /// As 6.3 says for the age.
    #[default]
    Counts,
    /// A person of concern, an alleged perpetrator, or somebody restricted by an order: neither gives nor refuses nor
    /// withdraws (domain 6.3).
    Barred,
}

/// One agreement, refusal or withdrawal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsentFact {
    /// Which meaning.
    pub kind: Given<Code<ConsentType>>,
    /// About which service.
    pub scope: Given<Scope>,
    /// By whom.
    pub giver: Given<Code<ConsentGiver>>,
    /// Whether that person's word counts.
    pub standing: GiverStanding,
    /// What was said.
    pub state: Given<Code<ConsentState>>,
    /// Since when.
    pub effective_at: Given<Timestamp>,
}

/// The sharing record (domain 6.4).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SharingFacts {
    /// UK GDPR Art 6.
    pub basis6: Given<Code<Basis6>>,
    /// Art 9.
    pub basis9: Codes<Basis9>,
    /// Art 10.
    pub basis10: Given<Code<Basis10>>,
    /// Why 9G18 without consent.
    pub basis9_g18_reason: Given<Code<Basis9G18Reason>>,
    /// Powers and duties.
    pub gateways: Codes<Gateway>,
    /// The duty of confidence.
    pub confidentiality: Given<Code<Confidentiality>>,
    /// The regime.
    pub sender_regime: Given<Code<SenderRegime>>,
    /// What for.
    pub purpose: Given<Code<SharingPurpose>>,
    /// Why it is necessary.
    pub necessity: Given<Length>,
    /// Who said no.
    pub refused_by: Given<Code<RefusedBy>>,
    /// A refusal set aside.
    pub override_: Given<OverrideFact>,
    /// Who decided to share.
    pub decided_by: Given<Length>,
    /// When.
    pub decided_at: Given<Timestamp>,
    /// Agreements, refusals and withdrawals.
    pub consents: Vec<ConsentFact>,
}

code_list! {
    /// How it was found whether the young person can decide (domain 6.3).
    CompetenceBasis {
        /// Gillick, for this decision.
        Gillick = 1 => "GILLICK",
        /// Presumed, 16 and over (MCA 2005 s1).
        McaPresumed = 2 => "MCA_PRESUMED",
        /// Assessed, 16 and over.
        McaAssessed = 3 => "MCA_ASSESSED",
    }
}

code_list! {
    /// Whether the young person can decide this matter.
    CompetenceOutcome {
        /// Can.
        Competent = 1 => "COMPETENT",
        /// Cannot.
        NotCompetent = 2 => "NOT_COMPETENT",
        /// Could not be assessed (intoxicated).
        UnableToAssess = 3 => "UNABLE_TO_ASSESS",
    }
}

/// A competence record as far as a decision reads it (domain 6.3).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CompetenceFacts {
    /// Years at the assessment.
    pub age: Given<u8>,
    /// How it was found.
    pub basis: Given<Code<CompetenceBasis>>,
    /// For which service.
    pub scope: Given<Scope>,
    /// Who assessed.
    pub assessed_by: Given<Length>,
    /// When.
    pub assessed_at: Given<Timestamp>,
    /// Whether all of what, why, consequences and alternatives are understood, free from pressure.
    pub understands_all: bool,
    /// The outcome.
    pub outcome: Given<Code<CompetenceOutcome>>,
    /// How long the notes are.
    pub notes: Given<Length>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_counts_for_the_one_service_it_names() {
        assert_eq!(Scope::of("appointment with Response"), Given::Given(Scope::Response));
        assert_eq!(Scope::of("MIDWIFE, maternity clinic"), Given::Given(Scope::Maternity));
        assert_eq!(Scope::of("talking to somebody"), Given::Given(Scope::Other));
        assert_eq!(Scope::of("maternity, not Response"), Given::Given(Scope::Other));
        assert_eq!(Scope::of("  "), Given::Missing);
    }
}
