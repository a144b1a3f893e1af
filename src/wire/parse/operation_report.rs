//! Reads the part of OPERATION_REPORT (domain 3.9). That it names nobody: [`super::person_data`].

use super::reader::{At, Reader, up_to};
use crate::domain::AgencyCode;
use crate::domain::submission::{Need, OperationReportFacts, path};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);

/// More young people than one operation meets.
const COUNT_MAX: u32 = 10_000;

const AREAS_MAX: usize = 8;
const AGENCIES_MAX: usize = 20;
const SERVICES_MAX: usize = 6;

/// Reads the part.
pub(super) fn operation_report(
    reader: &mut Reader,
    raw: &v1::OperationReport,
) -> OperationReportFacts {
    let at = At::root(path::OPERATION_REPORT);
    let operation = at.field("operation_id");
    let facts = OperationReportFacts {
        operation_id: reader.text(operation, &raw.operation_id, up_to(40), REQUIRED),
        date: reader.date(at.field("date"), &raw.date, REQUIRED),
        areas: codes(reader, at, ("areas", AREAS_MAX), &raw.areas),
        engaged: count(reader, at.field("engaged_count"), raw.engaged_count, REQUIRED),
        agencies: codes(reader, at, ("agencies", AGENCIES_MAX), &raw.agencies).len(),
        moved: count(
            reader,
            at.field("moved_to_place_of_safety"),
            raw.moved_to_place_of_safety,
            REQUIRED,
        ),
        powers_used: count(reader, at.field("powers_used_count"), raw.powers_used_count, REQUIRED),
    };
    count(reader, at.field("alcohol_seized"), raw.alcohol_seized, None);
    referrals(reader, at, &raw.referrals_by_type);
    facts
}

fn count(
    reader: &mut Reader,
    at: At<'_>,
    raw: Option<u32>,
    need: Option<Need>,
) -> crate::domain::submission::Given<u32> {
    reader.number(at, raw, 0..=COUNT_MAX, need)
}

fn codes(
    reader: &mut Reader,
    at: At<'_>,
    (name, max): (&'static str, usize),
    raw: &[String],
) -> Vec<AgencyCode> {
    let list = at.field(name);
    if raw.is_empty() {
        reader.absent(list, REQUIRED);
    }
    reader.count(list, raw.len(), max);
    let listed = raw.iter().take(max).enumerate();
    let read = listed.filter_map(|(index, code)| {
        let code = reader.id::<AgencyCode>(at.item(name, index), code, Some(Need::Format));
        code.get().cloned()
    });
    read.collect()
}

fn referrals(reader: &mut Reader, at: At<'_>, raw: &[v1::ReferralCount]) {
    reader.count(at.field("referrals_by_type"), raw.len(), SERVICES_MAX);
    let listed = raw.iter().take(SERVICES_MAX).enumerate();
    for (index, referral) in listed {
        let at = at.item("referrals_by_type", index);
        let to = reader.listed::<v1::Onward>(at.field("to"), referral.to, REQUIRED);
        count(reader, at.field("count"), referral.count, REQUIRED);
        if to.is_some() && raw.iter().take(index).any(|earlier| earlier.to == referral.to) {
            reader.malformed(at.field("to"), reason::DUPLICATE);
        }
    }
}
