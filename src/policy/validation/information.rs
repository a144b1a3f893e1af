//! Questions between agencies, their answers, and the records that go to nobody (domain 3.13, 6.2).

use super::super::{Context, partners};
use super::assess::{Assessed, Assessment, at_row};
use super::findings::Findings;
use super::{Reading, Subject};
use crate::domain::alert::TimerKind;
use crate::domain::directory::{Agency, AgencyType};
use crate::domain::submission::{
    AnswerOutcome, Bool3, Code, Given, InformationResponseFacts, LegalRoute, Length, Need,
    RequestRating, Submission, path,
};
use crate::domain::{AgencyCode, AlertId, AlertKind, AlertRecord, Letter, Priority, Span};

const WHY_NOT_MIN: Length = Length(20);

/// A decision not to share is looked at again within a year `[DEFAULT]`.
const REVIEW_WITHIN: Span = Span::days(366);

/// Which row of the matrix a question or an answer is in (domain 6.5a, row r).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InformationRow {
    /// By statute: D2.
    Statute,
    /// Harm is suspected, or nobody knows: D3.
    Harm,
    /// By agreement: D13.
    Agreement,
}

/// A question is P3 (R55); an answer P3 where it was asked RED or AMBER, else P4 (R56); a record that goes to nobody P5.
pub(super) fn assess(submission: &Submission, reading: &Reading<'_>) -> Assessed {
    if submission.kind.is_kept_only() {
        return at_row(submission, Assessment::Kept, Priority::P5);
    }
    let priority = match submission.information_response() {
        Some(facts) => answer_priority(facts, reading),
        None => Priority::P3,
    };
    let (route, harm) = route(submission);
    at_row(submission, Assessment::Information(row(route, harm)), priority)
}

fn answer_priority(facts: &InformationResponseFacts, reading: &Reading<'_>) -> Priority {
    let asked = facts.request.get().and_then(|request| {
        reading.episode.iter().find(|record| record.id == *request).and_then(|it| rating_of(it))
    });
    match asked {
        Some(RequestRating::Green) => Priority::P4,
        Some(RequestRating::Red | RequestRating::Amber) | None => Priority::P3,
    }
}

/// How soon a request asked for its answer, told by its clock.
fn rating_of(record: &AlertRecord) -> Option<RequestRating> {
    const CLOCKS: [(TimerKind, RequestRating); 3] = [
        (TimerKind::AnswerDueRed, RequestRating::Red),
        (TimerKind::AnswerDueAmber, RequestRating::Amber),
        (TimerKind::AnswerDueGreen, RequestRating::Green),
    ];
    let has = |clock: TimerKind| record.timers.iter().any(|timer| timer.kind == clock);
    CLOCKS.iter().find(|(clock, _)| has(*clock)).map(|(_, rating)| *rating)
}

fn route(submission: &Submission) -> (Option<LegalRoute>, Given<Code<Bool3>>) {
    let asked = submission.information_request();
    let answered = || submission.information_response();
    match (asked, answered()) {
        (Some(facts), _) => (facts.legal_route.known(), facts.harm_suspected),
        (None, Some(facts)) => (facts.legal_route.known(), facts.harm_suspected),
        (None, None) => (None, Given::Missing),
    }
}

/// Row r. Harm that nobody knows of is suspected; a route that cannot be read is no statute.
fn row(route: Option<LegalRoute>, harm: Given<Code<Bool3>>) -> InformationRow {
    match route {
        Some(LegalRoute::Ca89S47Help | LegalRoute::Ca04S16H) => InformationRow::Statute,
        Some(LegalRoute::Ca89S47 | LegalRoute::Ca04S11 | LegalRoute::Crime)
            if !harm.is(Bool3::No) =>
        {
            InformationRow::Harm
        }
        // CA04_S16LA is not in force.
        Some(
            LegalRoute::Ca89S47
            | LegalRoute::Ca04S11
            | LegalRoute::Crime
            | LegalRoute::Ca04S16La
            | LegalRoute::Ca89S17
            | LegalRoute::Agreement,
        )
        | None => InformationRow::Agreement,
    }
}

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    check_request(subject, findings);
    check_response(subject, findings);
}

pub(super) fn check_kept(subject: &Subject<'_>, findings: &mut Findings) {
    check_not_shared(subject, findings);
    check_assessment(subject, findings);
}

fn check_request(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.information_request() else { return };
    let at = path::INFORMATION_REQUEST;
    findings.require(&facts.legal_route, at, "legal_route");
    findings.require(&facts.rating, at, "rating");
    findings.require(&facts.asked, at, "asked_agency");
    if facts.questions == 0 {
        findings.missing(format!("{at}.questions"), Need::Required, "say what you need to know");
    }
    let sender = subject.context.sender;
    let asked = facts.asked.get().and_then(|code| subject.context.directory.agencies.get(code));
    let is_unknown = facts.asked.is_given() && asked.is_none();
    if is_unknown || facts.asked.get() == Some(&sender.code) {
        let what = "name another agency of the directory";
        findings.wrong(format!("{at}.asked_agency"), "NO_SUCH_AGENCY", what);
    }
    if let Some(route) = facts.legal_route.known() {
        let is_open = asked.is_none_or(|asked| may_be_helped(sender, asked));
        route_is_open((subject, route), is_open, at, findings);
    }
}

fn check_response(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.information_response() else { return };
    let at = path::INFORMATION_RESPONSE;
    findings.require(&facts.request, at, "request");
    findings.require(&facts.legal_route, at, "legal_route");
    findings.require(&facts.outcome, at, "outcome");
    let asker = asker(subject.submission, subject.context);
    if facts.request.is_given() && asker.is_none() {
        let what = "name a request that your agency received";
        findings.wrong(format!("{at}.request"), "NOTHING_ASKED", what);
    }
    if facts.outcome.is(AnswerOutcome::Answered) && facts.answers == 0 {
        findings.missing(format!("{at}.answers"), Need::Conditional, "give the answer");
    }
    if facts.outcome.is(AnswerOutcome::NotShared) {
        let what = "say why it is not shared";
        findings.require_since(&facts.refusal_reason, at, "refusal_reason", what);
    }
    if let Some(route) = facts.legal_route.known() {
        let is_open = asker.is_none_or(|asker| may_be_helped(asker, subject.context.sender));
        route_is_open((subject, route), is_open, at, findings);
    }
}

/// Whoever asked what a response answers: a request that its sender received.
pub(crate) fn asker<'a>(submission: &Submission, context: &Context<'a>) -> Option<&'a Agency> {
    let request: AlertId = *submission.information_response()?.request.get()?;
    let received = |record: &AlertRecord| {
        let own = |code: &str| code == context.sender.code.as_str();
        record.deliveries.iter().any(|delivery| own(delivery.mailbox.agency_code()))
    };
    let asked = context.episode.iter().find(|record| {
        record.id == request && record.kind == AlertKind::InformationRequest && received(record)
    })?;
    context.directory.agencies.get(&asked.sender)
}

/// s47(9): whoever makes enquiries is a council, whoever helps a public council or an NHS body; police are not listed.
/// s16LA is not in force. The sharing record names the same power (domain 6.2).
fn route_is_open(
    (subject, route): (&Subject<'_>, LegalRoute),
    may_be_helped: bool,
    at: &str,
    findings: &mut Findings,
) {
    let of = || format!("{at}.legal_route");
    if route == LegalRoute::Ca04S16La {
        findings.wrong(of(), "NOT_IN_FORCE", "this route is not in force yet: name another");
        return;
    }
    if route == LegalRoute::Ca89S47Help && !may_be_helped {
        let what = "s47(9) is for a council that asks a public council or an NHS body";
        findings.wrong(of(), "NOT_YOUR_ROUTE", what);
        return;
    }
    let record = &subject.submission.sharing;
    let is_named = route.gateway().is_none_or(|gateway| record.gateways.contains(gateway));
    if subject.context.sender.kind == AgencyType::Public && !is_named {
        let what = "name the same power in the sharing record";
        findings.wrong(of(), "NOT_IN_SHARING_RECORD", what);
    }
}

fn may_be_helped(asker: &Agency, asked: &Agency) -> bool {
    is_council(asker) && is_council_or_health(asked)
}

const fn is_council(agency: &Agency) -> bool {
    matches!(agency.letter, Letter::C | Letter::CL | Letter::X)
}

/// Public councils and their teams, and NHS bodies.
fn is_council_or_health(agency: &Agency) -> bool {
    let is_team = matches!(
        agency.letter,
        Letter::A | Letter::F | Letter::L | Letter::D | Letter::Z | Letter::Y
    );
    let is_health = matches!(agency.letter, Letter::H1 | Letter::H2 | Letter::N);
    let stands_in = partners::is(agency, partners::CADT_EDU);
    agency.kind == AgencyType::Public && (is_council(agency) || is_team || is_health || stands_in)
}

fn check_not_shared(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.not_shared() else { return };
    let at = path::NOT_SHARED;
    findings.require(&facts.why_not, at, "why_not");
    findings.require(&facts.review_at, at, "review_at");
    if facts.considered_for.is_empty() {
        let what = "say for whom it was considered";
        findings.missing(format!("{at}.considered_for"), Need::Required, what);
    }
    if facts.why_not.get().is_some_and(|text| *text < WHY_NOT_MIN) {
        findings.wrong(format!("{at}.why_not"), "TOO_SHORT", "use at least 20 characters");
    }
    if let Given::Given(review) = facts.review_at {
        let now = subject.context.now;
        if review <= now || review.since(now) > REVIEW_WITHIN {
            let what = "give a time ahead, within 12 months";
            findings.wrong(format!("{at}.review_at"), "OUT_OF_RANGE", what);
        }
    }
}

fn check_assessment(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.assessment_completed() else { return };
    let at = path::ASSESSMENT_COMPLETED;
    findings.require(&facts.referral, at, "referral");
    findings.require(&facts.kind, at, "kind");
    findings.require(&facts.started_at, at, "started_at");
    findings.require(&facts.ended_at, at, "ended_at");
    if facts.ended_at.get().is_some_and(|at| *at > subject.context.now) {
        findings.wrong(format!("{at}.ended_at"), "IN_FUTURE", "correct the clock or the time");
    }
    let is_known =
        |referral: &AlertId| subject.context.episode.iter().any(|record| record.id == *referral);
    if facts.referral.get().is_some_and(|referral| !is_known(referral)) {
        let what = "name an alert that your agency sent or received";
        findings.wrong(format!("{at}.referral"), "NOTHING_REFERRED", what);
    }
}

/// Whom a request really goes to: the agency asked; on a crime route from police the front door, which decides.
pub(crate) fn asked(submission: &Submission, context: &Context<'_>) -> Option<AgencyCode> {
    let facts = submission.information_request()?;
    let from_police = partners::is(context.sender, partners::MERPOL);
    if from_police && facts.legal_route.is(LegalRoute::Crime) {
        return AgencyCode::try_from(partners::CADT).ok();
    }
    facts.asked.get().cloned()
}
