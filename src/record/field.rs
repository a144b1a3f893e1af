//! From one stored field to one word of the field.

use crate::domain::after::{RecallReason, RecallStage, Significance};
use crate::domain::alert::{AlertKind, AlertStatus, Priority, Risk, TimerKind, TimerState};
use crate::domain::consent::{Service, Standing};
use crate::domain::counted::{AgeGroup, MaracRepeat, MissingEnd};
use crate::domain::deadline::{Deadline, DeadlineTag};
use crate::domain::decision::{Basis6, ShareOutcome};
use crate::domain::delivery::{AckOutcome, DeclineReason, EndReason, Purpose};
use crate::domain::directory::{AgencyType, Cover, MailboxRole};
use crate::domain::error::{Fault, ParseError};
use crate::domain::event::{EventKind, EventOutcome, RedactionReason};
use crate::domain::identity::{Evidence, Flag, LinkState, MatchClass};
use crate::domain::principal::{ActorHow, Driver};
use crate::domain::referral::{OwnReport, ReferralOutcome, ReferralStatus, ReferrerType};
use crate::domain::submission::{
    AbuseType, AssessmentKind, Bool3, ConsentGiver, ConsentState, MissingCategory, QualityRating,
};
use crate::domain::{Advice, DisagreementStage, Letter, Role, Rule, Stage, Timestamp, View};

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{FORMAT, pb};

/// A closed list whose values are stored by their stable numbers.
pub(super) trait CodeList: Copy + 'static {
    /// The list's name in the published format.
    const LIST: &'static str;

    /// The value with this number.
    fn with_code(code: u32) -> Option<Self>;
}

macro_rules! code_lists {
    ($($list:ident),+ $(,)?) => {
        $(impl CodeList for $list {
            const LIST: &'static str = stringify!($list);

            fn with_code(code: u32) -> Option<Self> {
                Self::from_code(code)
            }
        })+
    };
}

code_lists!(
    AbuseType,
    AckOutcome,
    ActorHow,
    Advice,
    AgeGroup,
    AgencyType,
    AlertKind,
    AlertStatus,
    AssessmentKind,
    Basis6,
    Bool3,
    Cover,
    ConsentGiver,
    ConsentState,
    DeadlineTag,
    DeclineReason,
    DisagreementStage,
    Driver,
    EndReason,
    EventKind,
    EventOutcome,
    Evidence,
    Flag,
    Letter,
    LinkState,
    MailboxRole,
    MaracRepeat,
    OwnReport,
    MatchClass,
    MissingCategory,
    MissingEnd,
    Priority,
    Purpose,
    RecallReason,
    RecallStage,
    RedactionReason,
    QualityRating,
    ReferralOutcome,
    ReferralStatus,
    ReferrerType,
    Risk,
    Role,
    Rule,
    Service,
    Significance,
    ShareOutcome,
    Stage,
    Standing,
    TimerKind,
    TimerState,
    View,
);

pub(super) fn code<T: CodeList>(field: &'static str, code: u32) -> Result<T, RecordError> {
    T::with_code(code).ok_or(RecordError::UnknownCode { field, list: T::LIST })
}

pub(super) fn optional_code<T: CodeList>(
    field: &'static str,
    found: Option<u32>,
) -> Result<Option<T>, RecordError> {
    found.map(|found| code(field, found)).transpose()
}

pub(super) fn codes<T: CodeList>(
    field: &'static str,
    found: Vec<u32>,
) -> Result<Vec<T>, RecordError> {
    found.into_iter().map(|found| code(field, found)).collect()
}

pub(super) fn roles(roles: &[Role]) -> Vec<u32> {
    roles.iter().map(|role| role.code()).collect()
}

pub(super) fn text<T>(field: &'static str, raw: String) -> Result<T, RecordError>
where
    T: TryFrom<String, Error = ParseError>,
{
    T::try_from(raw).map_err(|error| match error.fault {
        Fault::Missing => RecordError::Missing { field },
        Fault::Malformed => RecordError::malformed(field, error.rule),
    })
}

pub(super) fn texts<T>(field: &'static str, raw: Vec<String>) -> Result<Vec<T>, RecordError>
where
    T: TryFrom<String, Error = ParseError>,
{
    raw.into_iter().map(|raw| text(field, raw)).collect()
}

pub(super) fn optional_text<T>(
    field: &'static str,
    raw: Option<String>,
) -> Result<Option<T>, RecordError>
where
    T: TryFrom<String, Error = ParseError>,
{
    raw.map(|raw| text(field, raw)).transpose()
}

pub(super) fn required<T>(field: &'static str, found: Option<T>) -> Result<T, RecordError> {
    found.ok_or(RecordError::Missing { field })
}

/// Exactly `N` bytes: an id (16), a hash or a salt (32), a nonce (12).
pub(super) fn bytes<const N: usize>(
    field: &'static str,
    found: &[u8],
) -> Result<[u8; N], RecordError> {
    let rule = match N {
        12 => "12 bytes",
        16 => "16 bytes",
        32 => "32 bytes",
        _ => "of its fixed length",
    };
    found.try_into().map_err(|_other_length| RecordError::malformed(field, rule))
}

pub(super) fn id<T>(
    field: &'static str,
    found: &[u8],
    from_bytes: fn([u8; 16]) -> T,
) -> Result<T, RecordError> {
    bytes(field, found).map(from_bytes)
}

pub(super) fn ids<T>(
    field: &'static str,
    found: &[Vec<u8>],
    from_bytes: fn([u8; 16]) -> T,
) -> Result<Vec<T>, RecordError> {
    found.iter().map(|found| id(field, found, from_bytes)).collect()
}

pub(super) fn level(field: &'static str, found: u32) -> Result<u8, RecordError> {
    u8::try_from(found).map_err(|_larger| RecordError::malformed(field, "at most 255"))
}

pub(super) fn format(field: &'static str, found: u32) -> Result<(), RecordError> {
    match found {
        0 => Err(RecordError::Missing { field }),
        FORMAT => Ok(()),
        _ => Err(RecordError::Newer { field }),
    }
}

impl Encode for Deadline {
    fn encode(&self, to: &mut Encoder) {
        to.instant(1, self.at.as_millis());
        to.code(2, self.tag.code());
    }
}

impl TryFrom<pb::Deadline> for Deadline {
    type Error = RecordError;

    fn try_from(raw: pb::Deadline) -> Result<Self, Self::Error> {
        Ok(Self { at: Timestamp::from_millis(raw.at), tag: code("Deadline.tag", raw.tag)? })
    }
}
