//! Codes are read by number: every list of the domain has the contract's numbers and names.

use prost_reflect::DescriptorPool;

use crate::domain::decision::Basis6;
use crate::domain::delivery::{AckOutcome, DeclineReason};
use crate::domain::submission::*;
use crate::record::ReceiptKind;

/// Number and name without prefix of every value of an enum but the unspecified one.
fn contract(name: &str) -> Vec<(u32, String)> {
    let pool = DescriptorPool::decode(crate::wire::DESCRIPTORS).unwrap();
    let list = pool.get_enum_by_name(&format!("staysafe.v1.{name}")).unwrap();
    let zero = list.get_value(0).unwrap().name().to_owned();
    let prefix = zero.strip_suffix("UNSPECIFIED").unwrap();
    let values = list.values().filter(|value| value.number() != 0);
    values
        .map(|value| {
            let short = value.name().strip_prefix(prefix).unwrap().to_owned();
            (u32::try_from(value.number()).unwrap(), short)
        })
        .collect()
}

macro_rules! assert_same {
    ($($name:literal => $list:ty),+ $(,)?) => {
        $(
            let domain: Vec<_> =
                <$list>::ALL.iter().map(|code| (code.code(), code.as_str().to_owned())).collect();
            assert_eq!(contract($name), domain, $name);
        )+
    };
}

#[test]
fn lists_with_the_same_words_have_the_same_numbers() {
    assert_same! {
        "Bool3" => Bool3,
        "LookedAfter" => LookedAfter,
        "CpPlan" => CpPlan,
        "ContactRule" => ContactRule,
        "ToldAbout" => ToldAbout,
        "ToldState" => ToldState,
        "SubjectRole" => SubjectRole,
        "MissingCategory" => MissingCategory,
        "MissingFrom" => MissingFrom,
        "MissingRiskFactor" => MissingRiskFactor,
        "FoundHow" => FoundHow,
        "InterviewState" => InterviewState,
        "OfferMethod" => OfferMethod,
        "InterviewOutcome" => InterviewOutcome,
        "PushPullFactor" => PushPullFactor,
        "PathwayState" => PathwayState,
        "PathwayClosed" => PathwayClosed,
        "Substance" => Substance,
        "Intoxication" => Intoxication,
        "InjuryMechanism" => InjuryMechanism,
        "SafeDischarge" => SafeDischarge,
        "RiskMarker" => RiskMarker,
        "SuspectedPersonType" => SuspectedPersonType,
        "ViewOnPolice" => ViewOnPolice,
        "CpisResult" => CpisResult,
        "Offer" => Offer,
        "OfferDeclinedBy" => OfferDeclinedBy,
        "NotOfferedReason" => NotOfferedReason,
        "OfferAgreedBy" => OfferAgreedBy,
        "PlaceType" => PlaceType,
        "AbuseType" => AbuseType,
        "PersonallyConnected" => PersonallyConnected,
        "RiskTool" => RiskTool,
        "RiskBand" => RiskBand,
        "ChildrenInScope" => ChildrenInScope,
        "VictimConsentSupport" => VictimConsentSupport,
        "ChildPresence" => ChildPresence,
        "ImpactCode" => ImpactCode,
        "SeenAndSpokenTo" => SeenAndSpokenTo,
        "Basis9G18Reason" => Basis9G18Reason,
        "Gateway" => Gateway,
        "Purpose" => SharingPurpose,
        "RefusedBy" => RefusedBy,
        "ConsentType" => ConsentType,
        "ConsentGiver" => ConsentGiver,
        "ConsentState" => ConsentState,
        "CompetenceBasis" => CompetenceBasis,
        "CompetenceOutcome" => CompetenceOutcome,
        "MaracBasis" => MaracBasis,
        "VictimAnswer" => VictimAnswer,
        "Circumstance" => Circumstance,
        "PowerUsed" => PowerUsed,
        "PlaceAgreement" => PlaceAgreement,
        "Collection" => Collection,
        "ReleasedTo" => ReleasedTo,
        "Onward" => Onward,
        "AcknowledgeOutcome" => AckOutcome,
        "DeclineReason" => DeclineReason,
        "ReceiptKind" => ReceiptKind,
    }
}

/// SAFE is the one address type that never becomes a fact.
#[test]
fn address_types_are_the_contracts_without_safe() {
    let mut list = contract("AddressType");
    assert_eq!(list.pop(), Some((5, "SAFE".to_owned())));
    let domain: Vec<_> =
        AddressType::ALL.iter().map(|code| (code.code(), code.as_str().to_owned())).collect();
    assert_eq!(list, domain);
}

#[test]
fn the_codes_of_the_law_have_other_words_and_the_same_numbers() {
    let words = |name: &str| {
        contract(name)
            .into_iter()
            .map(|(number, word)| format!("{number} {word}"))
            .collect::<Vec<_>>()
    };
    fn facts<T: Copy>(all: &[T], number: fn(T) -> u32, word: fn(T) -> &'static str) -> Vec<String> {
        all.iter().map(|code| format!("{} {}", number(*code), word(*code))).collect()
    }

    let pairs = [
        (
            words("Basis6"),
            facts(Basis6::ALL, Basis6::code, Basis6::as_str),
            "1 C=6C 2 D=6D 3 E=6E 4 EA=6EA 5 F=6F 6 A=6A",
        ),
        (
            words("Basis9"),
            facts(Basis9::ALL, Basis9::code, Basis9::as_str),
            "1 C=9C 2 G18=9G18 3 G6=9G6 4 H=9H 5 A=9A",
        ),
        (
            words("Basis10"),
            facts(Basis10::ALL, Basis10::code, Basis10::as_str),
            "1 PARA18=10-18 2 OFF=10-OFF 3 P3=P3",
        ),
        (
            words("SenderRegime"),
            facts(SenderRegime::ALL, SenderRegime::code, SenderRegime::as_str),
            "1 UKGDPR=UKGDPR 2 DPA_PART3=DPA_PART3",
        ),
        (
            words("Confidentiality"),
            facts(Confidentiality::ALL, Confidentiality::code, Confidentiality::as_str),
            "1 NA=CONF_NA 2 CONSENT=CONF_CONSENT 3 STATUTE=CONF_STATUTE 4 PUBLIC_INTEREST=CONF_PUBLIC_INTEREST \
             5 BEST_INTERESTS_LACKS_CAPACITY=CONF_BEST_INTERESTS_LACKS_CAPACITY",
        ),
    ];
    for (contract, domain, expected) in pairs {
        let joined = contract.iter().zip(&domain).map(|(left, right)| {
            let (number, word) = right.split_once(' ').unwrap();
            assert!(left.starts_with(&format!("{number} ")), "{left} and {right}");
            format!("{left}={word}")
        });
        assert_eq!(joined.collect::<Vec<_>>().join(" "), expected);
        assert_eq!(contract.len(), domain.len());
    }
}
