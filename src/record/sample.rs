//! One of each record with every field set. Synthetic throughout; what the golden files were made from, so a
//! value here never changes: a new field gets a value, an old one keeps its own.

use std::collections::BTreeMap;

use jiff::civil::date;

use crate::crypto::Sealed;
use crate::domain::after::{RecallReason, RecallStage, SameEvent, Significance, Weighed};
use crate::domain::alert::{
    AlertKind, AlertStatus, BodyRef, DataKeyId, Gap, Priority, Risk, SealedConflicts, ShownTo,
    Timer, TimerKind, TimerState,
};
use crate::domain::consent::{ConsentChanged, Service, Standing};
use crate::domain::counted::{
    AgeGroup, AssessmentDone, AttendanceCounted, Counted, MaracRepeat, MissingCounted, MissingEnd,
    MissingEnded, OperationCounted, PairCounted, PlanAudited,
};
use crate::domain::deadline::{Deadline, DeadlineTag};
use crate::domain::decision::{Basis6, ShareOutcome, SharingDecision};
use crate::domain::delivery::{
    AckOutcome, DeclineReason, Delivery, DeliveryState, EndReason, Moment, Purpose, Rung,
};
use crate::domain::directory::{
    Agency, AgencyType, Cover, Directory, Mailbox, MailboxRole, PartnershipChange,
    PartnershipProposal, RoleProposal, RotaSlot, School, UserEntry,
};
use crate::domain::disagreement::{Answered, Raised, Said};
use crate::domain::event::{Actor, EntryDraft, Event, EventKind, EventOutcome, RedactionReason};
use crate::domain::id::ProposalId;
use crate::domain::identity::{Evidence, Flag, Flagged, Link, LinkState, LinkStep, MatchClass};
use crate::domain::principal::{ActorHow, Driver};
use crate::domain::referral::{
    Decided, OwnReport, Referral, ReferralOutcome, ReferralStatus, ReferrerType,
};
use crate::domain::submission::{AssessmentKind, Bool3, ConsentGiver, ConsentState, QualityRating};
use crate::domain::{
    Advice, AfterSending, AgencyCode, AlertId, AlertRecord, DeliveryId, Disagreement,
    DisagreementStage, EpisodeId, EpisodeReference, EventId, IdempotencyKey, Letter, MailboxId,
    MentionToken, Position, Recalled, Role, Rule, Stage, SubjectRef, SystemName, Timestamp, UserId,
    View,
};
use crate::record::Write;

/// 2026-11-23T08:00:00Z, a Monday.
pub(crate) const AT: Timestamp = Timestamp::from_millis(1_795_420_800_000);

pub(crate) fn agency(code: &str) -> AgencyCode {
    AgencyCode::try_from(code).unwrap()
}

pub(crate) fn mailbox(id: &str) -> MailboxId {
    MailboxId::try_from(id).unwrap()
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::try_from(id).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    AT.plus(crate::domain::Span::seconds(seconds))
}

/// An actor with every field set, though no real one has them all.
pub(crate) fn actor() -> Actor {
    Actor {
        how: ActorHow::AssertedBySystem,
        agency: Some(agency("MERPOL")),
        system: Some(SystemName::try_from("niche").unwrap()),
        user: Some(user("u-1001")),
        role: Some(Role::DutyReceiver),
        driver: Some(Driver::Escalation),
        fingerprint: Some([0xF1; 32]),
    }
}

pub(crate) fn event() -> Event {
    Event {
        id: EventId::from_bytes([0xE1; 16]),
        kind: EventKind::BasisRefused,
        outcome: EventOutcome::Denied,
        alert: Some(AlertId::from_bytes([0xA1; 16])),
        delivery: Some(3),
        episode: Some(EpisodeId::from_bytes([0xA0; 16])),
        subjects: vec![SubjectRef::from_bytes([0x51; 16]), SubjectRef::from_bytes([0x52; 16])],
        fields_viewed: vec!["alert.envelope.risk".into()],
        fields_redacted: vec![("alert.subjects[0].address".into(), RedactionReason::Sealed)],
        fields_refused: vec!["alert.envelope.kind".into()],
        rules: vec![Rule::D9, Rule::R12a],
        recipient: Some(agency("RESPONSE")),
        mailbox: Some(mailbox("RESPONSE/lead")),
        view: Some(View::Info),
        view_version: Some(4),
        policy_version: Some(7),
        basis: Some("6E".into()),
        deadline: Some(Deadline { at: at(900), tag: DeadlineTag::Default }),
        level: Some(2),
        count: Some(41),
        reason: Some("NO_AGREEMENT".into()),
        person: Some(user("u-1002")),
        roles: vec![Role::Sender, Role::DutyManager],
        content: Some([0xC0; 32]),
    }
}

pub(crate) fn draft() -> EntryDraft {
    let second = Event::new(EventId::from_bytes([0xE2; 16]), EventKind::Queued);
    EntryDraft { actor: actor(), at: AT, events: vec![event(), second] }
}

pub(crate) fn data_key() -> DataKeyId {
    DataKeyId { file: "2026-11-0001".into(), slot: 17 }
}

fn words(position: u64) -> BodyRef {
    BodyRef { position: Position(position), key: data_key(), commitment: [0xC1; 32] }
}

pub(crate) fn delivery() -> Delivery {
    let moment = |seconds, by: Option<&str>, position| Moment {
        at: at(seconds),
        by: by.map(user),
        position,
    };
    Delivery {
        number: 1,
        mailbox: mailbox("CADT"),
        letter: Letter::C,
        view: View::Standard,
        purpose: Purpose::Level1,
        of: Some(0),
        setting: Some("900101".into()),
        priority: Priority::P1,
        routes: vec![Rule::R01, Rule::R82],
        row: Rule::D1,
        queued_at: at(1),
        due: Some(Deadline { at: at(900), tag: DeadlineTag::Default }),
        rung: Some(Rung { level: 1, at: at(900) }),
        state: DeliveryState::Delivered,
        sequence: Some(12),
        failed: Some(moment(1, None, Position(100))),
        delivered: Some(moment(2, None, Position(101))),
        confirmed: Some(moment(3, None, Position(102))),
        opened: Some(moment(4, Some("u-2001"), Position(103))),
        acknowledged: Some((moment(5, Some("u-2001"), Position(104)), AckOutcome::Accepted)),
        declined: Some((moment(6, Some("u-2002"), Position(105)), DeclineReason::NoCapacity)),
        closed: None,
        held_by: None,
        note: Some(words(104)),
        decline_text: Some(words(105)),
        closing_note: None,
    }
}

pub(crate) fn decision() -> SharingDecision {
    SharingDecision {
        mailbox: mailbox("CADT"),
        letter: Letter::C,
        routes: vec![Rule::R01],
        priority: Priority::P1,
        row: Rule::D1,
        applicable: vec![Rule::D1, Rule::D7],
        outcome: ShareOutcome::Share,
        view: View::Standard,
        basis: Some(Basis6::PublicTask),
        provisional: true,
    }
}

pub(crate) fn alert() -> AlertRecord {
    let ended = Delivery {
        number: 2,
        letter: Letter::H1,
        view: View::Lookout,
        state: DeliveryState::Ended(EndReason::LookoutPurged),
        ..delivery()
    };
    AlertRecord {
        id: AlertId::from_bytes([0xA1; 16]),
        version: 5,
        kind: AlertKind::MissingReported,
        schema_version: "1.0".into(),
        sender: agency("MERPOL"),
        sender_system: Some(SystemName::try_from("niche").unwrap()),
        author: Some(user("u-1001")),
        key: IdempotencyKey::try_from("merpol-000001").unwrap(),
        episode: EpisodeId::from_bytes([0xA0; 16]),
        completes: Some(AlertId::from_bytes([0xA3; 16])),
        followers: vec![AlertId::from_bytes([0xA2; 16])],
        exercise: true,
        priority: Priority::P1,
        risk: Some(Risk::High),
        received_at: AT,
        status: AlertStatus::AcceptedIncomplete,
        gaps: vec![Gap {
            path: "alert.missing.last_seen_at".into(),
            rule: Rule::GAP1,
            reason: "REQUIRED".into(),
        }],
        raised: vec!["alert.envelope.risk".into()],
        subjects: vec![SubjectRef::from_bytes([0x51; 16])],
        decisions: vec![decision()],
        deliveries: vec![delivery(), ended],
        timers: vec![Timer {
            kind: TimerKind::ChaseFirst,
            due: Deadline { at: at(3_600), tag: DeadlineTag::Practice },
            mailbox: mailbox("MERPOL"),
            delivery: Some(1),
            state: TimerState::Armed,
        }],
        stage: None,
        advice: Vec::new(),
        conflicts: Some(SealedConflicts { nonce: [0x0C; 12], ciphertext: (40..80).collect() }),
        referral: None,
        counted: Counted::default(),
        mentions: Some(SealedConflicts { nonce: [0x0D; 12], ciphertext: (80..120).collect() }),
        links: vec![Link {
            mention: 1,
            other: AlertId::from_bytes([0xA4; 16]),
            other_mention: 2,
            rule: Rule::I6,
            class: MatchClass::Strong,
            evidence: vec![Evidence::BornEqual, Evidence::FamilyEqual],
            state: LinkState::Confirmed,
            by: Some(user("u-3003")),
            at: at(9),
            earlier: Vec::new(),
        }],
        denied: vec![MentionToken::from_bytes([0xD1; 16])],
        shown: ShownTo::AuthorAndLead,
        flags: vec![Flagged { mention: 1, flag: Flag::Safe, by: user("u-4004"), at: at(10) }],
        body: Some(words(100)),
        after: AfterSending::default(),
        submitted: Position(100),
    }
}

fn referral() -> Referral {
    let decided = Decided {
        outcome: ReferralOutcome::L4S17Assessment,
        by: AlertId::from_bytes([0xA4; 16]),
        at: at(7_200),
        status: ReferralStatus::Referral,
        is_rereferral: true,
    };
    let received = Referral::received(ReferrerType::Professional, OwnReport::Fgm);
    received.decide(decided).feed_back().unwrap()
}

fn counted() -> Counted {
    Counted {
        assessment: Some(AssessmentDone {
            referral: AlertId::from_bytes([0xA6; 16]),
            kind: AssessmentKind::Single,
            started_at: at(9),
            ended_at: at(10),
        }),
        audit: Some(PlanAudited { rating: QualityRating::Good, at: at(11) }),
        pair: Some(PairCounted {
            current: MaracRepeat::Repeat,
            legacy: MaracRepeat::NotRepeat,
            referral: Some(AlertId::from_bytes([0xA7; 16])),
            meeting: Some(AlertId::from_bytes([0xA8; 16])),
            heard_at: Some(at(14)),
        }),
        operation: Some(OperationCounted { on: at(15), engaged: 272, moved: 3, powers_used: 1 }),
        attendance: Some(AttendanceCounted {
            at: Some(at(16)),
            ages: AgeGroup::Of16To17,
            injury_admission: Bool3::Yes,
            resident: Bool3::Unknown,
        }),
        missing: Some(MissingCounted::Ended(MissingEnded {
            at: Some(at(17)),
            how: MissingEnd::Deceased,
            is_adult: true,
        })),
        about: Some(2),
    }
}

/// The same after its sender corrected and recalled it, and a steward linked what was unlinked.
pub(crate) fn alert_after_sending() -> AlertRecord {
    let moment = |seconds, by: Option<&str>, position| Moment {
        at: at(seconds),
        by: by.map(user),
        position: Position(position),
    };
    AlertRecord {
        after: AfterSending {
            supersedes: Some(AlertId::from_bytes([0xA4; 16])),
            superseded_by: Some(AlertId::from_bytes([0xA5; 16])),
            changed: vec!["alert.envelope.risk".into()],
            recalls: vec![Recalled {
                delivery: 1,
                reason: RecallReason::WrongPerson,
                stage: RecallStage::Opened,
                at: moment(7, Some("u-1001"), 106),
                notice: Some(3),
                confirmed: Some(moment(8, None, 107)),
            }],
            disagreements: vec![disagreement(moment(9, Some("u-1001"), 108))],
            same_event: SameEvent {
                earlier: Some(AlertId::from_bytes([0xA6; 16])),
                later: vec![AlertId::from_bytes([0xA7; 16])],
                split_from: Some(EpisodeId::from_bytes([0xA8; 16])),
            },
            consents: vec![ConsentChanged {
                key: IdempotencyKey::try_from("merpol-0003").unwrap(),
                service: Service::EarlyHelp,
                agencies: vec![agency("SCH-900105")],
                giver: ConsentGiver::PrHolder,
                state: ConsentState::Withdrawn,
                standing: Standing::Counts,
                effective_at: at(12),
                entered: moment(13, Some("u-1001"), 110),
                ends: vec![3],
            }],
            weighed: vec![Weighed {
                person: 1,
                significance: Significance::High,
                at: moment(15, Some("u-1001"), 111),
            }],
        },
        stage: Some(Stage::InterviewOffered),
        advice: vec![Advice::SendConcern],
        referral: Some(referral()),
        counted: counted(),
        links: linked_again(),
        ..alert()
    }
}

fn disagreement(at_stage: Moment) -> Disagreement {
    let text = BodyRef {
        position: Position(108),
        key: DataKeyId { file: "2026-10-0001".into(), slot: 7 },
        commitment: [0xC7; 32],
    };
    let key = IdempotencyKey::try_from("merpol-0002").unwrap();
    Disagreement {
        referral: AlertId::from_bytes([0xA1; 16]),
        referrer: AgencyCode::try_from("MERPOL").unwrap(),
        raised: vec![Raised {
            stage: DisagreementStage::Leads,
            at: at_stage,
            called: vec![5, 6],
            said: Some(Said { key, text }),
            answered: Some(Answered { at: at(11), by: AlertId::from_bytes([0xA6; 16]) }),
        }],
    }
}

fn linked_again() -> Vec<Link> {
    let step = |state, by, seconds| LinkStep { state, by: Some(user(by)), at: at(seconds) };
    let earlier = vec![step(LinkState::Unlinked, "u-3004", 8)];
    alert().links.into_iter().map(|link| Link { earlier: earlier.clone(), ..link }).collect()
}

pub(crate) fn sealed() -> Sealed {
    Sealed { key: data_key(), nonce: [0x0E; 12], ciphertext: (0..40).collect() }
}

/// The directory as the first release wrote it: without changes of the partnership that wait.
/// The same after somebody said what came of it, and handed it over.
pub(crate) fn alert_after_duty() -> AlertRecord {
    let mut alert = alert();
    for delivery in &mut alert.deliveries {
        let (by, position) = (Some(user("u-2003")), Position(106));
        delivery.closed = Some(Moment { at: at(7), by, position });
        delivery.held_by = Some(user("u-2004"));
        delivery.closing_note = Some(words(106));
    }
    alert
}

pub(crate) fn directory_of_the_first_golden_file() -> Directory {
    let mut first = Directory { partnership_proposals: Vec::new(), ..directory() };
    let mailboxes = first.agencies.values_mut().flat_map(|agency| &mut agency.mailboxes);
    // Deputies came later.
    mailboxes.flat_map(|mailbox| &mut mailbox.rota).for_each(|slot| slot.deputy = None);
    first
}

pub(crate) fn directory() -> Directory {
    let desk = Mailbox {
        id: mailbox("CADT"),
        role: MailboxRole::Duty,
        phone: "0151 496 0001".into(),
        fallback: "switchboard 0151 496 0002".into(),
        cover: Cover::OfficeHours,
        rota: vec![RotaSlot {
            from: at(0),
            until: at(28_800),
            user: user("u-2001"),
            deputy: Some(user("u-2002")),
        }],
    };
    let cadt = Agency {
        code: agency("CADT"),
        name: "Children's front door".into(),
        kind: AgencyType::Public,
        letter: Letter::C,
        organisation: Some("COUNCIL".into()),
        systems: vec![SystemName::try_from("ics").unwrap()],
        users: BTreeMap::from([(
            user("u-2001"),
            UserEntry { roles: vec![Role::DutyReceiver, Role::DutyManager], active: true },
        )]),
        mailboxes: vec![desk],
    };
    let school = School {
        urn: "900101".into(),
        agency: Some(agency("SCH-900101")),
        terms: vec![(date(2026, 9, 1), date(2026, 12, 18))],
        inset: vec![date(2026, 10, 23)],
        nursery: true,
        area: Some(agency("AREA-02")),
    };
    let waiting = |number: u8, change| PartnershipProposal {
        id: ProposalId::from_bytes([number; 16]),
        agency: agency("HUB-IG"),
        proposed_by: user("u-3305"),
        proposed_at: at(60),
        change,
    };
    let renamed =
        PartnershipChange::RenameAgency { agency: agency("CADT"), name: "Front door".into() };
    let holidays = vec![(date(2027, 3, 25), date(2027, 4, 11))];
    let partnership_proposals = vec![
        waiting(0x92, PartnershipChange::AddAgency(Box::new(cadt.clone()))),
        waiting(0x93, renamed),
        waiting(0x94, PartnershipChange::SetSchool(Box::new(school.clone()))),
        waiting(0x95, PartnershipChange::SetSchoolHolidays(holidays)),
    ];
    Directory {
        version: 9,
        agencies: BTreeMap::from([(cadt.code.clone(), cadt)]),
        areas: BTreeMap::from([("ZX43".to_owned(), agency("AREA-03"))]),
        uprns: BTreeMap::from([("900000000001".to_owned(), agency("LA-341"))]),
        schools: BTreeMap::from([(school.urn.clone(), school)]),
        school_holidays: Some(vec![(date(2026, 12, 19), date(2027, 1, 3))]),
        proposals: vec![RoleProposal {
            id: ProposalId::from_bytes([0x91; 16]),
            agency: agency("CADT"),
            user: user("u-2003"),
            roles: vec![Role::SafeguardingLead],
            proposed_by: user("u-2001"),
            proposed_at: AT,
        }],
        partnership_proposals,
    }
}

/// One of each write.
pub(crate) fn writes() -> Vec<Write> {
    let id = AlertId::from_bytes([0xA1; 16]);
    vec![
        Write::Alert(Box::new(alert())),
        Write::Body { alert: id, sealed: sealed() },
        Write::Key {
            agency: agency("MERPOL"),
            key: IdempotencyKey::try_from("merpol-000001").unwrap(),
            alert: id,
            expires_at: at(2_592_000),
        },
        Write::Reference {
            agency: agency("MERPOL"),
            reference: EpisodeReference::from_bytes([0x2F; 32]),
            alert: id,
        },
        Write::Mentions {
            alert: id,
            tokens: vec![
                MentionToken::from_bytes([0x31; 16]),
                MentionToken::from_bytes([0x32; 16]),
            ],
        },
        Write::HandOut {
            mailbox: mailbox("CADT"),
            first_sequence: 12,
            deliveries: vec![
                DeliveryId { alert: id, number: 1 },
                DeliveryId { alert: id, number: 0 },
            ],
        },
        Write::Directory(Box::new(directory())),
    ]
}
