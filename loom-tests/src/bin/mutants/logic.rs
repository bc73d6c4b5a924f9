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
        first: "i1_one_holder",
        edits: &[(
            "raw/free_list.rs",
            "self.word.fetch_and(FLAG, Ordering::Acquire)",
            "self.word.fetch_and(0, Ordering::Acquire)",
        )],
    },
    Entry {
        what: "WAITERS not raised",
        first: "i5_waiting",
        edits: &[(
            "raw/free_list.rs",
            "self.word.fetch_or(WAITERS, Ordering::Release)",
            "self.word.fetch_or(0, Ordering::Release)",
        )],
    },
    Entry {
        what: "ORPHANED not raised",
        first: "i7_closing",
        edits: &[(
            "raw/free_list.rs",
            "word.fetch_xor(WAITERS ^ ORPHANED, Ordering::Release)",
            "word.fetch_xor(0, Ordering::Release)",
        )],
    },
    Entry {
        what: "WAITERS not taken down",
        first: "i7_closing",
        edits: &[(
            "raw/free_list.rs",
            "self.word.fetch_and(!WAITERS, Ordering::Relaxed);",
            "",
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
        what: "a fast claim that passes waiters",
        first: "i5_waiting",
        edits: &[(
            "raw/word.rs",
            "    if below & !(Word::MAX >> 1) != 0 {",
            "    if free_bits(word) == 0 {",
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
        what: "a claim that ignores the gate",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"    pub(crate) fn claim(&self) -> Option<BitIndex> {
        if self.gate() != 0 && !self.may_claim() {
            return None;
        }
"#,
            r#"    pub(crate) fn claim(&self) -> Option<BitIndex> {
"#,
        )],
    },
    Entry {
        what: "a hinted claim that ignores the gate",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        if self.gate() != 0 && !self.may_claim() {
            return None;
        }
        let word = self.word_of(hint.bit);"#,
            "        let word = self.word_of(hint.bit);",
        )],
    },
    Entry {
        what: "a run that ignores the gate",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        if self.gate() != 0 && !self.may_claim() {
            return None;
        }
        let found = self.scan_chosen(&choose);"#,
            "        let found = self.scan_chosen(&choose);",
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
            "if hint.sure && self.line(word).claim(hint.bit.slot()) {",
            "if hint.sure {",
        )],
    },
    Entry {
        what: "no sure look in one word",
        first: "i2_permits",
        edits: &[(
            "raw.rs",
            "return self.scan_newest();",
            "return None;",
        )],
    },
    Entry {
        what: "no confirmation over several words",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "self.confirm(Self::set_waiters_and_scan)",
            "None",
        )],
    },
    Entry {
        what: "no confirmation for a run",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "if found.is_some() || self.bookkeeping.lines().len() == 1 || choose(WHOLE).is_none() {",
            "if found.is_some() || !self.bookkeeping.lines().is_empty() {",
        )],
    },
    Entry {
        what: "a run confirmed without WAITERS",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "line.set_waiters();",
            "let _ = line;",
        )],
    },
    Entry {
        what: "a run confirmed with WAITERS in one word only",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "for line in pool.bookkeeping.lines() {",
            "for line in pool.bookkeeping.lines().iter().take(1) {",
        )],
    },
    Entry {
        what: "a release that does not look for WAITERS",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            "if old & (bits | FLAG) == 0 {",
            "if old & bits == 0 && old & FLAG != word::ORPHANED {",
        )],
    },
    Entry {
        what: "a release that does not look for ORPHANED",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "if old & (bits | FLAG) == 0 {",
            "if old & bits == 0 && old & FLAG != WAITERS {",
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
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "if SHARED && word::free_bits(old) | bit == whole {",
            "if SHARED {",
        )],
    },
    Entry {
        what: "an orphaned word never completed by a release",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "if SHARED && word::free_bits(old) | bit == whole {",
            "if SHARED && word::free_bits(old) == whole {",
        )],
    },
    Entry {
        what: "a whole orphan not counted",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "            if free == whole {",
            "            if free == whole && false {",
        )],
    },
    Entry {
        what: "an orphan counted that is not whole",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "            if free == whole {",
            "            if free == whole || true {",
        )],
    },
    Entry {
        what: "a release reads its pool's number when the slot is back",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            r#"            let id = if SHARED {
                id
            } else {"#,
            r#"            let id = if SHARED {
                unsafe { &*this }.id_if_any()
            } else {"#,
        )],
    },
    Entry {
        what: "a release asks for its whole word when the slot is back",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "        unsafe { Self::release_slow::<SHARED>(this, line, bits, whole, id, old) }",
            r#"        let whole = if SHARED { pool.whole(word) } else { whole };
        unsafe { Self::release_slow::<SHARED>(this, line, bits, whole, id, old) }"#,
        )],
    },
    Entry {
        what: "the last handle asks for a whole word when it is orphaned",
        first: "i7_closing",
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
        what: "the last word counted one off",
        first: "i7_closing",
        edits: &[(
            "raw/bookkeeping.rs",
            "incomplete.fetch_sub(1, Ordering::AcqRel) == 1",
            "incomplete.fetch_sub(1, Ordering::AcqRel) <= 2",
        )],
    },
    Entry {
        what: "a release that may not know its pool's number",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            "                fence(Ordering::Acquire);",
            "",
        )],
    },
    Entry {
        what: "of two numbers the loser trusts its own",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            "set.map_or_else(Id::new, |_| unique)",
            "set.map_or(unique, |_| unique)",
        )],
    },
    Entry {
        what: "locks the queue of a pool without a number",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"        let _queue = self.id().lock();
        if self.gate_locked() != 0 {"#,
            r#"        let _queue = self.id_if_any().lock();
        if self.gate_locked() != 0 {"#,
        )],
    },
    Entry {
        what: "a claim that passes waiters",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "        self.gate_locked() == 0\n",
            "        self.gate_locked() & CLOSED == 0\n",
        )],
    },
    Entry {
        what: "a newcomer passes a closed pool",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "        self.gate_locked() == 0\n",
            "        self.gate_locked() & !CLOSED == 0\n",
        )],
    },
    Entry {
        what: "a look that does not keep the lock",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            r#"        let _queue = self.id().lock();
        if self.gate_locked() != 0 {"#,
            r#"        let _ = self.id().lock();
        if self.gate_locked() != 0 {"#,
        )],
    },
    Entry {
        what: "a confirmed scan that disregards waiters",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"        if self.gate_locked() != 0 {
            // Closed"#,
            r#"        if false {
            // Closed"#,
        )],
    },
    Entry {
        what: "a look that leaves WAITERS up",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"        self.clear_waiters();
        found"#,
            "        found",
        )],
    },
    Entry {
        what: "queued without a last look",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "let mut free = line.set_waiters();",
            "let mut free = { line.set_waiters(); 0 };",
        )],
    },
    Entry {
        what: "a last look that trusts what it saw",
        first: "i1_one_holder",
        edits: &[(
            "raw/waiting.rs",
            r#"                if line.claim(slot) {
                    line.note(slot);
                    return Some(BitIndex::new(word, slot));
                }
                free &= !word::bit(slot);"#,
            "                { line.claim(slot); line.note(slot); free = 0; let _ = free; return Some(BitIndex::new(word, slot)); }",
        )],
    },
    Entry {
        what: "a last look at one slot of a word",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"            while let Some(slot) = word::lowest(free) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(BitIndex::new(word, slot));
                }
                free &= !word::bit(slot);"#,
            r#"            if let Some(slot) = word::lowest(free) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(BitIndex::new(word, slot));
                }
                free &= !word::bit(slot);"#,
        )],
    },
    Entry {
        what: "serves from the first word only",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        for (word, line) in self.bookkeeping.lines().iter().enumerate() {
            while let Some(slot) = word::lowest(line.newest()) {"#,
            r#"        for (word, line) in self.bookkeeping.lines().iter().enumerate().take(1) {
            while let Some(slot) = word::lowest(line.newest()) {"#,
        )],
    },
    Entry {
        what: "the first waiter raises nothing",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"        if gate == 0 {
            if let"#,
            r#"        if gate == 0 && false {
            if let"#,
        )],
    },
    Entry {
        what: "every waiter looks as if it were the first",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"        if gate == 0 {
            if let"#,
            r#"        if gate == 0 || true {
            if let"#,
        )],
    },
    Entry {
        what: "a waiter that is not counted",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "        self.set_gate(one_more);",
            "        let _ = one_more;",
        )],
    },
    Entry {
        what: "a slot found at last leaves WAITERS up",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"                self.set_gate(0);
                self.clear_waiters();
"#,
            r#"                self.set_gate(0);
"#,
        )],
    },
    Entry {
        what: "a slot found at last leaves the gate up",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            r#"                self.set_gate(0);
                self.clear_waiters();
"#,
            r#"                self.clear_waiters();
"#,
        )],
    },
    Entry {
        what: "waits for a closed pool",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "        if gate & CLOSED != 0 {",
            "        if false {",
        )],
    },
    Entry {
        what: "a cancelled waiter still counted",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            r#"                self.one_waiter_less();
                (None, waker)"#,
            "                (None, waker)",
        )],
    },
    Entry {
        what: "WAITERS left up after the last waiter",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "        if gate == 0 {\n            self.clear_waiters();",
            "        if false {\n            self.clear_waiters();",
        )],
    },
    Entry {
        what: "WAITERS taken down while others wait",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "        if gate == 0 {\n            self.clear_waiters();",
            "        if true {\n            self.clear_waiters();",
        )],
    },
    Entry {
        what: "serves after closing",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "        if pool.is_closed() {",
            "        if false {",
        )],
    },
    Entry {
        what: "serves no waiter",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "let waker = oldest.serve(pool.scan_newest()?);",
            "let waker = oldest.serve(pool.scan_newest().filter(|_| false)?);",
        )],
    },
    Entry {
        what: "a served waiter still counted",
        first: "i2_several_words",
        edits: &[(
            "raw/waiting.rs",
            "        pool.one_waiter_less();\n",
            "",
        )],
    },
    Entry {
        what: "serves without waking",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"    if let Some(waker) = waker {
        waker.wake();"#,
            r#"    if let Some(waker) = waker {
        drop(waker);"#,
        )],
    },
    Entry {
        what: "wakes before it serves",
        first: "i5_waiting",
        edits: &[
            (
                "raw/waiting.rs",
                r#"    let Some((oldest, serve_oldest)) = queue.oldest(id) else { return };
    // SAFETY: a waiter for this pool, which brought the function, is queued.
    let waker = unsafe { serve_oldest(this, oldest) };
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
"#,
                r#"    let waker = queue.oldest(id).and_then(|(oldest, _)| oldest.waker());
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
    let mut queue = id.lock();
    if let Some((oldest, serve_oldest)) = queue.oldest(id) {
        drop(unsafe { serve_oldest(this, oldest) });
    }
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
        what: "wakes under the lock",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            r#"    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
"#,
            r#"    if let Some(waker) = waker {
        waker.wake();
    }
    drop(queue);
"#,
        )],
    },
    Entry {
        what: "closes without saying so",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "self.set_gate(self.gate_locked() | CLOSED);",
            "",
        )],
    },
    Entry {
        what: "closes without the lock",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"            let _queue = self.id().lock();
            self.set_gate(self.gate_locked() | CLOSED);"#,
            r#"            let _ = self.id().lock();
            self.set_gate(self.gate_locked() | CLOSED);"#,
        )],
    },
    Entry {
        what: "closing wakes under the lock",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            r#"                    let oldest = id.lock().oldest(id).and_then(|(oldest, _)| oldest.turn_away());
                    match oldest {"#,
            "                    match id.lock().oldest(id).and_then(|(oldest, _)| oldest.turn_away()) {",
        )],
    },
    Entry {
        what: "closing leaves the words as they are",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "                line.set_waiters();",
            "                let _ = line;",
        )],
    },
    Entry {
        what: "closing takes WAITERS down with the last waiter",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "        if gate == 0 {\n            self.clear_waiters();",
            "        if gate & !CLOSED == 0 {\n            self.clear_waiters();",
        )],
    },
    Entry {
        what: "closing turns one waiter away",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "Some(waker) => waker.wake(),",
            r#"Some(waker) => {
                            waker.wake();
                            return;
                        }"#,
        )],
    },
    Entry {
        what: "closing wakes no waiter",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "Some(waker) => waker.wake(),",
            "Some(waker) => drop(waker),",
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
        what: "a pool that ends leaves its waiters queued",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "        if gate != 0 && gate & CLOSED == 0 {",
            "        if false {",
        )],
    },
    Entry {
        what: "last come first served",
        first: "i5_waiting",
        edits: &[
            (
                "raw/waiters.rs",
                "        let mut next = self.oldest;",
                "        let mut next = self.newest;",
            ),
            (
                "raw/waiters.rs",
                "_ => Err(link.newer),",
                "_ => Err(link.older),",
            ),
        ],
    },
    Entry {
        what: "serves another pool's waiter",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            "Some((id, server)) if id == pool => ",
            "Some((_, server)) => ",
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
        what: "the newest goes, and the queue has no end",
        first: "i6_cancelling",
        edits: &[(
            "raw/waiters.rs",
            "            None => self.newest = older,",
            "            None => self.newest = None,",
        )],
    },
    Entry {
        what: "a served waiter stays queued",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            "        self.queue.unlink(self.node);",
            "",
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
                r#"unsafe { pool.storage().recycle(pool.raw().slot_index(bit)) };"#,
                r#"{
            let index = pool.raw().slot_index(bit);
            drop(_back);
            unsafe { pool.storage().recycle(index) };
        }"#,
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
                r#"unsafe { pool.storage().recycle(pool.raw().slot_index(bit)) };"#,
                r#"unsafe { pool.storage().recycle(pool.raw().slot_index(bit)) };
        drop(core::mem::ManuallyDrop::into_inner(back));"#,
            ),
        ],
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
        what: "a slot lent twice",
        first: "i1_one_holder",
        edits: &[
            (
                "raw/word.rs",
                r#"        self.bits &= !bit(slot);
"#,
                r#""#,
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
        what: "a shared pool without a number",
        first: "i7_freeing",
        edits: &[
            (
                "pool/shared.rs",
                r#"        pool.raw().assign_number();
"#,
                r#""#,
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
        what: "unwrapped while a waiter is queued",
        first: "i7_unwrapping",
        edits: &[
            (
                "raw/free_list.rs",
                r#"self.word.fetch_or(0, Ordering::Acquire) == whole"#,
                r#"word::free_bits(self.word.fetch_or(0, Ordering::Acquire)) == whole"#,
            ),
        ],
    },
    Entry {
        what: "unwrapped while slots are on loan",
        first: "i7_unwrapping",
        edits: &[
            (
                "raw/free_list.rs",
                r#"self.word.fetch_or(0, Ordering::Acquire) == whole"#,
                r#"self.word.fetch_or(0, Ordering::Acquire) | word::first(word::SLOTS_PER_WORD) != 0 || whole == 0"#,
            ),
        ],
    },
    Entry {
        what: "unwrapped without a new number",
        first: "i7_unwrapping",
        edits: &[
            (
                "raw.rs",
                r#"            self.stable.id.store(Id::NONE.number(), Ordering::Relaxed);
"#,
                r#""#,
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
