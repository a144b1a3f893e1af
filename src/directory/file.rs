//! The directory file: how a partnership is written down before its first start.
//!
//! Owns the shape of the TOML file. Every violation is told at once, each with its path. The file is read when
//! the store holds no directory yet and never again: from then on the directory changes by recorded commits.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::rules::{self, NAMED_PEOPLE_MIN, RotaFault};
use crate::calendar;
use crate::domain::directory::{
    Agency, AgencyType, Cover, Directory, Mailbox, MailboxRole, RotaSlot, School, UserEntry,
};
use crate::domain::principal::Role;
use crate::domain::{AgencyCode, Letter, MailboxId, ParseError, SystemName, Timestamp, UserId};

/// The longest directory file, in bytes.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Why a directory file is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FileError {
    /// Longer than [`FILE_BYTES_MAX`].
    #[error("the directory file is longer than 4 MiB")]
    TooLong,
    /// Not TOML of this shape; an unknown or missing field is named.
    #[error("the directory file, line {line}: {message}")]
    Syntax {
        /// From 1.
        line: usize,
        /// What the reader says.
        message: String,
    },
    /// Well-formed, but against the rules; each with its path.
    #[error("the directory file breaks {} rules: {}", .0.len(), told(.0))]
    Violations(Vec<ParseError>),
}

fn told(violations: &[ParseError]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Reads a directory file. The result is at version 1.
///
/// # Errors
/// [`FileError`], with every violation at once.
pub fn parse(text: &str) -> Result<Directory, FileError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLong);
    }
    let raw: RawDirectory = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|b| *b == b'\n').count().saturating_add(1);
        FileError::Syntax { line, message: error.message().to_owned() }
    })?;
    let mut faults = Faults::default();
    let directory = raw.read(&mut faults);
    match faults.0.is_empty() {
        true => Ok(directory),
        false => Err(FileError::Violations(faults.0)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDirectory {
    /// The format of the file: 1.
    format: u32,
    agencies: Vec<RawAgency>,
    #[serde(default)]
    schools: Vec<RawSchool>,
    #[serde(default)]
    areas: BTreeMap<String, String>,
    #[serde(default)]
    uprns: BTreeMap<String, String>,
    school_holidays: Option<Vec<RawRange>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAgency {
    code: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    letter: String,
    organisation: Option<String>,
    systems: Vec<String>,
    #[serde(default)]
    users: Vec<RawUser>,
    mailboxes: Vec<RawMailbox>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUser {
    id: String,
    roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMailbox {
    id: String,
    role: String,
    phone: String,
    fallback: String,
    cover: String,
    #[serde(default)]
    rota: Vec<RawSlot>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSlot {
    from: String,
    until: String,
    user: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchool {
    urn: String,
    agency: Option<String>,
    #[serde(default)]
    terms: Vec<RawRange>,
    #[serde(default)]
    inset: Vec<String>,
    #[serde(default)]
    nursery: bool,
    area: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRange {
    first: String,
    last: String,
}

/// Every violation found so far.
#[derive(Default)]
struct Faults(Vec<ParseError>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, rule: &'static str) {
        self.0.push(ParseError::malformed(field, rule));
    }

    /// Keeps the value, or the fault under the path it has in the file.
    fn take<T>(&mut self, path: &str, read: Result<T, ParseError>) -> Option<T> {
        read.map_err(|error| self.0.push(ParseError { field: path.to_owned(), ..error })).ok()
    }

    fn code<T>(&mut self, path: &str, read: Option<T>, rule: &'static str) -> Option<T> {
        if read.is_none() {
            self.add(path, rule);
        }
        read
    }

    fn instant(&mut self, path: &str, raw: &str) -> Option<Timestamp> {
        let read: Option<jiff::Timestamp> = raw.parse().ok();
        self.code(path, read, "an instant such as 2026-10-23T17:00:00+01:00").map(Timestamp::from)
    }

    fn date(&mut self, path: &str, raw: &str) -> Option<Date> {
        self.code(path, raw.parse().ok(), "a date such as 2026-10-23")
    }

    fn ranges(&mut self, path: &str, raw: &[RawRange]) -> Vec<(Date, Date)> {
        let mut ranges = Vec::new();
        for (index, range) in raw.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let first = self.date(&format!("{path}.first"), &range.first);
            let last = self.date(&format!("{path}.last"), &range.last);
            match first.zip(last) {
                Some((first, last)) if first > last => self.add(path, "first before last"),
                Some(range) => ranges.push(range),
                None => {}
            }
        }
        ranges.sort_unstable();
        ranges
    }
}

impl RawDirectory {
    fn read(self, faults: &mut Faults) -> Directory {
        if self.format != 1 {
            faults.add("format", "1");
        }
        let mut agencies = BTreeMap::new();
        for (index, raw) in self.agencies.iter().enumerate() {
            let path = format!("agencies[{index}]");
            let Some(code) =
                faults.take(&format!("{path}.code"), AgencyCode::try_from(raw.code.as_str()))
            else {
                continue;
            };
            let agency = raw.read(&format!("agencies.{code}"), &code, faults);
            if agencies.contains_key(&code) {
                faults.add(format!("{path}.code"), "given once");
            }
            if let Some(agency) = agency {
                agencies.insert(code, agency);
            }
        }
        let areas = read_areas("areas", &self.areas, &agencies, faults);
        let uprns = read_areas("uprns", &self.uprns, &agencies, faults);
        let schools = read_schools(&self.schools, &agencies, faults);
        let school_holidays =
            self.school_holidays.map(|ranges| faults.ranges("school_holidays", &ranges));
        Directory {
            version: 1,
            agencies,
            areas,
            uprns,
            schools,
            school_holidays,
            ..Directory::default()
        }
    }
}

impl RawAgency {
    fn read(&self, path: &str, code: &AgencyCode, faults: &mut Faults) -> Option<Agency> {
        let at = |field: &str| format!("{path}.{field}");
        faults.take(&at("name"), rules::check_text("name", &self.name));
        if let Some(organisation) = &self.organisation {
            faults.take(&at("organisation"), rules::check_text("organisation", organisation));
        }
        let kind =
            faults.code(&at("type"), AgencyType::parse(&self.kind), "PUBLIC, VCS or INDEPENDENT");
        let letter =
            faults.code(&at("letter"), Letter::parse(&self.letter), "a letter of domain 3.1");
        let systems = self.read_systems(path, faults);
        let users = self.read_users(path, faults);
        let mailboxes = self.read_mailboxes(path, code, faults);
        let agency = Agency {
            code: code.clone(),
            name: self.name.clone(),
            kind: kind?,
            letter: letter?,
            organisation: self.organisation.clone(),
            systems,
            users,
            mailboxes,
        };
        check_agency(path, &agency, faults);
        Some(agency)
    }

    fn read_systems(&self, path: &str, faults: &mut Faults) -> Vec<SystemName> {
        let mut systems = Vec::new();
        for (index, raw) in self.systems.iter().enumerate() {
            let path = format!("{path}.systems[{index}]");
            match faults.take(&path, SystemName::try_from(raw.as_str())) {
                Some(system) if systems.contains(&system) => faults.add(path, "given once"),
                Some(system) => systems.push(system),
                None => {}
            }
        }
        if systems.len() > rules::SYSTEMS_MAX {
            faults.add(format!("{path}.systems"), "at most 32");
        }
        systems
    }

    fn read_users(&self, path: &str, faults: &mut Faults) -> BTreeMap<UserId, UserEntry> {
        let mut users = BTreeMap::new();
        if self.users.len() > rules::USERS_MAX {
            faults.add(format!("{path}.users"), "at most 5000 people");
        }
        for (index, raw) in self.users.iter().enumerate() {
            let path = format!("{path}.users[{index}]");
            let mut roles = Vec::new();
            for (place, role) in raw.roles.iter().enumerate() {
                let path = format!("{path}.roles[{place}]");
                roles.extend(faults.code(&path, Role::parse(role), "a role of domain 2.2"));
            }
            roles.sort_unstable();
            roles.dedup();
            let id = faults.take(&format!("{path}.id"), UserId::try_from(raw.id.as_str()));
            let Some(id) = id else { continue };
            if users.insert(id, UserEntry { roles, active: true }).is_some() {
                faults.add(format!("{path}.id"), "given once");
            }
        }
        users
    }

    fn read_mailboxes(&self, path: &str, code: &AgencyCode, faults: &mut Faults) -> Vec<Mailbox> {
        let mut mailboxes: Vec<Mailbox> = Vec::new();
        for (index, raw) in self.mailboxes.iter().enumerate() {
            let path = format!("{path}.mailboxes[{index}]");
            let Some(mailbox) = raw.read(&path, code, faults) else { continue };
            if mailboxes.iter().any(|other| other.id == mailbox.id) {
                faults.add(format!("{path}.id"), "given once");
            }
            if mailboxes.iter().any(|other| other.role == mailbox.role) {
                faults.add(format!("{path}.role"), "given once");
            }
            mailboxes.push(mailbox);
        }
        mailboxes
    }
}

impl RawMailbox {
    fn read(&self, path: &str, code: &AgencyCode, faults: &mut Faults) -> Option<Mailbox> {
        let at = |field: &str| format!("{path}.{field}");
        faults.take(&at("phone"), rules::check_phone("phone", &self.phone));
        faults.take(&at("fallback"), rules::check_text("fallback", &self.fallback));
        let cover = faults.code(
            &at("cover"),
            Cover::parse(&self.cover),
            "24/7, 09-17 or school days 08-16",
        );
        let role = faults.code(
            &at("role"),
            MailboxRole::parse(&self.role),
            "duty, manager, lead, head-of-service or director",
        );
        let id = faults.take(&at("id"), MailboxId::try_from(self.id.as_str()))?;
        let of_agency = id.agency_code() == code.as_str() && self.id.split('/').count() <= 2;
        let is_duty = id == MailboxId::duty(code);
        if !of_agency || self.id.ends_with('/') || is_duty != (role == Some(MailboxRole::Duty)) {
            faults.add(at("id"), "the agency's code for duty, CODE/name for any other");
        }
        let mut rota = Vec::new();
        for (index, slot) in self.rota.iter().enumerate() {
            rota.extend(slot.read(&format!("{path}.rota[{index}]"), faults));
        }
        rota.sort_by_key(|slot| slot.from);
        Some(Mailbox {
            id,
            role: role?,
            phone: self.phone.clone(),
            fallback: self.fallback.clone(),
            cover: cover?,
            rota,
        })
    }
}

impl RawSlot {
    fn read(&self, path: &str, faults: &mut Faults) -> Option<RotaSlot> {
        let from = faults.instant(&format!("{path}.from"), &self.from);
        let until = faults.instant(&format!("{path}.until"), &self.until);
        let user = faults.take(&format!("{path}.user"), UserId::try_from(self.user.as_str()));
        Some(RotaSlot { from: from?, until: until?, user: user? })
    }
}

/// The rules that look at an agency as a whole.
fn check_agency(path: &str, agency: &Agency, faults: &mut Faults) {
    let duty = agency.mailboxes.iter().position(|mailbox| mailbox.role == MailboxRole::Duty);
    let seniors_only = !agency.mailboxes.is_empty()
        && agency.mailboxes.iter().all(|mailbox| {
            matches!(mailbox.role, MailboxRole::HeadOfService | MailboxRole::Director)
        });
    if duty != Some(0) && !seniors_only {
        faults.add(format!("{path}.mailboxes"), "the duty inbox first");
    }
    for (user, entry) in &agency.users {
        if let Err(refused) = rules::check_roles(agency, &entry.roles) {
            faults.add(format!("{path}.users.{user}.roles"), in_words(refused));
        }
    }
    for mailbox in &agency.mailboxes {
        let field = format!("{path}.mailboxes.{}.rota", mailbox.id);
        match rules::check_rota(&field, agency, mailbox.cover, &mailbox.rota) {
            Ok(()) => {}
            Err(RotaFault::Malformed(error)) => faults.0.push(error),
            Err(RotaFault::Refused(refused)) => faults.add(field, in_words(refused)),
        }
    }
    if agency.letter == Letter::A && rules::people_on_duty(agency) < NAMED_PEOPLE_MIN {
        faults.add(format!("{path}.users"), "two named people with a duty role (domain 5.4)");
    }
}

const fn in_words(refused: rules::Refused) -> &'static str {
    match refused {
        rules::Refused::RolesExclusive => {
            "only one of IG_REVIEWER, POLICY_OWNER and SYS_ADMIN (domain 2.2)"
        }
        rules::Refused::RoleNotForAgency => "roles that this agency may give (domain 2.2)",
        rules::Refused::RotaEmptySlot => "without an empty slot in working hours (domain 5.4)",
        rules::Refused::TwoPeopleNeeded => "of two named people at least (domain 5.4)",
        rules::Refused::SecondPersonNeeded
        | rules::Refused::UserActive
        | rules::Refused::UserInactive
        | rules::Refused::RolesUnchanged
        | rules::Refused::TooMany
        | rules::Refused::SystemKnown
        | rules::Refused::LastSystem
        | rules::Refused::FrontDoorOnly => refused.as_str(),
    }
}

const SERVES_AN_AREA: &str = "an Area Team of this file or a council LA-nnn";

fn read_areas(
    field: &str,
    raw: &BTreeMap<String, String>,
    agencies: &BTreeMap<AgencyCode, Agency>,
    faults: &mut Faults,
) -> BTreeMap<String, AgencyCode> {
    let mut areas = BTreeMap::new();
    for (place, code) in raw {
        let path = format!("{field}.{place}");
        let Some(code) = faults.take(&path, AgencyCode::try_from(code.as_str())) else { continue };
        let known_place = match field {
            "uprns" => rules::is_uprn(place),
            _ => rules::is_district(place),
        };
        if !known_place {
            faults.add(path.clone(), "a postcode district such as ZX43, or 1-12 digits of a UPRN");
        }
        if !rules::serves_an_area(&code, agencies) {
            faults.add(path, SERVES_AN_AREA);
        }
        areas.insert(place.clone(), code);
    }
    areas
}

fn read_schools(
    raw: &[RawSchool],
    agencies: &BTreeMap<AgencyCode, Agency>,
    faults: &mut Faults,
) -> BTreeMap<String, School> {
    let mut schools = BTreeMap::new();
    for (index, raw) in raw.iter().enumerate() {
        let path = format!("schools[{index}]");
        if raw.urn.len() != 6 || !raw.urn.bytes().all(|b| b.is_ascii_digit()) {
            faults.add(format!("{path}.urn"), "six digits");
        }
        let agency = raw.agency.as_ref().and_then(|code| {
            let field = format!("{path}.agency");
            let code = faults.take(&field, AgencyCode::try_from(code.as_str()))?;
            if agencies.get(&code).is_none_or(|agency| agency.letter != Letter::E) {
                faults.add(field, "a school's agency of this file");
            }
            Some(code)
        });
        let area = raw.area.as_ref().and_then(|code| {
            let field = format!("{path}.area");
            let code = faults.take(&field, AgencyCode::try_from(code.as_str()))?;
            if !rules::serves_an_area(&code, agencies) {
                faults.add(field, SERVES_AN_AREA);
            }
            Some(code)
        });
        let terms = faults.ranges(&format!("{path}.terms"), &raw.terms);
        let mut inset: Vec<Date> = Vec::new();
        for (place, day) in raw.inset.iter().enumerate() {
            inset.extend(faults.date(&format!("{path}.inset[{place}]"), day));
        }
        inset.sort_unstable();
        if !terms.is_empty() && calendar::SchoolTerms::new(terms.clone(), inset.clone()).is_err() {
            faults.add(format!("{path}.terms"), "at most 64 terms that do not overlap");
        }
        let (urn, nursery) = (raw.urn.clone(), raw.nursery);
        let school = School { urn, agency, terms, inset, nursery, area };
        if schools.insert(raw.urn.clone(), school).is_some() {
            faults.add(format!("{path}.urn"), "given once");
        }
    }
    schools
}
