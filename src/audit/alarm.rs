//! Alarms: somebody must act. Counted for those who watch, logged for those who look.

/// Counts and logs an alarm; `code` is a stable one of the operator's list.
pub fn raise_alarm(code: &'static str) {
    metrics::counter!("staysafe_alarms_total", "code" => code).increment(1);
    tracing::error!(code, "alarm");
}
