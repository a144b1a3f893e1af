//! Where a person lives, as far as routing may know (domain 5.4).
//!
//! Never resolves a SAFE address: it is not among the facts. Where any subject has one, the area is sealed
//! and no old address stands in for it.

use crate::domain::AgencyCode;
use crate::domain::directory::Directory;
use crate::domain::submission::{
    AddressFact, AddressType, Bool3, LookedAfter, SchoolFact, SubjectFacts, Submission,
};

use super::partners;

/// Where the alert's subjects live.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Area {
    /// A subject has a SAFE address: AREA-SEALED. No area inbox is routed.
    Sealed,
    /// The areas and councils, ascending; empty when the front door decides.
    /// Codes such as `AREA-03` or `LA-341`.
    Known(Vec<AgencyCode>),
    /// The same, but of one person at least it is the school that says so: no home is known.
    Inferred(Vec<AgencyCode>),
}

impl Area {
    /// The Area Teams' codes; none when sealed.
    pub fn teams(&self) -> impl Iterator<Item = &AgencyCode> {
        self.starting_with("AREA-")
    }

    /// Other councils' codes; none when sealed.
    pub fn councils(&self) -> impl Iterator<Item = &AgencyCode> {
        self.starting_with("LA-")
    }

    fn starting_with(&self, prefix: &'static str) -> impl Iterator<Item = &AgencyCode> {
        let codes = match self {
            Self::Sealed => [].as_slice(),
            Self::Known(codes) | Self::Inferred(codes) => codes.as_slice(),
        };
        codes.iter().filter(move |code| code.as_str().starts_with(prefix))
    }

    /// The codes as copies show them.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        match self {
            Self::Sealed => vec![super::views::AREA_SEALED.to_owned()],
            Self::Known(codes) | Self::Inferred(codes) => {
                codes.iter().map(ToString::to_string).collect()
            }
        }
    }
}

/// The area of an alert: that of its PRIMARY; in domestic abuse of every subject.
#[must_use]
pub fn resolve(submission: &Submission, directory: &Directory) -> Area {
    if submission.subjects.iter().any(|person| person.has_safe_address) {
        return Area::Sealed;
    }
    let people: Vec<&SubjectFacts> = if submission.domestic_abuse().is_none() {
        submission.primary().into_iter().collect()
    } else {
        submission.subjects.iter().collect()
    };
    let mut codes = Vec::new();
    let mut is_inferred = false;
    for person in people {
        let homes = homes(person, directory);
        if homes.is_empty() {
            let school = area_of_school(person, directory);
            is_inferred |= school.is_some();
            codes.extend(school);
        }
        codes.extend(homes);
    }
    if submission.envelope.looked_after.is(LookedAfter::Yes)
        && let Some(council) = submission.envelope.responsible_la.get()
        && council != partners::WIRRAL
    {
        codes.extend(partners::responsible_team(council));
    }
    codes.sort();
    codes.dedup();
    if is_inferred { Area::Inferred(codes) } else { Area::Known(codes) }
}

/// The area of a person's school, where no home is known. An address without a place – no fixed abode, a pseudo
/// postcode – is an answer: the front door decides.
fn area_of_school(person: &SubjectFacts, directory: &Directory) -> Option<AgencyCode> {
    let is_placeless = |address: &AddressFact| address.uprn.is_none() && address.district.is_none();
    if person.addresses.iter().any(is_placeless) {
        return None;
    }
    match person.school.get()? {
        SchoolFact::Urn(urn) => directory.schools.get(urn.expose())?.area.clone(),
        SchoolFact::HomeEducated | SchoolFact::NotInEducation => None,
    }
}

/// Whether a child lives in Wirral. Sealed or not known: taken as yes (domain 5.3 R24).
pub(crate) fn lives_in_wirral(person: &SubjectFacts, directory: &Directory) -> bool {
    lives_where(person, directory, |code| !code.as_str().starts_with("LA-"))
}

/// Whether a person lives in Wirral, as figures count it: a home that is sealed, or not known, is not told.
pub(crate) fn is_resident(person: &SubjectFacts, directory: &Directory) -> Bool3 {
    let homes = homes(person, directory);
    if person.has_safe_address || homes.is_empty() {
        Bool3::Unknown
    } else if homes.iter().any(|code| !code.as_str().starts_with("LA-")) {
        Bool3::Yes
    } else {
        Bool3::No
    }
}

/// Whether a child lives in the Merseyside police area (2.1). Sealed or not known: taken as yes.
pub(crate) fn lives_in_police_area(person: &SubjectFacts, directory: &Directory) -> bool {
    let is_in = |code: &AgencyCode| match code.as_str().strip_prefix("LA-") {
        Some(council) => partners::POLICE_AREA.contains(&council),
        None => true,
    };
    lives_where(person, directory, is_in)
}

fn lives_where(
    person: &SubjectFacts,
    directory: &Directory,
    is_in: impl Fn(&AgencyCode) -> bool,
) -> bool {
    if person.has_safe_address {
        return true;
    }
    let homes = homes(person, directory);
    homes.is_empty() || homes.iter().any(is_in)
}

/// The councils outside Wirral where a child lives, by HOME or PLACEMENT; none for a SAFE address (R80).
pub(crate) fn councils_of(person: &SubjectFacts, directory: &Directory) -> Vec<AgencyCode> {
    if person.has_safe_address {
        return Vec::new();
    }
    let is_council = |code: &AgencyCode| code.as_str().starts_with("LA-");
    lasting_homes(person, directory).into_iter().filter(is_council).collect()
}

/// The codes of a person's homes: HOME and PLACEMENT; TEMPORARY only where there is neither.
fn homes(person: &SubjectFacts, directory: &Directory) -> Vec<AgencyCode> {
    let homes = lasting_homes(person, directory);
    if homes.is_empty() { located(person, AddressType::Temporary, directory) } else { homes }
}

/// HOME and PLACEMENT. A looked-after child lives at the placement; the old home says where the family is.
fn lasting_homes(person: &SubjectFacts, directory: &Directory) -> Vec<AgencyCode> {
    let placed = located(person, AddressType::Placement, directory);
    if placed.is_empty() { located(person, AddressType::Home, directory) } else { placed }
}

fn located(person: &SubjectFacts, kind: AddressType, directory: &Directory) -> Vec<AgencyCode> {
    let addresses = person.addresses.iter().filter(|address| address.kind == kind);
    addresses.filter_map(|address| locate(address, directory)).collect()
}

fn locate(address: &AddressFact, directory: &Directory) -> Option<AgencyCode> {
    let by_uprn = address.uprn.as_ref().and_then(|uprn| directory.uprns.get(uprn.expose()));
    let by_postcode =
        || address.district.as_ref().and_then(|outward| directory.areas.get(outward.expose()));
    by_uprn.or_else(by_postcode).cloned()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{AlertBuilder, code, directory, home, missing_child, school};
    use super::*;
    use crate::domain::Redacted;

    fn resolved(alert: AlertBuilder) -> Area {
        resolve(&alert.build(), &directory())
    }

    #[test]
    fn the_home_postcode_names_the_area() {
        assert_eq!(resolved(missing_child().living_in("ZX43")).codes(), ["AREA-03"]);
        assert_eq!(resolved(missing_child().living_in("ZX91")).codes(), ["LA-341"]);
    }

    #[test]
    fn the_property_wins_over_the_postcode() {
        let alert = missing_child().primary(|child| {
            let mut address = home("ZX43");
            address.uprn = Some(Redacted::new("100000000001".to_owned()));
            child.addresses = vec![address];
        });

        assert_eq!(resolved(alert).codes(), ["AREA-07"]);
    }

    #[test]
    fn two_homes_name_two_areas_and_no_fixed_abode_none() {
        let two =
            missing_child().primary(|child| child.addresses = vec![home("ZX41"), home("ZX42")]);
        let none = missing_child().primary(|child| child.addresses.clear());

        assert_eq!(resolved(two).codes(), ["AREA-01", "AREA-02"]);
        assert!(resolved(none).codes().is_empty());
    }

    #[test]
    fn a_school_names_the_area_only_where_no_home_does_and_it_shows() {
        let at = |outward: &[&str]| {
            let addresses = outward.iter().map(|outward| home(outward)).collect();
            missing_child().primary(|child| {
                child.school = school("900102");
                child.addresses = addresses;
            })
        };
        let of_school = vec![code("AREA-05")];

        assert_eq!(resolved(at(&[])), Area::Inferred(of_school.clone()));
        assert_eq!(resolved(at(&["ZX77"])), Area::Inferred(of_school), "not in the table");
        assert_eq!(resolved(at(&["ZX43"])), Area::Known(vec![code("AREA-03")]));
        let no_fixed_abode = at(&["ZX43"]).primary(|child| child.addresses[0].district = None);
        assert_eq!(resolved(no_fixed_abode), Area::Known(vec![]), "the front door decides");
        let elsewhere = at(&[]).primary(|child| child.school = school("900101"));
        assert_eq!(resolved(elsewhere), Area::Known(vec![]), "a school without an area");
        assert_eq!(resolved(at(&[])).teams().count(), 1);
    }

    #[test]
    fn a_looked_after_child_has_the_placement_s_area_and_the_responsible_council() {
        let alert = missing_child().looked_after_by("341").primary(|child| {
            let mut placement = home("ZX45");
            placement.kind = AddressType::Placement;
            child.addresses = vec![home("ZX91"), placement];
        });

        assert_eq!(resolved(alert).codes(), ["AREA-05", "LA-341"]);
    }

    #[test]
    fn a_safe_address_seals_the_area_and_the_old_home_does_not_stand_in() {
        let area = resolved(missing_child().living_in("ZX44").primary(|child| {
            child.has_safe_address = true;
        }));

        assert_eq!(area, Area::Sealed);
        assert_eq!(area.teams().count(), 0);
    }
}
