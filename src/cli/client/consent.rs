//! `staysafe consent`: an agreement was refused, withdrawn, or given again.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::{self, Person};
use super::{recall, words};
use crate::wire::v1;

/// `consent`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "enters it")))]
pub(crate) struct ConsentArgs {
    /// An alert of yours, of the episode that it is about.
    #[arg(value_name = "ALERT")]
    alert: String,

    /// What is said now.
    #[arg(long, value_name = "STATE")]
    state: State,

    /// What the agreement is for.
    #[arg(long, value_name = "SERVICE")]
    service: Service,

    /// Whose word it is.
    #[arg(long, value_name = "GIVER")]
    giver: Giver,

    /// That person as the alert refers to them, where more than one could have said it.
    #[arg(long, default_value = "", value_name = "REF", hide_default_value = true)]
    giver_ref: String,

    /// When the person told anyone of yours, RFC 3339; it may lie ahead.
    #[arg(long, value_name = "INSTANT")]
    effective_at: jiff::Timestamp,

    /// With which agency; may be given several times. Without it, with all.
    #[arg(long = "with", value_name = "AGENCY")]
    agencies: Vec<String>,

    /// A key of your own: the same key with the same word is recorded once.
    #[arg(long, value_name = "KEY")]
    idempotency_key: String,

    #[command(flatten)]
    person: Person,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// What is said.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// Yes, again.
    Given,
    /// No.
    Refused,
    /// No longer.
    Withdrawn,
}

impl From<State> for v1::ConsentState {
    fn from(state: State) -> Self {
        match state {
            State::Given => Self::Given,
            State::Refused => Self::Refused,
            State::Withdrawn => Self::Withdrawn,
        }
    }
}

/// What an agreement is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Service {
    /// The young people's alcohol and drug service.
    Response,
    /// Maternity.
    Maternity,
    /// Support by the Family Safety Unit.
    FamilySafety,
    /// Health visitors and school nurses.
    CommunityHealth,
    /// Common assessment, team around the child.
    EarlyHelp,
    /// Adult social care.
    AdultCare,
    /// Information between agencies.
    Information,
    /// A contact with the front door.
    FrontDoor,
}

impl From<Service> for v1::ConsentService {
    fn from(service: Service) -> Self {
        match service {
            Service::Response => Self::Response,
            Service::Maternity => Self::Maternity,
            Service::FamilySafety => Self::FamilySafety,
            Service::CommunityHealth => Self::CommunityHealth,
            Service::EarlyHelp => Self::EarlyHelp,
            Service::AdultCare => Self::AdultCare,
            Service::Information => Self::Information,
            Service::FrontDoor => Self::FrontDoor,
        }
    }
}

/// Whose word it is.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Giver {
    /// A child under 16 recorded COMPETENT for it.
    ChildCompetent,
    /// A young person of 16 or 17.
    YoungPerson,
    /// A holder of parental responsibility.
    PrHolder,
    /// An adult for themselves.
    Adult,
}

impl From<Giver> for v1::ConsentGiver {
    fn from(giver: Giver) -> Self {
        match giver {
            Giver::ChildCompetent => Self::ChildCompetent,
            Giver::YoungPerson => Self::YoungPerson,
            Giver::PrHolder => Self::PrHolder,
            Giver::Adult => Self::Adult,
        }
    }
}

/// Runs `consent`.
pub(crate) async fn run(args: &ConsentArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let effective_at = prost_types::Timestamp {
        seconds: args.effective_at.as_second(),
        nanos: args.effective_at.subsec_nanosecond(),
    };
    let request = v1::ChangeConsentRequest {
        idempotency_key: args.idempotency_key.clone(),
        alert_id: args.alert.clone(),
        service: v1::ConsentService::from(args.service).into(),
        giver: v1::ConsentGiver::from(args.giver).into(),
        giver_ref: args.giver_ref.clone(),
        state: v1::ConsentState::from(args.state).into(),
        effective_at: Some(effective_at),
        agencies: args.agencies.clone(),
        user_id: args.person.user.clone(),
    };
    let answer = session.client.change_consent(request).await?;
    let at = words::time(answer.entered_at.as_ref());
    let mut lines = vec![clean(&format!("recorded {at}: alert {}", answer.alert_id))];
    lines.extend(recall::recipients(&answer.recipients));
    out.text(&lines.join("\n"))?;
    out.json(&json!({ "consent": json::of("staysafe.v1.ChangeConsentResponse", &answer)? }))?;
    session.finish()
}
