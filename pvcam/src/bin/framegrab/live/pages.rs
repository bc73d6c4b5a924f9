//! What there is to be asked for.
//!
//! ```text
//!   /metrics        the counters, as OpenMetrics         /             a page for people
//!   /health         200 or 503, with advice              /status.json  the same counters, and how far the run is
//!                                                        /picture.png  the newest frame
//! ```

use crate::live::http::{Answer, BAD_REQUEST, FAILED, METHOD, NOT_FOUND, OK, Request};
use crate::live::status::Status;
use crate::live::view::Looks;
use framepool::Health;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::sync::Arc;

const PAGE: &str = include_str!("page.html");
/// The page loads nothing from elsewhere.
const POLICY: &str = "Content-Security-Policy: default-src 'none'; connect-src 'self'; img-src blob: data:; \
    style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
const FRESH: &str = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is served.
pub(crate) struct Pages {
    registry: Registry,
    status: Status,
    /// For the page, if there is one.
    looks: Option<Looks>,
}

impl Pages {
    pub(crate) fn new(status: Status, looks: Option<Looks>) -> Self {
        let mut registry = Registry::with_prefix("framepool");
        registry.register_collector(Box::new(Arc::clone(status.collector())));
        Self { registry, status, looks }
    }

    /// Returns whether programs ask for it, now and then, not pages, which may be many and ask all the time.
    pub(crate) fn is_for_collectors(request: &Request) -> bool {
        matches!(request.path.as_str(), "/metrics" | "/health")
    }

    /// Answers a request; `None` is one that could not be read.
    pub(crate) fn answer(&self, request: Option<&Request>) -> Answer {
        let Some(Request { method, path }) = request else {
            return Answer::text(BAD_REQUEST, "This is not a request.\n");
        };
        let page: fn(&Self) -> Answer = match (path.as_str(), &self.looks) {
            ("/metrics", _) => Self::metrics,
            ("/health", _) => Self::health,
            ("/", Some(_)) => Self::page,
            ("/status.json", Some(_)) => Self::status,
            ("/picture.png", Some(_)) => Self::picture,
            (_, Some(_)) => {
                return Answer::text(NOT_FOUND, "There are /, /metrics and /health here.\n");
            }
            (_, None) => return Answer::text(NOT_FOUND, "There are /metrics and /health here.\n"),
        };
        match method.as_str() {
            "GET" | "HEAD" => page(self),
            _ => Answer::text(METHOD, "GET and HEAD only.\n"),
        }
    }

    fn metrics(&self) -> Answer {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => Answer::new(OK, OPEN_METRICS, text.into_bytes()),
            Err(error) => Answer::text(FAILED, &format!("{error}\n")),
        }
    }

    fn health(&self) -> Answer {
        let health = self.status.health();
        let status = match health {
            Health::Healthy | Health::Transient => OK,
            _ => "503 Service Unavailable",
        };
        Answer::text(status, &format!("{health}: {}\n", health.advice()))
    }

    fn page(&self) -> Answer {
        Answer::new(OK, "text/html; charset=utf-8", PAGE.as_bytes()).with(POLICY).with(FRESH)
    }

    fn status(&self) -> Answer {
        match self.status.json() {
            Ok(json) => Answer::new(OK, "application/json", json).with(FRESH),
            Err(error) => Answer::text(FAILED, &format!("{error}\n")),
        }
    }

    /// Answers with a picture, or with nothing if no frame has come.
    fn picture(&self) -> Answer {
        let Some(picture) = self.looks.as_ref().and_then(Looks::picture) else {
            return Answer::new("204 No Content", "image/png", []).with(FRESH);
        };
        let (black, white) = (picture.shown.start(), picture.shown.end());
        Answer::new(OK, "image/png", Arc::clone(&picture.png))
            .with(FRESH)
            .with(&format!("X-Frame: {}\r\nX-Black: {black}\r\nX-White: {white}", picture.frame))
    }
}
