//! The matrix: kind and condition × recipient letter → the one applicable row (domain 6.5a, rows a–q and t). Row p is
//! the row of the alert that was decided on, read for what the front door hands on (R52).

use crate::domain::directory::Agency;
use crate::domain::{Letter, Rule};

use super::super::partners;

/// A line of the matrix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Condition {
    /// a: MISSING_*.
    Missing,
    /// b: RHI_UPDATE.
    ReturnInterview,
    /// c: ALCOHOL_ATTENDANCE, no hard marker.
    AlcoholNoHard,
    /// d: ALCOHOL_ATTENDANCE, hard marker.
    AlcoholHard,
    /// e: ALCOHOL_PATHWAY, the states only.
    AlcoholPathway,
    /// f: DV, child in scope, high.
    ChildHigh,
    /// g: DV, child in scope, not high.
    ChildNotHigh,
    /// h: DV, no child in scope, high.
    NoChildHigh,
    /// i: DV, no child in scope, not high.
    NoChildNotHigh,
    /// j: MARAC_REFERRAL, MARAC_OUTCOME with children.
    MaracWithChildren,
    /// j: the same without.
    MaracWithoutChildren,
    /// k: PLACE_OF_SAFETY without a power (`NONE_VOLUNTARY`, `PACE_ARREST`).
    PlaceWithoutPower,
    /// l: PLACE_OF_SAFETY with a power (`CA89_S46`, `EPO_S44`).
    PlaceWithPower,
    /// l: PLACE_OF_SAFETY, `MHA_S136`: the hospital too.
    PlaceUnderMentalHealthAct,
    /// m: CSC_CONTACT, CSC_REFERRAL, CONCERN about a child: harm suspected or not known, risk HIGH, not safe to ask.
    HarmSuspected,
    /// n: the same, all else.
    NoHarm,
    /// o: CONCERN about an adult, a child affected, as m.
    AdultChildHarm,
    /// o: CONCERN about an adult, a child affected, as n.
    AdultChildNoHarm,
    /// o: CONCERN about an adult, no child affected.
    AdultOnly,
    /// q: FEEDBACK, and what the hub makes of a decision for its referrer.
    Feedback,
    /// r: INFORMATION_REQUEST, INFORMATION_RESPONSE by statute (`CA89_S47_9`, `CA04_S16H`).
    InformationByStatute,
    /// r: on `CA89_S47`, `CA04_S11` or a crime route with harm suspected or not known.
    InformationOnHarm,
    /// r: all else.
    InformationByAgreement,
    /// s: CAF_REGISTERED, TAC_UPDATE.
    FamilyHelp,
    /// s: `STEP_UP_REQUESTED`: the front door too.
    FamilyHelpStepUp,
    /// t: OPERATION_REPORT.
    OperationReport,
}

/// A sharing row the matrix names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Row {
    D2,
    D3,
    D4,
    D5,
    D6,
    D7,
    D8,
    D9,
    D10,
    D10a,
    D11,
    D13,
    D14,
    D15,
    D16,
    D18,
    D17,
    D99,
}

impl Row {
    /// Every row.
    const ALL: &'static [Self] = &[
        Self::D2,
        Self::D3,
        Self::D4,
        Self::D5,
        Self::D6,
        Self::D7,
        Self::D8,
        Self::D9,
        Self::D10,
        Self::D10a,
        Self::D11,
        Self::D15,
        Self::D16,
        Self::D99,
    ];

    /// The row with this id; none where the id is of no row of the matrix (D0, D1).
    pub(super) fn of(rule: Rule) -> Option<Self> {
        Self::ALL.iter().copied().find(|row| row.rule() == rule)
    }

    /// The rule's id.
    pub(super) const fn rule(self) -> Rule {
        match self {
            Self::D2 => Rule::D2,
            Self::D3 => Rule::D3,
            Self::D4 => Rule::D4,
            Self::D5 => Rule::D5,
            Self::D6 => Rule::D6,
            Self::D7 => Rule::D7,
            Self::D8 => Rule::D8,
            Self::D9 => Rule::D9,
            Self::D10 => Rule::D10,
            Self::D10a => Rule::D10a,
            Self::D11 => Rule::D11,
            Self::D13 => Rule::D13,
            Self::D14 => Rule::D14,
            Self::D15 => Rule::D15,
            Self::D16 => Rule::D16,
            Self::D18 => Rule::D18,
            Self::D17 => Rule::D17,
            Self::D99 => Rule::D99,
        }
    }
}

/// One cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cell {
    /// No routing row sends it there: D99 if attempted.
    No,
    /// This row.
    Row(Row),
    /// Community health and maternity differ.
    Health { community: Row, maternity: Row },
    /// Only within the sender's own organisation.
    OwnOrganisation(Row),
    /// Only what the front door hands on after it has decided (R52).
    Released(Row),
    /// A school: from police by statute, else what the front door hands on.
    School { police: Row, released: Row },
    /// Adult social care: this row for an adult at risk, else the other.
    Adult { at_risk: Row, else_: Row },
    /// Police, of an adult: a crime and a high risk, else nothing.
    Crime(Row),
}

/// What some cells ask of the alert besides its condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Asked {
    /// The front door hands it on after it has decided.
    pub(super) released: bool,
    /// The adult has care needs, is at high risk, or is urgent in a child kind (R81).
    pub(super) adult_at_risk: bool,
    /// A crime is suspected and the risk is HIGH.
    pub(super) crime_and_high: bool,
}

const NO: Cell = Cell::No;
const D2: Cell = Cell::Row(Row::D2);
const SCHOOL: Cell = Cell::School { police: Row::D2, released: Row::D3 };
const R_D3: Cell = Cell::Released(Row::D3);
const R_D13: Cell = Cell::Released(Row::D13);
const ADULT: Cell = Cell::Adult { at_risk: Row::D3, else_: Row::D17 };
const AT_18: Cell = Cell::Adult { at_risk: Row::D3, else_: Row::D7 };
const CRIME: Cell = Cell::Crime(Row::D3);
const D3: Cell = Cell::Row(Row::D3);
const D4: Cell = Cell::Row(Row::D4);
const D5: Cell = Cell::Row(Row::D5);
const D6: Cell = Cell::Row(Row::D6);
const D7: Cell = Cell::Row(Row::D7);
const D8: Cell = Cell::Row(Row::D8);
const D9: Cell = Cell::Row(Row::D9);
const D10_D9: Cell = Cell::Health { community: Row::D10, maternity: Row::D9 };
const D10A: Cell = Cell::OwnOrganisation(Row::D10a);
const D11: Cell = Cell::Row(Row::D11);
const D13: Cell = Cell::Row(Row::D13);
const D14: Cell = Cell::Row(Row::D14);
const D15: Cell = Cell::Row(Row::D15);
const D16: Cell = Cell::Row(Row::D16);
const D17: Cell = Cell::Row(Row::D17);
const D18: Cell = Cell::Row(Row::D18);
const D99: Cell = Cell::Row(Row::D99);

/// R81 at P1 and P2 is D3's in row n too, as D3 says itself: no urgent alert is left with nobody.
/// Columns: C, P, F, M, N, H1, H2, R, S, E, A, LX, T, Z, D. LADO is told where R70 or a conflict of interest routes it.
#[rustfmt::skip]
const MATRIX: &[(Condition, [Cell; 15])] = &[
    //                                C    P      F    M   N       H1   H2    R   S      E       A      LX   T    Z      D
    (Condition::Missing,            [D7,  D7,    D3,  NO, NO,     D8,  NO,   NO, D7,    D7,     D7,    D7,  NO,  AT_18, D2]),
    (Condition::ReturnInterview,    [D7,  D7,    NO,  NO, NO,     NO,  NO,   NO, D7,    NO,     NO,    D7,  NO,  ADULT, D2]),
    (Condition::AlcoholNoHard,      [D99, D99,   NO,  NO, D10_D9, NO,  D10A, D9, NO,    D99,    D99,   D99, NO,  ADULT, D2]),
    (Condition::AlcoholHard,        [D11, D11,   D3,  NO, D10_D9, NO,  D10A, D9, D11,   D99,    D99,   D11, NO,  ADULT, D2]),
    (Condition::AlcoholPathway,     [D16, NO,    NO,  NO, NO,     D16, D16,  NO, NO,    NO,     NO,    NO,  NO,  NO,    D2]),
    (Condition::ChildHigh,          [D6,  D3,    D4,  D4, D6,     NO,  NO,   NO, NO,    SCHOOL, R_D13, D6,  NO,  ADULT, D2]),
    (Condition::ChildNotHigh,       [D6,  D3,    D6,  NO, D6,     NO,  NO,   NO, NO,    SCHOOL, R_D13, D6,  NO,  ADULT, D2]),
    (Condition::NoChildHigh,        [NO,  D3,    D4,  D4, NO,     NO,  NO,   NO, NO,    NO,     NO,    NO,  NO,  ADULT, D2]),
    (Condition::NoChildNotHigh,     [NO,  D3,    D5,  NO, NO,     NO,  NO,   NO, NO,    NO,     NO,    NO,  NO,  ADULT, D2]),
    (Condition::MaracWithChildren,  [D6,  D4,    D4,  D4, NO,     NO,  NO,   NO, NO,    D99,    NO,     D6,  NO,  NO,    D2]),
    (Condition::MaracWithoutChildren, [NO, D4,   D4,  D4, NO,     NO,  NO,   NO, NO,    D99,    NO,     NO,  NO,  NO,    D2]),
    (Condition::PlaceWithoutPower,  [D15, D15,   D3,  NO, NO,     NO,  NO,   D9, D15,   D99,    D15,   D15, NO,  ADULT, D2]),
    (Condition::PlaceWithPower,     [D2,  D2,    D3,  NO, NO,     NO,  NO,   NO, NO,    D99,    NO,    D2,  NO,  ADULT, D2]),
    (Condition::PlaceUnderMentalHealthAct, [D2, D2, D3, NO, NO,   D2,  D2,   NO, NO,    D99,    NO,    D2,  NO,  ADULT, D2]),
    (Condition::HarmSuspected,      [D3,  D3,    D3,  NO, R_D3,   NO,  NO,   NO, R_D3,  R_D3,   R_D13, D3,  NO,  ADULT, D2]),
    (Condition::NoHarm,             [D14, D99,   D3,  NO, R_D13,  NO,  NO,   NO, R_D13, R_D13,  R_D13, D14, NO,  ADULT, D2]),
    (Condition::AdultChildHarm,     [D3,  CRIME, NO,  NO, NO,     NO,  NO,   NO, NO,    NO,     NO,    D3,  NO,  ADULT, D2]),
    (Condition::AdultChildNoHarm,   [D14, CRIME, NO,  NO, NO,     NO,  NO,   NO, NO,    NO,     NO,    D14, NO,  ADULT, D2]),
    (Condition::AdultOnly,          [D17, CRIME, NO,  NO, NO,     NO,  NO,   NO, NO,    NO,     NO,    NO,  NO,  ADULT, D2]),
    (Condition::Feedback,           [NO,  NO,    NO,  NO, NO,     NO,  NO,   NO, NO,    NO,     NO,    NO,  D16, NO,    NO]),
    (Condition::InformationByStatute,   [D2; 15]),
    (Condition::InformationOnHarm,      [D3; 15]),
    (Condition::InformationByAgreement, [D13; 15]),
    (Condition::FamilyHelp,         [D99, D13,   D13, NO, D13,    D13, D13,  D13, D13,  D13,    D13,   D13, NO,  D13,   NO]),
    (Condition::FamilyHelpStepUp,   [D14, D13,   D13, NO, D13,    D13, D13,  D13, D13,  D13,    D13,   D14, NO,  D13,   NO]),
    (Condition::OperationReport,    [D18, D18,   NO,  NO, NO,     NO,  NO,   NO, NO,    NO,     D18,   NO,  NO,  NO,    NO]),
];

/// The row of the cell; none where the matrix has none.
pub(super) fn cell(
    condition: Condition,
    letter: Letter,
    (recipient, sender): (&Agency, &Agency),
    asked: Asked,
) -> Option<Row> {
    // Who attends a MARAC hears of its cases whatever its own letter, and is K in nothing else.
    if letter == Letter::K {
        let is_marac =
            matches!(condition, Condition::MaracWithChildren | Condition::MaracWithoutChildren);
        return is_marac.then_some(Row::D4);
    }
    let is_information = matches!(
        condition,
        Condition::InformationByStatute
            | Condition::InformationOnHarm
            | Condition::InformationByAgreement
    );
    // Youth justice gets operations' reports, and is asked as anybody is (row r): its column would say no more.
    if letter == Letter::Y && !is_information {
        return (condition == Condition::OperationReport).then_some(Row::D18);
    }
    // Row r says the same of every letter.
    let column = if letter == Letter::Y { 0 } else { column(letter)? };
    let (_, line) = MATRIX.iter().find(|(of, _)| *of == condition)?;
    match *line.get(column)? {
        Cell::No => None,
        Cell::Row(row) => Some(row),
        Cell::Health { maternity, .. } if partners::is(recipient, partners::MIDW) => {
            Some(maternity)
        }
        Cell::Health { community, .. } => Some(community),
        Cell::OwnOrganisation(row) => partners::same_organisation(recipient, sender).then_some(row),
        Cell::Released(row) => asked.released.then_some(row),
        Cell::School { released, .. } if asked.released => Some(released),
        Cell::School { police, .. } => partners::is(sender, partners::MERPOL).then_some(police),
        Cell::Adult { at_risk, else_ } => Some(if asked.adult_at_risk { at_risk } else { else_ }),
        Cell::Crime(row) => Some(if asked.crime_and_high { row } else { Row::D99 }),
    }
}

const fn column(letter: Letter) -> Option<usize> {
    Some(match letter {
        Letter::C => 0,
        Letter::P => 1,
        Letter::F => 2,
        Letter::M => 3,
        Letter::N => 4,
        Letter::H1 => 5,
        Letter::H2 => 6,
        Letter::R => 7,
        Letter::S => 8,
        Letter::E => 9,
        Letter::A => 10,
        Letter::L | Letter::X => 11,
        Letter::T => 12,
        Letter::Z => 13,
        Letter::D => 14,
        // K and Y have their one row each above.
        Letter::CL | Letter::K | Letter::Y | Letter::G => return None,
    })
}

#[cfg(test)]
impl Condition {
    /// The letter of the line (domain 6.5a); a capital for the part of a line that is one condition more.
    pub(super) const fn line(self) -> char {
        match self {
            Self::Missing => 'a',
            Self::ReturnInterview => 'b',
            Self::AlcoholNoHard => 'c',
            Self::AlcoholHard => 'd',
            Self::AlcoholPathway => 'e',
            Self::ChildHigh => 'f',
            Self::ChildNotHigh => 'g',
            Self::NoChildHigh => 'h',
            Self::NoChildNotHigh => 'i',
            Self::MaracWithChildren => 'j',
            Self::MaracWithoutChildren => 'J',
            Self::PlaceWithoutPower => 'k',
            Self::PlaceWithPower => 'l',
            Self::PlaceUnderMentalHealthAct => 'L',
            Self::HarmSuspected => 'm',
            Self::NoHarm => 'n',
            Self::AdultChildHarm | Self::AdultChildNoHarm | Self::AdultOnly => 'o',
            Self::Feedback => 'q',
            Self::InformationByStatute => 'r',
            Self::InformationOnHarm => 'R',
            Self::InformationByAgreement => 'v',
            Self::FamilyHelp => 's',
            Self::FamilyHelpStepUp => 'S',
            Self::OperationReport => 't',
        }
    }

    /// Every condition.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        MATRIX.iter().map(|(condition, _)| *condition)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{agency, directory};
    use super::*;

    const ALL: &[Condition] = &[
        Condition::Missing,
        Condition::ReturnInterview,
        Condition::AlcoholNoHard,
        Condition::AlcoholHard,
        Condition::AlcoholPathway,
        Condition::ChildHigh,
        Condition::ChildNotHigh,
        Condition::NoChildHigh,
        Condition::NoChildNotHigh,
        Condition::MaracWithChildren,
        Condition::MaracWithoutChildren,
        Condition::PlaceWithoutPower,
        Condition::PlaceWithPower,
        Condition::PlaceUnderMentalHealthAct,
        Condition::HarmSuspected,
        Condition::NoHarm,
        Condition::AdultChildHarm,
        Condition::AdultChildNoHarm,
        Condition::AdultOnly,
        Condition::Feedback,
        Condition::InformationByStatute,
        Condition::InformationOnHarm,
        Condition::InformationByAgreement,
        Condition::FamilyHelp,
        Condition::FamilyHelpStepUp,
        Condition::OperationReport,
    ];

    #[test]
    fn every_condition_has_exactly_one_line() {
        for condition in ALL {
            let lines = MATRIX.iter().filter(|(of, _)| of == condition).count();
            assert_eq!(lines, 1, "{condition:?}");
        }
        assert_eq!(MATRIX.len(), ALL.len());
    }

    #[test]
    fn every_letter_of_the_matrix_has_a_column_of_its_own() {
        let mut columns: Vec<usize> = Letter::ALL
            .iter()
            .filter(|letter| **letter != Letter::X)
            .filter_map(|letter| column(*letter))
            .collect();

        columns.sort_unstable();
        assert_eq!(columns, (0..15).collect::<Vec<_>>());
    }

    #[test]
    fn pathway_states_go_to_the_hospital_and_the_front_door_only() {
        let directory = directory();
        let sender = agency(&directory, "RESPONSE");
        let of = |code| {
            let to = agency(&directory, code);
            cell(Condition::AlcoholPathway, to.letter, (to, sender), Asked::default())
        };

        assert_eq!(of("WUTH-AED"), Some(Row::D16));
        assert_eq!(of("WUTH-SG"), Some(Row::D16));
        assert_eq!(of("CADT"), Some(Row::D16));
        for other in ["MERPOL", "FSU", "AREA-01", "SCH-900101", "SAFERFUT", "WCHC-019"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn a_place_of_safety_without_a_power_is_no_school_s_business() {
        let directory = directory();
        let police = agency(&directory, "MERPOL");
        let of = |code| {
            let to = agency(&directory, code);
            cell(Condition::PlaceWithoutPower, to.letter, (to, police), Asked::default())
        };

        for told in ["CADT", "SAFERFUT", "AREA-01"] {
            assert_eq!(of(told), Some(Row::D15), "{told}");
        }
        assert_eq!(of("RESPONSE"), Some(Row::D9));
        assert_eq!(of("SCH-900101"), Some(Row::D99));
        assert_eq!(of("WUTH-AED"), None);
    }

    #[test]
    fn feedback_goes_to_its_referrer_and_nobody_else() {
        let directory = directory();
        let front_door = agency(&directory, "CADT");
        let to =
            |letter| cell(Condition::Feedback, letter, (front_door, front_door), Asked::default());

        let told: Vec<_> = Letter::ALL.iter().copied().filter(|it| to(*it).is_some()).collect();
        assert_eq!(told, [Letter::T]);
        assert_eq!(to(Letter::T), Some(Row::D16));
    }

    #[test]
    fn the_hospital_hears_of_a_place_of_safety_under_the_mental_health_act_only() {
        let directory = directory();
        let police = agency(&directory, "MERPOL");
        let of = |condition, code| {
            let to = agency(&directory, code);
            cell(condition, to.letter, (to, police), Asked::default())
        };

        for told in ["CADT", "LA-341", "CIC"] {
            assert_eq!(of(Condition::PlaceWithPower, told), Some(Row::D2), "{told}");
        }
        for hospital in ["WUTH-AED", "WUTH-SG"] {
            let under_act = of(Condition::PlaceUnderMentalHealthAct, hospital);
            assert_eq!(under_act, Some(Row::D2), "{hospital}");
            assert_eq!(of(Condition::PlaceWithPower, hospital), None, "{hospital}");
        }
        for other in ["AREA-07", "RESPONSE", "SAFERFUT"] {
            assert_eq!(of(Condition::PlaceWithPower, other), None, "{other}");
        }
    }

    #[test]
    fn an_attending_agency_is_told_by_d4_whatever_its_own_letter_and_of_nothing_else() {
        let directory = directory();
        let sender = agency(&directory, "FSU");

        for code in ["WCHC-019", "SCH-900101", "RESPONSE", "MERPOL", "CADT"] {
            let to = agency(&directory, code);
            for condition in ALL {
                let is_marac = matches!(
                    condition,
                    Condition::MaracWithChildren | Condition::MaracWithoutChildren
                );
                let expected = is_marac.then_some(Row::D4);
                assert_eq!(
                    cell(*condition, Letter::K, (to, sender), Asked::default()),
                    expected,
                    "{condition:?}"
                );
            }
        }
        let school = agency(&directory, "SCH-900101");
        let as_school =
            cell(Condition::MaracWithChildren, Letter::E, (school, sender), Asked::default());
        assert_eq!(as_school, Some(Row::D99), "a school that does not attend");
    }

    #[test]
    fn youth_justice_gets_operations_reports_and_questions_and_nothing_else() {
        let directory = directory();
        let (police, youth) = (agency(&directory, "MERPOL"), agency(&directory, "YOS"));
        let of = [
            (Condition::OperationReport, Row::D18),
            (Condition::InformationByStatute, Row::D2),
            (Condition::InformationOnHarm, Row::D3),
            (Condition::InformationByAgreement, Row::D13),
        ];

        for condition in ALL {
            let expected = of.iter().find(|(of, _)| of == condition).map(|(_, row)| *row);
            assert_eq!(
                cell(*condition, Letter::Y, (youth, police), Asked::default()),
                expected,
                "{condition:?}"
            );
        }
    }

    #[test]
    fn a_school_is_told_of_domestic_abuse_by_police_only() {
        let directory = directory();
        let school = agency(&directory, "SCH-900101");
        let from = |code| {
            let sender = agency(&directory, code);
            cell(Condition::ChildHigh, Letter::E, (school, sender), Asked::default())
        };

        assert_eq!(from("MERPOL"), Some(Row::D2));
        assert_eq!(from("FSU"), None);
        assert_eq!(from("WUTH-AED"), None);
    }

    #[test]
    fn what_waits_for_the_front_door_goes_nowhere_before_it_has_decided() {
        let directory = directory();
        let sender = agency(&directory, "SCH-900104");
        let of = |condition, code, released| {
            let to = agency(&directory, code);
            cell(condition, to.letter, (to, sender), Asked { released, ..Asked::default() })
        };

        for waiting in ["WCHC-019", "SAFERFUT", "SCH-900101", "AREA-01"] {
            for condition in [Condition::HarmSuspected, Condition::NoHarm] {
                assert_eq!(of(condition, waiting, false), None, "{waiting}");
            }
            assert_eq!(of(Condition::NoHarm, waiting, true), Some(Row::D13), "{waiting}");
        }
        assert_eq!(of(Condition::HarmSuspected, "SCH-900101", true), Some(Row::D3));
        assert_eq!(of(Condition::HarmSuspected, "AREA-01", true), Some(Row::D13));
        assert_eq!(of(Condition::ChildHigh, "SCH-900101", true), Some(Row::D3));
    }

    #[test]
    fn the_hospital_s_team_gets_its_own_organisation_s_attendances_only() {
        let directory = directory();
        let team = agency(&directory, "WUTH-SG");
        let from = |code| {
            let sender = agency(&directory, code);
            cell(Condition::AlcoholHard, Letter::H2, (team, sender), Asked::default())
        };

        assert_eq!(from("WUTH-AED"), Some(Row::D10a));
        assert_eq!(from("LA-341"), None);
    }
}
