//! What a directory must keep to: shapes and bounds, which roles go together, rotas without an empty slot.
//!
//! Pure. The same rules hold for the file of the first start and for every later change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Time};

use crate::calendar;
use crate::domain::codes::code_list;
use crate::domain::directory::{Agency, Cover, MailboxRole, RotaSlot, School};
use crate::domain::principal::Role;
use crate::domain::{AgencyCode, Letter, MailboxId, ParseError, Span, Timestamp, UserId};

/// The longest duty phone, in characters.
pub const PHONE_CHARACTERS_MAX: usize = 32;
/// The longest fallback and the longest name of an agency, in characters.
pub const TEXT_CHARACTERS_MAX: usize = 100;
/// The most slots of one rota.
pub const ROTA_SLOTS_MAX: usize = 500;
/// The longest time a rota may span, in days.
pub const ROTA_DAYS_MAX: i64 = 400;
/// The most systems of one agency.
pub const SYSTEMS_MAX: usize = 32;
/// The most people of one agency.
pub const USERS_MAX: usize = 5_000;
/// The most role changes of one agency that wait for a second person.
pub const PROPOSALS_MAX: usize = 64;
/// The most changes of the partnership that wait for a second person.
pub const PARTNERSHIP_PROPOSALS_MAX: usize = 16;
/// The most people an agency is added with; its own administrators add the rest.
pub const FIRST_PEOPLE_MAX: usize = 100;
/// The most agencies of one partnership.
pub const AGENCIES_MAX: usize = 1_000;
/// The most schools of one partnership.
pub const SCHOOLS_MAX: usize = 5_000;
/// The fewest people on a rota, and in an Area Team (domain 5.4: nobody's day off may empty an inbox).
const NAMED_PEOPLE_MIN: usize = 2;

code_list! {
    /// Why a change that is well-formed is refused.
    Refused {
        /// Who proposed a change, or whom it is about, may not approve it (domain 2.2).
        SecondPersonNeeded = 1 => "SECOND_PERSON_NEEDED",
        /// Two of the roles exclude each other (domain 2.2, separation of duties).
        RolesExclusive = 2 => "ROLES_EXCLUSIVE",
        /// The role belongs to another agency (domain 2.2).
        RoleNotForAgency = 3 => "ROLE_NOT_FOR_AGENCY",
        /// The person is active already.
        UserActive = 4 => "USER_ACTIVE",
        /// The person is not active.
        UserInactive = 5 => "USER_INACTIVE",
        /// The person holds exactly these roles.
        RolesUnchanged = 6 => "ROLES_UNCHANGED",
        /// The agency has as many waiting changes, or people, as it may have.
        TooMany = 7 => "TOO_MANY",
        /// A rota would leave a working hour without anybody (domain 5.4).
        RotaEmptySlot = 8 => "ROTA_EMPTY_SLOT",
        /// A rota or an Area Team needs two named, active people (domain 5.4).
        TwoPeopleNeeded = 9 => "TWO_PEOPLE_NEEDED",
        /// Only the front door keeps the area table.
        FrontDoorOnly = 10 => "FRONT_DOOR_ONLY",
        /// The agency has registered this system already.
        SystemKnown = 11 => "SYSTEM_KNOWN",
        /// An agency's last system stays: without one nothing reaches it.
        LastSystem = 12 => "LAST_SYSTEM",
        /// The agency has an inbox of this id, or one that serves these people.
        MailboxKnown = 13 => "MAILBOX_KNOWN",
        /// The inboxes of senior rotas are of the agency that holds them (domain 2.2).
        MailboxNotForAgency = 14 => "MAILBOX_NOT_FOR_AGENCY",
        /// An agency of this code takes part already.
        AgencyKnown = 15 => "AGENCY_KNOWN",
    }
}

/// Roles of which one person may hold one only (domain 2.2).
const EXCLUSIVE: &[Role] = &[Role::IgReviewer, Role::PolicyOwner, Role::SysAdmin];

/// Checks the roles a person of `agency` would hold.
pub(super) fn check_roles(agency: &Agency, roles: &[Role]) -> Result<(), Refused> {
    if roles.iter().filter(|role| EXCLUSIVE.contains(role)).count() > 1 {
        return Err(Refused::RolesExclusive);
    }
    match roles.iter().all(|role| may_hold(agency, *role)) {
        true => Ok(()),
        false => Err(Refused::RoleNotForAgency),
    }
}

/// Whether people of `agency` may hold `role` at all (domain 2.1, 2.2).
fn may_hold(agency: &Agency, role: Role) -> bool {
    match role {
        Role::Sender
        | Role::DutyReceiver
        | Role::DutyManager
        | Role::SafeguardingLead
        | Role::CaldicottGuardian
        | Role::Analyst
        | Role::DirectoryAdmin => true,
        // Another council decides on its own children (domain 2.1).
        Role::DecisionMaker => matches!(agency.letter, Letter::C | Letter::X),
        // At the front door, or in the host's own team (domain 2.1).
        Role::IdentitySteward => matches!(agency.letter, Letter::C | Letter::G),
        Role::MaracCoordinator => agency.letter == Letter::M,
        // Held by the host council outside the desks it would be called about, with mailboxes of their own.
        Role::SeniorOnCall => {
            agency.mailbox(MailboxRole::HeadOfService).is_some()
                || agency.mailbox(MailboxRole::Director).is_some()
        }
        Role::IgReviewer | Role::PolicyOwner | Role::SysAdmin => agency.letter == Letter::G,
    }
}

/// The rules that look at an agency as a whole; every violation, with its path under `path`.
pub(super) fn check_agency(path: &str, agency: &Agency) -> Vec<ParseError> {
    let mut faults = Vec::new();
    let mut add = |field: String, rule| faults.push(ParseError::malformed(field, rule));
    let duty = agency.mailboxes.iter().position(|mailbox| mailbox.role == MailboxRole::Duty);
    let seniors_only = !agency.mailboxes.is_empty()
        && agency.mailboxes.iter().all(|mailbox| is_of_seniors(mailbox.role));
    if duty != Some(0) && !seniors_only {
        add(format!("{path}.mailboxes"), "the duty inbox first");
    }
    for (user, entry) in &agency.users {
        if let Err(refused) = check_roles(agency, &entry.roles) {
            add(format!("{path}.users.{user}.roles"), in_words(refused));
        }
    }
    for mailbox in &agency.mailboxes {
        let field = format!("{path}.mailboxes.{}.rota", mailbox.id);
        match check_rota(&field, agency, mailbox.cover, &mailbox.rota) {
            Ok(()) => {}
            Err(RotaFault::Malformed(error) | RotaFault::Refused(_, error)) => {
                add(error.field, error.rule);
            }
        }
    }
    if agency.letter == Letter::A && people_on_duty(agency) < NAMED_PEOPLE_MIN {
        add(format!("{path}.users"), "two named people with a duty role (domain 5.4)");
    }
    faults
}

/// What an agency that joins a running partnership needs besides: it must be able to call and to change its own
/// part with two persons from its first day, and the host is there already.
pub(super) fn check_newcomer(path: &str, agency: &Agency) -> Vec<ParseError> {
    let mut faults = Vec::new();
    let mut add = |field: &str, rule| {
        faults.push(ParseError::malformed(format!("{path}.{field}"), rule));
    };
    if agency.letter == Letter::G {
        add("letter", "any but G: there is one host");
    }
    if agency.systems.is_empty() {
        add("systems", "one at least");
    }
    if agency.users.len() > FIRST_PEOPLE_MAX {
        add("users", "at most 100 people to begin with; the agency adds the rest itself");
    }
    let admins = agency.users.values().filter(|it| it.roles.contains(&Role::DirectoryAdmin));
    if admins.count() < NAMED_PEOPLE_MIN {
        add("users", "with two who are DIRECTORY_ADMIN (domain 2.2)");
    }
    faults
}

/// The rules that look at a school as a whole; every violation, with its path under `path`.
pub(super) fn check_school(
    path: &str,
    school: &School,
    agencies: &BTreeMap<AgencyCode, Agency>,
) -> Vec<ParseError> {
    let mut faults = Vec::new();
    let mut add = |field: &str, rule| {
        faults.push(ParseError::malformed(format!("{path}.{field}"), rule));
    };
    if school.urn.len() != 6 || !school.urn.bytes().all(|b| b.is_ascii_digit()) {
        add("urn", "six digits");
    }
    let is_school = |code: &AgencyCode| agencies.get(code).is_some_and(|it| it.letter == Letter::E);
    if school.agency.as_ref().is_some_and(|code| !is_school(code)) {
        add("agency", "a school's agency that takes part");
    }
    if school.area.as_ref().is_some_and(|code| !serves_an_area(code, agencies)) {
        add("area", SERVES_AN_AREA);
    }
    let (terms, inset) = (&school.terms, &school.inset);
    if !terms.is_empty() && calendar::SchoolTerms::new(terms.clone(), inset.clone()).is_err() {
        add("terms", "at most 64 terms that do not overlap");
    }
    faults
}

/// The rules of the council's table of holidays: what breaks them could not be used (domain 5.5).
pub(super) fn check_holidays(path: &str, holidays: &[(Date, Date)]) -> Vec<ParseError> {
    let outer = holidays.first().zip(holidays.last());
    let usable = outer.is_none_or(|((first, _), (_, last))| {
        calendar::CouncilHolidays::new((*first, *last), holidays.to_vec()).is_ok()
    });
    match usable {
        true => Vec::new(),
        false => vec![ParseError::malformed(path, "at most 64 holidays that do not overlap")],
    }
}

/// Whether an inbox serves people on a senior rota.
pub(super) const fn is_of_seniors(role: MailboxRole) -> bool {
    matches!(role, MailboxRole::HeadOfService | MailboxRole::Director)
}

/// Whether `id` names an inbox of the agency that may serve `role`: the code alone for duty, `CODE/name` for any
/// other.
pub(super) fn is_mailbox_of(id: &MailboxId, code: &AgencyCode, role: Option<MailboxRole>) -> bool {
    let text = id.as_str();
    let of_agency = id.agency_code() == code.as_str() && text.split('/').count() <= 2;
    let is_duty = *id == MailboxId::duty(code);
    of_agency && !text.ends_with('/') && is_duty == (role == Some(MailboxRole::Duty))
}

const fn in_words(refused: Refused) -> &'static str {
    match refused {
        Refused::RolesExclusive => {
            "only one of IG_REVIEWER, POLICY_OWNER and SYS_ADMIN (domain 2.2)"
        }
        Refused::RoleNotForAgency => "roles that this agency may give (domain 2.2)",
        Refused::RotaEmptySlot => "without an empty slot in working hours (domain 5.4)",
        Refused::TwoPeopleNeeded => "of two named people at least (domain 5.4)",
        Refused::SecondPersonNeeded
        | Refused::UserActive
        | Refused::UserInactive
        | Refused::RolesUnchanged
        | Refused::TooMany
        | Refused::SystemKnown
        | Refused::LastSystem
        | Refused::MailboxKnown
        | Refused::MailboxNotForAgency
        | Refused::AgencyKnown
        | Refused::FrontDoorOnly => refused.as_str(),
    }
}

/// Checks a phone as dialled: digits, spaces and a leading plus; at least three digits.
pub(super) fn check_phone(field: &str, phone: &str) -> Result<(), ParseError> {
    const RULE: &str = "3-32 digits and spaces, a plus only in front";
    let digits = phone.bytes().filter(u8::is_ascii_digit).count();
    let rest = phone.strip_prefix('+').unwrap_or(phone);
    let well_formed = rest.bytes().all(|b| b.is_ascii_digit() || b == b' ')
        && phone.len() <= PHONE_CHARACTERS_MAX
        && digits >= 3;
    match (phone.is_empty(), well_formed) {
        (true, _) => Err(ParseError::missing(field)),
        (false, true) => Ok(()),
        (false, false) => Err(ParseError::malformed(field, RULE)),
    }
}

/// Checks a line of text that screens show.
pub(super) fn check_text(field: &str, text: &str) -> Result<(), ParseError> {
    let well_formed =
        text.chars().count() <= TEXT_CHARACTERS_MAX && !text.chars().any(char::is_control);
    match (text.trim().is_empty(), well_formed) {
        (true, _) => Err(ParseError::missing(field)),
        (false, true) => Ok(()),
        (false, false) => {
            Err(ParseError::malformed(field, "at most 100 characters without line breaks"))
        }
    }
}

/// Checks a postcode district (`ZX43`).
pub(super) fn is_district(place: &str) -> bool {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = place.as_bytes().get(letters..).unwrap_or_default();
    let [first, last @ ..] = rest else { return false };
    (1..=2).contains(&letters)
        && first.is_ascii_digit()
        && last.len() <= 1
        && last.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// Checks a unique property reference number: 1-12 digits.
pub(super) fn is_uprn(place: &str) -> bool {
    (1..=12).contains(&place.len()) && place.bytes().all(|b| b.is_ascii_digit())
}

/// Checks a rota of a mailbox of `agency`: every slot well-formed and of an active person, two people at least,
/// and from its first to its last instant nobody's absence in the hours of `cover` (domain 5.4). An empty rota
/// is none: whoever is at the desk serves the mailbox.
pub(super) fn check_rota(
    field: &str,
    agency: &Agency,
    cover: Cover,
    slots: &[RotaSlot],
) -> Result<(), RotaFault> {
    if slots.len() > ROTA_SLOTS_MAX {
        return Err(ParseError::malformed(field, "at most 500 slots").into());
    }
    let (Some(first), Some(last)) =
        (slots.iter().map(|slot| slot.from).min(), slots.iter().map(|slot| slot.until).max())
    else {
        return Ok(());
    };
    for (index, slot) in slots.iter().enumerate() {
        if slot.from >= slot.until {
            let field = format!("{field}[{index}].until");
            return Err(ParseError::malformed(field, "after `from`").into());
        }
        let is_active = |user: &UserId| agency.users.get(user).is_some_and(|entry| entry.active);
        if !is_active(&slot.user) {
            let field = format!("{field}[{index}].user");
            return Err(ParseError::malformed(field, "an active person of the agency").into());
        }
        if slot.deputy.as_ref().is_some_and(|it| !is_active(it) || *it == slot.user) {
            let field = format!("{field}[{index}].deputy");
            return Err(ParseError::malformed(field, "another active person of the agency").into());
        }
    }
    if last.since(first) > Span::days(ROTA_DAYS_MAX) {
        return Err(ParseError::malformed(field, "within 400 days").into());
    }
    let people: BTreeSet<_> = slots.iter().map(|slot| &slot.user).collect();
    if people.len() < NAMED_PEOPLE_MIN {
        return Err(RotaFault::of(Refused::TwoPeopleNeeded, field.to_owned()));
    }
    let covered = merged(slots);
    let staffed = |window: &(Timestamp, Timestamp)| {
        covered.iter().any(|(from, until)| *from <= window.0 && window.1 <= *until)
    };
    match staffed_windows(cover, first, last).into_iter().find(|window| !staffed(window)) {
        None => Ok(()),
        // The turn that ends before the hole is where to look.
        Some((opens, _)) => {
            let covers = |(from, until): &&(Timestamp, Timestamp)| *from <= opens && opens < *until;
            let hole = covered.iter().find(covers).map_or(opens, |(_, until)| *until);
            let before = slots.iter().enumerate().filter(|(_, slot)| slot.until <= hole);
            let field = match before.max_by_key(|(_, slot)| slot.until) {
                Some((index, _)) => format!("{field}[{index}].until"),
                None => field.to_owned(),
            };
            Err(RotaFault::of(Refused::RotaEmptySlot, field))
        }
    }
}

/// What is wrong with a rota.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum RotaFault {
    /// It cannot be read.
    Malformed(ParseError),
    /// It breaks a rule, there.
    Refused(Refused, ParseError),
}

impl RotaFault {
    fn of(refused: Refused, field: String) -> Self {
        Self::Refused(refused, ParseError::malformed(field, in_words(refused)))
    }
}

impl From<ParseError> for RotaFault {
    fn from(error: ParseError) -> Self {
        Self::Malformed(error)
    }
}

/// The times somebody is on the rota, without overlaps, ascending.
fn merged(slots: &[RotaSlot]) -> Vec<(Timestamp, Timestamp)> {
    let mut spans: Vec<_> = slots.iter().map(|slot| (slot.from, slot.until)).collect();
    spans.sort_unstable();
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, until) in spans {
        match joined.last_mut() {
            Some(open) if from <= open.1 => open.1 = open.1.max(until),
            Some(_) | None => joined.push((from, until)),
        }
    }
    joined
}

/// The working hours of `cover` between two instants, each cut to them.
fn staffed_windows(cover: Cover, first: Timestamp, last: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let (opens, closes) = match cover {
        Cover::AllHours => return vec![(first, last)],
        Cover::OfficeHours => (Time::constant(9, 0, 0, 0), Time::constant(17, 0, 0, 0)),
        Cover::SchoolDays => (Time::constant(8, 0, 0, 0), Time::constant(16, 0, 0, 0)),
    };
    let instant =
        |date: Date, time: Time| calendar::instant(date.to_datetime(time)).map(Timestamp::from);
    let last_day = calendar::local_date(last.to_jiff());
    calendar::local_date(first.to_jiff())
        .series(jiff::Span::new().days(1))
        .take_while(|date| *date <= last_day)
        .filter(|date| calendar::is_working_day(*date))
        .filter_map(|date| Some((instant(date, opens).ok()?, instant(date, closes).ok()?)))
        .map(|(from, until)| (from.max(first), until.min(last)))
        .filter(|(from, until)| from < until)
        .collect()
}

/// How many active people of `agency` hold a duty role.
fn people_on_duty(agency: &Agency) -> usize {
    let on_duty = |role: &Role| {
        matches!(role, Role::DutyReceiver | Role::DutyManager | Role::SafeguardingLead)
    };
    agency.users.values().filter(|entry| entry.active && entry.roles.iter().any(on_duty)).count()
}

/// What [`serves_an_area`] asks for.
pub(super) const SERVES_AN_AREA: &str = "an Area Team that takes part, or a council LA-nnn";

/// Whether `code` may stand in the area table: an Area Team of the directory, or a council's `LA-nnn`, which
/// need not be on the hub (domain 5.4).
pub(super) fn serves_an_area(code: &AgencyCode, agencies: &BTreeMap<AgencyCode, Agency>) -> bool {
    let council = code
        .as_str()
        .strip_prefix("LA-")
        .is_some_and(|number| number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()));
    council || agencies.get(code).is_some_and(|agency| agency.letter == Letter::A)
}
