//! Three ways to receive a packet: a new buffer for each, a pooled one that is copied out, a pooled one that
//! the readers share.

use crate::Error;
use framepool::{FramePool, OnExhausted, SharedBuffer, SizeClasses, SizedBuffer};
use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// As much as a packet of mDNS may have.
pub(crate) const CAPACITY: usize = 9000;

/// A reader that keeps its packets for so long is taken for dead.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a packet gets from a socket to readers.
pub(crate) trait Way {
    /// A packet that several readers may hold.
    type Packet: Deref<Target: AsRef<[u8]>> + Clone + Send;

    /// Receives a packet, and tells when it came; none if the socket's time ran out.
    fn receive(&self, socket: &UdpSocket) -> Result<Option<(Self::Packet, Instant)>, Error>;
}

/// A new buffer for each packet.
pub(crate) struct Fresh;

/// One pooled buffer, out of which packets are copied; it is zero again before the next one.
pub(crate) struct Copied(pub(crate) SizeClasses);

/// A pooled buffer for each packet: it is zeroed when the last reader is done.
pub(crate) struct ZeroCopy(pub(crate) SizeClasses);

impl Way for Fresh {
    type Packet = Arc<Vec<u8>>;

    fn receive(&self, socket: &UdpSocket) -> Result<Option<(Self::Packet, Instant)>, Error> {
        let mut buffer = vec![0; CAPACITY];
        let Some((len, arrived)) = in_time(into_clean(&mut buffer, socket))? else {
            return Ok(None);
        };
        buffer.truncate(len);
        Ok(Some((Arc::new(buffer), arrived)))
    }
}

impl Way for Copied {
    type Packet = Arc<Vec<u8>>;

    fn receive(&self, socket: &UdpSocket) -> Result<Option<(Self::Packet, Instant)>, Error> {
        let received = into_slot(&self.0, socket)?;
        Ok(received.map(|(buffer, arrived)| (Arc::new(buffer.to_vec()), arrived)))
    }
}

impl Way for ZeroCopy {
    type Packet = SharedBuffer;

    fn receive(&self, socket: &UdpSocket) -> Result<Option<(Self::Packet, Instant)>, Error> {
        let received = into_slot(&self.0, socket)?;
        Ok(received.map(|(buffer, arrived)| (buffer.freeze(), arrived)))
    }
}

/// Sets aside `slots` buffers, zeroed whenever they come back.
pub(crate) fn pool(slots: usize) -> Result<SizeClasses, Error> {
    let policy = OnExhausted::WaitThenDrop(PATIENCE);
    Ok(SizeClasses::options().class(slots, CAPACITY).zeroed().on_exhausted(policy).build()?)
}

/// Lets this thread wait for a slot once: its first wait allocates what later ones need.
pub(crate) fn wait_once() -> Result<(), Error> {
    let pool = FramePool::try_new(1, 1)?;
    let held = pool.try_acquire();
    let waited = pool.acquire_timeout_blocking(Duration::from_micros(1));
    drop(held);
    waited.map_or(Ok(()), |_| Err("a pool of one lent two".into()))
}

fn into_slot(
    pool: &SizeClasses,
    socket: &UdpSocket,
) -> Result<Option<(SizedBuffer, Instant)>, Error> {
    let mut buffer = pool.acquire_empty(CAPACITY)?;
    let mut arrived = None;
    let filled = buffer.append_with(|room| {
        let (len, at) = into_clean(room, socket)?;
        arrived = Some(at);
        Ok(len)
    });
    Ok(in_time(filled)?.and(arrived).map(|at| (buffer, at)))
}

/// Receives a packet into `room`, which is all of a buffer. No byte of it may be another packet's: neither
/// before, nor behind the packet. Each way pays for this look at 9000 bytes.
fn into_clean(room: &mut [u8], socket: &UdpSocket) -> io::Result<(usize, Instant)> {
    if room.len() != CAPACITY {
        return Err(io::Error::other(format!("a buffer of {} bytes was lent", room.len())));
    }
    if !is_zero(room) {
        return Err(io::Error::other("a buffer shows bytes of an earlier packet"));
    }
    let len = socket.recv(room)?;
    let arrived = Instant::now();
    if !is_zero(&room[len..]) {
        return Err(io::Error::other(
            "a buffer shows bytes of an earlier packet behind a later one",
        ));
    }
    Ok((len, arrived))
}

/// Looks at as many bytes at once as the processor can.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(256).all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) == 0)
}

fn in_time<T>(received: io::Result<T>) -> Result<Option<T>, Error> {
    match received {
        Ok(received) => Ok(Some(received)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
