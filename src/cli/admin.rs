//! The loopback admin address of a hub: its health, and for a demonstration its simulated time.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::error::CliError;

/// The longest answer read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// How long a move may take: what comes due in between is done before the hub answers.
const MOVE_MAX: Duration = Duration::from_secs(120);

/// How long health may take to answer; shorter than a container engine waits.
const HEALTH_MAX: Duration = Duration::from_secs(4);

/// What the hub says of itself, such as `serving`.
///
/// # Errors
/// When nobody answers, or the hub does not take alerts now.
pub(super) async fn health(admin: SocketAddr) -> Result<String, CliError> {
    let answer = get(admin, "/health").await?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    match first_line(head).split(' ').nth(1) {
        Some("200") => Ok(body.trim().to_owned()),
        _ => Err(CliError::failed(format!("the hub is not serving: {}", body.trim()))),
    }
}

/// The figures of `/status`.
///
/// # Errors
/// When nobody answers, or not in JSON.
pub(super) async fn status(admin: SocketAddr) -> Result<Value, CliError> {
    let answer = get(admin, "/status").await?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    serde_json::from_str(body.trim())
        .map_err(|source| CliError::because("the hub's figures are not readable", source))
}

/// Asks for `/simulated-time`; the hub time in milliseconds after it.
pub(super) async fn move_time(admin: SocketAddr, asked: &Value) -> Result<i64, CliError> {
    let head = format!(
        "POST /simulated-time HTTP/1.1\r\nHost: {admin}\r\nContent-Type: application/json\r\n"
    );
    let body = asked.to_string();
    let moved = tokio::time::timeout(MOVE_MAX, exchange(admin, head, &body)).await;
    let answer = match moved {
        Ok(answer) => answer.map_err(|source| CliError::system("move hub time", source))?,
        Err(_elapsed) => return Err(CliError::failed("hub time did not move within 2 minutes")),
    };
    hub_time(&answer)
        .ok_or_else(|| CliError::failed(format!("hub time did not move: {}", first_line(&answer))))
}

/// What the hub answers to a question, whatever its status.
async fn get(admin: SocketAddr, path: &str) -> Result<String, CliError> {
    let asked = exchange(admin, format!("GET {path} HTTP/1.1\r\nHost: {admin}\r\n"), "");
    match tokio::time::timeout(HEALTH_MAX, asked).await {
        Ok(answer) => answer.map_err(|source| CliError::system("ask the hub", source)),
        Err(_elapsed) => Err(CliError::failed("the hub did not answer within 4 seconds")),
    }
}

/// One request, the beginning of whose head is given; the whole answer.
async fn exchange(admin: SocketAddr, head: String, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(admin).await?;
    let length = body.len();
    let request = format!("{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn hub_time(answer: &str) -> Option<i64> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = first_line(head).split(' ').nth(1)?;
    let body: Value = serde_json::from_str(body.trim()).ok()?;
    body.get("hub_time_ms").and_then(Value::as_i64).filter(|_| status == "200")
}

fn first_line(answer: &str) -> &str {
    answer.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_read_from_a_good_answer_only() {
        let good = "HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"hub_time_ms\":123}";

        assert_eq!(hub_time(good), Some(123));
        assert_eq!(hub_time(&good.replace("200 OK", "409 Conflict")), None);
        assert_eq!(hub_time("HTTP/1.1 200 OK\r\n\r\nno"), None);
        assert_eq!(hub_time(""), None);
    }

    #[tokio::test]
    async fn a_hub_that_is_not_there_is_told_in_words() {
        let nowhere = ([127, 0, 0, 1], 1).into();

        let moved = move_time(nowhere, &serde_json::json!({})).await.unwrap_err();
        let healthy = health(nowhere).await.unwrap_err();
        let figures = status(nowhere).await.unwrap_err();

        assert!(moved.to_string().contains("move hub time"));
        for told in [healthy, figures] {
            assert!(told.to_string().contains("ask the hub"), "{told}");
        }
    }
}
