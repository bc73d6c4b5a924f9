//! Mutants that follow from the source: weaker orderings, and read-modify-writes in two parts.

use crate::{Mutant, Result, Source};

/// The files of models in which a mutant of this line is likely to die.
fn first(file: &str, code: &str) -> Vec<&'static str> {
    match file.rsplit('/').next().unwrap_or(file) {
        "free_list.rs" if code.contains("WATCHED") => {
            vec!["i5_waiting", "i2_several_words", "i7_freeing"]
        }
        "free_list.rs" if code.contains("ORPHANED") || code.contains("load") => vec!["i7_freeing"],
        "free_list.rs" if code.contains("fetch_sub") => vec!["i8_double_release"],
        "free_list.rs" => vec!["i4_handover", "i1_one_holder", "i2_permits", "i2_several_words"],
        "cache.rs" | "cached.rs" => vec!["i1_kept_slots", "i5_kept_slots", "i7_kept_slots"],
        "watch.rs" if code.contains("fetch_add(ONE_REPORT") => vec!["i5_kept_slots"],
        "frozen.rs" | "loan.rs" => vec!["i3_shares", "i4_handover"],
        "rescue.rs" => vec!["i10_rescue"],
        "shared.rs" => vec!["i7_freeing", "i7_unwrapping"],
        "raw.rs" => vec!["i7_freeing", "i5_waiting"],
        "watch.rs" => vec!["i2_several_words", "i5_waiting"],
        "queue.rs" => vec!["i5_waiting", "i7_freeing", "i7_unwrapping"],
        "run.rs" | "word.rs" => vec!["i1_one_holder", "i2_permits"],
        "reserve.rs" => vec!["i2_permits"],
        "acquire.rs" => vec!["i6_cancelling"],
        _ => vec!["i5_waiting", "i6_cancelling", "i7_closing"],
    }
}

const WEAKER: &[(&str, &[&str])] = &[
    ("AcqRel", &["Acquire", "Release", "Relaxed"]),
    ("Acquire", &["Relaxed"]),
    ("Release", &["Relaxed"]),
];

const MODIFY: &[&str] = &[
    "fetch_add",
    "fetch_sub",
    "fetch_and",
    "fetch_or",
    "fetch_xor",
    "fetch_max",
    "fetch_min",
    "fetch_update",
    "compare_exchange_weak",
    "compare_exchange",
    "swap",
];

/// What tears a read-modify-write apart: it is added to `sync.rs`.
const TORN: &str = "
/// Read-modify-writes in two parts, between which anything may happen.
#[allow(unused, reason = \"for mutants\")]
pub(crate) trait Torn<T> {
    fn torn(&self, success: Ordering, change: impl FnOnce(T) -> Option<T>) -> Result<T, T>;
    fn torn_fetch_add(&self, by: T, order: Ordering) -> T;
    fn torn_fetch_sub(&self, by: T, order: Ordering) -> T;
    fn torn_fetch_and(&self, by: T, order: Ordering) -> T;
    fn torn_fetch_or(&self, by: T, order: Ordering) -> T;
    fn torn_fetch_xor(&self, by: T, order: Ordering) -> T;
    fn torn_fetch_max(&self, by: T, order: Ordering) -> T;
    fn torn_swap(&self, new: T, order: Ordering) -> T;
    fn torn_compare_exchange(&self, old: T, new: T, yes: Ordering, no: Ordering) -> Result<T, T>;
    fn torn_compare_exchange_weak(&self, old: T, new: T, yes: Ordering, no: Ordering) -> Result<T, T>;
    fn torn_fetch_update(&self, yes: Ordering, no: Ordering, f: impl FnMut(T) -> Option<T>) -> Result<T, T>;
}

macro_rules! impl_torn {
    ($($atomic:ty => $value:ty),*) => {$(
        impl Torn<$value> for $atomic {
            fn torn(&self, order: Ordering, change: impl FnOnce($value) -> Option<$value>) -> Result<$value, $value> {
                let (load, store) = match order {
                    Ordering::AcqRel => (Ordering::Acquire, Ordering::Release),
                    Ordering::Acquire => (Ordering::Acquire, Ordering::Relaxed),
                    Ordering::Release => (Ordering::Relaxed, Ordering::Release),
                    _ => (Ordering::Relaxed, Ordering::Relaxed),
                };
                let old = self.load(load);
                match change(old) {
                    Some(new) => {
                        self.store(new, store);
                        Ok(old)
                    }
                    None => Err(old),
                }
            }
            fn torn_fetch_add(&self, by: $value, order: Ordering) -> $value {
                self.torn(order, |old| Some(old.wrapping_add(by))).unwrap_or_default()
            }
            fn torn_fetch_sub(&self, by: $value, order: Ordering) -> $value {
                self.torn(order, |old| Some(old.wrapping_sub(by))).unwrap_or_default()
            }
            fn torn_fetch_and(&self, by: $value, order: Ordering) -> $value {
                self.torn(order, |old| Some(old & by)).unwrap_or_default()
            }
            fn torn_fetch_or(&self, by: $value, order: Ordering) -> $value {
                self.torn(order, |old| Some(old | by)).unwrap_or_default()
            }
            fn torn_fetch_xor(&self, by: $value, order: Ordering) -> $value {
                self.torn(order, |old| Some(old ^ by)).unwrap_or_default()
            }
            fn torn_fetch_max(&self, by: $value, order: Ordering) -> $value {
                self.torn(order, |old| Some(old.max(by))).unwrap_or_default()
            }
            fn torn_swap(&self, new: $value, order: Ordering) -> $value {
                self.torn(order, |_| Some(new)).unwrap_or_default()
            }
            fn torn_compare_exchange(&self, old: $value, new: $value, yes: Ordering, _: Ordering) -> Result<$value, $value> {
                self.torn(yes, |now| (now == old).then_some(new))
            }
            fn torn_compare_exchange_weak(&self, old: $value, new: $value, yes: Ordering, no: Ordering) -> Result<$value, $value> {
                self.torn_compare_exchange(old, new, yes, no)
            }
            fn torn_fetch_update(&self, yes: Ordering, _: Ordering, f: impl FnMut($value) -> Option<$value>) -> Result<$value, $value> {
                self.torn(yes, f)
            }
        }
    )*};
}
impl_torn!(AtomicU32 => u32, AtomicUsize => usize, Statistic => usize);
#[cfg(target_pointer_width = \"64\")]
impl_torn!(AtomicWord => u64);

/// The same of the one read-modify-write of pointers.
#[allow(unused, reason = \"for mutants\")]
pub(crate) trait TornPtr<T> {
    fn torn_compare_exchange(&self, old: *mut T, new: *mut T, yes: Ordering, no: Ordering) -> Result<*mut T, *mut T>;
}

impl<T> TornPtr<T> for AtomicPtr<T> {
    fn torn_compare_exchange(&self, old: *mut T, new: *mut T, yes: Ordering, no: Ordering) -> Result<*mut T, *mut T> {
        let now = self.load(no);
        if now != old {
            return Err(now);
        }
        self.store(new, yes);
        Ok(now)
    }
}
";

/// Returns the mutants of all sources but `sync.rs`, which is the facade.
pub(crate) fn mutants(sources: &[Source]) -> Result<Vec<Mutant>> {
    let facade = sources.iter().find(|(file, _)| file == "sync.rs").ok_or("no sync.rs")?;
    let torn_facade = (facade.0.clone(), format!("{}{TORN}", facade.1));
    let mut mutants = Vec::new();
    for (file, text) in sources.iter().filter(|(file, _)| file != "sync.rs") {
        let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
        let mut start = 0;
        for (number, line) in text[..end].split_inclusive('\n').enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let mutant = |what: String, changed| Mutant {
                file: file.clone(),
                line: number + 1,
                code: code.trim().to_owned(),
                what,
                changed,
                first: first(file, code),
            };
            // A fence has no weaker one: `logic` takes it away.
            for (from, weaker) in WEAKER.iter().filter(|_| !code.contains("fence(")) {
                for at in places(code, &format!("Ordering::{from}")) {
                    for to in *weaker {
                        let mut changed = text.clone();
                        let begin = start + at + "Ordering::".len();
                        changed.replace_range(begin..begin + from.len(), to);
                        let what = format!("{from} -> {to}");
                        mutants.push(mutant(what, vec![(file.clone(), changed)]));
                    }
                }
            }
            for modify in MODIFY {
                for at in places(code, &format!(".{modify}(")) {
                    let mut changed = text.clone();
                    changed.insert_str(start + at + 1, "torn_");
                    let import = "use crate::sync::{";
                    if !changed.contains(import) {
                        return Err(format!("{file} imports nothing from sync"));
                    }
                    // In each module of the file.
                    let with_torn = format!("{import}Torn as _, TornPtr as _, ");
                    let changed = changed.replace(import, &with_torn);
                    let what = format!("{modify} torn apart");
                    let changed = vec![(file.clone(), changed), torn_facade.clone()];
                    mutants.push(mutant(what, changed));
                }
            }
            start += line.len();
        }
    }
    Ok(mutants)
}

fn places(code: &str, text: &str) -> Vec<usize> {
    code.match_indices(text).map(|(at, _)| at).collect()
}
