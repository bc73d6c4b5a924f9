//! Loans of size classes: [`SizedBuffer`], to read and to write, and [`SharedBuffer`], for many readers.

use crate::classes::slot::{Slot, Slots};
use framepool_core::{Frozen, Loan};
use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut, Range, RangeBounds};

/// A buffer on loan from [`SizeClasses`](super::SizeClasses): as many bytes as were asked for, at the
/// beginning of a slot that may have more. Dropping it gives the slot back, on any thread, also after the
/// classes are gone.
///
/// It is the same type whatever class it is of, and on the heap.
///
/// As a [`Write`](io::Write) it grows up to its capacity: what an encoder writes goes into the slot.
///
/// # Examples
/// ```
/// use framepool::SizeClasses;
/// use std::io::Write;
///
/// let classes = SizeClasses::options().class(4, 1024).build()?;
/// let mut text = classes.acquire(0)?;
/// write!(text, "{} by {}", 640, 360)?;
/// assert_eq!((&text[..], text.capacity()), (&b"640 by 360"[..], 1024));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a loan that is not kept gives its buffer back at once"]
pub struct SizedBuffer {
    loan: Loan<Slots>,
    /// At most the slot's bytes.
    len: usize,
}

impl SizedBuffer {
    #[inline(always)]
    pub(super) fn new(mut loan: Loan<Slots>, len: usize) -> Self {
        loan.lend(len);
        Self { loan, len }
    }

    /// Returns the bytes that the slot has.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.loan.bytes().len()
    }

    /// Returns whether it is of a class: if not, it was taken from the heap.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.loan.is_pooled()
    }

    /// Shortens it to `len` bytes, if it has more. Those behind stay written.
    pub fn truncate(&mut self, len: usize) {
        self.len = len.min(self.len);
    }

    /// Makes it `len` bytes long, of which new ones are `value`. Returns whether the slot has as many; if
    /// not, nothing changes.
    #[must_use]
    pub fn resize(&mut self, len: usize, value: u8) -> bool {
        if len > self.capacity() {
            return false;
        }
        self.loan.lend_more(len);
        if let Some(new) = self.loan.bytes_mut().get_mut(self.len..len) {
            new.fill(value);
        }
        self.len = len;
        true
    }

    /// Lets `fill` write behind what the buffer has, up to its capacity, and lengthens it by as many bytes as
    /// `fill` returns: those alone are cleared later, where buffers are [zeroed](super::ClassOptions::zeroed). So
    /// it must not write more than it says; a debug build panics if it has, as the buffer goes back.
    ///
    /// If it fails or panics the buffer is as long as before.
    ///
    /// # Errors
    /// That of `fill`.
    ///
    /// # Examples
    /// ```
    /// use framepool::SizeClasses;
    /// use std::net::UdpSocket;
    ///
    /// let [here, there] = [UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?];
    /// there.send_to(b"a packet", here.local_addr()?)?;
    ///
    /// let packets = SizeClasses::options().class(16, 9000).zeroed().build()?;
    /// let mut packet = packets.acquire_empty(9000)?;
    /// packet.append_with(|room| here.recv(room))?;
    /// assert_eq!(packet[..], *b"a packet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append_with<E>(
        &mut self,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let filled = self.loan.append_with(self.len, fill)?;
        self.len += filled;
        Ok(filled)
    }

    /// Makes it one for many readers, without copying or allocating.
    pub fn freeze(self) -> SharedBuffer {
        let Self { loan, len } = self;
        SharedBuffer { share: loan.freeze(), range: 0..len }
    }
}

impl Deref for SizedBuffer {
    type Target = [u8];

    #[inline(always)]
    fn deref(&self) -> &[u8] {
        // Never longer than the slot, which the compiler does not know.
        self.loan.bytes().get(..self.len).unwrap_or_default()
    }
}

impl DerefMut for SizedBuffer {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.loan.bytes_mut().get_mut(..self.len).unwrap_or_default()
    }
}

impl AsRef<[u8]> for SizedBuffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for SizedBuffer {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

/// Appends, up to the capacity; then it takes no more, which `write_all` reports as
/// [`WriteZero`](io::ErrorKind::WriteZero).
impl io::Write for SizedBuffer {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append_with(|room| {
            let count = bytes.len().min(room.len());
            room[..count].copy_from_slice(&bytes[..count]);
            Ok(count)
        })
    }

    // Without the loop of the default: encoders call it for a few bytes at a time.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.write(bytes)? < bytes.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for SizedBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SizedBuffer")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

/// A buffer of [`SizeClasses`](super::SizeClasses) for many readers: a share of its bytes, or of a part of
/// them. Cloning it copies and allocates nothing; the slot goes back when the last share is gone.
///
/// # Examples
/// ```
/// use framepool::SizeClasses;
///
/// let classes = SizeClasses::options().class(4, 64).build()?;
/// let mut buffer = classes.acquire(4)?;
/// buffer.copy_from_slice(b"head");
/// let share = buffer.freeze();
/// let part = share.slice(1..3).expect("within the buffer");
/// drop(share);
/// assert_eq!((&part[..], classes.stats().classes[0].stats.available), (&b"ea"[..], 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a share that is not kept gives its buffer back at once, if it is the last"]
pub struct SharedBuffer {
    share: Frozen<Slots, Slot>,
    /// Lies within the slot's bytes.
    range: Range<usize>,
}

impl SharedBuffer {
    /// Shares a part of what this share shows; `None` if `range` does not lie within it.
    #[must_use]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Option<Self> {
        let part = self.get((range.start_bound().cloned(), range.end_bound().cloned()))?;
        let start = self.range.start + (part.as_ptr().addr() - self.as_ptr().addr());
        Some(Self { share: self.share.clone(), range: start..start + part.len() })
    }

    /// Makes it writable again, as long as what it shows, if it is the only share and shows the buffer from
    /// its first byte on.
    ///
    /// # Errors
    /// The share itself, while there are others, or if it shows a later part.
    pub fn thaw(self) -> Result<SizedBuffer, Self> {
        let Self { share, range } = self;
        if range.start != 0 {
            return Err(Self { share, range });
        }
        match share.thaw() {
            Ok(loan) => Ok(SizedBuffer { loan, len: range.end }),
            Err(share) => Err(Self { share, range }),
        }
    }
}

impl Deref for SharedBuffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.share.bytes().get(self.range.clone()).unwrap_or_default()
    }
}

impl AsRef<[u8]> for SharedBuffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

#[cfg(feature = "bytes")]
impl From<SharedBuffer> for bytes::Bytes {
    /// Hands a share to code that takes `Bytes`; nothing is copied, and one small block is allocated.
    fn from(share: SharedBuffer) -> Self {
        Self::from_owner(share)
    }
}

impl fmt::Debug for SharedBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBuffer").field("len", &self.len()).finish_non_exhaustive()
    }
}
