//! The arrival of frames: which one the SDK announced, which came before it unannounced, and the call of the handler for each.
//!
//! ```text
//!   number    5    6    7    8    9        the camera's
//!   position  5    6    -    7    8        in the ring: frame 7 was lost
//!             |    |         |    `-- announced
//!             |    |         `------- not announced: recovered, if it can be numbered
//!             |    `----------------- announced
//! ```

use crate::callback::{Occasion, Target};
use crate::camera_ring::{CameraRing, Progress};
use crate::clock::{now_ns, timestamp_ns};
use crate::end::{End, Ending};
use crate::error::SdkError;
use crate::frame::{FrameHandler, RingFrame};
use crate::handle::Handle;
use crate::seen::{Numbers, Repeated};
use framepool::{Fault, FrameMeta};
use framepool_pvcam_sys::FRAME_INFO;
use std::ffi::c_void;
use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A frame counts as late if, when it is announced, so many later ones are complete.
const LATE: u64 = 2;

/// The target of an acquisition's callbacks: finds the frame that the SDK announces, and shows it
/// to the handler.
#[derive(Debug)]
pub(crate) struct Arrivals<H> {
    camera: Arc<Handle>,
    meta: FrameMeta,
    /// While it runs.
    ring: Option<Arc<CameraRing>>,
    handler: H,
    /// The newest frame seen.
    newest: Located,
    numbers: Numbers,
    /// The SDK has started it, so what it says is about this acquisition.
    is_started: bool,
    /// What it announced before.
    early: Vec<Stamp>,
    ending: Arc<Ending>,
}

/// The number of a frame and its position; 0 before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Located {
    number: u64,
    position: u64,
    /// How many frames the camera had lost before it, at least: exactly `number - position`, unless the position is not
    /// certain.
    lost: u64,
}

impl Located {
    fn is_certain(self) -> bool {
        self.lost == self.number - self.position
    }
}

/// How far the SDK's counters may be behind a frame that it announces.
const LAG: u64 = 1;

/// Finds the position of the frame with a number in a place of a ring of so many frames.
///
/// It comes after the frame before, the camera has lost no fewer frames than before that, and no more than it has now. If a
/// camera has lost a whole ring of frames, while the handler was late by as much, that leaves several: then it is
/// taken for the first, which is gone.
fn located(
    before: Located,
    number: u64,
    place: u64,
    frames: u64,
    progress: Progress,
) -> Option<Located> {
    let Progress { complete, newest } = progress;
    // What the camera has lost is not known if the SDK does not say the number of its newest frame.
    let lost_now =
        if newest + LAG >= number { newest.max(number).saturating_sub(complete) } else { number };
    let least = number.saturating_sub(lost_now).max(before.position + 1);
    let most = (number - before.lost).min(complete + LAG);
    // The first in this place from `least` on, and the last up to `most`.
    let first = least + (place + frames - (least - 1) % frames) % frames;
    let last = first + most.checked_sub(first)? / frames * frames;
    let lost = if first == last { number - first } else { before.lost };
    Some(Located { number, position: first, lost })
}

/// A frame as the SDK announced it.
struct Announced {
    stamp: Stamp,
    /// Its place in the ring.
    place: u64,
}

/// The number of a frame, and its times.
#[derive(Debug, Clone, Copy)]
struct Stamp {
    number: u64,
    timestamp_ns: u64,
    arrival_ns: u64,
}

impl Stamp {
    fn of(info: &FRAME_INFO, number: u64, arrival_ns: u64) -> Self {
        Self { number, timestamp_ns: timestamp_ns(info.TimeStamp), arrival_ns }
    }
}

impl<H: FrameHandler> Arrivals<H> {
    /// Makes the target of an acquisition. `meta` is what all frames have in common.
    pub(crate) fn new(
        camera: Arc<Handle>,
        meta: FrameMeta,
        handler: H,
        ending: Arc<Ending>,
    ) -> Self {
        let (newest, numbers) = (Located::default(), Numbers::of_last(0));
        let (is_started, early) = (false, Vec::new());
        Self { camera, meta, ring: None, handler, newest, numbers, is_started, early, ending }
    }

    /// Begins, with frame 1, in this ring; it is heard once it has [`started`](Self::started).
    pub(crate) fn begin(&mut self, ring: Arc<CameraRing>) {
        self.numbers.forget(ring.ring().frames);
        self.newest = Located::default();
        self.is_started = false;
        self.early.clear();
        self.early.reserve(ring.ring().frames);
        self.ring = Some(ring);
    }

    /// Says that the SDK has started it. Returns whether anything was announced before.
    pub(crate) fn started(&mut self) -> bool {
        self.is_started = true;
        !self.early.is_empty()
    }

    /// Lets go of the ring.
    pub(crate) fn end(&mut self) {
        self.ring = None;
        self.handler.on_stop();
    }

    pub(crate) fn handler(&mut self) -> &mut H {
        &mut self.handler
    }

    pub(crate) fn into_handler(self) -> H {
        self.handler
    }

    /// Finds the frame that the SDK announced; or the newest one, if it announced it too early.
    fn frame_arrived(&mut self, is_announced: bool) -> Result<ControlFlow<()>, End> {
        let Some(ring) = self.ring.clone() else { return Ok(ControlFlow::Continue(())) };
        let arrival_ns = now_ns();
        let Some(Announced { stamp, place }) = self.latest_frame(&ring, arrival_ns)? else {
            return Ok(ControlFlow::Continue(()));
        };
        let number = stamp.number;
        if number <= self.newest.number {
            if is_announced {
                let fault = match self.numbers.again(number) {
                    Repeated::Announced => Fault::Duplicate,
                    Repeated::Recovered => Fault::OutOfOrder,
                };
                self.handler.on_fault(fault, 1);
            }
            return Ok(ControlFlow::Continue(()));
        }
        let Some((found, progress)) = self.located(&ring, number, place)? else {
            let lost = number - mem::replace(&mut self.newest.number, number);
            self.handler.on_fault(Fault::Impossible, lost);
            tracing::warn!(number, place, "this cannot be the frame's place: it is lost");
            return Ok(ControlFlow::Continue(()));
        };
        let before = mem::replace(&mut self.newest, found);
        if before == Located::default() {
            self.ending.note_first_frame();
        }
        if is_announced {
            self.numbers.announced(number);
        }
        let skipped = number - before.number - 1;
        if before.is_certain() && found.is_certain() && before.lost == found.lost {
            if self.recover(&ring, before, (skipped, arrival_ns), progress)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        } else if skipped > 0 {
            // Frames may be there that were not announced, but which of the numbers are theirs is not known.
            self.handler.on_fault(Fault::Gap, skipped);
        }
        if !is_announced {
            return self.show_unannounced(&ring, found, progress, arrival_ns);
        }
        self.show_announced(&ring, found, progress, stamp)
    }

    fn show_announced(
        &mut self,
        ring: &CameraRing,
        frame: Located,
        progress: Progress,
        stamp: Stamp,
    ) -> Result<ControlFlow<()>, End> {
        if progress.complete >= frame.position + LATE {
            self.handler.on_fault(Fault::Late, 1);
        }
        let mut meta = self.meta;
        (meta.timestamp_ns, meta.arrival_ns) = (stamp.timestamp_ns, stamp.arrival_ns);
        self.show(ring, meta, frame, progress.complete)
    }

    /// Shows a frame that the SDK has not announced since it started.
    fn show_unannounced(
        &mut self,
        ring: &CameraRing,
        frame: Located,
        progress: Progress,
        arrival_ns: u64,
    ) -> Result<ControlFlow<()>, End> {
        let early = self.early.iter().find(|early| early.number == frame.number);
        if let Some(&stamp) = early {
            self.numbers.announced(stamp.number);
            return self.show_announced(ring, frame, progress, stamp);
        }
        self.numbers.recovered(frame.number);
        self.handler.on_fault(Fault::Recovered, 1);
        let mut meta = self.meta;
        meta.arrival_ns = arrival_ns;
        self.show(ring, meta, frame, progress.complete)
    }

    /// Hears an announcement that comes before the SDK says that it has started.
    fn hear_early(&mut self, occasion: Occasion) {
        let Occasion::Announced(Some(info)) = occasion else { return };
        let number = u64::try_from(info.FrameNr).unwrap_or(0);
        if self.early.len() < self.early.capacity() {
            self.early.push(Stamp::of(&info, number, now_ns()));
        }
    }

    /// Asks the SDK for the frame that this callback announced; none if there is no new one, as in a late callback of an
    /// acquisition before.
    fn latest_frame(
        &mut self,
        ring: &CameraRing,
        arrival_ns: u64,
    ) -> Result<Option<Announced>, End> {
        let (start, info) = match self.latest_in_spite_of_overruns(ring) {
            Ok(latest) => latest,
            Err(error) => {
                let progress = ring.progress(&self.camera);
                let is_nothing_new = progress.is_ok_and(|now| now.complete <= self.newest.position);
                return if is_nothing_new { Ok(None) } else { Err(End::Failed(error)) };
            }
        };
        let number = match u64::try_from(info.FrameNr) {
            Ok(number) if number > 0 => number,
            _ => {
                self.handler.on_fault(Fault::Impossible, 1);
                let text = format!("the SDK gave a frame the number {}", info.FrameNr);
                return Err(End::Impossible(text));
            }
        };
        let Some(place) = ring.ring().place(start) else {
            let lost = number.saturating_sub(self.newest.number).max(1);
            self.handler.on_fault(Fault::Impossible, lost);
            let text = format!("the SDK gave frame {number} a place outside the ring");
            return Err(End::Impossible(text));
        };
        Ok(Some(Announced { stamp: Stamp::of(&info, number, arrival_ns), place }))
    }

    /// Asks again where the SDK reports in this way, once, that the camera has written over a frame that was not unlocked:
    /// that is counted when the frame is found gone.
    fn latest_in_spite_of_overruns(
        &self,
        ring: &CameraRing,
    ) -> Result<(*const u8, FRAME_INFO), SdkError> {
        // The camera may write over more meanwhile.
        let more = if ring.keeps_frames() { 3 } else { 0 };
        (0..more).fold(self.latest(), |latest, _| latest.or_else(|_| self.latest()))
    }

    fn latest(&self) -> Result<(*const u8, FRAME_INFO), SdkError> {
        let mut start: *mut c_void = std::ptr::null_mut();
        let mut info = FRAME_INFO::default();
        self.camera.library().call("pl_exp_get_latest_frame_ex", |f| {
            let number = self.camera.number();
            // SAFETY: room for a pointer and for a `FRAME_INFO`.
            unsafe { (f.pl_exp_get_latest_frame_ex)(number, &raw mut start, &raw mut info) }
        })?;
        Ok((start.cast_const().cast(), info))
    }

    /// Finds the position of the frame with a number that is in a place of the ring, and how far the camera is; none if
    /// there cannot be that frame.
    fn located(
        &self,
        ring: &CameraRing,
        number: u64,
        place: u64,
    ) -> Result<Option<(Located, Progress)>, End> {
        // The SDK may count a frame between telling the number of the newest and how many there are.
        for _ in 0..4 {
            let progress = ring.progress(&self.camera).map_err(End::Failed)?;
            let frames = ring.ring().frames as u64;
            let found = located(self.newest, number, place, frames, progress);
            if found.is_some() {
                return Ok(found.map(|found| (found, progress)));
            }
        }
        Ok(None)
    }

    /// Shows the handler so many frames after `before` that the SDK has not announced, and that were seen at this time.
    fn recover(
        &mut self,
        ring: &CameraRing,
        before: Located,
        (frames, arrival_ns): (u64, u64),
        progress: Progress,
    ) -> Result<ControlFlow<()>, End> {
        if frames == 0 {
            return Ok(ControlFlow::Continue(()));
        }
        let first_whole = ring.ring().first_whole(progress.complete);
        let gone = first_whole.saturating_sub(before.position + 1).min(frames);
        if gone > 0 {
            self.handler.on_fault(Fault::Overrun, gone);
            let numbers = before.number + 1..=before.number + gone;
            let late = self.early.iter().filter(|early| numbers.contains(&early.number)).count();
            if late > 0 {
                self.handler.on_fault(Fault::Late, late as u64);
            }
        }
        for more in gone + 1..=frames {
            let (number, position) = (before.number + more, before.position + more);
            let frame = Located { number, position, ..before };
            if self.show_unannounced(ring, frame, progress, arrival_ns)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn show(
        &mut self,
        ring: &CameraRing,
        mut meta: FrameMeta,
        frame: Located,
        complete: u64,
    ) -> Result<ControlFlow<()>, End> {
        // The SDK's numbers have 31 bits.
        meta.hardware_number = u32::try_from(frame.number).unwrap_or(u32::MAX);
        let frame = RingFrame::new(meta, frame.position, complete, ring, &self.camera);
        let flow = self.handler.on_frame(&frame);
        // A call to the SDK that failed ends the acquisition whatever the handler returns.
        frame.into_failure().map_or(Ok(flow), |error| Err(End::Failed(error)))
    }
}

impl<H: FrameHandler> Target for Arrivals<H> {
    fn end_of_frame(&mut self, occasion: Occasion) -> ControlFlow<()> {
        if !self.is_started {
            self.hear_early(occasion);
            return ControlFlow::Continue(());
        }
        // The handler's panics are caught here and nowhere else. Here, since the panic must be the
        // end of the acquisition before the callback's lock is released: otherwise another callback
        // could call the handler again.
        let end = match catch_unwind(AssertUnwindSafe(|| {
            self.frame_arrived(matches!(occasion, Occasion::Announced(_)))
        })) {
            Ok(Ok(ControlFlow::Continue(()))) => return ControlFlow::Continue(()),
            Ok(Ok(ControlFlow::Break(()))) => End::HandlerBroke,
            Ok(Err(end)) => end,
            Err(panic) => End::panicked(panic),
        };
        self.ending.set(end);
        ControlFlow::Break(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{FRAME_BYTES, FRAMES, Scripted};
    use std::time::Duration;

    /// Numbers and positions.
    type Frames = Vec<(u32, u64)>;
    type Faults = Vec<(Fault, u64)>;

    /// Keeps what it is shown, in order.
    #[derive(Debug, Default)]
    struct Shown {
        frames: Frames,
        unstamped: Vec<u32>,
        faults: Faults,
        panics_at: u32,
    }

    impl FrameHandler for Shown {
        fn on_frame(&mut self, frame: &RingFrame<'_>) -> ControlFlow<()> {
            let meta = frame.meta();
            assert!(meta.arrival_ns > 0);
            match meta.timestamp_ns {
                0 => self.unstamped.push(meta.hardware_number),
                stamp => assert_eq!(stamp, 700_000),
            }
            self.frames.push((meta.hardware_number, frame.position()));
            if meta.hardware_number == self.panics_at {
                std::panic::panic_any(PanicsInDrop);
            }
            ControlFlow::Continue(())
        }

        fn on_fault(&mut self, fault: Fault, frames: u64) {
            self.faults.push((fault, frames));
        }
    }

    struct PanicsInDrop;

    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    /// A camera whose SDK announces what the test says.
    struct Camera {
        sdk: Scripted,
        ending: Arc<Ending>,
        arrivals: Arrivals<Shown>,
    }

    impl Camera {
        fn new(panics_at: u32) -> Self {
            let (sdk, ending) = (Scripted::new(), Arc::new(Ending::default()));
            let handler = Shown { panics_at, ..Shown::default() };
            let (camera, meta) = (Arc::clone(&sdk.handle), FrameMeta::default());
            let mut arrivals = Arrivals::new(camera, meta, handler, Arc::clone(&ending));
            arrivals.begin(Arc::clone(sdk.ring()));
            assert!(!arrivals.started());
            Self { sdk, ending, arrivals }
        }

        /// Announces a frame, at an offset in the ring.
        fn announce(&mut self, number: i32, offset: usize) {
            self.sdk.announces(number, offset);
            let is_over = self.arrivals.end_of_frame(Occasion::Announced(None)).is_break();
            assert_eq!(is_over, self.ending.wait(Duration::ZERO).is_some());
        }

        /// Announces a frame in the place of a position, when so many are complete and `lost` were lost.
        fn arrive(&mut self, number: u32, position: u32, complete: u32, lost: u32) {
            self.sdk.loses(lost);
            self.sdk.completes([Some(complete); 4]);
            let place = (position - 1) % FRAMES;
            self.announce(number.cast_signed(), place as usize * FRAME_BYTES);
            self.sdk.forget();
        }

        fn shown(self) -> (Frames, Faults, Option<End>) {
            let Shown { frames, faults, .. } = self.arrivals.into_handler();
            (frames, faults, self.ending.wait(Duration::ZERO))
        }
    }

    #[test]
    fn frames_that_were_not_announced_are_recovered() {
        let mut camera = Camera::new(0);
        camera.arrive(1, 1, 1, 0);
        camera.arrive(4, 4, 4, 0);
        // Their callbacks come after all, one of them twice.
        camera.arrive(2, 2, 4, 0);
        camera.arrive(2, 2, 4, 0);
        camera.arrive(5, 5, 5, 0);
        assert_eq!(camera.arrivals.handler().unstamped, [2, 3]);
        let (frames, faults, end) = camera.shown();
        assert_eq!(frames, [1, 2, 3, 4, 5].map(|number| (number, number.into())));
        let recovered = (Fault::Recovered, 1);
        assert_eq!(faults, [recovered, recovered, (Fault::OutOfOrder, 1), (Fault::Duplicate, 1)]);
        assert_eq!(end, None);
    }

    #[test]
    fn frames_that_the_camera_has_lost_leave_a_gap() {
        let mut camera = Camera::new(0);
        camera.arrive(1, 1, 1, 0);
        camera.arrive(4, 2, 2, 2);
        camera.arrive(5, 3, 3, 2);
        // One more was lost and one was not announced: which of 6 and 7 came is not known.
        camera.arrive(8, 5, 5, 3);
        // One was not announced, and none is lost.
        camera.arrive(10, 7, 7, 3);
        let (frames, faults, _) = camera.shown();
        assert_eq!(frames, [(1, 1), (4, 2), (5, 3), (8, 5), (9, 6), (10, 7)]);
        assert_eq!(faults, [(Fault::Gap, 2), (Fault::Gap, 2), (Fault::Recovered, 1)]);
    }

    #[test]
    fn frames_that_are_overwritten_before_they_are_recovered_are_lost() {
        let mut camera = Camera::new(0);
        camera.arrive(1, 1, 1, 0);
        // The SDK queues no more announcements than the ring has frames.
        let newest = 3 * FRAMES;
        camera.arrive(newest, newest, newest, 0);
        let (frames, faults, _) = camera.shown();
        let whole = FRAMES - 2;
        assert_eq!(frames.len(), 1 + whole as usize);
        assert_eq!(faults[0], (Fault::Overrun, u64::from(newest - 1 - whole)));
        assert_eq!(faults[1..], vec![(Fault::Recovered, 1); whole as usize - 1]);
    }

    #[test]
    fn a_frame_that_is_announced_late_is_counted() {
        let mut camera = Camera::new(0);
        camera.arrive(1, 1, 2, 0);
        camera.arrive(2, 2, 4, 0);
        let (frames, faults, _) = camera.shown();
        assert_eq!((frames.len(), faults), (2, vec![(Fault::Late, 1)]));
    }

    #[test]
    fn a_frame_in_the_place_of_another_is_lost() {
        let mut camera = Camera::new(0);
        camera.arrive(1, 1, 1, 0);
        camera.arrive(2, 5, 2, 0);
        camera.arrive(3, 3, 3, 0);
        let (frames, faults, end) = camera.shown();
        assert_eq!(frames, [(1, 1), (3, 3)]);
        assert_eq!(faults, [(Fault::Impossible, 1)]);
        assert_eq!(end, None);
    }

    #[test]
    fn a_position_that_is_not_certain_is_taken_for_the_first() {
        let before = Located { number: 1, position: 1, lost: 0 };
        let find = |number, place, complete, newest| {
            located(before, number, place, 8, Progress { complete, newest })
        };
        // 40 were lost: at once it is certain where the next one is.
        let next = Some(Located { number: 42, position: 2, lost: 40 });
        assert_eq!(find(42, 1, 2, 42), next);
        // A little later too.
        assert_eq!(find(42, 1, 5, 45), next);
        // After a ring's length it may be that one or a later one.
        let first = Located { number: 42, position: 2, lost: 0 };
        assert_eq!(find(42, 1, 12, 52), Some(first));
        assert!(!first.is_certain());
        // The next frame that is the newest is certain again.
        let again = located(first, 60, 3, 8, Progress { complete: 20, newest: 60 });
        assert_eq!(again, Some(Located { number: 60, position: 20, lost: 40 }));
        assert_eq!(find(42, 3, 2, 42), None, "in another's place");
        assert_eq!(find(42, 0, 0, 0), None, "before it is complete");
    }

    #[test]
    fn an_impossible_frame_is_lost_and_ends_the_acquisition() {
        for (number, offset) in [(0, 0), (-1, 0), (2, 1), (2, FRAMES as usize * FRAME_BYTES)] {
            let mut camera = Camera::new(0);
            camera.arrive(1, 1, 1, 0);
            camera.announce(number, offset);
            let (frames, faults, end) = camera.shown();
            assert_eq!((frames, faults), (vec![(1, 1)], vec![(Fault::Impossible, 1)]));
            assert!(matches!(end, Some(End::Impossible(_))), "{number}, {offset}: {end:?}");
        }
    }

    #[test]
    fn an_sdk_that_does_not_return_the_frame_ends_the_acquisition() {
        let mut camera = Camera::new(0);
        assert!(camera.arrivals.end_of_frame(Occasion::Announced(None)).is_break());
        let (_, _, end) = camera.shown();
        let Some(End::Failed(error)) = end else { panic!("{end:?}") };
        assert_eq!(error.function, "pl_exp_get_latest_frame_ex");
    }

    #[test]
    fn an_sdk_that_does_not_say_how_far_the_camera_is_ends_the_acquisition() {
        let mut camera = Camera::new(0);
        camera.announce(1, 0);
        let (frames, _, end) = camera.shown();
        let Some(End::Failed(error)) = end else { panic!("{end:?}") };
        assert_eq!((frames.len(), error.function), (0, "pl_exp_check_cont_status_ex"));
    }

    #[test]
    fn a_panic_ends_the_acquisition_even_if_its_payload_panics_in_drop() {
        let mut camera = Camera::new(2);
        camera.arrive(1, 1, 1, 0);
        camera.arrive(2, 2, 2, 0);
        let (frames, _, end) = camera.shown();
        assert_eq!(frames, [(1, 1), (2, 2)]);
        assert_eq!(end, Some(End::HandlerPanicked("no message".to_owned())));
    }
}
