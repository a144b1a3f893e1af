//! A fault that lasts is told once.
//!
//! Owns the memory of a driver's last outcome. Decides what of the next one is news; raises nothing itself.

/// How a driver's last run ended.
#[derive(Debug, Default)]
pub(super) struct Fault(Option<&'static str>);

/// What is to be told after a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// Nothing has changed.
    None,
    /// It fails, for a reason of which nobody was told: an alarm.
    Fails,
    /// It works again.
    Recovered,
}

impl Fault {
    /// Notes how a run ended: the stable reason where it failed.
    pub(super) fn note(&mut self, failed: Option<&'static str>) -> News {
        let before = std::mem::replace(&mut self.0, failed);
        match (before, failed) {
            (before, Some(now)) if before != Some(now) => News::Fails,
            (Some(_), None) => News::Recovered,
            (Some(_), Some(_)) | (None, _) => News::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_when_it_begins_when_it_changes_and_when_it_is_over_and_not_in_between() {
        let mut fault = Fault::default();
        let runs = [
            (None, News::None),
            (Some("AUDIT_IO"), News::Fails),
            (Some("AUDIT_IO"), News::None),
            (Some("AUDIT_IO"), News::None),
            (Some("AUDIT_BROKEN"), News::Fails),
            (Some("AUDIT_BROKEN"), News::None),
            (None, News::Recovered),
            (None, News::None),
            (Some("AUDIT_BROKEN"), News::Fails),
        ];

        for (run, (failed, news)) in runs.into_iter().enumerate() {
            assert_eq!(fault.note(failed), news, "run {run}: {failed:?}");
        }
    }
}
