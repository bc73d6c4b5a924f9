//! Mutants of what is known of a pool.

use super::Entry;

#[rustfmt::skip]
pub(super) const TABLE: &[Entry] = &[
    Entry {
        what: "a report that is not counted",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "Some((known.wrapping_add(ONE_REPORT) | REPORTED) & !EXHAUSTED)",
            "Some((known | REPORTED) & !EXHAUSTED)",
        )],
    },
    Entry {
        what: "a report that leaves EXHAUSTED",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "Some((known.wrapping_add(ONE_REPORT) | REPORTED) & !EXHAUSTED)",
            "Some(known.wrapping_add(ONE_REPORT) | REPORTED)",
        )],
    },
    Entry {
        what: "a report that leaves no hint",
        first: "i5_waiting",
        edits: &[(
            "raw/watch.rs",
            "Some((known.wrapping_add(ONE_REPORT) | REPORTED) & !EXHAUSTED)",
            "Some(known.wrapping_add(ONE_REPORT) & !EXHAUSTED)",
        )],
    },
    Entry {
        what: "a report counted where it looks like the next",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "const ONE_REPORT: Word = 1 << 5;",
            "const ONE_REPORT: Word = 1 << (usize::BITS - 1);",
        )],
    },
    Entry {
        what: "exhausted without comparing",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            r#"        let confirmed = self.0.compare_exchange(
            known.0,
            known.0 | EXHAUSTED,
            Ordering::Release,
            Ordering::Relaxed,
        );"#,
            "        let confirmed = Ok::<Word, Word>(self.0.fetch_or(EXHAUSTED, Ordering::Relaxed));",
        )],
    },
    Entry {
        what: "exhausted whatever was reported",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "confirmed.map_or_else(|newer| Known(newer).is_exhausted(), |_| true)",
            "confirmed.is_ok() || true",
        )],
    },
    Entry {
        what: "exhausted by a load",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "Known(self.0.fetch_or(0, Ordering::Relaxed)).is_exhausted()",
            "Known(self.0.load(Ordering::Relaxed)).is_exhausted()",
        )],
    },
    Entry {
        what: "still the same by a load",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "self.0.fetch_or(0, Ordering::Relaxed) == known.0",
            "self.0.load(Ordering::Relaxed) == known.0",
        )],
    },
    Entry {
        what: "a waiter that does not say that it waits",
        first: "i5_waiting",
        edits: &[(
            "raw/watch.rs",
            ".then_some(known | WAITING)",
            ".then_some(known)",
        )],
    },
    Entry {
        what: "WAITING for ever",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            r#"        self.0.fetch_and(!WAITING, Ordering::Relaxed);
"#,
            "",
        )],
    },
    Entry {
        what: "a word cleared while tasks wait",
        first: "i5_waiting",
        edits: &[(
            "raw/watch.rs",
            "(known & (WAITING | CLOSED) == 0).then_some(cleared)",
            "(known & CLOSED == 0).then_some(cleared)",
        )],
    },
    Entry {
        what: "a word cleared in a closed pool",
        first: "i7_closing",
        edits: &[(
            "raw/watch.rs",
            "(known & (WAITING | CLOSED) == 0).then_some(cleared)",
            "(known & WAITING == 0).then_some(cleared)",
        )],
    },
    Entry {
        what: "clearing that leaves EXHAUSTED",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "known.wrapping_add(ONE_REPORT) & !(EXHAUSTED | REPORTED) | CLEARING;",
            "known.wrapping_add(ONE_REPORT) & !REPORTED | CLEARING;",
        )],
    },
    Entry {
        what: "clearing that is no report",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "known.wrapping_add(ONE_REPORT) & !(EXHAUSTED | REPORTED) | CLEARING;",
            "known & !(EXHAUSTED | REPORTED) | CLEARING;",
        )],
    },
    Entry {
        what: "clearing without saying so",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            "known.wrapping_add(ONE_REPORT) & !(EXHAUSTED | REPORTED) | CLEARING;",
            "known.wrapping_add(ONE_REPORT) & !(EXHAUSTED | REPORTED);",
        )],
    },
    Entry {
        what: "clearing for ever",
        first: "i2_several_words",
        edits: &[(
            "raw/watch.rs",
            r#"        self.0.fetch_and(!CLEARING, Ordering::Release);
"#,
            "",
        )],
    },
    Entry {
        what: "closes without saying so",
        first: "i7_closing",
        edits: &[(
            "raw/watch.rs",
            r#"        self.0.fetch_or(CLOSED, Ordering::Relaxed);
"#,
            "",
        )],
    },
    Entry {
        what: "a queue used again knows of its last pool",
        first: "i7_freeing",
        edits: &[(
            "raw/watch.rs",
            r#"        self.0.fetch_and(!(ONE_REPORT - 1), Ordering::Relaxed);
"#,
            "",
        )],
    },
];
