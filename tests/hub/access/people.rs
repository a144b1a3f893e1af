//! The callers of the table: who they are in the directory, and what is theirs.

use toml::{Table, Value};

use crate::support::partnership;

/// A role as the table heads its column, with the agency in whose directory the agency concerned and another
/// agency hold it. The directory's own rules say who may hold what (domain 2.1, 2.2), so not every role can be of one
/// agency.
pub(super) const ROLES: [(&str, &str, &str, &str); 14] = [
    ("SEND", "SENDER", "EDT", "RESPONSE"),
    ("DUTY", "DUTY_RECEIVER", "EDT", "RESPONSE"),
    ("MGR", "DUTY_MANAGER", "EDT", "RESPONSE"),
    ("LEAD", "SAFEGUARDING_LEAD", "EDT", "RESPONSE"),
    ("DEC", "DECISION_MAKER", "EDT", "COUNCIL"),
    ("SOC", "SENIOR_ON_CALL", "COUNCIL", "COUNCIL"),
    ("MRC", "MARAC_COORDINATOR", "MARAC", "MARAC"),
    ("STW", "IDENTITY_STEWARD", "EDT", "COUNCIL"),
    ("IG", "IG_REVIEWER", "HUB-IG", "HUB-IG"),
    ("CALD", "CALDICOTT_GUARDIAN", "EDT", "RESPONSE"),
    ("ANA", "ANALYST", "EDT", "RESPONSE"),
    ("DIR", "DIRECTORY_ADMIN", "EDT", "RESPONSE"),
    ("POL", "POLICY_OWNER", "HUB-IG", "HUB-IG"),
    ("SYS", "SYS_ADMIN", "HUB-IG", "HUB-IG"),
];

/// The agency whose alert, mailbox and directory are asked for.
pub(super) const CONCERNED: &str = "EDT";
/// Has neither sent nor received the alert.
pub(super) const OTHER: &str = "RESPONSE";
/// A person the directory of no agency holds.
pub(super) const STRANGER: &str = "nobody-knows-me";

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The agency of the certificate.
    pub(super) agency: String,
    /// Whose certificate it is.
    pub(super) bearer: Bearer,
    /// The person the call names, where it can name one.
    pub(super) named: Option<String>,
    /// The agency whose things are asked for.
    pub(super) wants: String,
    /// Whether the directory knows the bearer: then every refusal is in the log.
    pub(super) is_known: bool,
}

/// Whose certificate it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Bearer {
    System(&'static str),
    Person(String),
    Nobody,
}

/// The id of the person of `agency` who holds `role` and nothing else.
pub(super) fn person(agency: &str, role: &str) -> String {
    format!("{agency}-{role}").to_lowercase().replace('_', "-")
}

/// The caller of a column.
pub(super) fn caller(part: &str, column: &str) -> Caller {
    match part {
        "system" => system(CONCERNED, column),
        "other-system" => system(OTHER, column),
        "people" | "other-people" => {
            let found = ROLES.iter().find(|(head, ..)| *head == column);
            let (_, role, own, other) = found.unwrap();
            let is_own = part == "people";
            let agency = if is_own { *own } else { *other };
            let mut caller = by_person(agency, &person(agency, role));
            if !is_own {
                caller.wants = CONCERNED.to_owned();
            }
            caller
        }
        "others" => other(column),
        unknown => panic!("the table has no part {unknown}"),
    }
}

fn system(agency: &str, column: &str) -> Caller {
    let named = match column {
        "nobody" => None,
        "duty" => Some(person(agency, "DUTY_RECEIVER")),
        "manager" => Some(person(agency, "DUTY_MANAGER")),
        "lead" => Some(person(agency, "SAFEGUARDING_LEAD")),
        "stranger" => Some(STRANGER.to_owned()),
        unknown => panic!("no caller {unknown}"),
    };
    let wants = CONCERNED.to_owned();
    let (agency, bearer) = (agency.to_owned(), Bearer::System("main"));
    Caller { agency, bearer, named, wants, is_known: true }
}

fn by_person(agency: &str, user: &str) -> Caller {
    Caller {
        agency: agency.to_owned(),
        bearer: Bearer::Person(user.to_owned()),
        named: None,
        wants: agency.to_owned(),
        is_known: true,
    }
}

fn other(column: &str) -> Caller {
    let wants = CONCERNED.to_owned();
    let stranger = |bearer| Caller {
        agency: CONCERNED.to_owned(),
        bearer,
        named: None,
        wants: wants.clone(),
        is_known: false,
    };
    match column {
        "posing" => Caller {
            named: Some(person(CONCERNED, "DUTY_MANAGER")),
            ..by_person(CONCERNED, &person(CONCERNED, "DUTY_RECEIVER"))
        },
        "reviewer" => Caller { wants, ..by_person("HUB-IG", "u-3301") },
        "no-agency" => {
            Caller { agency: "SCH-999999".to_owned(), ..stranger(Bearer::System("main")) }
        }
        "no-system" => stranger(Bearer::System("other")),
        "no-user" => stranger(Bearer::Person(STRANGER.to_owned())),
        "bare" => stranger(Bearer::Nobody),
        unknown => panic!("no caller {unknown}"),
    }
}

/// The partnership of the samples with one more person for each role at each agency the table needs it at.
pub(super) fn partnership_of_the_table() -> String {
    let mut file: Table = partnership().parse().unwrap();
    let agencies = file.get_mut("agencies").and_then(Value::as_array_mut).unwrap();
    for agency in agencies {
        let code = agency.get("code").and_then(Value::as_str).unwrap().to_owned();
        let users = agency.get_mut("users").and_then(Value::as_array_mut).unwrap();
        for (_, role, own, other) in ROLES {
            if code == own || code == other {
                let mut entry = Table::new();
                entry.insert("id".to_owned(), person(&code, role).into());
                entry.insert("roles".to_owned(), vec![Value::from(role)].into());
                users.push(entry.into());
            }
        }
    }
    toml::to_string(&file).unwrap()
}
