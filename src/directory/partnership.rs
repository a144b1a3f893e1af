//! Changes of the partnership, decided: who takes part, and the schools (domain 2.2, POLICY_OWNER, two people).
//!
//! Pure. A proposal is read by the rules of the file of the first start when it is made, and once more by the
//! directory as it stands when it is approved. An agency is never taken out again: its certificates are revoked, and
//! its inbox stays, so that what still waits in it goes up the ladder to somebody.

use super::change::{ChangeError, Changed, Happened, following};
use super::draft::{AgencyDraft, Faults, RangeDraft, SchoolDraft};
use super::rules::{self, AGENCIES_MAX, PARTNERSHIP_PROPOSALS_MAX, Refused, SCHOOLS_MAX};
use crate::domain::directory::{Agency, Directory, PartnershipChange, PartnershipProposal};
use crate::domain::event::EventKind;
use crate::domain::id::ProposalId;
use crate::domain::principal::Role;
use crate::domain::{AgencyCode, MailboxId, ParseError, UserId};

/// A change of the partnership as it came in, not yet read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PartnershipDraft {
    /// An agency that shall take part.
    AddAgency(AgencyDraft),
    /// Another name for one that does.
    RenameAgency {
        /// Its code.
        agency: String,
        /// At most [`super::TEXT_CHARACTERS_MAX`] characters.
        name: String,
    },
    /// A school, added or replaced.
    SetSchool(SchoolDraft),
    /// The council's table of school holidays, replaced.
    SetSchoolHolidays(Vec<RangeDraft>),
}

/// Reads a change; everything that is wrong with it is told at once.
pub(super) fn read(
    draft: &PartnershipDraft,
    directory: &Directory,
) -> Result<PartnershipChange, ChangeError> {
    let mut faults = Faults::default();
    let change = match draft {
        PartnershipDraft::AddAgency(draft) => {
            let path = "change.add_agency";
            let code = AgencyCode::try_from(draft.code.as_str());
            let code = faults.take(&format!("{path}.code"), code);
            let agency = draft.read(path, code.as_ref(), &mut faults);
            if let Some(agency) = &agency {
                faults.extend(rules::check_newcomer(path, agency));
            }
            agency.map(|agency| PartnershipChange::AddAgency(Box::new(agency)))
        }
        PartnershipDraft::RenameAgency { agency, name } => {
            let path = "change.rename_agency";
            let agency = AgencyCode::try_from(agency.as_str());
            let agency = faults.take(&format!("{path}.agency"), agency);
            faults.take(&format!("{path}.name"), rules::check_text("name", name));
            agency.map(|agency| PartnershipChange::RenameAgency { agency, name: name.clone() })
        }
        PartnershipDraft::SetSchool(draft) => {
            let school = draft.read("change.set_school", &directory.agencies, &mut faults);
            Some(PartnershipChange::SetSchool(Box::new(school)))
        }
        PartnershipDraft::SetSchoolHolidays(draft) => {
            let path = "change.set_school_holidays.holidays";
            let holidays = faults.ranges(path, draft);
            faults.extend(rules::check_holidays(path, &holidays));
            Some(PartnershipChange::SetSchoolHolidays(holidays))
        }
    };
    let read = faults.none_or(change);
    read.map_err(|faults| ChangeError::Malformed(by_place(draft, faults)))
}

/// Faults with people named by their place in the list: an id that somebody has just written may be a name.
fn by_place(draft: &PartnershipDraft, mut faults: Vec<ParseError>) -> Vec<ParseError> {
    let PartnershipDraft::AddAgency(draft) = draft else { return faults };
    for fault in &mut faults {
        let id = fault.field.strip_prefix("change.add_agency.users.");
        let Some(id) = id.and_then(|rest| rest.strip_suffix(".roles")) else { continue };
        let place = draft.users.iter().position(|person| person.id == id).unwrap_or_default();
        fault.field = format!("change.add_agency.users[{place}].roles");
    }
    faults
}

/// Puts a change before a second person. A newer proposal for the same agency, school or table replaces the older.
pub(super) fn propose(
    proposal: PartnershipProposal,
    directory: &Directory,
) -> Result<Changed, ChangeError> {
    let mut next = following(directory);
    // Whether it could be carried out now: whoever is asked to approve it shall not find out.
    let words = carry_out(&proposal.change, &mut next.clone())?;
    next.partnership_proposals.retain(|other| !other.change.concerns_the_same(&proposal.change));
    if next.partnership_proposals.len() >= PARTNERSHIP_PROPOSALS_MAX {
        return Err(Refused::TooMany.into());
    }
    let happened = happened(words.proposed, &proposal.change);
    next.partnership_proposals.push(proposal);
    Ok(Changed { directory: next, happened: vec![happened] })
}

/// Carries out a proposal. The approver is not who proposed it (domain 2.2).
pub(super) fn approve(
    id: ProposalId,
    directory: &Directory,
    approver: (&AgencyCode, &UserId),
) -> Result<(Changed, PartnershipProposal), ChangeError> {
    let mut next = following(directory);
    let place = next.partnership_proposals.iter().position(|proposal| proposal.id == id);
    let place = place.ok_or(ChangeError::NotFound)?;
    let proposal = next.partnership_proposals.remove(place);
    if approver == (&proposal.agency, &proposal.proposed_by) {
        return Err(Refused::SecondPersonNeeded.into());
    }
    let words = carry_out(&proposal.change, &mut next)?;
    let happened = happened(words.done, &proposal.change);
    Ok((Changed { directory: next, happened: vec![happened] }, proposal))
}

/// Drops what was proposed by people who are not active or may not propose it any more.
pub(super) fn drop_of_former_owners(next: &mut Directory) {
    let Directory { agencies, partnership_proposals, .. } = next;
    partnership_proposals.retain(|proposal| {
        let entry =
            agencies.get(&proposal.agency).and_then(|it| it.users.get(&proposal.proposed_by));
        entry.is_some_and(|entry| entry.active && entry.roles.contains(&Role::PolicyOwner))
    });
}

/// The stable words for one kind of change.
struct Words {
    proposed: &'static str,
    done: &'static str,
}

fn carry_out(change: &PartnershipChange, next: &mut Directory) -> Result<Words, ChangeError> {
    Ok(match change {
        PartnershipChange::AddAgency(agency) => {
            add_agency(agency, next)?;
            Words { proposed: "AGENCY_PROPOSED", done: "AGENCY_ADDED" }
        }
        PartnershipChange::RenameAgency { agency, name } => {
            let agency = next.agencies.get_mut(agency).ok_or(ChangeError::NotFound)?;
            name.clone_into(&mut agency.name);
            Words { proposed: "AGENCY_NAME_PROPOSED", done: "AGENCY_RENAMED" }
        }
        PartnershipChange::SetSchool(school) => {
            kept(rules::check_school("change.set_school", school, &next.agencies))?;
            if next.schools.len() >= SCHOOLS_MAX && !next.schools.contains_key(&school.urn) {
                return Err(Refused::TooMany.into());
            }
            next.schools.insert(school.urn.clone(), school.as_ref().clone());
            Words { proposed: "SCHOOL_PROPOSED", done: "SCHOOL_SET" }
        }
        PartnershipChange::SetSchoolHolidays(holidays) => {
            kept(rules::check_holidays("change.set_school_holidays.holidays", holidays))?;
            next.school_holidays = Some(holidays.clone());
            Words { proposed: "SCHOOL_HOLIDAYS_PROPOSED", done: "SCHOOL_HOLIDAYS_SET" }
        }
    })
}

fn add_agency(agency: &Agency, next: &mut Directory) -> Result<(), ChangeError> {
    const PATH: &str = "change.add_agency";
    if next.agencies.contains_key(&agency.code) {
        return Err(Refused::AgencyKnown.into());
    }
    if next.agencies.len() >= AGENCIES_MAX {
        return Err(Refused::TooMany.into());
    }
    // Another release may have taken the proposal; it is judged by the rules of today.
    let mut faults = rules::check_agency(PATH, agency);
    faults.extend(rules::check_newcomer(PATH, agency));
    kept(faults)?;
    next.agencies.insert(agency.code.clone(), agency.clone());
    Ok(())
}

fn kept(faults: Vec<ParseError>) -> Result<(), ChangeError> {
    if faults.is_empty() { Ok(()) } else { Err(ChangeError::Malformed(faults)) }
}

/// The entry names the agency it is about, as its duty inbox is named; nothing of its people, phones or name.
fn happened(what: &'static str, change: &PartnershipChange) -> Happened {
    let about = match change {
        PartnershipChange::AddAgency(agency) => Some(&agency.code),
        PartnershipChange::RenameAgency { agency, .. } => Some(agency),
        PartnershipChange::SetSchool(school) => school.agency.as_ref(),
        PartnershipChange::SetSchoolHolidays(_) => None,
    };
    let mailbox = about.map(MailboxId::duty);
    Happened { mailbox, ..Happened::new(EventKind::DirectoryChanged, what) }
}
