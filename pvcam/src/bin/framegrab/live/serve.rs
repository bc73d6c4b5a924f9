//! A server for a few people and their collectors of metrics.
//!
//! Each connection is one request, on a thread of its own, with a limit of bytes and of time, and there is a limit of
//! connections: clients can keep each other from an answer for seconds, and frames from nothing.

use crate::aside;
use crate::live::http::Request;
use crate::live::options::Address;
use crate::live::pages::Pages;
use crate::stop::Stop;
use std::error::Error;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Clients at once: a hundred pages, each with a request for its picture and one for its numbers, and collectors. More
/// are turned away.
const CLIENTS: usize = 256;
/// Between two looks for new clients.
const PAUSE: Duration = Duration::from_millis(20);

/// A server in a thread of its own, until it is dropped.
pub(crate) struct Served {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Begins to serve at this address, and says where on standard error: port 0 is any that is free.
    pub(crate) fn at(address: Address, pages: Pages) -> Result<Self, Box<dyn Error>> {
        let failed = |error| format!("{} {}: {error}", address.option(), address.at);
        let listener = TcpListener::bind(address.at).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let at = listener.local_addr().map_err(failed)?;
        let page = if address.has_page { format!("http://{at}/ and ") } else { String::new() };
        aside::line(&format!("serving {page}http://{at}/metrics and http://{at}/health"));
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let shared = Arc::new(Shared { pages, clients: AtomicUsize::new(0) });
        let thread = thread::Builder::new()
            .name("server".to_owned())
            .spawn(move || accept(&listener, &shared, &stopping))?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Serves so much longer, or until `stop`; at `least` for as long as pages need to be told of the end.
    pub(crate) fn linger(self, time: Duration, least: Duration, stop: &Stop) {
        if !time.is_zero() {
            aside::line(&format!(
                "serving the last counts for {} s; Ctrl-C ends it",
                time.as_secs_f64()
            ));
        }
        let (until, asked) = (Instant::now() + time.max(least), stop.times());
        while Instant::now() < until && stop.times() == asked {
            thread::sleep(PAUSE);
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

/// Gives each client a thread. Those of clients that are slow live on, for as long as is allowed.
fn accept(listener: &TcpListener, shared: &Arc<Shared>, stop: &AtomicBool) {
    // Ordering: Relaxed: a flag that publishes nothing.
    while !stop.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((client, _)) => {
                let Some(place) = Place::take(shared) else { continue };
                let thread = thread::Builder::new().name("client".to_owned());
                // Without a thread to be had, the client is turned away.
                drop(thread.spawn(move || drop(place.0.answer(client))));
            }
            // None, or one that has gone already.
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

struct Shared {
    pages: Pages,
    clients: AtomicUsize,
}

impl Shared {
    fn answer(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nonblocking(false)?;
        let request = Request::read(&mut client)?;
        if !request.as_ref().is_some_and(Pages::is_for_collectors) {
            give_way();
        }
        let is_head = request.as_ref().is_some_and(|request| request.method == "HEAD");
        self.pages.answer(request.as_ref()).send(&mut client, is_head)
    }
}

/// Lets the camera, the consumer and collectors of metrics go before the calling thread.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "clients are served as fast as frames");
    }
}

/// One of the clients that may be there at once.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let place = Self(Arc::clone(shared));
        // Ordering: Relaxed: a number, which publishes nothing. One too many is dropped with its place.
        (shared.clients.fetch_add(1, Ordering::Relaxed) < CLIENTS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Ordering: Relaxed: a number, which publishes nothing.
        self.0.clients.fetch_sub(1, Ordering::Relaxed);
    }
}
