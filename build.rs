//! Compiles the contract without protoc and turns its view options into the table that copies are cut by.

#[path = "build/contract.rs"]
mod contract;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use protox::Compiler;

const PROTO_ROOT: &str = "proto";
const CONTRACT: &str = "proto/staysafe/v1";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rerun-if-changed={PROTO_ROOT}");

    let mut files = Vec::new();
    proto_files(Path::new(PROTO_ROOT), &mut files)?;
    files.sort();

    let mut compiler = Compiler::new([PROTO_ROOT])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let pool = compiler.descriptor_pool();
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);

    let messages = contract::read(&pool).map_err(|faults| faults.join("\n"))?;
    fs::write(out.join("views.rs"), contract::table(&messages))?;
    fs::write(out.join("numbers.rs"), contract::numbers(&messages))?;

    // `file_descriptor_set` drops our options, the encoded form keeps them. Comments go: they are the
    // partner's manual, not something to send with every reflection answer.
    let commented = compiler.file_descriptor_set();
    // Nor is the hub's own record format anybody's business.
    let contract = files.iter().filter(|file| file.starts_with(CONTRACT));
    let mut published = Compiler::new([PROTO_ROOT])?;
    published.include_imports(true).include_source_info(false).open_files(contract)?;
    fs::write(out.join("descriptors.bin"), published.encode_file_descriptor_set())?;

    generate(&pool, commented, &out)
}

fn generate(
    pool: &prost_reflect::DescriptorPool,
    files: prost_types::FileDescriptorSet,
    out: &Path,
) -> Result<(), Box<dyn Error>> {
    let (messages, oneofs) = contract::personal_types(pool);
    // Personal data must not reach a log through `{:?}`.
    let silent: Vec<String> =
        messages.iter().chain(&oneofs).map(|name| format!(".{name}")).collect();
    fs::write(out.join("redacted_debug.rs"), redacted_debug(&messages, &oneofs)?)?;

    tonic_prost_build::configure()
        .skip_debug(silent)
        // The alert of a submission is kept as the bytes received: a field this hub does not know is not lost.
        .extern_path(".staysafe.v1.SubmitAlertRequest", "crate::wire::SubmitAlertRequest")
        .compile_fds(files)?;
    Ok(())
}

/// `Debug` for every type that holds parts of an alert: the type's name and nothing of its content.
fn redacted_debug(messages: &[String], oneofs: &[String]) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    let names = messages.iter().filter_map(|name| name.rsplit('.').next().map(str::to_owned));
    let nested = oneofs.iter().filter_map(|name| {
        let mut parts = name.rsplit('.');
        let (oneof, holder) = (parts.next()?, parts.next()?);
        Some(format!("{}::{}", contract::snake(holder), camel(oneof)))
    });
    for path in names.chain(nested) {
        writeln!(
            out,
            "impl ::core::fmt::Debug for {path} {{\n    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) \
             -> ::core::fmt::Result {{\n        f.write_str(\"{path} [redacted]\")\n    }}\n}}"
        )?;
    }
    Ok(out)
}

fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

fn proto_files(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            proto_files(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "proto") {
            found.push(path);
        }
    }
    Ok(())
}
