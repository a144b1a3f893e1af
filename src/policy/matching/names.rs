//! Names as they are compared (domain 4.2). The original spelling is for display and is never changed.

use std::collections::HashMap;
use std::sync::LazyLock;

use rphonetic::DoubleMetaphone;
use smol_str::SmolStr;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// At or above this the spellings are taken as one name misspelt.
const SIMILAR: f64 = 0.92;
/// Below this, and unlike in sound, the names are dissimilar.
const DISSIMILAR: f64 = 0.85;

const NICKNAMES: &str = include_str!("nicknames.tsv");

/// In which lines of the table a spelling stands.
static LINES: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut lines: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (line, group) in GROUPS.iter().enumerate() {
        for name in group {
            lines.entry(&name.sorted).or_default().push(line);
            lines.entry(&name.written).or_default().push(line);
        }
    }
    lines
});

static GROUPS: LazyLock<Vec<Vec<Name>>> = LazyLock::new(|| {
    let is_group = |line: &&str| !line.is_empty() && !line.starts_with('#');
    NICKNAMES
        .lines()
        .filter(is_group)
        .map(|line| line.split('\t').map(Name::of).collect())
        .collect()
});

/// One name, normalised: decomposed, without marks, in one case, without apostrophes, hyphens and spaces; `Mac` folded
/// into `Mc`. Kept twice: with the parts of a double-barrelled name in the order of the alphabet, so that their order
/// does not count, and as written, so that it does not count whether there are parts. Personal data: never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name {
    sorted: SmolStr,
    written: SmolStr,
    /// The code of its sound and that of its other reading (Double Metaphone): a name is compared far more often than
    /// it is read.
    codes: [SmolStr; 2],
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Name {
    /// Normalises a name as given.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let folded: String = text
            .nfkd()
            .filter(|c| !is_combining_mark(*c) && !is_apostrophe(*c))
            .flat_map(char::to_lowercase)
            .collect();
        let parts = folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        let written = mac(&parts.clone().collect::<String>());
        let mut parts: Vec<String> = parts.map(mac).collect();
        parts.sort_unstable();
        let sorted = SmolStr::from(parts.concat());
        let sound = DoubleMetaphone::default().double_metaphone(&sorted);
        let codes = [sound.primary(), sound.alternate()].map(SmolStr::from);
        Self { sorted, written: SmolStr::from(written), codes }
    }

    /// Whether both are one name, whatever the order of its parts, or whether it has any.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.sorted == other.sorted || self.written == other.written
    }

    /// How alike the spellings are, from 0 to 1 (Jaro-Winkler).
    fn likeness(&self, other: &Self) -> f64 {
        let sorted = strsim::jaro_winkler(&self.sorted, &other.sorted);
        sorted.max(strsim::jaro_winkler(&self.written, &other.written))
    }

    /// Whether nothing is left of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Whether one is the first letter of the other, and no more.
    #[must_use]
    pub fn is_initial_of(&self, other: &Self) -> bool {
        let is_letter = |name: &Self| name.written.chars().count() == 1;
        let begins = |letter: &Self, name: &Self| {
            !is_letter(name) && name.written.starts_with(letter.written.as_str())
        };
        (is_letter(self) && begins(self, other)) || (is_letter(other) && begins(other, self))
    }

    /// Whether both stand in one line of the nickname table.
    #[must_use]
    pub fn is_nickname_of(&self, other: &Self) -> bool {
        self.lines().any(|line| other.lines().any(|also| line == also))
    }

    fn lines(&self) -> impl Iterator<Item = usize> {
        let of = |spelling: &str| LINES.get(spelling).into_iter().flatten().copied();
        of(&self.sorted).chain(of(&self.written))
    }

    /// Whether they are one name misheard or misspelt.
    #[must_use]
    pub fn is_similar_to(&self, other: &Self) -> bool {
        self.sounds_like(other) || self.likeness(other) >= SIMILAR
    }

    /// Whether they are unlike in spelling and in sound, and neither is short for the other. Not dissimilar is not
    /// the same: twins have names like Jack and Jake.
    #[must_use]
    pub fn is_dissimilar_to(&self, other: &Self) -> bool {
        self.likeness(other) < DISSIMILAR && !self.is_nickname_of(other) && !self.sounds_like(other)
    }

    fn sounds_like(&self, other: &Self) -> bool {
        self.codes.iter().any(|code| !code.is_empty() && other.codes.contains(code))
    }

    /// The code of its sound, for finding candidates.
    #[must_use]
    pub fn sound(&self) -> &str {
        let [primary, _] = &self.codes;
        primary.as_str()
    }
}

/// `mac` and `mc` are one prefix where a name follows.
fn mac(part: &str) -> String {
    match part.strip_prefix("mac") {
        Some(rest) if rest.chars().count() >= 3 => format!("mc{rest}"),
        Some(_) | None => part.to_owned(),
    }
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{02b9}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::of(text)
    }

    #[test]
    fn spelling_case_marks_and_order_of_parts_do_not_part_a_name() {
        let same = [
            ("O'Brien", "OBRIEN"),
            ("O\u{2019}Brien", "obrien"),
            ("Zoë", "Zoe"),
            ("Stubbs-Placeholder", "Placeholder Stubbs"),
            ("MacDonald", "McDonald"),
            ("  Marrowby ", "marrowby"),
            ("ﬁeld", "Field"),
            ("Mary-Ann", "Maryann"),
            ("O Brien", "O'Brien"),
            ("Mac Donald", "McDonald"),
        ];
        for (one, other) in same {
            assert!(name(one).is_same_as(&name(other)), "{one} {other}");
            assert!(name(other).is_same_as(&name(one)), "{other} {one}");
        }
        assert!(!name("Mack").is_same_as(&name("Mck")), "a name of its own");
        assert!(name("—'-").is_empty());
    }

    #[test]
    fn a_name_is_not_printed() {
        assert_eq!(format!("{:?}", name("Marrowby")), "[redacted]");
    }

    #[test]
    fn a_nickname_is_found_whichever_comes_first() {
        for (one, other) in [("Ellie", "Eleanor"), ("Jay", "Jaydon"), ("Bill", "William")] {
            assert!(name(one).is_nickname_of(&name(other)), "{one} {other}");
            assert!(name(other).is_nickname_of(&name(one)), "{other} {one}");
        }
        assert!(!name("Ava").is_nickname_of(&name("Mia")));
    }

    #[test]
    fn names_of_twins_are_not_dissimilar_and_not_the_same() {
        for (one, other) in [("Harry", "Harvey"), ("Jack", "Jake"), ("Olivia", "Oliver")] {
            assert!(!name(one).is_dissimilar_to(&name(other)), "{one} {other}");
            assert!(!name(one).is_same_as(&name(other)));
            assert!(!name(one).is_nickname_of(&name(other)), "{one} {other}");
        }
        let harry = strsim::jaro_winkler("harry", "harvey");
        assert!((0.875..0.877).contains(&harry), "{harry}: 0.876 in domain 4.2");
        assert!(name("Ava").is_dissimilar_to(&name("Mia")));
    }

    #[test]
    fn an_initial_is_of_a_longer_name_only() {
        assert!(name("J").is_initial_of(&name("Jon")));
        assert!(name("Jon").is_initial_of(&name("J.")));
        assert!(!name("J").is_initial_of(&name("J")));
        assert!(!name("K").is_initial_of(&name("Jon")));
    }

    #[test]
    fn every_group_of_the_table_has_names_and_no_name_twice() {
        for group in GROUPS.iter() {
            assert!(group.len() >= 2, "{:?}", group.first().map(|name| &name.written));
            let mut sorted: Vec<&str> = group.iter().map(|name| name.written.as_str()).collect();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), group.len(), "{sorted:?}");
        }
    }
}
