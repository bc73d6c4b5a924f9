//! The arrival of a frame: which frame the SDK announced, which are missing before it, and the call
//! of the handler.

use crate::callback::Target;
use crate::end::{End, Ending};
use crate::error::SdkError;
use crate::frame::{FrameHandler, RingFrame};
use crate::handle::Handle;
use crate::ring::Ring;
use framepool::FrameMeta;
use framepool_pvcam_sys::FRAME_INFO;
use std::any::Any;
use std::ffi::c_void;
use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The target of an acquisition's callbacks: finds the frame that the SDK announces, and shows it
/// to the handler.
#[derive(Debug)]
pub(crate) struct Arrivals<H> {
    handle: Arc<Handle>,
    meta: FrameMeta,
    ring: Ring,
    handler: H,
    /// The number of the newest frame seen, 0 before the first.
    newest: u32,
    ending: Arc<Ending>,
}

impl<H: FrameHandler> Arrivals<H> {
    /// Makes the target of an acquisition. `meta` is what all frames have in common.
    pub(crate) fn new(
        handle: Arc<Handle>,
        meta: FrameMeta,
        ring: Ring,
        handler: H,
        ending: Arc<Ending>,
    ) -> Self {
        Self { handle, meta, ring, handler, newest: 0, ending }
    }

    pub(crate) fn into_handler(self) -> H {
        self.handler
    }

    fn frame_arrived(&mut self) -> Option<End> {
        let (start, info) = match self.announced() {
            Ok(found) => found,
            Err(error) => return Some(End::Failed(error)),
        };
        let number = match u32::try_from(info.FrameNr) {
            Ok(number) if number > 0 => number,
            _ => {
                self.handler.on_lost(1);
                let text = format!("the SDK gave a frame the number {}", info.FrameNr);
                return Some(End::Impossible(text));
            }
        };
        // Old cameras announce a frame twice.
        if number <= self.newest {
            return None;
        }
        let gap = number - self.newest - 1;
        if gap > 0 {
            self.handler.on_lost(gap.into());
        }
        self.newest = number;
        if !self.ring.contains(start) {
            self.handler.on_lost(1);
            let text = format!("the SDK gave frame {number} a place outside the ring");
            return Some(End::Impossible(text));
        }
        let mut meta = self.meta;
        meta.hardware_number = number;
        // The SDK's clock ticks ten thousand times a second.
        meta.timestamp_ns =
            u64::try_from(info.TimeStamp).unwrap_or_default().saturating_mul(100_000);
        // SAFETY: a place in the ring, which is freed when the acquisition has taken this value
        // from the callback's context, for which it waits until this call has returned.
        let frame = unsafe { RingFrame::new(meta, start, self.ring, &self.handle) };
        let flow = self.handler.on_frame(&frame);
        end_after(flow, frame.into_failure())
    }

    /// Asks the SDK for the frame that this callback announced.
    fn announced(&self) -> Result<(*const u8, FRAME_INFO), SdkError> {
        let mut start: *mut c_void = std::ptr::null_mut();
        let mut info = FRAME_INFO::default();
        self.handle.library().call("pl_exp_get_latest_frame_ex", |f| {
            let number = self.handle.number();
            // SAFETY: room for a pointer and for a `FRAME_INFO`.
            unsafe { (f.pl_exp_get_latest_frame_ex)(number, &raw mut start, &raw mut info) }
        })?;
        Ok((start.cast_const().cast(), info))
    }
}

impl<H: FrameHandler> Target for Arrivals<H> {
    fn end_of_frame(&mut self) -> ControlFlow<()> {
        // The handler's panics are caught here and nowhere else. Here, since the panic must be the
        // end of the acquisition before the callback's lock is released: otherwise another callback
        // could call the handler again.
        let end = match catch_unwind(AssertUnwindSafe(|| self.frame_arrived())) {
            Ok(None) => return ControlFlow::Continue(()),
            Ok(Some(end)) => end,
            Err(panic) => {
                let end = End::HandlerPanicked(message(panic.as_ref()));
                // Leaked, once in an acquisition: dropping the user's payload could panic again.
                mem::forget(panic);
                end
            }
        };
        self.ending.set(end);
        ControlFlow::Break(())
    }
}

/// Returns how the acquisition ends after a frame; `None` if it goes on. A call to the SDK that
/// failed ends it whatever the handler returns.
fn end_after(flow: ControlFlow<()>, failed: Option<SdkError>) -> Option<End> {
    match (failed, flow) {
        (Some(error), _) => Some(End::Failed(error)),
        (None, ControlFlow::Break(())) => Some(End::HandlerBroke),
        (None, ControlFlow::Continue(())) => None,
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{FRAME_BYTES, FRAMES, Scripted};
    use std::time::Duration;

    /// Keeps what it is shown, in order.
    #[derive(Debug, Default)]
    struct Shown {
        frames: Vec<u32>,
        lost: u64,
        panics_at: u32,
    }

    impl FrameHandler for Shown {
        fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
            let meta = frame.meta();
            assert_eq!(meta.timestamp_ns, 700_000);
            self.frames.push(meta.hardware_number);
            if meta.hardware_number == self.panics_at {
                std::panic::panic_any(PanicsInDrop);
            }
            ControlFlow::Continue(())
        }

        fn on_lost(&mut self, frames: u64) {
            self.lost += frames;
        }
    }

    struct PanicsInDrop;

    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    /// Announces frames, each with its offset in the ring, and returns what the handler was shown,
    /// and how it ended.
    fn shown(panics_at: u32, announced: &[(i32, usize)]) -> (Vec<u32>, u64, Option<End>) {
        let (sdk, ending) = (Scripted::new(), Arc::new(Ending::default()));
        let handler = Shown { panics_at, ..Shown::default() };
        let (handle, meta) = (Arc::clone(&sdk.handle), FrameMeta::default());
        let mut arrivals = Arrivals::new(handle, meta, sdk.ring(), handler, Arc::clone(&ending));
        for &(number, offset) in announced {
            sdk.announces(number, offset);
            let is_over = arrivals.end_of_frame().is_break();
            assert_eq!(is_over, ending.wait(Duration::ZERO).is_some());
        }
        let Shown { frames, lost, .. } = arrivals.into_handler();
        (frames, lost, ending.wait(Duration::ZERO))
    }

    #[test]
    fn gaps_are_lost_and_a_second_announcement_is_ignored() {
        let announced = [(2, 0), (2, 0), (3, FRAME_BYTES), (7, 0), (6, 0)];
        assert_eq!(shown(0, &announced), (vec![2, 3, 7], 1 + 3, None));
    }

    #[test]
    fn an_impossible_frame_is_lost_and_ends_the_acquisition() {
        for (number, offset) in [(0, 0), (-1, 0), (2, 1), (2, FRAMES as usize * FRAME_BYTES)] {
            let (frames, lost, end) = shown(0, &[(1, 0), (number, offset)]);
            assert_eq!((frames, lost), (vec![1], 1));
            assert!(matches!(end, Some(End::Impossible(_))), "{number}, {offset}: {end:?}");
        }
    }

    #[test]
    fn an_sdk_that_does_not_return_the_frame_ends_the_acquisition() {
        let sdk = Scripted::new();
        let ending = Arc::new(Ending::default());
        let (handle, meta) = (Arc::clone(&sdk.handle), FrameMeta::default());
        let handler = Shown::default();
        let mut arrivals = Arrivals::new(handle, meta, sdk.ring(), handler, Arc::clone(&ending));
        assert!(arrivals.end_of_frame().is_break());
        let Some(End::Failed(error)) = ending.wait(Duration::ZERO) else { panic!("{ending:?}") };
        assert_eq!(error.function, "pl_exp_get_latest_frame_ex");
    }

    #[test]
    fn a_panic_ends_the_acquisition_even_if_its_payload_panics_in_drop() {
        let end = End::HandlerPanicked("no message".to_owned());
        assert_eq!(shown(2, &[(1, 0), (2, 0)]), (vec![1, 2], 0, Some(end)));
    }

    #[test]
    fn an_sdk_that_fails_ends_the_acquisition_whatever_the_handler_returns() {
        let error = SdkError { function: "pl_x", code: 1, message: "no".to_owned() };
        for flow in [ControlFlow::Continue(()), ControlFlow::Break(())] {
            assert_eq!(end_after(flow, Some(error.clone())), Some(End::Failed(error.clone())));
        }
        assert_eq!(end_after(ControlFlow::Continue(()), None), None);
        assert_eq!(end_after(ControlFlow::Break(()), None), Some(End::HandlerBroke));
    }
}
