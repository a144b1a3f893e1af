//! The bank holiday data of this deployment: put in force at the start, watched for its end.

use std::sync::Mutex;

use jiff::civil::Date;

use super::StartError;
use crate::calendar::{BankHolidays, DataEnds, OnlyIn, local_date};
use crate::config;
use crate::domain::Timestamp;

/// Puts the configured file in force; without one the list built in stays.
pub(super) fn put_in_force(configured: &config::Calendar) -> Result<(), StartError> {
    let Some(path) = configured.bank_holidays.as_ref() else { return Ok(()) };
    let text = std::fs::read_to_string(path)
        .map_err(|source| StartError::CalendarFile { path: path.clone(), source })?;
    let refused = |source| StartError::Calendar { path: path.clone(), source };
    let holidays = BankHolidays::deployed(&text).map_err(refused)?;
    for (day, only_in) in holidays.differences(holidays.compiled()) {
        match only_in {
            OnlyIn::Data => {
                tracing::info!(%day, "a bank holiday by the file and not by the standing rules");
            }
            OnlyIn::Rules => {
                tracing::info!(%day, "a bank holiday by the standing rules and not by the file");
            }
        }
    }
    let (compiled, ends_on) = (holidays.compiled(), holidays.ends_on());
    holidays.put_in_force().map_err(refused)?;
    tracing::info!(%compiled, %ends_on, "the bank holiday file is in force");
    Ok(())
}

/// Watches how far the data in force reaches.
pub(super) struct Reach {
    warn_days: u32,
    /// The local date of the last alarm.
    told_on: Mutex<Option<Date>>,
}

impl Reach {
    pub(super) const fn new(warn_days: u32) -> Self {
        Self { warn_days, told_on: Mutex::new(None) }
    }

    /// The end of the data when it is near and nobody was told today.
    pub(super) fn run_once(&self, now: Timestamp) -> Option<DataEnds> {
        let today = local_date(now.to_jiff());
        let ends = BankHolidays::in_force().ends_within(today, self.warn_days)?;
        // A poisoned lock holds a date all the same.
        let mut told_on = self.told_on.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_news = told_on.replace(today) != Some(today);
        is_news.then_some(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<jiff::Timestamp>().unwrap())
    }

    fn configured(text: &str) -> (tempfile::TempDir, config::Calendar) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("bank-holidays.tsv");
        std::fs::write(&path, text).unwrap();
        (place, config::Calendar { bank_holidays: Some(path), ..config::Calendar::default() })
    }

    fn said(error: &StartError) -> String {
        let source = std::error::Error::source(error).unwrap().to_string();
        format!("{error}: {source}")
    }

    #[test]
    fn the_end_is_told_once_a_day_and_not_before_it_is_near() {
        let reach = Reach::new(180);

        assert_eq!(reach.run_once(at("2028-07-04T12:00:00Z")), None);
        assert!(reach.run_once(at("2028-07-05T12:00:00Z")).is_some());
        assert_eq!(reach.run_once(at("2028-07-05T12:00:00Z")), None, "told today");
        assert_eq!(reach.run_once(at("2028-07-05T22:59:00Z")), None, "still that day in London");
        assert!(reach.run_once(at("2028-07-05T23:00:00Z")).is_some());
        assert!(reach.run_once(at("2031-01-01T12:00:00Z")).is_some(), "after its end");
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_name_its_line_and_the_rule() {
        let (_place, calendar) = configured("compiled\t2026-11-22\nno date\n");

        let said = said(&put_in_force(&calendar).unwrap_err());

        assert!(said.contains("bank-holidays.tsv is refused: line 2 of"), "{said}");
        assert!(said.ends_with("is not a date, a tab and a name"), "{said}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let calendar = config::Calendar {
            bank_holidays: Some("/nowhere/bank-holidays.tsv".into()),
            ..config::Calendar::default()
        };

        let error = put_in_force(&calendar).unwrap_err().to_string();

        assert_eq!(error, "the bank holiday file /nowhere/bank-holidays.tsv cannot be read");
    }

    #[test]
    fn the_list_built_in_may_be_named_as_a_file() {
        let text = include_str!("../calendar/bank-holidays-england-and-wales.tsv");
        let (_place, calendar) = configured(text);

        put_in_force(&calendar).unwrap();

        assert_eq!(BankHolidays::in_force(), BankHolidays::bundled());
    }
}
