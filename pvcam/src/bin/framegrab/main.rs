//! `framegrab`: acquires frames from a PVCAM camera, real or simulated, saves them, and accounts
//! for every one.

mod grab;
mod options;
mod output;
mod pace;
mod probe;
mod progress;
mod summary;

use clap::Parser;
use grab::Trouble;
use options::{Mode, Options};
use output::Saved;
use std::error::Error;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: probe::CountingAllocator = probe::CountingAllocator;

/// Bad input, or a disk that is full.
const BAD_INPUT: u8 = 2;
/// The acquisition ended otherwise than it was asked to, or the summary could not be printed.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) if error.use_stderr() => return fail(BAD_INPUT, &one_line(&error.to_string())),
        Err(help) => {
            return match say(&help.to_string()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(FAILED, &error),
            };
        }
    };
    tracing_subscriber::fmt()
        .with_max_level(options.log_level())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(&options) {
        Ok(code) => code,
        Err(Trouble::BadInput(error)) => fail(BAD_INPUT, &with_causes(error.as_ref())),
        Err(Trouble::Failed(error)) => fail(FAILED, &with_causes(error.as_ref())),
    }
}

fn run(options: &Options) -> Result<ExitCode, Trouble> {
    let mode = Mode::of(options)?;
    let report = grab::run(options, mode)?;
    let summary = summary::Summary::of(&report);
    let text =
        if options.json { serde_json::to_string_pretty(&summary)? } else { summary.to_string() };
    let said = say(&text);
    if let Some(output @ Saved { error: Some(error), .. }) = &report.output {
        return Ok(fail(BAD_INPUT, &format!("{error}; {}", kept(output))));
    }
    if let Some(failure) = &report.failure {
        let kept = report.output.as_ref().map(|output| format!("; {}", kept(output)));
        return Ok(fail(FAILED, &format!("{failure}{}", kept.unwrap_or_default())));
    }
    if let Err(error) = said {
        return Ok(fail(FAILED, &error));
    }
    if !summary.conserved {
        return Ok(fail(FAILED, "frames are unaccounted for: please report this"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints to standard output; a reader that is gone (`| head`) is no error.
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
    match &output.path {
        Some(path) => format!("{} frames are in {}", output.saved, path.display()),
        None => "no frame was saved".to_owned(),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    let _gone = writeln!(std::io::stderr(), "framegrab: {message}");
    ExitCode::from(code)
}

/// Keeps what clap says of an error and leaves its usage out.
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
