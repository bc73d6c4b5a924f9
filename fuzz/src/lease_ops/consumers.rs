//! What consumers do: they receive frames, read them while the device goes on, and tap the stream.

use super::model::{Access, FrameId};
use super::{Held, MAX_DEPTH, MAX_TAPS, Receiver, Run, TapEnd};
use crate::case::nth;
use framepool::{AnyFrame, Overrun, ReadError, ReadFrame, RecvError};

impl Run {
    pub(super) fn received(
        &mut self,
        received: Result<AnyFrame, RecvError>,
        expected: Result<FrameId, RecvError>,
    ) {
        self.agree("why there is no frame", received.as_ref().err(), expected.as_ref().err());
        if let (Ok(frame), Ok(id)) = (received, expected) {
            self.frames.push(Held { id, frame });
        }
    }

    /// Whether a frame can be read, and what is known of it then.
    pub(super) fn expected_read(&mut self, id: FrameId) -> Result<(), Overrun> {
        let access = self.model.begin_read(id);
        if self.model.end_read(id, access).1 { Ok(()) } else { Err(Overrun) }
    }

    /// Reads a frame twice, and does the next operations in between.
    pub(super) fn read(&mut self, frame: u8, during: u8) -> Option<()> {
        let i = nth(frame, self.frames.len())?;
        let Held { id, frame } = self.frames.remove(i);
        let access = self.model.begin_read(id);
        let row_bytes = match frame.meta().bytes_per_row() {
            0 => self.model.frame(id).bytes.len().max(1),
            bytes => bytes,
        };
        let mut calls = 0;
        let mut scratch = vec![0; usize::from(during) * 2];
        let seen = frame.read(|reading| {
            calls += 1;
            let stays = access == Access::Stays || calls > 1;
            self.agree("whether bytes stay", reading.bytes().is_some(), stays);
            let mut rows = Vec::new();
            reading.rows(&mut scratch, |row| rows.push(row.to_vec()));
            if calls == 1 && self.depth < MAX_DEPTH {
                self.depth += 1;
                for _ in 0..during {
                    let Some(op) = self.coming.pop_front() else { break };
                    self.act(op);
                }
                self.depth -= 1;
            }
            let mut copy = vec![0; reading.len()];
            let copied = reading.copy_to(&mut copy);
            self.agree("whether all is copied", copied, Ok(()));
            (rows, copy)
        });
        let (expected, is_there) = self.model.end_read(id, access);
        self.agree("how often a frame is read", calls, expected);
        self.agree("whether it is read", seen.is_ok(), is_there);
        if let Ok((rows, copy)) = seen {
            let bytes = &self.model.frame(id).bytes;
            let expected: Vec<_> = bytes.chunks(row_bytes).map(<[u8]>::to_vec).collect();
            self.agree("rows", &rows, &expected);
            self.agree("the frame", &copy, bytes);
        }
        self.frames.push(Held { id, frame });
        Some(())
    }

    pub(super) fn copy_to(&mut self, frame: u8, len: u8) -> Option<()> {
        let Held { id, frame } = &self.frames[nth(frame, self.frames.len())?];
        let id = *id;
        let whole = self.model.frame(id).bytes.len();
        let wrong = if len >= 192 { usize::from(len & 15) } else { whole };
        let mut copy = vec![0; wrong];
        let copied = frame.copy_to(&mut copy);
        let expected = match self.expected_read(id) {
            Err(Overrun) => Err(ReadError::Overrun),
            Ok(()) if wrong != whole => Err(ReadError::WrongLength { buffer: wrong, frame: whole }),
            Ok(()) => Ok(()),
        };
        self.agree("copy_to", copied, expected);
        if copied.is_ok() {
            self.agree("the copy", &copy, &self.model.frame(id).bytes);
        }
        Some(())
    }

    // Taps.

    pub(super) fn tap(&mut self, places: u8, every: u8) -> Option<()> {
        if self.taps.len() == MAX_TAPS {
            // The oldest makes room.
            let TapEnd { id, handle, receiver } = self.taps.remove(0);
            handle.remove();
            drop(receiver);
            self.model.remove_tap(id);
            self.model.drop_receiver(id);
        }
        let every = u64::from(every).max(1);
        let options = self.intake.as_ref()?.intake().taps().named("tap").every(every);
        let (handle, receiver) = if places == 0 {
            let (handle, newest) = options.newest();
            (handle, Receiver::Newest(newest))
        } else {
            let (handle, frames) = options.channel(places.into());
            (handle, Receiver::Channel(frames))
        };
        let id = self.model.add_tap(places.into(), every);
        self.taps.push(TapEnd { id, handle, receiver });
        Some(())
    }

    pub(super) fn receive_tapped(&mut self, tap: usize) {
        let TapEnd { id, receiver, .. } = &mut self.taps[tap];
        let (id, received) = match receiver {
            Receiver::Channel(frames) => (*id, frames.try_recv()),
            Receiver::Newest(newest) => (*id, newest.take().ok_or(RecvError::Empty)),
            Receiver::Dropped => return,
        };
        let expected = match (self.model.receive_tapped(id), &self.taps[tap].receiver) {
            // The newest frame's tap does not tell.
            (Err(_), Receiver::Newest(_)) => Err(RecvError::Empty),
            (expected, _) => expected,
        };
        self.received(received, expected);
    }
}
