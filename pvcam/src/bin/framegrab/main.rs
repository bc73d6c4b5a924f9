//! `framegrab`: acquires frames from a PVCAM camera, real or simulated, saves them, and accounts
//! for each of them.

mod aside;
mod assignment;
mod commands;
mod consume;
mod expense;
mod frame_thread;
mod gather;
mod grab;
mod live;
mod minutes;
mod mode;
mod options;
mod pace;
mod priority;
mod probe;
mod probes;
mod progress;
mod rate;
mod record;
mod refusal;
mod report;
mod resident;
mod sdk;
mod sequel;
mod sizes;
mod speed;
mod stop;
mod summary;
mod verdict;
mod watch;
mod window;

use aside::Log;
use clap::{CommandFactory, Parser};
use commands::said::Said;
use grab::{GrabError, Grabbed};
use mode::Mode;
use options::{Check, CommandLine, Options};
use record::output::Saved;
use speed::DiskOptions;
use std::error::Error;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use stop::Stop;
use summary::Summary;
use tracing::level_filters::LevelFilter;
use verdict::Verdict;
use watch::Kind;

#[global_allocator]
static ALLOCATOR: expense::CountingAllocator = expense::CountingAllocator;

// The exit codes, which `--help` explains.
const FAILED: u8 = 1;
const BAD_INPUT: u8 = 2;
const MISSING: u8 = 3;
const INTERRUPTED: u8 = 4;

fn main() -> ExitCode {
    // Before anything else: an early Ctrl-C is not lost.
    let stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => return fail(FAILED, &format!("signals cannot be heard: {error}")),
    };
    fail_writes_past_a_limit();
    aside::begin();
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) if error.use_stderr() => return fail(BAD_INPUT, &one_line(&error.to_string())),
        Err(help) => {
            return match say(&help.to_string()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(FAILED, &error),
            };
        }
    };
    let (options, check) = match line.check {
        None => (Ok(line.options), None),
        Some(Check::Smoke(options)) => (Ok(options), Some(Kind::Smoke)),
        Some(Check::Disk(disk)) => {
            log(LevelFilter::WARN);
            return measure(&disk, &stop);
        }
        Some(Check::Soak(soak)) => (soak.into_options(), Some(Kind::Soak)),
        Some(Check::Other(command)) => {
            stop.ends_at_once();
            log(LevelFilter::WARN);
            return tell(command.run(CommandLine::command()));
        }
    };
    let options = match options {
        Ok(options) => options,
        Err(error) => return fail(BAD_INPUT, &error),
    };
    log(options.log_level());
    match run(&options, check, &stop) {
        Ok(code) => code,
        Err(GrabError::BadInput(error)) => fail(BAD_INPUT, &with_causes(error.as_ref())),
        Err(GrabError::Failed(error)) => fail(FAILED, &with_causes(error.as_ref())),
    }
}

/// Measures a disk.
fn measure(disk: &DiskOptions, stop: &Stop) -> ExitCode {
    if let Err(error) = disk.check() {
        return fail(BAD_INPUT, &error);
    }
    let speed = disk.measure(stop);
    if stop.is_asked() {
        return ExitCode::from(INTERRUPTED);
    }
    let text = speed.and_then(|speed| match disk.json {
        true => serde_json::to_string_pretty(&speed).map_err(|error| error.to_string()),
        false => Ok(speed.to_string()),
    });
    match text.and_then(|text| say(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(FAILED, &error),
    }
}

fn log(level: LevelFilter) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| Log)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// Prints what a command has found out.
fn tell(said: Result<Said, Box<dyn Error>>) -> ExitCode {
    let Said { text, failure } = match said {
        Ok(said) => said,
        Err(error) => return fail(BAD_INPUT, &with_causes(error.as_ref())),
    };
    let told = if text.is_empty() { Ok(()) } else { say(&text) };
    match (failure, told) {
        (Some(why), _) | (None, Err(why)) => fail(FAILED, &why),
        (None, Ok(())) => ExitCode::SUCCESS,
    }
}

fn run(options: &Options, check: Option<Kind>, stop: &Stop) -> Result<ExitCode, GrabError> {
    let mode = Mode::of(options)?;
    let report = grab::run(options, mode, check, stop)?;
    let mut summary = Summary::of(&report);
    summary.check = check.map(|kind| Verdict::of(kind, &report, summary.conserved));
    let text =
        if options.json { serde_json::to_string_pretty(&summary)? } else { summary.to_string() };
    // Pixels have standard output, if that was asked for.
    let said = if options.is_piped() { say_aside(&text) } else { say(&text) };
    let left = leave(&report, &summary);
    if let Some(output @ Saved { error: Some(error), .. }) = &report.output {
        return Ok(fail(FAILED, &format!("{error}; {}", kept(output))));
    }
    if let Some(failure) = &report.failure {
        let kept = report.output.as_ref().map(|output| format!("; {}", kept(output)));
        return Ok(fail(FAILED, &format!("{failure}{}", kept.unwrap_or_default())));
    }
    if let Err(error) = said.and(left) {
        return Ok(fail(FAILED, &error));
    }
    if !summary.conserved {
        return Ok(fail(FAILED, "frames are unaccounted for: please report this"));
    }
    if let Some(Verdict { check, passed: false, failures, .. }) = &summary.check {
        return Ok(fail(FAILED, &format!("{check} failed: {}", failures.join("; "))));
    }
    if let (Some(output), false, 1..) = (&report.output, options.allow_missing, summary.missing) {
        let missing = summary.missing_by_cause();
        return Ok(fail(MISSING, &format!("{missing}; {}", kept(output))));
    }
    if let (Some(output @ Saved { saved: 0, .. }), false) = (&report.output, summary.interrupted) {
        return Ok(fail(MISSING, &format!("no frame came; {}", kept(output))));
    }
    if summary.interrupted {
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the report, if one was asked for, and says whether all is there that was to be left beside the frames.
fn leave(grabbed: &Grabbed, summary: &Summary) -> Result<(), String> {
    let report = grabbed.report.as_ref();
    let written = report.map_or(Ok(()), |to| to.write(report::page(grabbed, summary).as_bytes()));
    grabbed.preview.clone().and(written)
}

/// Lets a write past the limit of a file's size (`ulimit -f`) fail with an error, instead of ending the program.
fn fail_writes_past_a_limit() {
    #[cfg(unix)]
    // SAFETY: no handler is installed that could run anything.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Prints to standard error.
fn say_aside(text: &str) -> Result<(), String> {
    aside::line(text.trim_end());
    aside::flush();
    Ok(())
}

/// Prints to standard output. If its reader has ended (`| head`), that is not an error.
fn say(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("the summary could not be printed: {error}"))
        }
        _ => Ok(()),
    }
}

fn kept(output: &Saved) -> String {
    match output.place() {
        Some(_) if output.is_piped => format!("{} frames were written", output.saved),
        Some(place) => format!("{} frames are in {place}", output.saved),
        None if output.saved > 0 => format!("the {} that were saved are gone", output.saved),
        None => "no frame was saved".to_owned(),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    aside::line(&format!("framegrab: {message}"));
    aside::flush();
    ExitCode::from(code)
}

/// Returns clap's message without the usage, in one line.
fn one_line(error: &str) -> String {
    let first = error.split("\n\n").next().unwrap_or(error);
    let words: Vec<&str> = first.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
