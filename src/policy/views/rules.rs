//! The walk through an alert: which field, which person, which value stays.

use std::collections::BTreeMap;

use super::facts::{Facts, Part, Sign};
use super::table::numbers::{field, value};
use super::table::{Field, Rule, in_bits};
use super::tree::{Content, Item, Node};
use super::{AREA_SEALED, CopyRequest, age, banners};
use crate::domain::{AlertKind, Letter, View};

/// Cuts the tree; also counts the children that L and X are not shown, and says which subjects are, by place.
pub(super) fn apply(
    alert: &Node,
    facts: &Facts,
    request: &CopyRequest<'_>,
    view: View,
) -> (Node, u32, Vec<usize>) {
    let cutter = Cutter { facts, request, view };
    let mut copy = cutter.node(alert, Scope::Whole);
    let mut numbers = BTreeMap::new();
    number_persons(&copy, &mut numbers);
    renumber(&mut copy, &numbers);
    let shown = (0..facts.subjects.len()).filter(|place| cutter.shows_subject(*place)).collect();
    (copy, cutter.other_children(alert), shown)
}

/// Whether a letter sees a field of a message it sees: L and X have the front door's view (domain 3.1).
pub(super) fn is_open(field: &Field, letter: Letter, kind: i32) -> bool {
    let council = matches!(letter, Letter::L | Letter::X);
    let open = field.is_open_to(letter) || (council && field.is_open_to(Letter::C));
    open && !field.is_kept_from(letter, kind)
}

/// How much of a person a letter sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scope {
    /// What the fields' own letters say.
    Whole,
    /// The same, of a person of concern.
    WholeOfConcern,
    NamesAndPhones,
    NameAndRelationship,
    RelationshipOnly,
}

impl Scope {
    fn holds(self, message: &str, number: u32) -> bool {
        use field::person::{FAMILY_NAME, GIVEN_NAMES, PERSON_REF, PHONES, RELATIONSHIP};
        match (self, message) {
            (Self::Whole | Self::WholeOfConcern, _) => true,
            (_, "PersonOfConcern") => number == field::person_of_concern::PERSON,
            (Self::NamesAndPhones, "Person") => {
                [PERSON_REF, FAMILY_NAME, GIVEN_NAMES, PHONES].contains(&number)
            }
            (Self::NameAndRelationship, "Person") => {
                [PERSON_REF, FAMILY_NAME, GIVEN_NAMES, RELATIONSHIP].contains(&number)
            }
            (Self::RelationshipOnly, "Person") => [PERSON_REF, RELATIONSHIP].contains(&number),
            (_, _) => true,
        }
    }
}

struct Cutter<'a> {
    facts: &'a Facts,
    request: &'a CopyRequest<'a>,
    view: View,
}

impl Cutter<'_> {
    fn node(&self, node: &Node, scope: Scope) -> Node {
        if node.message.opaque {
            return node.clone();
        }
        let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
        let mut items = Vec::new();
        for item in &node.items {
            let count = seen.entry(item.field.number).or_default();
            let position = *count;
            *count = count.saturating_add(1);
            if self.keeps(item.field) && scope.holds(node.message.name, item.field.number) {
                let content = self.content(item, position, scope);
                items.extend(content.map(|content| Item { field: item.field, content }));
            }
        }
        Node { message: node.message, items }
    }

    /// Letter, class and kind; what a rule adds comes after.
    fn keeps(&self, field: &Field) -> bool {
        let kind = i32::try_from(self.request.kind.code()).unwrap_or_default();
        let open = match self.view {
            View::Standard => is_open(field, self.request.letter, kind),
            View::Lookout
            | View::Cancelled
            | View::Info
            | View::SafeTask
            | View::Ladder
            | View::Pathway
            | View::Feedback => field.is_in(self.view),
        };
        open && field.is_for(kind) && !field.is_sealed()
    }

    fn content(&self, item: &Item, position: usize, scope: Scope) -> Option<Content> {
        let letter = self.request.letter;
        match item.field.rule {
            Rule::Plain | Rule::PersonRef => self.descend(item, scope),
            Rule::Subjects => self.shows_subject(position).then(|| self.descend(item, scope))?,
            Rule::Household => self.descend(item, self.household_scope(item.content.node()?)?),
            Rule::PersonsOfConcern => self.descend(item, self.concern_scope(item.content.node()?)?),
            Rule::Addresses => self
                .shows_address(item.content.node()?, scope)
                .then(|| self.descend(item, scope))?,
            Rule::Phones => shows_phone(item.content.node()?).then(|| self.descend(item, scope))?,
            Rule::Headline => Some(self.headline(&item.content)),
            Rule::Told => {
                let told = item.content.node()?;
                let is_adult = self.facts.says(Sign::HasComeOfAge);
                self.shows_told(told).then(|| age::told(self.node(told, scope), is_adult))
            }
            Rule::ChildImpacts => {
                self.shows_impact(item.content.node()?).then(|| self.descend(item, scope))?
            }
            Rule::ProtectiveOrders => {
                self.shows_order(item.content.node()?).then(|| self.descend(item, scope))?
            }
            Rule::FoundPlace => {
                let safe = self.facts.says(Sign::FoundPlaceIsSafe) || self.facts.any_safe();
                (!safe).then(|| item.content.clone())
            }
            Rule::SchoolDate if letter == Letter::E => date_only(item.content.node()?),
            Rule::SchoolDate => self.descend(item, scope),
            Rule::SchoolPlace => Some(self.place(&item.content)),
            Rule::Area => self.area(&item.content, position),
            Rule::AppointmentContact => {
                (!self.facts.says(Sign::SomebodyMustNotKnow)).then(|| item.content.clone())
            }
            Rule::PrHolders => {
                self.shows_pr_holder(item.content.node()?).then(|| self.descend(item, scope))?
            }
            Rule::OwnSchool => {
                let urn = item.content.node()?.text(field::encompass::SCHOOL_URN);
                (letter != Letter::E || self.is_own_school(urn))
                    .then(|| self.descend(item, scope))?
            }
            Rule::SchoolVoice => {
                let one_child = self.facts.children() == 1;
                (letter != Letter::E || one_child && !self.request.school_words_name_somebody)
                    .then(|| item.content.clone())
            }
            Rule::ChildSchoolVoice => (letter != Letter::E
                || !self.request.school_words_name_somebody)
                .then(|| item.content.clone()),
            Rule::OccurredAt => self.occurred(item, scope),
            Rule::PoliceRelevant => {
                shows_to_police(item.content.node()?, letter).then(|| self.descend(item, scope))?
            }
            Rule::Agreed => self.is_agreed().then(|| self.descend(item, scope))?,
            Rule::OwnPart | Rule::OwnActions | Rule::OwnRelease => self
                .shows_own(item.field.rule, item.content.node()?)
                .then(|| self.descend(item, scope))?,
            Rule::PoliceProtection => {
                (!self.facts.says(Sign::PowerUnclear)).then(|| self.descend(item, scope))?
            }
            Rule::IfCrime | Rule::Concern => {
                self.shows_concern(item.field.rule).then(|| self.descend(item, scope))?
            }
            Rule::Referrer => {
                (!self.facts.says(Sign::ReferrerUnnamed)).then(|| item.content.clone())
            }
            Rule::FeedbackContact => self.shows_contact().then(|| item.content.clone()),
        }
    }

    /// Domain 3.10, 3.12: police see what a concern says only of a suspected crime, adult social care only of an adult.
    fn shows_concern(&self, rule: Rule) -> bool {
        match self.request.letter {
            Letter::P => self.facts.says(Sign::CrimeSuspected),
            Letter::Z => rule == Rule::Concern && self.facts.says(Sign::AdultPrimary),
            Letter::C
            | Letter::CL
            | Letter::F
            | Letter::M
            | Letter::K
            | Letter::A
            | Letter::H1
            | Letter::H2
            | Letter::N
            | Letter::R
            | Letter::S
            | Letter::E
            | Letter::Y
            | Letter::L
            | Letter::X
            | Letter::D
            | Letter::T
            | Letter::G => true,
        }
    }

    /// R52: an inbox sees what is released to its own agency.
    fn shows_release(&self, release: &Node) -> bool {
        let inbox = release.text(field::release::INBOX);
        let agency = inbox.split('/').next().unwrap_or_default();
        matches!(self.request.letter, Letter::C | Letter::CL) || self.request.agency == Some(agency)
    }

    /// Domain 3.10: where anybody has a SAFE address the referrer reads the front door's number.
    fn shows_contact(&self) -> bool {
        let is_replaced =
            self.request.hub_facts.is_some_and(|facts| facts.feedback_contact.is_some());
        self.view != View::Feedback || !(self.facts.any_safe() || is_replaced)
    }

    fn descend(&self, item: &Item, scope: Scope) -> Option<Content> {
        match &item.content {
            Content::Node(node) => Some(Content::Node(self.node(node, scope))),
            Content::Varint(_) => self.shows_value(item).then(|| item.content.clone()),
            Content::Fixed32(_) | Content::Fixed64(_) | Content::Bytes(_) => {
                Some(item.content.clone())
            }
        }
    }

    fn shows_value(&self, item: &Item) -> bool {
        let closed = self.view != View::Standard;
        let limits = item.field.values.iter().find(|rule| {
            if closed {
                in_bits(rule.views, self.view)
            } else {
                rule.letters.contains(self.request.letter)
            }
        });
        limits
            .is_none_or(|rule| item.content.value().is_some_and(|value| rule.only.contains(&value)))
    }

    /// Domain 3.3 `subjects`; 3.1 closed views.
    fn shows_subject(&self, position: usize) -> bool {
        let Some(subject) = self.facts.subjects.get(position) else { return false };
        let part = subject.part;
        match self.view {
            View::Standard => {}
            View::Lookout | View::Info => return part.is_primary(),
            View::SafeTask => return part.is_child() && subject.safe,
            View::Cancelled | View::Ladder | View::Pathway | View::Feedback => return false,
        }
        match self.request.letter {
            Letter::C | Letter::CL | Letter::P | Letter::F | Letter::M => true,
            Letter::L | Letter::X => !part.is_child() || self.is_council_child(position),
            Letter::N | Letter::K => part.is_child() || part == Part::Victim,
            Letter::Z => part.is_primary(),
            Letter::A => part.is_child(),
            Letter::H1 | Letter::H2 | Letter::S | Letter::R => part == Part::PrimaryChild,
            Letter::D => part.is_primary(),
            Letter::E => self.is_own_pupil(position),
            Letter::Y | Letter::T | Letter::G => false,
        }
    }

    /// A child of this school, or whom routing named: it alone knows the age of a victim who is a child.
    fn is_own_pupil(&self, position: usize) -> bool {
        let is_at_school =
            self.facts.subjects.get(position).is_some_and(|subject| {
                subject.part.is_child() && self.is_own_school(&subject.school)
            });
        is_at_school || self.request.pupils.contains(&position)
    }

    fn is_own_school(&self, urn: &str) -> bool {
        !urn.is_empty() && self.request.school_urn == Some(urn)
    }

    fn is_council_child(&self, position: usize) -> bool {
        if self.request.council_children.is_empty() {
            let part = self.facts.subjects.get(position).map(|subject| subject.part);
            return part == Some(Part::PrimaryChild);
        }
        self.request.council_children.contains(&position)
    }

    fn other_children(&self, alert: &Node) -> u32 {
        if !matches!(self.request.letter, Letter::L | Letter::X) || self.view != View::Standard {
            return 0;
        }
        let hidden = self.facts.subjects.iter().enumerate().filter(|(position, subject)| {
            subject.part.is_child() && !self.shows_subject(*position)
        });
        let at_home = alert
            .nodes(field::alert::ENVELOPE)
            .flat_map(|envelope| envelope.nodes(field::envelope::HOUSEHOLD))
            .filter(|person| is_child_role(person));
        u32::try_from(hidden.count().saturating_add(at_home.count())).unwrap_or(u32::MAX)
    }

    /// Domain 3.3 `household`.
    fn household_scope(&self, person: &Node) -> Option<Scope> {
        let child = is_child_role(person);
        let carer = person.value(field::person::SUBJECT_ROLE) == value::subject_role::PARENT_CARER;
        match self.request.letter {
            Letter::C | Letter::CL | Letter::P | Letter::F | Letter::M => Some(Scope::Whole),
            Letter::L | Letter::X => (!child).then_some(Scope::Whole),
            Letter::N => child.then_some(Scope::Whole),
            Letter::S => carer.then_some(Scope::NamesAndPhones),
            Letter::K
            | Letter::A
            | Letter::H1
            | Letter::H2
            | Letter::R
            | Letter::E
            | Letter::Y
            | Letter::D
            | Letter::Z
            | Letter::T
            | Letter::G => None,
        }
    }

    /// Domain 3.3 `persons_of_concern`, 3.7 `alleged_perpetrator`.
    fn concern_scope(&self, concern: &Node) -> Option<Scope> {
        use field::person_of_concern::{HAS_CONTACT, LIVES_WITH_FAMILY, PATIENT_SAFETY};
        match self.request.letter {
            Letter::C
            | Letter::CL
            | Letter::P
            | Letter::F
            | Letter::M
            | Letter::L
            | Letter::X
            | Letter::D => Some(Scope::WholeOfConcern),
            Letter::N => {
                let near = [LIVES_WITH_FAMILY, HAS_CONTACT]
                    .iter()
                    .any(|number| concern.value(*number) == value::bool3::YES);
                Some(if near { Scope::NameAndRelationship } else { Scope::RelationshipOnly })
            }
            Letter::H1 | Letter::H2 => {
                concern.is_true(PATIENT_SAFETY).then_some(Scope::WholeOfConcern)
            }
            Letter::K
            | Letter::A
            | Letter::R
            | Letter::S
            | Letter::E
            | Letter::Y
            | Letter::Z
            | Letter::T
            | Letter::G => None,
        }
    }

    /// Domain 3.4: SAFE is sealed; an old home of the family beside it is not shown as current; S sees home and placement.
    fn shows_address(&self, address: &Node, scope: Scope) -> bool {
        use value::address_type::{HOME, OTHER_PARENT, PLACEMENT, TEMPORARY};
        let kind = address.value(field::address::TYPE);
        let known = [HOME, PLACEMENT, TEMPORARY, OTHER_PARENT].contains(&kind);
        let current = !address.is_true(field::address::CLOSED) && kind != OTHER_PARENT;
        let old_home = self.facts.any_safe() && current && scope != Scope::WholeOfConcern;
        let for_letter = self.request.letter != Letter::S || [HOME, PLACEMENT].contains(&kind);
        known && !old_home && for_letter
    }

    /// E, R, Y and H1 read a sentence of the hub; police too on an interview, of which they see the outcome and what is
    /// marked (R07).
    fn headline(&self, content: &Content) -> Content {
        if self.request.kind == AlertKind::RhiUpdate && self.request.letter == Letter::P {
            return Content::of_text(banners::headline(self.request.kind));
        }
        match self.request.letter {
            Letter::E | Letter::R | Letter::Y | Letter::H1 => {
                Content::of_text(banners::headline(self.request.kind))
            }
            Letter::C
            | Letter::CL
            | Letter::P
            | Letter::F
            | Letter::M
            | Letter::K
            | Letter::A
            | Letter::H2
            | Letter::N
            | Letter::S
            | Letter::L
            | Letter::X
            | Letter::D
            | Letter::Z
            | Letter::T
            | Letter::G => content.clone(),
        }
    }

    /// Domain 3.3 `told`: E, R, D and Z see the child's state only; nobody a state of a child they do not see.
    fn shows_told(&self, told: &Node) -> bool {
        let child = told.value(field::told::ABOUT) == value::told_about::CHILD;
        let reference = told.text(field::told::PERSON_REF);
        let hidden =
            self.facts.position(reference).is_some_and(|position| !self.shows_subject(position));
        let child_only =
            matches!(self.request.letter, Letter::E | Letter::R | Letter::D | Letter::Z);
        if child { !hidden } else { !child_only }
    }

    /// Domain 3.7 `child_impacts`.
    fn shows_impact(&self, impact: &Node) -> bool {
        let position = self.facts.position(impact.text(field::child_impact::CHILD_REF));
        match self.request.letter {
            Letter::C | Letter::CL | Letter::P | Letter::F | Letter::M => true,
            Letter::L | Letter::X => position.is_some_and(|at| self.is_council_child(at)),
            Letter::N | Letter::K => {
                position.is_some_and(|at| !self.request.living_outside.contains(&at))
            }
            Letter::E => position.is_some_and(|at| self.shows_subject(at)),
            Letter::A
            | Letter::H1
            | Letter::H2
            | Letter::R
            | Letter::S
            | Letter::Y
            | Letter::D
            | Letter::Z
            | Letter::T
            | Letter::G => false,
        }
    }

    /// What is for one agency among others.
    fn shows_own(&self, rule: Rule, node: &Node) -> bool {
        if rule == Rule::OwnPart {
            self.shows_part(node)
        } else if rule == Rule::OwnActions {
            self.shows_action(node)
        } else {
            self.shows_release(node)
        }
    }

    /// Domain 3.11: a part of a plan goes to the agencies it is for, or to all; the Area Team sees all.
    fn shows_part(&self, part: &Node) -> bool {
        let mut whom =
            part.all(field::plan_part::FOR_AGENCIES).filter_map(Content::text).peekable();
        let is_theirs = whom.peek().is_none() || whom.any(|code| self.request.agency == Some(code));
        self.request.letter == Letter::A || (self.is_agreed() && is_theirs)
    }

    /// Domain 3.11: a council that hears of a step up because the child is its own sees what the front door sees.
    fn is_agreed(&self) -> bool {
        let is_council = matches!(self.request.letter, Letter::L | Letter::X);
        !is_council || self.request.agency.is_some_and(|code| self.facts.agrees_to(code))
    }

    /// Domain 3.8: an attending agency sees its own actions only. They are sealed, so that this is for whoever opens them.
    fn shows_action(&self, action: &Node) -> bool {
        let own = action.text(field::marac_action::AGENCY);
        self.request.letter != Letter::K || self.request.agency == Some(own)
    }

    /// Domain 3.7 `protective_orders`: a school learns of an order that bars somebody from it.
    fn shows_order(&self, order: &Node) -> bool {
        use field::protective_order::{BARS_SCHOOL, SCHOOL_URNS};
        let mut schools = order.all(SCHOOL_URNS).filter_map(Content::text).peekable();
        let ours = schools.peek().is_none() || schools.any(|urn| self.is_own_school(urn));
        self.request.letter != Letter::E || (order.is_true(BARS_SCHOOL) && ours)
    }

    fn place(&self, content: &Content) -> Content {
        let home = content.value() == Some(value::place_type::HOME);
        if self.request.letter == Letter::E && !home {
            return Content::Varint(u64::from(value::place_type::OTHER.unsigned_abs()));
        }
        content.clone()
    }

    fn area(&self, content: &Content, position: usize) -> Option<Content> {
        if !self.facts.any_safe() {
            return Some(content.clone());
        }
        (position == 0).then(|| Content::of_text(AREA_SEALED))
    }

    /// Domain 3.4 `pr_holders`: S and R see who may agree (domain 6.3).
    fn shows_pr_holder(&self, holder: &Node) -> bool {
        let restricted = holder.value(field::pr_holder::RESTRICTED_BY_ORDER) == value::bool3::YES;
        let reference = holder.text(field::pr_holder::PERSON_REF);
        let of_concern = self.facts.of_concern.iter().any(|concern| concern == reference);
        let may_agree = !restricted && !of_concern;
        !matches!(self.request.letter, Letter::S | Letter::R) || may_agree
    }

    /// INFO and a school's notice of domestic abuse carry the date, not the time of day.
    fn occurred(&self, item: &Item, scope: Scope) -> Option<Content> {
        let notice =
            self.request.letter == Letter::E && self.facts.kind == AlertKind::DvNotification;
        if self.view != View::Info && !notice {
            return self.descend(item, scope);
        }
        match &item.content {
            Content::Node(instant) => date_only(instant),
            Content::Varint(_) => Some(Content::Varint(u64::from(
                value::occurred_precision::DATE_ONLY.unsigned_abs(),
            ))),
            Content::Fixed32(_) | Content::Fixed64(_) | Content::Bytes(_) => None,
        }
    }
}

fn is_child_role(person: &Node) -> bool {
    matches!(
        person.value(field::person::SUBJECT_ROLE),
        value::subject_role::SIBLING
            | value::subject_role::OTHER_CHILD
            | value::subject_role::UNBORN
    )
}

/// Domain 3.4 `phones`: NO is sealed, and so is a value we do not know.
fn shows_phone(phone: &Node) -> bool {
    matches!(
        phone.value(field::phone::SAFE_TO_CALL),
        value::bool3::UNSPECIFIED | value::bool3::YES | value::bool3::UNKNOWN
    )
}

/// The instant at the start of its local day; none where it cannot be told.
fn date_only(instant: &Node) -> Option<Content> {
    const SECONDS: u32 = 1;
    const DAY: i64 = 86_400;
    let at = instant.node(field::instant::AT)?;
    let seconds = at.all(SECONDS).filter_map(Content::signed).last().unwrap_or_default();
    let minutes = instant
        .all(field::instant::UTC_OFFSET_MINUTES)
        .filter_map(Content::zigzag)
        .last()
        .unwrap_or_default();
    let offset = minutes.checked_mul(60)?;
    let midnight = seconds
        .checked_add(offset)?
        .checked_div_euclid(DAY)?
        .checked_mul(DAY)?
        .checked_sub(offset)?;
    let mut copy = instant.clone();
    for item in &mut copy.items {
        if let (field::instant::AT, Content::Node(stamp)) = (item.field.number, &mut item.content) {
            stamp.items = stamp
                .message
                .field(SECONDS)
                .map(|field| Item { field, content: Content::Varint(midnight.cast_unsigned()) })
                .into_iter()
                .collect();
        }
    }
    Some(Content::Node(copy))
}

/// Numbers the persons of a copy in order of appearance.
fn number_persons(node: &Node, numbers: &mut BTreeMap<String, usize>) {
    for item in &node.items {
        if node.message.name == "Person" && item.field.rule == Rule::PersonRef {
            let reference = item.content.text().unwrap_or_default().to_owned();
            let next = numbers.len().saturating_add(1);
            numbers.entry(reference).or_insert(next);
        }
        if let Content::Node(inner) = &item.content {
            number_persons(inner, numbers);
        }
    }
}

/// Puts the numbers in place of the sender's references; one to a person who is not in the copy goes.
fn renumber(node: &mut Node, numbers: &BTreeMap<String, usize>) {
    for item in &mut node.items {
        if let Content::Node(inner) = &mut item.content {
            renumber(inner, numbers);
        }
    }
    node.items.retain_mut(|item| {
        if item.field.rule != Rule::PersonRef {
            return true;
        }
        let number = item.content.text().and_then(|reference| numbers.get(reference));
        if let Some(number) = number {
            item.content = Content::of_text(&number.to_string());
            return true;
        }
        false
    });
}

/// A part of an interview: police see it where it is marked (R07).
fn shows_to_police(part: &Node, letter: Letter) -> bool {
    use field::{interview_disclosure, push_pull};
    let mark = match part.message.name {
        "PushPull" => push_pull::POLICE_RELEVANT,
        _ => interview_disclosure::POLICE_RELEVANT,
    };
    letter != Letter::P || part.is_true(mark)
}
