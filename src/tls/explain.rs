//! TLS refusals in plain words: what happened, and what the person in front of the screen can do.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

use super::connect::ConnectError;

/// Looks for a refusal by TLS anywhere in the chain of causes of `error`, and says what it means and what to do.
/// `None` when the cause lies elsewhere.
#[must_use]
pub fn explain(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(words) = words(cause) {
            return Some(words);
        }
        next = inside(cause).or_else(|| cause.source());
    }
    None
}

/// An `io::Error` hides what it wraps from `source`.
fn inside<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner)
}

fn words(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(connect) = error.downcast_ref::<ConnectError>() {
        return of_connect(connect);
    }
    let tls = error.downcast_ref::<rustls::Error>()?;
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls may add variants")]
    match tls {
        rustls::Error::AlertReceived(alert) => Some(of_alert(*alert)),
        rustls::Error::InvalidCertificate(why) => Some(of_hub_certificate(why)),
        _ => None,
    }
}

fn of_connect(error: &ConnectError) -> Option<&'static str> {
    match error {
        ConnectError::Refused { alert } => Some(of_alert(*alert)),
        ConnectError::HubCertificate { why } => Some(of_hub_certificate(why)),
        ConnectError::Address => {
            Some("The address of the hub has no host name. Check the address.")
        }
        ConnectError::Unreachable { .. } => Some(
            "The hub could not be reached. Check the address and the network. If it lasts, phone what is urgent.",
        ),
        ConnectError::TimedOut => {
            Some("The hub did not answer in time. Try again. If it lasts, phone what is urgent.")
        }
        ConnectError::Closed => Some(
            "The hub closed the connection without a reason. Most often a limit on connections was reached: close \
             others that use this certificate, then try again.",
        ),
        // What lies beneath is looked at next.
        ConnectError::Tls { .. } => None,
    }
}

/// The other end of the table in `trust::alert_for`.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "alerts that a hub does not send need no words of their own"
)]
fn of_alert(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => {
            "The hub asks for a certificate and none was given. Set the certificate and key of your agency."
        }
        AlertDescription::CertificateRevoked => {
            "The hub has revoked this certificate. It will not work again: phone the hub's service desk, and phone \
             what is urgent."
        }
        AlertDescription::CertificateExpired => {
            "This certificate has run out, or is not valid yet. Check the clock of this machine, then ask your \
             agency's administrator for a new certificate. Phone what is urgent."
        }
        AlertDescription::UnknownCA => {
            "The hub does not know the authority that signed this certificate. Check that the certificate belongs to \
             this partnership and not to another or to a test system."
        }
        AlertDescription::DecryptError => {
            "The signature of this certificate is not that of the hub's authority. Most often it was made by a test \
             authority that has been made anew: ask for a new certificate."
        }
        AlertDescription::BadCertificateStatusResponse => {
            "The hub's list of revoked certificates has run out, so it lets nobody new in until its operator puts a \
             new list in place. The fault is the hub's: phone its service desk, and phone what is urgent."
        }
        AlertDescription::BadCertificate => {
            "The hub does not accept the name in this certificate. It must hold exactly one name, of the form \
             spiffe://<trust domain>/agency/<CODE>/system/<name> or /user/<id>: ask for a new certificate."
        }
        AlertDescription::UnsupportedCertificate => {
            "This certificate is not made for a client: its purpose must include client authentication, it must not \
             be an authority's, and its key must be P-256 or stronger. Ask for a new certificate."
        }
        AlertDescription::AccessDenied => {
            "As many connections as this certificate or your agency may hold are open already. Close others, or wait \
             a minute, then try again."
        }
        AlertDescription::CertificateUnknown => {
            "The hub does not accept this certificate. Ask the hub's service desk for the reason, with the serial \
             number of the certificate."
        }
        AlertDescription::ProtocolVersion
        | AlertDescription::HandshakeFailure
        | AlertDescription::InsufficientSecurity
        | AlertDescription::MissingExtension => {
            "The hub speaks TLS 1.3 only. Update this program, or look for a device in between that opens connections."
        }
        AlertDescription::NoApplicationProtocol => {
            "There is no gRPC at this address; it may be that of the desk. Check the port."
        }
        _ => {
            "The hub refused the secure connection. Ask the hub's service desk for the reason, with the time and the \
             serial number of the certificate."
        }
    }
}

fn of_hub_certificate(error: &CertificateError) -> &'static str {
    use CertificateError as E;
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls may add variants")]
    match error {
        E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => {
            "The hub's certificate has run out, or is not valid yet. Check the clock of this machine; if it is right, \
             phone the hub's service desk. Nothing was sent."
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "What answers at this address is not the hub by that name. Check the address. Nothing was sent."
        }
        E::UnknownIssuer | E::BadSignature => {
            "What answers at this address has no certificate of an authority that you trust. Check the address and \
             the authority file; somebody may be in between. Nothing was sent."
        }
        _ => {
            "The hub's certificate is not acceptable. Phone the hub's service desk before you try again. Nothing was \
             sent."
        }
    }
}
