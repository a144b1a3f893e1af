//! The audit service: checkpoints and proofs for every witness, entries for a reviewer.

use tonic::{Request, Response, Status};

use super::{Edge, status};
use crate::audit::{AuditError, AuditedEntry};
use crate::domain::Event;
use crate::wire::v1::audit_service_server::AuditService;
use crate::wire::{render, v1};

/// Entries in one page, at most (the service cuts to it).
const PAGE_DEFAULT: u32 = 100;

#[tonic::async_trait]
impl AuditService for Edge {
    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let published = self.audit.checkpoint(&principal).map_err(|error| refused(&error))?;
        Ok(Response::new(v1::GetCheckpointResponse { checkpoint: published.note.clone() }))
    }

    async fn prove_inclusion(
        &self,
        request: Request<v1::ProveInclusionRequest>,
    ) -> Result<Response<v1::ProveInclusionResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.get_ref();
        let proof = self
            .audit
            .prove_inclusion(&principal, asked.entry_index, asked.tree_size)
            .map_err(|error| refused(&error))?;
        Ok(Response::new(v1::ProveInclusionResponse {
            entry_index: proof.index,
            tree_size: proof.size,
            leaf_hash: proof.leaf.as_bytes().to_vec(),
            path: proof.path.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
        }))
    }

    async fn prove_consistency(
        &self,
        request: Request<v1::ProveConsistencyRequest>,
    ) -> Result<Response<v1::ProveConsistencyResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.get_ref();
        let proof = self
            .audit
            .prove_consistency(&principal, asked.first_size, asked.second_size)
            .map_err(|error| refused(&error))?;
        Ok(Response::new(v1::ProveConsistencyResponse {
            first_size: proof.old,
            second_size: proof.new,
            path: proof.path.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
        }))
    }

    async fn list_entries(
        &self,
        request: Request<v1::ListEntriesRequest>,
    ) -> Result<Response<v1::ListEntriesResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.timed(async {
            let asked = request.get_ref();
            let size = if asked.page_size == 0 { PAGE_DEFAULT } else { asked.page_size };
            let limit = usize::try_from(size).unwrap_or(usize::MAX);
            let page = self.audit.entries(&principal, asked.from_index, limit).await;
            let page = page.map_err(|error| refused(&error))?;
            let about = |entry: &&AuditedEntry| {
                asked.alert_id.is_empty()
                    || entry.events.iter().any(|e| is_about(e, &asked.alert_id))
            };
            Ok(v1::ListEntriesResponse {
                entries: page.entries.iter().filter(about).map(entry).collect(),
                next_index: page.next.unwrap_or_default(),
            })
        })
        .await
    }
}

fn refused(error: &AuditError) -> Status {
    status::log(error.kind(), error.reason(), error);
    status::of(error.kind(), error.reason())
}

fn is_about(event: &Event, alert: &str) -> bool {
    event.alert.is_some_and(|about| about.to_string() == alert)
}

fn entry(entry: &AuditedEntry) -> v1::AuditEntry {
    let actor = &entry.actor;
    let who = match (&actor.user, &actor.system, actor.driver) {
        (Some(user), Some(system), _) => format!("{user} by {system}"),
        (Some(user), None, _) => user.to_string(),
        (None, Some(system), _) => system.to_string(),
        (None, None, Some(driver)) => driver.to_string(),
        (None, None, None) => String::new(),
    };
    v1::AuditEntry {
        index: entry.index,
        hub_time: Some(render::timestamp(entry.at)),
        leaf: entry.leaf.clone(),
        actor: who,
        actor_agency: actor.agency.as_ref().map(ToString::to_string).unwrap_or_default(),
        actor_how: actor.how.to_string(),
        actor_role: actor.role.map(|role| role.to_string()).unwrap_or_default(),
        events: entry.events.iter().map(event).collect(),
    }
}

fn event(event: &Event) -> v1::AuditEvent {
    let text = |id: Option<String>| id.unwrap_or_default();
    let delivery = match (event.alert, event.delivery) {
        (Some(alert), Some(number)) => format!("{alert}.{number}"),
        (Some(_) | None, _) => String::new(),
    };
    let redacted = event.fields_redacted.iter().map(|(path, _)| path);
    v1::AuditEvent {
        r#type: event.kind.to_string(),
        outcome: event.outcome.to_string(),
        alert_id: text(event.alert.map(|id| id.to_string())),
        episode_id: text(event.episode.map(|id| id.to_string())),
        delivery_id: delivery,
        recipient_agency: text(event.recipient.as_ref().map(ToString::to_string)),
        recipient_mailbox: text(event.mailbox.as_ref().map(ToString::to_string)),
        rule_ids: event.rules.iter().map(ToString::to_string).collect(),
        paths: event.fields_refused.iter().chain(redacted).cloned().collect(),
        reason: event.reason.clone().unwrap_or_default(),
    }
}
