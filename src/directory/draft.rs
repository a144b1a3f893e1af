//! Agencies, inboxes and schools as somebody wrote them down, not yet read: in a file, or in a call.
//!
//! Owns the shapes and their reading, one for every source. Every violation is told at once, each with its path.
//! What a whole agency or school must keep to stands in `rules`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::rules;
use crate::calendar::DATED_SPANS_MAX;
use crate::domain::directory::{
    Agency, AgencyType, Cover, Mailbox, MailboxRole, RotaSlot, School, UserEntry,
};
use crate::domain::principal::Role;
use crate::domain::{AgencyCode, Letter, MailboxId, ParseError, SystemName, Timestamp, UserId};

/// An agency as written down.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyDraft {
    /// 1-32 of `[A-Z0-9-]`.
    pub code: String,
    /// At most [`super::TEXT_CHARACTERS_MAX`] characters.
    pub name: String,
    /// `PUBLIC`, `VCS` or `INDEPENDENT`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A letter of domain 3.1.
    pub letter: String,
    /// Where several codes are one organisation.
    pub organisation: Option<String>,
    /// At most [`super::SYSTEMS_MAX`].
    pub systems: Vec<String>,
    /// At most [`super::USERS_MAX`].
    #[serde(default)]
    pub users: Vec<PersonDraft>,
    /// One for each role at most, the duty inbox first.
    pub mailboxes: Vec<MailboxDraft>,
}

/// A person as written down.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonDraft {
    /// Opaque: 1-64 of `[a-z0-9-]`.
    pub id: String,
    /// Roles of domain 2.2.
    pub roles: Vec<String>,
}

/// An inbox as written down.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxDraft {
    /// The agency's code for duty, `CODE/name` for any other.
    pub id: String,
    /// `duty`, `manager`, `lead`, `head-of-service`, `director` or `deputy`.
    pub role: String,
    /// At most [`super::PHONE_CHARACTERS_MAX`] characters, as dialled.
    pub phone: String,
    /// At most [`super::TEXT_CHARACTERS_MAX`] characters.
    pub fallback: String,
    /// `24/7`, `09-17` or `school days 08-16`.
    pub cover: String,
    /// At most [`super::ROTA_SLOTS_MAX`].
    #[serde(default)]
    pub rota: Vec<SlotDraft>,
}

/// A turn on a rota as written down.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotDraft {
    /// RFC 3339.
    pub from: String,
    /// RFC 3339; until before this instant.
    pub until: String,
    /// Opaque id.
    pub user: String,
    /// Opaque id of who stands in; none: nobody.
    pub deputy: Option<String>,
}

/// A school as written down.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchoolDraft {
    /// Six digits.
    pub urn: String,
    /// The agency with its inbox; none: CADT-EDU stands in.
    pub agency: Option<String>,
    /// At most [`DATED_SPANS_MAX`]; half terms as terms of their own.
    #[serde(default)]
    pub terms: Vec<RangeDraft>,
    /// At most [`DATED_SPANS_MAX`] days without pupils, `YYYY-MM-DD`.
    #[serde(default)]
    pub inset: Vec<String>,
    /// Operation Encompass does not cover nurseries.
    #[serde(default)]
    pub nursery: bool,
    /// The area it lies in.
    pub area: Option<String>,
}

/// First and last day as written down, `YYYY-MM-DD`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeDraft {
    /// The first day.
    pub first: String,
    /// The last day.
    pub last: String,
}

/// Every violation found so far.
#[derive(Default)]
pub(super) struct Faults(Vec<ParseError>);

impl Faults {
    /// The value, if nothing was wrong.
    pub(super) fn none_or<T>(self, value: Option<T>) -> Result<T, Vec<ParseError>> {
        match (value, self.0.is_empty()) {
            (Some(value), true) => Ok(value),
            (_, _) => Err(self.0),
        }
    }

    pub(super) fn add(&mut self, field: impl Into<String>, rule: &'static str) {
        self.0.push(ParseError::malformed(field, rule));
    }

    pub(super) fn extend(&mut self, faults: Vec<ParseError>) {
        self.0.extend(faults);
    }

    /// Keeps the value, or the fault under the path it has where it was written.
    pub(super) fn take<T>(&mut self, path: &str, read: Result<T, ParseError>) -> Option<T> {
        read.map_err(|error| self.0.push(ParseError { field: path.to_owned(), ..error })).ok()
    }

    fn code<T>(&mut self, path: &str, read: Option<T>, rule: &'static str) -> Option<T> {
        if read.is_none() {
            self.add(path, rule);
        }
        read
    }

    /// The part of a list that is read; a longer list is a fault, whatever its rest holds.
    fn bounded<'a, T>(
        &mut self,
        path: &str,
        list: &'a [T],
        (most, rule): (usize, &'static str),
    ) -> impl Iterator<Item = (usize, &'a T)> + use<'a, T> {
        if list.len() > most {
            self.add(path, rule);
        }
        list.iter().enumerate().take(most)
    }

    fn instant(&mut self, path: &str, raw: &str) -> Option<Timestamp> {
        let read: Option<jiff::Timestamp> = raw.parse().ok();
        self.code(path, read, "an instant such as 2026-10-23T17:00:00+01:00").map(Timestamp::from)
    }

    fn date(&mut self, path: &str, raw: &str) -> Option<Date> {
        self.code(path, raw.parse().ok(), "a date such as 2026-10-23")
    }

    pub(super) fn ranges(&mut self, path: &str, raw: &[RangeDraft]) -> Vec<(Date, Date)> {
        let mut ranges = Vec::new();
        for (index, range) in self.bounded(path, raw, (DATED_SPANS_MAX, "at most 64")) {
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

impl AgencyDraft {
    /// Reads everything that can be read, and whether the agency as a whole keeps to the rules. Without a `code` –
    /// it is a fault already – the rest is read all the same, for its own faults.
    pub(super) fn read(
        &self,
        path: &str,
        code: Option<&AgencyCode>,
        faults: &mut Faults,
    ) -> Option<Agency> {
        let at = |field: &str| format!("{path}.{field}");
        faults.take(&at("name"), rules::check_text("name", &self.name));
        if let Some(organisation) = &self.organisation {
            faults.take(&at("organisation"), rules::check_text("organisation", organisation));
        }
        let kind =
            faults.code(&at("type"), AgencyType::parse(&self.kind), "PUBLIC, VCS or INDEPENDENT");
        let letter =
            faults.code(&at("letter"), Letter::parse(&self.letter), "a letter of domain 3.1");
        let systems = self.read_systems(&at("systems"), faults);
        let users = self.read_users(&at("users"), faults);
        let mailboxes = self.read_mailboxes(&at("mailboxes"), code, faults);
        let agency = Agency {
            code: code?.clone(),
            name: self.name.clone(),
            kind: kind?,
            letter: letter?,
            organisation: self.organisation.clone(),
            systems,
            users,
            mailboxes,
        };
        faults.extend(rules::check_agency(path, &agency));
        Some(agency)
    }

    fn read_systems(&self, path: &str, faults: &mut Faults) -> Vec<SystemName> {
        let mut systems = Vec::new();
        let bound = (rules::SYSTEMS_MAX, "at most 32");
        for (index, raw) in faults.bounded(path, &self.systems, bound) {
            let path = format!("{path}[{index}]");
            match faults.take(&path, SystemName::try_from(raw.as_str())) {
                Some(system) if systems.contains(&system) => faults.add(path, "given once"),
                Some(system) => systems.push(system),
                None => {}
            }
        }
        systems
    }

    fn read_users(&self, path: &str, faults: &mut Faults) -> BTreeMap<UserId, UserEntry> {
        let mut users = BTreeMap::new();
        let bound = (rules::USERS_MAX, "at most 5000 people");
        for (index, raw) in faults.bounded(path, &self.users, bound) {
            let path = format!("{path}[{index}]");
            let mut roles = Vec::new();
            let held = format!("{path}.roles");
            let bound = (Role::ALL.len(), "each role once");
            for (place, role) in faults.bounded(&held, &raw.roles, bound) {
                let path = format!("{held}[{place}]");
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

    fn read_mailboxes(
        &self,
        path: &str,
        code: Option<&AgencyCode>,
        faults: &mut Faults,
    ) -> Vec<Mailbox> {
        let mut mailboxes: Vec<Mailbox> = Vec::new();
        let bound = (MailboxRole::ALL.len(), "at most one for each role");
        for (index, raw) in faults.bounded(path, &self.mailboxes, bound) {
            let path = format!("{path}[{index}]");
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

impl MailboxDraft {
    /// Reads an inbox of the agency `code`; without one its id is looked at for its shape alone.
    pub(super) fn read(
        &self,
        path: &str,
        code: Option<&AgencyCode>,
        faults: &mut Faults,
    ) -> Option<Mailbox> {
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
            "duty, manager, lead, head-of-service, director or deputy",
        );
        let id = faults.take(&at("id"), MailboxId::try_from(self.id.as_str()))?;
        let fits = code.is_none_or(|code| rules::is_mailbox_of(&id, code, role));
        if !fits {
            faults.add(at("id"), "the agency's code for duty, CODE/name for any other");
        }
        let mut rota = Vec::new();
        let slots = at("rota");
        for (index, slot) in
            faults.bounded(&slots, &self.rota, (rules::ROTA_SLOTS_MAX, "at most 500 slots"))
        {
            rota.extend(slot.read(&format!("{slots}[{index}]"), faults));
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

impl SlotDraft {
    fn read(&self, path: &str, faults: &mut Faults) -> Option<RotaSlot> {
        let from = faults.instant(&format!("{path}.from"), &self.from);
        let until = faults.instant(&format!("{path}.until"), &self.until);
        let user = faults.take(&format!("{path}.user"), UserId::try_from(self.user.as_str()));
        let deputy = self.deputy.as_deref();
        let deputy =
            deputy.and_then(|raw| faults.take(&format!("{path}.deputy"), UserId::try_from(raw)));
        Some(RotaSlot { from: from?, until: until?, user: user?, deputy })
    }
}

impl SchoolDraft {
    /// Reads everything that can be read, and whether the school as a whole keeps to the rules.
    pub(super) fn read(
        &self,
        path: &str,
        agencies: &BTreeMap<AgencyCode, Agency>,
        faults: &mut Faults,
    ) -> School {
        let at = |field: &str| format!("{path}.{field}");
        let code = |field: &str, raw: Option<&String>, faults: &mut Faults| {
            raw.and_then(|raw| faults.take(&at(field), AgencyCode::try_from(raw.as_str())))
        };
        let agency = code("agency", self.agency.as_ref(), faults);
        let area = code("area", self.area.as_ref(), faults);
        let terms = faults.ranges(&at("terms"), &self.terms);
        let mut inset: Vec<Date> = Vec::new();
        let days = at("inset");
        for (place, day) in faults.bounded(&days, &self.inset, (DATED_SPANS_MAX, "at most 64")) {
            inset.extend(faults.date(&format!("{days}[{place}]"), day));
        }
        inset.sort_unstable();
        let (urn, nursery) = (self.urn.clone(), self.nursery);
        let school = School { urn, agency, terms, inset, nursery, area };
        faults.extend(rules::check_school(path, &school, agencies));
        school
    }
}
