//! The partnership and its alerts for tests: fictitious people, test-only postcodes (domain 9.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, date};

use super::{Clocks, Context, Decision, Rejected, Validated, decide, validate};
use crate::domain::decision::{Basis6, ShareOutcome};
use crate::domain::delivery::Purpose;
use crate::domain::directory::{
    Agency, AgencyType, Cover, Directory, Mailbox, MailboxRole, School,
};
use crate::domain::submission::*;
use crate::domain::{
    AgencyCode, AlertId, AlertKind, AlertRecord, EpisodeId, IdempotencyKey, Letter, MailboxId,
    Position, Priority, Redacted, Risk, Rule, SubjectRef, Timestamp, UserId,
};

pub(crate) fn code(text: &str) -> AgencyCode {
    AgencyCode::try_from(text).unwrap()
}

pub(crate) fn mailbox(text: &str) -> MailboxId {
    MailboxId::try_from(text).unwrap()
}

/// `2026-10-23T22:40+01:00`.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

/// `Fri 23 Oct 22:40`, London time.
pub(crate) fn london(at: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/London").unwrap();
    at.to_jiff().to_zoned(zone).strftime("%a %-d %b %H:%M").to_string()
}

/// Stands in a builder for "now": the fixture puts the hour of the test in its place.
const JUST_NOW: &str = "2026-01-01T00:00Z";

pub(crate) fn known<T>(value: T) -> Given<Code<T>> {
    Given::Given(Code::Known(value))
}

pub(crate) fn text(chars: usize) -> Given<Length> {
    Given::Given(Length(chars))
}

pub(crate) fn agency<'a>(directory: &'a Directory, text: &str) -> &'a Agency {
    &directory.agencies[&code(text)]
}

/// The whole partnership (domain 2.1).
pub(crate) fn directory() -> Directory {
    use AgencyType::{Public, Vcs};
    use Cover::{AllHours, OfficeHours, SchoolDays};
    let mut agencies = BTreeMap::new();
    let mut add = |name: &str, kind, letter, cover| {
        let new = an_agency(name, kind, letter, cover);
        agencies.insert(new.code.clone(), new);
    };
    add("CADT", Public, Letter::C, OfficeHours);
    add("EDT", Public, Letter::C, AllHours);
    add("CADT-EDU", Public, Letter::E, OfficeHours);
    add("FSU", Public, Letter::F, OfficeHours);
    add("MARAC", Public, Letter::M, OfficeHours);
    add("MERPOL", Public, Letter::P, AllHours);
    add("WUTH-AED", Public, Letter::H1, AllHours);
    add("WUTH-SG", Public, Letter::H2, OfficeHours);
    add("WCHC-019", Public, Letter::N, OfficeHours);
    add("MIDW", Public, Letter::N, AllHours);
    add("RESPONSE", Public, Letter::R, OfficeHours);
    add("SAFERFUT", Vcs, Letter::S, OfficeHours);
    add("YOS", Public, Letter::Y, OfficeHours);
    add("CIC", Public, Letter::L, OfficeHours);
    add("LADO", Public, Letter::D, OfficeHours);
    add("ASC", Public, Letter::Z, OfficeHours);
    add("HUB-IG", Public, Letter::G, OfficeHours);
    for area in 1..=8 {
        add(&format!("AREA-0{area}"), Public, Letter::A, OfficeHours);
    }
    for council in ["340", "341", "342", "343", "876", "896"] {
        add(&format!("LA-{council}"), Public, Letter::X, AllHours);
    }
    for urn in ["900101", "900102", "900103", "900104", "900106", "900107"] {
        add(&format!("SCH-{urn}"), Public, Letter::E, SchoolDays);
    }
    let council = a_council();
    agencies.insert(council.code.clone(), council);
    Directory {
        version: 1,
        agencies,
        areas: areas(),
        uprns: BTreeMap::from([("100000000001".to_owned(), code("AREA-07"))]),
        schools: schools(),
        school_holidays: Some(vec![
            (date(2026, 10, 26), date(2026, 10, 30)),
            (date(2026, 12, 21), date(2027, 1, 4)),
            (date(2027, 2, 15), date(2027, 2, 19)),
        ]),
        proposals: Vec::new(),
        partnership_proposals: Vec::new(),
    }
}

fn an_agency(name: &str, kind: AgencyType, letter: Letter, cover: Cover) -> Agency {
    let inbox = |suffix: &str, role| Mailbox {
        id: mailbox(&format!("{name}{suffix}")),
        role,
        phone: "0151 496 0100".to_owned(),
        fallback: "0151 496 0199".to_owned(),
        cover,
        rota: Vec::new(),
    };
    let organisation = name.starts_with("WUTH").then(|| "WUTH".to_owned());
    Agency {
        code: code(name),
        name: name.to_owned(),
        kind,
        letter,
        organisation,
        systems: Vec::new(),
        users: BTreeMap::new(),
        mailboxes: vec![
            inbox("", MailboxRole::Duty),
            inbox("/manager", MailboxRole::Manager),
            inbox("/lead", MailboxRole::Lead),
        ],
    }
}

/// Holds the senior rotas; no desk of its own.
fn a_council() -> Agency {
    let mut council = an_agency("COUNCIL", AgencyType::Public, Letter::C, Cover::AllHours);
    council.mailboxes.truncate(2);
    for (inbox, (suffix, role)) in council
        .mailboxes
        .iter_mut()
        .zip([("head-of-service", MailboxRole::HeadOfService), ("director", MailboxRole::Director)])
    {
        inbox.id = mailbox(&format!("COUNCIL/{suffix}"));
        inbox.role = role;
    }
    council
}

fn areas() -> BTreeMap<String, AgencyCode> {
    let wirral = (1..=8).map(|area| (format!("ZX4{area}"), code(&format!("AREA-0{area}"))));
    let others = [("ZX90", "LA-896"), ("ZX91", "LA-341")];
    wirral.chain(others.map(|(outward, la)| (outward.to_owned(), code(la)))).collect()
}

fn schools() -> BTreeMap<String, School> {
    let term = |first: Date, last: Date| (first, last);
    let school = |urn: &str| School {
        urn: urn.to_owned(),
        agency: (urn != "900105").then(|| code(&format!("SCH-{urn}"))),
        terms: vec![
            term(date(2026, 1, 5), date(2026, 4, 1)),
            term(date(2026, 4, 20), date(2026, 7, 17)),
            term(date(2026, 9, 2), date(2026, 10, 23)),
            term(date(2026, 11, 2), date(2026, 12, 18)),
            term(date(2027, 1, 4), date(2027, 3, 25)),
        ],
        inset: vec![date(2027, 1, 4)],
        nursery: urn == "900105",
        area: (urn == "900102").then(|| code("AREA-05")),
    };
    ["900101", "900102", "900103", "900104", "900105", "900106", "900107"]
        .map(|urn| (urn.to_owned(), school(urn)))
        .into()
}

/// An alert under construction; complete and coherent from the start.
#[derive(Clone)]
pub(crate) struct AlertBuilder(Submission);

impl AlertBuilder {
    pub(crate) fn build(self) -> Submission {
        self.0
    }

    /// The alert as it stands at `now`.
    pub(crate) fn sent_at(mut self, now: &str) -> Submission {
        let put = |given: &mut Given<Timestamp>| {
            if *given == Given::Given(at(JUST_NOW)) {
                *given = Given::Given(at(now));
            }
        };
        put(&mut self.0.envelope.sent_at);
        put(&mut self.0.envelope.occurred_at);
        match &mut self.0.body {
            BodyFacts::Missing(facts) => put(&mut facts.found_at),
            BodyFacts::Alcohol(facts) => put(&mut facts.attendance_at),
            BodyFacts::DomesticAbuse(facts) => put(&mut facts.incident_at),
        }
        self.0
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Submission)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn envelope(self, change: impl FnOnce(&mut EnvelopeFacts)) -> Self {
        self.with(|alert| change(&mut alert.envelope))
    }

    pub(crate) fn sharing(self, change: impl FnOnce(&mut SharingFacts)) -> Self {
        self.with(|alert| change(&mut alert.sharing))
    }

    pub(crate) fn primary(self, change: impl FnOnce(&mut SubjectFacts)) -> Self {
        self.with(|alert| change(&mut alert.subjects[0]))
    }

    pub(crate) fn missing(self, change: impl FnOnce(&mut MissingFacts)) -> Self {
        self.with(|alert| match &mut alert.body {
            BodyFacts::Missing(facts) => change(facts),
            BodyFacts::Alcohol(_) | BodyFacts::DomesticAbuse(_) => panic!("not a missing alert"),
        })
    }

    pub(crate) fn alcohol(self, change: impl FnOnce(&mut AlcoholFacts)) -> Self {
        self.with(|alert| match &mut alert.body {
            BodyFacts::Alcohol(facts) => change(facts),
            BodyFacts::Missing(_) | BodyFacts::DomesticAbuse(_) => panic!("not an attendance"),
        })
    }

    pub(crate) fn domestic_abuse(self, change: impl FnOnce(&mut DomesticAbuseFacts)) -> Self {
        self.with(|alert| match &mut alert.body {
            BodyFacts::DomesticAbuse(facts) => change(facts),
            BodyFacts::Missing(_) | BodyFacts::Alcohol(_) => panic!("not domestic abuse"),
        })
    }

    pub(crate) fn kind(self, kind: AlertKind) -> Self {
        self.with(|alert| alert.kind = kind)
    }

    pub(crate) fn from(self, sender: &str) -> Self {
        self.envelope(|envelope| envelope.sender_agency = Given::Given(code(sender)))
    }

    pub(crate) fn stating(self, priority: Priority) -> Self {
        self.envelope(|envelope| envelope.priority = known(priority))
    }

    pub(crate) fn risk(self, risk: Risk) -> Self {
        self.envelope(|envelope| envelope.risk = known(risk))
    }

    pub(crate) fn born(self, year: i16, month: i8, day: i8) -> Self {
        self.primary(|child| child.age = born(year, month, day))
    }

    pub(crate) fn living_in(self, outward: &str) -> Self {
        self.primary(|child| child.addresses = vec![home(outward)])
    }

    pub(crate) fn looked_after_by(self, council: &str) -> Self {
        self.envelope(|envelope| {
            envelope.looked_after = known(LookedAfter::Yes);
            envelope.responsible_la = Given::Given(council.to_owned());
        })
    }

    pub(crate) fn flags(self, factors: &[MissingRiskFactor]) -> Self {
        self.missing(|facts| facts.risk_factors = Codes::of(factors))
    }

    pub(crate) fn markers(self, markers: &[RiskMarker]) -> Self {
        self.alcohol(|facts| facts.risk_markers = Codes::of(markers))
    }

    pub(crate) fn band(self, band: RiskBand) -> Self {
        self.domestic_abuse(|facts| facts.risk_band = known(band))
    }

    /// Adds a child with an impact.
    pub(crate) fn child(self, child: SubjectFacts, impact: ImpactFacts) -> Self {
        self.with(|alert| alert.subjects.push(child))
            .domestic_abuse(|facts| {
                facts.children_in_scope = known(ChildrenInScope::Yes);
            })
            .with(|alert| {
                let index = alert.subjects.len().checked_sub(1).unwrap();
                if let BodyFacts::DomesticAbuse(facts) = &mut alert.body {
                    let child = Given::Given(ImpactedChild::Subject(index));
                    facts.impacts.push(ImpactFacts { child, ..impact });
                }
            })
    }
}

pub(crate) fn born(year: i16, month: i8, day: i8) -> AgeFact {
    AgeFact::Born(Redacted::new(date(year, month, day)))
}

pub(crate) fn home(outward: &str) -> AddressFact {
    AddressFact {
        kind: AddressType::Home,
        uprn: None,
        district: Some(Redacted::new(outward.to_owned())),
    }
}

pub(crate) fn school(urn: &str) -> Given<SchoolFact> {
    Given::Given(SchoolFact::Urn(Redacted::new(urn.to_owned())))
}

pub(crate) fn person(role: SubjectRole) -> SubjectFacts {
    SubjectFacts { role: known(role), named: true, ..SubjectFacts::default() }
}

fn an_alert(kind: AlertKind, sender: &str) -> AlertBuilder {
    let long_ago = at(JUST_NOW);
    let envelope = EnvelopeFacts {
        schema_version: "1.0".to_owned(),
        schema: SchemaStanding::Accepted,
        sender_agency: Given::Given(code(sender)),
        key: Given::Given(IdempotencyKey::try_from("K-1").unwrap()),
        sender_user: Given::Given(SenderUserFact { user: None }),
        sent_at: Given::Given(long_ago),
        occurred_at: Given::Given(long_ago),
        headline: text(40),
        risk: known(Risk::Low),
        priority: known(Priority::P5),
        looked_after: known(LookedAfter::No),
        told: vec![ToldFact {
            about: known(ToldAbout::Child),
            state: known(ToldState::Yes),
            reason: Given::Missing,
        }],
        ..EnvelopeFacts::default()
    };
    let sharing = SharingFacts {
        basis6: known(Basis6::PublicTask),
        basis9: Codes::of(&[Basis9::Safeguarding, Basis9::HealthOrSocialCare]),
        basis9_g18_reason: known(Basis9G18Reason::CannotGive),
        basis10: known(Basis10::Safeguarding),
        gateways: Codes::of(&[Gateway::Ca04S11]),
        confidentiality: known(Confidentiality::PublicInterest),
        sender_regime: known(SenderRegime::UkGdpr),
        purpose: known(SharingPurpose::ProtectFromHarm),
        necessity: text(30),
        refused_by: known(RefusedBy::Nobody),
        decided_by: text(12),
        decided_at: Given::Given(long_ago),
        ..SharingFacts::default()
    };
    AlertBuilder(Submission {
        kind,
        envelope,
        subjects: vec![person(SubjectRole::Primary)],
        sharing,
        body: BodyFacts::absent(kind),
        violations: Vec::new(),
    })
}

/// Ellie-Test Marrowby, 14, AREA-03, missing from home: category MISSING, LOW, no flags, from MERPOL.
pub(crate) fn missing_child() -> AlertBuilder {
    an_alert(AlertKind::MissingReported, "MERPOL")
        .born(2012, 3, 9)
        .living_in("ZX43")
        .primary(|child| child.school = school("900101"))
        .missing(|facts| {
            *facts = MissingFacts {
                category: known(MissingCategory::Missing),
                police_ref: text(9),
                last_seen_at: Given::Given(at(JUST_NOW)),
                missing_from: known(MissingFrom::Home),
                description_lookout: text(20),
                risk_factors: Codes::of(&[MissingRiskFactor::NoneKnown]),
                ..MissingFacts::default()
            };
        })
}

/// The end of a missing episode.
pub(crate) fn found_child() -> AlertBuilder {
    missing_child().kind(AlertKind::MissingFound).missing(|facts| {
        facts.found_at = Given::Given(at(JUST_NOW));
        facts.found_how = known(FoundHow::ReturnedSelf);
    })
}

/// Orla Samplewood, 15, AREA-01: no marker, competent, agreed to Response.
pub(crate) fn attendance() -> AlertBuilder {
    an_alert(AlertKind::AlcoholAttendance, "WUTH-AED").born(2011, 1, 30).living_in("ZX41").alcohol(
        |facts| {
            let then = Given::Given(at(JUST_NOW));
            *facts = AlcoholFacts {
                attendance_at: then,
                substances: Codes::of(&[Substance::Alcohol]),
                intoxication: known(Intoxication::Moderate),
                injury: known(Bool3::No),
                admitted: known(Bool3::No),
                safe_discharge_to: known(SafeDischarge::Parent),
                risk_markers: Codes::of(&[RiskMarker::None]),
                cpis_checked_at: then,
                cpis_result: known(CpisResult::NoFlag),
                competence: Given::Given(competent(15)),
                offer: known(Offer::Accepted),
                offer_agreed_by: known(OfferAgreedBy::ChildCompetent),
                agreement_scope: Given::Given(Scope::Response),
                ..AlcoholFacts::default()
            };
        },
    )
}

pub(crate) fn competent(age: u8) -> CompetenceFacts {
    CompetenceFacts {
        age: Given::Given(age),
        basis: known(CompetenceBasis::Gillick),
        scope: Given::Given(Scope::Response),
        assessed_by: text(15),
        assessed_at: Given::Given(at(JUST_NOW)),
        understands_all: true,
        outcome: known(CompetenceOutcome::Competent),
        notes: text(40),
    }
}

pub(crate) fn refused() -> impl FnOnce(&mut AlcoholFacts) {
    |facts| {
        facts.offer = known(Offer::Declined);
        facts.offer_declined_by = known(OfferDeclinedBy::Child);
        facts.offer_agreed_by = Given::Missing;
        facts.agreement_scope = Given::Missing;
    }
}

/// Dana Exemplar, 32, AREA-02, victim; no children, BRONZE, from MERPOL.
pub(crate) fn abuse() -> AlertBuilder {
    an_alert(AlertKind::DvNotification, "MERPOL")
        .born(1994, 7, 21)
        .living_in("ZX42")
        .domestic_abuse(|facts| {
            *facts = DomesticAbuseFacts {
                incident_at: Given::Given(at(JUST_NOW)),
                place_type: known(PlaceType::Home),
                incident_ref: text(12),
                immediate_threat: known(Bool3::No),
                abuse_types: Codes::of(&[AbuseType::Physical]),
                perpetrator: Given::Given(PerpetratorFacts {
                    age: born(1990, 2, 11),
                    ..PerpetratorFacts::default()
                }),
                personally_connected: known(PersonallyConnected::Intimate),
                tool: known(RiskTool::ProfessionalJudgement),
                risk_band: known(RiskBand::StandardBronze),
                children_in_scope: known(ChildrenInScope::NoneConfirmed),
                none_confirmed_how: text(20),
                pregnancy: known(Bool3::No),
                victim_consent_support: known(VictimConsentSupport::Yes),
                ..DomesticAbuseFacts::default()
            };
        })
}

/// Tilly Exemplar, 8, at SCH-900101.
pub(crate) fn tilly() -> SubjectFacts {
    SubjectFacts {
        age: born(2018, 9, 2),
        addresses: vec![home("ZX42")],
        school: school("900101"),
        ..person(SubjectRole::Sibling)
    }
}

/// A complete impact.
pub(crate) fn impact(codes: &[ImpactCode]) -> ImpactFacts {
    ImpactFacts {
        child: Given::Missing,
        presence: known(ChildPresence::Saw),
        codes: Codes::of(codes),
        text: ImpactText::of("hid under the table and would not come out all night", 0),
        same_text_confirmed: false,
        seen: known(SeenAndSpokenTo::SeenNotSpoken),
        ..ImpactFacts::default()
    }
}

/// Validates as sent by its stated agency.
pub(crate) fn validated_at(alert: AlertBuilder, now: &str) -> Result<Validated, Rejected> {
    let directory = directory();
    let alert = alert.sent_at(now);
    let sender = alert.envelope.sender_agency.get().unwrap().clone();
    let sender = &directory.agencies[&sender];
    let (now, clocks) = (at(now), Clocks::DEFAULT);
    let approver = None;
    validate(
        &alert,
        &Context { directory: &directory, now, episode: &[], sender, approver, clocks },
    )
}

/// Takes the alert; panics when it is refused.
pub(crate) fn taken(alert: AlertBuilder, now: &str) -> (Validated, Decision) {
    taken_in(alert, now, &[], &directory())
}

/// Takes the alert in an episode, with this directory.
pub(crate) fn taken_in(
    alert: AlertBuilder,
    now: &str,
    episode: &[Arc<AlertRecord>],
    directory: &Directory,
) -> (Validated, Decision) {
    let alert = alert.sent_at(now);
    let sender = alert.envelope.sender_agency.get().unwrap().clone();
    let sender = &directory.agencies[&sender];
    let (now, clocks) = (at(now), Clocks::DEFAULT);
    let context = Context { directory, now, episode, sender, approver: None, clocks };
    let validated = validate(&alert, &context).unwrap_or_else(|refused| panic!("{refused:#?}"));
    let decision = decide(&alert, &validated, &context);
    (validated, decision)
}

/// The record a broker would store.
pub(crate) fn recorded(
    alert: &AlertBuilder,
    now: &str,
    (validated, decision): (&Validated, &Decision),
) -> AlertRecord {
    let submission = alert.clone().build();
    let id = AlertId::from_bytes([7; 16]);
    AlertRecord {
        id,
        version: 1,
        kind: submission.kind,
        schema_version: "1.0".to_owned(),
        sender: submission.envelope.sender_agency.get().unwrap().clone(),
        sender_system: None,
        author: Some(UserId::try_from("u-1").unwrap()),
        key: IdempotencyKey::try_from("K-1").unwrap(),
        episode: EpisodeId::from(id),
        completes: None,
        followers: Vec::new(),
        exercise: false,
        priority: validated.priority,
        risk: validated.risk,
        received_at: at(now),
        status: validated.status,
        gaps: validated.gaps.clone(),
        raised: validated.raised(),
        subjects: submission.subjects.iter().map(|_| SubjectRef::from_bytes([9; 16])).collect(),
        decisions: decision.decisions.clone(),
        deliveries: decision.deliveries.clone(),
        timers: decision.timers.clone(),
        conflicts: decision.conflicts.clone(),
        body: None,
        submitted: Position(0),
    }
}

/// Takes the alert and gives the record a broker would store.
pub(crate) fn record_of(alert: &AlertBuilder, now: &str) -> Arc<AlertRecord> {
    let (validated, decision) = taken(alert.clone(), now);
    Arc::new(recorded(alert, now, (&validated, &decision)))
}

/// One line a recipient: `EDT P2 Fri 23 Oct 23:40 D7`; tasks left out; `withheld` where it is.
pub(crate) fn recipients(decision: &Decision) -> Vec<String> {
    let mut deliveries = decision.deliveries.iter();
    decision
        .decisions
        .iter()
        .map(|decided| {
            let row = decided.row;
            if decided.outcome == ShareOutcome::Withhold {
                return format!("{} withheld {row}", decided.mailbox);
            }
            let delivery = deliveries.next().unwrap();
            assert_eq!(delivery.mailbox, decided.mailbox);
            assert_ne!(delivery.purpose, Purpose::Task);
            let due = delivery.due.map_or("-".to_owned(), |due| london(due.at));
            format!("{} {} {due} {row}", delivery.mailbox, delivery.priority)
        })
        .collect()
}

/// `R01 R05` for each mailbox.
pub(crate) fn rules_for(decision: &Decision, to: &str) -> Vec<Rule> {
    let found = decision.decisions.iter().find(|decided| decided.mailbox == mailbox(to));
    found.map(|decided| decided.routes.clone()).unwrap_or_default()
}

/// `RHI_DUE CADT Tue 27 Oct 09:00`, armed timers in order.
pub(crate) fn clocks(decision: &Decision) -> Vec<String> {
    let line = |timer: &crate::domain::alert::Timer| {
        format!("{} {} {}", timer.kind, timer.mailbox, london(timer.due.at))
    };
    decision.timers.iter().map(line).collect()
}
