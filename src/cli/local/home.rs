//! Where hubs of one's own lie: one directory with certificates, a partnership, keys and the data of each hub.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::certs::PARTNERSHIP;
use super::super::error::CliError;
use super::super::store::write_keys;
use crate::directory;
use crate::domain::AgencyCode;
use crate::domain::directory::{Directory, MailboxRole, UserEntry};
use crate::domain::principal::Role;
use crate::env::{SystemEntropy, random};
use crate::tls::{Authority, MachineClock, ServerNames, SystemMachineClock, TrustDomain};

/// The partnership, as a hub loads it at its first start.
const PARTNERSHIP_FILE: &str = include_str!("../../../docs/samples/partnership.toml");
const DAYS: u32 = 30;

/// Who opens a mailbox.
pub(crate) struct Keeper {
    /// Whose certificate, as `--as` says it.
    pub(crate) caller: String,
    /// The person, as `--user` says it.
    pub(crate) person: String,
}

/// A directory for hubs and agencies on this machine.
pub(crate) struct Home {
    root: PathBuf,
    directory: Directory,
}

impl Home {
    /// The trust domain of its certificates.
    pub(crate) const TRUST_DOMAIN: &str = "staysafe.example";

    /// Makes the directory with everything that is made before the first hub starts. Where none is chosen it gets a
    /// name of its own, for `purpose`, under the system's temporary directory.
    pub(crate) fn make(purpose: &str, chosen: Option<&Path>) -> Result<Self, CliError> {
        let root = match chosen {
            Some(chosen) => chosen.to_owned(),
            None => {
                let name: [u8; 4] = random(&SystemEntropy::new());
                let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
                std::env::temp_dir().join(format!("staysafe-{purpose}-{name}"))
            }
        };
        fs::create_dir_all(&root).map_err(|source| CliError::file("make", &root, source))?;
        let root =
            root.canonicalize().map_err(|source| CliError::file("look for", &root, source))?;
        let empty = fs::read_dir(&root).map(|mut inside| inside.next().is_none());
        if !empty.map_err(|source| CliError::file("read", &root, source))? {
            return Err(CliError::Usage(format!(
                "{} is not empty; give a new directory",
                root.display()
            )));
        }
        let directory = directory::parse(PARTNERSHIP_FILE)
            .map_err(|source| CliError::because("the partnership is refused", source))?;
        let home = Self { root, directory };
        home.write("partnership.toml", PARTNERSHIP_FILE)?;
        home.make_certificates()?;
        Ok(home)
    }

    /// Something in the directory.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// Makes the files of one hub; its configuration, which `settings` (TOML) completes.
    pub(crate) fn make_hub(&self, name: &str, settings: &str) -> Result<PathBuf, CliError> {
        write_keys(&self.path(&format!("{name}/keys")))?;
        // Paths start at the file's directory. Port 0: the machine chooses, so that nothing is in the way.
        let text = format!(
            "[hub]\nname = \"{name}\"\ntrust_domain = \"{}\"\ndata_dir = \"data\"\n\
             listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\n\
             [tls]\nauthorities = \"../certs/ca.pem\"\ncertificate = \"../certs/server/hub.pem\"\n\
             key = \"../certs/server/hub.key\"\nrevocations = \"../certs/ca.crl.pem\"\n\n\
             [keys]\nmaster_key_file = \"keys/master.key\"\nsigning_key_file = \"keys/signing.pem\"\n\n\
             [directory]\nfile = \"../partnership.toml\"\n\n\
             [audit]\npublish_seconds = 1\n\n{settings}",
            Self::TRUST_DOMAIN
        );
        self.write(&format!("{name}/hub.toml"), &text)
    }

    /// Somebody on duty in an agency.
    pub(crate) fn person(&self, agency: &str, role: Role) -> Result<String, CliError> {
        let code = AgencyCode::try_from(agency).ok();
        let found = code.and_then(|code| self.directory.agencies.get(&code)).and_then(|agency| {
            let mut users = agency.users.iter();
            users.find(|(_, user)| holds(user, role)).map(|(id, _)| id.to_string())
        });
        found.ok_or_else(|| {
            CliError::failed(format!("the partnership has no {} in {agency}", role.as_str()))
        })
    }

    /// The mailboxes of an agency, the duty desk's first.
    pub(crate) fn mailboxes(&self, agency: &str) -> Vec<String> {
        let code = AgencyCode::try_from(agency).ok();
        let found = code.and_then(|code| self.directory.agencies.get(&code));
        let mailboxes = found.map(|agency| agency.mailboxes.as_slice()).unwrap_or_default();
        mailboxes.iter().map(|mailbox| mailbox.id.to_string()).collect()
    }

    /// The certificate of an agency's system; its key lies beside it.
    pub(crate) fn certificate(&self, agency: &str) -> Result<PathBuf, CliError> {
        let system = self.system(agency)?;
        Ok(self.path(&format!("certs/agencies/{agency}/system-{system}.pem")))
    }

    /// Who opens a mailbox of an agency: its system naming a person on duty, or where the hub gives it to nobody else
    /// the person's own certificate.
    pub(crate) fn keeper(&self, agency: &str, mailbox: &str) -> Result<Keeper, CliError> {
        let code = AgencyCode::try_from(agency).ok();
        let found = code.and_then(|code| self.directory.agencies.get(&code));
        let inboxes = found.map(|agency| agency.mailboxes.as_slice()).unwrap_or_default();
        let serves = inboxes.iter().find(|inbox| inbox.id.to_string() == mailbox);
        let (role, own) = match serves.map(|inbox| inbox.role) {
            Some(MailboxRole::Duty) | None => (Role::DutyReceiver, false),
            Some(MailboxRole::Manager | MailboxRole::Deputy) => (Role::DutyManager, false),
            Some(MailboxRole::Lead) => (Role::SafeguardingLead, true),
            Some(MailboxRole::HeadOfService | MailboxRole::Director) => (Role::SeniorOnCall, true),
        };
        let person = self.person(agency, role)?;
        let caller = if own { format!("{agency}/user/{person}") } else { agency.to_owned() };
        Ok(Keeper { caller, person })
    }

    /// Who reads the audit log, as `--as` says it.
    pub(crate) fn reviewer(&self) -> Result<String, CliError> {
        Ok(format!("HUB-IG/user/{}", self.person("HUB-IG", Role::IgReviewer)?))
    }

    /// Who says who is who, as `--as` says it.
    pub(crate) fn steward(&self) -> Result<String, CliError> {
        let steward = self.person("HUB-STEWARD", Role::IdentitySteward)?;
        Ok(format!("HUB-STEWARD/user/{steward}"))
    }

    fn make_certificates(&self) -> Result<(), CliError> {
        let failed = |source| CliError::because("the certificates could not be made", source);
        let trust_domain = TrustDomain::parse(Self::TRUST_DOMAIN)
            .map_err(|source| CliError::because("the trust domain is malformed", source))?;
        let clock: Arc<dyn MachineClock> = Arc::new(SystemMachineClock);
        let authority =
            Authority::create(&self.path("certs"), &trust_domain, clock).map_err(failed)?;
        let names = ServerNames {
            dns: vec!["localhost".to_owned()],
            ips: vec![std::net::Ipv4Addr::LOCALHOST.into()],
        };
        let server = authority.issue_server(&names, DAYS).map_err(failed)?;
        authority.write(&server).map_err(failed)?;
        for agency in PARTNERSHIP {
            let system = self.system(agency)?;
            let issued = authority.issue_system(agency, &system, DAYS).map_err(failed)?;
            authority.write(&issued).map_err(failed)?;
            // A lead's inbox is opened with the lead's own certificate only.
            if let Ok(lead) = self.person(agency, Role::SafeguardingLead) {
                let issued = authority.issue_user(agency, &lead, DAYS).map_err(failed)?;
                authority.write(&issued).map_err(failed)?;
            }
        }
        // What only a person with an own certificate may do.
        for (agency, role) in [
            ("HUB-IG", Role::IgReviewer),
            ("HUB-STEWARD", Role::IdentitySteward),
            ("CADT", Role::DecisionMaker),
        ] {
            let person = self.person(agency, role)?;
            let issued = authority.issue_user(agency, &person, DAYS).map_err(failed)?;
            authority.write(&issued).map_err(failed)?;
        }
        Ok(())
    }

    fn system(&self, agency: &str) -> Result<String, CliError> {
        let code = AgencyCode::try_from(agency).ok();
        let found = code.and_then(|code| self.directory.agencies.get(&code));
        let system = found.and_then(|agency| agency.systems.first()).map(ToString::to_string);
        system.ok_or_else(|| CliError::failed(format!("the partnership has no {agency}")))
    }

    /// Writes a file in the directory.
    pub(crate) fn write(&self, inside: &str, text: &str) -> Result<PathBuf, CliError> {
        let path = self.path(inside);
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|source| CliError::file("write", &path, source))?;
        Ok(path)
    }
}

fn holds(user: &UserEntry, role: Role) -> bool {
    user.active && user.roles.contains(&role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_everything_the_first_hub_needs() {
        let dir = tempfile::tempdir().unwrap();

        let home = Home::make("demo", Some(dir.path())).unwrap();
        let config = home.make_hub("autumn", "[store]\nsegment_bytes = 4194304\n").unwrap();

        let text = fs::read_to_string(config).unwrap();
        assert!(crate::config::Config::parse(&text).is_ok());
        for agency in PARTNERSHIP {
            let directory = home.path(&format!("certs/agencies/{agency}"));
            assert!(fs::read_dir(directory).unwrap().next().is_some(), "{agency}");
            if agency != "HUB-IG" {
                assert!(home.person(agency, Role::DutyReceiver).is_ok(), "{agency}");
            }
        }
        assert!(home.reviewer().unwrap().starts_with("HUB-IG/user/"));
    }

    #[test]
    fn a_directory_that_holds_something_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("letter.txt"), "x").unwrap();

        let refused = Home::make("demo", Some(dir.path())).map(|_| ()).unwrap_err();

        assert_eq!(refused.exit_code(), 2);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
