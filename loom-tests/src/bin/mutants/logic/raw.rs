//! Mutants of claims, releases and the end of a pool.

use super::Entry;

#[rustfmt::skip]
pub(super) const TABLE: &[Entry] = &[
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
            "                let _: (Option<NonNull<()>>, Words) = (pool, Words::with(word));",
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
];
