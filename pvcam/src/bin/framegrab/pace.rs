//! Software triggers at a steady rate.

use framepool_pvcam::{Capture, SdkError};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Triggers once every `period`, by absolute deadlines, until the other end of `stop` is dropped.
///
/// If the camera ignores a trigger because the last frame is not complete, the trigger is not
/// repeated: the next one is due soon.
pub(crate) fn run(
    capture: &Capture,
    period: Duration,
    stop: &Receiver<()>,
) -> Result<(), SdkError> {
    let mut due = Instant::now();
    loop {
        if !capture.trigger()? {
            tracing::info!("the camera was busy and ignored a trigger");
        }
        due += period;
        let pause = due.saturating_duration_since(Instant::now());
        match stop.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}
