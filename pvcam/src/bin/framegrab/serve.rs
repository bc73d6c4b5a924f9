//! Serves a stream's counters: `/metrics` as OpenMetrics, `/health` as 200 or 503.

use framepool::{Health, OpenMetrics};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tiny_http::{Header, Method, Request, Response, Server};

/// A server in a thread of its own, until it is dropped.
pub(crate) struct Served {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Begins to serve at this address, and says where on standard error: port 0 is any that is free.
    #[allow(clippy::print_stderr, reason = "a command that says what it does")]
    pub(crate) fn at(
        address: SocketAddr,
        collector: Arc<OpenMetrics>,
    ) -> Result<Self, Box<dyn Error>> {
        let server = Server::http(address).map_err(|error| format!("{address}: {error}"))?;
        let address = server.server_addr();
        eprintln!("serving http://{address}/metrics and http://{address}/health");
        let server = Arc::new(server);
        let requests = Arc::clone(&server);
        let pages = Pages::new(collector);
        let thread = thread::Builder::new().name("metrics".to_owned()).spawn(move || {
            for request in requests.incoming_requests() {
                pages.answer(request);
            }
        })?;
        Ok(Self { server, thread: Some(thread) })
    }

    /// Serves so much longer, or until `stop`.
    pub(crate) fn linger(self, time: Duration, stop: &AtomicBool) {
        let until = Instant::now() + time;
        // Ordering: Relaxed: a flag that publishes nothing.
        while Instant::now() < until && !stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20).min(time));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

struct Pages {
    registry: Registry,
    collector: Arc<OpenMetrics>,
}

impl Pages {
    fn new(collector: Arc<OpenMetrics>) -> Self {
        let mut registry = Registry::with_prefix("framepool");
        registry.register_collector(Box::new(Arc::clone(&collector)));
        Self { registry, collector }
    }

    fn answer(&self, request: Request) {
        let (status, kind, text) = match (request.method(), request.url()) {
            (Method::Get | Method::Head, "/metrics") => self.metrics(),
            (Method::Get | Method::Head, "/health") => self.health(),
            _ => (404, PLAIN, "There are /metrics and /health here.\n".to_owned()),
        };
        let mut response = Response::from_string(text).with_status_code(status);
        if let Ok(header) = Header::from_bytes("Content-Type", kind) {
            response.add_header(header);
        }
        // A client that has gone has no use for an answer.
        drop(request.respond(response));
    }

    fn metrics(&self) -> (u16, &'static str, String) {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => (200, OPEN_METRICS, text),
            Err(error) => (500, PLAIN, format!("{error}\n")),
        }
    }

    fn health(&self) -> (u16, &'static str, String) {
        let health = self.collector.health();
        let status = match health {
            Health::Healthy | Health::Transient => 200,
            _ => 503,
        };
        (status, PLAIN, format!("{health}: {}\n", health.advice()))
    }
}

const PLAIN: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
