//! A year on one hub: S07, S09, S06 and S13, and the repeat that comes back to the first.

use super::story::{Chapter, Claim, Due, Linking, Outcome, Sending, Step, due, informed};
use crate::domain::principal::Role;

/// From November to November.
pub(super) const YEAR: &[Chapter] = &[S07, S09, S06, S13, S07_REPEAT];

const S07: Chapter = Chapter {
    id: "S07",
    title: "Thursday 20 November 2025: a case for the MARAC",
    steps: &[
        Step::At("2025-11-20T10:00:00+00:00"),
        Step::Tell(
            "Rhian's former partner Tomas has found her new flat. The Family Safety Unit refers her to the MARAC, where \
             agencies plan together for those at highest risk; those invited hear of it. For twelve months the case is \
             flagged.",
        ),
        Step::Send(Sending::plain(
            ("referred", "FSU"),
            "s07-marac-referral.json",
            Outcome::Accepted(&[
                due("MARAC", "P3", "2025-11-20T14:00:00+00:00"),
                due("CADT", "P3", "2025-11-20T14:00:00+00:00"),
                due("MERPOL", "P4", "2025-11-20T18:00:00+00:00"),
                due("WCHC-019", "P4", "2025-11-21T10:00:00+00:00"),
            ]),
        )),
        Step::At("2025-11-20T10:30:00+00:00"),
        Step::TakeAll(&["MARAC", "MERPOL", "WCHC-019", "CADT"]),
    ],
};

/// One working day after Thursday 15:00, with Good Friday and Easter Monday between.
const AFTER_EASTER: &str = "2026-04-07T15:00:00+01:00";

const S09: Chapter = Chapter {
    id: "S09",
    title: "Thursday 2 April 2026: a referral before Easter",
    steps: &[
        Step::At("2026-04-02T15:00:00+01:00"),
        Step::Tell(
            "Amara, 9, comes to school hungry and tired. Her school refers her to the front door, which has one working \
             day to decide and to say so. The next one is Tuesday.",
        ),
        Step::Send(Sending::plain(
            ("neglect", "SCH-900104"),
            "s09-referral.json",
            Outcome::Accepted(&[
                due("CADT", "P4", AFTER_EASTER).later("decisionDueAt", AFTER_EASTER)
            ]),
        )),
        Step::At("2026-04-07T09:15:00+01:00"),
        Step::Take("CADT", "neglect"),
        Step::At("2026-04-07T14:10:00+01:00"),
        Step::Tell(
            "Tuesday, fifty minutes to go: a manager who may decide does, under her own certificate. The school gets the \
             answer in words written for it, and nothing of what the front door wrote for itself.",
        ),
        Step::Send(
            Sending {
                role: Some(Role::DecisionMaker),
                ..Sending::plain(
                    ("decided", "CADT"),
                    "s09-decision.json",
                    Outcome::Accepted(&[informed("SCH-900104", "P4")]),
                )
            }
            .joining("neglect"),
        ),
        Step::Follow("SCH-900104", "neglect"),
    ],
};

const S06: Chapter = Chapter {
    id: "S06",
    title: "Tuesday 12 May 2026: the children's impact is missing",
    steps: &[
        Step::At("2026-05-12T11:00:00+01:00"),
        Step::Tell(
            "The Family Safety Unit sends a routine notification about two children. Of the first it says \
             \"children present\", of the second nothing. At P4 the hub refuses, with every field at once.",
        ),
        Step::Send(Sending::plain(
            ("routine", "FSU"),
            "s06a-rejected.json",
            Outcome::Refused(&["child_impacts[0].impact_text", "child_impacts[1]"]),
        )),
        Step::Tell(
            "The police send the same gaps with a GOLD grading. At P2 the hub takes it: delivered at once with \
             the gaps shown, and the sender is asked to complete it.",
        ),
        Step::Send(Sending::plain(
            ("urgent", "MERPOL"),
            "s06b-incomplete.json",
            Outcome::Incomplete(&[
                due("FSU", "P2", "2026-05-12T12:00:00+01:00"),
                due("CADT", "P2", "2026-05-12T12:00:00+01:00"),
            ]),
        )),
        Step::Take("CADT", "urgent"),
        Step::Take("FSU", "urgent"),
        Step::At("2026-05-12T11:20:00+01:00"),
        Step::Tell(
            "The Family Safety Unit sends again, with what it knows of each child. It is the evening that the police \
             told of: one event, of which both alerts are kept, in one episode. By itself it would go to the front \
             door at P4; it goes by the higher risk of the two.",
        ),
        Step::Send(Sending::plain(
            ("corrected", "FSU"),
            "s06a-corrected.json",
            Outcome::Accepted(&[due("CADT", "P2", "2026-05-12T12:20:00+01:00")]),
        )),
        Step::At("2026-05-12T11:50:00+01:00"),
        Step::Tell(
            "Fifty minutes after the urgent one, the police complete it. The chase is called off.",
        ),
        Step::Send(Sending {
            completes: Some("urgent"),
            ..Sending::plain(("completed", "MERPOL"), "s06b-completed.json", Outcome::Completes)
        }),
        Step::At("2026-05-12T12:05:00+01:00"),
        Step::Follow("MERPOL", "urgent"),
        Step::TakeAll(&["CADT", "FSU", "MARAC", "WCHC-019", "SCH-900101"]),
    ],
};

/// The number that was wrong.
const NUMBER: &str = "alert.envelope.subjects[0].nhs_number";

const S13: Chapter = Chapter {
    id: "S13",
    title: "July 2026: twins, and a swapped number",
    steps: &[
        Step::At("2026-07-13T10:00:00+01:00"),
        Step::Tell(
            "Ava and Mia are 11 and twins. Their school refers both, each with her own NHS number.",
        ),
        Step::Send(Sending::plain(
            ("twins", "SCH-900104"),
            "s13-referral.json",
            Outcome::Accepted(&[due("CADT", "P4", "2026-07-14T10:00:00+01:00")
                .later("decisionDueAt", "2026-07-14T10:00:00+01:00")]),
        )),
        Step::Take("CADT", "twins"),
        Step::At("2026-07-15T16:20:00+01:00"),
        Step::Tell(
            "A patrol meets Mia. The police know name, birthday, house and phone, and no number. It goes out at once. That \
             she is the Mia of the referral is for a person to say: her twin has the same birthday and house.",
        ),
        Step::Send(
            Sending::plain(
                ("seen", "MERPOL"),
                "s13-no-number.json",
                Outcome::Accepted(&[due("CADT", "P4", "2026-07-16T16:20:00+01:00")]),
            )
            .with_tasks(&[due("HUB-STEWARD", "P4", "2026-07-16T16:20:00+01:00")]),
        ),
        Step::Queue(&[
            Claim { of: "seen", other: ("twins", 1), rule: "I6", state: "PROPOSED" },
            Claim { of: "seen", other: ("twins", 0), rule: "I5", state: "CANDIDATE" },
        ]),
        Step::Link(Linking { one: ("seen", 0), other: ("twins", 1), refused: None }),
        Step::At("2026-07-17T10:30:00+01:00"),
        Step::Tell(
            "In A&E her sister's number is on Mia's wristband. One number, another given name: linked to nobody, and the \
             steward is asked at once.",
        ),
        Step::Send(
            Sending::plain(
                ("swapped", "WUTH-AED"),
                "s13-swapped-number.json",
                Outcome::Accepted(&[due("CADT", "P4", "2026-07-20T10:30:00+01:00")]),
            )
            .with_tasks(&[Due {
                mailbox: "HUB-STEWARD",
                priority: "P2",
                by: None,
                later: None,
            }]),
        ),
        Step::Tell("Nor can the steward make them one: two traced numbers differ."),
        Step::Link(Linking {
            one: ("swapped", 0),
            other: ("twins", 1),
            refused: Some("LINK_BARRED"),
        }),
        Step::Tell(
            "The hospital looks again and corrects. Now number, birthday and name agree: she is linked to herself, and \
             nothing of Ava's has changed.",
        ),
        Step::Send(Sending {
            corrects: Some(("swapped", NUMBER)),
            ..Sending::plain(
                ("right", "WUTH-AED"),
                "s13-right-number.json",
                Outcome::Accepted(&[due("CADT", "P3", "2026-07-17T14:30:00+01:00")]),
            )
        }),
        // What was wrong asks nobody any more; that the patrol met the same girl is for the steward to say.
        Step::Queue(&[
            Claim { of: "right", other: ("twins", 1), rule: "I4", state: "LINKED" },
            Claim { of: "right", other: ("seen", 0), rule: "I6", state: "PROPOSED" },
        ]),
        Step::Take("CADT", "seen"),
        Step::Take("CADT", "right"),
    ],
};

const S07_REPEAT: Chapter = Chapter {
    id: "S07",
    title: "Thursday 19 November 2026: the twelve months are not quite over",
    steps: &[
        Step::At("2026-11-19T10:00:00+00:00"),
        Step::Tell(
            "A friend of Tomas writes to Rhian on his behalf. No crime, and graded BRONZE; but it is the same pair within \
             twelve months of the referral. The coordinator is told: a repeat. From Saturday it would have been none.",
        ),
        Step::Send(Sending::plain(
            ("repeat", "FSU"),
            "s07-repeat.json",
            Outcome::Accepted(&[due("MARAC", "P3", "2026-11-19T14:00:00+00:00")]),
        )),
        Step::At("2026-11-19T10:20:00+00:00"),
        Step::Take("MARAC", "repeat"),
        Step::Follow("FSU", "repeat"),
    ],
};
