//! What a missing alert says, as far as a decision reads it (domain 3.5).

use super::super::codes::code_list;
use super::super::time::Timestamp;
use super::{Code, Codes, Given, Length};

code_list! {
    /// What is meant by missing.
    MissingCategory {
        /// Whereabouts cannot be established.
        Missing = 1 => "MISSING",
        /// Formerly "absent".
        NoApparentRisk = 2 => "NO_APPARENT_RISK",
        /// Looked after, whereabouts known, not where the child should be.
        AwayFromPlacement = 3 => "AWAY_FROM_PLACEMENT",
    }
}

code_list! {
    /// From where.
    MissingFrom {
        /// Home.
        Home = 1 => "HOME",
        /// Placement.
        Placement = 2 => "PLACEMENT",
        /// School.
        School = 3 => "SCHOOL",
        /// Hospital.
        Hospital = 4 => "HOSPITAL",
        /// Elsewhere.
        Other = 5 => "OTHER",
    }
}

code_list! {
    /// What makes it worse.
    MissingRiskFactor {
        /// Flagged for sexual exploitation.
        CseFlag = 1 => "CSE_FLAG",
        /// Flagged for criminal exploitation.
        CceFlag = 2 => "CCE_FLAG",
        /// Self-harm.
        SelfHarm = 3 => "SELF_HARM",
        /// Needs medication.
        Medication = 4 => "MEDICATION",
        /// Disability.
        Disability = 5 => "DISABILITY",
        /// Domestic abuse at home.
        DaAtHome = 6 => "DA_AT_HOME",
        /// Alcohol or drugs.
        AlcoholDrugs = 7 => "ALCOHOL_DRUGS",
        /// Trafficking.
        Trafficking = 8 => "TRAFFICKING",
        /// Forced marriage.
        ForcedMarriage = 9 => "FORCED_MARRIAGE",
        /// "Honour"-based abuse.
        Hba = 10 => "HBA",
        /// Out of character.
        OutOfCharacter = 11 => "OUT_OF_CHARACTER",
        /// Very young.
        VeryYoung = 12 => "VERY_YOUNG",
        /// County lines.
        CountyLines = 13 => "COUNTY_LINES",
        /// None known.
        NoneKnown = 14 => "NONE_KNOWN",
    }
}

impl MissingRiskFactor {
    /// The factors that make the risk HIGH until reviewed, and R01 (domain 3.5, 5.3).
    pub const MAKING_HIGH: &'static [Self] =
        &[Self::CseFlag, Self::CceFlag, Self::Trafficking, Self::ForcedMarriage, Self::Hba];
}

code_list! {
    /// How the child was found.
    FoundHow {
        /// Came back.
        ReturnedSelf = 1 => "RETURNED_SELF",
        /// By police.
        FoundPolice = 2 => "FOUND_POLICE",
        /// By a carer.
        FoundCarer = 3 => "FOUND_CARER",
        /// By somebody else.
        FoundOther = 4 => "FOUND_OTHER",
        /// In hospital.
        InHospital = 5 => "IN_HOSPITAL",
        /// In custody.
        InCustody = 6 => "IN_CUSTODY",
        /// Dead.
        Deceased = 7 => "DECEASED",
    }
}

code_list! {
    /// The rank of who lowered a HIGH risk.
    Rank {
        /// Inspector or above: has the authority.
        InspectorOrAbove = 1 => "INSPECTOR_OR_ABOVE",
        /// Anybody else.
        Other = 2 => "OTHER",
    }
}

impl Rank {
    /// Reads a rank as police write it: "Inspector", "DCI", "T/Supt". Anything not understood is `Other`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        const SENIOR: &[&str] = &[
            "inspector",
            "insp",
            "di",
            "dci",
            "ci",
            "superintendent",
            "supt",
            "ch-supt",
            "dsu",
            "dcs",
            "commander",
            "commissioner",
        ];
        let lower = text.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let is_senior = words.clone().any(|word| SENIOR.contains(&word));
        // "Chief constable" outranks everybody; "detective constable" does not.
        let is_chief = words.any(|word| word == "chief");
        if is_senior || is_chief { Self::InspectorOrAbove } else { Self::Other }
    }
}

/// Whether the place of finding may be known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FoundPlace {
    /// An ordinary place, or none given.
    #[default]
    Ordinary,
    /// A SAFE address: sealed.
    Safe,
}

/// The part of the MISSING_* kinds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MissingFacts {
    /// The category.
    pub category: Given<Code<MissingCategory>>,
    /// The police reference.
    pub police_ref: Given<Length>,
    /// When police were told.
    pub police_told_at: Given<Timestamp>,
    /// When last seen.
    pub last_seen_at: Given<Timestamp>,
    /// From where.
    pub missing_from: Given<Code<MissingFrom>>,
    /// Appearance, for the look-out.
    pub description_lookout: Given<Length>,
    /// Whether the sender wants the school told.
    pub inform_school: bool,
    /// Why.
    pub inform_school_reason: Given<Length>,
    /// The risk factors.
    pub risk_factors: Codes<MissingRiskFactor>,
    /// Who lowered a HIGH risk. `Malformed`: somebody without name or rank.
    pub downgrade_by: Given<Rank>,
    /// When found.
    pub found_at: Given<Timestamp>,
    /// Whether the place may be known.
    pub found_place: FoundPlace,
    /// How found.
    pub found_how: Given<Code<FoundHow>>,
    /// When cancelled.
    pub cancelled_at: Given<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inspectors_and_above_may_lower_a_high_risk_and_constables_may_not() {
        for rank in ["Inspector", "T/Insp 1234", "DCI", "Det. Superintendent", "Chief Constable"] {
            assert_eq!(Rank::of(rank), Rank::InspectorOrAbove, "{rank}");
        }
        for rank in ["Sergeant", "DC", "Detective Constable", "inspectorate clerk", ""] {
            assert_eq!(Rank::of(rank), Rank::Other, "{rank}");
        }
    }
}
