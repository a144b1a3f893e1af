//! The lawful basis recorded beside a delivery (domain 6.2, 6.4).

use crate::domain::decision::Basis6;
use crate::domain::directory::AgencyType;

use super::super::validation::SharingStanding;
use super::Case;

/// A basis and whether the hub filled it in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Basis {
    pub(super) code: Basis6,
    pub(super) provisional: bool,
}

/// The sender's basis where its record is coherent, else PROVISIONAL: 6E for a public authority, 6EA for
/// anybody else. It fills in a basis; it never supplies an agreement that a row needs.
pub(super) fn of(case: &Case<'_>) -> Basis {
    let provisional = match case.context.sender.kind {
        AgencyType::Public => Basis6::PublicTask,
        AgencyType::Vcs | AgencyType::Independent => Basis6::RecognisedInterest,
    };
    match (case.validated.sharing, case.submission.sharing.basis6.known()) {
        (SharingStanding::Coherent, Some(code)) => Basis { code, provisional: false },
        (SharingStanding::Coherent, None) | (SharingStanding::Provisional, _) => {
            Basis { code: provisional, provisional: true }
        }
    }
}
