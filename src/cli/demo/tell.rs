//! How the story sounds: pure text from what the processes printed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::output::clean;
use crate::calendar;

/// The widest line told.
const WIDTH: usize = 96;
/// Events of one stretch of time told one by one; more are counted.
const EVENTS_MAX: usize = 12;
/// Withheld fields named in one line; more are counted.
const PATHS_MAX: usize = 2;

/// Breaks `text` into lines, each set in by `indent` spaces.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = line.chars().count().saturating_add(word.chars().count());
        if !line.is_empty() && length.saturating_add(indent) >= WIDTH {
            lines.push(format!("{margin}{line}"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(format!("{margin}{line}"));
    lines.join("\n")
}

/// A string in an object; empty where there is none.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The elements of a list in an object.
pub(super) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A code of a list without the list's prefix.
pub(super) fn code<'a>(object: &'a Value, name: &str, prefix: &str) -> &'a str {
    let code = text(object, name);
    code.strip_prefix(prefix).unwrap_or(code)
}

/// A moment as local time.
pub(super) fn time(rfc3339: &str) -> String {
    let at: Option<jiff::Timestamp> = rfc3339.parse().ok();
    at.map_or_else(|| "-".to_owned(), calendar::on_screen)
}

/// What one recipient received, in a line or two; `rows` are the rules that sent it there.
pub(super) fn copy(mailbox: &str, copy: &Value, rows: &[String]) -> String {
    let due = match text(copy, "dueAt") {
        "" => "nothing to take".to_owned(),
        due => match text(copy, "dueLabel") {
            "" => format!("due {}", time(due)),
            label => format!("due {} ({label})", time(due)),
        },
    };
    let by = if rows.is_empty() { String::new() } else { format!("  [{}]", rows.join(" ")) };
    let mut lines = vec![format!(
        "    {mailbox:<10}  {}  {}  {due}{by}",
        code(copy, "priority", "PRIORITY_"),
        code(copy, "kind", "ALERT_KIND_"),
    )];
    let gaps = list(copy, "gaps");
    if !gaps.is_empty() {
        lines.push(format!("        missing: {}", some(gaps, "path")));
    }
    for banner in list(copy, "banners") {
        lines.push(wrapped(&format!("!! {}", text(banner, "text")), 8));
    }
    lines.extend(later_lines(copy));
    lines.push(wrapped(&seen(copy), 8));
    clean(&lines.join("\n"))
}

/// The names of the deadlines beyond taking it that a copy may state, and how each is told.
const LATER: [(&str, &str); 4] = [
    ("rhiDueAt", "72 hours: return home interview due"),
    ("contactDueAt", "two working days: contact with the young person due"),
    ("decisionDueAt", "one working day: decision and feedback to the referrer due"),
    ("maracReferralExpectedAt", "two working days: referral to the MARAC expected by"),
];

/// Deadlines beyond taking it that the hub recorded and told this recipient: by name, each with its instant.
pub(super) fn later(copy: &Value) -> Vec<(&'static str, &str)> {
    let hub = copy.pointer("/body/hub").unwrap_or(&Value::Null);
    let stated = LATER.iter().map(|(name, _)| (*name, hub.get(name).map(|due| text(due, "at"))));
    stated.filter_map(|(name, at)| Some((name, at?))).collect()
}

fn later_lines(copy: &Value) -> Vec<String> {
    let words =
        |name: &str| LATER.iter().find(|(known, _)| *known == name).map(|(_, words)| *words);
    let line = |(name, at): (&'static str, &str)| {
        format!("        {} {}", words(name).unwrap_or(name), time(at))
    };
    later(copy).into_iter().map(line).collect()
}

/// Which view the copy was cut by and what it leaves out.
fn seen(copy: &Value) -> String {
    let view = code(copy, "view", "COPY_VIEW_");
    let (withheld, sealed) = (list(copy, "redactions"), list(copy, "sealed"));
    let mut parts = vec![match view {
        "STANDARD" => format!("cut for letter {}", text(copy, "letter")),
        closed => format!("closed view {closed}: it holds {}", held(copy).join(", ")),
    }];
    if !withheld.is_empty() {
        parts.push(format!("not for it: {}", some(withheld, "path")));
    }
    if !sealed.is_empty() {
        parts.push(format!("sealed: {}", some(sealed, "path")));
    }
    parts.join("; ")
}

/// The first paths, and how many more.
fn some(items: &[Value], name: &str) -> String {
    let mut named: Vec<&str> = items.iter().map(|item| text(item, name)).collect();
    let more = named.len().saturating_sub(PATHS_MAX);
    named.truncate(PATHS_MAX);
    match more {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// The names of the fields that the body holds, each once.
fn held(copy: &Value) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(body) = copy.get("body") {
        add_leaves(body, "", &mut names);
    }
    names
}

fn add_leaves(value: &Value, name: &str, names: &mut Vec<String>) {
    match value {
        // A moment is one thing.
        Value::Object(fields)
            if fields.contains_key("utcOffsetMinutes") || fields.contains_key("at") =>
        {
            add_leaves(&Value::Null, name, names);
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| add_leaves(value, name, names))
        }
        Value::Array(values) => values.iter().for_each(|value| add_leaves(value, name, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
}

/// What the audit log says of one submission: the routes, and for each recipient the rules that shared or withheld.
#[derive(Default)]
pub(super) struct Routes {
    /// Rules of the route.
    pub(super) rules: Vec<String>,
    /// Rules that shared with a mailbox.
    pub(super) shared: BTreeMap<String, Vec<String>>,
    /// Rules that withheld from a mailbox.
    pub(super) withheld: BTreeMap<String, Vec<String>>,
}

/// Reads the events about `alert` from audit entries.
pub(super) fn routes(entries: &[Value], alert: &str) -> Routes {
    let mut routes = Routes::default();
    let events = entries.iter().flat_map(|entry| list(entry, "events"));
    for event in events.filter(|event| text(event, "alertId") == alert) {
        let rules =
            || list(event, "ruleIds").iter().filter_map(|id| id.as_str().map(str::to_owned));
        let recipient = match text(event, "recipientMailbox") {
            "" => text(event, "recipientAgency").to_owned(),
            mailbox => mailbox.to_owned(),
        };
        match text(event, "type") {
            "ROUTE_COMPUTED" => routes.rules.extend(rules()),
            "BASIS_ACCEPTED" => routes.shared.entry(recipient).or_default().extend(rules()),
            "BASIS_REFUSED" => routes.withheld.entry(recipient).or_default().extend(rules()),
            _ => {}
        }
    }
    routes.rules.dedup();
    for rules in routes.shared.values_mut().chain(routes.withheld.values_mut()) {
        rules.dedup();
    }
    routes
}

/// What happened by itself in a stretch of time: what escalated, was chased, purged, warned of or missed.
pub(super) fn by_itself(entries: &[Value]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for entry in entries {
        for event in list(entry, "events") {
            if let Some(what) = by_itself_words(text(event, "type")) {
                lines.push(happened(entry, event, what));
            }
        }
    }
    let more = lines.len().saturating_sub(EVENTS_MAX);
    lines.truncate(EVENTS_MAX);
    if more > 0 {
        lines.push(format!("  ... and {more} more"));
    }
    lines
}

fn by_itself_words(event: &str) -> Option<&'static str> {
    match event {
        "ESCALATED" => Some("nobody took it in time: called"),
        "CHASED" => Some("reminded"),
        "DEADLINE_WARNED" => Some("a deadline is near: warned"),
        "DEADLINE_MISSED" => Some("a deadline passed"),
        "LOOKOUT_PURGED" => Some("look-out purged"),
        "TASK_CREATED" => Some("a task for"),
        "NOTICE_SENT" => Some("notice sent"),
        "DELIVERY_FAILED" => Some("could not be delivered"),
        _ => None,
    }
}

fn happened(entry: &Value, event: &Value, what: &str) -> String {
    let mut line = format!("  {}  {what}", time(text(entry, "hubTime")));
    for word in [text(event, "recipientMailbox"), text(event, "reason")] {
        if !word.is_empty() {
            line.push_str(&format!(" {word}"));
        }
    }
    clean(&line)
}

/// A claim about two mentions, as the steward sees it: who they may be, and why.
pub(super) fn claim(claim: &Value) -> String {
    let points = claim.get("points").and_then(Value::as_u64).unwrap_or_default();
    let named = |which: &str| {
        let person = claim.get(which).unwrap_or(&Value::Null);
        let number = match text(person, "nhsNumber") {
            "" => "no NHS number".to_owned(),
            number => format!("NHS {number}"),
        };
        format!("{} {} ({number})", text(person, "givenName"), text(person, "familyName"))
    };
    let line = format!(
        "    {:<3}  {} is {}?  {}, {points} points: {}",
        text(claim, "rule"),
        named("own"),
        named("other"),
        code(claim, "class", "MATCH_CLASS_"),
        code(claim, "state", "LINK_STATE_"),
    );
    clean(&line)
}

/// What the sender sees of a delivery.
pub(super) fn delivery(delivery: &Value) -> String {
    let receipts: Vec<&str> = list(delivery, "receipts")
        .iter()
        .map(|receipt| code(receipt, "kind", "RECEIPT_KIND_"))
        .collect();
    let mut line = format!(
        "    {:<10}  {}  {}",
        text(delivery, "name"),
        code(delivery, "priority", "PRIORITY_"),
        code(delivery, "state", "DELIVERY_STATE_"),
    );
    if !receipts.is_empty() {
        line.push_str(&format!("  receipts verified: {}", receipts.join(", ")));
    }
    if delivery.get("overdue").and_then(Value::as_bool) == Some(true) {
        line.push_str(&format!("  NOT TAKEN: phone them, {}", text(delivery, "phone")));
    }
    clean(&line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_copy_is_told_with_its_deadline_its_instructions_and_what_it_leaves_out() {
        let look_out = json!({
            "priority": "PRIORITY_P3",
            "kind": "ALERT_KIND_MISSING_REPORTED",
            "view": "COPY_VIEW_LOOKOUT",
            "letter": "H1",
            "dueAt": "2026-10-24T01:40:00Z",
            "dueLabel": "local target",
            "banners": [{"text": "Keep the child in sight."}],
            "body": {
                "envelope": {"subjects": [{"familyName": "x", "givenNames": ["y", "z"]}]},
                "missing": {"lastSeenAt": {"at": "2026-10-24T01:40:00Z"}},
            },
            "redactions": [{"path": "a"}, {"path": "b"}, {"path": "c"}, {"path": "d"}],
        });

        let told = copy("WUTH-AED", &look_out, &["R02".to_owned(), "D8".to_owned()]);

        insta::assert_snapshot!(told, @r"
            WUTH-AED    P3  MISSING_REPORTED  due Sat 24 Oct 02:40 BST (local target)  [R02 D8]
                !! Keep the child in sight.
                closed view LOOKOUT: it holds familyName, givenNames, lastSeenAt; not for it: a, b and 2
                more
        ");
    }

    #[test]
    fn the_end_of_the_72_hours_is_told_to_those_whose_copy_holds_it() {
        let mut found = json!({"body": {"hub": {"rhiDueAt": {"at": "2026-10-27T09:00:00Z"}}}});

        let told = copy("CADT", &found, &[]);

        assert!(told.contains("interview due Tue 27 Oct 09:00 GMT"), "{told}");
        found["body"] = json!({});
        assert!(!copy("WUTH-AED", &found, &[]).contains("interview"));
    }

    #[test]
    fn a_later_deadline_is_told_as_the_hub_states_it_and_never_without() {
        let stated = json!({"body": {"hub": {
            "contactDueAt": {"at": "2026-11-11T17:00:00Z"},
            "maracReferralExpectedAt": {"at": "2026-11-18T17:00:00Z"},
        }}});

        let told = copy("RESPONSE", &stated, &[]);

        assert!(told.contains("contact with the young person due Wed 11 Nov 17:00 GMT"), "{told}");
        assert!(told.contains("MARAC expected by Wed 18 Nov 17:00 GMT"), "{told}");
        assert!(!copy("RESPONSE", &json!({}), &[]).contains("two working days"));
    }

    #[test]
    fn routes_are_read_for_the_alert_asked_about_and_no_other() {
        let entries = [json!({"events": [
            {"type": "ROUTE_COMPUTED", "alertId": "a", "ruleIds": ["R11"]},
            {"type": "BASIS_ACCEPTED", "alertId": "a", "recipientMailbox": "WUTH-SG", "ruleIds": ["D10a"]},
            {"type": "BASIS_REFUSED", "alertId": "a", "recipientAgency": "RESPONSE", "ruleIds": ["D9"]},
            {"type": "BASIS_REFUSED", "alertId": "b", "recipientAgency": "CADT", "ruleIds": ["D14"]},
        ]})];

        let routes = routes(&entries, "a");

        assert_eq!(routes.rules, ["R11"]);
        assert_eq!(routes.shared["WUTH-SG"], ["D10a"]);
        assert_eq!(routes.withheld["RESPONSE"], ["D9"]);
        assert!(!routes.withheld.contains_key("CADT"));
    }

    #[test]
    fn of_what_happens_by_itself_only_so_much_is_told_one_by_one() {
        let entry = json!({
            "hubTime": "2026-11-14T01:40:00Z",
            "events": [
                {"type": "ESCALATED", "recipientMailbox": "MIDW/manager", "reason": "L1"},
                {"type": "QUEUED"},
            ],
        });

        let few = by_itself(std::slice::from_ref(&entry));
        let many = by_itself(&vec![entry; 20]);

        assert_eq!(few, ["  Sat 14 Nov 01:40 GMT  nobody took it in time: called MIDW/manager L1"]);
        assert_eq!(many.len(), 13);
        assert_eq!(many[12], "  ... and 8 more");
    }

    #[test]
    fn a_late_delivery_is_told_with_the_phone() {
        let late = json!({
            "name": "MIDW", "priority": "PRIORITY_P2", "state": "DELIVERY_STATE_OPENED",
            "overdue": true, "phone": "0151 496 0150",
            "receipts": [{"kind": "RECEIPT_KIND_DELIVERED"}],
        });

        assert_eq!(
            delivery(&late),
            "    MIDW        P2  OPENED  receipts verified: DELIVERED  NOT TAKEN: phone them, 0151 496 0150"
        );
    }
}
