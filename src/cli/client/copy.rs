//! One copy as a person reads it: instructions first, then what it is and by when, then the alert, then what is
//! withheld.

use super::super::error::CliError;
use super::super::output::clean;
use super::super::{json, readable};
use super::words;
use crate::wire::v1;

/// The copy as lines.
pub(crate) fn text(copy: &v1::AlertCopy) -> Result<String, CliError> {
    let mut lines = marks(copy);
    lines.extend(copy.banners.iter().map(|banner| format!("!! {}", clean(&banner.text))));
    lines.push(title(copy));
    lines.extend(deadline(copy));
    lines.push(format!(
        "  delivery {}  (alert {})",
        clean(&copy.delivery_id),
        clean(&copy.alert_id)
    ));
    lines.push(format!(
        "  sequence {}, in the mailbox since {}, cut by view {} for letter {}",
        copy.sequence,
        words::time(copy.queued_at.as_ref()),
        view(copy.view()),
        clean(&copy.letter),
    ));
    if !copy.sender_duty_phone.is_empty() {
        lines.push(format!("  sender's duty phone {}", clean(&copy.sender_duty_phone)));
    }
    if copy.late_minutes > 0 {
        lines.push(format!("  {} min late: it could not be delivered before", copy.late_minutes));
    }
    if copy.view() == v1::CopyView::Ladder {
        lines.push(format!("  nobody has taken it at {}", clean(&copy.mailbox)));
    }
    if !copy.replaces_alert_id.is_empty() {
        lines.push(format!("  replaces alert {}", clean(&copy.replaces_alert_id)));
    }
    lines.extend(copy.disagreement.iter().flat_map(disagreement));
    if !copy.changed_paths.is_empty() {
        lines.push("  corrected:".to_owned());
        lines.extend(copy.changed_paths.iter().map(|path| format!("    {}", clean(path))));
    }
    if !copy.superseded_by_alert_id.is_empty() {
        let by = clean(&copy.superseded_by_alert_id);
        lines.push(format!("  SUPERSEDED by alert {by}: act on that one"));
    }
    if copy.other_children > 0 {
        lines.push(format!("  and {} other children, not shown to you", copy.other_children));
    }
    if !copy.gaps.is_empty() {
        lines.push("missing or unusable in what the sender gave:".to_owned());
        lines.extend(words::gaps(&copy.gaps));
    }
    if let Some(body) = &copy.body {
        lines.push("the alert:".to_owned());
        lines.extend(readable::lines(&json::dynamic("staysafe.v1.Alert", body)?, 1));
    }
    lines.extend(withheld(copy));
    Ok(lines.join("\n"))
}

/// Why the reader was called about a decision, and what the referrer said.
fn disagreement(called: &v1::CopyDisagreement) -> Vec<String> {
    let said = called.words.iter().map(|words| {
        let at = words::time(words.at.as_ref());
        format!("    stage {}, {at}: {}", words.stage, clean(&words.text))
    });
    let by = format!("  {} DISAGREES, stage {}:", clean(&called.referrer), called.stage);
    std::iter::once(by).chain(said).collect()
}

/// The kind, the priority and the sender in one line.
pub(crate) fn title(copy: &v1::AlertCopy) -> String {
    let sender = copy.body.as_ref().and_then(|body| body.envelope.as_ref());
    let sender = sender.map(|envelope| envelope.sender_agency.as_str()).unwrap_or_default();
    let from = if sender.is_empty() { String::new() } else { format!(" from {sender}") };
    clean(&format!("{} {}{from}", words::priority(copy.priority()), words::kind(copy.kind())))
}

fn marks(copy: &v1::AlertCopy) -> Vec<String> {
    let mut lines = Vec::new();
    if copy.simulated {
        lines.push("[SIMULATED hub time: not a real alert]".to_owned());
    }
    if copy.exercise {
        lines.push("[EXERCISE: not a real alert]".to_owned());
    }
    lines
}

fn deadline(copy: &v1::AlertCopy) -> Option<String> {
    let due = copy.due_at.as_ref()?;
    let label = match copy.due_label.as_str() {
        "" => words::short(copy.due_tag().as_str_name(), "DEADLINE_TAG_").to_owned(),
        label => clean(label),
    };
    Some(format!("  due {} ({label})", words::time(Some(due))))
}

fn withheld(copy: &v1::AlertCopy) -> Vec<String> {
    let mut lines = Vec::new();
    if !copy.redactions.is_empty() {
        lines.push("not for you, whether given or not:".to_owned());
    }
    for redaction in &copy.redactions {
        let reason = words::short(redaction.reason().as_str_name(), "REDACTION_REASON_").to_owned();
        lines.push(format!("  {} ({reason})", clean(&redaction.path)));
    }
    if !copy.sealed.is_empty() {
        lines.push(
            "sealed; a person with an own certificate may open it, and it may be empty:".to_owned(),
        );
    }
    lines.extend(copy.sealed.iter().map(|sealed| format!("  {}", clean(&sealed.path))));
    lines
}

/// Such as `LOOKOUT`.
pub(crate) fn view(code: v1::CopyView) -> &'static str {
    words::short(code.as_str_name(), "COPY_VIEW_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_out() -> v1::AlertCopy {
        let timestamp = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        v1::AlertCopy {
            delivery_id: "0199-1".to_owned(),
            sequence: 4,
            alert_id: "0199".to_owned(),
            kind: v1::AlertKind::MissingReported.into(),
            view: v1::CopyView::Lookout.into(),
            letter: "H1".to_owned(),
            priority: v1::Priority::P3.into(),
            due_at: timestamp(1_792_806_000),
            due_tag: v1::DeadlineTag::Default.into(),
            due_label: "local target".to_owned(),
            queued_at: timestamp(1_792_791_600),
            simulated: true,
            sender_duty_phone: "0151 496 0120".to_owned(),
            banners: vec![v1::Banner {
                code: v1::BannerCode::Lookout.into(),
                text: "If this child attends, keep the child in sight and phone the police."
                    .to_owned(),
            }],
            body: Some(v1::Alert {
                envelope: Some(v1::Envelope {
                    sender_agency: "MERPOL".to_owned(),
                    ..v1::Envelope::default()
                }),
                ..v1::Alert::default()
            }),
            redactions: vec![v1::Redaction {
                path: "missing.last_seen_place".to_owned(),
                reason: v1::RedactionReason::MinNecessary.into(),
            }],
            sealed: vec![v1::SealedHandle { path: "envelope.subjects[0].phones.SAFE".to_owned() }],
            ..v1::AlertCopy::default()
        }
    }

    #[test]
    fn a_copy_opens_with_its_instructions_and_ends_with_what_is_withheld() {
        insta::assert_snapshot!(text(&look_out()).unwrap(), @r"
        [SIMULATED hub time: not a real alert]
        !! If this child attends, keep the child in sight and phone the police.
        P3 MISSING_REPORTED from MERPOL
          due Sat 24 Oct 2026 02:40 BST (local target)
          delivery 0199-1  (alert 0199)
          sequence 4, in the mailbox since Fri 23 Oct 2026 22:40 BST, cut by view LOOKOUT for letter H1
          sender's duty phone 0151 496 0120
        the alert:
          envelope:
            sender_agency: MERPOL
        not for you, whether given or not:
          missing.last_seen_place (MIN_NECESSARY)
        sealed; a person with an own certificate may open it, and it may be empty:
          envelope.subjects[0].phones.SAFE
        ");
    }

    #[test]
    fn a_task_of_a_closed_view_names_no_kind_and_no_sender() {
        let task = v1::AlertCopy {
            view: v1::CopyView::SafeTask.into(),
            priority: v1::Priority::P2.into(),
            ..v1::AlertCopy::default()
        };

        assert_eq!(title(&task), "P2 TASK");
    }

    #[test]
    fn nothing_that_came_with_an_alert_can_steer_the_terminal() {
        let mut copy = look_out();
        copy.due_label = "\u{1b}[2J".to_owned();
        copy.banners[0].text = "\u{202e}".to_owned();
        copy.redactions[0].path = "\u{7}".to_owned();

        let shown = text(&copy).unwrap();

        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        assert!(!shown.contains('\u{202e}'));
    }
}
