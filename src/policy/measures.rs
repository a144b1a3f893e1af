//! What scores and dates mean where the domain leaves it to the partnership: the bands of DASH and MERIT (domain 3.7)
//! and how soon a young person counts as engaged (domain 3.6).
//!
//! Owns the numbers, their source, and the band that a score alone gives. Neither tool's band comes from Wirral: each
//! number says whose it is.

use crate::domain::Span;
use crate::domain::submission::{RiskBand, RiskTool};

/// The numbers. The default is the domain's; each may be set within its bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measures {
    /// DASH answers of yes from which the band is HIGH; 14.
    pub dash_high: u32,
    /// DASH answers of yes from which it is MEDIUM; 10. Fewer are STANDARD.
    pub dash_medium: u32,
    /// The MERIT score from which the band is GOLD; 72. Below it the score gives no band.
    pub merit_high: u32,
    /// Days after the first appointment within which a second contact or a plan makes it engagement; 28.
    pub engaged_days: u32,
}

/// One number in words: its name in the configuration, what it decides, whose it is, which it is.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// The field.
    pub field: &'static str,
    /// What is so from this number on, or until then.
    pub decides: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Reads it.
    pub of: fn(&Measures) -> u32,
}

impl Measures {
    /// As the domain proposes them.
    pub const DEFAULT: Self =
        Self { dash_high: 14, dash_medium: 10, merit_high: 72, engaged_days: 28 };

    /// Every number in words.
    pub const ALL: &'static [Measure] = &[
        Measure {
            field: "dash_high",
            decides: "a DASH score of so many is in the band HIGH or GOLD",
            source: "SafeLives [GUID]",
            of: |measures| measures.dash_high,
        },
        Measure {
            field: "dash_medium",
            decides: "a DASH score of so many is in the band MEDIUM or SILVER, a lower one STANDARD or BRONZE",
            source: "Plymouth [LOCAL]",
            of: |measures| measures.dash_medium,
        },
        Measure {
            field: "merit_high",
            decides: "a MERIT score of so many is in the band HIGH or GOLD",
            source: "St Helens, not Wirral [LOCAL]",
            of: |measures| measures.merit_high,
        },
        Measure {
            field: "engaged_days",
            decides: "a second contact or a plan within so many days of the first appointment is engagement",
            source: "the hub's proposal [DEFAULT]",
            of: |measures| measures.engaged_days,
        },
    ];

    /// The band the score alone gives.
    #[must_use]
    pub const fn band(&self, tool: RiskTool, score: u32) -> Option<RiskBand> {
        match tool {
            RiskTool::Dash if score >= self.dash_high => Some(RiskBand::HighGold),
            RiskTool::Dash if score >= self.dash_medium => Some(RiskBand::MediumSilver),
            RiskTool::Dash => Some(RiskBand::StandardBronze),
            RiskTool::Merit if score >= self.merit_high => Some(RiskBand::HighGold),
            RiskTool::Merit
            | RiskTool::Dara
            | RiskTool::ProfessionalJudgement
            | RiskTool::NotCompleted => None,
        }
    }

    /// How long after the first appointment something more makes it engagement.
    #[must_use]
    pub fn engaged_within(&self) -> Span {
        Span::days(i64::from(self.engaged_days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_gives_its_band_at_the_number_and_not_one_below() {
        let own = Measures { dash_high: 16, dash_medium: 8, merit_high: 60, engaged_days: 28 };
        for measures in [Measures::DEFAULT, own] {
            let dash = |score| measures.band(RiskTool::Dash, score);
            assert_eq!(dash(measures.dash_high), Some(RiskBand::HighGold));
            assert_eq!(dash(measures.dash_high - 1), Some(RiskBand::MediumSilver));
            assert_eq!(dash(measures.dash_medium), Some(RiskBand::MediumSilver));
            assert_eq!(dash(measures.dash_medium - 1), Some(RiskBand::StandardBronze));
            let merit = |score| measures.band(RiskTool::Merit, score);
            assert_eq!(merit(measures.merit_high), Some(RiskBand::HighGold));
            assert_eq!(merit(measures.merit_high - 1), None, "no band is known below");
        }
    }
}
