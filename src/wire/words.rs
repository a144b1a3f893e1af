//! What is wrong with a field, as a stable code and in words.
//!
//! The words tell the sender what to do and never repeat a value. A stored gap keeps its code only; its words
//! are looked up again here.

/// Stable reason codes of violations. Never reused once released.
pub mod reason {
    /// Nothing was given.
    pub const REQUIRED: &str = "REQUIRED";
    /// Not in the shape the field has.
    pub const MALFORMED: &str = "MALFORMED";
    /// More characters or bytes than the field holds.
    pub const TOO_LONG: &str = "TOO_LONG";
    /// Too few characters after trimming.
    pub const TOO_SHORT: &str = "TOO_SHORT";
    /// More elements than the list holds.
    pub const TOO_MANY: &str = "TOO_MANY";
    /// A number or time outside its range.
    pub const OUT_OF_RANGE: &str = "OUT_OF_RANGE";
    /// A number that is not in the code list.
    pub const UNKNOWN_CODE: &str = "UNKNOWN_CODE";
    /// A schema version this hub does not speak.
    pub const UNKNOWN_VERSION: &str = "UNKNOWN_VERSION";
    /// A text that says nothing, or says what it may not.
    pub const STOP_LIST: &str = "STOP_LIST";
    /// The same impact text for children more than 3 years apart.
    pub const SAME_TEXT: &str = "SAME_TEXT";
    /// A role in a list where it has no place.
    pub const ROLE_MISPLACED: &str = "ROLE_MISPLACED";
    /// A reference to a person who is not in the alert, or not one it may refer to.
    pub const REF_UNKNOWN: &str = "REF_UNKNOWN";
    /// Used twice where each may stand once.
    pub const DUPLICATE: &str = "DUPLICATE";
    /// Not exactly one PRIMARY among the subjects.
    pub const ONE_PRIMARY: &str = "ONE_PRIMARY";
    /// A date after the alert was sent.
    pub const IN_FUTURE: &str = "IN_FUTURE";
    /// Two answers of one field exclude each other.
    pub const CONTRADICTION: &str = "CONTRADICTION";
    /// A field or part that belongs to another kind of alert.
    pub const NOT_FOR_KIND: &str = "NOT_FOR_KIND";
    /// Only the hub fills this.
    pub const SET_BY_HUB: &str = "SET_BY_HUB";
    /// A block that belongs to another answer of the same part.
    pub const MUST_BE_ABSENT: &str = "MUST_BE_ABSENT";
    /// Not among those the family agreed to, or no agreement.
    pub const NOT_AGREED: &str = "NOT_AGREED";
    /// A person where nobody may be named.
    pub const PERSON_DATA: &str = "PERSON_DATA";
    /// Not an alert of the sender that is still incomplete.
    pub const NOTHING_TO_COMPLETE: &str = "NOTHING_TO_COMPLETE";
    /// Bytes that are no message of the contract.
    pub const UNREADABLE: &str = "UNREADABLE";
}

/// What the sender should do about `reason` at a field. `field` is a field's name or its whole path.
#[must_use]
pub fn what_to_do(field: &str, reason: &str) -> &'static str {
    let name = field.rsplit('.').next().unwrap_or(field);
    let name = name.split('[').next().unwrap_or(name);
    let exact = |row: &&(&str, &str, &str)| row.0 == name && row.1 == reason;
    let general = |row: &&(&str, &str, &str)| row.0.is_empty() && row.1 == reason;
    WORDS
        .iter()
        .find(exact)
        .or_else(|| WORDS.iter().find(general))
        .map_or("Correct this field and send the whole alert again.", |row| row.2)
}

/// Field (empty: any), reason, words.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "s46",
        reason::MUST_BE_ABSENT,
        "Leave the s46 block out: it belongs to power_used CA89_S46 alone. Correct whichever of the two is wrong.",
    ),
    (
        "",
        reason::MUST_BE_ABSENT,
        "Leave this out: it does not belong to what the rest of the alert says.",
    ),
    (
        "",
        reason::PERSON_DATA,
        "Leave out every person: no subjects, names, NHS numbers, postcodes, phone numbers or e-mail addresses.",
    ),
    ("idempotency_key", reason::REQUIRED, "Give a key of your own, new for each alert."),
    (
        "idempotency_key",
        reason::MALFORMED,
        "Use 1 to 64 printable ASCII characters without spaces.",
    ),
    ("completes", reason::MALFORMED, "Give the alert_id of the reply to the incomplete alert."),
    (
        "completes",
        reason::NOTHING_TO_COMPLETE,
        "Nothing of yours is open under that id: this was taken as an alert of its own. Send none, or the open one.",
    ),
    ("field_paths", reason::REQUIRED, "Say which fields change, by their paths in the contract."),
    ("field_paths", reason::TOO_MANY, "Name at most 64 fields."),
    (
        "field_paths",
        reason::MALFORMED,
        "Name a field of this kind of alert, for example alert.envelope.subjects[0].nhs_number.",
    ),
    ("alert", reason::REQUIRED, "Send the alert itself."),
    ("alert", reason::UNREADABLE, "Send an encoded staysafe.v1.Alert; texts must be UTF-8."),
    ("kind", reason::REQUIRED, "Say what kind of alert this is."),
    ("kind", reason::UNKNOWN_CODE, "Use a kind of alert that this hub speaks."),
    ("sender_agency", reason::REQUIRED, "Give the agency code of your certificate."),
    (
        "sender_agency",
        reason::MALFORMED,
        "Give the agency code of your certificate: 1 to 32 of A-Z, 0-9 and -.",
    ),
    ("sender_user", reason::REQUIRED, "Say who stands behind the alert: name, role and phone."),
    ("schema_version", reason::REQUIRED, "Give the version of the contract you speak: 1.0."),
    ("schema_version", reason::UNKNOWN_VERSION, "Use version 1 of the contract: 1.0."),
    (
        "schema_version",
        reason::MALFORMED,
        "Give major.minor, for example 1.0, in at most 8 characters.",
    ),
    ("supersedes", reason::MALFORMED, "Give the alert_id of the alert that this one updates."),
    (
        "episode_id",
        reason::TOO_LONG,
        "Use the hub's episode id, or a reference of at most 64 characters.",
    ),
    ("headline_concern", reason::REQUIRED, "Say in one neutral sentence what the concern is."),
    (
        "headline_concern",
        reason::TOO_SHORT,
        "Use at least 20 characters: who is at risk, and of what.",
    ),
    ("headline_concern", reason::TOO_LONG, "Use at most 200 characters."),
    (
        "subjects",
        reason::REQUIRED,
        "Give at least one person with any name or a description, and an unborn child where there is a pregnancy.",
    ),
    ("subjects", reason::ONE_PRIMARY, "Give exactly one person the role PRIMARY."),
    ("subjects", reason::TOO_MANY, "Give at most 20 subjects."),
    ("subject_role", reason::ROLE_MISPLACED, "Put this person in the list where the role belongs."),
    ("family_name", reason::REQUIRED, "Give any name, or a description."),
    (
        "person_ref",
        reason::MALFORMED,
        "Use a short reference of A-Z, a-z, 0-9, _ and -, not the NHS number.",
    ),
    ("person_ref", reason::DUPLICATE, "Give each person of the alert a reference of their own."),
    (
        "nhs_number",
        reason::MALFORMED,
        "Check the NHS number: 10 digits with a valid check digit. Test numbers (999) belong to test hubs only.",
    ),
    (
        "nhs_number",
        reason::REQUIRED,
        "Give the NHS number that was verified, or change its status.",
    ),
    (
        "dob",
        reason::MALFORMED,
        "Give the date of birth as YYYY-MM-DD, YYYY-MM or YYYY, as its precision says.",
    ),
    (
        "dob",
        reason::REQUIRED,
        "Give the date of birth, or an estimated age with precision ESTIMATED_AGE.",
    ),
    ("dob", reason::IN_FUTURE, "Check the date of birth: it is later than the alert."),
    ("dob_precision", reason::REQUIRED, "Say how much of the date of birth is known."),
    ("estimated_age", reason::REQUIRED, "Give the estimated age in years."),
    ("estimated_age", reason::OUT_OF_RANGE, "Give the estimated age in years, 0 to 120."),
    ("expected_delivery", reason::REQUIRED, "Give the expected date of delivery as YYYY-MM-DD."),
    (
        "expected_delivery",
        reason::OUT_OF_RANGE,
        "Check the expected date of delivery: at most 300 days after the incident.",
    ),
    (
        "postcode",
        reason::MALFORMED,
        "Check the postcode: upper case with one space. Test postcodes (ZX) belong to test hubs only.",
    ),
    ("uprn", reason::MALFORMED, "Give 1 to 12 digits."),
    (
        "number",
        reason::MALFORMED,
        "Give the phone number as +, country code and digits, without spaces.",
    ),
    (
        "phone",
        reason::MALFORMED,
        "Give the phone number as +, country code and digits, without spaces.",
    ),
    (
        "duty_phone",
        reason::MALFORMED,
        "Give the phone number as +, country code and digits, without spaces.",
    ),
    (
        "school_urn",
        reason::MALFORMED,
        "Give the 6 digits of the school's URN, EHE or NOT_IN_EDUCATION.",
    ),
    ("school_urns", reason::MALFORMED, "Give the 6 digits of the school's URN."),
    ("gp_ods", reason::MALFORMED, "Give the ODS code of the practice: 3 to 10 of A-Z and 0-9."),
    (
        "responsible_la",
        reason::REQUIRED,
        "Give the DfE code of the council that looks after the child.",
    ),
    ("responsible_la", reason::MALFORMED, "Give the council's DfE code: 3 digits."),
    (
        "told",
        reason::REQUIRED,
        "Say who was told that this is shared: the child, each parent or carer.",
    ),
    ("role", reason::REQUIRED, "Say whom you mean, in a word or two."),
    ("do_not_tell", reason::REQUIRED, "Say who must not learn of this alert."),
    (
        "voice_for_school",
        reason::STOP_LIST,
        "Leave out every name and every address: the school shows this text.",
    ),
    (
        "sharing",
        reason::REQUIRED,
        "Add the sharing record: basis, purpose, necessity, who decided and when.",
    ),
    ("necessity", reason::TOO_SHORT, "Say in at least 20 characters why sharing is necessary."),
    (
        "impact_text",
        reason::REQUIRED,
        "Say what the adult's behaviour does to this child, in at least 30 characters.",
    ),
    (
        "impact_text",
        reason::STOP_LIST,
        "Say what the adult's behaviour does to this child: the text given says nothing about the child.",
    ),
    (
        "impact_text",
        reason::TOO_SHORT,
        "Say what the adult's behaviour does to this child, in at least 30 characters.",
    ),
    (
        "impact_text",
        reason::SAME_TEXT,
        "Write about each child separately, or confirm that the same text is meant for both.",
    ),
    (
        "child_impacts",
        reason::REQUIRED,
        "Add the impact on each child of the alert, one entry per child.",
    ),
    ("child_ref", reason::REQUIRED, "Name the child by its person_ref."),
    (
        "child_ref",
        reason::REF_UNKNOWN,
        "Refer to a child of this alert's subjects by its person_ref.",
    ),
    ("child_ref", reason::DUPLICATE, "Give one entry per child."),
    (
        "child_voice",
        reason::REQUIRED,
        "Give the child's own words, who heard them, and whether the child was alone.",
    ),
    ("assess_by", reason::REQUIRED, "Say by which date the impact will be assessed."),
    (
        "downgrade_by",
        reason::REQUIRED,
        "Give name and rank of the inspector or above who lowered the risk.",
    ),
    ("substances", reason::REQUIRED, "This kind needs ALCOHOL among the substances."),
    (
        "risk_markers",
        reason::CONTRADICTION,
        "NONE stands alone: take it out, or the other markers.",
    ),
    (
        "risk_factors",
        reason::CONTRADICTION,
        "NONE_KNOWN stands alone: take it out, or the other factors.",
    ),
    (
        "alleged_perpetrator",
        reason::REQUIRED,
        "Name the alleged perpetrator, or say that the person is unknown.",
    ),
    ("tool_score", reason::REQUIRED, "Give the score of the tool, or the reason of the judgement."),
    ("tool_score", reason::OUT_OF_RANGE, "Give the score: DASH 0 to 24, others 0 to 1,000."),
    ("tool_answers", reason::TOO_LONG, "Send at most 64 KiB."),
    ("missing", reason::REQUIRED, "Add the part about the missing child."),
    ("return_interview", reason::REQUIRED, "Add the part about the return home interview."),
    ("alcohol_pathway", reason::REQUIRED, "Add the state of the pathway."),
    (
        "outcome",
        reason::CONTRADICTION,
        "Give an outcome of the state: COMPLETED, DECLINED or NOT_POSSIBLE; none with OFFERED.",
    ),
    ("completed_at", reason::CONTRADICTION, "Only an interview that was held has this time."),
    ("closed_reason", reason::CONTRADICTION, "Only with the state CLOSED."),
    ("shared_with", reason::REQUIRED, "Name the agencies you have told, by their codes."),
    ("episode_id", reason::REQUIRED, "Give the episode of the alert this one is news of."),
    ("alcohol", reason::REQUIRED, "Add the part about the attendance."),
    ("domestic_violence", reason::REQUIRED, "Add the part about the domestic abuse."),
    ("contact", reason::REQUIRED, "Add the part about the contact or referral."),
    ("concern", reason::REQUIRED, "Add the part about the concern."),
    ("referral_decision", reason::REQUIRED, "Add the part about the decision."),
    ("feedback", reason::REQUIRED, "Add what the referrer is told."),
    ("concern_codes", reason::REQUIRED, "Give at least one code; OTHER if none fits."),
    (
        "fgm_disclosed",
        reason::REQUIRED,
        "Say how you know: told by the child, seen, or a risk only.",
    ),
    (
        "evidence",
        reason::TOO_SHORT,
        "Say in at least 50 characters what was seen and heard, by whom and when.",
    ),
    (
        "narrative",
        reason::TOO_SHORT,
        "Say in at least 50 characters what happened; mark fact, report and opinion.",
    ),
    (
        "parent_agreement_reason",
        reason::TOO_SHORT,
        "Say in at least 20 characters why the child may be at risk, or why nobody was asked.",
    ),
    ("rationale", reason::TOO_SHORT, "Say in at least 50 characters why this was decided."),
    ("text", reason::STOP_LIST, "Leave out every name but the child's: the referrer reads this."),
    ("contact", reason::STOP_LIST, "Name nobody of this alert: the referrer reads this."),
    ("at", reason::REQUIRED, "Give the moment itself, not only its offset."),
    ("at", reason::OUT_OF_RANGE, "Check the time: its year lies outside 1900 to 2199."),
    (
        "utc_offset_minutes",
        reason::OUT_OF_RANGE,
        "Give the offset from UTC in minutes, -840 to 840.",
    ),
    ("", reason::REQUIRED, "Fill in this field."),
    ("", reason::MALFORMED, "Correct this field: it is not in the shape the contract describes."),
    ("", reason::TOO_LONG, "Shorten this text: the contract states its longest length."),
    ("", reason::TOO_SHORT, "Say more: the contract states the shortest length."),
    ("", reason::TOO_MANY, "Give fewer entries: the contract states how many."),
    ("", reason::OUT_OF_RANGE, "Correct this value: the contract states its range."),
    ("", reason::UNKNOWN_CODE, "Use a code of the contract; this hub does not know the one given."),
    ("", reason::REF_UNKNOWN, "Refer to a person of this alert by their person_ref."),
    ("", reason::DUPLICATE, "Give this once only."),
    ("", reason::CONTRADICTION, "Correct the answers that exclude each other."),
    ("", reason::NOT_FOR_KIND, "Take this out: it belongs to another kind of alert."),
    ("", reason::SET_BY_HUB, "Leave this empty: the hub fills it."),
    ("", reason::IN_FUTURE, "Correct the time or your clock: it lies in the future."),
    ("", reason::UNKNOWN_VERSION, "Use a version of the contract that this hub speaks."),
    ("", reason::STOP_LIST, "Say it in other words: this text says nothing, or what it may not."),
    ("", reason::SAME_TEXT, "Write about each child separately."),
    ("", reason::ROLE_MISPLACED, "Put this person in the list where the role belongs."),
    ("", reason::ONE_PRIMARY, "Give exactly one person the role PRIMARY."),
    ("", reason::UNREADABLE, "Send a message of the contract; texts must be UTF-8."),
    // Codes of policy: what needs several fields, the sender or the hour.
    ("", "KIND_NOT_ALLOWED", "This kind is not for your agency to send: phone the front door."),
    (
        "",
        "DECISION_MAKER_NEEDED",
        "A decision maker of the front door sends this with an own certificate.",
    ),
    ("", "NO_REFERRAL", "Name the episode, or the alert, that was decided on."),
    ("", "NOT_DECIDED", "Send the decision first: there is nothing to tell the referrer yet."),
    ("", "UNKNOWN_INBOX", "Name an inbox of another agency that takes part."),
    ("", "SENDER_MISMATCH", "Give the agency code of your certificate."),
    ("", "ADULT", "18 and over: use the adult route, or correct the date of birth."),
    ("", "VICTIM_UNDER_16", "A victim under 16 is a child abuse concern: phone the front door."),
    ("", "CHILDREN_UNKNOWN", "Find out whether children are concerned, and say so."),
    (
        "agreement",
        reason::NOT_AGREED,
        "Record the family's agreement to early help: without it nothing is registered.",
    ),
    ("", reason::NOT_AGREED, "Name agencies out of those the family agreed to."),
    ("", "NO_SUCH_AGENCY", "Name another agency of the directory, by its code."),
    ("", "NOTHING_ASKED", "Name a request that your agency received."),
    ("", "NOTHING_REFERRED", "Name an alert that your agency sent or received."),
    (
        "",
        "NOT_YOUR_ROUTE",
        "s47(9) is for a council that asks a public council or an NHS body: name another route.",
    ),
    ("", "NOT_IN_SHARING_RECORD", "Name the same power as a gateway of the sharing record."),
    ("", "NOT_A_CHILD", "Refer to a child of this alert's subjects."),
    ("", "TOO_LATE", "Assess within 2 working days."),
    ("", "RISK_BELOW_MINIMUM", "The hub took a higher risk than you sent: check yours."),
    (
        "",
        "ROUTINE_KIND",
        "This kind never goes above P3: send urgent content as a CONCERN of its own.",
    ),
    ("", "BEFORE_REFERRAL", "Correct the time: the meeting comes after the referral."),
    ("", "NOT_ATTENDING", "Give actions to agencies that attend, or add the agency to attendees."),
    ("", "BEFORE_FOUND", "Correct the times: nobody is moved before being found."),
    ("", "BEFORE_MOVED", "Correct the times: nobody leaves before coming."),
    ("", "BEFORE_POWER_BEGAN", "Correct this time, or when the power began."),
    (
        "",
        "AFTER_POWER_ENDED",
        "The power had ended by then: correct the time, or phone the front door.",
    ),
    ("", "PRIORITY_BELOW_MINIMUM", "The hub took a higher priority than you sent: check yours."),
    (
        "",
        "DOWNGRADE_WITHOUT_AUTHORITY",
        "Give name and rank of the inspector or above who lowered the risk.",
    ),
    ("", "BASIS_NOT_FOR_PUBLIC", "A public authority performing its tasks uses 6E or 6C."),
    ("", "CONSENT_RECORD_MISSING", "6A needs a DP_CONSENT record."),
    (
        "",
        "REFUSED_IS_NO_REASON",
        "After a competent refusal give 9G6, 9H or 9C, or WOULD_PREJUDICE_PROTECTION.",
    ),
    (
        "",
        "EPISODE_OVER",
        "The episode has ended: recall the end that was wrong, or report the child missing anew.",
    ),
    (
        "",
        "ALREADY_REGISTERED",
        "It is registered: send a TAC_UPDATE, or register other help by itself.",
    ),
    ("", "STAGE_OVER", "Nothing follows the state that was told last: this is a new matter."),
    (
        "",
        "STAGE_NOT_REACHED",
        "Give a state that follows the one told last, or tell the one between.",
    ),
    (
        "",
        "NOT_ENGAGED",
        "Engaged needs a second contact or a care plan within 28 days of the first appointment.",
    ),
    ("", "NOT_IN_FORCE", "This gateway is not in force yet: name another."),
    (
        "",
        "APPROVER_FIRST",
        "A duty manager of your agency approves first that the refusal is set aside.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_field_name_and_by_path() {
        let by_name = what_to_do("impact_text", reason::STOP_LIST);

        assert!(by_name.contains("this child"));
        assert_eq!(
            what_to_do("alert.domestic_violence.child_impacts[3].impact_text", reason::STOP_LIST),
            by_name
        );
        assert_eq!(
            what_to_do("alert.domestic_violence.child_impacts[1]", reason::REQUIRED),
            what_to_do("child_impacts", reason::REQUIRED)
        );
    }

    #[test]
    fn every_reason_has_words_and_an_unknown_one_too() {
        assert_eq!(what_to_do("alert.envelope.risk", reason::REQUIRED), "Fill in this field.");
        assert!(what_to_do("alert.envelope.risk", "LATER_REASON").contains("again"));
    }

    /// Reads the code of policy: a reason it gives needs words here, or a stored gap has none.
    #[test]
    fn every_reason_that_policy_gives_has_words() {
        let sources = [
            include_str!("../policy/validation/mod.rs"),
            include_str!("../policy/validation/assess.rs"),
            include_str!("../policy/validation/envelope.rs"),
            include_str!("../policy/validation/sharing_record.rs"),
            include_str!("../policy/validation/missing.rs"),
            include_str!("../policy/validation/return_interview.rs"),
            include_str!("../policy/validation/alcohol_pathway.rs"),
            include_str!("../policy/validation/alcohol.rs"),
            include_str!("../policy/validation/domestic_abuse.rs"),
            include_str!("../policy/validation/child_impact.rs"),
            include_str!("../policy/validation/marac.rs"),
            include_str!("../policy/validation/place_of_safety.rs"),
            include_str!("../policy/validation/operation_report.rs"),
            include_str!("../policy/validation/concern.rs"),
            include_str!("../policy/validation/decision.rs"),
        ];
        let quoted = sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
        let reasons = quoted.filter(|text| {
            text.len() > 4
                && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        });
        let mut count = 0_usize;
        for reason in reasons {
            if !["PRIORITY_RAISED", "ROUTINE_KIND"].contains(&reason) {
                let words = what_to_do("alert.anything", reason);
                assert!(!words.starts_with("Correct this field and send"), "{reason}");
            }
            count = count.saturating_add(1);
        }
        assert!(count > 20, "the reasons were found");
    }
}
