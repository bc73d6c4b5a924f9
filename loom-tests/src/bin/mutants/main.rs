//! Breaks core in one place at a time, and expects a model to fail.
//!
//! ```text
//! cargo run --release -p framepool-loom-tests --bin mutants -- [--only TEXT]... [--excused] [--list] [--models]
//! ```
//! Each ordering is weakened, each read-modify-write is torn into a load and a store, and the logic
//! is changed as `logic` says. Works on copies, in a folder of its own in the target directory.
//! `--only` keeps the mutants whose line contains one of the texts, `--list` runs nothing, and `--models` runs
//! the models of the unchanged core and prints a table of them. What is excused is not run without
//! `--excused`: then it is an error if a model fails after all.

#![allow(clippy::print_stdout, reason = "a program that reports")]

mod excused;
mod generated;
mod logic;
mod scratch;
mod table;

use scratch::{Outcome, Scratch};
use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A source of core and its text.
pub(crate) type Source = (String, String);

/// One change to core.
#[derive(Debug)]
pub(crate) struct Mutant {
    /// Where, below `core/src`.
    file: String,
    line: usize,
    /// What the line said.
    code: String,
    what: String,
    /// The files that it changes, as they are then.
    changed: Vec<Source>,
    /// The models to try first.
    first: Vec<&'static str>,
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {} [{}]", self.file, self.line, self.what, self.code)
    }
}

/// What is printed at the end, and what decides how the program exits.
#[derive(Debug, Default)]
struct Tally {
    killed: usize,
    excused: usize,
    wrong: Vec<String>,
}

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            println!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<bool> {
    let (mut only, mut list, mut models, mut excused) = (Vec::new(), false, false, false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--only" => only.push(arguments.next().ok_or("--only wants a text")?),
            "--list" => list = true,
            "--excused" => excused = true,
            "--models" => models = true,
            other => return Err(format!("no such argument: {other}")),
        }
    }
    let mut scratch = Scratch::new()?;
    if models {
        return table::print(&scratch).map(|()| true);
    }
    let sources = scratch.sources()?;
    let mut mutants = generated::mutants(&sources)?;
    mutants.extend(logic::mutants(&sources)?);
    excused::check(&mutants)?;
    if let Some(text) = only.iter().find(|text| {
        let mut lines = mutants.iter().map(Mutant::to_string);
        !lines.any(|line| line.contains(text.as_str()))
    }) {
        return Err(format!("no mutant's line contains {text}"));
    }
    mutants.retain(|mutant| {
        let line = mutant.to_string();
        only.is_empty() || only.iter().any(|text| line.contains(text.as_str()))
    });
    if list {
        for mutant in &mutants {
            let excuse = excused::reason(mutant).map_or("", |_| " (excused)");
            println!("{mutant}{excuse}");
        }
        println!("{} mutants", mutants.len());
        return Ok(true);
    }
    scratch.expect_all_to_pass()?;
    if only.is_empty() {
        scratch.forget_killers();
    }
    let mut tally = Tally::default();
    for mutant in &mutants {
        match excused::reason(mutant).filter(|_| !excused) {
            Some(reason) => {
                tally.excused += 1;
                println!("{mutant}\n    excused: {reason}");
            }
            None => judge(mutant, &mut scratch, &mut tally)?,
        }
    }
    println!(
        "\n{} mutants: {} killed, {} excused, {} wrong",
        mutants.len(),
        tally.killed,
        tally.excused,
        tally.wrong.len()
    );
    for wrong in &tally.wrong {
        println!("  {wrong}");
    }
    Ok(tally.wrong.is_empty())
}

fn judge(mutant: &Mutant, scratch: &mut Scratch, tally: &mut Tally) -> Result<()> {
    let begun = Instant::now();
    let excuse = excused::reason(mutant);
    let outcome = scratch.try_out(mutant)?;
    let verdict = match (&outcome, excuse) {
        (Outcome::Killed(_) | Outcome::Hung(_), Some(_)) => {
            let message = format!("needs no excuse any more, {outcome}: {mutant}");
            tally.wrong.push(message.clone());
            message
        }
        (Outcome::Killed(by), None) => {
            tally.killed += 1;
            scratch.note_killer(by, mutant)?;
            outcome.to_string()
        }
        (Outcome::Hung(_), None) => {
            // Not seen to fail: it may only have become slower.
            tally.wrong.push(format!("{outcome}: {mutant}"));
            outcome.to_string()
        }
        (Outcome::Survived, Some(reason)) => {
            tally.excused += 1;
            format!("excused: {reason}")
        }
        (Outcome::Survived, None) => {
            tally.wrong.push(format!("survives: {mutant}"));
            "SURVIVES".to_owned()
        }
        (Outcome::Broken(message), _) => {
            tally.wrong.push(format!("does not compile: {mutant}"));
            format!("DOES NOT COMPILE: {message}")
        }
    };
    println!("{mutant}\n    {verdict} ({:.1} s)", seconds(begun.elapsed()));
    Ok(())
}

pub(crate) fn seconds(time: Duration) -> f32 {
    time.as_secs_f32()
}
