//! Who is mentioned in an alert, and the claims that two mentions are one person (domain 4).
//!
//! A person is never merged: each alert's mention stays as it was given. A [`Link`] is a claim between two of them, with
//! what speaks for it, that a human may make, refuse or undo.

use super::codes::code_list;
use super::id::{AlertId, UserId};
use super::redacted::Redacted;
use super::rule::Rule;
use super::submission::{AbuseType, MissingCategory};
use super::time::Timestamp;

code_list! {
    /// One piece of evidence. Numbers are stored.
    Evidence {
        /// Dates of birth equal.
        BornEqual = 1 => "DOB_EQUAL",
        /// Day and month swapped.
        BornSwapped = 2 => "DOB_DAY_MONTH_SWAPPED",
        /// One digit of the date different.
        BornOneDigit = 3 => "DOB_ONE_DIGIT_DIFFERENT",
        /// The same year only.
        BornSameYear = 4 => "DOB_SAME_YEAR",
        /// Family names equal.
        FamilyEqual = 10 => "FAMILY_NAME_EQUAL",
        /// The family name is an alias of the other.
        FamilyAlias = 11 => "FAMILY_NAME_IS_ALIAS",
        /// Family names alike in sound or spelling.
        FamilySimilar = 12 => "FAMILY_NAME_SIMILAR",
        /// Given names equal.
        GivenEqual = 20 => "GIVEN_NAME_EQUAL",
        /// A nickname or alias.
        GivenAlias = 21 => "GIVEN_NAME_IS_NICKNAME_OR_ALIAS",
        /// Given names alike in sound or spelling.
        GivenSimilar = 22 => "GIVEN_NAME_SIMILAR",
        /// Only an initial.
        GivenInitial = 23 => "GIVEN_NAME_INITIAL",
        /// The same property.
        UprnEqual = 30 => "UPRN_EQUAL",
        /// The same postcode.
        PostcodeEqual = 31 => "POSTCODE_EQUAL",
        /// The same outward code only.
        OutwardEqual = 32 => "OUTWARD_CODE_EQUAL",
        /// A phone number in common.
        PhoneEqual = 40 => "PHONE_EQUAL",
        /// The same school.
        SchoolEqual = 41 => "SCHOOL_EQUAL",
        /// The same sex. Another one never subtracts.
        SexEqual = 42 => "SEX_EQUAL",
        /// One mother: linked without a human, if she were compared herself.
        MotherEqual = 50 => "MOTHER_EQUAL",
        /// Probably one mother: a human would have to say so.
        MotherStrong = 51 => "MOTHER_STRONG",
        /// Expected on one day.
        DeliveryEqual = 60 => "EXPECTED_DELIVERY_EQUAL",
        /// Expected within three weeks of each other.
        DeliveryNear = 61 => "EXPECTED_DELIVERY_NEAR",
        /// Born within three weeks of the day that was expected.
        BornNear = 62 => "BORN_NEAR_EXPECTED_DELIVERY",
    }
}

impl Evidence {
    /// Its points (domain 4.3, DEFAULT).
    #[must_use]
    pub const fn points(self) -> u32 {
        match self {
            Self::BornEqual => 30,
            Self::FamilyEqual => 20,
            Self::BornSwapped | Self::FamilyAlias => 18,
            Self::BornOneDigit | Self::GivenEqual | Self::UprnEqual => 15,
            Self::FamilySimilar | Self::GivenAlias => 12,
            Self::PostcodeEqual => 10,
            Self::GivenSimilar => 8,
            Self::BornSameYear | Self::PhoneEqual | Self::SchoolEqual => 5,
            Self::GivenInitial => 4,
            Self::OutwardEqual => 3,
            Self::SexEqual => 2,
            // Who is not born yet has no score: mother and date decide (domain 4.5.7).
            Self::MotherEqual
            | Self::MotherStrong
            | Self::DeliveryEqual
            | Self::DeliveryNear
            | Self::BornNear => 0,
        }
    }
}

code_list! {
    /// What two mentions are to each other. Numbers are stored.
    MatchClass {
        /// Adoption or protected identity on either: never linked, no candidate shown.
        Protected = 1 => "PROTECTED",
        /// Two traced NHS numbers that differ: never linked, whatever the score.
        Different = 2 => "DIFFERENT",
        /// One NHS number, and something speaks against it being one person: not linked, a steward looks.
        NhsConflict = 3 => "NHS_CONFLICT",
        /// Linked automatically, reversibly.
        Exact = 4 => "EXACT",
        /// Proposed: a human confirms.
        Strong = 5 => "STRONG",
        /// Perhaps a twin: both candidates are shown side by side.
        TwinSuspect = 6 => "TWIN_SUSPECT",
        /// A candidate for the front door and the steward only.
        Possible = 7 => "POSSIBLE",
        /// A new person.
        New = 8 => "NEW",
    }
}

code_list! {
    /// Where a link stands. Numbers are stored.
    LinkState {
        /// Made by the hub: NHS number, date of birth and names (I4).
        Automatic = 1 => "LINKED",
        /// Waits for a human (I4b, I6; I5 where one of several children of a pregnancy is meant).
        Proposed = 2 => "PROPOSED",
        /// A mere candidate, for the front door and the steward (I5, I7).
        Candidate = 3 => "CANDIDATE",
        /// One NHS number and something against it: a steward looks (I3, I3b). Never linked.
        Conflict = 4 => "CONFLICT",
        /// A human says that they are one person.
        Confirmed = 5 => "CONFIRMED",
        /// A human says that they are not.
        Rejected = 6 => "REJECTED",
        /// A human has undone it.
        Unlinked = 7 => "UNLINKED",
    }
}

impl LinkState {
    /// Whether it counts as one person: for repeat counters only these do (domain 4.5.4).
    #[must_use]
    pub const fn is_confirmed(self) -> bool {
        matches!(self, Self::Automatic | Self::Confirmed)
    }

    /// Whether it may yet be one person: the protected register reaches these too (domain 4.5.8).
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Proposed | Self::Candidate)
    }
}

/// A claim that a person of this alert is one of an earlier alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Which of this alert's persons, from 0 (see [`MentionedPerson::index`]).
    pub mention: u32,
    /// The earlier alert.
    pub other: AlertId,
    /// Which of its persons.
    pub other_mention: u32,
    /// The row that decided.
    pub rule: Rule,
    /// What they are to each other by what is known of both.
    pub class: MatchClass,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// Where it stands.
    pub state: LinkState,
    /// Who brought it there; none: the hub.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// Where it stood before, oldest first. Only ever added to, so that nothing of what was said is lost.
    pub earlier: Vec<LinkStep>,
}

/// Where a claim stood before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkStep {
    /// The state.
    pub state: LinkState,
    /// Who had brought it there; none: the hub.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

impl Link {
    /// The claim in another state, brought there by this person at that time, with the one it was in behind it.
    #[must_use]
    pub fn moved(mut self, state: LinkState, (by, at): (&UserId, Timestamp)) -> Self {
        let step = LinkStep { state: self.state, by: self.by.take(), at: self.at };
        self.earlier.push(step);
        Self { state, by: Some(by.clone()), at, ..self }
    }

    /// Whether a child's mother speaks for it: one of the two is from before birth (domain 4.5.7).
    #[must_use]
    pub fn is_by_mother(&self) -> bool {
        let of_mother = [Evidence::MotherEqual, Evidence::MotherStrong];
        self.evidence.iter().any(|evidence| of_mother.contains(evidence))
    }

    /// Whether a steward has to decide on it (domain 4.4: I3, I3b, I4b, I6; 4.5.7).
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self.state, LinkState::Proposed | LinkState::Conflict)
    }
}

code_list! {
    /// On what a steward decided. A code, so that no entry holds a word about anybody.
    StewardBasis {
        /// Traced on the Personal Demographics Service.
        TracedOnPds = 1 => "TRACED_ON_PDS",
        /// The agency that sent one of the alerts said so.
        SenderSaid = 2 => "SENDER_SAID",
        /// Another agency that knows the person said so.
        AgencySaid = 3 => "AGENCY_SAID",
        /// The agency's own records say so.
        RecordsCompared = 4 => "RECORDS_COMPARED",
    }
}

code_list! {
    /// What the protected-subject register says of a mention (domain 3.4). No address.
    Flag {
        /// Lives at a SAFE address.
        Safe = 1 => "SAFE",
        /// Of a protected identity: never linked, never a candidate.
        Protected = 2 => "PROTECTED",
    }
}

/// An entry of the protected-subject register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flagged {
    /// Which of the alert's persons.
    pub mention: u32,
    /// What it says.
    pub flag: Flag,
    /// Who set it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// Who a person is, as far as matching reads it. Personal data; never printed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IdentityFacts {
    /// Ten digits with a right check digit.
    pub nhs_number: Option<Redacted<String>>,
    /// Adoption or protected identity (I1).
    pub protected: bool,
    /// The family name as given.
    pub family: Option<Redacted<String>>,
    /// The first given name as given.
    pub given: Option<Redacted<String>>,
    /// Nicknames and former names as given.
    pub aliases: Vec<Redacted<String>>,
    /// Home's or placement's property number.
    pub uprn: Option<Redacted<String>>,
    /// Home's or placement's postcode, in capitals with one space.
    pub postcode: Option<Redacted<String>>,
    /// Phones as given.
    pub phones: Vec<Redacted<String>>,
    /// The contract's code of the sex; none where it is not stated.
    pub sex: Option<u32>,
}

/// A person of an alert as it is kept for matching: sealed with the alert, gone with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MentionedPerson {
    /// The place in `subjects`, from 0; the alleged perpetrator of domestic abuse stands after them, and after that the
    /// household, of whom only mothers are kept.
    pub index: u32,
    /// Who it is.
    pub identity: IdentityFacts,
    /// Whether the sender traced the NHS number.
    pub nhs_verified: bool,
    /// The date of birth, if known to the day.
    pub born: Option<Redacted<jiff::civil::Date>>,
    /// The year of birth, where no more is known.
    pub born_in: Option<Redacted<i16>>,
    /// The school's URN.
    pub school: Option<Redacted<String>>,
    /// Lives at a SAFE address, as the alert says.
    pub safe: bool,
    /// The expected date of delivery: who has one is not born yet.
    pub expected: Option<Redacted<jiff::civil::Date>>,
    /// The mother, kept with an unborn child and with a small one: by her a child that is born is found again (domain
    /// 4.5.7). She has none herself.
    pub mother: Option<Box<Self>>,
    /// Of one pregnancy with another child of the alert.
    pub of_several: bool,
}

/// What counters read of an alert (domain 5.8): codes and times, sealed because they are content.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// When what it tells of began: last seen, attended, the incident; else when the hub took it.
    pub started: Timestamp,
    /// The effective category of a missing child.
    pub category: Option<MissingCategory>,
    /// The kinds of abuse.
    pub abuse: Vec<AbuseType>,
    /// Whom it is about, by index: the PRIMARY subject, the victim of domestic abuse.
    pub about: Option<u32>,
    /// The other one of a pair.
    pub partner: Option<u32>,
    /// Whether its sender gave it a reference of its own: then what that sender told before is another event to it.
    pub is_named: bool,
}

/// Everything kept of an alert for matching.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mentions {
    /// Its persons, by index.
    pub people: Vec<MentionedPerson>,
    /// What counters read.
    pub tally: Tally,
}
