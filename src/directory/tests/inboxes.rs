use super::*;

fn lead(id: &str) -> MailboxDraft {
    MailboxDraft {
        id: id.into(),
        role: "lead".into(),
        phone: "0151 496 0998".into(),
        fallback: "Switchboard".into(),
        cover: "24/7".into(),
        rota: Vec::new(),
    }
}

/// A desk whose partnership has this inbox not yet.
async fn desk_without(id: &str) -> Desk {
    let inbox = format!("[[agencies.mailboxes]]\nid = \"{id}\"");
    let (before, rest) = PARTNERSHIP.split_once(&inbox).unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let desk = empty_desk();
    desk.directory.load_if_empty(&format!("{before}{after}")).await.unwrap();
    desk
}

async fn add(
    desk: &Desk,
    agency: &str,
    id: &str,
    new: MailboxDraft,
) -> Result<u64, DirectoryError> {
    let admin = person(desk, agency, id);
    desk.directory.change(&admin, None, &DirectoryChange::AddMailbox(new)).await
}

#[tokio::test]
async fn an_admin_opens_an_inbox_the_agency_had_none_of_and_the_ladder_finds_it() {
    let desk = desk_without("CADT/lead").await;

    add(&desk, "CADT", ADMIN, lead("CADT/lead")).await.unwrap();

    let current = desk.directory.current();
    let agency = &current.agencies[&code("CADT")];
    let opened = agency.mailbox(MailboxRole::Lead).unwrap();
    assert_eq!(opened.id, mailbox("CADT/lead"));
    assert_eq!((opened.phone.as_str(), opened.cover), ("0151 496 0998", Cover::AllHours));
    assert!(opened.rota.is_empty(), "its rota is set afterwards");
    assert_eq!(agency.mailboxes[0].role, MailboxRole::Duty, "the duty inbox stays first");
    assert_eq!(desk.store.trace().last().unwrap(), "DIRECTORY_CHANGED:MAILBOX_ADDED");
    let last = desk.store.entries().pop().unwrap();
    let event = decode_event(&last.events[0].bytes).unwrap();
    assert_eq!(event.mailbox, Some(mailbox("CADT/lead")));
}

#[tokio::test]
async fn an_agency_has_one_inbox_for_each_role_and_no_id_twice() {
    let desk = desk().await;

    for new in [
        lead("CADT/lead"),
        lead("CADT/second-lead"),
        MailboxDraft { role: "duty".into(), ..lead("CADT") },
    ] {
        let error = add(&desk, "CADT", ADMIN, new).await.unwrap_err();
        assert_eq!(error.reason(), "MAILBOX_KNOWN");
        assert_eq!(error.kind(), ErrorKind::Precondition);
    }
    assert_eq!(desk.directory.current().version, 1);
    assert_eq!(desk.store.trace()[1..], ["ACCESS_DENIED:MAILBOX_KNOWN"; 3]);
}

#[tokio::test]
async fn every_fault_of_a_new_inbox_is_told_at_once_and_none_of_it_is_kept() {
    let desk = desk_without("CADT/lead").await;
    let new = MailboxDraft {
        id: "MERPOL/lead".into(),
        role: "leader".into(),
        phone: "ring".into(),
        fallback: " ".into(),
        cover: "sometimes".into(),
        rota: Vec::new(),
    };

    let error = add(&desk, "CADT", ADMIN, new).await.unwrap_err();

    let DirectoryError::Malformed(faults) = error else { panic!("{error}") };
    assert_eq!(
        faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "change.add_mailbox.phone must be 3-32 digits and spaces, a plus only in front",
            "change.add_mailbox.fallback is missing",
            "change.add_mailbox.cover must be 24/7, 09-17 or school days 08-16",
            "change.add_mailbox.role must be duty, manager, lead, head-of-service, director or deputy",
            "change.add_mailbox.id must be the agency's code for duty, CODE/name for any other",
        ]
    );
    assert_eq!(desk.directory.current().version, 1);
    // A well-formed inbox is opened by the agency's own administrator, never by another's.
    let error = add(&desk, "MERPOL", "u-2406", lead("CADT/lead")).await.unwrap_err();
    assert_eq!(error.reason(), "MALFORMED");
}

#[tokio::test]
async fn the_inbox_of_a_senior_rota_is_opened_where_such_rotas_are_held_and_nowhere_else() {
    let desk = desk_without("COUNCIL/director").await;
    let director = |id: &str| MailboxDraft { role: "director".into(), ..lead(id) };

    let refused = add(&desk, "CADT", ADMIN, director("CADT/director")).await.unwrap_err();
    add(&desk, "COUNCIL", "u-3905", director("COUNCIL/director")).await.unwrap();

    assert_eq!(refused.reason(), "MAILBOX_NOT_FOR_AGENCY");
    let current = desk.directory.current();
    assert!(current.agencies[&code("CADT")].mailbox(MailboxRole::Director).is_none());
    assert!(current.agencies[&code("COUNCIL")].mailbox(MailboxRole::Director).is_some());
}
