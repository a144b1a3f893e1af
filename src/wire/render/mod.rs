//! From the words of the field to the contract's messages.
//!
//! Code lists have the same numbers on both sides (tests hold them), so a code is rendered as its number.
//! Nothing here decides what may be shown: copies come cut, status lines come named.

mod answer;
mod chronology;
mod copy;
mod disagreement;
mod indicators;
mod receipt;

#[cfg(test)]
mod tests;

use prost_types::Timestamp as WireTimestamp;

pub use answer::answers;
pub use chronology::{chronology_line, older_line};
pub use copy::{CopyParts, alert_copy};
pub use disagreement::{called, disagreement};
pub use indicators::indicator_figure;
pub use receipt::receipt;

use super::v1;
use super::words::what_to_do;
use crate::domain::alert::{AlertStatus, Gap};
use crate::domain::delivery::{DeliveryState, EndReason, Purpose};
use crate::domain::{
    AlertId, AlertKind, AlertRecord, Delivery, DeliveryId, Priority, Timestamp, View,
};
use crate::policy::sender_view::{self, DutyContact, Notice, VisibleDelivery, VisibleRecall};
use crate::policy::{escalation, recall};
use crate::record::Receipt;

/// An instant.
#[must_use]
pub fn timestamp(at: Timestamp) -> WireTimestamp {
    let millis = at.as_millis();
    let nanos = millis.rem_euclid(1_000).saturating_mul(1_000_000);
    WireTimestamp {
        seconds: millis.div_euclid(1_000),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}

/// The contract's number of a code: the same as the domain's.
pub(super) fn code(number: u32) -> i32 {
    i32::try_from(number).unwrap_or_default()
}

/// The contract's number of a priority.
#[must_use]
pub fn code_of_priority(priority: Priority) -> i32 {
    code(priority.code())
}

/// The contract's word for a view.
#[must_use]
pub const fn copy_view(view: View) -> v1::CopyView {
    match view {
        View::Standard => v1::CopyView::Standard,
        View::Lookout => v1::CopyView::Lookout,
        View::Cancelled => v1::CopyView::Cancelled,
        View::Info => v1::CopyView::Info,
        View::SafeTask => v1::CopyView::SafeTask,
        View::Ladder => v1::CopyView::Ladder,
        View::Pathway => v1::CopyView::Pathway,
        View::Feedback => v1::CopyView::Feedback,
    }
}

/// The kind as a reader of this view may know it: a SAFE task says neither kind nor content (domain 3.1).
#[must_use]
pub fn kind_in(view: View, kind: AlertKind) -> v1::AlertKind {
    if view == View::SafeTask {
        return v1::AlertKind::Unspecified;
    }
    // What the hub makes of a decision for the referrer is feedback.
    if view == View::Feedback {
        return v1::AlertKind::Feedback;
    }
    // The numbers of the contract are the domain's, which a test holds.
    v1::AlertKind::try_from(code(kind.code())).unwrap_or_default()
}

/// Where a delivery stands.
#[must_use]
pub const fn delivery_state(delivery: &Delivery) -> v1::DeliveryState {
    match &delivery.state {
        DeliveryState::Ended(_) => v1::DeliveryState::Ended,
        DeliveryState::Queued => v1::DeliveryState::Queued,
        DeliveryState::Delivered if delivery.acknowledged.is_some() => {
            v1::DeliveryState::Acknowledged
        }
        DeliveryState::Delivered if delivery.declined.is_some() => v1::DeliveryState::Declined,
        DeliveryState::Delivered if delivery.opened.is_some() => v1::DeliveryState::Opened,
        DeliveryState::Delivered if delivery.confirmed.is_some() => v1::DeliveryState::Confirmed,
        DeliveryState::Delivered => v1::DeliveryState::Delivered,
    }
}

/// A delivery in a list: no content.
#[must_use]
pub fn delivery_summary(
    alert: &AlertRecord,
    delivery: &Delivery,
    now: Timestamp,
) -> v1::DeliverySummary {
    let taken_by = delivery.acknowledged.as_ref().and_then(|(moment, _)| moment.by.as_ref());
    let recalled = delivery.of.filter(|_| delivery.purpose == Purpose::Recall);
    let is_past = delivery.due.is_some_and(|due| due.at <= now) && recalled.is_none();
    let is_taken = delivery.is_acknowledged() || escalation::is_answered(alert, delivery.number);
    v1::DeliverySummary {
        delivery_id: format!("{}.{}", alert.id, delivery.number),
        sequence: delivery.sequence.unwrap_or_default(),
        alert_id: alert.id.to_string(),
        kind: kind_in(delivery.view, alert.kind).into(),
        view: copy_view(delivery.view).into(),
        priority: code(delivery.priority.code()),
        state: delivery_state(delivery).into(),
        queued_at: Some(timestamp(delivery.queued_at)),
        due_at: delivery.due.map(|due| timestamp(due.at)),
        overdue: is_past && !is_taken && !matches!(delivery.state, DeliveryState::Ended(_)),
        exercise: alert.exercise,
        acknowledged_by: taken_by.map(ToString::to_string).unwrap_or_default(),
        escalation_level: delivery.purpose.level().map_or(0, u32::from),
        unreadable: false,
        due_tag: due_tag(delivery),
        due_label: delivery.due_label().unwrap_or_default(),
        closed: delivery.closed.is_some(),
        held_by: delivery.held_by.as_ref().map(ToString::to_string).unwrap_or_default(),
        recall_of: recalled.map(|of| format!("{}.{of}", alert.id)).unwrap_or_default(),
        recall_to_confirm: alert
            .after
            .recall_of(delivery.number)
            .is_some_and(crate::domain::Recalled::is_open),
    }
}

/// The contract's number of the authority of a delivery's deadline.
fn due_tag(delivery: &Delivery) -> i32 {
    delivery.due.map_or(0, |due| code(due.tag.code()))
}

/// A delivery in a list whose record cannot be read now: that it is there, and nothing else.
#[must_use]
pub fn unreadable_summary(id: DeliveryId, sequence: u64) -> v1::DeliverySummary {
    v1::DeliverySummary {
        delivery_id: id.to_string(),
        sequence,
        alert_id: id.alert.to_string(),
        unreadable: true,
        ..v1::DeliverySummary::default()
    }
}

/// An alert in its sender's list.
#[must_use]
pub fn alert_summary(alert: &AlertRecord) -> v1::AlertSummary {
    let open_gaps = sender_view::open_gaps(alert).len();
    v1::AlertSummary {
        alert_id: alert.id.to_string(),
        episode_id: alert.episode.to_string(),
        kind: code(alert.kind.code()),
        priority: code(alert.priority.code()),
        received_at: Some(timestamp(alert.received_at)),
        acceptance: acceptance(alert).into(),
        open_gaps: u32::try_from(open_gaps).unwrap_or(u32::MAX),
        state: sender_view::least_advanced(alert)
            .as_ref()
            .map_or(v1::DeliveryState::Unspecified, delivery_state)
            .into(),
        exercise: alert.exercise,
        supersedes_alert_id: named(alert.after.supersedes),
        superseded_by_alert_id: named(alert.after.superseded_by),
        recalled: recall::is_recalled(alert),
    }
}

fn named(alert: Option<AlertId>) -> String {
    alert.map(|alert| alert.to_string()).unwrap_or_default()
}

/// Whether the alert was whole, or has been completed since.
#[must_use]
pub const fn acceptance(alert: &AlertRecord) -> v1::Acceptance {
    match alert.status {
        AlertStatus::Accepted | AlertStatus::Completed => v1::Acceptance::Accepted,
        AlertStatus::AcceptedIncomplete => v1::Acceptance::AcceptedIncomplete,
    }
}

/// A gap, with what to do about it.
#[must_use]
pub fn gap(gap: &Gap) -> v1::Gap {
    v1::Gap {
        path: gap.path.clone(),
        rule: gap.rule.to_string(),
        reason: gap.reason.clone(),
        what_to_do: what_to_do(&gap.path, &gap.reason).to_owned(),
    }
}

/// What the sender still owes.
#[must_use]
pub fn open_gaps(alert: &AlertRecord) -> Vec<v1::Gap> {
    sender_view::open_gaps(alert).iter().map(gap).collect()
}

/// Something the sender must know.
#[must_use]
pub fn notice(notice: &Notice) -> v1::Notice {
    v1::Notice { code: code(notice.code.code()), text: notice.text.clone() }
}

/// Whom to phone.
#[must_use]
pub fn duty_contact(contact: &DutyContact) -> v1::DutyContact {
    v1::DutyContact { name: contact.name.clone(), phone: contact.phone.clone() }
}

/// A delivery as its sender may see it.
#[must_use]
pub fn visible_delivery(seen: &VisibleDelivery, receipts: &[Receipt]) -> v1::VisibleDelivery {
    v1::VisibleDelivery {
        name: seen.name.clone(),
        state: delivery_state(&seen.delivery).into(),
        priority: code(seen.delivery.priority.code()),
        due_at: seen.delivery.due.map(|due| timestamp(due.at)),
        overdue: seen.overdue,
        failed: seen.failed,
        phone: seen.phone.clone(),
        receipts: receipts.iter().map(receipt).collect(),
        due_tag: due_tag(&seen.delivery),
        due_label: seen.delivery.due_label().unwrap_or_default(),
    }
}

/// What became of a recall at one recipient.
#[must_use]
pub fn recalled_recipient(seen: &VisibleRecall) -> v1::RecalledRecipient {
    v1::RecalledRecipient {
        name: seen.name.clone(),
        stage: code(seen.stage.code()),
        confirmed_at: seen.confirmed.map(timestamp),
        phone: seen.phone.clone(),
    }
}

/// Why a partner drops its copy. What was cancelled before the hand-out has no copy.
#[must_use]
pub const fn tombstone_reason(reason: EndReason) -> v1::TombstoneReason {
    match reason {
        EndReason::LookoutPurged => v1::TombstoneReason::LookoutPurged,
        EndReason::Withdrawn => v1::TombstoneReason::ConsentWithdrawn,
        EndReason::Recalled | EndReason::Cancelled => v1::TombstoneReason::Recalled,
    }
}
