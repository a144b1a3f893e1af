//! An operation's report names nobody (domain 3.9): no person in any list, and no text that looks like one.
//!
//! A list of names cannot know every name. It catches what people write by habit – "taken home by Sam", a phone
//! number, a postcode – and errs on the side of refusing: the sender leaves the word out and sends again.

use super::people::{holds_postcode, words};
use super::reader::{At, Reader};
use crate::domain::submission::path;
use crate::wire::v1;
use crate::wire::words::reason;

/// Notes every place where a person stands, or seems to.
pub(super) fn refuse(reader: &mut Reader, alert: &v1::Alert) {
    let Some(envelope) = &alert.envelope else { return };
    let at = At::root(path::ENVELOPE);
    let lists = [
        ("subjects", envelope.subjects.is_empty()),
        ("household", envelope.household.is_empty()),
        ("persons_of_concern", envelope.persons_of_concern.is_empty()),
        ("told", envelope.told.is_empty()),
        ("do_not_tell", envelope.do_not_tell.is_empty()),
        ("child_voice", envelope.child_voice.is_empty()),
        ("voice_for_school", envelope.voice_for_school.is_empty()),
        ("interpreter", envelope.interpreter.is_empty()),
        ("disability_needs", envelope.disability_needs.is_empty()),
    ];
    for (field, _) in lists.iter().filter(|(_, is_empty)| !is_empty) {
        reader.malformed(at.field(field), reason::PERSON_DATA);
    }
    text(reader, at.field("headline_concern"), &envelope.headline_concern);
    text(reader, at.field("episode_id"), &envelope.episode_id);
    for (index, action) in envelope.immediate_actions.iter().enumerate() {
        text(reader, at.item("immediate_actions", index).field("text"), &action.text);
    }
    if let Some(sharing) = &envelope.sharing {
        let at = at.field("sharing");
        text(reader, at.field("necessity"), &sharing.necessity);
        text(reader, at.field("agreement_ref"), &sharing.agreement_ref);
        if !sharing.consents.is_empty() {
            reader.malformed(at.field("consents"), reason::PERSON_DATA);
        }
        if let Some(set_aside) = &sharing.r#override {
            text(reader, at.field("override").field("reason"), &set_aside.reason);
        }
        for (index, opt_out) in sharing.opt_out_fields.iter().enumerate() {
            text(reader, at.item("opt_out_fields", index).field("reason"), &opt_out.reason);
        }
    }
    if let Some(v1::alert::Body::OperationReport(body)) = &alert.body {
        let at = At::root(path::OPERATION_REPORT);
        text(reader, at.field("operation_id"), &body.operation_id);
    }
}

fn text(reader: &mut Reader, at: At<'_>, text: &str) {
    if names_a_person(text) {
        reader.malformed(at, reason::PERSON_DATA);
    }
}

/// Whether a text holds a name of the list, an NHS number, a postcode, a phone number or an e-mail address.
fn names_a_person(text: &str) -> bool {
    let words = words(text);
    let is_name = |word: &String| NAMES.binary_search(&word.as_str()).is_ok();
    let is_title = |word: &String| TITLES.contains(&word.as_str());
    text.contains('@')
        || words.iter().any(is_name)
        || words.iter().any(is_title)
        || holds_postcode(&words)
        || holds_long_number(text)
}

/// An NHS number (ten digits, or 3-3-4) or a phone number (from 0 or +, nine digits and more), in one group or several.
fn holds_long_number(text: &str) -> bool {
    const NHS: [usize; 3] = [3, 3, 4];
    let separators = |c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '-' | '+'));
    text.split(separators).any(|run| {
        let groups: Vec<&str> =
            run.split([' ', '-', '+']).filter(|part| !part.is_empty()).collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        let is_nhs = lengths.windows(3).any(|window| *window == NHS);
        let is_long = lengths.iter().any(|length| *length >= 10);
        let starts = groups.iter().enumerate().filter(|(_, group)| group.starts_with('0'));
        let is_phone =
            starts.map(|(at, _)| lengths.iter().skip(at).sum::<usize>()).any(|sum| sum >= 9);
        let is_international = run.contains('+') && lengths.iter().sum::<usize>() >= 9;
        is_nhs || is_long || is_phone || is_international
    })
}

const TITLES: &[&str] = &["miss", "mr", "mrs", "ms", "mx"];

/// Given names and family names common in England, in lower case and in order. Without those that are words of their
/// own in a report ("will", "mark", "park", "hill").
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "aaliyah", "aaron", "abdul", "abigail", "adam", "adams", "adrian", "ahmed", "aidan", "aisha", "alan", "alex",
    "alexander", "alexandra", "alfie", "alice", "alicia", "alison", "allen", "amanda", "amelia", "amy", "anderson",
    "andrea", "andrew", "angela", "anna", "anne", "annie", "anthony", "archie", "arthur", "ashley", "ashton",
    "austin", "ava", "barbara", "becky", "begum", "bella", "ben", "benjamin", "bennett", "beth", "bethany", "bobby",
    "bradley", "brandon", "brian", "bryan", "caitlin", "callum", "cameron", "campbell", "carl", "caroline", "carter",
    "catherine", "charles", "charlie", "charlotte", "chelsea", "chloe", "chris", "christina", "christopher", "claire",
    "clare", "clarke", "collins", "connor", "conor", "courtney", "craig", "daisy", "dana", "daniel", "danielle",
    "danny", "darren", "dave", "david", "davies", "davis", "deborah", "declan", "denise", "dennis", "diane",
    "dominic", "donna", "dylan", "edward", "edwards", "eleanor", "elijah", "elizabeth", "ella", "ellie", "elliot",
    "emily", "emma", "eric", "erin", "ethan", "evans", "evie", "fatima", "finley", "fiona", "freddie", "freya",
    "gareth", "gary", "gemma", "geoffrey", "george", "georgia", "georgina", "gerard", "graham", "griffiths", "hannah",
    "harriet", "harris", "harrison", "harry", "harvey", "hassan", "hayley", "helen", "henry", "holly", "hughes",
    "hussain", "ian", "imogen", "isaac", "isabel", "isabella", "isabelle", "isla", "jackson", "jacob", "jake",
    "james", "jamie", "jane", "janet", "jason", "jayden", "jaydon", "jennifer", "jenny", "jessica", "joan", "joanna",
    "joanne", "joe", "joel", "john", "johnson", "jonathan", "jones", "jordan", "joseph", "josh", "joshua", "judith",
    "julia", "julie", "kacey", "karen", "kate", "katherine", "kathleen", "katie", "kayleigh", "keith", "kelly",
    "kerry", "kevin", "khan", "kian", "kieran", "kim", "kirsty", "kyle", "laura", "lauren", "leah", "leanne", "lee",
    "leo", "leon", "lewis", "liam", "libby", "linda", "lindsey", "lisa", "liz", "logan", "lola", "louis", "louise",
    "lucas", "lucy", "luke", "lydia", "maddison", "maisie", "malcolm", "margaret", "maria", "marie", "martha",
    "martin", "mary", "mason", "matilda", "matthew", "megan", "melissa", "mia", "michael", "michelle", "mike",
    "mohamed", "mohammad", "mohammed", "molly", "morgan", "muhammad", "murphy", "naomi", "natalie", "natasha",
    "nathan", "neil", "niamh", "nicholas", "nicola", "nicole", "nigel", "noah", "oliver", "olivia", "omar", "oscar",
    "owen", "patel", "patricia", "patrick", "paul", "paula", "peter", "philip", "phillips", "phoebe", "priya",
    "rachel", "rebecca", "rhian", "rhys", "richard", "richardson", "riley", "robert", "roberts", "robertson",
    "robinson", "roger", "ronald", "rory", "rosie", "ruth", "ryan", "sally", "sam", "samantha", "samuel", "sandra",
    "sara", "sarah", "scarlett", "scott", "sean", "seren", "shannon", "sharon", "shaun", "sheila", "simon", "simpson",
    "singh", "smith", "sophia", "sophie", "stacey", "stephanie", "stephen", "steve", "steven", "stewart", "stuart",
    "susan", "taylor", "terry", "theo", "thomas", "thompson", "tilly", "timothy", "tina", "toby", "tom", "tomas",
    "tommy", "tony", "tracey", "tracy", "tyler", "vanessa", "victoria", "vincent", "wayne", "wendy", "william",
    "williams", "wilson", "wright", "yasmin", "zac", "zachary", "zara", "zoe",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_so_that_it_can_be_searched() {
        assert!(NAMES.is_sorted());
        assert!(NAMES.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase())));
    }

    #[test]
    fn a_person_in_the_text_of_a_report_is_seen() {
        for text in [
            "272 young people engaged, Sam Trialby taken home",
            "SAM was drunk",
            "one boy, sam, moved",
            "Mr Fabrico was spoken to",
            "NHS 9990016445",
            "NHS 999 001 6445",
            "one moved from ZX47 2LN",
            "one moved from zx472ln",
            "mother on 0151 496 0123",
            "mother on +44 7700 900123",
            "mother on 07700-900123",
            "write to duty@example.org",
        ] {
            assert!(names_a_person(text), "{text}");
        }
    }

    #[test]
    fn an_ordinary_report_is_not_taken_for_a_person() {
        for text in [
            "272 young people engaged along the promenade, one moved to a place of safety",
            "OSS-2026-07",
            "Friday 2026-10-30 22:55 to 2026-10-31 02:30",
            "30 10 2026, 18 bottles and 4 cans poured away",
            "Patrols in New Brighton and at Birkenhead Park from 19:00; will be repeated in May",
            "",
        ] {
            assert!(!names_a_person(text), "{text}");
        }
    }
}
