//! PATH, the risk-taking pathway, and the part of NI 70 that the hub can see.

use super::facts::{AgeGroup, Attendance, Known, Source};
use super::figure::{Exclusion, Figure, Fold, Indicator, Value, if_told, length, sift};
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
        let by: (fn(&Attendance) -> &Source, Fold<Attendance>) = (|it| &it.source, Fold::ByEpisode);
        let sifted = sift(attendances, by, |attendance| {
            let is_of_it = matches!(attendance.ages, AgeGroup::Under16 | AgeGroup::Unknown);
            is_of_it && asked.period.holds(attendance.source.counted_on(attendance.attended_on))
        });
        let (kept, unknown): (Vec<&Attendance>, Vec<&Attendance>) =
            sifted.kept.iter().partition(|it| it.ages == AgeGroup::Under16);
        let unknown = Exclusion::of("age not known", unknown.iter().map(|it| &it.source));
        let attended: Vec<&Source> = kept.iter().map(|it| &it.source).collect();
        let stage = |of: fn(&Attendance) -> Option<bool>| Stage::of(&kept, of);
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
        let left_out = [sifted.left_out, vec![unknown]].concat();
        figures.into_iter().map(|figure| figure.leaving_out(&left_out)).collect()
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
        let by: (fn(&Attendance) -> &Source, Fold<Attendance>) = (|it| &it.source, Fold::ByEpisode);
        let sifted = sift(attendances, by, |attendance| {
            asked.period.holds(attendance.source.counted_on(attendance.attended_on))
        });
        let (grown_up, young): (Vec<&Attendance>, Vec<&Attendance>) =
            sifted.kept.iter().partition(|it| it.ages == AgeGroup::Adult);
        if !young.is_empty() && young.iter().all(|it| it.injury_admission.is_none()) {
            let why = "no attendance says whether it was an admission with an injury";
            let line = |indicator: Indicator| indicator.without(Value::NotComputable(why));
            return vec![line(ADMITTED), line(ADMITTED_RATE)];
        }
        let of =
            |wanted: Option<bool>| young.iter().filter(move |it| it.injury_admission == wanted);
        let living = |wanted| of(Some(true)).filter(move |it| it.resident == wanted);
        let counted: Vec<&Source> = living(Some(true)).map(|it| &it.source).collect();
        let left_out = [
            Exclusion::of("18 or over", grown_up.iter().map(|it| &it.source)),
            Exclusion::of("admission or injury not told", of(None).map(|it| &it.source)),
            Exclusion::of("home not known, or sealed", living(None).map(|it| &it.source)),
        ];
        let rate = match asked.population_0_to_17 {
            Some(population) => {
                ADMITTED_RATE.rate(length(&counted), population, 10_000).resting_on(&counted)
            }
            None => ADMITTED_RATE.without(Value::NotComputable(
                "the resident population of 0-17 was not given: it is not hub data",
            )),
        };
        let left_out = [sifted.left_out.as_slice(), &left_out].concat();
        [ADMITTED.count(&counted), rate]
            .into_iter()
            .map(|figure| figure.leaving_out(&left_out).noting(PART))
            .collect()
    })
}
