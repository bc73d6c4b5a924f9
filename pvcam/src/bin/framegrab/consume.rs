//! The consumer thread: takes frames out of the channel and saves them.

use crate::output::Output;
use crate::probe::{Cost, Probe};
use framepool::Frames;
use std::thread;
use std::time::Duration;

/// The results of the consumer thread.
pub(crate) struct Consumed {
    pub(crate) frames: u64,
    pub(crate) cost: Cost,
    pub(crate) output: Option<Output>,
}

/// Saves each frame, and then drops it, which gives its buffer back to the pool.
pub(crate) fn consume(
    mut frames: Frames,
    mut output: Option<Output>,
    delay: Duration,
    mut probe: Probe,
) -> Consumed {
    let mut count = 0;
    while let Some(frame) = frames.recv_blocking() {
        count += 1;
        if let Some(output) = &mut output {
            output.save(frame.view());
        }
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        drop(frame);
        probe.frame_done();
    }
    Consumed { frames: count, cost: probe.cost(), output }
}
