//! The partnership's agencies that rules name, and which kinds each may send (domain 2.1).

use crate::domain::directory::Agency;
use crate::domain::{AgencyCode, AlertKind};

pub(crate) const CADT: &str = "CADT";
pub(crate) const CADT_EDU: &str = "CADT-EDU";
pub(crate) const EDT: &str = "EDT";
pub(crate) const FSU: &str = "FSU";
pub(crate) const MARAC: &str = "MARAC";
pub(crate) const MERPOL: &str = "MERPOL";
pub(crate) const WUTH_AED: &str = "WUTH-AED";
pub(crate) const WUTH_SG: &str = "WUTH-SG";
pub(crate) const WCHC: &str = "WCHC-019";
pub(crate) const MIDW: &str = "MIDW";
pub(crate) const RESPONSE: &str = "RESPONSE";
pub(crate) const SAFERFUT: &str = "SAFERFUT";
pub(crate) const CIC: &str = "CIC";
pub(crate) const LADO: &str = "LADO";
pub(crate) const YOS: &str = "YOS";
pub(crate) const ASC: &str = "ASC";
/// Holds the senior rotas (domain 2.2): outside the desks of CADT and EDT.
pub(crate) const COUNCIL: &str = "COUNCIL";
pub(crate) const HUB_IG: &str = "HUB-IG";

/// Wirral's own DfE code: its looked-after children are CIC's.
pub(crate) const WIRRAL: &str = "344";

/// The councils of the Merseyside police area (domain 2.1, for Domestic Abuse Act 2021 s49A).
pub(crate) const POLICE_AREA: &[&str] = &["340", "341", "342", "343", WIRRAL];

/// What a rule table may call the sender.
enum Who {
    One(&'static str),
    StartingWith(&'static str),
}

const MISSING: &[AlertKind] = &[
    AlertKind::MissingReported,
    AlertKind::MissingUpdated,
    AlertKind::MissingFound,
    AlertKind::MissingCancelled,
];

/// Early help.
const FAMILY_HELP: &[AlertKind] = &[AlertKind::CafRegistered, AlertKind::TacUpdate];

const RETURN_INTERVIEW: &[AlertKind] = &[AlertKind::RhiUpdate];
/// Every agency of the partnership may send these (domain 2.1).
const FROM_EVERYBODY: &[AlertKind] = &[
    AlertKind::CscContact,
    AlertKind::CscReferral,
    AlertKind::Concern,
    AlertKind::MaracReferral,
    AlertKind::InformationResponse,
    AlertKind::NotSharedRecord,
];

/// What a front door decides.
const DECISIONS: &[AlertKind] = &[AlertKind::ReferralDecision, AlertKind::Feedback];

/// Who may send what, besides what every agency may (domain 2.1). A kind not listed is not allowed.
const MAY_SEND: &[(Who, &[AlertKind])] = &[
    (Who::One(CADT), MISSING),
    (Who::One(CADT), DECISIONS),
    (Who::One(CADT), &[AlertKind::InformationRequest, AlertKind::AssessmentCompleted]),
    (Who::One(EDT), &[AlertKind::InformationRequest, AlertKind::AssessmentCompleted]),
    (Who::One(MERPOL), &[AlertKind::InformationRequest]),
    (Who::StartingWith("LA-"), &[AlertKind::InformationRequest]),
    (Who::StartingWith("LA-"), FAMILY_HELP),
    (Who::StartingWith("AREA-"), FAMILY_HELP),
    (Who::StartingWith("SCH-"), FAMILY_HELP),
    (Who::One(WCHC), FAMILY_HELP),
    // The council's education inbox sends as a school.
    (Who::One(CADT_EDU), FAMILY_HELP),
    (Who::One(EDT), DECISIONS),
    // Another council decides on its own children. Its feedback is the hub's.
    (Who::StartingWith("LA-"), &[AlertKind::ReferralDecision]),
    (Who::One(CADT), RETURN_INTERVIEW),
    (Who::One(EDT), MISSING),
    (Who::One(EDT), RETURN_INTERVIEW),
    (Who::One(SAFERFUT), RETURN_INTERVIEW),
    (Who::One(CIC), RETURN_INTERVIEW),
    (Who::One(RESPONSE), &[AlertKind::AlcoholPathway]),
    (Who::One(CIC), MISSING),
    (Who::One(MERPOL), MISSING),
    (Who::One(MERPOL), &[AlertKind::DvNotification]),
    (Who::One(MERPOL), &[AlertKind::PlaceOfSafety, AlertKind::OperationReport]),
    (Who::One(YOS), &[AlertKind::OperationReport]),
    (Who::One(FSU), &[AlertKind::DvNotification, AlertKind::MaracOutcome]),
    (Who::One(MARAC), &[AlertKind::MaracOutcome]),
    (Who::One(MIDW), &[AlertKind::DvNotification]),
    // A&E may say that a child was found, never more: FOUND_UNCONFIRMED (domain 3.5).
    (Who::One(WUTH_AED), &[AlertKind::MissingFound]),
    (Who::One(WUTH_AED), &[AlertKind::AlcoholAttendance, AlertKind::DvNotification]),
    (Who::One(WUTH_SG), &[AlertKind::AlcoholAttendance, AlertKind::DvNotification]),
    // Other councils: any child kind.
    (Who::StartingWith("LA-"), MISSING),
    (Who::StartingWith("LA-"), RETURN_INTERVIEW),
    (
        Who::StartingWith("LA-"),
        &[AlertKind::AlcoholAttendance, AlertKind::AlcoholPathway, AlertKind::PlaceOfSafety],
    ),
];

/// Whether `sender` may send `kind`.
pub(crate) fn may_send(sender: &AgencyCode, kind: AlertKind) -> bool {
    let is = |who: &Who| match who {
        Who::One(code) => sender.as_str() == *code,
        Who::StartingWith(prefix) => sender.as_str().starts_with(prefix),
    };
    // The hub's own reviewers are no agency of the field.
    let is_of_field = !sender.as_str().starts_with("HUB-");
    (FROM_EVERYBODY.contains(&kind) && is_of_field)
        || MAY_SEND.iter().any(|(who, kinds)| is(who) && kinds.contains(&kind))
}

/// Whether the agency is this one.
pub(crate) fn is(agency: &Agency, code: &str) -> bool {
    agency.code.as_str() == code
}

/// Whether the agency is one of the front door's two desks.
pub(crate) fn is_front_door(code: &AgencyCode) -> bool {
    matches!(code.as_str(), CADT | EDT)
}

/// Whether two agencies are one organisation (WUTH-AED and WUTH-SG).
pub(crate) fn same_organisation(one: &Agency, other: &Agency) -> bool {
    one.code == other.code || (one.organisation.is_some() && one.organisation == other.organisation)
}

/// The code of the team that answers for a looked-after child of this council: CIC or the council's own
/// front door. Nothing when the DfE code is none.
pub(crate) fn responsible_team(dfe_code: &str) -> Option<AgencyCode> {
    let is_dfe_code = dfe_code.len() == 3 && dfe_code.bytes().all(|b| b.is_ascii_digit());
    match (is_dfe_code, dfe_code) {
        (true, WIRRAL) => AgencyCode::try_from(CIC).ok(),
        (true, other) => AgencyCode::try_from(format!("LA-{other}")).ok(),
        (false, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AgencyCode {
        AgencyCode::try_from(text).unwrap()
    }

    #[test]
    fn each_agency_may_send_its_own_kinds_and_no_others() {
        let table = [
            // Missing: reported, updated, found, cancelled, interview; alcohol, pathway; abuse; MARAC referral, outcome;
            // place; operation.
            ("MERPOL", "t t t t f f f t t f t t"),
            ("CADT", "t t t t t f f f t f f f"),
            ("EDT", "t t t t t f f f t f f f"),
            ("CIC", "t t t t t f f f t f f f"),
            ("WUTH-AED", "f f t f f t f t t f f f"),
            ("WUTH-SG", "f f f f f t f t t f f f"),
            ("FSU", "f f f f f f f t t t f f"),
            ("MARAC", "f f f f f f f f t t f f"),
            ("MIDW", "f f f f f f f t t f f f"),
            ("LA-341", "t t t t t t t f t f t f"),
            ("RESPONSE", "f f f f f f t f t f f f"),
            ("SAFERFUT", "f f f f t f f f t f f f"),
            ("SCH-900101", "f f f f f f f f t f f f"),
            ("AREA-03", "f f f f f f f f t f f f"),
            ("YOS", "f f f f f f f f t f f t"),
            ("HUB-IG", "f f f f f f f f f f f f"),
        ];
        for (agency, allowed) in table {
            let allowed: Vec<_> = allowed.split(' ').map(|word| word == "t").collect();
            for (kind, expected) in AlertKind::ALL.iter().zip(allowed) {
                assert_eq!(may_send(&code(agency), *kind), expected, "{agency} {kind}");
            }
        }
    }

    #[test]
    fn every_agency_may_refer_and_raise_a_concern_and_only_front_doors_decide() {
        for agency in ["SCH-900104", "YOS", "LADO", "ASC", "RESPONSE", "AREA-01", "CADT", "LA-341"]
        {
            for kind in FROM_EVERYBODY {
                assert!(may_send(&code(agency), *kind), "{agency} {kind}");
            }
        }
        assert!(!may_send(&code("HUB-IG"), AlertKind::Concern));
        let table = [
            ("CADT", [true, true]),
            ("EDT", [true, true]),
            ("LA-341", [true, false]),
            ("MERPOL", [false, false]),
            ("AREA-01", [false, false]),
            ("SCH-900104", [false, false]),
        ];
        for (agency, allowed) in table {
            for (kind, expected) in DECISIONS.iter().zip(allowed) {
                assert_eq!(may_send(&code(agency), *kind), expected, "{agency} {kind}");
            }
        }
    }

    #[test]
    fn a_looked_after_child_belongs_to_cic_or_to_the_other_council() {
        assert_eq!(responsible_team("344"), Some(code("CIC")));
        assert_eq!(responsible_team("341"), Some(code("LA-341")));
        assert_eq!(responsible_team("34"), None);
        assert_eq!(responsible_team("L41"), None);
    }
}
