//! What a sender gave, field by field.

use super::*;

#[test]
fn an_unknown_code_is_kept_and_is_not_the_least_urgent_value() {
    let risk: Given<Code<Risk>> = Given::Given(Code::Unrecognised(9));

    assert!(risk.is_given());
    assert!(risk.is_unrecognised());
    assert_eq!(risk.known(), None);
    assert!(!risk.is(Risk::NoneApparent));
}

#[test]
fn a_blank_text_counts_as_not_given() {
    assert_eq!(Length::of(" \n"), Given::Missing);
    assert_eq!(Length::of(" no  coat "), Given::Given(Length(8)));
}
