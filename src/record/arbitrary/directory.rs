//! Every shape the directory's records can have, for the property tests.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{agency, date, dates, instant, mailbox, roles, system, text, user};
use crate::domain::Letter;
use crate::domain::directory::{
    Agency, AgencyType, Cover, Directory, Mailbox, MailboxRole, PartnershipChange,
    PartnershipProposal, RoleProposal, RotaSlot, School, UserEntry,
};
use crate::domain::id::ProposalId;

fn inbox() -> impl Strategy<Value = Mailbox> {
    let slot = (instant(), instant(), user(), option::of(user()));
    let slot = slot.prop_map(|(from, until, user, deputy)| RotaSlot { from, until, user, deputy });
    (mailbox(), select(MailboxRole::ALL), text(), text(), select(Cover::ALL), vec(slot, 0..3))
        .prop_map(|(id, role, phone, fallback, cover, rota)| Mailbox {
            id,
            role,
            phone,
            fallback,
            cover,
            rota,
        })
}

fn member() -> impl Strategy<Value = Agency> {
    let person = (roles(), any::<bool>()).prop_map(|(roles, active)| UserEntry { roles, active });
    (
        agency(),
        text(),
        select(AgencyType::ALL),
        select(Letter::ALL),
        option::of(text()),
        vec(system(), 0..3),
        btree_map(user(), person, 0..3),
        vec(inbox(), 0..3),
    )
        .prop_map(|raw| Agency {
            code: raw.0,
            name: raw.1,
            kind: raw.2,
            letter: raw.3,
            organisation: raw.4,
            systems: raw.5,
            users: raw.6,
            mailboxes: raw.7,
        })
}

fn school() -> impl Strategy<Value = School> {
    let serving = (option::of(agency()), option::of(agency()));
    ("[0-9]{6}", serving, dates(), vec(date(), 0..3), any::<bool>()).prop_map(
        |(urn, (agency, area), terms, inset, nursery)| School {
            urn,
            agency,
            terms,
            inset,
            nursery,
            area,
        },
    )
}

fn proposal() -> impl Strategy<Value = RoleProposal> {
    (any::<[u8; 16]>(), agency(), user(), roles(), user(), instant()).prop_map(|raw| RoleProposal {
        id: ProposalId::from_bytes(raw.0),
        agency: raw.1,
        user: raw.2,
        roles: raw.3,
        proposed_by: raw.4,
        proposed_at: raw.5,
    })
}

fn partnership_change() -> impl Strategy<Value = PartnershipChange> {
    prop_oneof![
        member().prop_map(|agency| PartnershipChange::AddAgency(Box::new(agency))),
        (agency(), text())
            .prop_map(|(agency, name)| PartnershipChange::RenameAgency { agency, name }),
        school().prop_map(|school| PartnershipChange::SetSchool(Box::new(school))),
        dates().prop_map(PartnershipChange::SetSchoolHolidays),
    ]
}

fn partnership_proposal() -> impl Strategy<Value = PartnershipProposal> {
    (any::<[u8; 16]>(), agency(), user(), instant(), partnership_change()).prop_map(|raw| {
        PartnershipProposal {
            id: ProposalId::from_bytes(raw.0),
            agency: raw.1,
            proposed_by: raw.2,
            proposed_at: raw.3,
            change: raw.4,
        }
    })
}

pub(in crate::record) fn directory() -> impl Strategy<Value = Directory> {
    (
        any::<u64>(),
        vec(member(), 0..3),
        btree_map(text(), agency(), 0..3),
        btree_map(text(), agency(), 0..3),
        vec(school(), 0..3),
        option::of(dates()),
        vec(proposal(), 0..3),
        vec(partnership_proposal(), 0..3),
    )
        .prop_map(|raw| Directory {
            version: raw.0,
            agencies: raw.1.into_iter().map(|row| (row.code.clone(), row)).collect(),
            areas: raw.2,
            uprns: raw.3,
            schools: raw
                .4
                .into_iter()
                .map(|row| (row.urn.clone(), row))
                .collect::<BTreeMap<_, _>>(),
            school_holidays: raw.5,
            proposals: raw.6,
            partnership_proposals: raw.7,
        })
}
