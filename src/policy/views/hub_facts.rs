//! What the hub adds to an alert in its copies; `HubFacts` of the contract.

use super::ViewError;
use super::table::{self, numbers};
use super::tree::{Content, Item, Node};
use crate::domain::submission::RiskBand;
use crate::domain::{Risk, Timestamp};
use crate::policy::triggers::{MaracDates, MaracRepeat};

/// Something the hub notes about an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HubNote {
    /// `occurred_at` is more than 7 days before the hub took it (domain 3.3).
    Late,
    /// The sender's times were unusable (GAP1).
    ClockSkew,
    /// The sharing record is provisional (domain 6.4).
    ProvisionalBasis,
    /// Found, identity not confirmed (domain 3.5).
    FoundUnconfirmed,
    /// The area is a school's: no home is known (domain 5.4).
    AreaInferred,
    /// The PRIMARY is an adult, in a kind that may be about a child.
    AdultPrimary,
    /// A referral within 12 calendar months of the one before (T6).
    ReReferral,
}

/// What the hub found out about an alert. Cut like the rest: each value reaches only the letters it is for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HubFacts {
    /// When the hub took the alert.
    pub received_at: Option<Timestamp>,
    /// What is to be noted about it.
    pub notes: Vec<HubNote>,
    /// Areas derived from the home address (domain 5.4).
    pub area: Vec<String>,
    /// The risk taken where the sender's contradicted itself (GAP2).
    pub effective_risk: Option<Risk>,
    /// The band taken where the sender's contradicted its own score (GAP2).
    pub effective_risk_band: Option<RiskBand>,
    /// When the return home interview is due.
    pub rhi_due_at: Option<Timestamp>,
    /// Years at attendance.
    pub age_at_attendance: Option<u32>,
    /// Markers derived from other fields: numbers of `RiskMarker` in the contract.
    pub added_risk_markers: Vec<u32>,
    /// Operation Encompass: school URN and by when it must know.
    pub encompass: Vec<(String, Timestamp)>,
    /// By when the young people's service should have made contact.
    pub contact_due_at: Option<Timestamp>,
    /// How many minutes late a return home interview was held.
    pub interview_late_minutes: Option<u32>,
    /// By when a referral to the MARAC is expected.
    pub marac_referral_expected_at: Option<Timestamp>,
    /// By when police protection ends.
    pub s46_expires_at: Option<Timestamp>,
    /// By when detention under the Mental Health Act ends.
    pub s136_ends_at: Option<Timestamp>,
    /// The same where a doctor extends it.
    pub s136_latest_at: Option<Timestamp>,
    /// By when the front door must have decided, and the statutory limit beside it.
    pub decision_due: Option<(Timestamp, Timestamp)>,
    /// By when an assessment is due.
    pub assessment_due_at: Option<Timestamp>,
    /// Whom a referrer contacts in the place of whoever was named.
    pub feedback_contact: Option<String>,
    /// By when a question is to be answered.
    pub answer_due_at: Option<Timestamp>,
    /// Until which day the flag of a MARAC case stays.
    pub flag_until: Option<jiff::civil::Date>,
    /// By when research for the MARAC is due.
    pub marac_research_due_at: Option<Timestamp>,
    /// What an earlier alert about the same event says differently, as paths (domain 5.9).
    pub duplicate_differences: Vec<String>,
    /// Whether the pair of a notification was referred to the MARAC before (T4).
    pub marac_repeat: Option<MaracRepeat>,
    /// Notifications about the pair in 12 calendar months, with this one (T5).
    pub escalation_count: Option<u32>,
    /// When the pair was last referred to the MARAC, and last heard, before this alert.
    pub marac_before: MaracDates,
}

impl HubFacts {
    /// The encoded `HubFacts`, to be sealed beside the alert.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.node().map(|node| node.encode()).unwrap_or_default()
    }

    /// The way back from [`Self::encode`].
    ///
    /// # Errors
    /// When the bytes are not an encoded `HubFacts`.
    pub fn decode(bytes: &[u8]) -> Result<Self, ViewError> {
        use numbers::field::encompass::{DUE_AT, SCHOOL_URN};
        use numbers::field::hub_facts as number;
        let message = table::message_named("HubFacts").ok_or(ViewError::AlertMalformed)?;
        let node = Node::decode(message, bytes).map_err(|_malformed| ViewError::AlertMalformed)?;
        let noted = [
            (number::LATE, HubNote::Late),
            (number::CLOCK_SKEW, HubNote::ClockSkew),
            (number::PROVISIONAL_BASIS, HubNote::ProvisionalBasis),
            (number::FOUND_UNCONFIRMED, HubNote::FoundUnconfirmed),
            (number::AREA_INFERRED, HubNote::AreaInferred),
            (number::ADULT_PRIMARY, HubNote::AdultPrimary),
            (number::RE_REFERRAL, HubNote::ReReferral),
        ];
        let number_of = |field: u32| node.values(field).find_map(|value| u32::try_from(value).ok());
        let settings = node.nodes(number::ENCOMPASS).filter_map(|setting| {
            Some((setting.text(SCHOOL_URN).to_owned(), millis(setting.node(DUE_AT)?)?))
        });
        Ok(Self {
            received_at: node.node(number::RECEIVED_AT).and_then(millis),
            notes: noted
                .into_iter()
                .filter_map(|(field, note)| node.is_true(field).then_some(note))
                .collect(),
            area: node
                .all(number::AREA)
                .filter_map(|area| area.text().map(str::to_owned))
                .collect(),
            effective_risk: number_of(number::EFFECTIVE_RISK).and_then(Risk::from_code),
            effective_risk_band: number_of(number::EFFECTIVE_RISK_BAND)
                .and_then(RiskBand::from_code),
            rhi_due_at: node.node(number::RHI_DUE_AT).and_then(millis),
            age_at_attendance: number_of(number::AGE_AT_ATTENDANCE),
            added_risk_markers: node
                .values(number::ADDED_RISK_MARKERS)
                .filter_map(|value| u32::try_from(value).ok())
                .collect(),
            encompass: settings.collect(),
            contact_due_at: node.node(number::CONTACT_DUE_AT).and_then(millis),
            interview_late_minutes: number_of(number::INTERVIEW_LATE_MINUTES),
            marac_referral_expected_at: node
                .node(number::MARAC_REFERRAL_EXPECTED_AT)
                .and_then(millis),
            s46_expires_at: node.node(number::S46_EXPIRES_AT).and_then(millis),
            s136_ends_at: node.node(number::S136_ENDS_AT).and_then(millis),
            s136_latest_at: node.node(number::S136_LATEST_AT).and_then(millis),
            decision_due: node
                .node(number::DECISION_DUE_AT)
                .and_then(millis)
                .zip(node.node(number::DECISION_LIMIT_AT).and_then(millis)),
            assessment_due_at: node.node(number::ASSESSMENT_DUE_AT).and_then(millis),
            feedback_contact: node
                .all(number::FEEDBACK_CONTACT)
                .find_map(|contact| contact.text().map(str::to_owned)),
            answer_due_at: node.node(number::ANSWER_DUE_AT).and_then(millis),
            flag_until: node.text(number::FLAG_UNTIL).parse().ok(),
            marac_research_due_at: node.node(number::MARAC_RESEARCH_DUE_AT).and_then(millis),
            duplicate_differences: node
                .all(number::DUPLICATE_DIFFERENCES)
                .filter_map(|path| path.text().map(str::to_owned))
                .collect(),
            marac_repeat: number_of(number::MARAC_REPEAT).and_then(MaracRepeat::from_code),
            escalation_count: number_of(number::ESCALATION_COUNT_12M),
            marac_before: MaracDates {
                last_referral: node.text(number::LAST_MARAC_REFERRAL_AT).parse().ok(),
                last_meeting: node.text(number::LAST_HEARD_AT).parse().ok(),
            },
        })
    }

    pub(super) fn node(&self) -> Option<Node> {
        use numbers::field::hub_facts as number;
        let mut node = Node { message: table::message_named("HubFacts")?, items: Vec::new() };
        put(&mut node, number::RECEIVED_AT, self.received_at.and_then(instant));
        for note in &self.notes {
            let field = match note {
                HubNote::Late => number::LATE,
                HubNote::ClockSkew => number::CLOCK_SKEW,
                HubNote::ProvisionalBasis => number::PROVISIONAL_BASIS,
                HubNote::FoundUnconfirmed => number::FOUND_UNCONFIRMED,
                HubNote::AreaInferred => number::AREA_INFERRED,
                HubNote::AdultPrimary => number::ADULT_PRIMARY,
                HubNote::ReReferral => number::RE_REFERRAL,
            };
            put(&mut node, field, Some(Content::Varint(1)));
        }
        for area in &self.area {
            put(&mut node, number::AREA, Some(Content::of_text(area)));
        }
        let risk = self.effective_risk.map(|risk| Content::Varint(u64::from(risk.code())));
        put(&mut node, number::EFFECTIVE_RISK, risk);
        let band = self.effective_risk_band.map(|band| Content::Varint(u64::from(band.code())));
        put(&mut node, number::EFFECTIVE_RISK_BAND, band);
        put(&mut node, number::RHI_DUE_AT, self.rhi_due_at.and_then(instant));
        let age = self.age_at_attendance.map(|age| Content::Varint(u64::from(age)));
        put(&mut node, number::AGE_AT_ATTENDANCE, age);
        for marker in &self.added_risk_markers {
            let marker = Content::Varint(u64::from(*marker));
            put(&mut node, number::ADDED_RISK_MARKERS, Some(marker));
        }
        for (urn, due_at) in &self.encompass {
            put(&mut node, number::ENCOMPASS, encompass(urn, *due_at));
        }
        put(&mut node, number::CONTACT_DUE_AT, self.contact_due_at.and_then(instant));
        let expected = self.marac_referral_expected_at.and_then(instant);
        put(&mut node, number::MARAC_REFERRAL_EXPECTED_AT, expected);
        let late = self.interview_late_minutes.map(|late| Content::Varint(u64::from(late)));
        put(&mut node, number::INTERVIEW_LATE_MINUTES, late);
        put(&mut node, number::S46_EXPIRES_AT, self.s46_expires_at.and_then(instant));
        put(&mut node, number::S136_ENDS_AT, self.s136_ends_at.and_then(instant));
        put(&mut node, number::S136_LATEST_AT, self.s136_latest_at.and_then(instant));
        let (due, limit) = self.decision_due.unzip();
        put(&mut node, number::DECISION_DUE_AT, due.and_then(instant));
        put(&mut node, number::DECISION_LIMIT_AT, limit.and_then(instant));
        put(&mut node, number::ASSESSMENT_DUE_AT, self.assessment_due_at.and_then(instant));
        let contact = self.feedback_contact.as_deref().map(Content::of_text);
        put(&mut node, number::FEEDBACK_CONTACT, contact);
        put(&mut node, number::ANSWER_DUE_AT, self.answer_due_at.and_then(instant));
        let flag = self.flag_until.map(|day| Content::of_text(&day.to_string()));
        put(&mut node, number::FLAG_UNTIL, flag);
        let research = self.marac_research_due_at.and_then(instant);
        put(&mut node, number::MARAC_RESEARCH_DUE_AT, research);
        for path in &self.duplicate_differences {
            put(&mut node, number::DUPLICATE_DIFFERENCES, Some(Content::of_text(path)));
        }
        self.put_repeats(&mut node);
        Some(node)
    }
}

impl HubFacts {
    fn put_repeats(&self, node: &mut Node) {
        use numbers::field::hub_facts as number;
        let repeat = self.marac_repeat.map(|repeat| Content::Varint(u64::from(repeat.code())));
        put(node, number::MARAC_REPEAT, repeat);
        let count = self.escalation_count.map(|count| Content::Varint(u64::from(count)));
        put(node, number::ESCALATION_COUNT_12M, count);
        let day =
            |day: Option<jiff::civil::Date>| day.map(|day| Content::of_text(&day.to_string()));
        put(node, number::LAST_MARAC_REFERRAL_AT, day(self.marac_before.last_referral));
        put(node, number::LAST_HEARD_AT, day(self.marac_before.last_meeting));
    }
}

fn put(node: &mut Node, number: u32, content: Option<Content>) {
    if let (Some(field), Some(content)) = (node.message.field(number), content) {
        node.items.push(Item { field, content });
    }
}

fn encompass(urn: &str, due_at: Timestamp) -> Option<Content> {
    use numbers::field::encompass::{DUE_AT, SCHOOL_URN};
    let mut node = Node { message: table::message_named("Encompass")?, items: Vec::new() };
    put(&mut node, SCHOOL_URN, Some(Content::of_text(urn)));
    put(&mut node, DUE_AT, instant(due_at));
    Some(Content::Node(node))
}

/// The instant of an encoded `Instant`.
fn millis(instant: &Node) -> Option<Timestamp> {
    let stamp = instant.node(numbers::field::instant::AT)?;
    let number = |field| stamp.all(field).find_map(Content::signed).unwrap_or_default();
    let seconds = number(SECONDS).checked_mul(1_000)?;
    Some(Timestamp::from_millis(seconds.checked_add(number(NANOS).checked_div(1_000_000)?)?))
}

/// Field numbers of `google.protobuf.Timestamp`.
const SECONDS: u32 = 1;
const NANOS: u32 = 2;

/// An `Instant` in UTC.
fn instant(at: Timestamp) -> Option<Content> {
    let seconds = at.as_millis().div_euclid(1_000);
    let nanos = at.as_millis().rem_euclid(1_000).saturating_mul(1_000_000);
    let mut stamp = Node { message: table::message_named("Timestamp")?, items: Vec::new() };
    put(&mut stamp, SECONDS, Some(Content::Varint(seconds.cast_unsigned())));
    put(&mut stamp, NANOS, (nanos > 0).then(|| Content::Varint(nanos.cast_unsigned())));
    let mut node = Node { message: table::message_named("Instant")?, items: Vec::new() };
    put(&mut node, numbers::field::instant::AT, Some(Content::Node(stamp)));
    Some(Content::Node(node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_back() {
        let facts = HubFacts {
            received_at: Some(Timestamp::from_millis(1_795_420_800_123)),
            notes: vec![HubNote::Late, HubNote::FoundUnconfirmed, HubNote::AreaInferred],
            area: vec!["AREA-03".into(), "LA-341".into()],
            effective_risk: Some(Risk::High),
            effective_risk_band: Some(RiskBand::HighGold),
            rhi_due_at: Some(Timestamp::from_millis(-1)),
            age_at_attendance: Some(0),
            added_risk_markers: vec![1, 12],
            encompass: vec![("900101".into(), Timestamp::from_millis(0))],
            contact_due_at: Some(Timestamp::from_millis(1_000)),
            interview_late_minutes: Some(30),
            marac_referral_expected_at: Some(Timestamp::from_millis(1_001)),
            s46_expires_at: Some(Timestamp::from_millis(1_002)),
            s136_ends_at: Some(Timestamp::from_millis(1_003)),
            s136_latest_at: Some(Timestamp::from_millis(1_004)),
            decision_due: Some((Timestamp::from_millis(1_002), Timestamp::from_millis(1_003))),
            assessment_due_at: Some(Timestamp::from_millis(1_004)),
            feedback_contact: Some("CADT, 0151 496 0100".into()),
            answer_due_at: Some(Timestamp::from_millis(1_006)),
            flag_until: Some(jiff::civil::date(2027, 2, 28)),
            marac_research_due_at: Some(Timestamp::from_millis(1_005)),
            duplicate_differences: vec!["alert.envelope.subjects[].dob".to_owned()],
            marac_repeat: Some(MaracRepeat::Unknown),
            escalation_count: Some(3),
            marac_before: MaracDates {
                last_referral: Some(jiff::civil::date(2025, 11, 20)),
                last_meeting: Some(jiff::civil::date(2025, 12, 4)),
            },
        };

        assert_eq!(HubFacts::decode(&facts.encode()).unwrap(), facts);
        assert_eq!(HubFacts::decode(&HubFacts::default().encode()).unwrap(), HubFacts::default());
        assert!(HubFacts::decode(&[0xFF]).is_err());
    }
}
