//! The closed list of audit events (domain 7.3) and what each may say (domain 7.2).
//!
//! No S1–S4 content: references, codes and field paths only.

use super::codes::code_list;
use super::deadline::Deadline;
use super::id::{
    AgencyCode, AlertId, EpisodeId, EventId, MailboxId, SubjectRef, SystemName, UserId,
};
use super::letter::View;
use super::principal::{ActorHow, Driver, Principal, Role};
use super::rule::Rule;
use super::time::Timestamp;

code_list! {
    /// What happened (domain 7.3). Numbers are never reused.
    EventKind {
        /// A connection's certificate was accepted.
        CertAccepted = 1 => "CERT_ACCEPTED",
        /// A connection's certificate was refused.
        CertRejected = 2 => "CERT_REJECTED",
        /// A person's roles changed.
        RoleChanged = 3 => "ROLE_CHANGED",
        /// The wall clock and hub time part.
        ClockSkew = 10 => "CLOCK_SKEW",
        /// No term calendar was known.
        CalendarUnknown = 11 => "CALENDAR_UNKNOWN",
        /// A sharing rule could not be evaluated.
        PolicyError = 12 => "POLICY_ERROR",
        /// A rota changed.
        RotaChanged = 14 => "ROTA_CHANGED",
        /// The directory changed.
        DirectoryChanged = 15 => "DIRECTORY_CHANGED",
        /// Configuration changed.
        ConfigChanged = 17 => "CONFIG_CHANGED",
        /// The store was restored from a backup.
        StoreRestored = 18 => "STORE_RESTORED",
        /// An alert was taken.
        AlertSubmitted = 30 => "ALERT_SUBMITTED",
        /// An alert, or one field of it, was refused.
        AlertRejected = 31 => "ALERT_REJECTED",
        /// An urgent alert was taken with gaps.
        AlertIncomplete = 32 => "ALERT_INCOMPLETE",
        /// The sender filled the gaps.
        AlertCompleted = 33 => "ALERT_COMPLETED",
        /// An episode got news.
        AlertUpdated = 34 => "ALERT_UPDATED",
        /// The sender's priority or risk and the hub's differ.
        PriorityMismatch = 36 => "PRIORITY_MISMATCH",
        /// It fits a kind of its own.
        KindMismatch = 87 => "KIND_MISMATCH",
        /// The sender was reminded of an incomplete alert.
        Chased = 38 => "CHASED",
        /// The sender corrected an alert.
        AlertCorrected = 39 => "ALERT_CORRECTED",
        /// A referrer does not agree with a decision.
        DisagreementRaised = 40 => "DISAGREEMENT_RAISED",
        /// A delivery was recalled, or cancelled because a correction took its place.
        Recalled = 41 => "RECALLED",
        /// The hub makes no copy of a delivery any more, and nobody is known to have opened it.
        WithdrawnBeforeOpen = 42 => "WITHDRAWN_BEFORE_OPEN",
        /// A recipient whose people have seen it was asked to stop.
        StopRequested = 43 => "STOP_REQUESTED",
        /// The recipient has stopped.
        StopConfirmed = 44 => "STOP_CONFIRMED",
        /// Recipients were computed.
        RouteComputed = 50 => "ROUTE_COMPUTED",
        /// A lawful basis was accepted for a recipient.
        BasisAccepted = 51 => "BASIS_ACCEPTED",
        /// A sharing row withheld the alert from a recipient.
        BasisRefused = 52 => "BASIS_REFUSED",
        /// A refusal was overridden.
        RefusalOverridden = 53 => "REFUSAL_OVERRIDDEN",
        /// Fields were cut from a copy.
        RedactionApplied = 55 => "REDACTION_APPLIED",
        /// A conflict of interest changed the route.
        CoiApplied = 56 => "COI_APPLIED",
        /// Committed to the inbox.
        Queued = 70 => "QUEUED",
        /// Handed out; recorded before the copy leaves.
        Delivered = 71 => "DELIVERED",
        /// The partner system stored it.
        Confirmed = 72 => "CONFIRMED",
        /// It could not be delivered.
        DeliveryFailed = 73 => "DELIVERY_FAILED",
        /// A named person saw it.
        Opened = 74 => "OPENED",
        /// A named person took it.
        Acknowledged = 75 => "ACKNOWLEDGED",
        /// A named person declined it.
        Declined = 76 => "DECLINED",
        /// Passed on within the agency.
        Forwarded = 77 => "FORWARDED",
        /// A rung of the ladder was called.
        Escalated = 78 => "ESCALATED",
        /// Taken over by a senior person outside the agency.
        TakenOver = 79 => "TAKEN_OVER",
        /// A task was created.
        TaskCreated = 80 => "TASK_CREATED",
        /// A task is done, or no longer needed.
        TaskDone = 81 => "TASK_DONE",
        /// A notice was sent.
        NoticeSent = 82 => "NOTICE_SENT",
        /// A deadline is near.
        DeadlineWarned = 83 => "DEADLINE_WARNED",
        /// A deadline passed.
        DeadlineMissed = 84 => "DEADLINE_MISSED",
        /// The look-out copies were purged.
        LookoutPurged = 86 => "LOOKOUT_PURGED",
        /// Sharing was considered and decided against.
        NotSharedRecorded = 93 => "NOT_SHARED_RECORDED",
        /// The front door said how much an alert says about a person (domain 3.12); the reason is what it said.
        SignificanceSet = 95 => "SIGNIFICANCE_SET",
        /// A power or an order has ended of itself.
        Expired = 90 => "EXPIRED",
        /// Consent was recorded.
        ConsentRecorded = 100 => "CONSENT_RECORDED",
        /// Consent was refused.
        ConsentRefused = 101 => "CONSENT_REFUSED",
        /// An agreement was withdrawn.
        ConsentWithdrawn = 150 => "CONSENT_WITHDRAWN",
        /// A delivery was cancelled before its hand-out, because the agreement it rested on was ended.
        CancelledConsent = 151 => "CANCELLED_CONSENT",
        /// Competence was recorded.
        CompetenceRecorded = 103 => "COMPETENCE_RECORDED",
        /// A repeat trigger fired.
        TriggerFired = 110 => "TRIGGER_FIRED",
        /// A repeat trigger was taken back.
        TriggerWithdrawn = 111 => "TRIGGER_WITHDRAWN",
        /// Two alerts about one event were linked under one episode.
        DuplicateLinked = 112 => "DUPLICATE_LINKED",
        /// A human has split such alerts again.
        DuplicateSplit = 113 => "DUPLICATE_SPLIT",
        /// A human must say whether two mentions are one person.
        MatchProposed = 120 => "MATCH_PROPOSED",
        /// Two mentions were linked.
        SubjectLinked = 121 => "SUBJECT_LINKED",
        /// A link was refused or undone.
        SubjectUnlinked = 122 => "SUBJECT_UNLINKED",
        /// The protected-subject register changed.
        SubjectFlagged = 123 => "SUBJECT_FLAGGED",
        /// One NHS number stands for what may be two persons.
        NhsConflict = 124 => "NHS_CONFLICT",
        /// A record was viewed (list, status).
        RecordViewed = 140 => "RECORD_VIEWED",
        /// An access was refused.
        AccessDenied = 144 => "ACCESS_DENIED",
        /// Sealed content was opened by a person.
        SealedViewed = 148 => "SEALED_VIEWED",
        /// Audit entries were read.
        IgReportRun = 160 => "IG_REPORT_RUN",
        /// The audit tree was verified.
        AuditVerified = 174 => "AUDIT_VERIFIED",
        /// The audit tree does not verify.
        AuditBroken = 175 => "AUDIT_BROKEN",
        /// The hub started on this store.
        HubStarted = 190 => "HUB_STARTED",
        /// The hub stopped in order.
        HubStopped = 191 => "HUB_STOPPED",
    }
}

code_list! {
    /// How it went (domain 7.2).
    EventOutcome {
        /// As asked.
        Success = 1 => "SUCCESS",
        /// Refused.
        Denied = 2 => "DENIED",
        /// Failed.
        Error = 3 => "ERROR",
    }
}

code_list! {
    /// Why a field is not in a copy (domain 3.4).
    RedactionReason {
        /// Not needed by this recipient.
        MinNecessary = 1 => "MIN_NECESSARY",
        /// No basis to share it with this recipient.
        NoBasis = 2 => "NO_BASIS",
        /// About somebody else.
        ThirdParty = 3 => "THIRD_PARTY",
        /// Sealed: opened by a named person only.
        Sealed = 4 => "SEALED",
    }
}

/// One thing that a commit caused. Fields that do not apply are empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// How it went.
    pub outcome: EventOutcome,
    /// The alert it is about.
    pub alert: Option<AlertId>,
    /// The delivery's number within the alert.
    pub delivery: Option<u32>,
    /// The episode.
    pub episode: Option<EpisodeId>,
    /// The people, by random reference.
    pub subjects: Vec<SubjectRef>,
    /// Field paths that were shown.
    pub fields_viewed: Vec<String>,
    /// Field paths that were cut or refused, with the reason.
    pub fields_redacted: Vec<(String, RedactionReason)>,
    /// Field paths a refusal names.
    pub fields_refused: Vec<String>,
    /// Rules that fired; for sharing the deciding row first.
    pub rules: Vec<Rule>,
    /// The recipient agency.
    pub recipient: Option<AgencyCode>,
    /// The recipient's mailbox.
    pub mailbox: Option<MailboxId>,
    /// The view a copy was cut by.
    pub view: Option<View>,
    /// The version of the view tables.
    pub view_version: Option<u32>,
    /// The version of the rules.
    pub policy_version: Option<u32>,
    /// Basis code, e.g. `6E`.
    pub basis: Option<String>,
    /// A deadline set or missed.
    pub deadline: Option<Deadline>,
    /// Rung of the ladder, 1–4.
    pub level: Option<u8>,
    /// A number: sequence numbers, sizes, versions.
    pub count: Option<u64>,
    /// A stable reason code, e.g. `IDEMPOTENCY_KEY_REUSED`.
    pub reason: Option<String>,
    /// The person it is about, by opaque id, where that is not who acted (ROLE_CHANGED, DIRECTORY_CHANGED).
    pub person: Option<UserId>,
    /// The roles that person holds from now on, or would hold.
    pub roles: Vec<Role>,
    /// The commitment to an alert's content (ALERT_SUBMITTED): HMAC-SHA-256 of the bytes as received, under the
    /// key that the stored receipt gives the sender. With an answer: to the words that came with it.
    pub content: Option<[u8; 32]>,
}

impl Event {
    /// A successful event of this kind; set the fields that apply.
    #[must_use]
    pub const fn new(id: EventId, kind: EventKind) -> Self {
        Self {
            id,
            kind,
            outcome: EventOutcome::Success,
            alert: None,
            delivery: None,
            episode: None,
            subjects: Vec::new(),
            fields_viewed: Vec::new(),
            fields_redacted: Vec::new(),
            fields_refused: Vec::new(),
            rules: Vec::new(),
            recipient: None,
            mailbox: None,
            view: None,
            view_version: None,
            policy_version: None,
            basis: None,
            deadline: None,
            level: None,
            count: None,
            reason: None,
            person: None,
            roles: Vec::new(),
            content: None,
        }
    }

    /// A refused event with its stable reason.
    #[must_use]
    pub fn denied(id: EventId, kind: EventKind, reason: &str) -> Self {
        Self {
            outcome: EventOutcome::Denied,
            reason: Some(reason.to_owned()),
            ..Self::new(id, kind)
        }
    }

    /// About this alert.
    #[must_use]
    pub const fn about(mut self, alert: AlertId, episode: EpisodeId) -> Self {
        self.alert = Some(alert);
        self.episode = Some(episode);
        self
    }

    /// About this delivery to this mailbox.
    #[must_use]
    pub fn to(mut self, delivery: u32, mailbox: &MailboxId) -> Self {
        self.delivery = Some(delivery);
        self.recipient = AgencyCode::try_from(mailbox.agency_code()).ok();
        self.mailbox = Some(mailbox.clone());
        self
    }

    /// By these rules.
    #[must_use]
    pub fn by_rules(mut self, rules: &[Rule]) -> Self {
        self.rules = rules.to_vec();
        self
    }
}

/// By whom an entry was caused; taken from the permit, never from a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// How the hub knows.
    pub how: ActorHow,
    /// The acting agency; none for the hub.
    pub agency: Option<AgencyCode>,
    /// The agency's system, where one called.
    pub system: Option<SystemName>,
    /// The person, by opaque id.
    pub user: Option<UserId>,
    /// The role used.
    pub role: Option<Role>,
    /// The hub's task, where the hub acted.
    pub driver: Option<Driver>,
    /// SHA-256 of the certificate.
    pub fingerprint: Option<[u8; 32]>,
}

impl Actor {
    /// The actor that `principal` is, acting in `role`.
    #[must_use]
    pub fn of(principal: &Principal, role: Option<Role>) -> Self {
        let mut actor = Self {
            how: principal.how(),
            agency: principal.agency().cloned(),
            system: None,
            user: principal.person().map(|person| person.user.clone()),
            role,
            driver: None,
            fingerprint: None,
        };
        match principal {
            Principal::System { system, fingerprint, .. } => {
                actor.system = Some(system.clone());
                actor.fingerprint = Some(*fingerprint);
            }
            Principal::User { fingerprint, .. } => actor.fingerprint = Some(*fingerprint),
            Principal::Hub(driver) => actor.driver = Some(*driver),
        }
        actor
    }
}

/// One leaf of the audit tree before it is recorded: who, when, and the ordered events of one commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryDraft {
    /// By whom.
    pub actor: Actor,
    /// Hub time of the decision.
    pub at: Timestamp,
    /// What happened, in order; never empty.
    pub events: Vec<Event>,
}
