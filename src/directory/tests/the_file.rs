use super::*;

#[test]
fn the_sample_holds_the_whole_partnership() {
    let directory = parse(PARTNERSHIP).unwrap();

    let codes: Vec<&str> = directory.agencies.keys().map(AgencyCode::as_str).collect();
    assert_eq!(
        codes,
        [
            "AREA-01",
            "AREA-02",
            "AREA-03",
            "AREA-04",
            "AREA-05",
            "AREA-06",
            "AREA-07",
            "AREA-08",
            "ASC",
            "CADT",
            "CADT-EDU",
            "CIC",
            "COUNCIL",
            "EDT",
            "FSU",
            "HUB-IG",
            "HUB-STEWARD",
            "LA-341",
            "LA-896",
            "LADO",
            "MARAC",
            "MERPOL",
            "MIDW",
            "RESPONSE",
            "SAFERFUT",
            "SCH-900101",
            "SCH-900104",
            "WCHC-019",
            "WUTH-AED",
            "WUTH-SG",
            "YOS",
        ]
    );
    assert_eq!(directory.version, 1);
    assert_eq!(directory.areas.get("ZX43"), Some(&code("AREA-03")));
    assert_eq!(directory.areas.get("ZX91"), Some(&code("LA-341")));
    let organisation = |agency: &str| directory.agencies[&code(agency)].organisation.clone();
    assert_eq!(organisation("WUTH-AED"), organisation("WUTH-SG"));
    assert_eq!(organisation("WUTH-AED"), Some("WUTH".into()));
    assert!(directory.schools["900105"].nursery);
    assert_eq!(directory.schools["900101"].area, AgencyCode::try_from("AREA-02").ok());
    assert_eq!(directory.schools["900102"].area, None);
    assert_eq!(directory.schools["900101"].agency, Some(code("SCH-900101")));
    assert_eq!(directory.schools["900102"].agency, None);
}

#[test]
fn every_agency_of_the_sample_can_be_phoned_and_can_change_roles_with_two_people() {
    let directory = parse(PARTNERSHIP).unwrap();

    for agency in directory.agencies.values() {
        let admins = |entry: &&model::UserEntry| entry.roles.contains(&Role::DirectoryAdmin);
        assert!(agency.users.values().filter(admins).count() >= 2, "{}", agency.code);
        for mailbox in &agency.mailboxes {
            assert!(mailbox.phone.starts_with("0151 496 0"), "{}", mailbox.id);
        }
        if agency.code != code("COUNCIL") {
            for role in [MailboxRole::Duty, MailboxRole::Manager, MailboxRole::Lead] {
                assert!(agency.mailbox(role).is_some(), "{} {role}", agency.code);
            }
        }
    }
    let council = &directory.agencies[&code("COUNCIL")];
    for role in [MailboxRole::HeadOfService, MailboxRole::Director] {
        assert_eq!(council.mailbox(role).unwrap().cover, Cover::AllHours);
    }
}

#[test]
fn the_sample_knows_the_school_days_of_s05_and_s19() {
    let directory = parse(PARTNERSHIP).unwrap();
    let school = &directory.schools["900101"];
    let terms = calendar::SchoolTerms::new(school.terms.clone(), school.inset.clone()).unwrap();

    let due = |received: &str| {
        let (due, basis) =
            calendar::next_school_day(received.parse().unwrap(), Some(&terms), None).unwrap();
        assert_eq!(basis, calendar::CalendarBasis::Terms);
        due.to_string()
    };
    assert_eq!(due("2026-11-14T00:40:00Z"), "2026-11-16T08:30:00Z", "S05: Monday");
    assert_eq!(due("2026-12-19T23:30:00Z"), "2027-01-05T08:30:00Z", "S19: after INSET");
    assert_eq!(due("2026-12-17T23:30:00Z"), "2026-12-18T08:30:00Z", "S19: last day of term");
}

#[test]
fn every_violation_is_told_at_once_with_its_path() {
    let text = PARTNERSHIP
        .replacen("phone = \"0151 496 0010\"", "phone = \"ring the bell\"", 1)
        .replacen("letter = \"P\"", "letter = \"Q\"", 1)
        .replacen("id = \"FSU/lead\"", "id = \"MARAC/lead\"", 1)
        .replacen("ZX43 = \"AREA-03\"", "ZX43 = \"AREA-33\"", 1)
        .replacen("agency = \"SCH-900101\"", "agency = \"MERPOL\"", 1)
        .replacen("last = \"2027-07-21\"", "last = \"2027-02-30\"", 1);

    assert_eq!(
        violations(&text),
        [
            "agencies.CADT.mailboxes[0].phone must be 3-32 digits and spaces, a plus only in front",
            "agencies.FSU.mailboxes[2].id must be the agency's code for duty, CODE/name for any other",
            "agencies.MERPOL.letter must be a letter of domain 3.1",
            "areas.ZX43 must be an Area Team that takes part, or a council LA-nnn",
            "schools[0].terms[11].last must be a date such as 2026-10-23",
            "schools[0].agency must be a school's agency that takes part",
        ]
    );
}

#[test]
fn an_unknown_field_is_refused_with_its_line() {
    let text = PARTNERSHIP.replacen("format = 1", "format = 1\nfromat = 2", 1);

    let FileError::Syntax { line, message } = parse(&text).unwrap_err() else { panic!() };

    assert_eq!(text.lines().nth(line.checked_sub(1).unwrap()), Some("fromat = 2"));
    assert!(message.contains("fromat"), "{message}");
    assert!(matches!(parse(&" ".repeat(FILE_BYTES_MAX)), Err(FileError::Syntax { .. })));
    let too_long = " ".repeat(FILE_BYTES_MAX.checked_add(1).unwrap());
    assert_eq!(parse(&too_long), Err(FileError::TooLong));
}

#[test]
fn nobody_holds_two_of_the_roles_that_exclude_each_other_nor_a_role_of_another_agency() {
    let both = PARTNERSHIP.replacen("[\"POLICY_OWNER\"]", "[\"POLICY_OWNER\", \"SYS_ADMIN\"]", 1);
    let abroad = PARTNERSHIP.replacen("[\"DECISION_MAKER\"]", "[\"IG_REVIEWER\"]", 1);

    assert_eq!(
        violations(&both),
        ["agencies.HUB-IG.users.u-3305.roles must be only one of IG_REVIEWER, POLICY_OWNER and \
          SYS_ADMIN (domain 2.2)"]
    );
    assert_eq!(
        violations(&abroad),
        ["agencies.CADT.users.u-1106.roles must be roles that this agency may give (domain 2.2)"]
    );
}

#[test]
fn an_area_team_needs_two_named_people_on_duty() {
    // AREA-08 loses all but one of its people with a duty role.
    let text = ["u-2102", "u-2103", "u-2104"].iter().fold(PARTNERSHIP.to_owned(), |text, id| {
        text.lines()
            .filter(|line| !line.contains(id) || line.starts_with('#'))
            .map(|line| format!("{line}\n"))
            .collect()
    });

    assert_eq!(
        violations(&text),
        ["agencies.AREA-08.users must be two named people with a duty role (domain 5.4)"]
    );
}

#[test]
fn a_rota_with_an_empty_slot_in_working_hours_is_refused() {
    let rota = |slots: &str| {
        PARTNERSHIP.replacen(
            "phone = \"0151 496 0110\"",
            &format!("phone = \"0151 496 0110\"\nrota = [{slots}]"),
            1,
        )
    };
    let morning =
        r#"{ from = "2026-11-23T09:00:00Z", until = "2026-11-23T12:00:00Z", user = "u-2101" }"#;
    let afternoon =
        r#"{ from = "2026-11-23T13:00:00Z", until = "2026-11-23T17:00:00Z", user = "u-2102" }"#;
    let noon =
        r#"{ from = "2026-11-23T12:00:00Z", until = "2026-11-23T13:00:00Z", user = "u-2103" }"#;

    assert_eq!(
        violations(&rota(&[morning, afternoon].join(", "))),
        ["agencies.AREA-08.mailboxes.AREA-08.rota[0].until must be without an empty slot in \
          working hours (domain 5.4)"],
        "the turn before the hole is named"
    );
    assert!(parse(&rota(&[morning, afternoon, noon].join(", "))).is_ok());
    assert_eq!(
        violations(&rota(morning)),
        ["agencies.AREA-08.mailboxes.AREA-08.rota must be of two named people at least (domain \
          5.4)"]
    );
}

#[test]
fn a_table_of_holidays_that_could_not_be_used_is_refused() {
    let overlapping = PARTNERSHIP.replacen("last = \"2025-11-02\"", "last = \"2025-12-20\"", 1);

    assert_eq!(
        violations(&overlapping),
        ["school_holidays must be at most 64 holidays that do not overlap"]
    );
}

#[test]
fn an_agency_whose_code_cannot_be_read_is_told_of_its_other_faults_too() {
    let text = PARTNERSHIP.replacen("code = \"CADT\"", "code = \"cadt\"", 1).replacen(
        "phone = \"0151 496 0010\"",
        "phone = \"bell\"",
        1,
    );

    assert_eq!(
        violations(&text),
        [
            "agencies[0].code must be 1-32 of [A-Z0-9-]",
            "agencies[0].mailboxes[0].phone must be 3-32 digits and spaces, a plus only in front",
        ]
    );
}
