//! A value that must not be printed.

use std::fmt;

/// Personal data that passes through: usable, comparable, never shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Borrows the value; the caller answers for where it goes.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_value_can_be_used_and_never_printed() {
        let outward = Redacted::new("ZX43".to_owned());

        assert_eq!(outward.expose(), "ZX43");
        assert_eq!(format!("{outward:?}"), "[redacted]");
    }
}
