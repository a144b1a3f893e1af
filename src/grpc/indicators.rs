//! The indicator service: figures for an analyst, and for a reviewer the entries they rest on.

use jiff::civil::Date;
use tonic::{Request, Response, Status};

use super::{Edge, status};
use crate::indicators::{
    Asked, Drill, ENTRIES_OF_PAGE_MAX, EntryCounted, IndicatorsError, Part, Period, SelfAssessment,
};
use crate::wire::v1::indicator_service_server::IndicatorService;
use crate::wire::{render, v1};

/// Entries of a page where the caller asks for no number.
const PAGE_DEFAULT: usize = 100;

#[tonic::async_trait]
impl IndicatorService for Edge {
    async fn get_indicators(
        &self,
        request: Request<v1::GetIndicatorsRequest>,
    ) -> Result<Response<v1::GetIndicatorsResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        // Before the fields are looked at: who may never ask learns nothing from their faults.
        self.indicators.may_ask(&principal).await.map_err(|error| refused(&error))?;
        let asked = asked(self, request.get_ref())?;
        self.timed(async {
            let figures = self.indicators.report(&principal, &asked).await;
            let figures = figures.map_err(|error| refused(&error))?;
            Ok(v1::GetIndicatorsResponse {
                figures: figures.iter().map(render::indicator_figure).collect(),
            })
        })
        .await
    }

    async fn get_indicator_entries(
        &self,
        request: Request<v1::GetIndicatorEntriesRequest>,
    ) -> Result<Response<v1::GetIndicatorEntriesResponse>, Status> {
        let principal = self.principal(&request, "").await?;
        self.indicators.may_drill(&principal).await.map_err(|error| refused(&error))?;
        let request = request.into_inner();
        let report = request.asked.clone().unwrap_or_default();
        let (asked, drill) = (asked(self, &report)?, drill(request)?);
        self.timed(async {
            let page = self.indicators.entries(&principal, (&asked, &drill)).await;
            let page = page.map_err(|error| refused(&error))?;
            let entry = |it: &EntryCounted| v1::IndicatorEntry { index: it.index, times: it.times };
            Ok(v1::GetIndicatorEntriesResponse {
                entries: page.entries.iter().map(entry).collect(),
                next_index: page.next.unwrap_or_default(),
                counted: page.counted,
                definition_version: page.version,
            })
        })
        .await
    }
}

fn drill(request: v1::GetIndicatorEntriesRequest) -> Result<Drill, Status> {
    let part = match request.part() {
        v1::IndicatorPart::Numerator => Part::Numerator,
        v1::IndicatorPart::Denominator => Part::Denominator,
        v1::IndicatorPart::Exclusion => Part::LeftOut(request.why),
        v1::IndicatorPart::Unspecified => {
            return Err(status::of_field("part", "numerator, denominator or exclusion"));
        }
    };
    let limit = match usize::try_from(request.page_size) {
        Ok(0) => PAGE_DEFAULT,
        Ok(size) => size.min(ENTRIES_OF_PAGE_MAX),
        Err(_) => ENTRIES_OF_PAGE_MAX,
    };
    let v1::GetIndicatorEntriesRequest { id, line, from_index, .. } = request;
    Ok(Drill { id, line, part, from_index, limit })
}

fn asked(edge: &Edge, request: &v1::GetIndicatorsRequest) -> Result<Asked, Status> {
    let first = day(&request.first_day, "first_day")?;
    let last = day(&request.last_day, "last_day")?;
    let period = Period::new(first, last).map_err(|_refused| {
        status::of_field("last_day", "a period is at most five years, first day first")
    })?;
    let cut_off = match request.cut_off_day.as_str() {
        "" => last,
        text => day(text, "cut_off_day")?,
    };
    let ni_59_days = match request.ni_59_working_days {
        0 | 7 => 7,
        10 => 10,
        _ => return Err(status::of_field("ni_59_working_days", "7 or 10")),
    };
    let scores: Option<Vec<u8>> =
        request.self_assessment.iter().map(|score| u8::try_from(*score).ok()).collect();
    let self_assessment = match scores {
        Some(scores) if scores.is_empty() => None,
        scores => {
            let wrong = |_| status::of_field("self_assessment", "five scores of 0 to 3 each");
            Some(SelfAssessment::new(&scores.unwrap_or_default()).map_err(wrong)?)
        }
    };
    Ok(Asked {
        cut_off,
        ni_59_days,
        population_0_to_17: Some(request.population_0_to_17).filter(|people| *people > 0),
        self_assessment,
        ..Asked::of(period, edge.indicators.now())
    })
}

fn day(text: &str, field: &str) -> Result<Date, Status> {
    let read = text.parse().ok().filter(|date: &Date| date.to_string() == text);
    read.ok_or_else(|| status::of_field(field, "a day, YYYY-MM-DD"))
}

fn refused(error: &IndicatorsError) -> Status {
    status::log(error.kind(), error.reason(), error);
    status::of(error.kind(), error.reason())
}
