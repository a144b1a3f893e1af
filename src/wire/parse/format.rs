//! The shapes of single values: NHS numbers, postcodes, phones, dates (domain 3.4, 4.1). Pure.

use jiff::civil::Date;

use super::TestOrProduction;
use crate::domain::Timestamp;

/// Years in which a date can make sense to the hub: nobody alive was born before, no deadline lies after.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// Whether a text is plain: no control characters but line ends and tabs (domain 3.1).
pub(super) fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// An instant, in whole milliseconds, between 1900 and 2199; nothing outside, and nothing for nanoseconds that
/// do not exist.
pub(super) fn timestamp(stamp: &prost_types::Timestamp) -> Option<Timestamp> {
    if !(0..1_000_000_000).contains(&stamp.nanos) {
        return None;
    }
    let instant = jiff::Timestamp::new(stamp.seconds, stamp.nanos).ok()?;
    let year = jiff::tz::Offset::UTC.to_datetime(instant).year();
    YEARS.contains(&year).then(|| Timestamp::from(instant))
}

/// An ISO date `YYYY-MM-DD` that exists, between 1900 and 2199.
pub(super) fn date(text: &str) -> Option<Date> {
    let (year_month, day) = text.rsplit_once('-')?;
    let (year, month) = self::year_month(year_month)?;
    Date::new(year, month, two_digits(day)?).ok()
}

/// `YYYY-MM`, between 1900 and 2199.
pub(super) fn year_month(text: &str) -> Option<(i16, i8)> {
    let (year, month) = text.split_once('-')?;
    let month = two_digits(month).filter(|month| (1..=12).contains(month))?;
    Some((self::year(year)?, month))
}

/// `YYYY`, between 1900 and 2199.
pub(super) fn year(text: &str) -> Option<i16> {
    let is_four_digits = text.len() == 4 && is_digits(text);
    is_four_digits.then(|| text.parse().ok()).flatten().filter(|year| YEARS.contains(year))
}

fn two_digits(text: &str) -> Option<i8> {
    let is_two_digits = text.len() == 2 && is_digits(text);
    is_two_digits.then(|| text.parse().ok()).flatten()
}

/// Digits of ASCII only, at least one.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `text` is an NHS number that may be used where the hub runs (domain 4.1): 10 digits after spaces and
/// hyphens are taken out, a valid modulus-11 check digit, not one digit ten times, and 999 in test
/// environments only and there exclusively.
pub(super) fn is_nhs_number(text: &str, scheme: TestOrProduction) -> bool {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let is_test = digits.starts_with("999");
    let belongs = match scheme {
        TestOrProduction::Test => is_test,
        TestOrProduction::Production => !is_test,
    };
    belongs && has_nhs_check_digit(&digits)
}

/// Whether `digits` are 10 digits whose last is the modulus-11 check digit of the others, and not all the same.
pub(super) fn has_nhs_check_digit(digits: &str) -> bool {
    if digits.len() != 10 || !is_digits(digits) {
        return false;
    }
    let first = digits.chars().next();
    if digits.chars().all(|c| Some(c) == first) {
        return false;
    }
    // Weights 10, 9, …, 2 on the first nine; with weight 1 on the check digit the sum is a multiple of 11.
    // A stem whose check digit would be 10 has no such last digit.
    let weighted = digits.chars().zip((1_u32..=10).rev());
    let sum: u32 =
        weighted.map(|(c, weight)| c.to_digit(10).unwrap_or(0).wrapping_mul(weight)).sum();
    sum.checked_rem(11) == Some(0)
}

/// What a postcode is good for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Postcode {
    /// A place: the outward half, e.g. `ZX43`.
    District(String),
    /// A ZZ99 pseudo-code: no fixed abode, not known, abroad.
    Pseudo,
}

/// Reads a postcode in upper case with one space (domain 3.4). ZZ99 is matched first; ZX exists in test
/// environments only and there exclusively.
pub(super) fn postcode(text: &str, scheme: TestOrProduction) -> Option<Postcode> {
    let (outward, inward) = text.split_once(' ')?;
    if outward == "ZZ99" {
        return is_pseudo_inward(inward).then_some(Postcode::Pseudo);
    }
    let is_test = outward.starts_with("ZX");
    let belongs = match scheme {
        TestOrProduction::Test => is_test,
        TestOrProduction::Production => !is_test,
    };
    let is_well_formed = belongs && is_outward(outward) && is_inward(inward);
    is_well_formed.then(|| Postcode::District(outward.to_owned()))
}

/// Whether a text in upper case without spaces could be a postcode, of whatever area.
pub(super) fn looks_like_postcode(text: &str) -> bool {
    let split = text.len().checked_sub(3).and_then(|at| text.split_at_checked(at));
    split.is_some_and(|(outward, inward)| is_outward(outward) && is_inward(inward))
}

/// `[A-Z]{1,2}[0-9][0-9A-Z]?`
fn is_outward(text: &str) -> bool {
    let digit_and_more = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = text.len().saturating_sub(digit_and_more.len());
    // "W1A" ends in a letter: then the digit in the middle ends the trimming, which is what is wanted.
    let mut rest = digit_and_more.chars();
    let has_digit = rest.next().is_some_and(|c| c.is_ascii_digit());
    let last = rest.next();
    let last_fits = last.is_none_or(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
    (1..=2).contains(&letters) && has_digit && last_fits && rest.next().is_none()
}

/// `[0-9][ABD-HJLNP-UW-Z]{2}`
fn is_inward(text: &str) -> bool {
    let mut chars = text.chars();
    let has_digit = chars.next().is_some_and(|c| c.is_ascii_digit());
    let letters = chars.as_str();
    let are_letters = letters.len() == 2
        && letters
            .chars()
            .all(|c| c.is_ascii_uppercase() && !matches!(c, 'C' | 'I' | 'K' | 'M' | 'O' | 'V'));
    has_digit && are_letters
}

/// `[0-9][A-Z]{2}`: pseudo-codes use letters that real ones do not (3VZ, 3WZ).
fn is_pseudo_inward(text: &str) -> bool {
    let mut chars = text.chars();
    let has_digit = chars.next().is_some_and(|c| c.is_ascii_digit());
    let letters = chars.as_str();
    has_digit && letters.len() == 2 && letters.bytes().all(|b| b.is_ascii_uppercase())
}

/// E.164: `+`, a country code that does not begin with 0, 7 to 15 digits in all.
pub(super) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && is_digits(digits) && !digits.starts_with('0')
    })
}

/// A property's reference number: 1-12 digits.
pub(super) fn is_uprn(text: &str) -> bool {
    text.len() <= 12 && is_digits(text)
}

/// A school's reference number: 6 digits.
pub(super) fn is_urn(text: &str) -> bool {
    text.len() == 6 && is_digits(text)
}

/// A council's DfE code: 3 digits.
pub(super) fn is_council(text: &str) -> bool {
    text.len() == 3 && is_digits(text)
}

/// An ODS code: 3-10 of `[A-Z0-9]`.
pub(super) fn is_ods(text: &str) -> bool {
    (3..=10).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// A diagnosis code of ICD-10 or SNOMED CT: 1-20 of `[A-Z0-9.]`.
pub(super) fn is_diagnosis(text: &str) -> bool {
    text.len() <= 20
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'.')
}

/// A sender's reference to a person: 1-64 of `[A-Za-z0-9_-]`, and not the NHS number.
pub(super) fn is_person_ref(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (1..=64).contains(&text.len()) && text.bytes().all(allowed) && !has_nhs_check_digit(&digits)
}

/// `major.minor` or `major.minor.patch`, at most 8 characters; gives the major.
pub(super) fn version_major(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split('.').collect();
    let are_numbers = parts.iter().all(|part| is_digits(part));
    let is_well_formed = text.len() <= 8 && (2..=3).contains(&parts.len()) && are_numbers;
    is_well_formed.then(|| parts.first().and_then(|major| major.parse().ok())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_nhs_number_has_a_check_digit_and_belongs_to_where_the_hub_runs() {
        use TestOrProduction::{Production, Test};

        assert!(is_nhs_number("9990001375", Test));
        assert!(is_nhs_number("999 000 2746", Test));
        assert!(is_nhs_number("999-000-2746", Test));
        assert!(is_nhs_number("9434765919", Production), "the NHS's own example");
        for (text, scheme) in [
            ("9990001376", Test),
            ("9990001375", Production),
            ("9434765919", Test),
            ("0000000000", Production),
            ("9999999999", Test),
            ("999000137", Test),
            ("99900013755", Test),
            ("999000137X", Test),
            ("", Test),
        ] {
            assert!(!is_nhs_number(text, scheme), "{text} in {scheme:?}");
        }
    }

    #[test]
    fn the_stem_999000000_has_no_valid_number() {
        for digit in 0..=9 {
            assert!(
                !is_nhs_number(&format!("999000000{digit}"), TestOrProduction::Test),
                "{digit}"
            );
        }
    }

    #[test]
    fn zx_postcodes_exist_in_tests_only_and_real_ones_in_production_only() {
        use TestOrProduction::{Production, Test};
        let district = |text: &str| Some(Postcode::District(text.to_owned()));

        assert_eq!(postcode("ZX43 2AB", Test), district("ZX43"));
        assert_eq!(postcode("ZX43 2AB", Production), None);
        assert_eq!(postcode("CH41 2AB", Production), district("CH41"));
        assert_eq!(postcode("CH41 2AB", Test), None);
        assert_eq!(postcode("W1A 1AA", Production), district("W1A"));
        assert_eq!(postcode("M1 1AA", Production), district("M1"));
        for scheme in [Test, Production] {
            assert_eq!(postcode("ZZ99 3VZ", scheme), Some(Postcode::Pseudo));
            for text in ["zx43 2ab", "ZX432AB", "ZX43  2AB", "ZX43 2CB", "ZX43 22B", "ZXX3 2AB", ""]
            {
                assert_eq!(postcode(text, scheme), None, "{text}");
            }
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_not_read() {
        assert!(date("2024-02-29").is_some());
        assert!(date("2000-02-29").is_some());
        for text in [
            "2023-02-29",
            "2100-02-29",
            "0000-01-01",
            "9999-12-31",
            "1899-12-31",
            "2200-01-01",
            "2012-13-01",
            "2012-00-01",
            "2012-01-32",
            "2012-1-1",
            "12-01-01",
            "2012-01-01T00:00",
            "+2012-01-01",
            "",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(year_month("2012-03"), Some((2012, 3)));
        assert_eq!(year_month("2012-3"), None);
        assert_eq!(year("2012"), Some(2012));
        assert_eq!(year("9999"), None);
    }

    #[test]
    fn instants_outside_1900_to_2199_are_not_read() {
        let stamp = |seconds, nanos| prost_types::Timestamp { seconds, nanos };

        assert_eq!(timestamp(&stamp(0, 1_999_999)), Some(Timestamp::from_millis(1)));
        assert!(timestamp(&stamp(-2_208_988_800, 0)).is_some(), "1900-01-01");
        assert!(timestamp(&stamp(-2_208_988_801, 0)).is_none());
        assert!(timestamp(&stamp(7_258_118_399, 999_999_999)).is_some(), "2199-12-31");
        assert!(timestamp(&stamp(7_258_118_400, 0)).is_none());
        for (seconds, nanos) in
            [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, 1_000_000_000), (0, i32::MIN)]
        {
            assert!(timestamp(&stamp(seconds, nanos)).is_none(), "{seconds} {nanos}");
        }
    }

    #[test]
    fn a_phone_is_e164() {
        assert!(is_phone("+447700900123"));
        assert!(is_phone("+123456789012345"));
        for text in
            ["07700900123", "+0447700900123", "+1234567890123456", "+44 7700", "+", "+447700é", ""]
        {
            assert!(!is_phone(text), "{text}");
        }
    }

    #[test]
    fn codes_of_places_and_practices_have_their_lengths() {
        assert!(
            is_uprn("1") && is_uprn("123456789012") && !is_uprn("1234567890123") && !is_uprn("")
        );
        assert!(is_urn("900101") && !is_urn("90010") && !is_urn("9001010") && !is_urn("90010a"));
        assert!(is_council("341") && !is_council("34") && !is_council("3410"));
        assert!(is_ods("N85001") && !is_ods("N8") && !is_ods("n85001") && !is_ods("ABCDEFGHIJK"));
        assert!(is_diagnosis("F10.0") && is_diagnosis("25702006") && !is_diagnosis("F10 drunk"));
    }

    #[test]
    fn a_person_ref_is_not_the_nhs_number() {
        assert!(is_person_ref("child-1") && is_person_ref(&"a".repeat(64)));
        assert!(!is_person_ref("9990001375") && !is_person_ref("nhs-999-000-1375"));
        assert!(!is_person_ref(&"a".repeat(65)) && !is_person_ref("Élan") && !is_person_ref(""));
    }

    #[test]
    fn a_schema_version_is_numbers_with_dots() {
        assert_eq!(version_major("1.0"), Some(1));
        assert_eq!(version_major("12.0.3"), Some(12));
        for text in ["1", "1.", "v1.0", "1.0.0.0", "1.0000000", "", "1.0-Anna"] {
            assert_eq!(version_major(text), None, "{text}");
        }
    }

    #[test]
    fn control_characters_are_not_plain_text() {
        assert!(is_plain("Dana's \"words\"\n- tab\there – é"));
        assert!(!is_plain("a\u{0}b") && !is_plain("a\u{1b}[31m") && !is_plain("\u{85}"));
    }
}
