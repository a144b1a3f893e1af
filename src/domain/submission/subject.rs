//! A person in `subjects`, as far as a decision reads one (domain 3.4).

use super::super::codes::code_list;
use super::super::identity::IdentityFacts;
use super::super::redacted::Redacted;
use super::{Bool3, Code, Given};

code_list! {
    /// Why a person is in the alert.
    SubjectRole {
        /// The person the alert is about; in domestic abuse the victim.
        Primary = 1 => "PRIMARY",
        /// A brother or sister.
        Sibling = 2 => "SIBLING",
        /// A parent or carer.
        ParentCarer = 3 => "PARENT_CARER",
        /// The victim, where not PRIMARY.
        Victim = 4 => "VICTIM",
        /// An alleged perpetrator or risky adult.
        PersonOfConcern = 5 => "PERSON_OF_CONCERN",
        /// Another child.
        OtherChild = 6 => "OTHER_CHILD",
        /// Not yet born.
        Unborn = 7 => "UNBORN",
    }
}

impl SubjectRole {
    /// Whether the role has a place in `subjects` (domain 3.3).
    #[must_use]
    pub const fn belongs_in_subjects(self) -> bool {
        match self {
            Self::Primary | Self::Sibling | Self::OtherChild | Self::Unborn | Self::Victim => true,
            Self::ParentCarer | Self::PersonOfConcern => false,
        }
    }
}

/// What is known of a person's age.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AgeFact {
    /// A full date of birth.
    Born(Redacted<jiff::civil::Date>),
    /// The year and month of birth, month 1–12.
    BornIn {
        /// The year.
        year: Redacted<i16>,
        /// The month.
        month: Redacted<i8>,
    },
    /// The year of birth.
    BornInYear(Redacted<i16>),
    /// An estimate in years.
    Estimated(Redacted<u8>),
    /// Not known, or not usable.
    #[default]
    Unknown,
}

code_list! {
    /// What an address is to the person. A SAFE address never becomes an [`AddressFact`].
    AddressType {
        /// Home.
        Home = 1 => "HOME",
        /// Placement of a looked-after child.
        Placement = 2 => "PLACEMENT",
        /// Temporary.
        Temporary = 3 => "TEMPORARY",
        /// The other parent's.
        OtherParent = 4 => "OTHER_PARENT",
    }
}

/// An address as far as area resolution reads it (domain 5.4). Never made from a SAFE address, nor from a
/// closed one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddressFact {
    /// What it is to the person.
    pub kind: AddressType,
    /// The property's reference number, 1–12 digits.
    pub uprn: Option<Redacted<String>>,
    /// The outward half of the postcode, e.g. `ZX43`; none for the ZZ99 pseudo-codes.
    pub district: Option<Redacted<String>>,
}

/// Where a child goes to school.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SchoolFact {
    /// A school by its URN, 6 digits.
    Urn(Redacted<String>),
    /// Electively home educated.
    HomeEducated,
    /// Not in education.
    NotInEducation,
}

/// One subject.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SubjectFacts {
    /// The role.
    pub role: Given<Code<SubjectRole>>,
    /// Whether any name or a description was given (R!).
    pub named: bool,
    /// What is known of the age.
    pub age: AgeFact,
    /// Whether the sender traced the NHS number on PDS (status VERIFIED and a valid number).
    pub nhs_verified: bool,
    /// Open addresses that are not SAFE.
    pub addresses: Vec<AddressFact>,
    /// Whether one of the addresses is SAFE. The address itself is not a fact anybody decides on.
    pub has_safe_address: bool,
    /// Who it is, for matching.
    pub identity: IdentityFacts,
    /// The school.
    pub school: Given<SchoolFact>,
    /// The expected date of delivery (UNBORN).
    pub expected_delivery: Given<Redacted<jiff::civil::Date>>,
    /// The child's mother, where the alert says who she is.
    pub mother: Option<Box<MotherFacts>>,
    /// Needs for care and support, of an adult.
    pub care_needs: Given<Code<Bool3>>,
}

/// The mother of a child, as far as matching reads her: a subject herself, or of the household (domain 4.5.7).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MotherFacts {
    /// Her place in `subjects`, from 0; of the household, after them and the other one of a pair.
    pub place: u32,
    /// Who she is.
    pub identity: IdentityFacts,
    /// Whether the sender traced her NHS number.
    pub nhs_verified: bool,
    /// What is known of her age.
    pub age: AgeFact,
    /// Whether one of her addresses is SAFE.
    pub has_safe_address: bool,
}
