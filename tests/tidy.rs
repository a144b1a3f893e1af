//! Keeps the house tidy: who may import whom, how long a file and a function may be, and a few calls that may
//! stand in one place only. Reads the sources; runs nothing.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// Longest file, in lines.
const FILE_LINES_MAX: usize = 600;
/// Longest function, in lines from signature to closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// The layer table: each module and the modules of ours it may import. Layers go down the list.
const LAYERS: &[(&str, &[&str])] = &[
    // L0: pure. No async, I/O, clock or log.
    ("domain", &[]),
    ("merkle", &[]),
    ("calendar", &["domain"]),
    ("policy", &["domain", "calendar"]),
    // L1: ports.
    ("env", &["domain"]),
    ("record", &["domain", "merkle", "crypto"]),
    ("wake", &["domain"]),
    ("crypto", &["domain", "env"]),
    ("config", &["domain"]),
    ("store", &["domain", "merkle", "policy", "crypto", "record", "env"]),
    // L2: services. Of each other they know only `audit` and `repeats`; all of them ask the deny list.
    ("denylist", &["domain", "policy", "crypto", "record", "store"]),
    ("audit", L2),
    ("repeats", L2),
    ("broker", L2),
    ("mailbox", L2),
    ("escalation", L2),
    ("retention", L2),
    ("directory", L2),
    ("indicators", L2),
    ("identity", L2),
    // L3: edges. They parse, call a service, render; they decide nothing.
    ("wire", &["domain", "policy", "merkle", "record"]),
    ("tls", &["domain", "env", "config"]),
    (
        "grpc",
        &[
            "domain",
            "wire",
            "tls",
            "config",
            "audit",
            "broker",
            "mailbox",
            "escalation",
            "directory",
            "indicators",
            "identity",
            "env",
        ],
    ),
    ("sdk", &["domain", "wire", "merkle", "record", "tls"]),
    // L4: puts everything together.
    ("telemetry", EVERYTHING),
    ("hub", EVERYTHING),
    ("cli", EVERYTHING),
];

const L2: &[&str] = &[
    "domain", "merkle", "calendar", "policy", "env", "record", "wake", "crypto", "config", "store",
    "audit", "denylist", "repeats",
];

const EVERYTHING: &[&str] = &[
    "domain",
    "merkle",
    "calendar",
    "policy",
    "env",
    "record",
    "wake",
    "crypto",
    "config",
    "store",
    "audit",
    "denylist",
    "repeats",
    "broker",
    "mailbox",
    "escalation",
    "retention",
    "directory",
    "indicators",
    "identity",
    "wire",
    "tls",
    "grpc",
    "sdk",
    "telemetry",
    "hub",
    "cli",
];

/// Modules that must stay pure, and what must not appear in them outside tests.
const PURE: &[&str] = &["domain", "merkle", "calendar", "policy"];
const IMPURE: &[&str] = &["std::fs", "std::net", "std::io", "tokio", "tracing", "std::env"];

#[test]
fn no_module_imports_upwards() {
    let mut faults = Vec::new();
    for file in sources("src") {
        let module = module_of(&file);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == module) else {
            continue;
        };
        for imported in crate_imports(&file) {
            if imported != module && !allowed.contains(&imported.as_str()) {
                faults.push(format!("{}: {module} may not import {imported}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_has_a_row_in_the_layer_table() {
    let rows: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let modules: BTreeSet<String> = std::fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let without: Vec<&String> =
        modules.iter().filter(|module| !rows.contains(module.as_str())).collect();
    assert!(without.is_empty(), "modules without a row in LAYERS: {without:?}");
}

#[test]
fn the_pure_layer_does_no_io_no_async_and_no_logging() {
    let mut faults = Vec::new();
    for file in sources("src").into_iter().filter(|file| PURE.contains(&module_of(file).as_str())) {
        let text = production_text(&std::fs::read_to_string(&file).unwrap());
        for needle in IMPURE.iter().chain(&["async fn", ".await"]) {
            if text.contains(needle) {
                faults.push(format!("{}: {needle}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_is_longer_than_its_bound() {
    let mut faults = Vec::new();
    for file in sources("src").into_iter().chain(sources("tests")) {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{}: {lines} lines", file.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_function_is_longer_than_its_bound() {
    let mut faults = Vec::new();
    for file in sources("src").into_iter().chain(sources("tests")) {
        let parsed = parse(&file);
        let mut lengths = FunctionLengths::default();
        lengths.visit_file(&parsed);
        for (name, lines) in lengths.0 {
            if lines > FUNCTION_LINES_MAX {
                faults.push(format!("{}: fn {name} has {lines} lines", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn some_calls_stand_in_one_place_only() {
    // What, and the files that may hold it.
    let places: &[(&str, &[&str])] = &[
        // Only the status module knows gRPC codes.
        ("tonic::Code", &["src/grpc/status.rs", "src/cli", "src/sdk"]),
        // Every opening of a body is recorded first, so two service functions open: for a copy, and for the hub itself to
        // test rows anew when an agreement changes.
        (".open_body(", &["src/mailbox", "src/broker/consent.rs", "src/crypto"]),
        // Whom an alert is kept from is content: the hub decides by it and shows it to nobody.
        (".open_conflicts(", &["src/record", "src/crypto"]),
        (".open_mentions(", &["src/record", "src/crypto"]),
        // The environment is read in one place.
        ("std::env::var", &["src/config"]),
    ];
    let mut faults = Vec::new();
    for file in sources("src") {
        let relative = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let text = production_text(&std::fs::read_to_string(&file).unwrap());
        for (needle, allowed) in places {
            if text.contains(needle) && !allowed.iter().any(|place| relative.starts_with(place)) {
                faults.push(format!("{relative}: {needle}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_alarm_stands_in_the_table_of_the_operators_manual() {
    let manual = std::fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let table: Vec<&str> = manual.lines().filter(|line| line.starts_with("| ")).collect();
    let explained = |code: &str| {
        table
            .iter()
            .filter_map(|row| row.split('|').nth(1))
            .any(|codes| codes.split(',').any(|explained| explained.trim() == code))
    };
    let mut raised = BTreeSet::new();
    for file in sources("src") {
        let text = production_text(&std::fs::read_to_string(&file).unwrap());
        let alarms = [
            ".raise(\"",
            ".tell(\"",
            "(&self.alarms, \"",
            "\"staysafe_alarms_total\", \"code\" => \"",
        ];
        for before in alarms {
            let codes = text.split(before).skip(1).filter_map(|after| after.split('"').next());
            raised.extend(codes.map(str::to_owned));
        }
    }

    assert!(raised.len() > 15, "{raised:?}");
    let missing: Vec<&String> = raised.iter().filter(|code| !explained(code)).collect();
    assert!(missing.is_empty(), "docs/operating.md does not explain {missing:?}");
}

#[test]
fn ring_is_the_only_tls_crypto_in_the_lock_file() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let banned = ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"];
    let found: Vec<&str> =
        banned.into_iter().filter(|name| lock.contains(&format!("name = \"{name}\"\n"))).collect();
    assert!(found.is_empty(), "Cargo.lock holds {found:?}");
    assert!(lock.contains("name = \"ring\"\n"), "ring is the TLS provider");
}

#[test]
fn no_private_key_is_committed() {
    let tracked = std::process::Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tracked.status.success(), "git ls-files failed");
    let marker = ["-----BEGIN ", "PRIVATE KEY-----"].concat();
    for name in String::from_utf8(tracked.stdout).unwrap().split('\0').filter(|n| !n.is_empty()) {
        let Ok(text) = std::fs::read_to_string(root().join(name)) else { continue };
        assert!(!text.contains(&marker), "{name} holds a private key");
    }
}

#[derive(Default)]
struct FunctionLengths(BTreeMap<String, usize>);

impl FunctionLengths {
    fn note(&mut self, name: &syn::Ident, whole: proc_macro2::Span) {
        let lines = whole.end().line.saturating_sub(whole.start().line).saturating_add(1);
        let longest = self.0.entry(name.to_string()).or_default();
        *longest = lines.max(*longest);
    }
}

impl<'ast> Visit<'ast> for FunctionLengths {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        use syn::spanned::Spanned as _;
        self.note(&item.sig.ident, item.sig.span().join(item.block.span()).unwrap());
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        use syn::spanned::Spanned as _;
        self.note(&item.sig.ident, item.sig.span().join(item.block.span()).unwrap());
        syn::visit::visit_impl_item_fn(self, item);
    }
}

/// The modules of ours that a file names as `crate::module`, outside its tests.
fn crate_imports(file: &Path) -> BTreeSet<String> {
    let mut paths = CratePaths::default();
    paths.visit_file(&parse(file));
    paths.0
}

#[derive(Default)]
struct CratePaths(BTreeSet<String>);

impl<'ast> Visit<'ast> for CratePaths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test_only(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if let syn::UseTree::Path(path) = &item.tree
            && path.ident == "crate"
        {
            collect_first(&path.tree, &mut self.0);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter();
        if let (Some(first), Some(second)) = (segments.next(), segments.next())
            && first.ident == "crate"
        {
            self.0.insert(second.ident.to_string());
        }
        syn::visit::visit_path(self, path);
    }
}

fn collect_first(tree: &syn::UseTree, into: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(path) => {
            into.insert(path.ident.to_string());
        }
        syn::UseTree::Name(name) => {
            into.insert(name.ident.to_string());
        }
        syn::UseTree::Rename(rename) => {
            into.insert(rename.ident.to_string());
        }
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|item| collect_first(item, into));
        }
        syn::UseTree::Glob(_) => {}
    }
}

fn is_test_only(attributes: &[syn::Attribute]) -> bool {
    use syn::spanned::Spanned as _;
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.span().source_text().is_some_and(|text| text.contains("test"))
    })
}

/// The text before the tests, without comments.
fn production_text(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn parse(file: &Path) -> syn::File {
    let text = std::fs::read_to_string(file).unwrap();
    syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display())).unwrap()
}

/// The top-level module a source file belongs to, e.g. `store` for `src/store/commit.rs`.
fn module_of(file: &Path) -> String {
    let relative = file.strip_prefix(root().join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
