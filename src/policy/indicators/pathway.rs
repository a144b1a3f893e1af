//! PATH, the risk-taking pathway, and the part of NI 70 that the hub can see.

use super::facts::{Attendance, Cohort, Known, Source};
use super::figure::{Figure, Fold, Indicator, Value, if_told, length, sift};
use super::report::Asked;

const ATTENDED: Indicator = Indicator::new("PATH", "attended, under 16");
const OFFERED: Indicator = Indicator::new("PATH", "offered");
const TOOK_UP: Indicator = Indicator::new("PATH", "took up");
const ENGAGED: Indicator = Indicator::new("PATH", "engaged");
const OFFERED_OF_ATTENDED: Indicator = Indicator::new("PATH", "offered of attended");
const TOOK_UP_OF_OFFERED: Indicator = Indicator::new("PATH", "took up of offered");
const TOOK_UP_OF_ATTENDED: Indicator = Indicator::new("PATH", "took up of attended");
const ENGAGED_OF_TOOK_UP: Indicator = Indicator::new("PATH", "engaged of took up");
const ENGAGED_OF_ATTENDED: Indicator = Indicator::new("PATH", "engaged of attended");
const ADMITTED: Indicator =
    Indicator::new("Alcohol injury", "admissions under 18 with alcohol and an injury, residents");
const ADMITTED_RATE: Indicator = Indicator::new(
    "Alcohol injury",
    "admissions under 18 with alcohol and an injury, for 10,000 residents of 0-17",
);

/// The funnel of the under-16s: each stage of the one before, and of those who attended.
pub(super) fn figures(known: &Known<Attendance>, asked: &Asked) -> Vec<Figure> {
    let all = [ATTENDED, OFFERED, TOOK_UP, ENGAGED];
    if_told(known, &all, |attendances| {
        let by: (fn(&Attendance) -> &Source, Fold) = (|it| &it.source, Fold::ByEpisode);
        let sifted = sift(attendances, by, |attendance| {
            attendance.cohort == Cohort::U16 && asked.period.holds(attendance.attended_on)
        });
        let attended: Vec<&Source> = sifted.kept.iter().map(|it| &it.source).collect();
        let stage = |of: fn(&Attendance) -> Option<bool>| Stage::of(&sifted.kept, of);
        let (offered, took_up, engaged) =
            (stage(|it| it.offered), stage(|it| it.took_up), stage(|it| it.engaged));
        let whole = Stage { counted: Some(attended.clone()), is_partial: false };
        let figures = vec![
            ATTENDED.count(&attended),
            offered.count(OFFERED),
            took_up.count(TOOK_UP),
            engaged.count(ENGAGED),
            offered.share(OFFERED_OF_ATTENDED, &whole),
            took_up.share(TOOK_UP_OF_OFFERED, &offered),
            took_up.share(TOOK_UP_OF_ATTENDED, &whole),
            engaged.share(ENGAGED_OF_TOOK_UP, &took_up),
            engaged.share(ENGAGED_OF_ATTENDED, &whole),
        ];
        figures.into_iter().map(|figure| figure.leaving_out(&sifted.left_out)).collect()
    })
}

/// One stage of the funnel: nothing where not one attendance says so or not.
struct Stage<'a> {
    counted: Option<Vec<&'a Source>>,
    is_partial: bool,
}

impl<'a> Stage<'a> {
    fn of(kept: &[&'a Attendance], of: fn(&Attendance) -> Option<bool>) -> Self {
        let recorded = kept.iter().filter(|attendance| of(attendance).is_some()).count();
        let counted = kept.iter().filter(|attendance| of(attendance) == Some(true));
        let counted: Vec<&Source> = counted.map(|attendance| &attendance.source).collect();
        Self {
            counted: (recorded > 0 || kept.is_empty()).then_some(counted),
            is_partial: recorded > 0 && recorded < kept.len(),
        }
    }

    fn count(&self, indicator: Indicator) -> Figure {
        match &self.counted {
            Some(counted) => indicator.count(counted).noting_if(self.gap()),
            None => indicator.without(Value::NotRecorded),
        }
    }

    fn share(&self, indicator: Indicator, of: &Self) -> Figure {
        match (&self.counted, &of.counted) {
            (Some(counted), Some(all)) => {
                indicator.percent(counted, all).noting_if(self.gap().or(of.gap()))
            }
            (None, _) | (_, None) => indicator.without(Value::NotRecorded),
        }
    }

    fn gap(&self) -> Option<&'static str> {
        self.is_partial.then_some("not recorded for some attendances: these count as no")
    }
}

/// Admissions with an injury: a part of what NI 70 counts from hospital episode statistics, and never called so.
pub(super) fn injury(known: &Known<Attendance>, asked: &Asked) -> Vec<Figure> {
    const PART: &str =
        "alcohol-related injuries seen by the hub only; not all emergency admissions";

    if_told(known, &[ADMITTED, ADMITTED_RATE], |attendances| {
        let by: (fn(&Attendance) -> &Source, Fold) = (|it| &it.source, Fold::ByEpisode);
        let sifted = sift(attendances, by, |attendance| {
            asked.period.holds(attendance.attended_on)
                && attendance.admitted != Some(false)
                && attendance.injured != Some(false)
        });
        let is_told = |it: &&&Attendance| it.admitted.is_some() && it.injured.is_some();
        if sifted.kept.iter().any(|it| !is_told(&it)) {
            let why = "admission and injury are sealed with each attendance";
            let line = |indicator: Indicator| indicator.without(Value::NotComputable(why));
            return vec![line(ADMITTED), line(ADMITTED_RATE)];
        }
        let residents = sifted.kept.iter().filter(|it| it.resident == Some(true));
        let counted: Vec<&Source> = residents.map(|it| &it.source).collect();
        let unknown = sifted.kept.iter().any(|it| it.resident.is_none());
        let note = unknown.then_some("some admissions with an unknown home are not counted");
        let rate = match asked.population_0_to_17 {
            Some(population) => {
                ADMITTED_RATE.rate(length(&counted), population, 10_000).resting_on(&counted)
            }
            None => ADMITTED_RATE.without(Value::NotComputable(
                "the resident population of 0-17 was not given: it is not hub data",
            )),
        };
        [ADMITTED.count(&counted), rate]
            .into_iter()
            .map(|figure| figure.leaving_out(&sifted.left_out).noting(PART).noting_if(note))
            .collect()
    })
}
