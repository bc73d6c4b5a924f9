//! What goes wrong, and with which frames: the plan that a configuration's `faults` are.
//!
//! ```text
//!   KIND@FRAME            once in each acquisition, with frame FRAME
//!   KIND@FRAME:VALUE      the same; VALUE is a number of frames, milliseconds or bytes, by KIND
//!   ...%EVERY             and again with frames FRAME + EVERY, FRAME + 2 EVERY ..
//! ```
//!
//! A camera asks for each frame. Where nothing is planned, an answer is the look at an empty list.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The most frames that a fault lasts: those of the largest ring.
const FRAMES: RangeInclusive<i64> = 1..=65_535;

/// The longest time in milliseconds, eleven days.
const MOST_MS: i64 = 1_000_000_000;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Frames are counted, and never reach the ring.
    Lost,
    /// There is no notification.
    Missing,
    /// There are two notifications.
    Duplicate,
    /// The notification comes after that of the next frame.
    Reordered,
    /// Notifications are held back.
    Late,
    /// Frames are written one after the other, and then told.
    Burst,
    /// The camera waits before the frame.
    Stall,
    /// Time stamps jump.
    Clock,
    /// The frame's address is null.
    Null,
    /// The frame's address is not where the frame begins.
    Misplaced,
    /// The description has the number 0.
    Unnumbered,
    /// The newest frame is not to be had.
    Refused,
    /// The camera is gone.
    Unplugged,
}

/// What the VALUE of a kind may be.
#[derive(Clone, Debug)]
enum Values {
    /// There is none.
    None,
    /// A number from a range, and what it is if it is left out.
    Number(RangeInclusive<i64>, Option<i64>),
}

/// How often a kind may come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// With any EVERY that is not shorter than the fault lasts.
    Always,
    /// After a frame at least without it, which ends it.
    AfterPause,
    Never,
}

impl What {
    /// Returns the kind of a name, and what may be said of it.
    fn of(name: &str) -> Option<(Self, Values, Again)> {
        use Again::{AfterPause, Always, Never};
        use Values::{None as Nothing, Number};
        let from = |least, first| Number(least..=MOST_MS, first);
        Some(match name {
            "lost" => (Self::Lost, Number(FRAMES, Some(1)), Always),
            "missing" => (Self::Missing, Number(FRAMES, Some(1)), Always),
            "duplicate" => (Self::Duplicate, Nothing, Always),
            "reordered" => (Self::Reordered, Nothing, AfterPause),
            "late" => (Self::Late, Number(FRAMES, None), AfterPause),
            "burst" => (Self::Burst, Number(FRAMES, None), Always),
            "stall" => (Self::Stall, from(1, None), Always),
            "clock" => (Self::Clock, from(-MOST_MS, None), Always),
            "null" => (Self::Null, Nothing, Always),
            "misplaced" => (Self::Misplaced, Number(1..=i64::from(u32::MAX), Some(2)), Always),
            "unnumbered" => (Self::Unnumbered, Nothing, Always),
            "refused" => (Self::Refused, Nothing, Always),
            "unplugged" => (Self::Unplugged, from(0, Some(FOREVER)), Never),
            _ => return None,
        })
    }

    /// Returns whether its value is the number of frames that it lasts.
    fn lasts(self) -> bool {
        matches!(self, Self::Lost | Self::Missing | Self::Late | Self::Burst)
    }
}

/// The value of a camera that is never plugged in again.
const FOREVER: i64 = -1;

/// Every kind, for messages.
const NAMES: &str = "lost, missing, duplicate, reordered, late, burst, stall, clock, null, misplaced, unnumbered, \
                     refused, unplugged";

/// One fault of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fault {
    what: What,
    /// The first frame that has it.
    frame: u64,
    value: i64,
    every: Option<u64>,
}

impl Fault {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: String| Err(format!("faults: {text:?}: {what}"));
        let Some((name, rest)) = text.trim().split_once('@') else {
            return wrong("not a kind, an @ and a frame".to_owned());
        };
        let Some((what, values, again)) = What::of(name) else {
            return wrong(format!("{name:?} is not one of {NAMES}"));
        };
        let (rest, every) = match rest.split_once('%') {
            Some((rest, every)) => (rest, Some(every)),
            None => (rest, None),
        };
        let (frame, value) = match rest.split_once(':') {
            Some((frame, value)) => (frame, Some(value)),
            None => (rest, None),
        };
        let count = |text: &str| text.parse::<u64>().ok().filter(|&count| count > 0);
        let Some(frame) = count(frame) else {
            return wrong(format!("the frame {frame:?} is not a number from 1"));
        };
        let value = match self::value(&values, value) {
            Ok(value) => value,
            Err(error) => return wrong(error),
        };
        let Some(every) = every.map(count).map_or(Some(None), |every| every.map(Some)) else {
            return wrong("what follows the % is not a number from 1".to_owned());
        };
        let fault = Self { what, frame, value, every };
        match fault.check(again) {
            Ok(()) => Ok(fault),
            Err(error) => wrong(error.to_owned()),
        }
    }

    fn check(&self, again: Again) -> Result<(), &'static str> {
        let Some(every) = self.every else { return Ok(()) };
        match again {
            Again::Never => Err("it happens once"),
            Again::Always if every < self.frames() => Err("it lasts until it comes again"),
            Again::AfterPause if every <= self.frames() => Err("it lasts until it comes again"),
            Again::Always | Again::AfterPause => Ok(()),
        }
    }

    /// Returns the number of frames from the one with which it last began to this one; none before the first.
    fn since(&self, nr: u64) -> Option<u64> {
        let passed = nr.checked_sub(self.frame)?;
        Some(self.every.map_or(passed, |every| passed % every))
    }

    /// Returns how many frames it lasts.
    fn frames(&self) -> u64 {
        if self.what.lasts() { self.value.unsigned_abs() } else { 1 }
    }

    fn has(&self, nr: u64) -> bool {
        self.since(nr).is_some_and(|passed| passed < self.frames())
    }

    /// Returns how often it has begun, up to this frame.
    fn times(&self, nr: u64) -> u64 {
        match (nr.checked_sub(self.frame), self.every) {
            (None, _) => 0,
            (Some(_), None) => 1,
            (Some(passed), Some(every)) => passed / every + 1,
        }
    }
}

/// Returns the VALUE that is written, or the one that it is if none is.
fn value(values: &Values, text: Option<&str>) -> Result<i64, String> {
    match (values, text) {
        (Values::None, None) => Ok(0),
        (Values::None, Some(_)) => Err("it takes no value".to_owned()),
        (Values::Number(_, Some(first)), None) => Ok(*first),
        (Values::Number(range, None), None) => {
            Err(format!("it takes a value from {} to {}", range.start(), range.end()))
        }
        (Values::Number(range, _), Some(text)) => {
            let value = text.parse().ok().filter(|value| range.contains(value));
            let error = || format!("{text:?} is not from {} to {}", range.start(), range.end());
            value.ok_or_else(error)
        }
    }
}

/// A frame of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Burst {
    /// How many frames of it come before this one, and how many after it.
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// The end of a frame with which the camera is unplugged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unplugging {
    /// Which of the plan's faults it is.
    pub(crate) fault: usize,
    /// For how long; for ever, if there is no time.
    pub(crate) time: Option<Duration>,
}

/// The faults of one camera.
#[derive(Debug, Default)]
pub(crate) struct Plan(Box<[Fault]>);

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// What is wrong, and with which text.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, String> {
        texts.iter().map(|text| Fault::parse(text)).collect::<Result<_, _>>().map(Self)
    }

    /// Returns whether a frame has a fault of a kind.
    pub(crate) fn has(&self, what: What, nr: u64) -> bool {
        self.of(what).any(|fault| fault.has(nr))
    }

    /// Returns the frame's place in a burst, if it belongs to one.
    pub(crate) fn burst(&self, nr: u64) -> Option<Burst> {
        let fault = self.of(What::Burst).find(|fault| fault.has(nr))?;
        let before = fault.since(nr)?;
        Some(Burst { before, after: fault.frames() - 1 - before })
    }

    /// Returns how long the camera waits before a frame, beside what it waits anyway.
    pub(crate) fn stall(&self, nr: u64) -> Duration {
        let stalls = self.of(What::Stall).filter(|fault| fault.has(nr));
        Duration::from_millis(stalls.map(|fault| fault.value.unsigned_abs()).sum())
    }

    /// Returns the milliseconds by which the time stamps of a frame are wrong.
    pub(crate) fn clock_ms(&self, nr: u64) -> i64 {
        let jumped = |fault: &Fault| {
            let times = i64::try_from(fault.times(nr)).unwrap_or(i64::MAX);
            times.saturating_mul(fault.value)
        };
        self.of(What::Clock).map(jumped).fold(0, i64::saturating_add)
    }

    /// Returns how many bytes beyond its begin the address of a frame is.
    pub(crate) fn misplaced(&self, nr: u64) -> usize {
        let fault = self.of(What::Misplaced).find(|fault| fault.has(nr));
        fault.map_or(0, |fault| usize::try_from(fault.value).unwrap_or(0))
    }

    /// Returns whether the camera is unplugged at the end of a frame.
    pub(crate) fn unplugging(&self, nr: u64) -> Option<Unplugging> {
        let is_it = |(_, fault): &(usize, &Fault)| fault.what == What::Unplugged && fault.has(nr);
        let (index, fault) = self.0.iter().enumerate().find(is_it)?;
        Some(Unplugging {
            fault: index,
            time: fault.value.try_into().ok().map(Duration::from_millis),
        })
    }

    /// Returns how many notifications may be held back at a time, or come twice.
    pub(crate) fn most_held(&self) -> usize {
        let holds = |fault: &&Fault| {
            matches!(fault.what, What::Duplicate | What::Reordered | What::Late | What::Burst)
        };
        let frames: u64 = self.0.iter().filter(holds).map(|fault| fault.frames() + 1).sum();
        2 * usize::try_from(frames).unwrap_or(0)
    }

    fn of(&self, what: What) -> impl Iterator<Item = &Fault> {
        self.0.iter().filter(move |fault| fault.what == what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(texts: &[&str]) -> Result<Plan, String> {
        Plan::parse(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    fn frames(texts: &[&str], what: What) -> Vec<u64> {
        let plan = plan(texts).unwrap();
        (1..=20).filter(|&nr| plan.has(what, nr)).collect()
    }

    #[test]
    fn a_fault_has_its_frames() {
        assert_eq!(frames(&["lost@5"], What::Lost), [5]);
        assert_eq!(frames(&["lost@5:3"], What::Lost), [5, 6, 7]);
        assert_eq!(frames(&["lost@2:2%8"], What::Lost), [2, 3, 10, 11, 18, 19]);
        assert_eq!(frames(&["null@3%7", " null@4 "], What::Null), [3, 4, 10, 17]);
        assert_eq!(frames(&["lost@5:3"], What::Missing), [0; 0]);
        assert_eq!(frames(&[], What::Lost), [0; 0]);
    }

    #[test]
    fn values_are_what_the_kind_says() {
        let plan = plan(&[
            "burst@5:3%10",
            "stall@2:40",
            "stall@2:2",
            "clock@3:-7%2",
            "clock@4:100",
            "misplaced@1",
            "misplaced@2:64",
            "unplugged@9",
            "unplugged@10:0",
        ]);
        let plan = plan.unwrap();
        let burst = |nr| plan.burst(nr).map(|burst| (burst.before, burst.after));
        assert_eq!([4, 5, 7, 8].map(burst), [None, Some((0, 2)), Some((2, 0)), None]);
        assert_eq!(burst(16), Some((1, 1)));
        assert_eq!([1, 2, 3].map(|nr| plan.stall(nr).as_millis()), [0, 42, 0]);
        assert_eq!([2, 3, 4, 5, 6].map(|nr| plan.clock_ms(nr)), [0, -7, 93, 86, 86]);
        assert_eq!([1, 2, 3].map(|nr| plan.misplaced(nr)), [2, 64, 0]);
        let unplugged = |nr| plan.unplugging(nr).map(|it| (it.fault, it.time));
        assert_eq!(unplugged(8), None);
        assert_eq!(unplugged(9), Some((7, None)));
        assert_eq!(unplugged(10), Some((8, Some(Duration::ZERO))));
        assert_eq!(plan.most_held(), 8);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("lost", "not a kind, an @ and a frame"),
            ("gone@3", "\"gone\" is not one of lost, missing"),
            ("lost@0", "the frame \"0\" is not a number from 1"),
            ("lost@", "the frame \"\" is not"),
            ("lost@3:0", "\"0\" is not from 1 to 65535"),
            ("lost@3:many", "\"many\" is not from 1"),
            ("lost@3:5%4", "it lasts until it comes again"),
            ("late@3", "it takes a value from 1 to 65535"),
            ("late@3:5%5", "it lasts until it comes again"),
            ("reordered@3%1", "it lasts until it comes again"),
            ("duplicate@3:2", "it takes no value"),
            ("clock@3", "it takes a value from -1000000000"),
            ("null@3%0", "what follows the % is not a number from 1"),
            ("null@3%5:1", "what follows the % is not"),
            ("unplugged@3:-1", "\"-1\" is not from 0"),
            ("unplugged@3%9", "it happens once"),
        ] {
            let error = plan(&[text]).unwrap_err();
            assert!(error.starts_with(&format!("faults: {text:?}: ")), "{error}");
            assert!(error.contains(named), "{text}: {error}");
        }
        assert!(plan(&["lost@3:5%5"]).is_ok() && plan(&["late@3:4%5"]).is_ok());
    }
}
