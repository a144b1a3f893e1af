//! The directory's record.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::domain::directory::{
    Agency, Directory, Mailbox, PartnershipChange, PartnershipProposal, RoleProposal, RotaSlot,
    School, UserEntry,
};
use crate::domain::id::ProposalId;
use crate::domain::{AgencyCode, SystemName, Timestamp, UserId};

use super::error::RecordError;
use super::pb::partnership_proposal::Change;
use super::{field, pb};

impl From<&Directory> for pb::Directory {
    fn from(directory: &Directory) -> Self {
        Self {
            version: directory.version,
            agencies: directory.agencies.values().map(Into::into).collect(),
            areas: directory.areas.iter().map(Into::into).collect(),
            uprns: directory.uprns.iter().map(Into::into).collect(),
            schools: directory.schools.values().map(Into::into).collect(),
            school_holidays: directory
                .school_holidays
                .as_deref()
                .map(|holidays| pb::DateRanges { ranges: ranges_out(holidays) }),
            proposals: directory.proposals.iter().map(Into::into).collect(),
            partnership_proposals: directory.partnership_proposals.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<pb::Directory> for Directory {
    type Error = RecordError;

    fn try_from(raw: pb::Directory) -> Result<Self, Self::Error> {
        let agency = |raw| Agency::try_from(raw).map(|agency| (agency.code.clone(), agency));
        let school = |raw| School::try_from(raw).map(|school| (school.urn.clone(), school));
        let holidays = raw
            .school_holidays
            .map(|raw| ranges_in("Directory.school_holidays", raw.ranges))
            .transpose()?;
        Ok(Self {
            version: raw.version,
            agencies: map("Directory.agencies", raw.agencies.into_iter().map(agency))?,
            areas: map("Directory.areas", raw.areas.into_iter().map(TryInto::try_into))?,
            uprns: map("Directory.uprns", raw.uprns.into_iter().map(TryInto::try_into))?,
            schools: map("Directory.schools", raw.schools.into_iter().map(school))?,
            school_holidays: holidays,
            proposals: raw
                .proposals
                .into_iter()
                .map(RoleProposal::try_from)
                .collect::<Result<_, _>>()?,
            partnership_proposals: raw
                .partnership_proposals
                .into_iter()
                .map(PartnershipProposal::try_from)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Collects a map whose keys must differ: of two rows for one key neither can be believed.
fn map<K: Ord, V>(
    field: &'static str,
    rows: impl Iterator<Item = Result<(K, V), RecordError>>,
) -> Result<BTreeMap<K, V>, RecordError> {
    let mut map = BTreeMap::new();
    for row in rows {
        let (key, value) = row?;
        if map.insert(key, value).is_some() {
            return Err(RecordError::malformed(field, "a list without repeated keys"));
        }
    }
    Ok(map)
}

fn ranges_out(ranges: &[(Date, Date)]) -> Vec<pb::DateRange> {
    ranges
        .iter()
        .map(|(first, last)| pb::DateRange { first: first.to_string(), last: last.to_string() })
        .collect()
}

fn ranges_in(
    field: &'static str,
    raw: Vec<pb::DateRange>,
) -> Result<Vec<(Date, Date)>, RecordError> {
    raw.into_iter().map(|raw| Ok((date(field, &raw.first)?, date(field, &raw.last)?))).collect()
}

fn date(field: &'static str, raw: &str) -> Result<Date, RecordError> {
    raw.parse().map_err(|_not_a_date| RecordError::malformed(field, "dates as YYYY-MM-DD"))
}

impl From<(&String, &AgencyCode)> for pb::Area {
    fn from((place, agency): (&String, &AgencyCode)) -> Self {
        Self { place: place.clone(), agency: agency.to_string() }
    }
}

impl TryFrom<pb::Area> for (String, AgencyCode) {
    type Error = RecordError;

    fn try_from(raw: pb::Area) -> Result<Self, Self::Error> {
        Ok((raw.place, field::text("Area.agency", raw.agency)?))
    }
}

impl From<&Agency> for pb::Agency {
    fn from(agency: &Agency) -> Self {
        Self {
            code: agency.code.to_string(),
            name: agency.name.clone(),
            kind: agency.kind.code(),
            letter: Some(agency.letter.code()),
            organisation: agency.organisation.clone(),
            systems: agency.systems.iter().map(ToString::to_string).collect(),
            users: agency.users.iter().map(Into::into).collect(),
            mailboxes: agency.mailboxes.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<pb::Agency> for Agency {
    type Error = RecordError;

    fn try_from(raw: pb::Agency) -> Result<Self, Self::Error> {
        let letter = field::required("Agency.letter", raw.letter)?;
        let system = |raw| field::text::<SystemName>("Agency.systems", raw);
        Ok(Self {
            code: field::text("Agency.code", raw.code)?,
            name: raw.name,
            kind: field::code("Agency.kind", raw.kind)?,
            letter: field::code("Agency.letter", letter)?,
            organisation: raw.organisation,
            systems: raw.systems.into_iter().map(system).collect::<Result<_, _>>()?,
            users: map("Agency.users", raw.users.into_iter().map(TryInto::try_into))?,
            mailboxes: raw
                .mailboxes
                .into_iter()
                .map(Mailbox::try_from)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<(&UserId, &UserEntry)> for pb::User {
    fn from((id, entry): (&UserId, &UserEntry)) -> Self {
        Self { id: id.to_string(), roles: field::roles(&entry.roles), active: entry.active }
    }
}

impl TryFrom<pb::User> for (UserId, UserEntry) {
    type Error = RecordError;

    fn try_from(raw: pb::User) -> Result<Self, Self::Error> {
        let entry = UserEntry { roles: field::codes("User.roles", raw.roles)?, active: raw.active };
        Ok((field::text("User.id", raw.id)?, entry))
    }
}

impl From<&Mailbox> for pb::Mailbox {
    fn from(mailbox: &Mailbox) -> Self {
        Self {
            id: mailbox.id.to_string(),
            role: mailbox.role.code(),
            phone: mailbox.phone.clone(),
            fallback: mailbox.fallback.clone(),
            cover: mailbox.cover.code(),
            rota: mailbox.rota.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<pb::Mailbox> for Mailbox {
    type Error = RecordError;

    fn try_from(raw: pb::Mailbox) -> Result<Self, Self::Error> {
        Ok(Self {
            id: field::text("Mailbox.id", raw.id)?,
            role: field::code("Mailbox.role", raw.role)?,
            phone: raw.phone,
            fallback: raw.fallback,
            cover: field::code("Mailbox.cover", raw.cover)?,
            rota: raw.rota.into_iter().map(RotaSlot::try_from).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&RotaSlot> for pb::RotaSlot {
    fn from(slot: &RotaSlot) -> Self {
        Self {
            from: slot.from.as_millis(),
            until: slot.until.as_millis(),
            user: slot.user.to_string(),
            deputy: slot.deputy.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<pb::RotaSlot> for RotaSlot {
    type Error = RecordError;

    fn try_from(raw: pb::RotaSlot) -> Result<Self, Self::Error> {
        Ok(Self {
            from: Timestamp::from_millis(raw.from),
            until: Timestamp::from_millis(raw.until),
            user: field::text("RotaSlot.user", raw.user)?,
            deputy: field::optional_text("RotaSlot.deputy", raw.deputy)?,
        })
    }
}

impl From<&School> for pb::School {
    fn from(school: &School) -> Self {
        Self {
            urn: school.urn.clone(),
            agency: school.agency.as_ref().map(ToString::to_string),
            terms: ranges_out(&school.terms),
            inset: school.inset.iter().map(ToString::to_string).collect(),
            nursery: school.nursery,
            area: school.area.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<pb::School> for School {
    type Error = RecordError;

    fn try_from(raw: pb::School) -> Result<Self, Self::Error> {
        let inset = |raw: &String| date("School.inset", raw);
        Ok(Self {
            urn: raw.urn,
            agency: field::optional_text("School.agency", raw.agency)?,
            terms: ranges_in("School.terms", raw.terms)?,
            inset: raw.inset.iter().map(inset).collect::<Result<_, _>>()?,
            nursery: raw.nursery,
            area: field::optional_text("School.area", raw.area)?,
        })
    }
}

impl From<&RoleProposal> for pb::RoleProposal {
    fn from(proposal: &RoleProposal) -> Self {
        Self {
            id: proposal.id.as_bytes().to_vec(),
            agency: proposal.agency.to_string(),
            user: proposal.user.to_string(),
            roles: field::roles(&proposal.roles),
            proposed_by: proposal.proposed_by.to_string(),
            proposed_at: proposal.proposed_at.as_millis(),
        }
    }
}

impl TryFrom<pb::RoleProposal> for RoleProposal {
    type Error = RecordError;

    fn try_from(raw: pb::RoleProposal) -> Result<Self, Self::Error> {
        Ok(Self {
            id: field::id("RoleProposal.id", &raw.id, ProposalId::from_bytes)?,
            agency: field::text("RoleProposal.agency", raw.agency)?,
            user: field::text("RoleProposal.user", raw.user)?,
            roles: field::codes("RoleProposal.roles", raw.roles)?,
            proposed_by: field::text("RoleProposal.proposed_by", raw.proposed_by)?,
            proposed_at: Timestamp::from_millis(raw.proposed_at),
        })
    }
}

impl From<&PartnershipProposal> for pb::PartnershipProposal {
    fn from(proposal: &PartnershipProposal) -> Self {
        let change = match &proposal.change {
            PartnershipChange::AddAgency(agency) => Change::AddAgency(agency.as_ref().into()),
            PartnershipChange::RenameAgency { agency, name } => {
                Change::RenameAgency(pb::Renamed { agency: agency.to_string(), name: name.clone() })
            }
            PartnershipChange::SetSchool(school) => Change::SetSchool(school.as_ref().into()),
            PartnershipChange::SetSchoolHolidays(holidays) => {
                Change::SetSchoolHolidays(pb::DateRanges { ranges: ranges_out(holidays) })
            }
        };
        Self {
            id: proposal.id.as_bytes().to_vec(),
            agency: proposal.agency.to_string(),
            proposed_by: proposal.proposed_by.to_string(),
            proposed_at: proposal.proposed_at.as_millis(),
            change: Some(change),
        }
    }
}

impl TryFrom<pb::PartnershipProposal> for PartnershipProposal {
    type Error = RecordError;

    fn try_from(raw: pb::PartnershipProposal) -> Result<Self, Self::Error> {
        let change = match field::required("PartnershipProposal.change", raw.change)? {
            Change::AddAgency(agency) => PartnershipChange::AddAgency(Box::new(agency.try_into()?)),
            Change::RenameAgency(renamed) => PartnershipChange::RenameAgency {
                agency: field::text("Renamed.agency", renamed.agency)?,
                name: renamed.name,
            },
            Change::SetSchool(school) => PartnershipChange::SetSchool(Box::new(school.try_into()?)),
            Change::SetSchoolHolidays(holidays) => PartnershipChange::SetSchoolHolidays(ranges_in(
                "PartnershipProposal.set_school_holidays",
                holidays.ranges,
            )?),
        };
        Ok(Self {
            id: field::id("PartnershipProposal.id", &raw.id, ProposalId::from_bytes)?,
            agency: field::text("PartnershipProposal.agency", raw.agency)?,
            proposed_by: field::text("PartnershipProposal.proposed_by", raw.proposed_by)?,
            proposed_at: Timestamp::from_millis(raw.proposed_at),
            change,
        })
    }
}
