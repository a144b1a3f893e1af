//! What became of an alert after it was sent: which one it takes the place of, which one took its own, what was
//! recalled, who does not agree (domain 3.13). Codes, paths and times; never a value.

use super::codes::code_list;
use super::consent::ConsentChanged;
use super::delivery::Moment;
use super::disagreement::Disagreement;
use super::id::{AlertId, EpisodeId, Position};

code_list! {
    /// Why a sender corrects its alert.
    CorrectionReason {
        /// Typed or chosen wrongly.
        EntryError = 1 => "ENTRY_ERROR",
        /// What the sender was told was wrong.
        SourceWrong = 2 => "SOURCE_WRONG",
        /// Who somebody is was wrong: a name, a date of birth, an NHS number.
        Identity = 3 => "IDENTITY",
        /// Something was left out.
        Omitted = 4 => "OMITTED",
    }
}

code_list! {
    /// Why a sender recalls its alert (domain 3.13).
    RecallReason {
        /// It is about the wrong person: data reached people without a basis.
        WrongPerson = 1 => "WRONG_PERSON",
        /// It went where it should not have gone.
        WrongRecipient = 2 => "WRONG_RECIPIENT",
        /// The sender takes it back.
        Withdrawn = 3 => "WITHDRAWN",
        /// Whoever had agreed does not any more: never a reason a sender gives, but what the hub keeps (domain 6.6).
        AgreementEnded = 4 => "AGREEMENT_ENDED",
    }
}

impl RecallReason {
    /// Whether it says that data was put before somebody without a basis (domain 7.6).
    #[must_use]
    pub const fn is_breach(self) -> bool {
        match self {
            Self::WrongPerson | Self::WrongRecipient => true,
            Self::Withdrawn | Self::AgreementEnded => false,
        }
    }
}

code_list! {
    /// How far a delivery had come when it was recalled. Orders from nothing seen to seen.
    RecallStage {
        /// Not handed out: cancelled, the recipient never learns.
        NotHandedOut = 1 => "NOT_HANDED_OUT",
        /// Handed out, and nobody is known to have seen it: the partner's system drops its copy.
        NotOpened = 2 => "NOT_OPENED",
        /// A person has seen it: the recipient is asked to stop, and must confirm.
        Opened = 3 => "OPENED",
    }
}

/// The recall of one delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recalled {
    /// The number of the delivery within the alert.
    pub delivery: u32,
    /// Why.
    pub reason: RecallReason,
    /// How far it had come; moves on where somebody turns out to have seen it.
    pub stage: RecallStage,
    /// When, and who recalled it.
    pub at: Moment,
    /// The number of the delivery that carries the tombstone; none where nothing was handed out.
    pub notice: Option<u32>,
    /// The recipient has confirmed that nothing more is done with it.
    pub confirmed: Option<Moment>,
}

impl Recalled {
    /// Whether somebody has seen it and the recipient has not confirmed yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.stage == RecallStage::Opened && self.confirmed.is_none()
    }
}

code_list! {
    /// How much an alert says about a person, as the front door weighs it (domain 3.12). Orders from little to much.
    Significance {
        /// For completeness.
        Low = 1 => "LOW",
        /// One of several that count together.
        Medium = 2 => "MEDIUM",
        /// By itself a reason to act, or to look again at what is known.
        High = 3 => "HIGH",
    }
}

/// How much an alert says about one of its persons.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weighed {
    /// The person: the place among those whom the alert mentions, from 0.
    pub person: u32,
    /// How much.
    pub significance: Significance,
    /// When, and who said so last; what was said before stands in the log.
    pub at: Moment,
}

/// What became of an alert after it was sent. Empty for most.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AfterSending {
    /// The alert of the same sender and episode that this one takes the place of.
    pub supersedes: Option<AlertId>,
    /// The alert that took the place of this one; of several the last.
    pub superseded_by: Option<AlertId>,
    /// The fields a correction changed, as paths of the contract without positions, ascending:
    /// `alert.envelope.subjects[].nhs_number`. Empty unless this alert is a correction.
    pub changed: Vec<String>,
    /// What was recalled, a delivery at most once.
    pub recalls: Vec<Recalled>,
    /// On a decision: which referrers do not agree with it, each once (R90).
    pub disagreements: Vec<Disagreement>,
    /// What was said of agreements since, in the order in which it was entered (domain 6.6).
    pub consents: Vec<ConsentChanged>,
    /// Alerts about the same event (domain 5.9).
    pub same_event: SameEvent,
    /// What it says about its persons, each at most once.
    pub weighed: Vec<Weighed>,
}

/// Which alerts tell of the same event as this one, and which a human has said do not (domain 5.9). Both are kept; the
/// later one is of the earlier one's episode.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SameEvent {
    /// The first alert that told of the event, to which this one was linked.
    pub earlier: Option<AlertId>,
    /// The later alerts that were linked to this one.
    pub later: Vec<AlertId>,
    /// The episode that a human has split this one from: never counted as one with it again.
    pub split_from: Option<EpisodeId>,
}

impl SameEvent {
    /// Whether another alert is linked to it, or it to another.
    #[must_use]
    pub const fn is_linked(&self) -> bool {
        self.earlier.is_some() || !self.later.is_empty()
    }
}

impl AfterSending {
    /// The recall of a delivery, where it was recalled.
    #[must_use]
    pub fn recall_of(&self, delivery: u32) -> Option<&Recalled> {
        self.recalls.iter().find(|recalled| recalled.delivery == delivery)
    }

    /// The disagreement of the referrer that sent this alert, if it raised one.
    #[must_use]
    pub fn disagreement_on(&self, referral: AlertId) -> Option<&Disagreement> {
        self.disagreements.iter().find(|disagreement| disagreement.referral == referral)
    }

    /// How much the alert says about a person, where the front door has said so.
    #[must_use]
    pub fn significance_of(&self, person: u32) -> Option<Significance> {
        self.weighed.iter().find(|it| it.person == person).map(|it| it.significance)
    }

    /// Says so, in place of what was said before.
    pub fn weigh(&mut self, weighed: Weighed) {
        self.weighed.retain(|it| it.person != weighed.person);
        self.weighed.push(weighed);
        self.weighed.sort_by_key(|it| it.person);
    }

    /// Replaces every [`Position::THIS`] by the position of the commit that carries the record.
    pub(super) fn settle(&mut self, own: Position) {
        let settle = |moment: &mut Moment| moment.position = moment.position.or_own(own);
        for recalled in &mut self.recalls {
            settle(&mut recalled.at);
            recalled.confirmed.iter_mut().for_each(settle);
        }
        self.consents.iter_mut().for_each(|change| change.settle(own));
        self.disagreements.iter_mut().for_each(|disagreement| disagreement.settle(own));
        self.weighed.iter_mut().for_each(|weighed| settle(&mut weighed.at));
    }
}
