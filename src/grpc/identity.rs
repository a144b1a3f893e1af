//! The identity service: the stewards' queue, links by hand, the register.

use tonic::{Request, Response, Status};

use super::{Edge, status};
use crate::domain::AlertId;
use crate::domain::identity::{Flag, Link, LinkState, MentionedPerson, StewardBasis};
use crate::identity::{Asked, Between, Claim, Entry, Hand, Mention, Person, Registered, Task};
use crate::wire::v1::identity_service_server::IdentityService;
use crate::wire::{render, v1};

#[tonic::async_trait]
impl IdentityService for Edge {
    async fn list_match_tasks(
        &self,
        request: Request<v1::ListMatchTasksRequest>,
    ) -> Result<Response<v1::ListMatchTasksResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let after = super::mailbox::page_start(&asked.page_token)?;
            let limit = if asked.page_size == 0 { 20 } else { asked.page_size };
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let page = self.identity.tasks(&principal, (after, limit)).await?;
            Ok(v1::ListMatchTasksResponse {
                tasks: page.tasks.iter().map(task).collect(),
                next_page_token: page.next.map(|next| next.to_string()).unwrap_or_default(),
            })
        })
        .await
    }

    async fn link_subjects(
        &self,
        request: Request<v1::LinkSubjectsRequest>,
    ) -> Result<Response<v1::LinkSubjectsResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let asked = decision(Hand::Link, (asked.one, asked.other), asked.basis)?;
            let state = link_state(self.identity.decide(&principal, &asked).await?).into();
            Ok(v1::LinkSubjectsResponse { state })
        })
        .await
    }

    async fn unlink_subjects(
        &self,
        request: Request<v1::UnlinkSubjectsRequest>,
    ) -> Result<Response<v1::UnlinkSubjectsResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let asked = decision(Hand::Unlink, (asked.one, asked.other), asked.basis)?;
            let state = link_state(self.identity.decide(&principal, &asked).await?).into();
            Ok(v1::UnlinkSubjectsResponse { state })
        })
        .await
    }

    async fn reject_match(
        &self,
        request: Request<v1::RejectMatchRequest>,
    ) -> Result<Response<v1::RejectMatchResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let asked = decision(Hand::Reject, (asked.one, asked.other), asked.basis)?;
            let state = link_state(self.identity.decide(&principal, &asked).await?).into();
            Ok(v1::RejectMatchResponse { state })
        })
        .await
    }

    async fn flag_subject(
        &self,
        request: Request<v1::FlagSubjectRequest>,
    ) -> Result<Response<v1::FlagSubjectResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let flag = u32::try_from(asked.flag).ok().and_then(Flag::from_code);
            let asked = Registered {
                flag: flag.ok_or_else(|| status::of_field("flag", "SAFE or PROTECTED"))?,
                entry: if asked.lift { Entry::Lifted } else { Entry::Set },
                mention: mention("subject", asked.subject)?,
            };
            self.identity.flag(&principal, &asked).await?;
            Ok(v1::FlagSubjectResponse {})
        })
        .await
    }

    async fn split_duplicate(
        &self,
        request: Request<v1::SplitDuplicateRequest>,
    ) -> Result<Response<v1::SplitDuplicateResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        let asked = request.into_inner();
        self.timed(async {
            let alert = AlertId::try_from(asked.alert_id.as_str());
            let alert = alert.map_err(|_id| status::of_field("alert_id", "an alert's id"))?;
            let episode = self.identity.split(&principal, alert).await?;
            Ok(v1::SplitDuplicateResponse { episode_id: episode.to_string() })
        })
        .await
    }
}

fn decision(
    hand: Hand,
    (one, other): (Option<v1::SubjectMention>, Option<v1::SubjectMention>),
    basis: i32,
) -> Result<Asked, Status> {
    let between = Between { one: mention("one", one)?, other: mention("other", other)? };
    let basis = u32::try_from(basis).ok().and_then(StewardBasis::from_code);
    let basis = basis.ok_or_else(|| status::of_field("basis", "on what you decide"))?;
    Ok(Asked { between, hand, basis })
}

fn mention(field: &str, raw: Option<v1::SubjectMention>) -> Result<Mention, Status> {
    let malformed = || status::of_field(field, "an alert's id and the place of its person");
    let raw = raw.ok_or_else(malformed)?;
    let alert = AlertId::try_from(raw.alert_id.as_str()).map_err(|_malformed| malformed())?;
    Ok(Mention { alert, person: raw.person })
}

fn task(task: &Task) -> v1::MatchTask {
    let Task { alert, delivery, claims } = task;
    let id = crate::domain::DeliveryId { alert: alert.id, number: delivery.number };
    v1::MatchTask {
        alert_id: alert.id.to_string(),
        delivery_id: id.to_string(),
        priority: render::code_of_priority(delivery.priority),
        due_at: delivery.due.map(|due| render::timestamp(due.at)),
        sender_agency: alert.sender.to_string(),
        received_at: Some(render::timestamp(alert.received_at)),
        claims: claims.iter().map(|claim| self::claim(alert.id, claim)).collect(),
    }
}

fn claim(alert: AlertId, claim: &Claim) -> v1::MatchClaim {
    let Claim { link, own, other } = claim;
    let mention =
        |alert: AlertId, person| v1::SubjectMention { alert_id: alert.to_string(), person };
    v1::MatchClaim {
        own_mention: Some(mention(alert, link.mention)),
        own: shown(own),
        other_mention: Some(mention(link.other, link.other_mention)),
        other: shown(other),
        rule: link.rule.as_str().to_owned(),
        // The numbers of the contract are the domain's, which a test holds.
        class: i32::try_from(link.class.code()).unwrap_or_default(),
        evidence: link.evidence.iter().map(|evidence| evidence.as_str().to_owned()).collect(),
        points: link.evidence.iter().map(|evidence| evidence.points()).sum(),
        state: link_state(link.state).into(),
        by: link.by.as_ref().map(ToString::to_string).unwrap_or_default(),
        at: Some(render::timestamp(link.at)),
        own_mother: mother(link, own),
        other_mother: mother(link, other),
    }
}

fn shown(who: &Person) -> Option<v1::MatchedPerson> {
    match who {
        Person::Known(who) => Some(person(who)),
        Person::Gone => None,
    }
}

/// A child's mother, where the claim rests on her.
fn mother(link: &Link, child: &Person) -> Option<v1::MatchedPerson> {
    match child {
        Person::Known(child) if link.is_by_mother() => child.mother.as_deref().map(person),
        Person::Known(_) | Person::Gone => None,
    }
}

fn person(person: &MentionedPerson) -> v1::MatchedPerson {
    let who = &person.identity;
    let text = |text: Option<&crate::domain::Redacted<String>>| {
        text.map(|text| text.expose().clone()).unwrap_or_default()
    };
    let born = person.born.map(|born| born.expose().to_string());
    let dob = born.or_else(|| person.born_in.map(|year| year.expose().to_string()));
    v1::MatchedPerson {
        nhs_number: text(who.nhs_number.as_ref()),
        nhs_number_verified: person.nhs_verified,
        family_name: text(who.family.as_ref()),
        given_name: text(who.given.as_ref()),
        also_known_as: who.aliases.iter().map(|alias| alias.expose().clone()).collect(),
        dob: dob.unwrap_or_default(),
        sex: who.sex.and_then(|sex| i32::try_from(sex).ok()).unwrap_or_default(),
        unborn: person.expected.is_some(),
    }
}

const fn link_state(state: LinkState) -> v1::LinkState {
    match state {
        LinkState::Automatic => v1::LinkState::Linked,
        LinkState::Proposed => v1::LinkState::Proposed,
        LinkState::Candidate => v1::LinkState::Candidate,
        LinkState::Conflict => v1::LinkState::Conflict,
        LinkState::Confirmed => v1::LinkState::Confirmed,
        LinkState::Rejected => v1::LinkState::Rejected,
        LinkState::Unlinked => v1::LinkState::Unlinked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::MatchClass;

    #[test]
    fn the_numbers_and_words_of_the_contract_are_the_domains() {
        for class in MatchClass::ALL {
            let code = i32::try_from(class.code()).unwrap();
            let name = v1::MatchClass::try_from(code).unwrap().as_str_name();
            assert_eq!(name, format!("MATCH_CLASS_{class}"));
        }
        for state in LinkState::ALL {
            assert_eq!(link_state(*state).as_str_name(), format!("LINK_STATE_{state}"));
        }
        for basis in StewardBasis::ALL {
            let code = i32::try_from(basis.code()).unwrap();
            let name = v1::StewardBasis::try_from(code).unwrap().as_str_name();
            assert_eq!(name, format!("STEWARD_BASIS_{basis}"));
        }
        for flag in Flag::ALL {
            let code = i32::try_from(flag.code()).unwrap();
            let name = v1::SubjectFlag::try_from(code).unwrap().as_str_name();
            assert_eq!(name, format!("SUBJECT_FLAG_{flag}"));
        }
    }

    #[test]
    fn a_decision_without_two_mentions_and_a_basis_is_refused_by_its_field() {
        let id = "0192f0c1-0000-7000-8000-000000000000".to_owned();
        let whole = Some(v1::SubjectMention { alert_id: id, person: 0 });
        let basis = v1::StewardBasis::SenderSaid.into();

        assert!(decision(Hand::Link, (whole.clone(), whole.clone()), basis).is_ok());
        for (one, other, basis) in
            [(None, whole.clone(), basis), (whole.clone(), None, basis), (whole.clone(), whole, 0)]
        {
            let refused = decision(Hand::Link, (one, other), basis).unwrap_err();
            assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        }
    }

    #[test]
    fn who_is_gone_is_shown_as_nobody_and_a_person_is_never_printed() {
        assert_eq!(shown(&Person::Gone), None);

        let shown = v1::MatchedPerson { family_name: "Simulacre".into(), ..Default::default() };
        assert!(!format!("{shown:?}").contains("Simulacre"));
    }
}
