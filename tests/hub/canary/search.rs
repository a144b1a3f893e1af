//! Looks for texts in bytes, in every form in which a text may slip out.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Something found: whose canary, in which form, and what stands around it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Hit {
    pub(super) canary: String,
    pub(super) form: &'static str,
    pub(super) around: String,
}

/// Forms of canaries by their first two bytes.
pub(super) struct Search {
    canaries: Vec<String>,
    patterns: HashMap<[u8; 2], Vec<Pattern>>,
    /// Whether any pattern starts with these two bytes.
    starts: Vec<bool>,
}

struct Pattern {
    bytes: Vec<u8>,
    form: &'static str,
    canary: usize,
}

/// The shortest text that is told from chance in megabytes of ciphertext and of times: six digits are not.
pub(super) const BYTES_MIN: usize = 7;

impl Search {
    pub(super) fn for_all(canaries: impl IntoIterator<Item = String>) -> Self {
        let canaries: BTreeSet<String> = canaries.into_iter().collect();
        let mut search = Self {
            canaries: canaries.into_iter().collect(),
            patterns: HashMap::new(),
            starts: vec![false; 1 << 16],
        };
        for (canary, text) in search.canaries.iter().enumerate() {
            assert!(text.len() >= BYTES_MIN, "too short to be a canary: {text}");
            for (form, bytes) in forms(text) {
                let start = [bytes[0], bytes[1]];
                search.starts[usize::from(u16::from_be_bytes(start))] = true;
                let pattern = Pattern { bytes, form, canary };
                search.patterns.entry(start).or_default().push(pattern);
            }
        }
        search
    }

    /// Every canary that stands in `bytes` in some form; each canary and form once.
    pub(super) fn hits(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut seen = BTreeSet::new();
        let mut hits = Vec::new();
        for (at, pair) in bytes.windows(2).enumerate() {
            let start = [pair[0], pair[1]];
            if !self.starts[usize::from(u16::from_be_bytes(start))] {
                continue;
            }
            for pattern in &self.patterns[&start] {
                if bytes[at..].starts_with(&pattern.bytes)
                    && seen.insert((pattern.canary, pattern.form))
                {
                    let from = at.saturating_sub(80);
                    let until = (at + pattern.bytes.len() + 40).min(bytes.len());
                    let around = String::from_utf8_lossy(&bytes[from..until]).into_owned();
                    let canary = self.canaries[pattern.canary].clone();
                    hits.push(Hit { canary, form: pattern.form, around });
                }
            }
        }
        hits
    }
}

/// The forms of a text, each with the bytes to look for.
fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms: Vec<(&'static str, Vec<u8>)> = vec![
        ("as it is", text.as_bytes().to_vec()),
        ("lower case", text.to_lowercase().into_bytes()),
        ("upper case", text.to_uppercase().into_bytes()),
        ("hex", hex(text, |out, byte| write!(out, "{byte:02x}").unwrap())),
        ("HEX", hex(text, |out, byte| write!(out, "{byte:02X}").unwrap())),
        ("percent, all", hex(text, |out, byte| write!(out, "%{byte:02X}").unwrap())),
        ("percent", hex(text, percent)),
    ];
    for (offset, name) in
        ["base64, aligned", "base64, one off", "base64, two off"].into_iter().enumerate()
    {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push((name, certain(&engine.encode(padded(text, offset)), text, offset)));
        }
    }
    let mut known = BTreeSet::new();
    forms.retain(|(_, bytes)| known.insert(bytes.clone()));
    forms
}

fn padded(text: &str, offset: usize) -> Vec<u8> {
    [vec![0; offset], text.as_bytes().to_vec()].concat()
}

/// The characters of a base64 text that the bytes around the canary have no part in.
fn certain(encoded: &str, text: &str, offset: usize) -> Vec<u8> {
    let from = (offset * 8).div_ceil(6);
    let until = (offset + text.len()) * 8 / 6;
    encoded.as_bytes()[from..until].to_vec()
}

fn hex(text: &str, write: impl Fn(&mut String, u8)) -> Vec<u8> {
    let mut out = String::new();
    text.bytes().for_each(|byte| write(&mut out, byte));
    out.into_bytes()
}

/// As in a URL: letters, digits and `-._~` stay.
fn percent(out: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        out.push(char::from(byte));
    } else {
        write!(out, "%{byte:02X}").unwrap();
    }
}

#[test]
fn a_canary_is_found_in_every_form_and_at_every_place() {
    let search = Search::for_all(["Zq1 Kestrel+é".to_owned()]);
    let text = "Zq1 Kestrel+é";
    let standard = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{text} and more"));
    let safe = |before: &str| URL_SAFE_NO_PAD.encode(format!("{before}{text} and more"));
    for (form, hidden) in [
        ("as it is", text.to_owned()),
        ("lower case", "zq1 kestrel+é".to_owned()),
        ("upper case", "ZQ1 KESTREL+É".to_owned()),
        ("hex", "5a7131204b65737472656c2bc3a9".to_owned()),
        ("HEX", "5A7131204B65737472656C2BC3A9".to_owned()),
        ("percent", "Zq1%20Kestrel%2B%C3%A9".to_owned()),
        ("percent, all", "%5A%71%31%20%4B%65%73%74%72%65%6C%2B%C3%A9".to_owned()),
        ("base64, aligned", standard("abc")),
        ("base64, one off", standard("abcd")),
        ("base64, two off", standard("abcde")),
        ("base64, aligned", safe("")),
        ("base64, one off", safe("a")),
        ("base64, two off", safe("ab")),
    ] {
        for around in ["", "?", "some more text before it: "] {
            let found = search.hits(format!("{around}{hidden}{around}").as_bytes());
            assert!(found.iter().any(|hit| hit.form == form), "{form} in {hidden}");
        }
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let search = Search::for_all(["Zq1 Kestrel+é".to_owned()]);

    assert_eq!(search.hits(b"Zq1 Kestre and Zq2 Kestrel+ and nothing else"), []);
    assert_eq!(search.hits(b""), []);
}
