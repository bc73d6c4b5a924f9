//! Serves a stream's counters: `/metrics` as OpenMetrics, `/health` as 200 or 503.
//!
//! One request a connection, whose body is not read. Each connection has a thread, a limit of bytes and of time,
//! and there is a limit of connections: clients can keep each other from an answer for seconds, and frames from
//! nothing.

use crate::stop::Stop;
use framepool::{Health, OpenMetrics};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a client may take for its request, and again for the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Clients at once; more are turned away.
const CLIENTS: usize = 64;
/// Bytes of a request up to its body.
const REQUEST: usize = 8192;
/// Between two looks for new clients.
const PAUSE: Duration = Duration::from_millis(20);

/// A server in a thread of its own, until it is dropped.
pub(crate) struct Served {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Begins to serve at this address, and says where on standard error: port 0 is any that is free.
    pub(crate) fn at(
        address: SocketAddr,
        collector: Arc<OpenMetrics>,
    ) -> Result<Self, Box<dyn Error>> {
        let failed = |error| format!("--metrics {address}: {error}");
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        say(&format!("serving http://{address}/metrics and http://{address}/health"));
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let pages = Arc::new(Pages::new(collector));
        let thread = thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || accept(&listener, &pages, &stopping))?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Serves so much longer, or until `stop`.
    pub(crate) fn linger(self, time: Duration, stop: &Stop) {
        if !time.is_zero() {
            say(&format!("serving the last counts for {} s; Ctrl-C ends it", time.as_secs_f64()));
        }
        let (until, asked) = (Instant::now() + time, stop.times());
        while Instant::now() < until && stop.times() == asked {
            thread::sleep(PAUSE.min(time));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Ordering: Relaxed: a flag that publishes nothing.
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Says something on standard error, if that can be written.
fn say(what: &str) {
    drop(writeln!(io::stderr(), "{what}"));
}

/// Gives each client a thread. Those of clients that are slow live on, for as long as is allowed.
fn accept(listener: &TcpListener, pages: &Arc<Pages>, stop: &AtomicBool) {
    // Ordering: Relaxed: a flag that publishes nothing.
    while !stop.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((client, _)) => {
                let Some(place) = Place::take(pages) else { continue };
                let thread = thread::Builder::new().name("metrics client".to_owned());
                // Without a thread to be had, the client is turned away.
                drop(thread.spawn(move || drop(place.0.answer(client))));
            }
            // None, or one that has gone already.
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// One of the clients that may be there at once.
struct Place(Arc<Pages>);

impl Place {
    fn take(pages: &Arc<Pages>) -> Option<Self> {
        let place = Self(Arc::clone(pages));
        // Ordering: Relaxed: a number, which publishes nothing. One too many is dropped with its place.
        (pages.clients.fetch_add(1, Ordering::Relaxed) < CLIENTS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Ordering: Relaxed: a number, which publishes nothing.
        self.0.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Pages {
    registry: Registry,
    collector: Arc<OpenMetrics>,
    clients: AtomicUsize,
}

impl Pages {
    fn new(collector: Arc<OpenMetrics>) -> Self {
        let mut registry = Registry::with_prefix("framepool");
        registry.register_collector(Box::new(Arc::clone(&collector)));
        Self { registry, collector, clients: AtomicUsize::new(0) }
    }

    fn answer(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nonblocking(false)?;
        client.set_write_timeout(Some(PATIENCE))?;
        let asked = request(&mut client)?;
        let is_head = asked.as_ref().is_some_and(|(method, _)| method == "HEAD");
        let (status, kind, text) = match asked {
            Some((method, path)) => match (method.as_str(), path.as_str()) {
                ("GET" | "HEAD", "/metrics") => self.metrics(),
                ("GET" | "HEAD", "/health") => self.health(),
                (_, "/metrics" | "/health") => (METHOD, PLAIN, "GET and HEAD only.\n".to_owned()),
                _ => (NOT_FOUND, PLAIN, "There are /metrics and /health here.\n".to_owned()),
            },
            None => (BAD_REQUEST, PLAIN, "This is not a request.\n".to_owned()),
        };
        let length = text.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        );
        client.write_all(head.as_bytes())?;
        if !is_head {
            client.write_all(text.as_bytes())?;
        }
        client.shutdown(Shutdown::Write)
    }

    fn metrics(&self) -> (&'static str, &'static str, String) {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => ("200 OK", OPEN_METRICS, text),
            Err(error) => ("500 Internal Server Error", PLAIN, format!("{error}\n")),
        }
    }

    fn health(&self) -> (&'static str, &'static str, String) {
        let health = self.collector.health();
        let status = match health {
            Health::Healthy | Health::Transient => "200 OK",
            _ => "503 Service Unavailable",
        };
        (status, PLAIN, format!("{health}: {}\n", health.advice()))
    }
}

const BAD_REQUEST: &str = "400 Bad Request";
const NOT_FOUND: &str = "404 Not Found";
const METHOD: &str = "405 Method Not Allowed\r\nAllow: GET, HEAD";
const PLAIN: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Reads a request up to its body: its method and path; `None` if it is none.
fn request(client: &mut TcpStream) -> io::Result<Option<(String, String)>> {
    let until = Instant::now() + PATIENCE;
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
                return Ok(Some((request.method.unwrap_or_default().to_owned(), path.to_owned())));
            }
            Err(_) => return Ok(None),
        }
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
