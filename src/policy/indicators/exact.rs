//! Exact fractions, rounded once, at the end: half up, away from zero, to one decimal.

use std::fmt;

/// A fraction, kept exact. Operations that would leave the range give nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exact {
    numerator: i128,
    // Positive.
    denominator: i128,
}

impl Exact {
    /// `numerator / denominator`; nothing where the denominator is 0.
    #[must_use]
    pub fn ratio(numerator: u64, denominator: u64) -> Option<Self> {
        let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
        (denominator != 0).then_some(Self { numerator, denominator })
    }

    /// This times a whole number.
    #[must_use]
    pub fn times(self, factor: u32) -> Option<Self> {
        let numerator = self.numerator.checked_mul(i128::from(factor))?;
        Some(Self { numerator, ..self })
    }

    /// This minus another.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        let denominator = self.denominator.checked_mul(other.denominator)?;
        Some(Self { numerator: left.checked_sub(right)?, denominator })
    }

    /// Rounded to tenths: 16.25 is 16.3, and -16.25 is -16.3.
    #[must_use]
    pub fn tenths(self) -> Option<Tenths> {
        let twice = self.numerator.unsigned_abs().checked_mul(20)?;
        let denominator = self.denominator.unsigned_abs();
        let rounded = twice.checked_add(denominator)?.checked_div(denominator.checked_mul(2)?)?;
        let rounded = i64::try_from(rounded).ok()?;
        Some(Tenths(if self.numerator < 0 { rounded.checked_neg()? } else { rounded }))
    }

    /// With its sign: `+11.3`, `-11` where nothing is behind the point.
    #[must_use]
    pub fn signed_shortest(self) -> String {
        self.signed(Tenths::shortest)
    }

    /// With its sign and one decimal.
    #[must_use]
    pub fn signed_tenths(self) -> String {
        self.signed(|tenths| tenths.to_string())
    }

    fn signed(self, shown: impl Fn(Tenths) -> String) -> String {
        match self.tenths() {
            Some(tenths) if tenths.0 > 0 => format!("+{}", shown(tenths)),
            Some(tenths) => shown(tenths),
            None => "not applicable".to_owned(),
        }
    }
}

/// A number of tenths; shown with one decimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Tenths(i64);

impl Tenths {
    /// How many.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Without a decimal where it is 0.
    #[must_use]
    pub fn shortest(self) -> String {
        let shown = self.to_string();
        shown.strip_suffix(".0").map_or_else(|| shown.clone(), ToOwned::to_owned)
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let tenths = self.0.unsigned_abs();
        write!(f, "{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

/// A percentage; nothing where the denominator is 0.
#[must_use]
pub fn percentage(numerator: u64, denominator: u64) -> Option<Tenths> {
    Exact::ratio(numerator, denominator)?.times(100)?.tenths()
}
