//! The hub service: who the hub is, what time it has, what it accepts.

use tonic::{Request, Response, Status};

use super::Edge;
use crate::domain::Principal;
use crate::mailbox;
use crate::wire::v1::hub_service_server::HubService;
use crate::wire::{render, v1};

/// What hello says besides the time.
#[derive(Clone, Debug)]
pub struct HubFacts {
    /// The origin of checkpoints; says SIMULATED where hub time is.
    pub checkpoint_origin: String,
    /// The C2SP verifier key of checkpoints and receipts.
    pub verifier_key: String,
}

#[tonic::async_trait]
impl HubService for Edge {
    async fn hello(
        &self,
        request: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let (agency, peer) = names(&principal);
        Ok(Response::new(v1::HelloResponse {
            hub_time: Some(render::timestamp(self.env.now())),
            hub_version: env!("CARGO_PKG_VERSION").to_owned(),
            contract_versions: vec!["1.0".to_owned()],
            limits: Some(v1::Limits {
                message_bytes_max: u32::try_from(self.limits.message_bytes_max).unwrap_or(u32::MAX),
                free_text_characters_max: 4_000,
                confirm_sequences_max: u32::try_from(mailbox::CONFIRM_MAX).unwrap_or(u32::MAX),
                page_size_max: u32::try_from(mailbox::PAGE_MAX).unwrap_or(u32::MAX),
                call_deadline_seconds: u32::try_from(self.limits.unary_timeout.as_secs())
                    .unwrap_or(u32::MAX),
            }),
            simulated: self.env.clock.is_simulated(),
            checkpoint_origin: self.facts.checkpoint_origin.clone(),
            verifier_key: self.facts.verifier_key.clone(),
            agency,
            peer,
        }))
    }
}

fn names(principal: &Principal) -> (String, String) {
    match principal {
        Principal::System { agency, system, .. } => {
            (agency.to_string(), format!("system/{system}"))
        }
        Principal::User { agency, person, .. } => {
            (agency.to_string(), format!("user/{}", person.user))
        }
        Principal::Hub(_) => (String::new(), String::new()),
    }
}
