//! A request, and the answer to it: one each for a connection.
//!
//! A request's body is not read. Each direction has a limit of time as a whole, so that a client that sends or takes a
//! byte now and then does not stay.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a client may take for its request.
const TO_ASK: Duration = Duration::from_secs(2);
/// How long it may take for the answer, such as a picture by a slow network.
const TO_READ: Duration = Duration::from_secs(8);
/// Bytes of a request up to its body.
const REQUEST: usize = 8192;

pub(crate) const OK: &str = "200 OK";
pub(crate) const BAD_REQUEST: &str = "400 Bad Request";
pub(crate) const NOT_FOUND: &str = "404 Not Found";
pub(crate) const METHOD: &str = "405 Method Not Allowed\r\nAllow: GET, HEAD";
pub(crate) const FAILED: &str = "500 Internal Server Error";

/// A request, up to its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without what follows a question mark.
    pub(crate) path: String,
}

impl Request {
    /// Reads a request; `None` if it is none.
    pub(crate) fn read(client: &mut TcpStream) -> io::Result<Option<Self>> {
        let until = Instant::now() + TO_ASK;
        let (mut text, mut len) = ([0; REQUEST], 0);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || len == text.len() {
                return Ok(None);
            }
            client.set_read_timeout(Some(left))?;
            match client.read(&mut text[len..]) {
                Ok(0) => return Ok(None),
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if is_late(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
            let mut headers = [httparse::EMPTY_HEADER; 64];
            let mut request = httparse::Request::new(&mut headers);
            match request.parse(&text[..len]) {
                Ok(httparse::Status::Partial) => {}
                Ok(httparse::Status::Complete(_)) => {
                    let path = request.path.unwrap_or_default();
                    let path = path.split_once('?').map_or(path, |(path, _)| path);
                    let method = request.method.unwrap_or_default().to_owned();
                    return Ok(Some(Self { method, path: path.to_owned() }));
                }
                Err(_) => return Ok(None),
            }
        }
    }
}

/// What a client is told.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// And headers that go with it.
    status: String,
    kind: &'static str,
    body: Arc<[u8]>,
}

impl Answer {
    pub(crate) fn new(status: &str, kind: &'static str, body: impl Into<Arc<[u8]>>) -> Self {
        Self { status: status.to_owned(), kind, body: body.into() }
    }

    pub(crate) fn text(status: &str, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.as_bytes())
    }

    /// Adds a header: a line.
    pub(crate) fn with(mut self, header: &str) -> Self {
        self.status = format!("{}\r\n{header}", self.status);
        self
    }

    /// Sends it, and says that nothing follows.
    pub(crate) fn send(&self, client: &mut TcpStream, is_head: bool) -> io::Result<()> {
        let Self { status, kind, body } = self;
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        );
        let until = Instant::now() + TO_READ;
        write_until(client, head.as_bytes(), until)?;
        if !is_head {
            write_until(client, body, until)?;
        }
        client.shutdown(Shutdown::Write)
    }
}

fn write_until(client: &mut TcpStream, mut bytes: &[u8], until: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        client.set_write_timeout(Some(left))?;
        match client.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
