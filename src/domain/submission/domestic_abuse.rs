//! What a domestic abuse notification says, as far as a decision reads it (domain 3.7).

use super::super::codes::code_list;
use super::super::id::AgencyCode;
use super::super::identity::IdentityFacts;
use super::super::time::Timestamp;
use super::{AgeFact, Bool3, Code, Codes, Given, Length};

code_list! {
    /// Where it happened.
    PlaceType {
        /// At home.
        Home = 1 => "HOME",
        /// In public.
        Public = 2 => "PUBLIC",
        /// Online.
        Online = 3 => "ONLINE",
        /// At work.
        Work = 4 => "WORK",
        /// Elsewhere.
        Other = 5 => "OTHER",
    }
}

code_list! {
    /// What was done.
    AbuseType {
        /// Physical.
        Physical = 1 => "PHYSICAL",
        /// Sexual.
        Sexual = 2 => "SEXUAL",
        /// Threats.
        Threats = 3 => "THREATS",
        /// Controlling or coercive.
        ControllingCoercive = 4 => "CONTROLLING_COERCIVE",
        /// Economic.
        Economic = 5 => "ECONOMIC",
        /// Psychological.
        Psychological = 6 => "PSYCHOLOGICAL",
        /// Stalking.
        Stalking = 7 => "STALKING",
        /// "Honour"-based.
        Hba = 8 => "HBA",
        /// Forced marriage.
        ForcedMarriage = 9 => "FORCED_MARRIAGE",
        /// Strangulation.
        Strangulation = 10 => "STRANGULATION",
        /// With a weapon.
        Weapon = 11 => "WEAPON",
        /// By a child against a parent.
        ChildToParent = 12 => "CHILD_TO_PARENT",
        /// In a relationship between young people.
        AdolescentRelationship = 13 => "ADOLESCENT_RELATIONSHIP",
    }
}

code_list! {
    /// How victim and alleged perpetrator are connected, Domestic Abuse Act 2021 s2.
    PersonallyConnected {
        /// Partners.
        Intimate = 1 => "INTIMATE",
        /// Former partners.
        Ex = 2 => "EX",
        /// Parents of the same child.
        ParentOfSameChild = 3 => "PARENT_OF_SAME_CHILD",
        /// Relatives.
        Relative = 4 => "RELATIVE",
    }
}

code_list! {
    /// With what the risk was assessed.
    RiskTool {
        /// SafeLives Dash.
        Dash = 1 => "DASH",
        /// Merseyside Risk Identification Tool.
        Merit = 2 => "MERIT",
        /// Domestic Abuse Risk Assessment.
        Dara = 3 => "DARA",
        /// Professional judgement.
        ProfessionalJudgement = 4 => "PROFESSIONAL_JUDGEMENT",
        /// Not completed.
        NotCompleted = 5 => "NOT_COMPLETED",
    }
}

code_list! {
    /// The band. Orders from lowest to highest.
    RiskBand {
        /// Standard or bronze.
        StandardBronze = 1 => "STANDARD_BRONZE",
        /// Medium or silver.
        MediumSilver = 2 => "MEDIUM_SILVER",
        /// High or gold.
        HighGold = 3 => "HIGH_GOLD",
    }
}

code_list! {
    /// Whether children are concerned.
    ChildrenInScope {
        /// Yes.
        Yes = 1 => "YES",
        /// Confirmed that there are none.
        NoneConfirmed = 2 => "NONE_CONFIRMED",
        /// Not known; treated as yes.
        Unknown = 3 => "UNKNOWN",
    }
}

code_list! {
    /// Whether the victim agrees to support.
    VictimConsentSupport {
        /// Yes.
        Yes = 1 => "YES",
        /// No.
        No = 2 => "NO",
        /// Asking would not be safe.
        NotAskedUnsafe = 3 => "NOT_ASKED_UNSAFE",
    }
}

code_list! {
    /// Where the child was.
    ChildPresence {
        /// Directly involved.
        DirectlyInvolved = 1 => "DIRECTLY_INVOLVED",
        /// Saw it.
        Saw = 2 => "SAW",
        /// Heard it.
        Heard = 3 => "HEARD",
        /// In the property.
        InPropertyExposureUnknown = 4 => "IN_PROPERTY_EXPOSURE_UNKNOWN",
        /// Not present, lives there.
        NotPresentLivesThere = 5 => "NOT_PRESENT_LIVES_THERE",
        /// Not present, lives elsewhere.
        NotPresentElsewhere = 6 => "NOT_PRESENT_ELSEWHERE",
        /// Not yet born.
        Unborn = 7 => "UNBORN",
        /// Not known.
        Unknown = 8 => "UNKNOWN",
    }
}

code_list! {
    /// What it did to the child.
    ImpactCode {
        /// Physical injury.
        PhysicalInjury = 1 => "PHYSICAL_INJURY",
        /// Intervened or shielded somebody.
        IntervenedOrShield = 2 => "INTERVENED_OR_SHIELD",
        /// Fear or distress.
        FearDistress = 3 => "FEAR_DISTRESS",
        /// Sleep or eating.
        SleepEating = 4 => "SLEEP_EATING",
        /// Changed behaviour.
        BehaviourChange = 5 => "BEHAVIOUR_CHANGE",
        /// School attendance.
        SchoolAttendance = 6 => "SCHOOL_ATTENDANCE",
        /// Self-harm.
        SelfHarm = 7 => "SELF_HARM",
        /// Basic care.
        BasicCareAffected = 8 => "BASIC_CARE_AFFECTED",
        /// Used to control the victim.
        UsedToControlVictim = 9 => "USED_TO_CONTROL_VICTIM",
        /// Contact used for abuse.
        ContactUsedForAbuse = 10 => "CONTACT_USED_FOR_ABUSE",
        /// Risk to the unborn child.
        RiskToUnborn = 11 => "RISK_TO_UNBORN",
        /// Assessed: none observed.
        NoObservedImpactAssessed = 12 => "NO_OBSERVED_IMPACT_ASSESSED",
        /// Not assessed yet.
        NotYetAssessed = 13 => "NOT_YET_ASSESSED",
    }
}

code_list! {
    /// Whether the child was seen and spoken to.
    SeenAndSpokenTo {
        /// Alone.
        YesAlone = 1 => "YES_ALONE",
        /// With an adult.
        YesWithAdult = 2 => "YES_WITH_ADULT",
        /// Seen, not spoken to.
        SeenNotSpoken = 3 => "SEEN_NOT_SPOKEN",
        /// Not seen.
        NotSeen = 4 => "NOT_SEEN",
    }
}

/// A child's impact text without the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImpactText {
    /// Its length.
    pub length: Length,
    /// Whether it is only one of the phrases that say nothing (domain 3.7).
    pub says_nothing: bool,
    /// Equal for equal texts of one alert.
    pub group: usize,
}

impl ImpactText {
    /// The shortest text accepted, in characters after trimming.
    pub const LENGTH_MIN: usize = 30;

    const STOP_LIST: &'static [&'static str] = &[
        "children present",
        "child present",
        "kids in bed",
        "n/a",
        "none",
        "as above",
        "see police log",
        "no impact",
        "unknown",
    ];

    /// Reads a text. `group` is the same for two texts that are equal after trimming.
    #[must_use]
    pub fn of(text: &str, group: usize) -> Given<Self> {
        let stripped = text
            .trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation())
            .to_lowercase();
        let says_nothing = Self::STOP_LIST.contains(&stripped.as_str());
        match Length::of(text) {
            Given::Given(length) => Given::Given(Self { length, says_nothing, group }),
            Given::Missing | Given::Malformed => Given::Missing,
        }
    }
}

/// On whom an impact is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImpactedChild {
    /// The subject with this index.
    Subject(usize),
    /// The alleged perpetrator, who may be a child too and stands among no subjects (domain 3.7).
    AllegedPerpetrator,
}

/// The impact on one child.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImpactFacts {
    /// The child. `Malformed`: a reference to nobody.
    pub child: Given<ImpactedChild>,
    /// Where the child was.
    pub presence: Given<Code<ChildPresence>>,
    /// What it did.
    pub codes: Codes<ImpactCode>,
    /// The text.
    pub text: Given<ImpactText>,
    /// The sender confirms that two children have the same text.
    pub same_text_confirmed: bool,
    /// Whether seen and spoken to.
    pub seen: Given<Code<SeenAndSpokenTo>>,
    /// Why not seen.
    pub not_seen_reason: Given<Length>,
    /// The child's words.
    pub child_voice: Given<Length>,
    /// With NOT_YET_ASSESSED: by when it will be, with a reason given.
    pub assess_by: Given<jiff::civil::Date>,
}

impl ImpactFacts {
    /// Whether the sender says what it did to the child, and does not put that off.
    #[must_use]
    pub fn is_assessed(&self) -> bool {
        !self.codes.contains(ImpactCode::NotYetAssessed)
    }

    /// The child's index in `subjects`, where it is one of them.
    #[must_use]
    pub const fn subject(&self) -> Option<usize> {
        match self.child {
            Given::Given(ImpactedChild::Subject(index)) => Some(index),
            Given::Given(ImpactedChild::AllegedPerpetrator) | Given::Missing | Given::Malformed => {
                None
            }
        }
    }
}

/// The alleged perpetrator as far as a decision reads one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PerpetratorFacts {
    /// What is known of the age.
    pub age: AgeFact,
    /// Lives with the child or the mother.
    pub lives_with_family: Given<Code<Bool3>>,
    /// Has contact with them.
    pub has_contact: Given<Code<Bool3>>,
    /// The hub agency that employs this person (domain 5.7).
    pub employed_by: Option<AgencyCode>,
}

/// Who makes the pair with the victim, for matching: the person acted for, where a third party acted, else the alleged
/// perpetrator (domain 3.7 on_behalf_of, 3.8 pair_key).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PartnerFacts {
    /// Who it is.
    pub identity: IdentityFacts,
    /// Whether the sender traced the NHS number.
    pub nhs_verified: bool,
    /// What is known of the age.
    pub age: AgeFact,
}

/// The part of DV_NOTIFICATION.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DomesticAbuseFacts {
    /// When.
    pub incident_at: Given<Timestamp>,
    /// Where.
    pub place_type: Given<Code<PlaceType>>,
    /// Police log reference.
    pub incident_ref: Given<Length>,
    /// Whether the threat goes on.
    pub immediate_threat: Given<Code<Bool3>>,
    /// What was done.
    pub abuse_types: Codes<AbuseType>,
    /// The victim's index in `subjects`; missing: the PRIMARY. `Malformed`: a reference to nobody.
    pub victim: Given<usize>,
    /// The alleged perpetrator.
    pub perpetrator: Given<PerpetratorFacts>,
    /// Who makes the pair with the victim, where anybody is named.
    pub partner: Option<PartnerFacts>,
    /// The sender says that the perpetrator is unknown.
    pub perpetrator_unknown: bool,
    /// How connected.
    pub personally_connected: Given<Code<PersonallyConnected>>,
    /// With what assessed.
    pub tool: Given<Code<RiskTool>>,
    /// Why not.
    pub tool_not_completed_reason: Given<Length>,
    /// The score.
    pub tool_score: Given<u32>,
    /// The band.
    pub risk_band: Given<Code<RiskBand>>,
    /// Why the band is higher than the score's.
    pub judgement_reason: Given<Length>,
    /// Whether children are concerned.
    pub children_in_scope: Given<Code<ChildrenInScope>>,
    /// How it is known that there are none.
    pub none_confirmed_how: Given<Length>,
    /// The impact on each child.
    pub impacts: Vec<ImpactFacts>,
    /// Whether the victim is pregnant.
    pub pregnancy: Given<Code<Bool3>>,
    /// Whether the victim agrees to support.
    pub victim_consent_support: Given<Code<VictimConsentSupport>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_that_say_nothing_about_the_child_are_recognised_in_any_case() {
        for text in ["Children present", " kids in bed. ", "N/A", "as above"] {
            let read = ImpactText::of(text, 0);
            assert!(read.get().is_some_and(|text| text.says_nothing), "{text}");
        }
        let spoken = ImpactText::of("Tilly hid under the table and would not come out", 0);
        assert!(spoken.get().is_some_and(|text| !text.says_nothing));
    }
}
