//! The options of what a run shows, and of what it leaves beside its frames.

use clap::{ArgGroup, Args};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

/// What a run shows while frames come, and what it leaves.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Live view and reports",
    group = ArgGroup::new("served").args(["serve", "metrics"])
)]
pub(crate) struct LiveOptions {
    /// Serve a page at this address while frames come, with the live picture, the rates and the counters; beside it what
    /// --metrics serves. The picture is made only while a page is open, ten times a second at most; each time a buffer of
    /// the pool is held for as long as copying it takes. Port 0 is any that is free
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    serve: Option<SocketAddr>,

    /// Serve the counters alone: /metrics for Prometheus, and /health, 200 or 503
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    metrics: Option<SocketAddr>,

    /// Serve for so many seconds more after the last frame, so that the last counts are collected too,
    /// before the summary is printed; Ctrl-C ends it, after one that ends the run
    #[arg(long, value_name = "S", requires = "served", value_parser = linger, allow_negative_numbers = true)]
    metrics_linger: Option<Duration>,

    /// Leave a picture of the last frame, stretched to 8 bits; of one of the last second, if the pool ran out in the end.
    /// No frame, no picture
    #[arg(long, value_name = "FILE.png", group = "files")]
    pub(crate) preview: Option<PathBuf>,

    /// Leave a report, also of a run that failed: a page with the summary, plots of the pool, of times and of frames that
    /// are missing, the camera, the settings and the machine
    #[arg(long, value_name = "FILE.html", group = "files")]
    pub(crate) report: Option<PathBuf>,
}

/// What is to be served where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) at: SocketAddr,
    /// The page, beside the counters.
    pub(crate) has_page: bool,
}

impl Address {
    /// Returns the option that asks for it.
    pub(crate) fn option(self) -> &'static str {
        if self.has_page { "--serve" } else { "--metrics" }
    }
}

impl LiveOptions {
    pub(crate) fn address(&self) -> Option<Address> {
        let page = self.serve.map(|at| Address { at, has_page: true });
        page.or(self.metrics.map(|at| Address { at, has_page: false }))
    }

    pub(crate) fn linger(&self) -> Duration {
        self.metrics_linger.unwrap_or_default()
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut found = text.to_socket_addrs().map_err(|error| error.to_string())?;
    found.next().ok_or_else(|| "the name has no address".to_owned())
}

fn linger(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (1e-3..=1e6).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("expected seconds, from 0.001 to 1000000".to_owned()),
    }
}
