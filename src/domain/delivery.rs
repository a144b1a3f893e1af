//! One delivery and its life: queued, delivered, confirmed, opened, acknowledged (domain 5.1).
//!
//! A transition consumes the delivery and gives the next one or says why not. Handed out (DELIVERED) is not
//! stored by the partner (CONFIRMED), stored is not seen by a person (OPENED), seen is not taken
//! (ACKNOWLEDGED). Only a named person of the recipient agency stops the ladder.

use super::alert::{BodyRef, Priority};
use super::codes::code_list;
use super::deadline::{Deadline, DeadlineTag};
use super::id::{MailboxId, Position, UserId};
use super::letter::{Letter, View};
use super::rule::Rule;
use super::time::Timestamp;

code_list! {
    /// Why a delivery exists.
    Purpose {
        /// The alert itself, to a recipient with the obligation.
        Alert = 1 => "ALERT",
        /// A copy for the front door while the out-of-hours team acts (domain 5.1 swap).
        OutOfHoursCopy = 2 => "OUT_OF_HOURS_COPY",
        /// First level of the ladder: the recipient's duty manager.
        Level1 = 11 => "L1",
        /// Second level: the recipient's safeguarding lead.
        Level2 = 12 => "L2",
        /// Third level: the front door's or out-of-hours team's duty manager.
        Level3 = 13 => "L3",
        /// Fourth level: senior on call.
        Level4 = 14 => "L4",
        /// A task that a timer raised (warning, review, chase).
        Task = 20 => "TASK",
        /// The tombstone of a delivery that was recalled after it was handed out: no copy, no content.
        Recall = 30 => "RECALL",
    }
}

impl Purpose {
    /// The rung of the ladder this delivery is, 1–4, or none.
    #[must_use]
    pub const fn level(self) -> Option<u8> {
        match self {
            Self::Level1 => Some(1),
            Self::Level2 => Some(2),
            Self::Level3 => Some(3),
            Self::Level4 => Some(4),
            Self::Alert | Self::OutOfHoursCopy | Self::Task | Self::Recall => None,
        }
    }
}

/// Who did something, when, and in which commit it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Hub time.
    pub at: Timestamp,
    /// The person, where one acted.
    pub by: Option<UserId>,
    /// The commit. [`Position::THIS`] in a record means the commit it is part of.
    pub position: Position,
}

code_list! {
    /// How a person answered (domain 3.13).
    AckOutcome {
        /// Taken.
        Accepted = 1 => "ACCEPTED",
        /// Taken and passed on within the agency.
        Forwarded = 2 => "FORWARDED",
        /// Taken and done: the note says what came of it.
        Closed = 3 => "CLOSED",
    }
}

code_list! {
    /// Why a person declined (a reason is always needed, domain 5.2).
    DeclineReason {
        /// Not this agency's matter.
        NotOurs = 1 => "NOT_OURS",
        /// Nobody can act in time.
        NoCapacity = 2 => "NO_CAPACITY",
        /// The person knows somebody concerned.
        ConflictOfInterest = 3 => "CONFLICT_OF_INTEREST",
        /// Something else, told in the text.
        Other = 4 => "OTHER",
    }
}

/// Where a delivery stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeliveryState {
    /// Committed to the inbox; not yet handed out.
    Queued,
    /// Handed out at least once under its sequence number.
    Delivered,
    /// Nothing more to do: the recipient's copy was purged, or it was cancelled before hand-out.
    Ended(EndReason),
}

code_list! {
    /// Why a delivery ended without an answer.
    EndReason {
        /// Look-out purged after the child was found.
        LookoutPurged = 1 => "LOOKOUT_PURGED",
        /// Cancelled before hand-out; the recipient never learns.
        Cancelled = 2 => "CANCELLED",
        /// Recalled by the sender.
        Recalled = 3 => "RECALLED",
        /// The agreement it rested on was ended after it was handed out.
        Withdrawn = 4 => "WITHDRAWN",
    }
}

/// The next rung of the ladder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rung {
    /// The level that will be called, 1–4.
    pub level: u8,
    /// When, in hub time.
    pub at: Timestamp,
}

/// One alert on its way to one mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Its number within the alert, from 0.
    pub number: u32,
    /// Where it waits.
    pub mailbox: MailboxId,
    /// The letter its copy is cut by.
    pub letter: Letter,
    /// The view its copy is cut by.
    pub view: View,
    /// Why it exists.
    pub purpose: Purpose,
    /// For a rung of the ladder: the delivery that nobody answered. For a tombstone: the delivery that was recalled.
    pub of: Option<u32>,
    /// The setting an Encompass notice is about, as `school_urn` has it (URN, `EHE`, `NOT_IN_EDUCATION`),
    /// where anybody knows it.
    pub setting: Option<String>,
    /// Its priority.
    pub priority: Priority,
    /// The routing rules that caused it.
    pub routes: Vec<Rule>,
    /// The sharing row that let it through.
    pub row: Rule,
    /// When it was committed into the mailbox; acknowledgement clocks run from here.
    pub queued_at: Timestamp,
    /// When a person must have acknowledged; none at P5 and for schools outside Encompass.
    pub due: Option<Deadline>,
    /// The next rung if nobody answers; none when the ladder is stopped or has ended.
    pub rung: Option<Rung>,
    /// Where it stands.
    pub state: DeliveryState,
    /// The number given in the hand-out commit: contiguous from 1 for the mailbox. None before.
    pub sequence: Option<u64>,
    /// When it could not be delivered: every certificate known of the recipient had been revoked. Says nothing any more
    /// once it was handed out.
    pub failed: Option<Moment>,
    /// First hand-out.
    pub delivered: Option<Moment>,
    /// The partner system has stored it.
    pub confirmed: Option<Moment>,
    /// A named person saw it.
    pub opened: Option<Moment>,
    /// A named person took it.
    pub acknowledged: Option<(Moment, AckOutcome)>,
    /// A named person declined it; the ladder goes on at once.
    pub declined: Option<(Moment, DeclineReason)>,
    /// A named person said what came of it. Only of what was taken.
    pub closed: Option<Moment>,
    /// Who holds it since it was handed over at the end of a turn on duty; none: who took it, if anybody.
    pub held_by: Option<UserId>,
    /// What the person who took it wrote, sealed; seen by the recipient agency only.
    pub note: Option<BodyRef>,
    /// What the person who declined wrote, sealed; seen by the recipient agency only.
    pub decline_text: Option<BodyRef>,
    /// What came of it, sealed; seen by the recipient agency only. None where the note of the taking says so.
    pub closing_note: Option<BodyRef>,
}

/// Why a transition is not possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TransitionError {
    /// The delivery has not been handed out.
    #[error("the delivery has not been handed out")]
    NotHandedOut,
    /// The delivery has ended.
    #[error("the delivery has ended")]
    Ended,
    /// Another person has taken it.
    #[error("another person has acknowledged the delivery")]
    TakenByAnother,
    /// Another person has declined it.
    #[error("another person has declined the delivery")]
    DeclinedByAnother,
    /// Nobody has taken it, so nothing can have come of it.
    #[error("nobody has acknowledged the delivery")]
    NotTaken,
    /// Another person has said what came of it.
    #[error("another person has closed the delivery")]
    ClosedByAnother,
}

impl TransitionError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotHandedOut => "NOT_HANDED_OUT",
            Self::Ended => "DELIVERY_ENDED",
            Self::TakenByAnother => "TAKEN_BY_ANOTHER",
            Self::DeclinedByAnother => "DECLINED_BY_ANOTHER",
            Self::NotTaken => "NOT_TAKEN",
            Self::ClosedByAnother => "CLOSED_BY_ANOTHER",
        }
    }
}

impl Delivery {
    /// Hands the delivery out under `sequence`. Handing out again keeps the first number and moment.
    ///
    /// # Errors
    /// When the delivery has ended.
    pub fn hand_out(mut self, sequence: u64, at: Timestamp) -> Result<Self, TransitionError> {
        match self.state {
            DeliveryState::Ended(_) => Err(TransitionError::Ended),
            DeliveryState::Delivered => Ok(self),
            DeliveryState::Queued => {
                self.state = DeliveryState::Delivered;
                self.sequence = Some(sequence);
                self.delivered = Some(Moment { at, by: None, position: Position::THIS });
                Ok(self)
            }
        }
    }

    /// The partner system has stored the copy. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the delivery was never handed out, or has ended unconfirmed.
    pub fn confirm(mut self, at: Timestamp) -> Result<Self, TransitionError> {
        self.must_be_handed_out()?;
        self.confirmed.get_or_insert(Moment { at, by: None, position: Position::THIS });
        Ok(self)
    }

    /// A named person saw the copy. The first time counts. Also after a recall: a partner's system holds a copy until
    /// the tombstone reaches it, and who has seen what must be known.
    ///
    /// # Errors
    /// When the delivery was never handed out, or has ended otherwise.
    pub fn open(mut self, by: UserId, at: Timestamp) -> Result<Self, TransitionError> {
        if !matches!(self.state, DeliveryState::Ended(EndReason::Recalled | EndReason::Withdrawn)) {
            self.must_be_handed_out()?;
        }
        self.opened.get_or_insert(Moment { at, by: Some(by), position: Position::THIS });
        Ok(self)
    }

    /// A named person takes the delivery; the ladder stops.
    ///
    /// The reply may have been lost, so a second acknowledgement by the same person changes nothing.
    ///
    /// # Errors
    /// When never handed out, ended, or taken by another person.
    pub fn acknowledge(
        mut self,
        by: UserId,
        outcome: AckOutcome,
        at: Timestamp,
    ) -> Result<Self, TransitionError> {
        self.must_be_handed_out()?;
        if let Some((taken, _)) = &self.acknowledged {
            return match &taken.by {
                Some(first) if *first != by => Err(TransitionError::TakenByAnother),
                Some(_) | None => Ok(self),
            };
        }
        let moment = Moment { at, by: Some(by), position: Position::THIS };
        self.closed = (outcome == AckOutcome::Closed).then(|| moment.clone());
        self.acknowledged = Some((moment, outcome));
        self.rung = None;
        Ok(self)
    }

    /// A named person says what came of a delivery that was taken; it need not be the person who took it, who may have
    /// gone off duty. The first word counts.
    ///
    /// # Errors
    /// When never handed out, ended, not taken, or closed by another person.
    pub fn close(mut self, by: UserId, at: Timestamp) -> Result<Self, TransitionError> {
        self.must_be_handed_out()?;
        if self.acknowledged.is_none() {
            return Err(TransitionError::NotTaken);
        }
        if let Some(closed) = &self.closed {
            return match &closed.by {
                Some(first) if *first != by => Err(TransitionError::ClosedByAnother),
                Some(_) | None => Ok(self),
            };
        }
        self.closed = Some(Moment { at, by: Some(by), position: Position::THIS });
        Ok(self)
    }

    /// A named person declines; the first rung is called at once, or stays if it already was.
    ///
    /// # Errors
    /// When never handed out, ended, already taken, or declined by another person.
    pub fn decline(
        mut self,
        by: UserId,
        reason: DeclineReason,
        at: Timestamp,
    ) -> Result<Self, TransitionError> {
        self.must_be_handed_out()?;
        if self.acknowledged.is_some() {
            return Err(TransitionError::TakenByAnother);
        }
        if let Some((declined, _)) = &self.declined {
            return match &declined.by {
                Some(first) if *first != by => Err(TransitionError::DeclinedByAnother),
                Some(_) | None => Ok(self),
            };
        }
        let moment = Moment { at, by: Some(by), position: Position::THIS };
        self.declined = Some((moment, reason));
        if let Some(rung) = &mut self.rung {
            rung.at = if rung.level == 1 { at } else { rung.at };
        }
        Ok(self)
    }

    /// Hands the delivery over to whoever is on duty next.
    ///
    /// # Errors
    /// When never handed out, or ended.
    pub fn hand_over(mut self, to: UserId) -> Result<Self, TransitionError> {
        self.must_be_handed_out()?;
        self.held_by = Some(to);
        Ok(self)
    }

    /// Ends the delivery; a delivery already ended keeps its first reason.
    #[must_use]
    pub fn end(mut self, reason: EndReason) -> Self {
        if !matches!(self.state, DeliveryState::Ended(_)) {
            self.state = DeliveryState::Ended(reason);
            self.rung = None;
        }
        self
    }

    /// When the next rung of the ladder is due; none while nothing is pending.
    #[must_use]
    pub fn next_rung_at(&self) -> Option<Timestamp> {
        self.rung.map(|rung| rung.at)
    }

    /// Whether a named person has taken it.
    #[must_use]
    pub const fn is_acknowledged(&self) -> bool {
        self.acknowledged.is_some()
    }

    /// On whose authority its deadline stands, in words (domain 0.1): beside our reading of a statutory time the limit
    /// that the statute sets. None without a deadline.
    #[must_use]
    pub fn due_label(&self) -> Option<String> {
        let label = self.due?.tag.label();
        let is_encompass = self.routes.contains(&Rule::R24);
        Some(match self.due?.tag {
            DeadlineTag::StatReading if is_encompass => {
                format!("{label}; statutory limit: before the start of that school day")
            }
            DeadlineTag::StatReading
            | DeadlineTag::Law
            | DeadlineTag::Stat
            | DeadlineTag::Guid
            | DeadlineTag::Local
            | DeadlineTag::Practice
            | DeadlineTag::Default
            | DeadlineTag::Verify => label.to_owned(),
        })
    }

    /// The field's word for where it stands.
    #[must_use]
    pub const fn stage(&self) -> &'static str {
        match &self.state {
            DeliveryState::Ended(reason) => reason.as_str(),
            DeliveryState::Queued => "QUEUED",
            DeliveryState::Delivered if self.acknowledged.is_some() => "ACKNOWLEDGED",
            DeliveryState::Delivered if self.declined.is_some() => "DECLINED",
            DeliveryState::Delivered if self.opened.is_some() => "OPENED",
            DeliveryState::Delivered if self.confirmed.is_some() => "CONFIRMED",
            DeliveryState::Delivered => "DELIVERED",
        }
    }

    /// Replaces every [`Position::THIS`] by the position of the commit that carries the record.
    #[must_use]
    pub fn settled_at(mut self, own: Position) -> Self {
        let settle = |moment: &mut Moment| moment.position = moment.position.or_own(own);
        for moment in [&mut self.delivered, &mut self.confirmed, &mut self.opened, &mut self.closed]
        {
            moment.iter_mut().for_each(settle);
        }
        self.acknowledged.iter_mut().for_each(|(moment, _)| settle(moment));
        self.declined.iter_mut().for_each(|(moment, _)| settle(moment));
        [&mut self.note, &mut self.decline_text, &mut self.closing_note]
            .into_iter()
            .flatten()
            .for_each(|words| words.settle(own));
        self
    }

    fn must_be_handed_out(&self) -> Result<(), TransitionError> {
        match self.state {
            DeliveryState::Queued => Err(TransitionError::NotHandedOut),
            DeliveryState::Ended(_) => Err(TransitionError::Ended),
            DeliveryState::Delivered => Ok(()),
        }
    }
}
