//! Views: the copy of an alert that one recipient gets.
//!
//! Owns which field reaches which letter (domain 3.1-3.7): it works on the alert's bytes against the table
//! generated from the contract's field options, keeps what letter and class allow, and removes the rest. Deny
//! by default: an unknown field, an unlisted letter, a sealed value never reach a copy. Does not decide who is a
//! recipient (routing) nor whether anything may be shared at all (sharing).
//!
//! What a copy says about withheld fields depends on kind and letter alone, never on content: see [`Cut`].

mod age;
mod banners;
mod chronology;
mod facts;
mod hub_facts;
mod markers;
mod rules;
mod table;
mod tree;

use jiff::civil::Date;

use crate::domain::codes::code_list;
use crate::domain::{AlertKind, Letter, View};

pub use banners::asking_for_staff;
pub use chronology::occurred_at;
pub use hub_facts::{HubFacts, HubNote};
pub use markers::{may_see, names_a_field};

/// The version of these rules; recorded with every hand-out. One more with every change of who sees what.
pub const VIEW_VERSION: u32 = 1;

/// Copies are padded to a multiple of this many bytes, so that sealed content cannot be inferred from size.
pub const BLOCK_BYTES: usize = 1024;

/// The area code that stands where any subject has a safe address (domain 3.4).
pub const AREA_SEALED: &str = "AREA-SEALED";

code_list! {
    /// Why a field is withheld (domain 3.4); numbers as in the contract.
    RedactionReason {
        /// The recipient does not need it.
        MinNecessary = 1 => "MIN_NECESSARY",
        /// It is about somebody else.
        ThirdParty = 2 => "THIRD_PARTY",
        /// Sealed: a person with an own certificate may ask for it.
        Sealed = 3 => "SEALED",
    }
}

code_list! {
    /// An instruction every reader sees first (domain 3.3); numbers as in the contract.
    BannerCode {
        /// Somebody must not learn of this alert.
        DoNotTell = 1 => "DO_NOT_TELL",
        /// Speak to the child only.
        SpeakToChildOnly = 2 => "SPEAK_TO_CHILD_ONLY",
        /// Do not contact the home.
        DoNotContactHome = 3 => "DO_NOT_CONTACT_HOME",
        /// Do not use numbers already held.
        DoNotUseNumbersYouHold = 4 => "DO_NOT_USE_NUMBERS_YOU_HOLD",
        /// Contact through the sender only.
        ViaSenderOnly = 5 => "VIA_SENDER_ONLY",
        /// Keep out of the pupil record.
        RestrictedFile = 6 => "RESTRICTED_FILE",
        /// What to do if the missing child attends.
        Lookout = 7 => "LOOKOUT",
        /// The look-out or notice has ended.
        LookoutCancelled = 8 => "LOOKOUT_CANCELLED",
        /// It is not known whether the threat is immediate.
        ThreatUnknown = 9 => "THREAT_UNKNOWN",
        /// Tell the right area by phone or sealed transfer.
        SafeTask = 10 => "SAFE_TASK",
        /// What a referrer does who disagrees with the decision.
        Disagree = 12 => "DISAGREE",
        /// It is not clear which power was used.
        PowerUnclear = 15 => "POWER_UNCLEAR",
        /// The alleged perpetrator must never learn of the MARAC.
        PerpetratorMustNotKnow = 16 => "PERPETRATOR_MUST_NOT_KNOW",
        /// Whoever held the return home interview is not independent of the child's care.
        InterviewerNotIndependent = 30 => "INTERVIEWER_NOT_INDEPENDENT",
        /// A parent refused the return home interview: the child is asked directly.
        OfferToChildDirectly = 31 => "OFFER_TO_CHILD_DIRECTLY",
        /// A task: say who of the agency the person of concern is (domain 5.7, 0).
        NameStaffUser = 52 => "NAME_STAFF_USER",
    }
}

/// For whom a copy is cut.
///
/// Subjects are named by their position in `envelope.subjects`, from 0.
#[derive(Clone, Copy, Debug)]
pub struct CopyRequest<'a> {
    /// The alert's kind as the hub took it.
    pub kind: AlertKind,
    /// The letter of the delivery.
    pub letter: Letter,
    /// The view of the delivery. A narrower one is taken where the kind demands it: see [`Cut::view`].
    pub view: View,
    /// What the hub adds. What a sender put in its place is never used.
    pub hub_facts: Option<&'a HubFacts>,
    /// Letter E: the school's URN. Its own pupils are the children with this URN.
    pub school_urn: Option<&'a str>,
    /// Letter E: further own pupils: of whom CADT-EDU is told in the place of a school, and a victim under 18.
    pub pupils: &'a [usize],
    /// Letters L and X: the children this council is responsible for or who live in its area. Empty: the PRIMARY
    /// of a child kind, nobody in others.
    pub council_children: &'a [usize],
    /// The agency whose inbox it is: under letter K it sees its own actions, of what the front door hands on what is
    /// released to it.
    pub agency: Option<&'a str>,
    /// School-age children who live outside Wirral: letter N does not see the impact on them.
    pub living_outside: &'a [usize],
    /// Some words for a school name a person of the alert or a place (reason STOP_LIST, domain 3.3): no school gets
    /// any of them.
    pub school_words_name_somebody: bool,
    /// Subjects of the protected-subject register: treated as having a safe address.
    pub protected: &'a [usize],
    /// The local day on which the copy is handed out: ages are read again on it (domain 5.6). None: nobody grows up.
    pub on: Option<Date>,
}

impl CopyRequest<'_> {
    /// A request without hub facts, school, council or protected subjects.
    #[must_use]
    pub const fn new(kind: AlertKind, letter: Letter, view: View) -> Self {
        Self {
            kind,
            letter,
            view,
            hub_facts: None,
            school_urn: None,
            pupils: &[],
            council_children: &[],
            agency: None,
            living_outside: &[],
            school_words_name_somebody: false,
            protected: &[],
            on: None,
        }
    }
}

/// A field the letter may not see. The list is the same whether or not this alert holds the field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Redaction {
    /// Path in the alert; `[]` stands for every element: `envelope.subjects[].nhs_number`.
    pub path: String,
    /// Why.
    pub reason: RedactionReason,
}

/// An instruction with the words to show. The words may name a person where the view may.
#[derive(Clone, PartialEq, Eq)]
pub struct Banner {
    /// Which.
    pub code: BannerCode,
    /// What to show.
    pub text: String,
}

impl std::fmt::Debug for Banner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Banner({}, [redacted])", self.code)
    }
}

/// A copy as cut. `Debug` shows no content.
#[derive(Clone, PartialEq, Eq)]
pub struct Cut {
    /// The view it was cut by: LOOKOUT for H1 and INFO for A on a missing child, CANCELLED where the child has
    /// died and the letter may not know; else as requested.
    pub view: View,
    /// The encoded `Alert` for this recipient. Persons are renumbered 1, 2, ... in order of appearance.
    pub body: Vec<u8>,
    /// What the letter may not see of this kind. Empty in closed views, which are complete lists.
    pub redactions: Vec<Redaction>,
    /// Sealed fields the letter is entitled to, always present, filled or not. Empty in closed views.
    pub sealed: Vec<String>,
    /// The instructions.
    pub banners: Vec<Banner>,
    /// L and X: children of the alert that are counted, not shown.
    pub other_children: u32,
    /// Which subjects of the alert the copy shows: for each of the copy's its place in the alert, from 0.
    pub subjects: Vec<u32>,
}

impl std::fmt::Debug for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cut({}, {} bytes, [redacted])", self.view, self.body.len())
    }
}

/// Why no copy could be cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ViewError {
    /// The alert's bytes are not a message of the contract.
    #[error("the alert is not a message of the contract")]
    AlertMalformed,
}

/// Cuts the copy of `alert` (an encoded `Alert`, as received) for one recipient.
///
/// # Errors
/// [`ViewError`] if the bytes are not what they should be; nothing of them may then be handed out.
pub fn cut(alert: &[u8], request: &CopyRequest<'_>) -> Result<Cut, ViewError> {
    let tree = decode(alert, request.hub_facts)?;
    let facts = facts::Facts::gather(&tree, request);
    let view = facts.narrowest(request);
    let (body, other_children, shown) = rules::apply(&tree, &facts, request, view);
    let subjects = chronology::shown(&body, shown);
    let (redactions, sealed) = match view {
        View::Standard => markers::list(request.kind, request.letter),
        View::Lookout
        | View::Cancelled
        | View::Info
        | View::SafeTask
        | View::Ladder
        | View::Pathway
        | View::Feedback => (Vec::new(), Vec::new()),
    };
    let banners = banners::list(&facts, request, view);
    Ok(Cut { view, body: body.encode(), redactions, sealed, banners, other_children, subjects })
}

/// How long `AlertCopy.padding` must be so that a copy of `encoded_bytes` without it fills whole blocks.
#[must_use]
pub fn padding_len(encoded_bytes: usize) -> usize {
    // Tag of field 99 (2 bytes) and the length in front of the padding (1-3 bytes).
    const TAG_BYTES: usize = 2;
    if encoded_bytes.checked_rem(BLOCK_BYTES) == Some(0) {
        return 0;
    }
    let mut target = encoded_bytes.next_multiple_of(BLOCK_BYTES);
    loop {
        let fits = (1..=5).find_map(|prefix| {
            let length =
                target.checked_sub(encoded_bytes)?.checked_sub(TAG_BYTES)?.checked_sub(prefix)?;
            (length > 0 && tree::varint_len(length) == prefix).then_some(length)
        });
        match fits {
            Some(length) => return length,
            None => target = target.saturating_add(BLOCK_BYTES),
        }
    }
}

fn decode(alert: &[u8], hub_facts: Option<&HubFacts>) -> Result<tree::Node, ViewError> {
    use table::numbers::field::alert::HUB;

    let message = table::message_named("Alert").ok_or(ViewError::AlertMalformed)?;
    let mut tree =
        tree::Node::decode(message, alert).map_err(|tree::Malformed| ViewError::AlertMalformed)?;
    tree.items.retain(|item| item.field.number != HUB);
    if let (Some(field), Some(node)) = (message.field(HUB), hub_facts.and_then(HubFacts::node)) {
        tree.items.push(tree::Item { field, content: tree::Content::Node(node) });
    }
    Ok(tree)
}
