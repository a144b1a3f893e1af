//! The directory service: one's own part, changes by its administrator, changes of roles and of the partnership by
//! two persons.

use tonic::{Request, Response, Status};

use super::{Edge, partnership, status};
use crate::directory::{DirectoryChange, DirectoryView, Duty, KnownAgency};
use crate::domain::directory::{AgencyType, Cover, Mailbox, MailboxRole, RoleProposal, RotaSlot};
use crate::domain::id::ProposalId;
use crate::domain::{AgencyCode, ErrorKind, MailboxId, Role, SystemName, Timestamp, UserId};
use crate::wire::v1::change_directory_request::Change;
use crate::wire::v1::directory_service_server::DirectoryService;
use crate::wire::{render, v1};

#[tonic::async_trait]
impl DirectoryService for Edge {
    async fn get_directory(
        &self,
        request: Request<v1::GetDirectoryRequest>,
    ) -> Result<Response<v1::GetDirectoryResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async { Ok(view(&self.directory.read(&principal).await?)) }).await
    }

    async fn change_directory(
        &self,
        request: Request<v1::ChangeDirectoryRequest>,
    ) -> Result<Response<v1::ChangeDirectoryResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let asked = request.into_inner();
            let expected = (asked.expected_version != 0).then_some(asked.expected_version);
            let change = change(asked.change)?;
            let version = self.directory.change(&principal, expected, &change).await?;
            Ok(v1::ChangeDirectoryResponse { version })
        })
        .await
    }

    async fn propose_role_change(
        &self,
        request: Request<v1::ProposeRoleChangeRequest>,
    ) -> Result<Response<v1::ProposeRoleChangeResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let asked = request.get_ref();
            let user = user(&asked.user_id)?;
            let roles = roles(&asked.roles)?;
            let proposal = self.directory.propose_roles(&principal, &user, &roles).await?;
            Ok(v1::ProposeRoleChangeResponse { change: Some(role_change(&proposal)) })
        })
        .await
    }

    async fn approve_role_change(
        &self,
        request: Request<v1::ApproveRoleChangeRequest>,
    ) -> Result<Response<v1::ApproveRoleChangeResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let id = proposal_id(&request.get_ref().change_id)?;
            let approved = self.directory.approve_roles(&principal, id).await?;
            Ok(v1::ApproveRoleChangeResponse { change: Some(role_change(&approved)) })
        })
        .await
    }

    async fn list_role_changes(
        &self,
        request: Request<v1::ListRoleChangesRequest>,
    ) -> Result<Response<v1::ListRoleChangesResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let pending = self.directory.pending(&principal).await?;
            Ok(v1::ListRoleChangesResponse { changes: pending.iter().map(role_change).collect() })
        })
        .await
    }

    async fn propose_partnership_change(
        &self,
        request: Request<v1::ProposePartnershipChangeRequest>,
    ) -> Result<Response<v1::ProposePartnershipChangeResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let draft = partnership::draft(request.into_inner().change)?;
            let proposal = self.directory.propose_partnership(&principal, &draft).await?;
            let proposal = Some(partnership::proposal(&proposal));
            Ok(v1::ProposePartnershipChangeResponse { proposal })
        })
        .await
    }

    async fn approve_partnership_change(
        &self,
        request: Request<v1::ApprovePartnershipChangeRequest>,
    ) -> Result<Response<v1::ApprovePartnershipChangeResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let id = proposal_id(&request.get_ref().change_id)?;
            let approved = self.directory.approve_partnership(&principal, id).await?;
            let proposal = Some(partnership::proposal(&approved));
            Ok(v1::ApprovePartnershipChangeResponse { proposal })
        })
        .await
    }

    async fn list_partnership_changes(
        &self,
        request: Request<v1::ListPartnershipChangesRequest>,
    ) -> Result<Response<v1::ListPartnershipChangesResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let pending = self.directory.pending_partnership(&principal).await?;
            let proposals = pending.iter().map(partnership::proposal).collect();
            Ok(v1::ListPartnershipChangesResponse { proposals })
        })
        .await
    }
}

/// An id that is none is like one that nobody has.
fn proposal_id(raw: &str) -> Result<ProposalId, Status> {
    ProposalId::try_from(raw).map_err(|_malformed| status::of(ErrorKind::NotFound, "NOT_FOUND"))
}

fn view(view: &DirectoryView) -> v1::GetDirectoryResponse {
    let own = v1::Agency {
        code: view.own.code.to_string(),
        name: view.own.name.clone(),
        r#type: agency_type(view.own.kind).into(),
        mailboxes: view.own.mailboxes.iter().map(|own| own_mailbox(view, own)).collect(),
        systems: view.own.systems.iter().map(ToString::to_string).collect(),
    };
    let known = view.known.iter().map(|other: &KnownAgency| v1::Agency {
        code: other.code.to_string(),
        name: other.name.clone(),
        r#type: agency_type(other.kind).into(),
        mailboxes: vec![v1::Mailbox { rota: Vec::new(), ..mailbox(&other.duty) }],
        systems: Vec::new(),
    });
    let users = view.own.users.iter().map(|(id, entry)| v1::DirectoryUser {
        user_id: id.to_string(),
        roles: entry.roles.iter().map(|role| role_code(*role)).collect(),
        active: entry.active,
    });
    let areas = view.areas.iter();
    v1::GetDirectoryResponse {
        agencies: std::iter::once(own).chain(known).collect(),
        users: users.collect(),
        areas: areas
            .map(|(place, area)| v1::AreaRow { place: place.clone(), area: area.to_string() })
            .collect(),
        version: view.version,
    }
}

fn own_mailbox(view: &DirectoryView, own: &Mailbox) -> v1::Mailbox {
    let ids = |users: &[UserId]| users.iter().map(ToString::to_string).collect();
    let on_duty = view.duty.get(&own.id).map(|duty: &Duty| v1::OnDuty {
        now: ids(&duty.now),
        until: duty.until.map(render::timestamp),
        next: ids(&duty.next),
    });
    v1::Mailbox { on_duty, ..mailbox(own) }
}

fn mailbox(mailbox: &Mailbox) -> v1::Mailbox {
    v1::Mailbox {
        on_duty: None,
        mailbox: mailbox.id.to_string(),
        role: mailbox_role(mailbox.role).into(),
        duty_phone: mailbox.phone.clone(),
        fallback: mailbox.fallback.clone(),
        cover: cover(mailbox.cover).into(),
        rota: mailbox
            .rota
            .iter()
            .map(|slot| v1::RotaSlot {
                from: Some(render::timestamp(slot.from)),
                until: Some(render::timestamp(slot.until)),
                user_id: slot.user.to_string(),
                deputy: slot.deputy.as_ref().map(ToString::to_string).unwrap_or_default(),
            })
            .collect(),
    }
}

fn role_change(proposal: &RoleProposal) -> v1::RoleChange {
    v1::RoleChange {
        change_id: proposal.id.to_string(),
        agency: proposal.agency.to_string(),
        user_id: proposal.user.to_string(),
        roles: proposal.roles.iter().map(|role| role_code(*role)).collect(),
        proposed_by: proposal.proposed_by.to_string(),
        proposed_at: Some(render::timestamp(proposal.proposed_at)),
    }
}

fn change(change: Option<Change>) -> Result<DirectoryChange, Status> {
    let Some(change) = change else {
        return Err(status::of_field("change", "exactly one change"));
    };
    Ok(match change {
        Change::DutyPhone(set) => DirectoryChange::DutyPhone {
            mailbox: mailbox_id("change.duty_phone.mailbox", &set.mailbox)?,
            phone: set.phone,
        },
        Change::Fallback(set) => DirectoryChange::Fallback {
            mailbox: mailbox_id("change.fallback.mailbox", &set.mailbox)?,
            fallback: set.fallback,
        },
        Change::Rota(rota) => DirectoryChange::Rota {
            mailbox: mailbox_id("change.rota.mailbox", &rota.mailbox)?,
            slots: rota.slots.iter().map(slot).collect::<Result<_, _>>()?,
        },
        Change::Area(row) => DirectoryChange::Area {
            place: row.place,
            area: AgencyCode::try_from(row.area)
                .map_err(|_malformed| status::of_field("change.area.area", "an agency's code"))?,
        },
        Change::Cover(set) => DirectoryChange::Cover {
            mailbox: mailbox_id("change.cover.mailbox", &set.mailbox)?,
            cover: read_cover(set.cover())?,
        },
        Change::AddSystem(add) => DirectoryChange::AddSystem(system(&add.system)?),
        Change::RemoveSystem(end) => DirectoryChange::RemoveSystem(system(&end.system)?),
        Change::AddMailbox(new) => DirectoryChange::AddMailbox(partnership::mailbox_draft(&new)),
        Change::AddUser(add) => DirectoryChange::AddUser(user(&add.user_id)?),
        Change::DeactivateUser(end) => DirectoryChange::DeactivateUser(user(&end.user_id)?),
    })
}

fn slot(raw: &v1::RotaSlot) -> Result<RotaSlot, Status> {
    let instant = |at: Option<&prost_types::Timestamp>| {
        let at = at.ok_or_else(|| status::of_field("change.rota.slots", "from and until"))?;
        let seconds = at.seconds.saturating_mul(1_000);
        let millis = i64::from(at.nanos).checked_div(1_000_000).unwrap_or_default();
        Ok::<_, Status>(Timestamp::from_millis(seconds.saturating_add(millis)))
    };
    Ok(RotaSlot {
        from: instant(raw.from.as_ref())?,
        until: instant(raw.until.as_ref())?,
        user: user(&raw.user_id)?,
        deputy: (!raw.deputy.is_empty()).then(|| user(&raw.deputy)).transpose()?,
    })
}

fn mailbox_id(field: &str, raw: &str) -> Result<MailboxId, Status> {
    MailboxId::try_from(raw).map_err(|_malformed| status::of_field(field, "a mailbox of yours"))
}

fn user(raw: &str) -> Result<UserId, Status> {
    UserId::try_from(raw).map_err(|_malformed| status::of_field("user_id", "1-64 of [a-z0-9-]"))
}

fn system(raw: &str) -> Result<SystemName, Status> {
    SystemName::try_from(raw).map_err(|_malformed| status::of_field("system", "1-64 of [a-z0-9-]"))
}

fn roles(raw: &[i32]) -> Result<Vec<Role>, Status> {
    let read = |code: &i32| u32::try_from(*code).ok().and_then(Role::from_code);
    raw.iter()
        .map(|code| read(code).ok_or_else(|| status::of_field("roles", "roles of the contract")))
        .collect()
}

/// The contract numbers roles as the directory does.
pub(super) fn role_code(role: Role) -> i32 {
    i32::try_from(role.code()).unwrap_or_default()
}

pub(super) const fn agency_type(kind: AgencyType) -> v1::AgencyType {
    match kind {
        AgencyType::Public => v1::AgencyType::Public,
        AgencyType::Vcs => v1::AgencyType::Vcs,
        AgencyType::Independent => v1::AgencyType::Independent,
    }
}

pub(super) const fn mailbox_role(role: MailboxRole) -> v1::MailboxRole {
    match role {
        MailboxRole::Duty => v1::MailboxRole::Duty,
        MailboxRole::Manager => v1::MailboxRole::Manager,
        MailboxRole::Lead => v1::MailboxRole::Lead,
        MailboxRole::HeadOfService => v1::MailboxRole::HeadOfService,
        MailboxRole::Director => v1::MailboxRole::Director,
        MailboxRole::Deputy => v1::MailboxRole::Deputy,
    }
}

fn read_cover(cover: v1::Cover) -> Result<Cover, Status> {
    match cover {
        v1::Cover::AllHours => Ok(Cover::AllHours),
        v1::Cover::OfficeHours => Ok(Cover::OfficeHours),
        v1::Cover::SchoolDays => Ok(Cover::SchoolDays),
        v1::Cover::Unspecified => Err(status::of_field("change.cover.cover", "when it is staffed")),
    }
}

pub(super) const fn cover(cover: Cover) -> v1::Cover {
    match cover {
        Cover::AllHours => v1::Cover::AllHours,
        Cover::OfficeHours => v1::Cover::OfficeHours,
        Cover::SchoolDays => v1::Cover::SchoolDays,
    }
}
