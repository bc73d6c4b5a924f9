//! A running acquisition.

use crate::end::End;
use crate::error::{SdkError, StartError};
use crate::frame::FrameHandler;
use crate::prepare::Prepared;
use crate::standby::{Standby, Times};
use std::time::Duration;

/// A running acquisition. Dropping it stops it.
///
/// Stopping waits for the handler to return. So the handler must not stop or drop the acquisition
/// that calls it, which it could only reach if the program shares it: it would wait for itself, for
/// ever. A handler ends an acquisition by breaking.
#[derive(Debug)]
pub struct Acquisition<H: FrameHandler> {
    running: Standby<H>,
}

impl<H: FrameHandler> Acquisition<H> {
    /// Starts what was prepared; `handler` sees every frame from now on.
    ///
    /// # Errors
    /// [`StartError`]; nothing that was not running before runs then.
    pub fn start(prepared: Prepared, handler: H) -> Result<Self, StartError> {
        Standby::new(prepared, handler)?.start()
    }

    /// Waits until the acquisition has ended by itself, at most `bound` long, even if the handler
    /// takes longer. Must not be called in the handler, where it always takes all of `bound`.
    #[must_use]
    pub fn wait(&self, bound: Duration) -> Option<End> {
        self.running.ending().wait(bound)
    }

    /// Triggers one frame, under [`Trigger::Software`](crate::Trigger::Software). Returns whether
    /// the camera took the trigger; it ignores one that comes too early.
    ///
    /// # Errors
    /// [`SdkError`].
    pub fn trigger(&self) -> Result<bool, SdkError> {
        self.running.handle().trigger()
    }

    /// Shows the handler no further frame, without waiting for one that it handles now. If the
    /// handler waits for something (a buffer of a pool, say), the program can then end that wait,
    /// so that [`stop`](Self::stop) returns at once.
    pub fn close(&self) {
        self.running.handle().callback().close();
    }

    /// Returns how long the start took, and how long after it the first frame came.
    #[must_use]
    pub fn times(&self) -> Times {
        self.running.times()
    }

    /// Returns the frames in the ring: fewer than were asked for if the driver refused so many.
    #[must_use]
    pub fn ring_frames(&self) -> usize {
        self.running.ring_frames()
    }

    /// Stops, to be started again.
    ///
    /// Waits for a handler that is running, so the handler itself must not call this: see
    /// [`Acquisition`].
    ///
    /// # Errors
    /// [`SdkError`] if the SDK would not stop: the ring is leaked then, since the camera may still
    /// write to it. The handler is dropped.
    pub fn halt(mut self) -> Result<Standby<H>, SdkError> {
        self.running.halt()?;
        Ok(self.running)
    }

    /// Stops, and returns the handler with all that it has counted.
    ///
    /// # Errors
    /// As [`halt`](Self::halt).
    pub fn stop(self) -> Result<H, SdkError> {
        Ok(self.halt()?.into_handler())
    }
}

impl<H: FrameHandler> Standby<H> {
    /// Starts the camera. If the driver refuses the ring, as it does with one that it cannot lock, one half as long is tried.
    ///
    /// # Errors
    /// [`StartError`]; the handler is dropped then.
    pub fn start(mut self) -> Result<Acquisition<H>, StartError> {
        self.run()?;
        Ok(Acquisition { running: self })
    }
}
