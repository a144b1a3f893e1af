//! Decisions on referrals and feedback: what they must hold (domain 3.10, R51, R52).

use super::super::{partners, referral};
use super::Subject;
use super::findings::Findings;
use crate::domain::Letter;
use crate::domain::directory::Agency;
use crate::domain::referral::{ReferralError, ReferralOutcome, Stage};
use crate::domain::submission::{DecisionFacts, FeedbackFacts, Length, path};

const RATIONALE_MIN: Length = Length(50);
const FEEDBACK_MAX: Length = Length(500);

pub(super) fn check_decision(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.referral_decision() else { return };
    let at = path::DECISION;
    by_a_decision_maker(subject, findings);
    of_a_referral(subject, findings);
    findings.require(&facts.outcome, at, "decision");
    findings.require(&facts.became_referral, at, "became_referral");
    findings.require(&facts.decided_by, at, "decided_by");
    findings.require(&facts.decided_at, at, "decided_at");
    findings.require(&facts.rationale, at, "rationale");
    if facts.rationale.get().is_some_and(|text| *text < RATIONALE_MIN) {
        findings.wrong(format!("{at}.rationale"), "TOO_SHORT", "use at least 50 characters");
    }
    if facts.decided_at.get().is_some_and(|decided| *decided > subject.context.now) {
        let path = format!("{at}.decided_at");
        findings.wrong(path, "IN_FUTURE", "correct the clock or the time");
    }
    named_by_outcome(subject, facts, findings);
    releases(subject, facts, findings);
    let feedback = format!("{at}.feedback");
    words(&facts.feedback, &feedback, findings);
    let told = facts.feedback.outcome.known();
    if told.is_some() && told != facts.outcome.known() {
        let path = format!("{feedback}.decision");
        findings.wrong(path, "CONTRADICTION", "tell the referrer the decision that was made");
    }
}

pub(super) fn check_feedback(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.feedback() else { return };
    by_a_decision_maker(subject, findings);
    of_a_referral(subject, findings);
    words(facts, path::FEEDBACK, findings);
    let is_undecided = referral::decided_on(subject.context.episode)
        .any(|referred| referred.referral.is_none_or(|referral| referral.stage == Stage::Received));
    if is_undecided {
        let what = "send the decision first: there is nothing to tell the referrer yet";
        findings.wrong(
            format!("{}.episode_id", path::ENVELOPE),
            ReferralError::NotDecided.reason(),
            what,
        );
    }
}

/// A social work manager decides, with the own certificate; a system that names one decides nothing (domain 2.2).
fn by_a_decision_maker(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.context.decision_maker.is_none() {
        findings.hard(
            format!("{}.kind", path::ENVELOPE),
            "DECISION_MAKER_NEEDED",
            "a decision maker sends this with an own certificate",
        );
    }
}

fn of_a_referral(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.context.episode.is_empty() {
        findings.wrong(
            format!("{}.episode_id", path::ENVELOPE),
            "NO_REFERRAL",
            "name the episode, or the alert, that was decided on",
        );
    }
}

fn named_by_outcome(subject: &Subject<'_>, facts: &DecisionFacts, findings: &mut Findings) {
    let at = path::DECISION;
    if facts.outcome.is(ReferralOutcome::TransferOtherLa) {
        let what = "name the council that decides, for example LA-341";
        findings.require_since(&facts.transfer_to, at, "transfer_to", what);
    }
    if let Some(council) = facts.transfer_to.get() {
        let known = subject.context.directory.agencies.get(council);
        if known.is_none_or(|agency: &Agency| agency.letter != Letter::X) {
            let what = "name a council of the partnership, for example LA-341";
            findings.wrong(format!("{at}.transfer_to"), "UNKNOWN_INBOX", what);
        }
    }
    if facts.outcome.is(ReferralOutcome::AlreadyOpen) {
        let what = "name the worker who has the child, by the id of the directory";
        findings.require_since(&facts.allocated_worker, at, "allocated_worker", what);
    }
}

fn releases(subject: &Subject<'_>, facts: &DecisionFacts, findings: &mut Findings) {
    for (index, release) in facts.releases.iter().enumerate() {
        let at = format!("{}.release_to[{index}]", path::DECISION);
        findings.require(&release.inbox, &at, "inbox");
        let Some(inbox) = release.inbox.get() else { continue };
        let directory = subject.context.directory;
        let is_own = inbox.agency_code() == subject.context.sender.code.as_str();
        let is_hub = inbox.agency_code() == partners::HUB_IG;
        if directory.mailbox(inbox).is_none() || is_own || is_hub {
            let what = "name an inbox of another agency of the partnership";
            findings.wrong(format!("{at}.inbox"), "UNKNOWN_INBOX", what);
        }
    }
}

fn words(facts: &FeedbackFacts, at: &str, findings: &mut Findings) {
    findings.require(&facts.outcome, at, "decision");
    findings.require(&facts.text, at, "text");
    findings.require(&facts.contact, at, "contact");
    if facts.text.get().is_some_and(|text| *text > FEEDBACK_MAX) {
        findings.wrong(format!("{at}.text"), "TOO_LONG", "use at most 500 characters");
    }
}
