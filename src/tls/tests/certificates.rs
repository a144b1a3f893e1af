//! V25, V26: which certificates are let in, and as whom; every other is refused with its reason and in words.

use std::process::{Command, Stdio};

use super::*;

#[tokio::test]
async fn a_call_is_known_by_the_agency_and_system_of_its_certificate() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("WUTH-AED", "ehr", 90).unwrap();
    let channel = hub.channel(&hub.client(&issued)).await;

    check(channel).await.unwrap();

    let peer = hub.callers.lock().unwrap().pop().unwrap();
    assert_eq!(peer.agency(), "WUTH-AED");
    assert_eq!(peer.subject(), &Subject::System("ehr".to_owned()));
    assert_eq!(peer.trust_domain().as_str(), DOMAIN);
    assert_eq!(peer.serial(), &issued.serial);
    assert!(peer.not_after() > SystemMachineClock.now());
}

#[tokio::test]
async fn a_person_is_not_taken_for_a_system_of_the_same_name() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_user("CADT", "main", 90).unwrap();
    let channel = hub.channel(&hub.client(&issued)).await;

    check(channel).await.unwrap();

    let peer = hub.callers.lock().unwrap().pop().unwrap();
    assert_eq!(peer.subject(), &Subject::User("main".to_owned()));
    assert_ne!(peer.subject(), &Subject::System("main".to_owned()));
}

#[tokio::test]
async fn without_a_certificate_nobody_is_let_in() {
    let hub = TestHub::start().await;
    let client = hub.agency("CADT");

    let error = Connector::without_certificate(&client).oneshot(hub.uri()).await.map(drop);

    assert_eq!(hub.said.refusal().await, (Refusal::NoCertificate, None));
    assert!(explain(&error.unwrap_err()).unwrap().contains("none was given"));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let hub = TestHub::start().await;
    let elsewhere = TempDir::new().unwrap();
    let other = new_authority(elsewhere.path(), &hub.clock);
    let files = other.write(&other.issue_system("CADT", "main", 90).unwrap()).unwrap();
    let client = ClientTls { cert: files.certificate, key: files.key, ..hub.agency("CADT") };

    let (refusal, words) = hub.refuses(&client).await;

    assert_eq!(refusal, Refusal::UnknownAuthority);
    assert!(words.contains("does not know the authority"), "{words}");
}

#[tokio::test]
async fn an_authority_that_only_bears_our_name_is_not_ours() {
    let hub = TestHub::start().await;
    let client = hub.agency("CADT");
    // Another key under the same name, loaded from a copy of our certificate.
    let elsewhere = TempDir::new().unwrap();
    drop(new_authority(elsewhere.path(), &hub.clock));
    fs::copy(hub.authority.ca_path(), elsewhere.path().join("ca.pem")).unwrap();
    let clock = Arc::clone(&hub.clock);
    let forger = Authority::load(elsewhere.path(), clock).unwrap();
    let files = forger.write(&forger.issue_system("CADT", "main", 90).unwrap()).unwrap();

    let client = ClientTls { cert: files.certificate, key: files.key, ..client };
    let (refusal, _) = hub.refuses(&client).await;

    assert_eq!(refusal, Refusal::BadSignature);
}

/// A spoilt certificate, and how the hub must call it.
type Row = (&'static str, fn(&mut CustomLeaf), Refusal, &'static str);

const EXACTLY_ONE_NAME: &str = "exactly one name";

fn named(names: &[LeafName], leaf: &mut CustomLeaf) {
    leaf.names = names.to_vec();
}

fn called(path: &str, leaf: &mut CustomLeaf) {
    named(&[LeafName::Uri(format!("spiffe://{DOMAIN}{path}"))], leaf);
}

fn good_uri() -> LeafName {
    LeafName::Uri(uri("CADT/system/main"))
}

const ROWS: &[Row] = &[
    ("expired", |leaf| leaf.not_after = leaf.not_before + SECOND, Refusal::Expired, "run out"),
    ("not yet valid", |leaf| leaf.not_before += DAY / 2, Refusal::NotYetValid, "clock"),
    (
        "for a server only",
        |leaf| (leaf.client, leaf.server) = (false, true),
        Refusal::WrongPurpose,
        "client authentication",
    ),
    (
        "without any purpose",
        |leaf| leaf.client = false,
        Refusal::WrongPurpose,
        "client authentication",
    ),
    (
        "an authority's",
        |leaf| leaf.authority = true,
        Refusal::AuthorityAsClient,
        "not accept this certificate",
    ),
    (
        "a common name alone",
        |leaf| {
            leaf.common_name = uri("CADT/system/main");
            leaf.names.clear();
        },
        Refusal::NameMissing,
        EXACTLY_ONE_NAME,
    ),
    (
        "two names",
        |leaf| named(&[good_uri(), good_uri()], leaf),
        Refusal::NameNotSingle,
        EXACTLY_ONE_NAME,
    ),
    (
        "two agencies",
        |leaf| named(&[good_uri(), LeafName::Uri(uri("MERPOL/system/main"))], leaf),
        Refusal::NameNotSingle,
        EXACTLY_ONE_NAME,
    ),
    (
        "a DNS name beside it",
        |leaf| named(&[good_uri(), LeafName::Dns("cadt.example".to_owned())], leaf),
        Refusal::NameNotSingle,
        EXACTLY_ONE_NAME,
    ),
    (
        "a DNS name alone",
        |leaf| named(&[LeafName::Dns("CADT".to_owned())], leaf),
        Refusal::NameNotSingle,
        EXACTLY_ONE_NAME,
    ),
    (
        "an address alone",
        |leaf| named(&[LeafName::Ip([127, 0, 0, 1].into())], leaf),
        Refusal::NameNotSingle,
        EXACTLY_ONE_NAME,
    ),
    (
        "an email alone",
        |leaf| named(&[LeafName::Email("duty@cadt.example".to_owned())], leaf),
        Refusal::NameNotSingle,
        EXACTLY_ONE_NAME,
    ),
    (
        "a web address",
        |leaf| named(&[LeafName::Uri("https://cadt.example/".into())], leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    (
        "a wildcard",
        |leaf| called("/agency/*/system/main", leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    (
        "lower case",
        |leaf| called("/agency/cadt/system/main", leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    (
        "neither system nor user",
        |leaf| called("/agency/CADT/robot/main", leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    ("no system", |leaf| called("/agency/CADT", leaf), Refusal::NameMalformed, EXACTLY_ONE_NAME),
    (
        "a slash too many",
        |leaf| called("/agency/CADT/system/main/", leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    (
        "percent-encoded",
        |leaf| called("/agency/CADT/system/m%61in", leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    (
        "a zero byte",
        |leaf| called("/agency/CADT\0/system/main", leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    (
        "a query",
        |leaf| called("/agency/CADT/system/main?a=b", leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    (
        "another partnership",
        |leaf| {
            named(&[LeafName::Uri("spiffe://other.example/agency/CADT/system/main".into())], leaf)
        },
        Refusal::OtherTrustDomain,
        EXACTLY_ONE_NAME,
    ),
    (
        "letters that only look alike",
        |leaf| {
            in_der(&uri_der("spiffe://staysafe.example/agency/\u{421}\u{410}DT/system/main"), leaf)
        },
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
    (
        "no name in the extension",
        |leaf| in_der(&[0x30, 0], leaf),
        Refusal::NameMissing,
        EXACTLY_ONE_NAME,
    ),
    (
        "a broken extension",
        |leaf| in_der(&[0x30, 2, 0x86, 9], leaf),
        Refusal::NameMalformed,
        EXACTLY_ONE_NAME,
    ),
];

fn in_der(der: &[u8], leaf: &mut CustomLeaf) {
    leaf.names.clear();
    leaf.names_der = Some(der.to_vec());
}

/// A SEQUENCE of one `[6]`, which is a URI.
fn uri_der(uri: &str) -> Vec<u8> {
    let length = u8::try_from(uri.len()).unwrap();
    [&[0x30, length + 2, 0x86, length], uri.as_bytes()].concat()
}

#[tokio::test]
async fn every_unacceptable_certificate_is_refused_with_its_reason_and_in_words() {
    let hub = TestHub::start().await;

    for (what, spoil, refusal, words) in ROWS {
        let mut leaf = hub.leaf();
        spoil(&mut leaf);
        let issued = hub.authority.issue_custom(&leaf).unwrap();

        let (noted, told) = hub.refuses(&hub.client(&issued)).await;

        assert_eq!(noted, *refusal, "{what}");
        assert!(told.contains(words), "{what}: {told}");
    }
    assert!(hub.callers.lock().unwrap().is_empty(), "no call reached a handler");
    assert_eq!(hub.reloader.live().count(), 0);
}

#[tokio::test]
async fn a_second_extension_of_names_does_not_hide_behind_the_first() {
    let hub = TestHub::start().await;
    let second = uri_der(&uri("MERPOL/system/main"));
    let leaf = CustomLeaf { names_der: Some(second), ..hub.leaf() };
    let issued = hub.authority.issue_custom(&leaf).unwrap();
    let pem = issued.certificate_pem.as_bytes();
    let der = crate::tls::files::certificates(Path::new("x"), pem).unwrap();

    let trust_domain = TrustDomain::parse(DOMAIN).unwrap();
    let read = leaf::read(&der[0], &trust_domain);

    assert_eq!(read.map(drop), Err(Refusal::UnacceptableCertificate));
}

#[tokio::test]
async fn the_unspoilt_certificate_of_the_table_is_accepted() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_custom(&hub.leaf()).unwrap();

    hub.accepts(&hub.client(&issued)).await;
}

#[tokio::test]
async fn a_refusal_names_the_certificate_by_its_fingerprint_only() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    hub.authority.revoke(&issued.serial).unwrap();
    hub.reloader.check();
    let client = hub.client(&issued);
    let pem = fs::read(&client.cert).unwrap();
    let der = crate::tls::files::certificates(&client.cert, &pem).unwrap();

    let (refusal, _) = hub.refuses(&client).await;

    assert_eq!(refusal, Refusal::Revoked);
    assert_eq!(hub.said.refusal().await.1, Some(Fingerprint::of(&der[0])));
}

/// A certificate over a key that this hub's own tools cannot make.
fn by_openssl(hub: &TestHub, new_key: &[&str]) -> (PathBuf, PathBuf) {
    let (key, request, certificate) = (hub.path("o.key"), hub.path("o.csr"), hub.path("o.pem"));
    let extensions = hub.path("o.cnf");
    let san = uri("CADT/system/main");
    let text = format!(
        "extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\nsubjectAltName=URI:{san}\n"
    );
    fs::write(&extensions, text).unwrap();
    let run = |arguments: &[&str]| {
        let output =
            Command::new("openssl").args(arguments).output().expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let (key_path, request_path) = (key.to_str().unwrap(), request.to_str().unwrap());
    let tail = ["-nodes", "-keyout", key_path, "-out", request_path, "-subj", "/CN=x"];
    run(&[&["req"], new_key, &tail].concat());
    let ca_key = hub.path("ca.key");
    run(&[
        "x509",
        "-req",
        "-in",
        request_path,
        "-CA",
        hub.authority.ca_path().to_str().unwrap(),
        "-CAkey",
        ca_key.to_str().unwrap(),
        "-CAcreateserial",
        "-days",
        "1",
        "-extfile",
        extensions.to_str().unwrap(),
        "-out",
        certificate.to_str().unwrap(),
    ]);
    (certificate, key)
}

/// Tries with openssl's client, which is no relative of ours.
pub(super) async fn s_client(hub: &TestHub, arguments: &[&str]) -> String {
    let mut child = tokio::process::Command::new("openssl");
    child.arg("s_client").arg("-connect").arg(hub.address.to_string()).args(arguments);
    // At the end of its input it hangs up.
    let output = child.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = time::timeout(PATIENCE, output).await.unwrap().expect("openssl is installed");
    [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat()
}

#[tokio::test]
async fn a_key_of_1024_bits_is_too_weak() {
    let hub = TestHub::start().await;
    let (certificate, key) = by_openssl(&hub, &["-newkey", "rsa:1024"]);
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());

    let weak = ["-cipher", "DEFAULT@SECLEVEL=0", "-alpn", "h2", "-cert", certificate, "-key", key];
    s_client(&hub, &weak).await;

    assert_eq!(hub.said.refusal().await.0, Refusal::WeakKey);
    assert_eq!(hub.said.count(Event::Accepted), 0);
}

#[tokio::test]
async fn a_key_of_2048_bits_or_of_the_curve_p384_is_strong_enough() {
    let keys: [&[&str]; 2] =
        [&["-newkey", "rsa:2048"], &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"]];
    for new_key in keys {
        let hub = TestHub::start().await;
        let (cert, key) = by_openssl(&hub, new_key);

        hub.accepts(&ClientTls { cert, key, ..hub.agency("CADT") }).await;
    }
}
