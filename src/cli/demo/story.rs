//! The story as data: who sends what and when, who takes it, and what must come of it.
//!
//! The evenings are the acceptance scenarios of domain section 9; every recipient, priority and deadline here is
//! written by hand from them and compared with what the hubs do.

use crate::domain::principal::Role;

/// Part of the story, on one hub.
pub(super) struct Chapter {
    /// The scenario.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) steps: &'static [Step],
}

/// What happens next.
pub(super) enum Step {
    /// Hub time moves to this instant.
    At(&'static str),
    /// The teller says this.
    Tell(&'static str),
    /// An agency's system sends an alert; then every agency looks into its mailbox.
    Send(Sending),
    /// A person on duty takes what the agency received of the alert of this name.
    Take(&'static str, &'static str),
    /// People of these agencies take everything that still waits, in every mailbox of theirs.
    TakeAll(&'static [&'static str]),
    /// The sender asks what became of its alert.
    Follow(&'static str, &'static str),
    /// An agency looks into a mailbox that is not its duty desk's.
    Look(&'static str, &'static str),
    /// A steward of identities looks at what waits: exactly these claims.
    Queue(&'static [Claim]),
    /// A steward says that two mentions are one person.
    Link(Linking),
}

/// A person of an alert: how the story calls it, and the place among its persons from 0.
pub(super) type Mention = (&'static str, u32);

/// What the hub claims about two mentions, as the steward sees it.
pub(super) struct Claim {
    /// The alert whose persons were compared with those known.
    pub(super) of: &'static str,
    pub(super) other: Mention,
    pub(super) rule: &'static str,
    pub(super) state: &'static str,
}

/// A steward's decision.
pub(super) struct Linking {
    pub(super) one: Mention,
    pub(super) other: Mention,
    /// The reason with which the hub must refuse it; none: it must hold.
    pub(super) refused: Option<&'static str>,
}

/// One submission.
pub(super) struct Sending {
    /// How the story calls it.
    pub(super) name: &'static str,
    pub(super) by: &'static str,
    /// The sample's file name.
    pub(super) sample: &'static str,
    /// The alert whose episode it belongs to.
    pub(super) joins: Option<&'static str>,
    /// The incomplete alert it completes.
    pub(super) completes: Option<&'static str>,
    /// The alert it corrects, and the field that was wrong.
    pub(super) corrects: Option<(&'static str, &'static str)>,
    /// Somebody of this role with a certificate of their own sends it; none: the agency's system.
    pub(super) role: Option<Role>,
    /// Fields that come back though the rest is taken.
    pub(super) without: &'static [&'static str],
    /// Tasks that go with it, about the alert and without its content.
    pub(super) tasks: &'static [Due],
    pub(super) outcome: Outcome,
}

impl Sending {
    /// Sent by the agency's system, and nothing more to say.
    pub(super) const fn plain(
        (name, by): (&'static str, &'static str),
        sample: &'static str,
        outcome: Outcome,
    ) -> Self {
        Self {
            name,
            by,
            sample,
            joins: None,
            completes: None,
            corrects: None,
            role: None,
            without: &[],
            tasks: &[],
            outcome,
        }
    }

    /// In the episode of this alert.
    pub(super) const fn joining(self, alert: &'static str) -> Self {
        Self { joins: Some(alert), ..self }
    }

    /// With these tasks.
    pub(super) const fn with_tasks(self, tasks: &'static [Due]) -> Self {
        Self { tasks, ..self }
    }
}

/// What must come of a submission.
pub(super) enum Outcome {
    /// Refused, naming fields that end so. Nobody receives anything.
    Refused(&'static [&'static str]),
    /// Taken whole, and delivered to exactly these.
    Accepted(&'static [Due]),
    /// Taken with gaps, and delivered to these at least.
    Incomplete(&'static [Due]),
    /// It completes another; whoever had that one has it again.
    Completes,
}

/// What one recipient must get.
pub(super) struct Due {
    pub(super) mailbox: &'static str,
    pub(super) priority: &'static str,
    /// By when a named person must have taken it; none where nobody must.
    pub(super) by: Option<&'static str>,
    /// The deadline beyond taking it that its copy states: name and instant. None: it must state none.
    pub(super) later: Option<(&'static str, &'static str)>,
}

impl Due {
    pub(super) const fn later(self, name: &'static str, at: &'static str) -> Self {
        Self { later: Some((name, at)), ..self }
    }
}

pub(super) const fn due(mailbox: &'static str, priority: &'static str, by: &'static str) -> Due {
    Due { mailbox, priority, by: Some(by), later: None }
}

pub(super) const fn informed(mailbox: &'static str, priority: &'static str) -> Due {
    Due { mailbox, priority, by: None, later: None }
}

/// S01, S08, S03, S05 and S02, one after the other on one hub.
pub(super) const AUTUMN: &[Chapter] = &[S01, S08, S03, S05, S02];

/// 72 elapsed hours after Ellie-Test came back on Saturday, across the change of clocks.
const RETURN_INTERVIEW: &str = "2026-10-27T09:00:00+00:00";

const S01: Chapter = Chapter {
    id: "S01",
    title: "Friday 23 October 2026: missing overnight",
    steps: &[
        Step::At("2026-10-23T22:40:00+01:00"),
        Step::Tell(
            "Ellie-Test, 14, has not come home from school. The police grade the risk MEDIUM and report it. The \
             front door is closed, so the Emergency Duty Team is asked; A&E gets a look-out and no more.",
        ),
        Step::Send(Sending::plain(
            ("reported", "MERPOL"),
            "s01-missing-reported.json",
            Outcome::Accepted(&[
                due("EDT", "P2", "2026-10-23T23:40:00+01:00"),
                due("CADT", "P4", "2026-10-26T17:00:00+00:00"),
                due("SAFERFUT", "P3", "2026-10-26T13:00:00+00:00"),
                due("WUTH-AED", "P3", "2026-10-24T02:40:00+01:00"),
            ]),
        )),
        Step::At("2026-10-23T22:55:00+01:00"),
        Step::Take("WUTH-AED", "reported"),
        Step::At("2026-10-23T23:05:00+01:00"),
        Step::Take("EDT", "reported"),
        Step::Follow("MERPOL", "reported"),
        Step::At("2026-10-24T10:12:00+01:00"),
        Step::Tell(
            "Saturday at ten she is back. The police say so; whoever knew of it hears of it, the look-out ends, and \
             72 hours begin for the return home interview, across the night the clocks go back.",
        ),
        Step::Send(
            Sending::plain(
                ("found", "MERPOL"),
                "s01-missing-found.json",
                Outcome::Accepted(&[
                    due("EDT", "P3", "2026-10-24T14:12:00+01:00")
                        .later("rhiDueAt", RETURN_INTERVIEW),
                    due("CADT", "P3", "2026-10-26T13:00:00+00:00")
                        .later("rhiDueAt", RETURN_INTERVIEW),
                    due("SAFERFUT", "P3", "2026-10-26T13:00:00+00:00")
                        .later("rhiDueAt", RETURN_INTERVIEW),
                    informed("WUTH-AED", ""),
                ]),
            )
            .joining("reported"),
        ),
        Step::At("2026-10-24T10:30:00+01:00"),
        Step::TakeAll(&["EDT", "WUTH-AED"]),
        Step::At("2026-10-26T09:10:00+00:00"),
        Step::Tell("Monday morning the offices open."),
        Step::TakeAll(&["CADT", "SAFERFUT"]),
        Step::Follow("MERPOL", "found"),
        Step::Tell(
            "Nobody records an interview in this story: at 72 hours the hub says that none was.",
        ),
        Step::At("2026-10-27T09:15:00+00:00"),
        Step::TakeAll(&["CADT", "SAFERFUT", "EDT"]),
    ],
};

const S08: Chapter = Chapter {
    id: "S08",
    title: "Friday 30 October 2026: Operation Stay Safe, and no legal power",
    steps: &[
        Step::At("2026-10-30T22:55:00+00:00"),
        Step::Tell(
            "A patrol found Sam, 14, drunk in a park, and took him to a staffed place because he agreed. His mother has \
             collected him. No power was used, so nobody says \"police protection\", no 72 hours run, and nothing wakes \
             the night team.",
        ),
        Step::Send(Sending::plain(
            ("staysafe", "MERPOL"),
            "s08-place-of-safety.json",
            Outcome::Accepted(&[
                due("CADT", "P3", "2026-11-02T13:00:00+00:00"),
                informed("AREA-07", "P5"),
            ]),
        )),
        Step::At("2026-11-02T09:30:00+00:00"),
        Step::Take("CADT", "staysafe"),
        Step::Follow("MERPOL", "staysafe"),
    ],
};

const S03: Chapter = Chapter {
    id: "S03",
    title: "Sunday 8 November 2026: a 15-year-old accepts help",
    steps: &[
        Step::At("2026-11-08T03:10:00+00:00"),
        Step::Tell(
            "Orla, 15, came to A&E after drinking. She is sober, goes home with a parent, and agrees to an \
             appointment with Response; she was found able to decide this herself. No risk marker, so neither the \
             front door nor the police hear of it.",
        ),
        Step::Send(Sending::plain(
            ("attended", "WUTH-AED"),
            "s03-alcohol-attendance.json",
            Outcome::Accepted(&[
                due("RESPONSE", "P4", "2026-11-09T17:00:00+00:00")
                    .later("contactDueAt", "2026-11-11T17:00:00+00:00"),
                informed("WCHC-019", "P5"),
                due("WUTH-SG", "P4", "2026-11-09T17:00:00+00:00"),
            ]),
        )),
        Step::At("2026-11-09T09:20:00+00:00"),
        Step::Take("RESPONSE", "attended"),
        Step::Take("WUTH-SG", "attended"),
        Step::Follow("WUTH-AED", "attended"),
    ],
};

const S05: Chapter = Chapter {
    id: "S05",
    title: "Saturday 14 November 2026: Gold, three children, one unborn",
    steps: &[
        Step::At("2026-11-14T00:40:00+00:00"),
        Step::Tell(
            "An assault at home: Dana, pregnant, with Tilly, 8, and Noah, 3, in the house. The police grade it GOLD. \
             One notification; each recipient gets its own part of it.",
        ),
        Step::Send(Sending::plain(
            ("gold", "MERPOL"),
            "s05-domestic-abuse-gold.json",
            Outcome::Accepted(&[
                due("EDT", "P2", "2026-11-14T01:40:00+00:00"),
                due("CADT", "P4", "2026-11-16T17:00:00+00:00"),
                due("FSU", "P2", "2026-11-16T10:00:00+00:00"),
                due("MIDW", "P2", "2026-11-14T01:40:00+00:00"),
                due("WCHC-019", "P3", "2026-11-16T13:00:00+00:00"),
                due("MARAC", "P3", "2026-11-16T13:00:00+00:00")
                    .later("maracReferralExpectedAt", "2026-11-18T17:00:00+00:00"),
                due("SCH-900101", "P3", "2026-11-16T08:30:00+00:00"),
            ]),
        )),
        Step::At("2026-11-14T00:55:00+00:00"),
        Step::Take("EDT", "gold"),
        Step::At("2026-11-14T01:45:00+00:00"),
        Step::Tell(
            "The ward is busy: nobody has taken it at maternity. Its duty manager is called.",
        ),
        Step::Look("MIDW", "MIDW/manager"),
        Step::Follow("MERPOL", "gold"),
        Step::At("2026-11-14T01:50:00+00:00"),
        Step::Take("MIDW", "gold"),
        Step::At("2026-11-16T08:05:00+00:00"),
        Step::Tell("Monday before school: the safeguarding lead reads it before Tilly comes in."),
        Step::Take("SCH-900101", "gold"),
        Step::At("2026-11-16T09:10:00+00:00"),
        Step::TakeAll(&["CADT", "FSU", "MARAC", "WCHC-019", "MIDW"]),
        Step::Follow("MERPOL", "gold"),
    ],
};

const S02: Chapter = Chapter {
    id: "S02",
    title: "Thursday 19 November 2026: a flag, a quarter past two, and nobody at the desk",
    steps: &[
        Step::At("2026-11-19T02:15:00+00:00"),
        Step::Tell(
            "Jaydon, 15, is missing again, and somebody may be using him to carry drugs. The police write MEDIUM; with \
             that flag the hub's own minimum is HIGH, so it goes out at P1, to be taken within 15 minutes.",
        ),
        Step::Send(
            Sending::plain(
                ("flagged", "MERPOL"),
                "s02-missing-reported.json",
                Outcome::Accepted(&[
                    due("EDT", "P1", "2026-11-19T02:30:00+00:00"),
                    due("WUTH-AED", "P2", "2026-11-19T03:15:00+00:00"),
                    due("SAFERFUT", "P3", "2026-11-19T13:00:00+00:00"),
                    due("CADT", "P4", "2026-11-19T17:00:00+00:00"),
                    informed("AREA-05", "P5"),
                ]),
            )
            // The front door is asked what else must happen for a child with such a flag.
            .with_tasks(&[due("CADT", "P3", "2026-11-19T13:00:00+00:00")]),
        ),
        Step::At("2026-11-19T02:47:00+00:00"),
        Step::Tell(
            "Both on duty are out on a call. At 02:30 the hub calls their duty manager, at 02:45 their safeguarding \
             lead. Both may read it; beyond the team nobody would be shown a name.",
        ),
        Step::Look("EDT", "EDT/manager"),
        Step::Take("WUTH-AED", "flagged"),
        Step::At("2026-11-19T02:52:00+00:00"),
        Step::Tell(
            "The manager reached them. It is taken before the head of service is called at 03:15.",
        ),
        Step::Take("EDT", "flagged"),
        Step::Follow("MERPOL", "flagged"),
        Step::At("2026-11-19T09:00:00+00:00"),
        Step::Tell(
            "A sighting, and again MEDIUM. Nobody of the rank that may lower a high risk has signed: the sighting goes \
             out, the downgrade comes back. The hospital is not told the place.",
        ),
        Step::Send(
            Sending {
                without: &["missing.downgrade_by"],
                ..Sending::plain(
                    ("sighting", "MERPOL"),
                    "s02-missing-updated.json",
                    Outcome::Accepted(&[
                        due("EDT", "P3", "2026-11-19T13:00:00+00:00"),
                        due("CADT", "P3", "2026-11-19T13:00:00+00:00"),
                        due("SAFERFUT", "P3", "2026-11-19T13:00:00+00:00"),
                        due("WUTH-AED", "P3", "2026-11-19T13:00:00+00:00"),
                        informed("AREA-05", "P5"),
                    ]),
                )
            }
            .joining("flagged"),
        ),
        Step::At("2026-11-19T09:20:00+00:00"),
        Step::TakeAll(&["CADT", "SAFERFUT", "WUTH-AED", "EDT"]),
    ],
};

macro_rules! sample_file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../docs/samples/alerts/", $name)))
    };
}

/// The sample alerts that the story plays, and some more for the reader to send.
pub(super) const SAMPLES: &[(&str, &str)] = &[
    sample_file!("s01-missing-reported.json"),
    sample_file!("s01-missing-found.json"),
    sample_file!("s02-missing-reported.json"),
    sample_file!("s02-missing-updated.json"),
    sample_file!("s03-alcohol-attendance.json"),
    sample_file!("s05-domestic-abuse-gold.json"),
    sample_file!("s06a-rejected.json"),
    sample_file!("s06a-corrected.json"),
    sample_file!("s06b-incomplete.json"),
    sample_file!("s06b-completed.json"),
    sample_file!("s07-marac-referral.json"),
    sample_file!("s07-repeat.json"),
    sample_file!("s08-place-of-safety.json"),
    sample_file!("s09-referral.json"),
    sample_file!("s09-decision.json"),
    sample_file!("s13-referral.json"),
    sample_file!("s13-no-number.json"),
    sample_file!("s13-swapped-number.json"),
    sample_file!("s13-right-number.json"),
    sample_file!("s17-alcohol-attendance.json"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::year::YEAR;
    use super::*;
    use crate::cli::certs::PARTNERSHIP;

    #[test]
    fn time_goes_forward_only_within_each_hub() {
        for hub in [YEAR, AUTUMN] {
            let steps = hub.iter().flat_map(|chapter| chapter.steps);
            let times: Vec<jiff::Timestamp> = steps
                .filter_map(|step| match step {
                    Step::At(at) => Some(at.parse().unwrap()),
                    Step::Tell(_)
                    | Step::Send(_)
                    | Step::Take(..)
                    | Step::TakeAll(_)
                    | Step::Follow(..)
                    | Step::Look(..)
                    | Step::Queue(_)
                    | Step::Link(_) => None,
                })
                .collect();
            assert!(times.is_sorted(), "{times:?}");
        }
    }

    #[test]
    fn everybody_and_every_sample_of_the_story_exists() {
        for hub in [YEAR, AUTUMN] {
            let mut names = BTreeSet::new();
            for step in hub.iter().flat_map(|chapter| chapter.steps) {
                exists(step, &mut names);
            }
        }
    }

    /// A later chapter may come back to an alert of an earlier one on the same hub.
    fn exists(step: &Step, names: &mut BTreeSet<&'static str>) {
        match step {
            Step::Send(sending) => {
                assert!(PARTNERSHIP.contains(&sending.by), "{}", sending.by);
                let known = SAMPLES.iter().any(|(name, _)| *name == sending.sample);
                assert!(known, "{}", sending.sample);
                assert!(names.insert(sending.name), "{} twice", sending.name);
                let others = [sending.joins, sending.completes, sending.corrects.map(|it| it.0)];
                assert!(others.iter().flatten().all(|other| names.contains(other)));
            }
            Step::Take(agency, name) | Step::Follow(agency, name) => {
                assert!(PARTNERSHIP.contains(agency), "{agency}");
                assert!(names.contains(name), "{name} is taken before it is sent");
            }
            Step::TakeAll(agencies) => {
                assert!(agencies.iter().all(|agency| PARTNERSHIP.contains(agency)));
            }
            Step::Look(agency, mailbox) => assert!(mailbox.starts_with(agency)),
            Step::Queue(claims) => {
                assert!(
                    claims.iter().all(|it| names.contains(it.of) && names.contains(it.other.0))
                );
            }
            Step::Link(link) => assert!(names.contains(link.one.0) && names.contains(link.other.0)),
            Step::At(_) | Step::Tell(_) => {}
        }
    }
}
