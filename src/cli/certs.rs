//! `staysafe certs`: certificates for development, the demo and tests.
//!
//! Owns the words and files of the command; the authority itself is [`tls::Authority`](crate::tls::Authority). Its key
//! lies unsealed on the disk, so the command says so and is not for a partnership with real people in it.

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::NOTHING;

use crate::tls::{
    Authority, AuthorityError, IssuedCertificate, MachineClock, NameError, Serial, ServerNames,
    SystemMachineClock, TrustDomain,
};

/// The agencies that `certs partnership` makes a certificate for (domain 2.1), each for a system called `main`.
pub const PARTNERSHIP: [&str; 21] = [
    "CADT",
    "EDT",
    "AREA-01",
    "AREA-02",
    "AREA-03",
    "AREA-05",
    "AREA-07",
    "FSU",
    "MARAC",
    "MERPOL",
    "WUTH-AED",
    "WUTH-SG",
    "WCHC-019",
    "MIDW",
    "CIC",
    "RESPONSE",
    "SAFERFUT",
    "SCH-900101",
    "SCH-900104",
    "HUB-IG",
    "HUB-STEWARD",
];

/// The system named in the certificates of `certs partnership`.
pub const PARTNERSHIP_SYSTEM: &str = "main";

const SERVER_DAYS: u32 = 365;

/// Makes, lists and revokes certificates of a development authority.
#[derive(Debug, Args)]
pub struct CertsArgs {
    /// Directory of the authority.
    #[arg(long, global = true, default_value = "certs-dev/out", value_name = "DIR")]
    pub dir: PathBuf,

    /// What to do.
    #[command(subcommand)]
    pub command: CertsCommand,
}

/// What `staysafe certs` can do.
#[derive(Debug, Subcommand)]
pub enum CertsCommand {
    /// Make a new authority, with an empty revocation list.
    Init(InitArgs),
    /// Issue a certificate for a system or a person of an agency.
    Issue(IssueArgs),
    /// Issue the hub's own certificate.
    Server(ServerArgs),
    /// Make an authority, the hub's certificate and one for every agency of the demonstration partnership.
    Partnership(PartnershipArgs),
    /// Revoke a certificate and write a new revocation list; a running hub cuts its connections.
    Revoke(RevokeArgs),
    /// List what was issued.
    List,
    /// Write a new revocation list, so that the hub does not run out of one.
    Crl(CrlArgs),
}

/// `certs init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Name of the partnership in every certificate.
    #[arg(long, default_value = "staysafe.example", value_name = "NAME")]
    pub trust_domain: String,
}

/// `certs issue`.
#[derive(Debug, Args)]
pub struct IssueArgs {
    /// Code of the agency, such as WUTH-AED.
    #[arg(long, value_name = "CODE")]
    pub agency: String,
    /// System or person.
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Days of validity.
    #[arg(long, default_value_t = 90, value_name = "DAYS")]
    pub days: u32,
}

/// A system or a person.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct SubjectArgs {
    /// Name of a system, such as ehr.
    #[arg(long, value_name = "NAME")]
    pub system: Option<String>,
    /// Opaque id of a person, such as u-1001; never a name.
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,
}

/// `certs server`.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// DNS name of the hub; may be given several times. Without any name: localhost, hub, 127.0.0.1 and ::1.
    #[arg(long, value_name = "NAME")]
    pub dns: Vec<String>,
    /// IP address of the hub; may be given several times.
    #[arg(long, value_name = "ADDRESS")]
    pub ip: Vec<IpAddr>,
    /// Days of validity.
    #[arg(long, default_value_t = SERVER_DAYS, value_name = "DAYS")]
    pub days: u32,
}

/// `certs partnership`.
#[derive(Debug, Args)]
pub struct PartnershipArgs {
    /// Name of the partnership in every certificate.
    #[arg(long, default_value = "staysafe.example", value_name = "NAME")]
    pub trust_domain: String,
    /// Days of validity of the agencies' certificates.
    #[arg(long, default_value_t = 90, value_name = "DAYS")]
    pub days: u32,
}

/// `certs revoke`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RevokeArgs {
    /// Serial number of one certificate, hexadecimal.
    #[arg(long, value_name = "HEX")]
    pub serial: Option<String>,
    /// URI in the certificate; revokes every certificate with it.
    #[arg(long, value_name = "URI")]
    pub name: Option<String>,
}

/// `certs crl`.
#[derive(Debug, Args)]
pub struct CrlArgs {
    /// Days until the next revocation list is due.
    #[arg(long, default_value_t = Authority::LIST_DAYS, value_name = "DAYS")]
    pub days: u32,
}

/// Why a `certs` command failed.
#[derive(Debug, thiserror::Error)]
pub enum CertsError {
    /// The authority refused.
    #[error("the authority could not do it")]
    Authority(#[from] AuthorityError),
    /// A name or number is malformed.
    #[error("an argument is malformed")]
    Argument(#[from] NameError),
    /// The answer could not be printed.
    #[error("the answer could not be printed")]
    Output(#[from] io::Error),
}

/// Runs a `certs` command; prints to `out` what was made and where.
///
/// # Errors
/// [`CertsError`]; nothing that exists is overwritten but certificates of the same name and the revocation list.
pub fn run(args: &CertsArgs, out: &mut dyn Write) -> Result<(), CertsError> {
    let clock: Arc<dyn MachineClock> = Arc::new(SystemMachineClock);
    let dir = args.dir.as_path();
    if let CertsCommand::Init(init) = &args.command {
        create(dir, &init.trust_domain, clock, out)?;
        return Ok(());
    }
    if let CertsCommand::Partnership(partnership) = &args.command {
        return make_partnership(dir, partnership, clock, out);
    }
    let authority = Authority::load(dir, clock)?;
    match &args.command {
        // Done above: these two make the authority that the others open.
        CertsCommand::Init(_) | CertsCommand::Partnership(_) => Ok(()),
        CertsCommand::Issue(issue) => {
            let SubjectArgs { system, user } = &issue.subject;
            let issued = match (system, user) {
                (Some(system), _) => authority.issue_system(&issue.agency, system, issue.days)?,
                (None, user) => {
                    let user = user.as_deref().unwrap_or_default();
                    authority.issue_user(&issue.agency, user, issue.days)?
                }
            };
            write_out(&authority, &issued, out)
        }
        CertsCommand::Server(server) => {
            let names = server_names(server);
            write_out(&authority, &authority.issue_server(&names, server.days)?, out)
        }
        CertsCommand::Revoke(revoke) => revoke_and_say(&authority, revoke, out),
        CertsCommand::List => list(&authority, out),
        CertsCommand::Crl(crl) => {
            let path = authority.write_crl(days(crl.days))?;
            Ok(writeln!(out, "{}", path.display())?)
        }
    }
}

fn create(
    dir: &Path,
    trust_domain: &str,
    clock: Arc<dyn MachineClock>,
    out: &mut dyn Write,
) -> Result<Authority, CertsError> {
    let authority = Authority::create(dir, &TrustDomain::parse(trust_domain)?, clock)?;
    writeln!(out, "{}", authority.ca_path().display())?;
    writeln!(out, "{}", authority.crl_path().display())?;
    writeln!(out, "The key of this authority lies unsealed on the disk: for development only.")?;
    Ok(authority)
}

fn make_partnership(
    dir: &Path,
    args: &PartnershipArgs,
    clock: Arc<dyn MachineClock>,
    out: &mut dyn Write,
) -> Result<(), CertsError> {
    let authority = create(dir, &args.trust_domain, clock, out)?;
    write_out(&authority, &authority.issue_server(&local_names(), SERVER_DAYS)?, out)?;
    for agency in PARTNERSHIP {
        let issued = authority.issue_system(agency, PARTNERSHIP_SYSTEM, args.days)?;
        write_out(&authority, &issued, out)?;
    }
    Ok(())
}

fn write_out(
    authority: &Authority,
    issued: &IssuedCertificate,
    out: &mut dyn Write,
) -> Result<(), CertsError> {
    let files = authority.write(issued)?;
    Ok(writeln!(out, "{}  serial {}", files.certificate.display(), issued.serial)?)
}

fn revoke_and_say(
    authority: &Authority,
    revoke: &RevokeArgs,
    out: &mut dyn Write,
) -> Result<(), CertsError> {
    let revoked = match (&revoke.serial, &revoke.name) {
        (Some(serial), _) => {
            let serial: Serial = serial.parse()?;
            authority.revoke(&serial)?;
            vec![serial]
        }
        (None, name) => authority.revoke_name(name.as_deref().unwrap_or_default())?,
    };
    for serial in revoked {
        writeln!(out, "revoked {serial}")?;
    }
    Ok(writeln!(out, "{}", authority.crl_path().display())?)
}

fn list(authority: &Authority, out: &mut dyn Write) -> Result<(), CertsError> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["SERIAL", "NAME", "NOT AFTER", "REVOKED"]);
    for entry in authority.issued()? {
        let revoked = entry.revoked_at.map(|at| at.to_string()).unwrap_or_default();
        table.add_row([entry.serial, entry.name, entry.not_after.to_string(), revoked]);
    }
    Ok(writeln!(out, "{}", table.trim_fmt())?)
}

fn server_names(args: &ServerArgs) -> ServerNames {
    if args.dns.is_empty() && args.ip.is_empty() {
        local_names()
    } else {
        ServerNames { dns: args.dns.clone(), ips: args.ip.clone() }
    }
}

/// The names of a hub on one's own machine or in the containers of `docker/`.
fn local_names() -> ServerNames {
    ServerNames {
        dns: vec!["localhost".to_owned(), "hub".to_owned()],
        ips: vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1_u16])],
    }
}

fn days(count: u32) -> Duration {
    Duration::from_secs(24 * 60 * 60).saturating_mul(count)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        certs: CertsArgs,
    }

    fn certs(dir: &Path, words: &str) -> Result<String, CertsError> {
        let dir = dir.to_str().unwrap();
        let words = ["certs"].into_iter().chain(words.split(' ')).chain(["--dir", dir]);
        let cli = Cli::parse_from(words);
        let mut out = Vec::new();
        run(&cli.certs, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_arguments_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_partnership_has_a_hub_and_every_agency_of_the_demonstration() {
        let dir = tempfile::tempdir().unwrap();

        certs(dir.path(), "partnership").unwrap();

        assert!(dir.path().join("server/hub.pem").exists());
        for agency in PARTNERSHIP {
            let path = dir.path().join(format!("agencies/{agency}/system-main.key"));
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
        let mode = fs::metadata(dir.path().join("ca.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_second_authority_does_not_overwrite_the_first() {
        let dir = tempfile::tempdir().unwrap();
        certs(dir.path(), "init").unwrap();
        let key = fs::read(dir.path().join("ca.key")).unwrap();

        let again = certs(dir.path(), "init");

        assert!(matches!(again, Err(CertsError::Authority(AuthorityError::Exists { .. }))));
        assert_eq!(fs::read(dir.path().join("ca.key")).unwrap(), key);
    }

    #[test]
    fn a_certificate_is_revoked_by_its_name_or_its_serial_number_and_once() {
        let dir = tempfile::tempdir().unwrap();
        certs(dir.path(), "init").unwrap();
        certs(dir.path(), "issue --agency CADT --user u-1001").unwrap();
        let issued = certs(dir.path(), "issue --agency WUTH-AED --system ehr").unwrap();
        let serial = issued.trim().rsplit(' ').next().unwrap();
        let name = "spiffe://staysafe.example/agency/CADT/user/u-1001";

        certs(dir.path(), &format!("revoke --serial {serial}")).unwrap();
        certs(dir.path(), &format!("revoke --name {name}")).unwrap();

        let again = certs(dir.path(), &format!("revoke --name {name}"));
        assert!(matches!(again, Err(CertsError::Authority(AuthorityError::NotIssued))));
        let listed = certs(dir.path(), "list").unwrap();
        let revoked = listed.lines().filter(|line| line.trim_end().ends_with('Z'));
        let revoked = revoked.filter(|line| line.matches('Z').count() == 2);
        assert_eq!(revoked.count(), 2, "{listed}");
    }

    #[test]
    fn names_that_the_hub_would_refuse_are_not_issued() {
        let dir = tempfile::tempdir().unwrap();
        certs(dir.path(), "init").unwrap();

        for bad in
            ["--agency cadt --system main", "--agency CADT --system ../x", "--agency * --user u"]
        {
            let refused = certs(dir.path(), &format!("issue {bad}"));

            assert!(
                matches!(refused, Err(CertsError::Authority(AuthorityError::Name(_)))),
                "{bad}"
            );
        }
        assert!(matches!(
            certs(dir.path(), "server --dns bad_name!"),
            Err(CertsError::Authority(AuthorityError::ServerName))
        ));
        assert!(!dir.path().join("agencies").exists());
    }

    #[test]
    fn without_an_authority_nothing_is_issued() {
        let dir = tempfile::tempdir().unwrap();

        let refused = certs(dir.path(), "issue --agency CADT --system main");

        assert!(matches!(refused, Err(CertsError::Authority(AuthorityError::File { .. }))));
    }
}
