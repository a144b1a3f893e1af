//! Agencies, mailboxes, people, roles and rotas.
