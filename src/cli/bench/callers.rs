//! What is called: the echo, a submission, a submission until its copy is there, a full mailbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use super::super::error::CliError;
use super::RECIPIENT;
use super::alert::Alert;
use super::echo::{ECHO_PATH, Echoed};
use super::load::Caller;
use crate::env::{SystemEntropy, random};
use crate::sdk::{Client, Connect, Received, Receiving};

/// Calls the echo with as many bytes as an alert has.
#[derive(Clone)]
pub(super) struct Echo {
    grpc: tonic::client::Grpc<Channel>,
    message: Echoed,
}

impl Echo {
    pub(super) fn new(channel: Channel, bytes: usize) -> Self {
        Self { grpc: tonic::client::Grpc::new(channel), message: vec![0x5a; bytes].into() }
    }
}

impl Caller for Echo {
    async fn call(&mut self, _number: usize) -> Result<u32, CliError> {
        let unready = |source| CliError::because("the echo is not there", source);
        self.grpc.ready().await.map_err(unready)?;
        let request = tonic::Request::new(self.message.clone());
        let path = http::uri::PathAndQuery::from_static(ECHO_PATH);
        let codec = ProstCodec::<Echoed, Echoed>::default();
        let answer = self.grpc.unary(request, path, codec).await;
        let answer = answer.map_err(|source| CliError::because("the echo failed", source))?;
        match answer.into_inner() == self.message {
            true => Ok(1),
            false => Err(CliError::failed("the echo was another one")),
        }
    }
}

/// Submits the alert under a new key each time.
#[derive(Clone)]
pub(super) struct Submit {
    client: Client,
    alert: Alert,
    next: Arc<AtomicU64>,
    run: String,
}

impl Submit {
    pub(super) fn new(client: Client, alert: Alert) -> Self {
        // Several loads submit to one hub: no key of one is one of another.
        let run: [u8; 8] = random(&SystemEntropy::new());
        let run = run.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { client, alert, next: Arc::default(), run }
    }

    async fn submit(&mut self) -> Result<String, CliError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let request = self.alert.under(format!("{}-{number}", self.run), number);
        let answer = self.client.submit(request).await.map_err(CliError::from)?;
        match answer.receipt {
            Some(_stored) => Ok(answer.alert_id),
            None => Err(CliError::failed("a submission has no receipt")),
        }
    }
}

impl Caller for Submit {
    async fn call(&mut self, _number: usize) -> Result<u32, CliError> {
        self.submit().await.map(|_id| 1)
    }
}

/// Submits, and waits until the recipient has the copy. One at a time: a clone shares the stream.
#[derive(Clone)]
pub(super) struct Deliver {
    submit: Submit,
    recipient: Client,
    copies: Arc<tokio::sync::Mutex<Receiving>>,
}

impl Deliver {
    pub(super) async fn open(
        sender: &Connect,
        recipient: &Connect,
        alert: Alert,
    ) -> Result<Self, CliError> {
        let sender = Client::connect(sender).await.map_err(CliError::from)?;
        let mut recipient = Client::connect(recipient).await.map_err(CliError::from)?;
        let copies = recipient.receive(RECIPIENT, Vec::new()).await.map_err(CliError::from)?;
        Ok(Self {
            submit: Submit::new(sender, alert),
            recipient,
            copies: Arc::new(tokio::sync::Mutex::new(copies)),
        })
    }
}

impl Caller for Deliver {
    async fn call(&mut self, _number: usize) -> Result<u32, CliError> {
        let mut copies = self.copies.lock().await;
        let alert = self.submit.submit().await?;
        loop {
            match copies.next().await.map_err(CliError::from)? {
                Received::Copy { copy, .. } if copy.alert_id == alert => {
                    // The next hand-out must not wait for this: a system confirms when it has stored.
                    let (mut recipient, sequence) = (self.recipient.clone(), copy.sequence);
                    recipient.confirm(RECIPIENT, &[sequence]).await.map_err(CliError::from)?;
                    return Ok(1);
                }
                Received::Copy { .. } | Received::Tombstone { .. } | Received::Heartbeat(_) => {}
            }
        }
    }
}

/// Empties a mailbox: receives copies and confirms them, many at a time. One at a time, as [`Deliver`].
#[derive(Clone)]
pub(super) struct Receive {
    recipient: Client,
    copies: Arc<tokio::sync::Mutex<Receiving>>,
}

/// Copies confirmed at a time.
const CONFIRMED: usize = 64;

impl Receive {
    pub(super) async fn open(recipient: &Connect) -> Result<Self, CliError> {
        let mut recipient = Client::connect(recipient).await.map_err(CliError::from)?;
        let copies = recipient.receive(RECIPIENT, Vec::new()).await.map_err(CliError::from)?;
        Ok(Self { recipient, copies: Arc::new(tokio::sync::Mutex::new(copies)) })
    }
}

impl Caller for Receive {
    async fn call(&mut self, _number: usize) -> Result<u32, CliError> {
        let mut copies = self.copies.lock().await;
        let mut sequences = Vec::with_capacity(CONFIRMED);
        while sequences.len() < CONFIRMED {
            match copies.next().await.map_err(CliError::from)? {
                Received::Copy { copy, .. } => sequences.push(copy.sequence),
                Received::Heartbeat(beat) if !beat.more_waiting => break,
                Received::Tombstone { .. } | Received::Heartbeat(_) => {}
            }
        }
        if sequences.is_empty() {
            return Ok(0);
        }
        self.recipient.confirm(RECIPIENT, &sequences).await.map_err(CliError::from)
    }
}
