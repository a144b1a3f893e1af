//! The directory file: how a partnership is written down before its first start.
//!
//! Owns the shape of the TOML file. Every violation is told at once, each with its path. The file is read when
//! the store holds no directory yet and never again: from then on the directory changes by recorded commits.
//!
//! A file of the same shape that holds one agency, one school or the table of holidays alone is what a client reads
//! before it proposes to add or replace it ([`PartFile`]).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::draft::{AgencyDraft, Faults, RangeDraft, SchoolDraft};
use super::rules;
use crate::domain::directory::{Agency, Directory, School};
use crate::domain::{AgencyCode, ParseError};

/// The longest directory file, in bytes.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Why a directory file is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FileError {
    /// Longer than [`FILE_BYTES_MAX`].
    #[error("the directory file is longer than 4 MiB")]
    TooLong,
    /// Not TOML of this shape; an unknown or missing field is named.
    #[error("the directory file, line {line}: {message}")]
    Syntax {
        /// From 1.
        line: usize,
        /// What the reader says.
        message: String,
    },
    /// Well-formed, but against the rules; each with its path.
    #[error("the directory file breaks {} rules: {}", .0.len(), told(.0))]
    Violations(Vec<ParseError>),
}

fn told(violations: &[ParseError]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Reads a directory file. The result is at version 1.
///
/// # Errors
/// [`FileError`], with every violation at once.
pub fn parse(text: &str) -> Result<Directory, FileError> {
    let raw: RawDirectory = read_toml(text)?;
    let mut faults = Faults::default();
    let directory = raw.read(&mut faults);
    faults.none_or(Some(directory)).map_err(FileError::Violations)
}

/// Part of a directory file: whatever of it stands in a file of its own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartFile {
    /// Agencies, not yet read.
    #[serde(default)]
    pub agencies: Vec<AgencyDraft>,
    /// Schools, not yet read.
    #[serde(default)]
    pub schools: Vec<SchoolDraft>,
    /// The council's table, not yet read.
    pub school_holidays: Option<Vec<RangeDraft>>,
}

impl PartFile {
    /// Takes the text apart. What it says is judged by the hub that it is proposed to.
    ///
    /// # Errors
    /// When it is too long, or not TOML of this shape.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        read_toml(text)
    }
}

fn read_toml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, FileError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLong);
    }
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|b| *b == b'\n').count().saturating_add(1);
        FileError::Syntax { line, message: error.message().to_owned() }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDirectory {
    /// The format of the file: 1.
    format: u32,
    agencies: Vec<AgencyDraft>,
    #[serde(default)]
    schools: Vec<SchoolDraft>,
    #[serde(default)]
    areas: BTreeMap<String, String>,
    #[serde(default)]
    uprns: BTreeMap<String, String>,
    school_holidays: Option<Vec<RangeDraft>>,
}

impl RawDirectory {
    fn read(self, faults: &mut Faults) -> Directory {
        if self.format != 1 {
            faults.add("format", "1");
        }
        let agencies = read_agencies(&self.agencies, faults);
        let areas = read_areas("areas", &self.areas, &agencies, faults);
        let uprns = read_areas("uprns", &self.uprns, &agencies, faults);
        let schools = read_schools(&self.schools, &agencies, faults);
        let school_holidays = self.school_holidays.map(|ranges| {
            let holidays = faults.ranges("school_holidays", &ranges);
            faults.extend(rules::check_holidays("school_holidays", &holidays));
            holidays
        });
        Directory {
            version: 1,
            agencies,
            areas,
            uprns,
            schools,
            school_holidays,
            ..Directory::default()
        }
    }
}

fn read_agencies(raw: &[AgencyDraft], faults: &mut Faults) -> BTreeMap<AgencyCode, Agency> {
    let mut agencies = BTreeMap::new();
    if raw.len() > rules::AGENCIES_MAX {
        faults.add("agencies", "at most 1000");
    }
    for (index, raw) in raw.iter().enumerate() {
        let path = format!("agencies[{index}]");
        let code = faults.take(&format!("{path}.code"), AgencyCode::try_from(raw.code.as_str()));
        let named = code.as_ref().map_or_else(|| path.clone(), |code| format!("agencies.{code}"));
        let agency = raw.read(&named, code.as_ref(), faults);
        let Some(code) = code else { continue };
        if agencies.contains_key(&code) {
            faults.add(format!("{path}.code"), "given once");
        }
        if let Some(agency) = agency {
            agencies.insert(code, agency);
        }
    }
    agencies
}

fn read_areas(
    field: &str,
    raw: &BTreeMap<String, String>,
    agencies: &BTreeMap<AgencyCode, Agency>,
    faults: &mut Faults,
) -> BTreeMap<String, AgencyCode> {
    let mut areas = BTreeMap::new();
    for (place, code) in raw {
        let path = format!("{field}.{place}");
        let Some(code) = faults.take(&path, AgencyCode::try_from(code.as_str())) else { continue };
        let known_place = match field {
            "uprns" => rules::is_uprn(place),
            _ => rules::is_district(place),
        };
        if !known_place {
            faults.add(path.clone(), "a postcode district such as ZX43, or 1-12 digits of a UPRN");
        }
        if !rules::serves_an_area(&code, agencies) {
            faults.add(path, rules::SERVES_AN_AREA);
        }
        areas.insert(place.clone(), code);
    }
    areas
}

fn read_schools(
    raw: &[SchoolDraft],
    agencies: &BTreeMap<AgencyCode, Agency>,
    faults: &mut Faults,
) -> BTreeMap<String, School> {
    let mut schools = BTreeMap::new();
    if raw.len() > rules::SCHOOLS_MAX {
        faults.add("schools", "at most 5000");
    }
    for (index, raw) in raw.iter().enumerate() {
        let path = format!("schools[{index}]");
        let school = raw.read(&path, agencies, faults);
        if schools.insert(raw.urn.clone(), school).is_some() {
            faults.add(format!("{path}.urn"), "given once");
        }
    }
    schools
}
