//! What became of an agreement after it was given (domain 6.6): a record of its own, never an edit of the old one.

use super::codes::code_list;
use super::delivery::Moment;
use super::id::{AgencyCode, IdempotencyKey, Position};
use super::submission::{ConsentGiver, ConsentState, Scope};
use super::time::Timestamp;

code_list! {
    /// The service an agreement is about, as records keep it.
    Service {
        /// The young people's alcohol and drug service.
        Response = 1 => "RESPONSE",
        /// Maternity.
        Maternity = 2 => "MATERNITY",
        /// The Family Safety Unit.
        FamilySafety = 3 => "FAMILY_SAFETY",
        /// Health visitors and school nurses.
        CommunityHealth = 4 => "COMMUNITY_HEALTH",
        /// Early help.
        EarlyHelp = 5 => "EARLY_HELP",
        /// Adult social care.
        AdultCare = 6 => "ADULT_CARE",
        /// Information between agencies.
        Information = 7 => "INFORMATION",
        /// The front door, where a parent agreed to it.
        FrontDoor = 8 => "FRONT_DOOR",
    }
}

impl Service {
    /// The scope that an alert's own records name it by; none for the front door, of which a field of its own tells.
    #[must_use]
    pub const fn scope(self) -> Option<Scope> {
        Some(match self {
            Self::Response => Scope::Response,
            Self::Maternity => Scope::Maternity,
            Self::FamilySafety => Scope::FamilySafety,
            Self::CommunityHealth => Scope::CommunityHealth,
            Self::EarlyHelp => Scope::EarlyHelp,
            Self::AdultCare => Scope::AdultCare,
            Self::Information => Scope::Information,
            Self::FrontDoor => return None,
        })
    }
}

code_list! {
    /// Whether a word counts (domain 6.3).
    Standing {
        /// It does, as far as the giver's age and competence let it.
        Counts = 1 => "COUNTS",
        /// A person of concern's, an alleged perpetrator's or a restricted person's: it has no effect, and nobody tells them.
        Barred = 2 => "BARRED",
    }
}

/// One change of an agreement. Codes and times: who the person is stays with the agency that was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsentChanged {
    /// The key of whoever entered it.
    pub key: IdempotencyKey,
    /// About which service.
    pub service: Service,
    /// With which agencies it is about, ascending; empty: with all.
    pub agencies: Vec<AgencyCode>,
    /// Whose word it is.
    pub giver: ConsentGiver,
    /// What is said now.
    pub state: ConsentState,
    /// Whether the word counts.
    pub standing: Standing,
    /// When the person told anyone at the sender.
    pub effective_at: Timestamp,
    /// When it was entered, and by whom.
    pub entered: Moment,
    /// The deliveries of this alert that it ends, by their numbers: from `effective_at` on, not before.
    pub ends: Vec<u32>,
}

impl ConsentChanged {
    /// Whether its word counts at `now` for the agreement to this service with this agency.
    #[must_use]
    pub fn concerns(&self, scope: Scope, agency: &AgencyCode, now: Timestamp) -> bool {
        self.standing == Standing::Counts
            && self.effective_at <= now
            && self.service.scope() == Some(scope)
            && self.is_with(agency.as_str())
    }

    /// Whether it is about sharing with this agency.
    #[must_use]
    pub fn is_with(&self, agency: &str) -> bool {
        self.agencies.is_empty() || self.agencies.iter().any(|code| code.as_str() == agency)
    }

    /// Whether it ends an agreement.
    #[must_use]
    pub const fn ends_agreement(&self) -> bool {
        match self.state {
            ConsentState::Refused | ConsentState::Withdrawn => true,
            ConsentState::Given => false,
        }
    }

    /// Replaces [`Position::THIS`] by the position of the commit that carries the record.
    pub(super) fn settle(&mut self, own: Position) {
        self.entered.position = self.entered.position.or_own(own);
    }
}
