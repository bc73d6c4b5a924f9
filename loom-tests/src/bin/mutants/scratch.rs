//! The copy of core and of the models in which mutants are built and run.

use crate::{Mutant, Result, Source, seconds};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// What became of a mutant.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// By this model.
    Killed(String),
    /// In this file of models, long after they would have been over.
    Hung(String),
    Survived,
    /// It does not compile.
    Broken(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed(by) => write!(f, "killed by {by}"),
            Self::Hung(by) => write!(f, "hung in {by}"),
            Self::Survived => f.write_str("survives"),
            Self::Broken(_) => f.write_str("does not compile"),
        }
    }
}

/// What a run of one file of models came to.
enum Run {
    Passed(String),
    Failed(String),
    Hung,
}

/// No run is cut off before this.
const SHORTEST_LIMIT: Duration = Duration::from_secs(60);
/// Nor before so many times what it takes without a mutation.
const PATIENCE: u32 = 20;
/// In seconds: what takes longer is run when all others have passed.
const SLOW: f32 = 1.0;

/// What a file of models takes unchanged.
#[derive(Debug, Default)]
struct Normal {
    time: Duration,
    /// Its models that take longer than `SLOW`.
    slow: Vec<String>,
}

pub(crate) struct Scratch {
    root: PathBuf,
    workspace: PathBuf,
    /// The files of models, and what each takes.
    models: BTreeMap<String, Normal>,
    /// What is changed now, as it was.
    changed: Vec<Source>,
}

impl Scratch {
    /// Copies what is there now.
    pub(crate) fn new() -> Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let target = std::env::var_os("CARGO_TARGET_DIR");
        let target = target.map_or_else(|| workspace.join("target"), PathBuf::from);
        let root = std::path::absolute(target.join("mutants")).map_err(|e| e.to_string())?;
        let mut scratch = Self { root, workspace, models: BTreeMap::new(), changed: Vec::new() };
        let manifest = read(&scratch.workspace.join("Cargo.toml"))?;
        let (before, after) = manifest.split_once("members = [").ok_or("no members")?;
        let (_, after) = after.split_once(']').ok_or("members without an end")?;
        let mut manifest = format!("{before}members = [\"loom-tests\"]{after}");
        if let Some(start) = manifest.find("default-members") {
            let end = manifest[start..].find('\n').map_or(manifest.len(), |line| start + line);
            manifest.replace_range(start..end, "");
        }
        write(&scratch.root.join("Cargo.toml"), &manifest)?;
        let copied = ["Cargo.lock", "loom-tests/Cargo.toml", "loom-tests/build.rs"];
        for file in copied {
            write(&scratch.root.join(file), &read(&scratch.workspace.join(file))?)?;
        }
        for folder in ["core/src", "loom-tests/tests"] {
            let (from, to) = (scratch.workspace.join(folder), scratch.root.join(folder));
            let files = texts(&from)?;
            for old in texts(&to).unwrap_or_default() {
                if !files.iter().any(|(file, _)| *file == old.0) {
                    fs::remove_file(to.join(old.0)).map_err(|e| e.to_string())?;
                }
            }
            for (file, text) in files {
                write(&to.join(&file), &text)?;
                let model = file.strip_suffix(".rs").filter(|name| name.starts_with('i'));
                if let Some(model) = model.filter(|_| folder == "loom-tests/tests") {
                    scratch.models.insert(model.to_owned(), Normal::default());
                }
            }
        }
        Ok(scratch)
    }

    /// Returns core's sources.
    pub(crate) fn sources(&self) -> Result<Vec<Source>> {
        texts(&self.root.join("core/src"))
    }

    /// Returns the files of models, with their text.
    pub(crate) fn models(&self) -> Result<Vec<Source>> {
        let mut models = texts(&self.root.join("loom-tests/tests"))?;
        models.retain(|(file, _)| self.models.contains_key(file.trim_end_matches(".rs")));
        Ok(models)
    }

    /// Runs one file of models unchanged, as far as they go, and returns what it printed.
    pub(crate) fn run_deep(&self, model: &str) -> Result<String> {
        self.run_unchanged(model, &[("FRAMEPOOL_DEEP", "1")])
    }

    fn run_unchanged(&self, model: &str, environment: &[(&str, &str)]) -> Result<String> {
        let program = self.build(model)?;
        match run(&program, &["--show-output"], environment, Duration::MAX)? {
            Run::Passed(output) => Ok(output),
            Run::Failed(by) => Err(format!("{model}::{by} fails without a mutation")),
            Run::Hung => Err("unreachable".to_owned()),
        }
    }

    /// Runs the models unchanged, and sees that a change of core would be noticed at all.
    pub(crate) fn expect_all_to_pass(&mut self) -> Result<()> {
        let names: Vec<String> = self.models.keys().cloned().collect();
        self.change(&[("error.rs".to_owned(), "compile_error!(\"a canary\");".to_owned())])?;
        if names.first().is_some_and(|name| self.build(name).is_ok()) {
            return Err("a change of core is not built: everything would survive".to_owned());
        }
        self.restore()?;
        for name in names {
            let begun = Instant::now();
            let output = self.run_unchanged(&name, &[])?;
            let time = begun.elapsed();
            println!("{name} passes in {:.1} s", seconds(time));
            let slow = output.lines().filter_map(slow_model).map(str::to_owned).collect();
            self.models.insert(name, Normal { time, slow });
        }
        Ok(())
    }

    /// Applies a mutant and runs the models until one fails.
    pub(crate) fn try_out(&mut self, mutant: &Mutant) -> Result<Outcome> {
        self.change(&mutant.changed)?;
        let outcome = self.run_models(&mutant.first);
        self.restore()?;
        outcome
    }

    /// Forgets what is remembered of former runs.
    pub(crate) fn forget_killers(&self) {
        // Not there: nothing to forget.
        let _ = fs::remove_file(self.killed());
    }

    /// Remembers which model killed which mutant, for the table of the models.
    pub(crate) fn note_killer(&self, by: &str, mutant: &Mutant) -> Result<()> {
        let path = self.killed();
        let mut file = OpenOptions::new().create(true).append(true).open(path);
        file.as_mut()
            .map_err(|e| e.to_string())
            .and_then(|file| writeln!(file, "{by}\t{mutant}").map_err(|e| e.to_string()))
    }

    /// Where that is remembered.
    pub(crate) fn killed(&self) -> PathBuf {
        self.root.join("killed.txt")
    }

    /// Runs the likely files first, and in these and in the rest what is fast.
    fn run_models(&self, first: &[&str]) -> Result<Outcome> {
        let rest = self.models.keys().map(String::as_str).filter(|model| !first.contains(model));
        let rest: Vec<&str> = rest.collect();
        for files in [first, &rest] {
            for is_slow in [false, true] {
                for model in files {
                    let outcome = self.run_part(model, is_slow)?;
                    if !matches!(outcome, Outcome::Survived) {
                        return Ok(outcome);
                    }
                }
            }
        }
        Ok(Outcome::Survived)
    }

    /// Runs the slow models of a file, or the others.
    fn run_part(&self, model: &str, is_slow: bool) -> Result<Outcome> {
        let normal = self.models.get(model).ok_or_else(|| format!("no models {model}"))?;
        if is_slow && normal.slow.is_empty() {
            return Ok(Outcome::Survived);
        }
        let program = match self.build(model) {
            Ok(program) => program,
            Err(message) => return Ok(Outcome::Broken(message)),
        };
        let mut arguments = vec!["--exact"];
        for slow in &normal.slow {
            arguments.extend((!is_slow).then_some("--skip"));
            arguments.push(slow);
        }
        let limit = SHORTEST_LIMIT.max(PATIENCE * normal.time);
        Ok(match run(&program, &arguments, &[], limit)? {
            Run::Passed(_) => Outcome::Survived,
            Run::Failed(by) => Outcome::Killed(format!("{model}::{by}")),
            Run::Hung => Outcome::Hung(model.to_owned()),
        })
    }

    /// Returns the program of one file of models.
    fn build(&self, model: &str) -> Result<PathBuf> {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["test", "--offline", "--no-run", "--color=never", "--test", model])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            // Half the time to build.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .output()
            .map_err(|e| e.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let error = said.lines().find(|line| line.starts_with("error")).unwrap_or("no error");
            return Err(error.to_owned());
        }
        let program =
            said.lines().rev().find_map(|line| line.split_once(".rs (")?.1.strip_suffix(')'));
        // Relative to where cargo ran, or absolute.
        program
            .map(|program| self.root.join(program))
            .ok_or_else(|| format!("cargo names no program: {said}"))
    }

    fn change(&mut self, changed: &[Source]) -> Result<()> {
        for (file, text) in changed {
            let path = self.root.join("core/src").join(file);
            self.changed.push((file.clone(), read(&path)?));
            write(&path, text)?;
        }
        Ok(())
    }

    fn restore(&mut self) -> Result<()> {
        for (file, text) in self.changed.drain(..) {
            write(&self.root.join("core/src").join(file), &text)?;
        }
        Ok(())
    }
}

/// Returns the name of a slow model from the line in which it says what it took.
fn slow_model(line: &str) -> Option<&str> {
    let (name, took) = line.strip_prefix("model ")?.split_once(' ')?;
    let seconds: f32 = took.rsplit(' ').next()?.parse().ok()?;
    (seconds > SLOW).then_some(name)
}

/// Runs a program of models until it is over, fails, or takes longer than `limit`.
fn run(
    program: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    limit: Duration,
) -> Result<Run> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_remove("FRAMEPOOL_DEEP")
        .env("RUST_BACKTRACE", "0")
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;
    let outcome = watch(&mut child, limit);
    // Over already, unless it failed or hung.
    let _ = child.kill();
    let status = child.wait().map_err(|e| e.to_string())?;
    match outcome? {
        Run::Passed(_) if !status.success() => Ok(Run::Failed(format!("crash ({status})"))),
        outcome => Ok(outcome),
    }
}

fn watch(child: &mut Child, limit: Duration) -> Result<Run> {
    let (sender, lines) = mpsc::channel();
    let stdout = child.stdout.take().ok_or("no output")?;
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(std::io::Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let (begun, mut output) = (Instant::now(), String::new());
    loop {
        match lines.recv_timeout(limit.saturating_sub(begun.elapsed())) {
            Ok(line) => {
                let failed = line.strip_suffix(" ... FAILED").and_then(|l| l.strip_prefix("test "));
                if let Some(by) = failed {
                    return Ok(Run::Failed(by.to_owned()));
                }
                output += &line;
                output.push('\n');
            }
            Err(RecvTimeoutError::Timeout) => return Ok(Run::Hung),
            Err(RecvTimeoutError::Disconnected) => return Ok(Run::Passed(output)),
        }
    }
}

/// Returns the sources below a folder, by their paths there.
fn texts(folder: &Path) -> Result<Vec<Source>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(|e| format!("{}: {e}", next.display()))? {
            let path = entry.map_err(|e| e.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).map_err(|e| e.to_string())?;
                found.push((name.to_string_lossy().into_owned(), read(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Leaves a file that says the same already as it is, so that it is not built again.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        fs::write(path, text)
    };
    write().map_err(|e| format!("{}: {e}", path.display()))
}
