//! What a place of safety record says, as far as a decision reads it (domain 3.9).

use super::super::codes::code_list;
use super::super::time::Timestamp;
use super::{Code, Codes, CompetenceFacts, Given, Length, OfferAgreedBy};

code_list! {
    /// How the young person was found.
    Circumstance {
        /// Drunk.
        Drunk = 1 => "DRUNK",
        /// Under the influence of drugs.
        Drugs = 2 => "DRUGS",
        /// With adults who are a risk.
        WithRiskyAdults = 3 => "WITH_RISKY_ADULTS",
        /// Late and unsupervised.
        LateUnsupervised = 4 => "LATE_UNSUPERVISED",
        /// Antisocial behaviour nearby.
        AsbNearby = 5 => "ASB_NEARBY",
        /// Missing.
        Missing = 6 => "MISSING",
        /// Injured.
        Injured = 7 => "INJURED",
    }
}

code_list! {
    /// Under which power the young person was moved. None is the normal case (domain 0.2, 9).
    PowerUsed {
        /// By agreement.
        NoneVoluntary = 1 => "NONE_VOLUNTARY",
        /// Police protection, Children Act 1989 s46.
        Ca89S46 = 2 => "CA89_S46",
        /// Mental Health Act 1983 s136.
        MhaS136 = 3 => "MHA_S136",
        /// After an arrest.
        PaceArrest = 4 => "PACE_ARREST",
        /// An emergency protection order, Children Act 1989 s44.
        EpoS44 = 5 => "EPO_S44",
    }
}

code_list! {
    /// Who agreed to the move.
    PlaceAgreement {
        /// The child.
        ChildAgreed = 1 => "CHILD_AGREED",
        /// A parent.
        ParentAgreed = 2 => "PARENT_AGREED",
        /// Both.
        Both = 3 => "BOTH",
    }
}

code_list! {
    /// Who takes the young person home.
    Collection {
        /// Somebody has.
        Collected = 1 => "COLLECTED",
        /// A safe adult is on the way.
        SafeAdultOnWay = 2 => "SAFE_ADULT_ON_WAY",
        /// There is no safe adult.
        NoSafeAdult = 3 => "NO_SAFE_ADULT",
        /// Not known.
        Unknown = 4 => "UNKNOWN",
    }
}

code_list! {
    /// To whom the young person went.
    ReleasedTo {
        /// A parent.
        Parent = 1 => "PARENT",
        /// A carer.
        Carer = 2 => "CARER",
        /// Another safe adult.
        OtherSafeAdult = 3 => "OTHER_SAFE_ADULT",
        /// Accommodated by the council.
        LaAccommodated = 4 => "LA_ACCOMMODATED",
        /// A hospital.
        Hospital = 5 => "HOSPITAL",
    }
}

code_list! {
    /// What is meant to follow.
    Onward {
        /// Nothing.
        None = 1 => "NONE",
        /// The young people's alcohol and drug service.
        Response = 2 => "RESPONSE",
        /// An Area Team.
        AreaTeam = 3 => "AREA_TEAM",
        /// The front door.
        Cadt = 4 => "CADT",
        /// The antisocial behaviour team.
        AsbTeam = 5 => "ASB_TEAM",
        /// The missing and exploitation service.
        Saferfut = 6 => "SAFERFUT",
    }
}

/// The block of police protection, Children Act 1989 s46.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PoliceProtectionFacts {
    /// When the child was taken into it.
    pub taken_at: Given<Timestamp>,
    /// Who did.
    pub initiating_officer: Given<Length>,
    /// The officer designated for it.
    pub designated_officer: Given<Length>,
    /// Why.
    pub grounds: Given<Length>,
    /// When the council was told.
    pub la_informed_at: Given<Timestamp>,
    /// When the parents were told.
    pub parents_informed_at: Given<Timestamp>,
    /// Why they were not.
    pub parents_not_informed_reason: Given<Length>,
    /// The child's wishes and feelings.
    pub child_wishes: Given<Length>,
}

/// The part of PLACE_OF_SAFETY.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PlaceOfSafetyFacts {
    /// When found.
    pub found_at: Given<Timestamp>,
    /// Where found.
    pub found_place: Given<Length>,
    /// How found.
    pub circumstances: Codes<Circumstance>,
    /// To which place.
    pub moved_to: Given<Length>,
    /// When moved.
    pub moved_at: Given<Timestamp>,
    /// Who is with the young person.
    pub staffed_by: Given<Length>,
    /// Under which power.
    pub power_used: Given<Code<PowerUsed>>,
    /// The block of police protection, given or not whatever the power.
    pub s46: Given<PoliceProtectionFacts>,
    /// When an order ends.
    pub order_expires_at: Given<Timestamp>,
    /// Who agreed to the move.
    pub agreement: Given<Code<PlaceAgreement>>,
    /// Who agreed to RESPONSE.
    pub offer_agreed_by: Given<Code<OfferAgreedBy>>,
    /// Whether the child can decide that.
    pub competence: Given<CompetenceFacts>,
    /// Who takes the young person home.
    pub collection: Given<Code<Collection>>,
    /// To whom the young person went.
    pub released_to: Given<Code<ReleasedTo>>,
    /// When.
    pub released_at: Given<Timestamp>,
    /// What is meant to follow.
    pub onward: Codes<Onward>,
}

impl PlaceOfSafetyFacts {
    /// Whether a block of police protection stands there without its power (GAP3).
    #[must_use]
    pub fn has_block_without_power(&self) -> bool {
        !matches!(self.s46, Given::Missing) && !self.power_used.is(PowerUsed::Ca89S46)
    }
}
