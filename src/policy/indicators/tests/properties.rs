//! What must hold for every figure.

use proptest::prelude::*;

use super::super::*;

proptest! {
    #[test]
    fn rounding_is_within_half_a_tenth_and_ties_go_up(
        numerator in 0..1_000_000_u64,
        denominator in 1..1_000_000_u64,
    ) {
        let tenths = i128::from(percentage(numerator, denominator).unwrap().get());
        // Twice the distance, in tenths of a percent times the denominator.
        let exact = i128::from(numerator) * 1_000;
        let off = 2 * (tenths * i128::from(denominator) - exact);

        prop_assert!(-i128::from(denominator) < off && off <= i128::from(denominator));
    }

    #[test]
    fn no_published_part_from_1_to_5_is_shown_or_follows_from_the_total(
        parts in prop::collection::vec(0..12_u64, 1..8),
    ) {
        let (cells, total) = partition(&parts);

        for (part, cell) in parts.iter().zip(&cells) {
            if (1..=5).contains(part) {
                prop_assert_eq!(*cell, Cell::Suppressed);
            }
            if *part == 0 {
                prop_assert_eq!(*cell, Cell::Shown(0), "nobody is hidden by a 0");
            }
        }
        let hidden: Vec<u64> = parts.iter().zip(&cells)
            .filter(|(_, cell)| **cell == Cell::Suppressed).map(|(part, _)| *part).collect();
        if total != Cell::Suppressed {
            prop_assert_ne!(hidden.len(), 1, "one hidden part is the total less the others");
            if !hidden.is_empty() {
                prop_assert_ne!(hidden.iter().sum::<u64>(), hidden.len() as u64, "all of them 1");
            }
        }
    }
}
