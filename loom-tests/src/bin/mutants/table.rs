//! The table of the models.

use crate::Result;
use crate::scratch::Scratch;
use std::collections::BTreeMap;

/// Runs the models as far as they go, and prints a row for each: what it says of itself, and what it
/// took.
pub(crate) fn print(scratch: &Scratch) -> Result<()> {
    let killed = std::fs::read_to_string(scratch.killed()).unwrap_or_default();
    let mut kills: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (by, mutant) in killed.lines().filter_map(|line| line.split_once('\t')) {
        let mutants = kills.entry(by).or_default();
        if !mutants.contains(&mutant) {
            mutants.push(mutant);
        }
    }
    println!(
        "| model | threads x rounds | bound in tests | bound | executions | seconds | kills first |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (file, text) in scratch.models()? {
        let file = file.trim_end_matches(".rs");
        let output = scratch.run_deep(file)?;
        println!("| **{file}** | | | | | | |");
        for (name, size) in models(&text) {
            let run = output.lines().find_map(|line| {
                let mut words = line.strip_prefix("model ")?.split(' ');
                (words.next()? == name).then(|| words.collect::<Vec<_>>())
            });
            let [in_tests, bound, executions, seconds] = *run.as_deref().unwrap_or_default() else {
                return Err(format!("{file}::{name} said nothing of its run"));
            };
            let kills = kills.get(format!("{file}::{name}").as_str()).map_or(0, Vec::len);
            println!(
                "| {name} | {size} | {in_tests} | {bound} | {executions} | {seconds} | {kills} |"
            );
        }
    }
    Ok(())
}

/// Returns the models of a file, with what the first line above each says of its size.
fn models(text: &str) -> Vec<(&str, &str)> {
    let (mut models, mut size, mut is_test) = (Vec::new(), "", false);
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("/// ") {
            if size.is_empty() {
                size = comment.split([',', ':', '.']).next().unwrap_or_default();
            }
        } else if line == "#[test]" {
            is_test = true;
        } else if let Some(name) = line.strip_prefix("fn ").filter(|_| is_test) {
            models.push((name.split('(').next().unwrap_or_default(), size));
            (size, is_test) = ("", false);
        } else if !line.starts_with("#[") {
            (size, is_test) = ("", false);
        }
    }
    models
}
