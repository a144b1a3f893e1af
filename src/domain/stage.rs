//! How far a return home interview, a young person's way to the alcohol and drug service, early help, or a stay in a
//! place of safety has come (domain 3.5, 3.6, 3.9, 3.11). A transition consumes the stage and gives the next one, or
//! says why there is none. The missing episode has a type of its own: [`MissingEpisode`](super::MissingEpisode).
//!
//! What else the domain has in 3.8 to 3.13 has no stage here. A referral and its decision: see [`super::referral`]. A
//! disagreement, a recall, a delivery, a change of an agreement: each its own module. A MARAC hears a case as often as
//! it must, and a question may be answered in parts: the domain orders neither, so nothing of them is refused; what
//! each settles is its clock. A concern is told once; what becomes of it is its referral's.

use super::codes::code_list;
use super::submission::{FamilyHelpStatus, InterviewState, Offer, PathwayState};

code_list! {
    /// The stage that an alert brought its episode to; kept in its record in the clear: a code and nothing else.
    Stage {
        /// An interview was offered.
        InterviewOffered = 1 => "RHI_OFFERED",
        /// It was held.
        InterviewCompleted = 2 => "RHI_COMPLETED",
        /// The child, or a parent, said no.
        InterviewDeclined = 3 => "RHI_DECLINED",
        /// It could not be offered or held.
        InterviewNotPossible = 4 => "RHI_NOT_POSSIBLE",
        /// An appointment was offered.
        Offered = 11 => "OFFERED",
        /// None was offered.
        NotOffered = 12 => "NOT_OFFERED",
        /// The offer was accepted.
        Accepted = 13 => "ACCEPTED",
        /// The offer was refused.
        Refused = 14 => "REFUSED",
        /// An appointment is booked.
        AppointmentBooked = 15 => "APPOINTMENT_BOOKED",
        /// The first appointment was kept.
        AttendedFirst = 16 => "ATTENDED_FIRST",
        /// An appointment was not kept.
        DidNotAttend = 17 => "DNA",
        /// Engaged: a second contact, or a plan, in time.
        Engaged = 18 => "ENGAGED",
        /// The service has closed it.
        Closed = 19 => "CLOSED",
        /// Early help is registered and goes on.
        HelpOpen = 21 => "OPEN",
        /// Those who help ask the front door to take it on.
        HelpStepUp = 22 => "STEP_UP_REQUESTED",
        /// Ended: what was needed was done.
        HelpNeedsMet = 23 => "CLOSED_NEEDS_MET",
        /// Ended: the family wants it no more.
        HelpWithdrawn = 24 => "CLOSED_WITHDRAWN",
        /// Ended: the family has moved away.
        HelpMoved = 25 => "CLOSED_MOVED",
        /// A young person was brought to a place of safety.
        PlaceHeld = 31 => "IN_PLACE_OF_SAFETY",
        /// And has left it.
        PlaceLeft = 32 => "LEFT_PLACE_OF_SAFETY",
    }
}

/// What a stage is a stage of: one follows another on the same way only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// A return home interview (domain 3.5).
    Interview,
    /// To the alcohol and drug service (domain 3.6).
    Pathway,
    /// A stay in a place of safety (domain 3.9).
    PlaceOfSafety,
    /// Early help (domain 3.11).
    FamilyHelp,
}

/// Why a stage does not follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StageError {
    /// It is over: nothing follows.
    #[error("nothing follows the stage reached")]
    Over,
    /// The stage before it has not been told.
    #[error("the stage does not follow the one before it")]
    NotReached,
}

impl StageError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Over => "STAGE_OVER",
            Self::NotReached => "STAGE_NOT_REACHED",
        }
    }
}

impl Stage {
    /// What the stage is one of.
    #[must_use]
    pub const fn way(self) -> Way {
        match self {
            Self::InterviewOffered
            | Self::InterviewCompleted
            | Self::InterviewDeclined
            | Self::InterviewNotPossible => Way::Interview,
            Self::Offered
            | Self::NotOffered
            | Self::Accepted
            | Self::Refused
            | Self::AppointmentBooked
            | Self::AttendedFirst
            | Self::DidNotAttend
            | Self::Engaged
            | Self::Closed => Way::Pathway,
            Self::HelpOpen
            | Self::HelpStepUp
            | Self::HelpNeedsMet
            | Self::HelpWithdrawn
            | Self::HelpMoved => Way::FamilyHelp,
            Self::PlaceHeld | Self::PlaceLeft => Way::PlaceOfSafety,
        }
    }

    /// Goes on to `next`. The same stage again is news of it, not a step: another offer, another date.
    ///
    /// # Errors
    /// [`StageError`] when `next` does not follow.
    pub fn then(self, next: Self) -> Result<Self, StageError> {
        let follows: &[Self] = match self {
            Self::InterviewOffered => {
                &[Self::InterviewCompleted, Self::InterviewDeclined, Self::InterviewNotPossible]
            }
            // A parent's no does not close the duty, and a child may think again: it is offered again.
            Self::InterviewDeclined | Self::InterviewNotPossible => &[Self::InterviewOffered],
            Self::InterviewCompleted
            | Self::Closed
            | Self::HelpNeedsMet
            | Self::HelpWithdrawn
            | Self::HelpMoved
            | Self::PlaceLeft => &[],
            Self::NotOffered => &[Self::Offered, Self::Closed],
            Self::Offered => &[Self::Accepted, Self::Refused, Self::Closed],
            Self::Refused => &[Self::Offered, Self::Accepted, Self::Closed],
            Self::Accepted => &[Self::AppointmentBooked, Self::Refused, Self::Closed],
            Self::AppointmentBooked => {
                &[Self::AttendedFirst, Self::DidNotAttend, Self::Refused, Self::Closed]
            }
            Self::DidNotAttend => {
                &[Self::AppointmentBooked, Self::AttendedFirst, Self::Refused, Self::Closed]
            }
            Self::AttendedFirst => &[Self::Engaged, Self::Refused, Self::Closed],
            Self::Engaged => &[Self::Closed],
            Self::HelpOpen => {
                &[Self::HelpStepUp, Self::HelpNeedsMet, Self::HelpWithdrawn, Self::HelpMoved]
            }
            // Stepped down again, or not taken on: the help goes on.
            Self::HelpStepUp => {
                &[Self::HelpOpen, Self::HelpNeedsMet, Self::HelpWithdrawn, Self::HelpMoved]
            }
            Self::PlaceHeld => &[Self::PlaceLeft],
        };
        if follows.is_empty() {
            return Err(StageError::Over);
        }
        if self == next || follows.contains(&next) { Ok(next) } else { Err(StageError::NotReached) }
    }
}

impl From<InterviewState> for Stage {
    fn from(state: InterviewState) -> Self {
        match state {
            InterviewState::Offered => Self::InterviewOffered,
            InterviewState::Completed => Self::InterviewCompleted,
            InterviewState::Declined => Self::InterviewDeclined,
            InterviewState::NotPossible => Self::InterviewNotPossible,
        }
    }
}

impl From<PathwayState> for Stage {
    fn from(state: PathwayState) -> Self {
        match state {
            PathwayState::Offered => Self::Offered,
            PathwayState::NotOffered => Self::NotOffered,
            PathwayState::Accepted => Self::Accepted,
            PathwayState::Refused => Self::Refused,
            PathwayState::AppointmentBooked => Self::AppointmentBooked,
            PathwayState::AttendedFirst => Self::AttendedFirst,
            PathwayState::Dna => Self::DidNotAttend,
            PathwayState::Engaged => Self::Engaged,
            PathwayState::Closed => Self::Closed,
        }
    }
}

impl From<FamilyHelpStatus> for Stage {
    fn from(status: FamilyHelpStatus) -> Self {
        match status {
            FamilyHelpStatus::Open => Self::HelpOpen,
            FamilyHelpStatus::StepUpRequested => Self::HelpStepUp,
            FamilyHelpStatus::ClosedNeedsMet => Self::HelpNeedsMet,
            FamilyHelpStatus::ClosedWithdrawn => Self::HelpWithdrawn,
            FamilyHelpStatus::ClosedMoved => Self::HelpMoved,
        }
    }
}

impl From<Offer> for Stage {
    fn from(offer: Offer) -> Self {
        match offer {
            Offer::Accepted => Self::Accepted,
            Offer::Declined => Self::Refused,
            Offer::Undecided => Self::Offered,
            Offer::NotOffered => Self::NotOffered,
        }
    }
}

code_list! {
    /// What the hub tells the sender to do besides; kept in the record, so that the same key gets the same answer.
    Advice {
        /// A child told of harm: send a CONCERN at P2 (R07).
        SendConcern = 1 => "SEND_CONCERN",
        /// Who held the interview is not independent of the child's care (domain 3.5).
        InterviewerNotIndependent = 2 => "INTERVIEWER_NOT_INDEPENDENT",
        /// A parent refused the interview: the child is asked directly (domain 3.5).
        OfferToChildDirectly = 3 => "OFFER_TO_CHILD_DIRECTLY",
        /// The kind is never urgent: what is belongs in a CONCERN (domain 3.1a).
        UrgentInConcern = 4 => "URGENT_IN_CONCERN",
        /// A concern tells what MISSING_REPORTED has a form and clocks for (domain 3.12).
        SendMissingReport = 5 => "SEND_MISSING_REPORT",
        /// A concern tells what DV_NOTIFICATION has a form and clocks for (domain 3.12).
        SendDvNotification = 6 => "SEND_DV_NOTIFICATION",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every step there is, by hand (domain 3.5, 3.6, 3.9, 3.11); all others are refused.
    const STEPS: &str = "
        RHI_OFFERED        > RHI_OFFERED RHI_COMPLETED RHI_DECLINED RHI_NOT_POSSIBLE
        RHI_COMPLETED      >
        RHI_DECLINED       > RHI_OFFERED RHI_DECLINED
        RHI_NOT_POSSIBLE   > RHI_OFFERED RHI_NOT_POSSIBLE
        OFFERED            > OFFERED ACCEPTED REFUSED CLOSED
        NOT_OFFERED        > OFFERED NOT_OFFERED CLOSED
        ACCEPTED           > ACCEPTED REFUSED APPOINTMENT_BOOKED CLOSED
        REFUSED            > OFFERED ACCEPTED REFUSED CLOSED
        APPOINTMENT_BOOKED > REFUSED APPOINTMENT_BOOKED ATTENDED_FIRST DNA CLOSED
        ATTENDED_FIRST     > REFUSED ATTENDED_FIRST ENGAGED CLOSED
        DNA                > REFUSED APPOINTMENT_BOOKED ATTENDED_FIRST DNA CLOSED
        ENGAGED            > ENGAGED CLOSED
        CLOSED             >
        OPEN               > OPEN STEP_UP_REQUESTED CLOSED_NEEDS_MET CLOSED_WITHDRAWN CLOSED_MOVED
        STEP_UP_REQUESTED  > OPEN STEP_UP_REQUESTED CLOSED_NEEDS_MET CLOSED_WITHDRAWN CLOSED_MOVED
        CLOSED_NEEDS_MET   >
        CLOSED_WITHDRAWN   >
        CLOSED_MOVED       >
        IN_PLACE_OF_SAFETY > IN_PLACE_OF_SAFETY LEFT_PLACE_OF_SAFETY
        LEFT_PLACE_OF_SAFETY >";

    #[test]
    fn every_step_is_one_of_the_table_and_every_other_says_why_not() {
        let lines: Vec<&str> = STEPS.lines().filter(|line| !line.trim().is_empty()).collect();
        assert_eq!(lines.len(), Stage::ALL.len());
        for (line, from) in lines.into_iter().zip(Stage::ALL) {
            let (name, to) = line.split_once('>').unwrap();
            assert_eq!(name.trim(), from.as_str());
            let to: Vec<&str> = to.split_whitespace().collect();
            let reached: Vec<&str> = Stage::ALL
                .iter()
                .filter(|next| from.then(**next).is_ok())
                .map(|stage| stage.as_str())
                .collect();
            assert_eq!(reached, to, "{from}");
        }
        assert_eq!(Stage::Closed.then(Stage::Engaged), Err(StageError::Over));
        assert_eq!(Stage::Accepted.then(Stage::Engaged), Err(StageError::NotReached));
    }

    #[test]
    fn no_way_leads_to_another() {
        for (from, to) in
            Stage::ALL.iter().flat_map(|from| Stage::ALL.iter().map(move |to| (from, to)))
        {
            if from.then(*to).is_ok() {
                assert_eq!(from.way(), to.way(), "{from} > {to}");
            }
        }
        let is_interview = |stage: &&Stage| stage.way() == Way::Interview;
        for stage in Stage::ALL.iter().filter(is_interview) {
            assert!(stage.as_str().starts_with("RHI_"), "{stage}");
        }
    }
}
