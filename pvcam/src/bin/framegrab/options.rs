//! The command line.

use crate::assignment::Assignments;
use crate::commands::Command;
use crate::frame_thread::FrameThread;
use crate::live::options::LiveOptions;
use crate::sizes::SizeOptions;
use crate::speed::DiskOptions;
use crate::window::WindowOptions;
use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand};
use framepool::{OnExhausted, RegionOfInterest};
use framepool_pvcam::Tier;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// What the exit codes say.
const EXIT_CODES: &str = "\
Exit codes:
  0    done; with --out, no frame is missing in the file (without it, the summary counts what was dropped)
  1    failed: the acquisition, the saving or the check, or the summary, the report or the preview could not be
       written; list: no camera can be opened; params: the camera failed; verify: the recording is not whole
  2    the input is bad: nothing was acquired; info, verify: the recording cannot be read
  3    frames are missing in the file of --out, which keeps its partial name: dropped, lost or not saved
  4    interrupted; with --out, whole up to there; disk: interrupted
  130  ended at once by the third Ctrl-C";

/// Acquire frames from a PVCAM camera through a pool, without a heap allocation per frame.
///
/// Without options: 200 frames of 2048 x 2048 pixels of 16 bits at 100 frames a second from the
/// simulated camera. Ctrl-C or SIGTERM ends the acquisition early, as a limit does; the second drops the frames that
/// still wait to be saved, the third ends at once; those within 0.3 s of one that counted are the same.
#[derive(Debug, Parser)]
#[command(
    name = "framegrab", version, args_conflicts_with_subcommands = true,
    after_help = EXIT_CODES
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) check: Option<Check>,

    #[command(flatten)]
    pub(crate) options: Options,
}

/// Runs that pass or fail, and commands that acquire nothing.
#[derive(Debug, Subcommand)]
pub(crate) enum Check {
    /// Is all well? 200 frames at 100 a second, none lost or dropped, over 95 % of them at once in a
    /// free buffer
    Smoke(Options),
    /// Does it last? As long as --frames or --hours say, with a line a minute: no frame lost or
    /// dropped, hit rate over 99 %, no buffer missing in the end, and memory that grows by less than 1 %
    Soak(Soak),
    /// How fast is a disk? Writes frames as --out does, without a camera, and says how many a second are possible
    Disk(DiskOptions),
    #[command(flatten)]
    Other(Command),
}

/// How long to soak, and the rest.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// Stop after this time
    #[arg(long, value_name = "H", value_parser = positive, conflicts_with = "seconds", allow_negative_numbers = true)]
    hours: Option<f64>,

    #[command(flatten)]
    options: Options,
}

impl Soak {
    /// Returns the options, with a limit.
    pub(crate) fn into_options(self) -> Result<Options, String> {
        let Self { hours, mut options } = self;
        options.seconds = hours.map(|hours| hours * 3600.0).or(options.seconds);
        if options.frames.is_none() && options.seconds.is_none() {
            return Err("soak wants --frames N, --hours H or --seconds S".to_owned());
        }
        Ok(options)
    }
}

/// What is acquired, and how.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("files").multiple(true))]
pub(crate) struct Options {
    /// The PVCAM library to load, such as /usr/lib/libpvcam.so.2 [default: the linked-in simulator]
    #[arg(long, value_name = "PATH")]
    pub(crate) sdk: Option<PathBuf>,

    /// The camera to open [default: the first]
    #[arg(long, value_name = "NAME")]
    pub(crate) camera: Option<String>,

    /// Stop after this many frames were seen [default: 200, or no limit with --seconds or --saved]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    frames: Option<u64>,

    /// Stop after this time
    #[arg(long, value_name = "S", value_parser = positive, allow_negative_numbers = true)]
    pub(crate) seconds: Option<f64>,

    /// Frames per second [default: 100, or as fast as --exposure allows]
    #[arg(long, value_name = "F", value_parser = positive, allow_negative_numbers = true)]
    pub(crate) fps: Option<f64>,

    /// Exposure in milliseconds [default: 1000 / fps; shorter ones are triggered by software]
    #[arg(long, value_name = "MS", value_parser = positive, allow_negative_numbers = true)]
    pub(crate) exposure: Option<f64>,

    /// Region of the sensor, in sensor pixels [default: all of it]
    #[arg(long, value_name = "X,Y,W,H", value_parser = region)]
    pub(crate) roi: Option<RegionOfInterest>,

    /// Sensor pixels per frame pixel, across and down
    #[arg(long, value_name = "B", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..), allow_negative_numbers = true)]
    pub(crate) bin: u16,

    /// Where frames are until the consumer is done with them. copy: in the pool, each copied once;
    /// pinned: in the camera's ring, and copied into the pool only if they are held too long; sequence: in
    /// the pool, which the camera writes itself, --sequence frames at a time
    #[arg(long, value_name = "copy|pinned|sequence", default_value = "copy", value_parser = tier)]
    tier: Tier,

    /// Frames of a sequence, with --tier sequence [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), allow_negative_numbers = true)]
    sequence: Option<u16>,

    #[command(flatten)]
    pub(crate) sizes: SizeOptions,

    #[command(flatten)]
    pub(crate) frame_thread: FrameThread,

    /// When the pool has no free buffer: heap takes one from the heap, drop drops the frame,
    /// wait:MS waits that long for a buffer and then drops the frame, wait-heap:MS then takes one
    /// from the heap
    #[arg(
        long, value_name = "heap|drop|wait:MS|wait-heap:MS", default_value = "heap",
        value_parser = policy
    )]
    pub(crate) on_exhausted: OnExhausted,

    /// Take every frame from the heap, to find out whether the pool is the cause of a problem; as
    /// FRAMEPOOL_USE_POOL=0 in the environment
    #[arg(long)]
    pub(crate) no_pool: bool,

    /// Save the frames: as an OME-TIFF stack (.tif, .tiff, .ome.tif), as bare pixels with an index and a
    /// description beside them (.raw, .raw.csv, .raw.json), or as OME-Zarr (.zarr, .ome.zarr, a folder); - writes bare
    /// pixels to standard output, and the summary to standard error. Files have .partial in their names until the
    /// acquisition has ended by a limit or an interrupt. If the acquisition or the saving fails, or a frame is
    /// missing, they keep that name, and no other run touches them
    #[arg(long, value_name = "FILE", group = "files")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) window: WindowOptions,

    /// Overwrite the files that --out, --preview and --report name if they exist; parts of --split are never overwritten
    #[arg(long, requires = "files")]
    pub(crate) force: bool,

    /// Begin a new file after so many frames, or when it has so many bytes: 1000, 500MB, 4GiB. Files are called x-0001.tif
    /// and so on; each is whole in itself
    #[arg(long, value_name = "FRAMES|SIZE", requires = "out", value_parser = split)]
    split: Option<Split>,

    /// Write pixels past the page cache, where the file system permits it: the memory of the machine stays free for others
    #[arg(long, requires = "out")]
    pub(crate) direct: bool,

    /// Give the file its name and exit with 0 though frames are missing in it
    #[arg(long, requires = "out")]
    pub(crate) allow_missing: bool,

    /// When a frame cannot be saved, as on a full disk: stop, or continue to acquire without saving
    #[arg(
        long, value_name = "stop|continue", default_value = "stop", requires = "out",
        value_parser = ["stop", "continue"]
    )]
    on_save_error: String,

    /// Let the consumer sleep this long for each frame, to try a slow one
    #[arg(long, value_name = "MS", value_parser = positive, allow_negative_numbers = true)]
    slow_consumer: Option<f64>,

    #[command(flatten)]
    pub(crate) assignments: Assignments,

    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Log more to standard error; -vv also logs each lost frame
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,

    #[command(flatten)]
    pub(crate) live: LiveOptions,
}

impl Options {
    pub(crate) fn log_level(&self) -> LevelFilter {
        match self.verbose {
            0 => LevelFilter::WARN,
            1 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        }
    }

    pub(crate) fn frame_limit(&self) -> Option<u64> {
        let has_limit = self.seconds.is_some() || self.window.saved.is_some();
        self.frames.or((!has_limit).then_some(200))
    }

    /// Returns how many frames are expected at one each `period`, if there is a limit.
    pub(crate) fn expected(&self, period: Duration) -> Option<u64> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of frames, from 0"
        )]
        let of_time = self.seconds.map(|seconds| (seconds / period.as_secs_f64()).ceil() as u64);
        self.frame_limit().into_iter().chain(of_time).min()
    }

    /// Returns the tier with the length of its sequences.
    pub(crate) fn tier(&self) -> Result<Tier, String> {
        if self.no_pool && self.tier != Tier::Copy {
            return Err(
                "--no-pool is for --tier copy: the others need no buffer for a frame".to_owned()
            );
        }
        match (self.tier, self.sequence) {
            (Tier::Sequence(most), frames) => Ok(Tier::Sequence(frames.unwrap_or(most))),
            (_, Some(_)) => Err("--sequence is for --tier sequence".to_owned()),
            (tier, None) => Ok(tier),
        }
    }

    /// Returns whether a failure to save does not stop the run.
    pub(crate) fn goes_on(&self) -> bool {
        self.on_save_error == "continue"
    }

    /// Returns whether frames are written to standard output.
    pub(crate) fn is_piped(&self) -> bool {
        self.out.as_deref() == Some(Path::new("-"))
    }

    pub(crate) fn is_split(&self) -> bool {
        self.split.is_some()
    }

    /// Returns the frames of a part, if the recording is split.
    pub(crate) fn split(&self, frame_bytes: usize) -> Option<u64> {
        Some(match self.split? {
            Split::Frames(frames) => frames,
            Split::Bytes(bytes) => (bytes / frame_bytes.max(1) as u64).max(1),
        })
    }

    pub(crate) fn consumer_delay(&self) -> Duration {
        Duration::from_secs_f64(self.slow_consumer.unwrap_or_default() / 1e3)
    }
}

/// When a new file begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Split {
    Frames(u64),
    Bytes(u64),
}

fn split(text: &str) -> Result<Split, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number = number.parse().ok().filter(|&number: &u64| number > 0);
    let of_unit: Option<u64> = match unit.to_ascii_lowercase().as_str() {
        "" => None,
        "kb" => Some(1_000),
        "mb" => Some(1_000_000),
        "gb" => Some(1_000_000_000),
        "tb" => Some(1_000_000_000_000),
        "kib" | "k" => Some(1 << 10),
        "mib" | "m" => Some(1 << 20),
        "gib" | "g" => Some(1 << 30),
        "tib" | "t" => Some(1 << 40),
        _ => return Err(EXPECTED_SPLIT.to_owned()),
    };
    let split = match (number, of_unit) {
        (Some(frames), None) => Some(Split::Frames(frames)),
        (Some(number), Some(unit)) => number.checked_mul(unit).map(Split::Bytes),
        (None, _) => None,
    };
    split.ok_or_else(|| EXPECTED_SPLIT.to_owned())
}

const EXPECTED_SPLIT: &str = "expected a number of frames, or a size such as 500MB or 4GiB";

fn tier(text: &str) -> Result<Tier, String> {
    match text {
        "copy" => Ok(Tier::Copy),
        "pinned" => Ok(Tier::Pinned),
        "sequence" => Ok(Tier::Sequence(16)),
        _ => Err("expected copy, pinned or sequence".to_owned()),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (1e-3..=1e6).contains(&number) => Ok(number),
        _ => Err("expected a number from 0.001 to 1000000".to_owned()),
    }
}

fn region(text: &str) -> Result<RegionOfInterest, String> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match numbers.as_deref() {
        Ok(&[x, y, width, height]) => Ok(RegionOfInterest::new(x, y, width, height)),
        _ => Err("expected four whole numbers: x,y,width,height".to_owned()),
    }
}

fn policy(text: &str) -> Result<OnExhausted, String> {
    let bound = |ms| positive(ms).map(|ms| Duration::from_secs_f64(ms / 1e3));
    match (text, text.split_once(':')) {
        ("heap", _) => Ok(OnExhausted::Heap),
        ("drop", _) => Ok(OnExhausted::Drop),
        (_, Some(("wait", ms))) => Ok(OnExhausted::WaitThenDrop(bound(ms)?)),
        (_, Some(("wait-heap", ms))) => Ok(OnExhausted::WaitThenHeap(bound(ms)?)),
        _ => Err("expected heap, drop, wait:MS or wait-heap:MS".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_and_regions_are_parsed() {
        let bound = Duration::from_millis(75);
        assert_eq!(policy("wait:75"), Ok(OnExhausted::WaitThenDrop(bound)));
        assert_eq!(policy("wait-heap:75"), Ok(OnExhausted::WaitThenHeap(bound)));
        assert_eq!(policy("drop"), Ok(OnExhausted::Drop));
        assert!(policy("wait:").is_err() && policy("wait:-1").is_err() && policy("x").is_err());
        let roi = RegionOfInterest::new(1, 2, 3, 4);
        assert_eq!(region("1,2,3,4"), Ok(roi));
        assert!(region("1,2,3").is_err() && region("1,2,3,-4").is_err());
    }

    #[test]
    fn recordings_are_split_by_frames_or_by_size() {
        assert_eq!((split("9"), split("4GiB")), (Ok(Split::Frames(9)), Ok(Split::Bytes(4 << 30))));
        assert_eq!(
            (split("5kb"), split("1T")),
            (Ok(Split::Bytes(5000)), Ok(Split::Bytes(1 << 40)))
        );
        for wrong in ["", "0", "GB", "-1", "1.5GB", "9x", "99999999999TiB"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_limit_alone_lifts_the_frame_limit() {
        let limit = |args: &[&str]| {
            let line = CommandLine::try_parse_from([&["framegrab"], args].concat()).unwrap();
            line.options.frame_limit()
        };
        assert_eq!(limit(&[]), Some(200));
        assert_eq!(limit(&["--seconds", "1"]), None);
        assert_eq!(limit(&["--seconds", "1", "--frames", "5"]), Some(5));
        assert_eq!(limit(&["--saved", "300", "--out", "x.tif"]), None);
    }

    #[test]
    fn a_soak_wants_an_end() {
        let seconds = |args: &[&str]| {
            let line = CommandLine::try_parse_from([&["framegrab", "soak"], args].concat());
            let Some(Check::Soak(soak)) = line.unwrap().check else { panic!("a soak") };
            soak.into_options().map(|options| (options.frame_limit(), options.seconds))
        };
        assert!(seconds(&[]).is_err());
        assert_eq!(seconds(&["--frames", "9"]), Ok((Some(9), None)));
        assert_eq!(seconds(&["--hours", "24"]), Ok((None, Some(86_400.0))));
    }

    #[test]
    fn only_sequences_have_a_length() {
        let tier = |args: &[&str]| {
            CommandLine::try_parse_from([&["framegrab"], args].concat()).unwrap().options.tier()
        };
        assert_eq!(tier(&[]), Ok(Tier::Copy));
        assert_eq!(tier(&["--tier", "sequence"]), Ok(Tier::Sequence(16)));
        assert_eq!(tier(&["--tier", "sequence", "--sequence", "100"]), Ok(Tier::Sequence(100)));
        assert!(tier(&["--tier", "pinned", "--sequence", "100"]).is_err());
    }
}
