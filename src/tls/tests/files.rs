//! V30, V31: files that are refused at the start and at a reload, and changes of certificate and authority under load.

use super::*;

fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("beside");
    fs::write(&beside, bytes).unwrap();
    fs::rename(&beside, path).unwrap();
}

fn start(files: TlsFiles, clock: &Arc<ShiftedClock>) -> Result<Arc<TlsReloader>, LoadError> {
    let tls = ServerTls {
        files,
        trust_domain: TrustDomain::parse(DOMAIN).unwrap(),
        revocation: RevocationRules::default(),
        limits: ConnectionLimits::default(),
    };
    let clock = Arc::clone(clock);
    TlsReloader::start(tls, clock, Arc::new(Said::default()))
}

/// A set of good files, one of which a row spoils.
struct Set {
    _dir: TempDir,
    clock: Arc<ShiftedClock>,
    authority: Authority,
    other: Authority,
    files: TlsFiles,
}

impl Set {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(ShiftedClock::default());
        let authority = new_authority(&dir.path().join("ours"), &clock);
        let other = new_authority(&dir.path().join("other"), &clock);
        let server = authority.write(&authority.issue_server(&localhost(), 30).unwrap()).unwrap();
        let mut files = hub_files(&authority, dir.path(), &server);
        let list = dir.path().join("hub-list.pem");
        fs::copy(&files.revocations, &list).unwrap();
        files.revocations = list;
        Self { _dir: dir, clock, authority, other, files }
    }
}

type Row = (&'static str, fn(&Set), &'static str);

const ROWS: &[Row] = &[
    ("no list", |set| fs::remove_file(&set.files.revocations).unwrap(), "UNREADABLE"),
    ("an empty list file", |set| replace(&set.files.revocations, b""), "MALFORMED"),
    (
        "a huge list",
        |set| replace(&set.files.revocations, &vec![b'x'; 1024 * 1024 + 1]),
        "TOO_LARGE",
    ),
    (
        "a list of another authority",
        |set| replace(&set.files.revocations, &fs::read(set.other.crl_path()).unwrap()),
        "STRAY_REVOCATION_LIST",
    ),
    (
        "a list with a broken signature",
        |set| {
            let pem = fs::read(&set.files.revocations).unwrap();
            let mut der = list_der(&pem);
            *der.last_mut().unwrap() ^= 1;
            replace(&set.files.revocations, &der);
        },
        "UNSIGNED_REVOCATION_LIST",
    ),
    (
        "a list with something after it",
        |set| {
            let pem = fs::read(&set.files.revocations).unwrap();
            replace(&set.files.revocations, &[list_der(&pem), vec![0]].concat());
        },
        "UNSIGNED_REVOCATION_LIST",
    ),
    (
        "two lists of one authority",
        |set| {
            let pem = fs::read(&set.files.revocations).unwrap();
            replace(&set.files.revocations, &pem.repeat(2));
        },
        "TWO_REVOCATION_LISTS",
    ),
    (
        "an authority without a list",
        |set| {
            let both =
                [set.authority.ca_path(), set.other.ca_path()].map(|path| fs::read(path).unwrap());
            replace(&set.files.authorities, &both.concat());
        },
        "NO_REVOCATION_LIST",
    ),
    ("no authority", |set| replace(&set.files.authorities, b"-"), "MALFORMED"),
    (
        "a client's certificate as authority",
        |set| replace(&set.files.authorities, &fs::read(&set.files.certificate).unwrap()),
        "NOT_AN_AUTHORITY",
    ),
    ("no key", |set| fs::remove_file(&set.files.key).unwrap(), "UNREADABLE"),
    ("a broken key", |set| replace(&set.files.key, b"-----BEGIN"), "MALFORMED"),
    (
        "the key of another certificate",
        |set| {
            let other = set.authority.issue_server(&localhost(), 30).unwrap();
            replace(&set.files.key, other.key_pem.as_bytes());
        },
        "OWN_CERTIFICATE",
    ),
    (
        "half a certificate",
        |set| {
            let pem = fs::read(&set.files.certificate).unwrap();
            replace(&set.files.certificate, &pem[..pem.len() / 2]);
        },
        "MALFORMED",
    ),
    (
        "a certificate that has run out",
        |set| {
            let leaf = set.authority.client_leaf("spiffe://x").unwrap();
            let leaf = CustomLeaf { not_after: leaf.not_before + SECOND, server: true, ..leaf };
            let issued = set.authority.issue_custom(&leaf).unwrap();
            replace(&set.files.certificate, issued.certificate_pem.as_bytes());
            replace(&set.files.key, issued.key_pem.as_bytes());
        },
        "OWN_CERTIFICATE_NOT_VALID",
    ),
];

fn list_der(pem: &[u8]) -> Vec<u8> {
    use rustls::pki_types::CertificateRevocationListDer;
    use rustls::pki_types::pem::PemObject;
    CertificateRevocationListDer::from_pem_slice(pem).unwrap().to_vec()
}

#[test]
fn a_hub_does_not_start_on_spoilt_files() {
    for (what, spoil, code) in ROWS {
        let set = Set::new();
        spoil(&set);

        let refused = start(set.files.clone(), &set.clock);

        assert_eq!(refused.map(drop).unwrap_err().code(), *code, "{what}");
    }
}

#[test]
fn a_running_hub_keeps_its_good_files_when_they_are_spoilt() {
    for (what, spoil, code) in ROWS {
        let set = Set::new();
        let hub = start(set.files.clone(), &set.clock).unwrap();
        spoil(&set);

        assert_eq!(hub.check(), Reload::Kept { code }, "{what}");
        assert_eq!(hub.generation().number, 1, "{what}");
    }
}

#[test]
fn a_hub_starts_on_a_list_that_has_run_out_so_that_a_new_one_can_be_put_in_place() {
    let set = Set::new();
    set.clock.stand_at(SystemMachineClock.now() + 29 * DAY);
    set.authority.write_crl(SECOND).unwrap();
    replace(&set.files.revocations, &fs::read(set.authority.crl_path()).unwrap());
    set.clock.stand_at(SystemMachineClock.now() + 29 * DAY + 12 * 3600 * SECOND);

    let hub = start(set.files.clone(), &set.clock).unwrap();

    assert_eq!(hub.revocation_freshness().unwrap().0, Freshness::Grace);
}

#[test]
fn a_list_in_der_is_read_as_well() {
    let set = Set::new();
    let pem = fs::read(&set.files.revocations).unwrap();
    replace(&set.files.revocations, &list_der(&pem));

    assert!(start(set.files.clone(), &set.clock).is_ok());
}

#[test]
fn a_list_of_exactly_the_bound_is_read_and_refused_for_what_it_is() {
    let set = Set::new();
    replace(&set.files.revocations, &vec![b'x'; 1024 * 1024]);

    assert_eq!(start(set.files.clone(), &set.clock).map(drop).unwrap_err().code(), "MALFORMED");
}

#[test]
fn an_earlier_list_does_not_give_a_revoked_certificate_its_life_again() {
    let set = Set::new();
    let earlier = fs::read(&set.files.revocations).unwrap();
    let hub = start(set.files.clone(), &set.clock).unwrap();
    let issued = set.authority.issue_system("CADT", "main", 30).unwrap();
    set.authority.revoke(&issued.serial).unwrap();
    replace(&set.files.revocations, &fs::read(set.authority.crl_path()).unwrap());
    hub.check();
    assert!(hub.live().is_revoked(&issued.serial));

    replace(&set.files.revocations, &earlier);

    assert_eq!(hub.check(), Reload::Kept { code: "ROLLED_BACK_REVOCATION_LIST" });
    assert!(hub.live().is_revoked(&issued.serial));
}

#[tokio::test]
async fn a_bad_file_is_told_once_and_a_good_one_is_taken_while_streams_stay_open() {
    let hub = TestHub::start().await;
    let client = hub.agency("CADT");
    let channel = hub.channel(&client).await;
    let mut stream = watch(channel.clone()).await;
    let certificate = hub.path("hub-certificate.pem");

    let renewed = hub.authority.issue_server(&localhost(), 365).unwrap();
    replace(&certificate, renewed.certificate_pem.as_bytes());
    assert_eq!(hub.reloader.check(), Reload::Kept { code: "OWN_CERTIFICATE" });
    assert_eq!(hub.reloader.check(), Reload::Kept { code: "OWN_CERTIFICATE" });
    assert_eq!(hub.said.count(Event::ReloadFailed("OWN_CERTIFICATE")), 1);
    hub.accepts(&client).await;

    replace(&hub.path("hub-key.pem"), renewed.key_pem.as_bytes());
    assert_eq!(hub.reloader.check(), Reload::Replaced { generation: 2, cut: 0 });
    assert_eq!(hub.reloader.check(), Reload::Unchanged);

    let connection = hub.connect(&client).await.unwrap();
    let (_, session) = connection.inner().get_ref();
    let shown = session.peer_certificates().unwrap();
    let pem = renewed.certificate_pem.as_bytes();
    assert_eq!(shown, crate::tls::files::certificates(&certificate, pem).unwrap());
    check(channel).await.unwrap();
    let quiet = time::timeout(Duration::from_millis(50), stream.message()).await;
    assert!(quiet.is_err(), "the stream must still be open: {quiet:?}");
}

#[tokio::test]
async fn an_authority_is_changed_without_a_gap_and_the_former_one_is_cut_when_it_is_taken_out() {
    let hub = TestHub::start().await;
    let next_dir = TempDir::new().unwrap();
    let next = new_authority(next_dir.path(), &hub.clock);
    let old_client = hub.agency("CADT");
    let files = next.write(&next.issue_system("CADT", "main", 90).unwrap()).unwrap();
    let new_client = ClientTls { cert: files.certificate, key: files.key, ..old_client.clone() };
    let read = |path: PathBuf| fs::read(path).unwrap();
    let lists = || [read(hub.authority.crl_path()), read(next.crl_path())].concat();

    // Old alone: the new client is a stranger.
    let mut old_stream = watch(hub.channel(&old_client).await).await;
    assert_eq!(hub.refuses(&new_client).await.0, Refusal::UnknownAuthority);

    // Old and new.
    let (old_ca, new_ca) = (read(hub.authority.ca_path()), read(next.ca_path()));
    replace(&hub.path("ca.crl.pem"), &lists());
    replace(&hub.path("hub-authorities.pem"), &[old_ca, new_ca.clone()].concat());
    assert!(matches!(hub.reloader.check(), Reload::Replaced { cut: 0, .. }));
    hub.accepts(&old_client).await;
    let new_channel = hub.channel(&new_client).await;

    // New alone.
    hub.said.wait_for(|event| *event == Event::Closed(Closed::Ended)).await;
    replace(&hub.path("ca.crl.pem"), &read(next.crl_path()));
    replace(&hub.path("hub-authorities.pem"), &new_ca);
    assert!(matches!(hub.reloader.check(), Reload::Replaced { cut: 1, .. }));
    let end = time::timeout(PATIENCE, old_stream.message()).await.expect("the stream must end");
    assert!(end.is_err());
    hub.said.wait_for(|event| *event == Event::Closed(Closed::AuthorityRemoved)).await;
    assert_eq!(hub.refuses(&old_client).await.0, Refusal::UnknownAuthority);
    check(new_channel).await.unwrap();
}

#[tokio::test]
async fn the_hubs_own_certificate_is_called_for_two_weeks_before_its_end() {
    let hub = TestHub::start().await;
    let own = hub.reloader.generation().own_not_after;

    hub.authority.write_crl(400 * DAY).unwrap();
    hub.clock.stand_at(own - 14 * DAY - SECOND);
    hub.reloader.check();
    assert_eq!(hub.said.count(Event::OwnCertificateExpiring), 0);

    hub.clock.stand_at(own - 14 * DAY);
    hub.reloader.check();
    hub.reloader.check();
    assert_eq!(hub.said.count(Event::OwnCertificateExpiring), 1);
}

#[test]
fn keys_are_readable_by_their_owner_only_even_over_a_leftover() {
    use std::os::unix::fs::PermissionsExt;
    let set = Set::new();
    let issued = set.authority.issue_system("CADT", "main", 30).unwrap();
    let files = set.authority.write(&issued).unwrap();
    let mut leftover = files.key.clone().into_os_string();
    leftover.push(".new");
    fs::write(&leftover, "leftover").unwrap();

    let files = set.authority.write(&issued).unwrap();

    assert_eq!(fs::metadata(files.key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!Path::new(&leftover).exists());
}

#[test]
fn two_commands_at_once_lose_no_entry() {
    let set = Set::new();
    let before = set.authority.issued().unwrap().len();
    let dir = set.authority.ca_path().parent().unwrap().to_owned();

    std::thread::scope(|scope| {
        for number in 0..4 {
            let (dir, clock) = (dir.clone(), Arc::clone(&set.clock));
            scope.spawn(move || {
                let authority = Authority::load(&dir, clock).unwrap();
                for round in 0..5 {
                    authority.issue_system("CADT", &format!("s{number}-{round}"), 1).unwrap();
                }
            });
        }
    });

    assert_eq!(set.authority.issued().unwrap().len(), before + 20);
}
