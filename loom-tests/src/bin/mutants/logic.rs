//! Mutants of the logic: texts of core and what replaces them. A text that is not there exactly once
//! is an error, so that the table follows the code.

use crate::{Mutant, Result, Source};

struct Entry {
    what: &'static str,
    /// File, text, replacement; the first is where it is reported.
    edits: &'static [(&'static str, &'static str, &'static str)],
    /// The models to try first.
    first: &'static str,
}

#[rustfmt::skip]
const TABLE: &[Entry] = &[
    Entry {
        what: r#""none free" by a load"#,
        first: "i2_permits",
        edits: &[(
            "raw/free_list.rs",
            "word::free_bits(self.word.fetch_or(0, Ordering::Relaxed))",
            "word::free_bits(self.word.load(Ordering::Relaxed))",
        )],
    },
    Entry {
        what: "a choice that begins with a load",
        first: "i2_permits",
        edits: &[(
            "raw/free_list.rs",
            "let mut old = self.word.fetch_or(0, Ordering::Relaxed);",
            "let mut old = self.word.load(Ordering::Relaxed);",
        )],
    },
    Entry {
        what: "chosen slots stay free",
        first: "i1_one_holder",
        edits: &[(
            "raw/free_list.rs",
            "                old & !bits,",
            "                old,",
        )],
    },
    Entry {
        what: "claiming all takes the flags down",
        first: "i2_several_words",
        edits: &[(
            "raw/free_list.rs",
            "self.word.fetch_and(FLAG, Ordering::Acquire)",
            "self.word.fetch_and(0, Ordering::Acquire)",
        )],
    },
    Entry {
        what: "WATCHED not set",
        first: "i5_waiting",
        edits: &[(
            "raw/free_list.rs",
            "self.word.fetch_or(WATCHED, Ordering::Release)",
            "self.word.fetch_or(0, Ordering::Release)",
        )],
    },
    Entry {
        what: "WATCHED not cleared",
        first: "i5_waiting",
        edits: &[(
            "raw/free_list.rs",
            "self.word.fetch_and(!WATCHED, Ordering::Release);",
            "",
        )],
    },
    Entry {
        what: "ORPHANED not set",
        first: "i7_freeing",
        edits: &[(
            "raw/free_list.rs",
            "word.fetch_xor(WATCHED ^ ORPHANED, Ordering::Release)",
            "word.fetch_xor(0, Ordering::Release)",
        )],
    },
    Entry {
        what: "a double release not undone",
        first: "i8_double_release",
        edits: &[(
            "raw/free_list.rs",
            "self.word.fetch_sub(bits, Ordering::Relaxed);",
            "let _ = bits;",
        )],
    },
    Entry {
        what: "a claim that always succeeds",
        first: "i1_one_holder",
        edits: &[(
            "raw/free_list.rs",
            "self.word.fetch_and(!bit, Ordering::Acquire) & bit != 0",
            "self.word.fetch_and(!bit, Ordering::Acquire) & bit != 0 || true",
        )],
    },
    Entry {
        what: "the thread that frees does not synchronize",
        first: "i7_freeing",
        edits: &[(
            "raw/free_list.rs",
            "self.word.load(Ordering::Acquire);",
            "",
        )],
    },
    Entry {
        what: "queued without a last search",
        first: "i5_waiting",
        edits: &[(
            "raw/free_list.rs",
            "{ word::free_bits(seen) } else { self.set_watched() };",
            "{ word::free_bits(seen) } else { self.set_watched(); 0 };",
        )],
    },
    Entry {
        what: "a search that leaves a watched word out",
        first: "i5_waiting",
        edits: &[(
            "raw/free_list.rs",
            "{ word::free_bits(seen) } else { self.set_watched() };",
            "{ 0 } else { self.set_watched() };",
        )],
    },
    Entry {
        what: "a search that watches no word",
        first: "i2_several_words",
        edits: &[(
            "raw/free_list.rs",
            "if seen & FLAG == WATCHED { word::free_bits(seen) } else { self.set_watched() };",
            "word::free_bits(seen);",
        )],
    },
    Entry {
        what: "a search that trusts what it saw",
        first: "i1_one_holder",
        edits: &[(
            "raw/free_list.rs",
            r#"            if self.claim(slot) {
                self.note(slot);
                return Some(slot);
            }
            free &= !word::bit(slot);"#,
            r#"            self.claim(slot);
            self.note(slot);
            free = 0;
            let _ = free;
            return Some(slot);"#,
        )],
    },
    Entry {
        what: "a search for one slot of a word",
        first: "i5_waiting",
        edits: &[(
            "raw/free_list.rs",
            "            free &= !word::bit(slot);",
            "            free = 0;",
        )],
    },
    Entry {
        what: "unwrapped while slots are on loan",
        first: "i7_unwrapping",
        edits: &[(
            "raw/free_list.rs",
            "word::free_bits(self.word.fetch_or(0, Ordering::Acquire)) == whole",
            "word::free_bits(self.word.fetch_or(0, Ordering::Acquire)) == whole || true",
        )],
    },
    Entry {
        what: "a fast claim that passes WATCHED",
        first: "i5_waiting",
        edits: &[(
            "raw/word.rs",
            "    if below & !(Word::MAX >> 1) != 0 {",
            "    if free_bits(word) == 0 {",
        )],
    },
    Entry {
        what: "a claim of the slot that came back last passes WATCHED",
        first: "i5_waiting",
        edits: &[(
            "raw/word.rs",
            "word & FLAG == 0 && word >> (slot % Word::BITS as usize) & 1 != 0",
            "slot != NO_SLOT && word >> (slot % Word::BITS as usize) & 1 != 0",
        )],
    },
    Entry {
        what: "a run of one slot too many",
        first: "i1_one_holder",
        edits: &[(
            "raw/word.rs",
            "Some(slot) => Some(first(length) << slot),",
            "Some(slot) => Some(first(length + 1) << slot),",
        )],
    },
    Entry {
        what: "a run with gaps",
        first: "i1_one_holder",
        edits: &[(
            "raw/word.rs",
            "starts &= starts >> step;",
            "",
        )],
    },
    Entry {
        what: "a reserve of one slot too few",
        first: "i1_one_holder",
        edits: &[(
            "raw/word.rs",
            "while taken < count {",
            "while taken + 1 < count {",
        )],
    },
    Entry {
        what: "every slot comes back to the first word",
        first: "i5_waiting",
        edits: &[(
            "raw/word.rs",
            "Self(1 << (word % Self::CLASSES))",
            "Self(1 << (word / Self::CLASSES))",
        )],
    },
    Entry {
        what: "a slot lent twice",
        first: "i1_one_holder",
        edits: &[(
            "raw/word.rs",
            r#"        self.bits &= !bit(slot);
"#,
            "",
        )],
    },
    Entry {
        what: "a claim that ignores what is known",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        if queue.watch.glance().diverts() && !self.may_claim() {
            return None;
        }
        let words = self.words();"#,
            "        let words = self.words();",
        )],
    },
    Entry {
        what: "a hinted claim that ignores what is known",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        if !self.queue().watch.glance().is_quiet() {
            return self.claim_hinted_slow(hint);
        }
"#,
            "",
        )],
    },
    Entry {
        what: "a run that ignores what is known",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        if queue.watch.glance().diverts() && !self.may_claim() {
            return None;
        }
        let known = queue.watch.look();
        let found"#,
            r#"        let known = queue.watch.look();
        let found"#,
        )],
    },
    Entry {
        what: "a refill that ignores closing",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            r#"        if self.is_closed() {
            return None;
        }
"#,
            "",
        )],
    },
    Entry {
        what: "a hint trusted without a claim",
        first: "i1_one_holder",
        edits: &[(
            "raw.rs",
            "if hint.sure && line.claim(expected) {",
            "if hint.sure {",
        )],
    },
    Entry {
        what: "no sure look in one word",
        first: "i2_permits",
        edits: &[(
            "raw.rs",
            "return self.claim_newest(0);",
            "return None;",
        )],
    },
    Entry {
        what: "exhausted by a stale look",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "if known.is_exhausted() && queue.watch.is_exhausted() {",
            "if known.is_exhausted() {",
        )],
    },
    Entry {
        what: "no confirmation over several words",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            r#"        let found = self.confirm(
            known,
            |pool| pool.claim_or_watch().map(SlotSet::of),
            |known| queue.watch.confirm_exhausted(known),
        );
        found.as_ref().and_then(SlotSet::lowest)"#,
            "        None",
        )],
    },
    Entry {
        what: "a search confirmed by itself",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "|known| queue.watch.confirm_exhausted(known),",
            "|_| true,",
        )],
    },
    Entry {
        what: "no confirmation for a run",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "if found.is_some() || self.words() == 1 || choose(WHOLE).is_none() {",
            "if found.is_some() || self.words() >= 1 {",
        )],
    },
    Entry {
        what: "a run confirmed without WATCHED",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "pool.lines().for_each(|(_, line)| line.watch());",
            "",
        )],
    },
    Entry {
        what: "a run confirmed with WATCHED in one word only",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "pool.lines().for_each(|(_, line)| line.watch());",
            "pool.lines().take(1).for_each(|(_, line)| line.watch());",
        )],
    },
    Entry {
        what: "a search for a run confirmed by itself",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "|known| queue.watch.is_still(known),",
            "|_| true,",
        )],
    },
    Entry {
        what: "a claim that ends no watching",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            r#"            self.end_watching(word);
        }
        Some("#,
            r#"        }
        Some("#,
        )],
    },
    Entry {
        what: "a release that does not look for WATCHED",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            "if old & (bits | FLAG) == 0 {",
            "if old & bits == 0 && old & FLAG != word::ORPHANED {",
        )],
    },
    Entry {
        what: "a release that does not look for ORPHANED",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            "if old & (bits | FLAG) == 0 {",
            "if old & bits == 0 && old & FLAG != WATCHED {",
        )],
    },
    Entry {
        what: "a release that does not look for its own bit",
        first: "i8_double_release",
        edits: &[(
            "raw.rs",
            "if old & (bits | FLAG) == 0 {",
            "if old & FLAG == 0 {",
        )],
    },
    Entry {
        what: "a double release taken for one",
        first: "i8_double_release",
        edits: &[(
            "raw.rs",
            "        if old & bit != 0 {",
            "        if false {",
        )],
    },
    Entry {
        what: "an orphaned word completed by any release",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            "if SHARED && word::free_bits(old) | bit == whole {",
            "if SHARED {",
        )],
    },
    Entry {
        what: "an orphaned word never completed by a release",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            "if SHARED && word::free_bits(old) | bit == whole {",
            "if SHARED && word::free_bits(old) == whole {",
        )],
    },
    Entry {
        what: "a whole orphan not counted",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            "            if free == whole {",
            "            if free == whole && false {",
        )],
    },
    Entry {
        what: "an orphan counted that is not whole",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            "            if free == whole {",
            "            if free == whole || true {",
        )],
    },
    Entry {
        what: "a release asks for its whole word when the slot is back",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            "        unsafe { Self::release_slow::<SHARED>(this, line, slot, old, whole, queue, word) }",
            r#"        let whole = if SHARED { pool.whole(word) } else { whole };
        unsafe { Self::release_slow::<SHARED>(this, line, slot, old, whole, queue, word) }"#,
        )],
    },
    Entry {
        what: "a release asks for its pool's queue when the slot is back",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            "        unsafe { Self::release_slow::<SHARED>(this, line, slot, old, whole, queue, word) }",
            r#"        let queue = if SHARED { pool.shared_queue() } else { queue };
        unsafe { Self::release_slow::<SHARED>(this, line, slot, old, whole, queue, word) }"#,
        )],
    },
    Entry {
        what: "a slot remembered when it is back",
        first: "i7_freeing",
        edits: &[
            (
                "raw.rs",
                r#"        pool.line(word).note_return(slot);
"#,
                "",
            ),
            (
                "raw.rs",
                "        if old & (bits | FLAG) == 0 {",
                r#"        pool.line(word).note_return(slot);
        if old & (bits | FLAG) == 0 {"#,
            ),
        ],
    },
    Entry {
        what: "a release of a shared pool reports to the queue in the pool",
        first: "i7_freeing",
        edits: &[
            (
                "raw.rs",
                "                Some(queue) if SHARED => (queue, None),",
                r#"                Some(_) if SHARED => {
                    let pool = unsafe { &*this };
                    (&pool.stable.queue, Some(pool.address()))
                }"#,
            ),
            (
                "raw/waiting.rs",
                "    fn address(&self)",
                "    pub(super) fn address(&self)",
            ),
        ],
    },
    Entry {
        what: "a release of a shared pool serves by its pool",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            "                Some(queue) if SHARED => (queue, None),",
            r#"                Some(queue) if SHARED => {
                    unsafe { &*this }.stable.alive.look();
                    (queue, NonNull::new(this.cast_mut().cast()))
                }"#,
        )],
    },
    Entry {
        what: "a release that does not report",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "if is_only || queue.watch.report().is_waited_for() {",
            "if is_only || queue.watch.glance().is_waited_for() {",
        )],
    },
    Entry {
        what: "a release that serves no waiter",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            "                unsafe { queue.serve(pool, Words::with(word)) };",
            "                let _ = (pool, Words::with(word));",
        )],
    },
    Entry {
        what: "a release asks for a waiter before it reports",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            "            if is_only || queue.watch.report().is_waited_for() {",
            r#"            let known = queue.watch.glance();
            let _ = queue.watch.report();
            if is_only || known.is_waited_for() {"#,
        )],
    },
    Entry {
        what: "the last handle asks for a whole word when it is orphaned",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            r#"            let free = unsafe { Line::orphan(line) };
"#,
            r#"            let free = unsafe { Line::orphan(line) };
            let whole = unsafe { &*this }.whole(word);
"#,
        )],
    },
    Entry {
        what: "a closed pool that is shared is open",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            r#"        if unsafe { this.as_ref() }.is_closed() {
            queue.watch.close();
        }
"#,
            "",
        )],
    },
    Entry {
        what: "a pool that leaves the heap keeps its queue",
        first: "i7_unwrapping",
        edits: &[(
            "raw.rs",
            "(*this.as_ptr()).stable.shared.take() };",
            "(*this.as_ptr()).stable.shared };",
        )],
    },
    Entry {
        what: "a pool that leaves the heap keeps WATCHED",
        first: "i7_unwrapping",
        edits: &[(
            "raw.rs",
            r#"        pool.lines().for_each(|(_, line)| line.clear_watched());
"#,
            "",
        )],
    },
    Entry {
        what: "a pool that ends leaves its waiters queued",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            r#"        if self.queue().watch.glance().is_waited_for() {
            self.close();"#,
            r#"        if false {
            self.close();"#,
        )],
    },
    Entry {
        what: "a pool that ends gives its queue up before its waiters",
        first: "i7_freeing",
        edits: &[(
            "raw.rs",
            r#"        if self.queue().watch.glance().is_waited_for() {
            self.close();
        }
        self.stable.alive.end();
        #[cfg(feature = "alloc")]
        if let Some(queue) = self.stable.shared {
            queue.put();
        }
"#,
            r#"        #[cfg(feature = "alloc")]
        if let Some(queue) = self.stable.shared {
            queue.put();
        }
        if self.queue().watch.glance().is_waited_for() {
            self.close();
        }
        self.stable.alive.end();
"#,
        )],
    },
    Entry {
        what: "the last word counted one off",
        first: "i7_freeing",
        edits: &[(
            "raw/bookkeeping.rs",
            "incomplete.fetch_sub(1, Ordering::AcqRel) == 1",
            "incomplete.fetch_sub(1, Ordering::AcqRel) <= 2",
        )],
    },
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
            "const ONE_REPORT: usize = 1 << 5;",
            "const ONE_REPORT: usize = 1 << (usize::BITS - 1);",
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
            "        let confirmed = Ok::<usize, usize>(self.0.fetch_or(EXHAUSTED, Ordering::Relaxed));",
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
    Entry {
        what: "a settled lock that settles nothing",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            r#"            if self.left.is_empty() {
                return held;"#,
            r#"            if true {
                return held;"#,
        )],
    },
    Entry {
        what: "word left meanwhile is not looked for",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            "        if !self.left.is_empty() {",
            "        if false {",
        )],
    },
    Entry {
        what: "word left is not looked for after unlocking",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            "next = self.lock_if_left();",
            "next = None;",
        )],
    },
    Entry {
        what: "no second look at the lock",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            r#"            // The holder may have let go, and looked for word, before it was left.
            // SAFETY: as the caller promises.
            unsafe { self.serve_by(self.try_lock(), pool, Words::NONE) };
"#,
            "",
        )],
    },
    Entry {
        what: "a release that may not know how to serve",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            "        fence(Ordering::Acquire);\n",
            "",
        )],
    },
    Entry {
        what: "a waiter that does not say how to serve",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "                Queue::let_serve();\n",
            "",
        )],
    },
    Entry {
        what: "a waiter that says how to serve after it waits",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"                Queue::let_serve();
                let known = queue.watch.start_waiting();"#,
            r#"                let known = queue.watch.start_waiting();
                Queue::let_serve();"#,
        )],
    },
    Entry {
        what: "no word is left",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            r#"            self.left.add(words);
"#,
            "",
        )],
    },
    Entry {
        what: "words that may have more are forgotten",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            "self.queue.left.add(core::mem::replace(&mut words, Words::NONE));",
            "words = Words::NONE;",
        )],
    },
    Entry {
        what: "a panic keeps word that was left",
        first: "i9_panics",
        edits: &[(
            "raw/queue.rs",
            "let next = if self.looked { None } else { self.lock_if_left() };",
            "let next = None;",
        )],
    },
    Entry {
        what: "a panic keeps wakers",
        first: "i9_panics",
        edits: &[(
            "raw/queue.rs",
            r#"                self.serve(next, Words::NONE);
"#,
            r#"                let wakers = core::mem::replace(&mut self.wakers, [const { None }; AT_ONCE]);
                self.serve(next, Words::NONE);
                drop(wakers);
"#,
        )],
    },
    Entry {
        what: "serves without waking",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            "self.wakers.iter_mut().filter_map(Option::take).for_each(Waker::wake);",
            "self.wakers.iter_mut().filter_map(Option::take).for_each(drop);",
        )],
    },
    Entry {
        what: "wakes under the lock",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            "                    drop(held);\n",
            "                    self.wake();\n                    drop(held);\n",
        )],
    },
    Entry {
        what: "wakes before it looks for word",
        first: "i5_waiting",
        edits: &[(
            "raw/queue.rs",
            "                    if self.wakers.iter().all(Option::is_some) {",
            "                    if true {",
        )],
    },
    Entry {
        what: "wakes before it serves",
        first: "i5_waiting",
        edits: &[
            (
                "raw/queue.rs",
                r#"                        // SAFETY: as `serve_by`'s caller promises.
                        *waker = unsafe { held.serve_oldest(self.pool, &mut words) };
"#,
                r#"                        let oldest = held.0.waiters.oldest().and_then(|(oldest, _)| oldest.waker());
                        if let Some(waker) = oldest {
                            drop(held);
                            waker.wake();
                            held = self.queue.lock();
                        }
                        drop(unsafe { held.serve_oldest(self.pool, &mut words) });
                        *waker = None;
"#,
            ),
            (
                "raw/waiters.rs",
                "    fn settle(self, outcome: State)",
                r#"    pub(super) fn waker(&self) -> Option<Waker> {
        with_link(self.node, |link| match &link.state {
            State::Queued(waker) => Some(waker.clone()),
            _ => None,
        })
    }

    fn settle(self, outcome: State)"#,
            ),
        ],
    },
    Entry {
        what: "a queue that does not know its pool",
        first: "i7_freeing",
        edits: &[(
            "raw/queue.rs",
            "queue.waiters.lock().pool = Some(pool);",
            "let _ = pool;",
        )],
    },
    Entry {
        what: "a queue used again serves its last pool",
        first: "i7_freeing",
        edits: &[(
            "raw/queue.rs",
            "queue.waiters.lock().pool = Some(pool);",
            "queue.waiters.lock().pool.get_or_insert(pool);",
        )],
    },
    Entry {
        what: "two threads take a queue at once",
        first: "i7_freeing",
        edits: &[(
            "raw/queue.rs",
            r#"            let _taking = TAKING[0].lock();
"#,
            "",
        )],
    },
    Entry {
        what: "a claim that passes waiters",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "let may = !queue.watch.glance().diverts();",
            "let may = !queue.watch.glance().is_closed();",
        )],
    },
    Entry {
        what: "a newcomer passes a closed pool",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "let may = !queue.watch.glance().diverts();",
            "let may = !queue.watch.glance().is_waited_for();",
        )],
    },
    Entry {
        what: "a claim that is diverted settles nothing",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"let held = unsafe { queue.settle(Some(self.address())) };
        let may"#,
            r#"let held = queue.lock();
        let may"#,
        )],
    },
    Entry {
        what: "a confirmed search that settles nothing",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"let held = unsafe { queue.settle(Some(self.address())) };
        if queue.watch.start_waiting()"#,
            r#"let held = queue.lock();
        if queue.watch.start_waiting()"#,
        )],
    },
    Entry {
        what: "a confirmed search that does not keep the lock",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"let held = unsafe { queue.settle(Some(self.address())) };
        if queue.watch.start_waiting()"#,
            r#"drop(queue.lock());
        let held = ();
        if queue.watch.start_waiting()"#,
        )],
    },
    Entry {
        what: "what is known is looked at after the search",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            "        if !known.is_clearing() && confirmed(known) {",
            r#"        let _ = known;
        let known = self.queue().watch.look();
        if !known.is_clearing() && confirmed(known) {"#,
        )],
    },
    Entry {
        what: "confirmed while a word is cleared",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            "        if !known.is_clearing() && confirmed(known) {",
            "        if confirmed(known) {",
        )],
    },
    Entry {
        what: "a confirmed search that disregards waiters",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "if queue.watch.start_waiting().diverts() {",
            "if queue.watch.start_waiting().is_closed() {",
        )],
    },
    Entry {
        what: "a confirmed search that disregards closing",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "if queue.watch.start_waiting().diverts() {",
            "if queue.watch.start_waiting().is_waited_for() {",
        )],
    },
    Entry {
        what: "one search under the lock whatever is reported",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            "if found.is_some() || queue.watch.is_still(known) {",
            r#"let _ = known;
            if true {"#,
        )],
    },
    Entry {
        what: "a confirmed search leaves WAITING",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            r#"        queue.watch.stop_waiting();
        drop(held);
"#,
            r#"        drop(held);
"#,
        )],
    },
    Entry {
        what: "a claim that is diverted serves nothing left",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"        self.serve_left();
        may"#,
            "        may",
        )],
    },
    Entry {
        what: "a search that is diverted serves nothing left",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"            self.serve_left();
            return None;"#,
            "            return None;",
        )],
    },
    Entry {
        what: "a confirmed search serves nothing left",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "        self.serve_left_and_keep(found.unwrap_or(SlotSet::EMPTY));\n",
            "",
        )],
    },
    Entry {
        what: "the end of watching serves nothing left",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"        drop(held);
        self.serve_left();
    }
"#,
            r#"        drop(held);
    }
"#,
        )],
    },
    Entry {
        what: "a look for an idle pool serves nothing left",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            r#"        self.serve_left();
        is_idle"#,
            "        is_idle",
        )],
    },
    Entry {
        what: "a task that queues serves nothing left",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"                    self.serve_left();
                    return (Poll::Pending, None);"#,
            "                    return (Poll::Pending, None);",
        )],
    },
    Entry {
        what: "a poll that has a slot serves nothing left",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"                self.serve_left_and_keep(SlotSet::of(bit));
                (answer"#,
            r#"                let _ = bit;
                (answer"#,
        )],
    },
    Entry {
        what: "a poll that has none serves nothing left",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"                self.serve_left();
                (other"#,
            "                (other",
        )],
    },
    Entry {
        what: "a served waiter that goes serves nothing left",
        first: "i6_cancelling",
        edits: &[(
            "raw/waiting.rs",
            r#"            self.serve_left_and_keep(SlotSet::of(bit));
            return (Some(bit)"#,
            "            return (Some(bit)",
        )],
    },
    Entry {
        what: "a waiter that goes serves nothing left",
        first: "i6_cancelling",
        edits: &[(
            "raw/waiting.rs",
            r#"        self.serve_left();
        (None, waker)"#,
            "        (None, waker)",
        )],
    },
    Entry {
        what: "a panic keeps a claimed slot",
        first: "i9_panics",
        edits: &[(
            "raw/waiting.rs",
            "        while let Some(bit) = self.slots.pop_lowest() {",
            "        while let Some(bit) = self.slots.pop_lowest().filter(|_| false) {",
        )],
    },
    Entry {
        what: "a search of the first word",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "self.lines().find_map(|(word, line)| Some(BitIndex::new(word, line.claim_or_watch()?)))",
            "self.lines().take(1).find_map(|(word, line)| Some(BitIndex::new(word, line.claim_or_watch()?)))",
        )],
    },
    Entry {
        what: "watching ends without the lock",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "let Some(held) = queue.try_lock() else { return };",
            "let held = ();",
        )],
    },
    Entry {
        what: "watching ends whatever is known",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "        if queue.watch.start_clearing() {",
            "        if queue.watch.start_clearing() || true {",
        )],
    },
    Entry {
        what: "watching ends without a word",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            r#"        if queue.watch.start_clearing() {
            self.line(word).clear_watched();
            queue.watch.stop_clearing();
        }"#,
            r#"        if !queue.watch.glance().diverts() {
            self.line(word).clear_watched();
        }"#,
        )],
    },
    Entry {
        what: "WATCHED left after the last waiter",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "if self.words() == 1 && !queue.watch.glance().is_closed() {",
            "if false {",
        )],
    },
    Entry {
        what: "the last waiter opens a closed pool",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "if self.words() == 1 && !queue.watch.glance().is_closed() {",
            "if self.words() == 1 {",
        )],
    },
    Entry {
        what: "the last waiter ends the watching of the first word",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            "if self.words() == 1 && !queue.watch.glance().is_closed() {",
            "if !queue.watch.glance().is_closed() {",
        )],
    },
    Entry {
        what: "unwrapped without the lock",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            r#"        let held = queue.lock();
        let is_idle"#,
            r#"        let held = ();
        let is_idle"#,
        )],
    },
    Entry {
        what: "unwrapped while a waiter is queued",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            "let is_idle = !queue.watch.glance().diverts()",
            "let is_idle = !queue.watch.glance().is_closed()",
        )],
    },
    Entry {
        what: "unwrapped though it is closed",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            "let is_idle = !queue.watch.glance().diverts()",
            "let is_idle = !queue.watch.glance().is_waited_for()",
        )],
    },
    Entry {
        what: "unwrapped while slots of the second word are on loan",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            "self.lines().all(|(word, line)| line.is_whole(self.whole(word)));",
            "self.lines().take(1).all(|(word, line)| line.is_whole(self.whole(word)));",
        )],
    },
    Entry {
        what: "WAITING after the search",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"                let known = queue.watch.start_waiting();
                // Exhausted when this task began to wait, or, by a search under the lock, since then.
                let found = if known.diverts() || known.is_exhausted() {
                    None
                } else {
                    self.claim_or_watch()
                };
"#,
            r#"                let known = queue.watch.look();
                // Exhausted when this task began to wait, or, by a search under the lock, since then.
                let found = if known.diverts() || known.is_exhausted() {
                    None
                } else {
                    self.claim_or_watch()
                };
                queue.watch.start_waiting();
"#,
        )],
    },
    Entry {
        what: "a task that queues searches nothing",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "if known.diverts() || known.is_exhausted() {",
            "if known.diverts() || known.is_exhausted() || true {",
        )],
    },
    Entry {
        what: "every waiter searches as if it were the first",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "if known.diverts() || known.is_exhausted() {",
            "if known.is_closed() || known.is_exhausted() {",
        )],
    },
    Entry {
        what: "a closed pool is searched",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "if known.diverts() || known.is_exhausted() {",
            "if known.is_waited_for() || known.is_exhausted() {",
        )],
    },
    Entry {
        what: "waits for a closed pool",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"                if known.is_closed() {
                    Poll"#,
            r#"                if false {
                    Poll"#,
        )],
    },
    Entry {
        what: "a slot found at last leaves WAITING",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"                    self.stop_waiting(queue);
                    Poll"#,
            "                    Poll",
        )],
    },
    Entry {
        what: "the last waiter that goes leaves WAITING",
        first: "i6_cancelling",
        edits: &[(
            "raw/waiting.rs",
            "if look == Look::Queued && waiters.is_empty() {",
            "if false {",
        )],
    },
    Entry {
        what: "a waiter that goes ends WAITING for others",
        first: "i6_cancelling",
        edits: &[(
            "raw/waiting.rs",
            "if look == Look::Queued && waiters.is_empty() {",
            "if look == Look::Queued {",
        )],
    },
    Entry {
        what: "the last waiter that is served leaves WAITING",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"            pool.stop_waiting(queue);
"#,
            "",
        )],
    },
    Entry {
        what: "a served waiter ends WAITING for others",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"        if was_last {
            pool.stop"#,
            r#"        if was_last || true {
            pool.stop"#,
        )],
    },
    Entry {
        what: "serves after closing",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"        if queue.watch.glance().is_closed() {
            *words = Words::NONE;
            return None;
        }
"#,
            "",
        )],
    },
    Entry {
        what: "serves no waiter",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "oldest.serve(pool.claim_in(words)?);",
            "oldest.serve(pool.claim_in(words).filter(|_| false)?);",
        )],
    },
    Entry {
        what: "closes without the lock",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"            let _waiters = queue.lock();
"#,
            r#"            drop(queue.lock());
"#,
        )],
    },
    Entry {
        what: "closing leaves the words as they are",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "            line.watch();",
            "            let _ = line;",
        )],
    },
    Entry {
        what: "closing watches the first word only",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "        for (_, line) in self.lines() {",
            "        for (_, line) in self.lines().take(1) {",
        )],
    },
    Entry {
        what: "closing wakes under the lock",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"                    drop(waiters);
                    if let Some(waker) = waker {
                        waker.wake();
                    }
"#,
            r#"                    if let Some(waker) = waker {
                        waker.wake();
                    }
                    drop(waiters);
"#,
        )],
    },
    Entry {
        what: "closing turns one waiter away",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"                    drop(waiters);
                    if let Some(waker) = waker {
                        waker.wake();
                    }
"#,
            r#"                    drop(waiters);
                    if let Some(waker) = waker {
                        waker.wake();
                    }
                    return;
"#,
        )],
    },
    Entry {
        what: "closing wakes no waiter",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"                    drop(waiters);
                    if let Some(waker) = waker {
                        waker.wake();
                    }
"#,
            r#"                    drop(waiters);
                    if let Some(waker) = waker {
                        drop(waker);
                    }
"#,
        )],
    },
    Entry {
        what: "closing stops at a panic",
        first: "i9_panics",
        edits: &[(
            "raw/waiting.rs",
            r#"            fn drop(&mut self) {
                self.all();"#,
            "            fn drop(&mut self) {",
        )],
    },
    Entry {
        what: "last come first served",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            "let node = with_link(self.newest?, |link| link.newer)?;",
            "let node = self.newest?;",
        )],
    },
    Entry {
        what: "a cancelled waiter stays queued",
        first: "i6_cancelling",
        edits: &[(
            "raw/waiters.rs",
            "        if look == Look::Queued {",
            "        if look == Look::Queued && false {",
        )],
    },
    Entry {
        what: "the newest goes, and stays the newest",
        first: "i6_cancelling",
        edits: &[(
            "raw/waiters.rs",
            "        if self.newest == Some(node) {",
            "        if false {",
        )],
    },
    Entry {
        what: "the newest goes, and the queue has no end",
        first: "i6_cancelling",
        edits: &[(
            "raw/waiters.rs",
            "            self.newest = Some(older);",
            "            self.newest = None;",
        )],
    },
    Entry {
        what: "the only one goes, and stays the newest",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            r#"        if older == node {
            self.newest = None;"#,
            "        if older == node {",
        )],
    },
    Entry {
        what: "a served waiter stays queued",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            r#"        self.waiters.unlink(self.node);
"#,
            "",
        )],
    },
    Entry {
        what: "no waiter is the last",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            "(waker, self.waiters.is_empty())",
            "(waker, false)",
        )],
    },
    Entry {
        what: "the first waker is kept",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            "                core::mem::swap(left, waker);",
            "                let _ = left;",
        )],
    },
    Entry {
        what: "a newcomer is put before the newest",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            "let (older, newer) = match self.newest.replace(this) {",
            "let (older, newer) = match self.newest.or_else(|| self.newest.replace(this)) {",
        )],
    },
    Entry {
        what: "a cancelled waiter keeps its slot",
        first: "i6_cancelling",
        edits: &[(
            "guard/acquire.rs",
            "unsafe { pool.release(bit) };",
            "let _ = bit;",
        )],
    },
    Entry {
        what: "an acquire that claims again after its answer",
        first: "i6_cancelling",
        edits: &[
            (
                "guard/acquire.rs",
                r#"let is_new = core::mem::replace(&mut this.is_new, false);"#,
                r#"let is_new = this.node.is_none();"#,
            ),
        ],
    },
    Entry {
        what: "frozen with a share too many",
        first: "i3_shares",
        edits: &[(
            "guard/frozen.rs",
            "slot.header().shares().store(1, Ordering::Relaxed);",
            "slot.header().shares().store(2, Ordering::Relaxed);",
        )],
    },
    Entry {
        what: "thaws while there is another share",
        first: "i3_shares",
        edits: &[(
            "guard/frozen.rs",
            "if self.slot.header().shares().peek(Ordering::Acquire) != 1 {",
            "if self.slot.header().shares().peek(Ordering::Acquire) > 2 {",
        )],
    },
    Entry {
        what: "the last but one takes itself for the last",
        first: "i3_shares",
        edits: &[(
            "guard/frozen.rs",
            "if shares.peek(Ordering::Acquire) != 1",
            "if shares.peek(Ordering::Acquire) > 2",
        )],
    },
    Entry {
        what: "no look before a share goes",
        first: "i3_shares",
        edits: &[(
            "guard/frozen.rs",
            r#"if shares.peek(Ordering::Acquire) != 1
            // Ordering: Release as said above; Acquire for the one that turns out to be last.
            && "#,
            "if ",
        )],
    },
    Entry {
        what: "the last share counted one off",
        first: "i3_shares",
        edits: &[(
            "guard/frozen.rs",
            "&& shares.fetch_sub(1, Ordering::AcqRel) != 1",
            "&& shares.fetch_sub(1, Ordering::AcqRel) > 2",
        )],
    },
    Entry {
        what: "a share that is not counted",
        first: "i3_shares",
        edits: &[(
            "guard/frozen.rs",
            "if shares.fetch_add(1, Ordering::Relaxed) >= MAX_SHARES {",
            "if shares.fetch_add(0, Ordering::Relaxed) >= MAX_SHARES {",
        )],
    },
    Entry {
        what: "the hook runs when the slot is back",
        first: "i9_panics",
        edits: &[
            (
                "guard/pool_ref.rs",
                "        unsafe { Self { pool, bit }.recycle() };",
                r#"        drop(_back);
        unsafe { Self { pool, bit }.recycle() };"#,
            ),
        ],
    },
    Entry {
        what: "a hook that panics keeps the slot",
        first: "i9_panics",
        edits: &[
            (
                "guard/pool_ref.rs",
                r#"let _back = Back(pool, bit);"#,
                r#"let back = core::mem::ManuallyDrop::new(Back(pool, bit));"#,
            ),
            (
                "guard/pool_ref.rs",
                "        unsafe { Self { pool, bit }.recycle() };",
                r#"        unsafe { Self { pool, bit }.recycle() };
        drop(core::mem::ManuallyDrop::into_inner(back));"#,
            ),
        ],
    },
    Entry {
        what: "a local loan that is lost with its thread",
        first: "i4_handover",
        edits: &[(
            "guard/local_loan.rs",
            "                    free.set(slots);",
            "",
        )],
    },
    Entry {
        what: "a hook that panics costs a local slot",
        first: "i9_panics",
        edits: &[
            (
                "guard/local_loan.rs",
                "let _back = Back(self);",
                "let back = core::mem::ManuallyDrop::new(Back(self));",
            ),
            (
                "guard/local_loan.rs",
                "        unsafe { self.slot.recycle() };",
                r#"        unsafe { self.slot.recycle() };
        drop(core::mem::ManuallyDrop::into_inner(back));"#,
            ),
        ],
    },
    Entry {
        what: "a slot of another word in the set",
        first: "i1_one_holder",
        edits: &[(
            "raw/word.rs",
            "let is_of_word = slot.word() == self.word;",
            "let is_of_word = true;",
        )],
    },
    Entry {
        what: "a local loan is lent again before it is dropped",
        first: "i1_one_holder",
        edits: &[(
            "pool/local.rs",
            "        self.free.set(free);",
            "",
        )],
    },
    Entry {
        what: "what is not split off is kept",
        first: "i2_permits",
        edits: &[
            (
                "guard/run.rs",
                r#"        if !self.is_empty() {"#,
                r#"        if false {"#,
            ),
        ],
    },
    Entry {
        what: "one slot given back and not the rest",
        first: "i2_permits",
        edits: &[
            (
                "guard/run.rs",
                r#"while let Some(bit) = self.1.pop_lowest() {"#,
                r#"if let Some(bit) = core::mem::replace(&mut self.1, SlotSet::EMPTY).lowest() {"#,
            ),
        ],
    },
    Entry {
        what: "a panic keeps the rest",
        first: "i9_panics",
        edits: &[(
            "guard/run.rs",
            "            self.give();",
            "",
        )],
    },
    Entry {
        what: "a reserve that gives nothing back",
        first: "i2_permits",
        edits: &[
            (
                "pool/reserve.rs",
                r#"drop(unsafe { Claimed::new(self.pool, slots) });"#,
                r#"let _ = slots;"#,
            ),
        ],
    },
    Entry {
        what: "the last handle does not close",
        first: "i7_closing",
        edits: &[(
            "pool/shared.rs",
            "        self.close();",
            "",
        )],
    },
    Entry {
        what: "a handle that is not counted",
        first: "i7_closing",
        edits: &[(
            "pool/shared.rs",
            "let handles = self.block().handles.0.fetch_add(1, Ordering::Relaxed);",
            "let handles = self.block().handles.0.fetch_add(0, Ordering::Relaxed);",
        )],
    },
    Entry {
        what: "the last but one handle ends the pool",
        first: "i7_closing",
        edits: &[(
            "pool/shared.rs",
            "if self.block().handles.0.fetch_sub(1, Ordering::AcqRel) != 1 {",
            "if self.block().handles.0.fetch_sub(1, Ordering::AcqRel) > 2 {",
        )],
    },
    Entry {
        what: "exclusive beside others",
        first: "i7_freeing",
        edits: &[
            (
                "pool/shared.rs",
                r#"self.block().handles.0.load(Ordering::Acquire) == 1"#,
                r#"self.block().handles.0.load(Ordering::Acquire) >= 1"#,
            ),
        ],
    },
    Entry {
        what: "the last release frees nothing",
        first: "i7_freeing",
        edits: &[(
            "pool/shared.rs",
            "    if outcome == Release::Last {",
            "    if outcome == Release::Last && false {",
        )],
    },
    Entry {
        what: "a shared pool without a queue apart",
        first: "i7_freeing",
        edits: &[(
            "pool/shared.rs",
            r#"        unsafe { RawPool::share(raw_of(block)) };
"#,
            "",
        )],
    },
];

/// Returns the mutants of the table.
pub(crate) fn mutants(sources: &[Source]) -> Result<Vec<Mutant>> {
    TABLE.iter().map(|entry| mutant(entry, sources)).collect()
}

fn mutant(entry: &Entry, sources: &[Source]) -> Result<Mutant> {
    let mut changed: Vec<Source> = Vec::new();
    let mut place = None;
    for (file, from, to) in entry.edits {
        let before = changed.iter().position(|(name, _)| name == file);
        let text = match before {
            Some(at) => changed.swap_remove(at).1,
            None => {
                let source = sources.iter().find(|(name, _)| name == file);
                source.ok_or_else(|| format!("{}: no {file}", entry.what))?.1.clone()
            }
        };
        let found: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
        let [at] = found[..] else {
            return Err(format!("{}: {file} has {} times: {from}", entry.what, found.len()));
        };
        let at = at + from.len() - from.trim_start().len();
        place.get_or_insert_with(|| {
            let line = text[..at].matches('\n').count() + 1;
            (line, from.trim_start().lines().next().unwrap_or_default().to_owned())
        });
        changed.push(((*file).to_owned(), text.replacen(from, to, 1)));
    }
    let (line, code) = place.ok_or("a mutant that changes nothing")?;
    let (file, what) = (entry.edits[0].0.to_owned(), entry.what.to_owned());
    Ok(Mutant { file, line, code, what, changed, first: vec![entry.first] })
}
