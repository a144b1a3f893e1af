//! The indicator service: figures for an analyst.

use jiff::civil::Date;
use tonic::{Request, Response, Status};

use super::{Edge, status};
use crate::indicators::{Asked, IndicatorsError, Period, SelfAssessment};
use crate::wire::v1::indicator_service_server::IndicatorService;
use crate::wire::{render, v1};

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
