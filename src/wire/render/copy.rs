//! One recipient's copy.
//!
//! The body comes cut. What stands beside it is cut here: a closed view is a complete list (domain 3.1), so
//! nothing beside its body may say what the body does not.

use prost::Message as _;

use super::{code, copy_view, gap, kind_in, timestamp, v1};
use crate::domain::{AlertId, AlertRecord, Delivery, View};
use crate::policy::views::{Cut, VIEW_VERSION, may_see, padding_len};

/// What a copy is rendered from; already cut.
#[derive(Clone, Copy, Debug)]
pub struct CopyParts<'a> {
    /// The alert's record.
    pub alert: &'a AlertRecord,
    /// The delivery.
    pub delivery: &'a Delivery,
    /// What the view left of the body.
    pub cut: &'a Cut,
    /// The sender's duty phone.
    pub sender_phone: &'a str,
    /// Whether hub time is simulated.
    pub simulated: bool,
    /// The alert that this one completes or supersedes, where the reader had that one.
    pub replaces: Option<AlertId>,
    /// The alert that took the place of this one, where the reader gets that one.
    pub superseded_by: Option<AlertId>,
    /// The disagreement because of which the reader was called, as it is sent.
    pub disagreement: Option<&'a v1::CopyDisagreement>,
}

/// The copy as sent: padded to a whole number of 1 KiB blocks, so that its size says nothing of what was cut.
#[must_use]
pub fn alert_copy(parts: &CopyParts<'_>) -> v1::AlertCopy {
    let CopyParts { alert, delivery, cut, sender_phone, simulated, .. } = *parts;
    let beside = Beside::of(parts);
    let visible = |path: &str| may_see(alert.kind, delivery.letter, cut.view, path);
    let banner = |banner: &crate::policy::views::Banner| v1::Banner {
        code: code(banner.code.code()),
        text: banner.text.clone(),
    };
    let redaction = |redaction: &crate::policy::views::Redaction| v1::Redaction {
        path: redaction.path.clone(),
        reason: code(redaction.reason.code()),
    };
    let mut copy = v1::AlertCopy {
        delivery_id: format!("{}.{}", alert.id, delivery.number),
        sequence: delivery.sequence.unwrap_or_default(),
        alert_id: alert.id.to_string(),
        episode_id: beside.episode,
        kind: kind_in(cut.view, alert.kind).into(),
        view: copy_view(cut.view).into(),
        letter: delivery.letter.to_string(),
        priority: code(delivery.priority.code()),
        exercise: alert.exercise,
        due_at: delivery.due.map(|due| timestamp(due.at)),
        due_tag: delivery.due.map_or(0, |due| code(due.tag.code())),
        due_label: delivery.due_label().unwrap_or_default(),
        banners: cut.banners.iter().map(banner).collect(),
        gaps: alert.gaps.iter().filter(|gap| visible(&gap.path)).map(gap).collect(),
        // Cut by the hub from bytes it has parsed: it decodes.
        body: v1::Alert::decode(cut.body.as_slice()).ok(),
        redactions: cut.redactions.iter().map(redaction).collect(),
        sealed: cut.sealed.iter().map(|path| v1::SealedHandle { path: path.clone() }).collect(),
        view_version: VIEW_VERSION,
        simulated,
        sender_duty_phone: sender_phone.to_owned(),
        queued_at: Some(timestamp(delivery.queued_at)),
        other_children: cut.other_children,
        mailbox: beside.mailbox,
        replaces_alert_id: beside.replaces,
        superseded_by_alert_id: beside.superseded_by,
        disagreement: parts.disagreement.cloned(),
        late_minutes: late_minutes(delivery),
        changed_paths: alert.after.changed.iter().filter(|path| visible(path)).cloned().collect(),
        padding: Vec::new(),
    };
    copy.padding = vec![0; padding_len(copy.encoded_len())];
    copy
}

/// How long an urgent delivery waited for its first hand-out; others wait as their office hours are.
fn late_minutes(delivery: &Delivery) -> u32 {
    const MINUTE: i64 = 60_000;
    let waited = delivery.delivered.as_ref().filter(|_| delivery.priority.is_urgent());
    let waited = waited.map_or(0, |first| first.at.since(delivery.queued_at).as_millis());
    u32::try_from(waited.div_euclid(MINUTE)).unwrap_or(0)
}

/// References that stand beside the body.
struct Beside {
    episode: String,
    mailbox: String,
    replaces: String,
    superseded_by: String,
}

impl Beside {
    fn of(parts: &CopyParts<'_>) -> Self {
        let CopyParts { alert, delivery, cut, .. } = *parts;
        let named = |id: Option<AlertId>| id.map(|id| id.to_string()).unwrap_or_default();
        let bare = Self {
            episode: String::new(),
            mailbox: delivery.mailbox.to_string(),
            replaces: String::new(),
            superseded_by: String::new(),
        };
        let others = |bare: Self| Self {
            replaces: named(parts.replaces),
            superseded_by: named(parts.superseded_by),
            ..bare
        };
        match cut.view {
            // State and date of a pathway say nothing unless the hospital can tell of which of its attendances, and a
            // referrer knows by the episode which of its referrals it hears of.
            View::Standard | View::Pathway | View::Feedback => {
                Self { episode: alert.episode.to_string(), ..others(bare) }
            }
            View::Lookout | View::Cancelled | View::Info => others(bare),
            View::SafeTask => bare,
            // Whose mailbox is late, not the reader's own.
            View::Ladder => {
                let late = delivery.of.and_then(|number| alert.delivery(number));
                match late {
                    Some(late) => Self { mailbox: late.mailbox.to_string(), ..bare },
                    None => bare,
                }
            }
        }
    }
}
