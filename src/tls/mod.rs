//! Mutual TLS: acceptor, connector, revocation, reload.
