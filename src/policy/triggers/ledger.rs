//! What is known of one person or one pair: references, kinds and times, never who they are.

use crate::domain::submission::{AbuseType, MissingCategory};
use crate::domain::{AlertId, EpisodeId, Timestamp};

use super::Trigger;
use super::marac::MaracDates;

/// How an alert's person was joined to the person whose history this is (domain 4.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// EXACT, or confirmed by a human. Counts.
    Confirmed,
    /// Proposed as STRONG and not confirmed. May be a duplicate; never counts.
    Strong,
    /// A mere candidate. Never counts.
    Possible,
}

/// What became of a contact with the front door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contact {
    /// Not decided yet.
    Undecided,
    /// No referral was made of it.
    NoReferral,
    /// A manager accepted it as a referral (became_referral = true).
    Referral,
}

/// What happened, by kind family, with what the triggers ask of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A missing episode was reported.
    Missing {
        /// The effective category, after contradictions were resolved upward.
        category: MissingCategory,
        /// Whether it has not ended: a report after the end is a new episode however soon (domain 3.5).
        is_open: bool,
    },
    /// A young person attended because of alcohol.
    Attendance,
    /// Domestic abuse between the pair whose history this is.
    DomesticAbuse {
        /// The kinds of abuse that were reported.
        abuse: Vec<AbuseType>,
    },
    /// The front door was contacted: a contact, a referral or a concern, of any type.
    Contact(Contact),
}

/// One event as the trigger ledger keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// The alert that told of it.
    pub alert: AlertId,
    /// Its episode; the alerts of one episode count once (domain 5.9).
    pub episode: EpisodeId,
    /// When it began: last seen, attended, the incident, received by the front door.
    pub started: Timestamp,
    /// What happened.
    pub what: What,
    /// How sure it is that it is of this person or pair.
    pub link: Link,
}

/// What was told of a trigger, so that it is told once, and taken back when it was wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Which.
    pub trigger: Trigger,
    /// When.
    pub at: Timestamp,
    /// The highest count told since the threshold was last crossed.
    pub count: u32,
    /// The alerts that were counted, one of each episode, and for T2 and T4 the alert itself.
    pub from: Vec<AlertId>,
}

/// A trigger that counts otherwise than it was told: taken back where less is left, fired where nothing was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Changed {
    /// Which.
    pub trigger: Trigger,
    /// What had been told; 0 where it did not hold.
    pub told: u32,
    /// What is left of it; 0 where it holds no more.
    pub left: u32,
}

/// The events of one confirmed person, or of one confirmed pair, and what was told of them. Training is not in it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// In any order.
    pub events: Vec<Past>,
    /// What the MARAC register says of the pair.
    pub marac: MaracDates,
    /// What was told, at most one a trigger; the newest.
    pub told: Vec<Told>,
    /// Which alerts a human has split from which episodes: never of one event again.
    pub apart: Vec<(AlertId, EpisodeId)>,
}

impl History {
    /// Nothing is known.
    pub const EMPTY: Self = Self {
        events: Vec::new(),
        marac: MaracDates { last_referral: None, last_meeting: None },
        told: Vec::new(),
        apart: Vec::new(),
    };

    /// This history with a new event, in place of what the same alert said before.
    #[must_use]
    pub fn with(mut self, new: Past) -> Self {
        self.events.retain(|past| past.alert != new.alert);
        self.events.push(new);
        self
    }

    /// This history without an alert: recalled, corrected away or no longer linked.
    #[must_use]
    pub fn without(mut self, alert: AlertId) -> Self {
        self.events.retain(|past| past.alert != alert);
        self
    }

    /// What was told of a trigger.
    #[must_use]
    pub fn told_of(&self, trigger: Trigger) -> Option<&Told> {
        self.told.iter().find(|told| told.trigger == trigger)
    }

    /// This history with what was told of a trigger now, in place of what was told before.
    #[must_use]
    pub fn telling(mut self, told: Told) -> Self {
        self.told.retain(|earlier| earlier.trigger != told.trigger);
        self.told.push(told);
        self
    }
}
