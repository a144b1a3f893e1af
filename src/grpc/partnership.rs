//! Changes of the partnership and new inboxes, from the contract's shape to the directory's drafts and back.
//!
//! Reads nothing: a code that the contract does not have becomes a word that no list has, and is told with all that is
//! wrong.

use tonic::Status;

use super::directory::{agency_type, cover, mailbox_role, role_code};
use super::status;
use crate::directory::{
    AgencyDraft, MailboxDraft, PartnershipDraft, PersonDraft, RangeDraft, SchoolDraft,
};
use crate::domain::directory::{
    Agency, AgencyType, Cover, Mailbox, MailboxRole, PartnershipChange, PartnershipProposal, School,
};
use crate::domain::{AgencyCode, Role};
use crate::wire::v1::partnership_change::Change;
use crate::wire::{render, v1};

/// What a code that no list has is read as.
const NO_WORD: &str = "";

/// The change as the directory reads it.
pub(super) fn draft(change: Option<v1::PartnershipChange>) -> Result<PartnershipDraft, Status> {
    let Some(change) = change.and_then(|change| change.change) else {
        return Err(status::of_field("change", "exactly one change"));
    };
    Ok(match change {
        Change::AddAgency(new) => PartnershipDraft::AddAgency(agency_draft(new)),
        Change::RenameAgency(renamed) => {
            PartnershipDraft::RenameAgency { agency: renamed.agency, name: renamed.name }
        }
        Change::SetSchool(school) => PartnershipDraft::SetSchool(school_draft(school)),
        Change::SetSchoolHolidays(table) => {
            PartnershipDraft::SetSchoolHolidays(ranges(table.holidays))
        }
    })
}

fn agency_draft(new: v1::NewAgency) -> AgencyDraft {
    AgencyDraft {
        kind: word(new.r#type, AgencyType::from_code, AgencyType::as_str),
        mailboxes: new.mailboxes.iter().map(mailbox_draft).collect(),
        users: new.users.into_iter().map(person_draft).collect(),
        organisation: given(new.organisation),
        code: new.code,
        name: new.name,
        letter: new.letter,
        systems: new.systems,
    }
}

fn person_draft(new: v1::NewPerson) -> PersonDraft {
    let roles = new.roles.iter().map(|code| word(*code, Role::from_code, Role::as_str));
    PersonDraft { roles: roles.collect(), id: new.id }
}

/// A new inbox as the directory reads it.
pub(super) fn mailbox_draft(new: &v1::NewMailbox) -> MailboxDraft {
    MailboxDraft {
        id: new.id.clone(),
        role: word(new.role, MailboxRole::from_code, MailboxRole::as_str),
        phone: new.phone.clone(),
        fallback: new.fallback.clone(),
        cover: word(new.cover, Cover::from_code, Cover::as_str),
        rota: Vec::new(),
    }
}

fn school_draft(school: v1::School) -> SchoolDraft {
    SchoolDraft {
        urn: school.urn,
        agency: given(school.agency),
        terms: ranges(school.terms),
        inset: school.inset,
        nursery: school.nursery,
        area: given(school.area),
    }
}

fn ranges(raw: Vec<v1::DateRange>) -> Vec<RangeDraft> {
    raw.into_iter().map(|raw| RangeDraft { first: raw.first, last: raw.last }).collect()
}

fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The directory's word for a code of the contract, whose numbers are the directory's.
fn word<T>(code: i32, known: fn(u32) -> Option<T>, spelled: fn(T) -> &'static str) -> String {
    let known = u32::try_from(code).ok().and_then(known);
    known.map_or(NO_WORD, spelled).to_owned()
}

/// A waiting change as it is shown to whoever may approve it.
pub(super) fn proposal(proposal: &PartnershipProposal) -> v1::PartnershipProposal {
    let change = match &proposal.change {
        PartnershipChange::AddAgency(agency) => Change::AddAgency(new_agency(agency)),
        PartnershipChange::RenameAgency { agency, name } => {
            Change::RenameAgency(v1::RenameAgency {
                agency: agency.to_string(),
                name: name.clone(),
            })
        }
        PartnershipChange::SetSchool(school) => Change::SetSchool(shown_school(school)),
        PartnershipChange::SetSchoolHolidays(holidays) => {
            Change::SetSchoolHolidays(v1::SchoolHolidays { holidays: shown_ranges(holidays) })
        }
    };
    v1::PartnershipProposal {
        change_id: proposal.id.to_string(),
        agency: proposal.agency.to_string(),
        proposed_by: proposal.proposed_by.to_string(),
        proposed_at: Some(render::timestamp(proposal.proposed_at)),
        change: Some(v1::PartnershipChange { change: Some(change) }),
    }
}

fn new_agency(agency: &Agency) -> v1::NewAgency {
    let users = agency.users.iter().map(|(id, entry)| v1::NewPerson {
        id: id.to_string(),
        roles: entry.roles.iter().map(|role| role_code(*role)).collect(),
    });
    v1::NewAgency {
        code: agency.code.to_string(),
        name: agency.name.clone(),
        r#type: agency_type(agency.kind).into(),
        letter: agency.letter.to_string(),
        organisation: agency.organisation.clone().unwrap_or_default(),
        systems: agency.systems.iter().map(ToString::to_string).collect(),
        users: users.collect(),
        mailboxes: agency.mailboxes.iter().map(new_mailbox).collect(),
    }
}

fn new_mailbox(mailbox: &Mailbox) -> v1::NewMailbox {
    v1::NewMailbox {
        id: mailbox.id.to_string(),
        role: mailbox_role(mailbox.role).into(),
        phone: mailbox.phone.clone(),
        fallback: mailbox.fallback.clone(),
        cover: cover(mailbox.cover).into(),
    }
}

fn shown_school(school: &School) -> v1::School {
    let code = |code: Option<&AgencyCode>| code.map(ToString::to_string);
    v1::School {
        urn: school.urn.clone(),
        agency: code(school.agency.as_ref()).unwrap_or_default(),
        terms: shown_ranges(&school.terms),
        inset: school.inset.iter().map(ToString::to_string).collect(),
        nursery: school.nursery,
        area: code(school.area.as_ref()).unwrap_or_default(),
    }
}

fn shown_ranges(ranges: &[(jiff::civil::Date, jiff::civil::Date)]) -> Vec<v1::DateRange> {
    ranges
        .iter()
        .map(|(first, last)| v1::DateRange { first: first.to_string(), last: last.to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_contract_is_the_directorys_word_and_any_other_is_none() {
        for kind in AgencyType::ALL {
            let code = i32::from(agency_type(*kind));
            assert_eq!(word(code, AgencyType::from_code, AgencyType::as_str), kind.as_str());
        }
        for role in MailboxRole::ALL {
            let code = i32::from(mailbox_role(*role));
            assert_eq!(word(code, MailboxRole::from_code, MailboxRole::as_str), role.as_str());
        }
        for hours in Cover::ALL {
            let code = i32::from(cover(*hours));
            assert_eq!(word(code, Cover::from_code, Cover::as_str), hours.as_str());
        }
        for code in [0, -1, 99] {
            assert_eq!(word(code, Cover::from_code, Cover::as_str), NO_WORD);
        }
    }

    #[test]
    fn a_proposal_without_a_change_is_refused_by_its_field() {
        for nothing in [None, Some(v1::PartnershipChange { change: None })] {
            let refused = draft(nothing).unwrap_err();
            assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        }
    }
}
