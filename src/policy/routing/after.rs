//! What is told of an alert after it was sent and is no row of the matrix, in words for its reader: a recall (R57, see
//! [`crate::policy::recall`]) and a disagreement (R90, see [`crate::policy::disagreement`]).

use super::super::disagreement;
use super::{RecipientInWords, RowInWords};
use crate::domain::{Letter, Priority, Rule, View};

/// One rule in words.
pub(super) struct AfterSending {
    rule: Rule,
    when: &'static str,
    told: &'static [Told],
}

/// Whom it tells.
struct Told {
    to: &'static str,
    letters: &'static [Letter],
    priority: Priority,
    up_to: Option<Priority>,
    view: View,
    only: &'static str,
}

pub(super) const ROWS: &[AfterSending] = &[
    AfterSending {
        rule: Rule::R57,
        when: "Recall: WRONG_PERSON, WRONG_RECIPIENT, WITHDRAWN",
        told: &[
            Told {
                to: "each recipient it is recalled from, all or those the sender names: a tombstone, no content, also \
                     where its row would now withhold; P2 if the original was P1 or P2, else P3. Whoever saw it must \
                     confirm that nothing more is done with it, and is chased. Nobody learns why, nor who else had it",
                letters: Letter::ALL,
                priority: Priority::P3,
                up_to: Some(Priority::P2),
                view: View::Ladder,
                only: "handed out; what was not is cancelled, and its recipient never learns",
            },
            Told {
                to: "HUB-IG, a task without content",
                letters: &[Letter::G],
                priority: Priority::P3,
                up_to: None,
                view: View::Ladder,
                only: "WRONG_PERSON or WRONG_RECIPIENT, and content was handed out",
            },
        ],
    },
    AfterSending {
        rule: Rule::R90,
        when: "Disagree: a professional who was told of the decision on its referral, and does not agree",
        told: &[
            Told {
                to: "the duty manager of the front door that decided",
                letters: &[Letter::T],
                priority: disagreement::PRIORITY,
                up_to: None,
                view: View::Feedback,
                only: "stage 1; the text of the referrer with it, as at each stage",
            },
            Told {
                to: "the safeguarding leads of the front door and of the referrer",
                letters: &[Letter::T],
                priority: disagreement::PRIORITY,
                up_to: None,
                view: View::Feedback,
                only: "stage 2: unresolved after 1 working day, or as soon as the referrer asks",
            },
            Told {
                to: "SENIOR_ON_CALL (head of service)",
                letters: &[Letter::T],
                priority: disagreement::PRIORITY,
                up_to: None,
                view: View::Feedback,
                only: "stage 3: unresolved after 5 working days, or as soon as the referrer asks",
            },
        ],
    },
];

impl AfterSending {
    pub(super) fn in_words(&self) -> RowInWords {
        let recipients = self.told.iter().map(|told| RecipientInWords {
            to: told.to,
            letters: told.letters,
            priority: told.priority,
            up_to: told.up_to,
            view: told.view,
            only: told.only,
        });
        RowInWords { rule: self.rule, when: self.when, recipients: recipients.collect() }
    }
}
