//! Rule ids, spelled as in the domain tables, so that an id in an audit entry leads to the table row and to
//! the test of the same name.

use super::codes::code_list;

code_list! {
    /// One rule: routing R, sharing D, identity I, urgent validation GAP, trigger T. Numbers are never reused.
    Rule {
        /// Missing: high risk, 13 or under, or exploitation flag.
        R01 = 101 => "R01",
        /// Missing: medium risk.
        R02 = 102 => "R02",
        /// Missing: low risk.
        R03 = 103 => "R03",
        /// No apparent risk, or away from placement.
        R04 = 104 => "R04",
        /// Missing episode updated.
        R05 = 105 => "R05",
        /// Found, returned or cancelled.
        R06 = 106 => "R06",
        /// A return home interview.
        R07 = 107 => "R07",
        /// Alcohol, no hard marker, agreed.
        R10 = 110 => "R10",
        /// Alcohol, no hard marker, not agreed.
        R11 = 111 => "R11",
        /// Alcohol with a hard marker.
        R12 = 112 => "R12",
        /// Alcohol with only a soft marker.
        R12a = 1121 => "R12a",
        /// Alcohol with an exploitation or sexual-assault marker.
        R13 = 113 => "R13",
        /// A CP-IS flag of another council.
        R14 = 114 => "R14",
        /// A pathway state.
        R15 = 115 => "R15",
        /// Domestic abuse, gold or high.
        R20 = 120 => "R20",
        /// Domestic abuse, silver or medium.
        R21 = 121 => "R21",
        /// Domestic abuse, bronze or standard.
        R22 = 122 => "R22",
        /// Domestic abuse, a repeat of the pair.
        R23 = 123 => "R23",
        /// Operation Encompass.
        R24 = 124 => "R24",
        /// Referral to the MARAC.
        R30 = 130 => "R30",
        /// Outcome of the MARAC.
        R31 = 131 => "R31",
        /// Place of safety without a power, or after an arrest.
        R40 = 140 => "R40",
        /// Place of safety by police protection or an emergency protection order.
        R41 = 141 => "R41",
        /// Place of safety under the Mental Health Act.
        R42 = 142 => "R42",
        /// Report of an operation.
        R43 = 143 => "R43",
        /// Domestic abuse of an adult with care needs.
        R25 = 125 => "R25",
        /// Contact or referral to the front door.
        R50 = 150 => "R50",
        /// The front door's decision.
        R51 = 151 => "R51",
        /// What the front door hands on after deciding.
        R52 = 152 => "R52",
        /// A concern that no other kind fits.
        R70 = 170 => "R70",
        /// A child who lives elsewhere, is looked after, or has a safe address.
        R80 = 180 => "R80",
        /// A child kind about an adult.
        R81 = 181 => "R81",
        /// A question to one agency.
        R55 = 155 => "R55",
        /// Its answer.
        R56 = 156 => "R56",
        /// Recorded, and goes to nobody.
        R58 = 158 => "R58",
        /// Correction, recall: every recipient of the original.
        R57 = 157 => "R57",
        /// A referrer does not agree with a decision.
        R90 = 190 => "R90",
        /// Early help.
        R60 = 160 => "R60",
        /// A child subject at priority P1 always reaches the front door.
        R82 = 182 => "R82",
        /// Excluded, on a deny list, or conflicted.
        D0 = 200 => "D0",
        /// Effective priority P1.
        D1 = 201 => "D1",
        /// Statutory duty.
        D2 = 202 => "D2",
        /// Significant harm suspected.
        D3 = 203 => "D3",
        /// Domestic abuse, high.
        D4 = 204 => "D4",
        /// Domestic abuse, adult victim, not high, no child in scope.
        D5 = 205 => "D5",
        /// Domestic abuse with a child in scope.
        D6 = 206 => "D6",
        /// Missing.
        D7 = 207 => "D7",
        /// Look-out to the emergency department.
        D8 = 208 => "D8",
        /// Alcohol to the young people's service: by agreement only.
        D9 = 209 => "D9",
        /// Alcohol, under 16, to community health.
        D10 = 210 => "D10",
        /// Own organisation's safeguarding team.
        D10a = 2101 => "D10a",
        /// Alcohol with a hard marker to the front door.
        D11 = 211 => "D11",
        /// Parent to be told of a competent child's attendance.
        D12 = 212 => "D12",
        /// Early help by agreement.
        D13 = 213 => "D13",
        /// Contact without suspected harm.
        D14 = 214 => "D14",
        /// Place of safety without power.
        D15 = 215 => "D15",
        /// Feedback and pathway states.
        D16 = 216 => "D16",
        /// Adult without care needs.
        D17 = 217 => "D17",
        /// Statistics.
        D18 = 218 => "D18",
        /// No row in the matrix: withheld.
        D99 = 299 => "D99",
        /// Missing, several episodes (domain 5.8).
        T1 = 501 => "T1",
        /// Missing for long, young, or with an exploitation flag.
        T2 = 502 => "T2",
        /// Attended because of alcohol again.
        T3 = 503 => "T3",
        /// MARAC repeat.
        T4 = 504 => "T4",
        /// Domestic abuse between the same pair, several notifications.
        T5 = 505 => "T5",
        /// A referral again within the year.
        T6 = 506 => "T6",
        /// Several contacts and no referral.
        T7 = 507 => "T7",
        /// Times replaced by the hub's.
        GAP1 = 301 => "GAP1",
        /// Contradictions resolved upward.
        GAP2 = 302 => "GAP2",
        /// Power block without power.
        GAP3 = 303 => "GAP3",
        /// Downgrade without authority.
        GAP4 = 304 => "GAP4",
        /// Date of birth of an adult, or none.
        GAP5 = 305 => "GAP5",
        /// Short headline, no sender user, unknown schema version.
        GAP6 = 306 => "GAP6",
        /// Adoption or protected identity: never linked.
        I1 = 401 => "I1",
        /// Two traced NHS numbers differ: never linked.
        I2 = 402 => "I2",
        /// One NHS number, another date of birth or other names: not linked.
        I3 = 403 => "I3",
        /// One NHS number, another given name: perhaps twins with swapped numbers.
        I3b = 4031 => "I3b",
        /// NHS number, date of birth and names: linked automatically.
        I4 = 404 => "I4",
        /// One NHS number, not all the rest: proposed.
        I4b = 4041 => "I4b",
        /// Perhaps a twin: not linked.
        I5 = 405 => "I5",
        /// Strong: proposed.
        I6 = 406 => "I6",
        /// Possible: a candidate.
        I7 = 407 => "I7",
        /// A new person.
        I8 = 408 => "I8",
        /// Any other gap of an urgent alert (domain 3.2, table).
        GAP = 300 => "GAP",
    }
}
