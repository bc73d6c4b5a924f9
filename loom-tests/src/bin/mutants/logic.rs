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
            "free_list.rs",
            "word::free_bits(self.word.fetch_or(0, Ordering::Relaxed))",
            "word::free_bits(self.word.load(Ordering::Relaxed))",
        )],
    },
    Entry {
        what: "a choice that begins with a load",
        first: "i2_permits",
        edits: &[(
            "free_list.rs",
            "let mut old = self.word.fetch_or(0, Ordering::Relaxed);",
            "let mut old = self.word.load(Ordering::Relaxed);",
        )],
    },
    Entry {
        what: "chosen slots stay free",
        first: "i1_one_holder",
        edits: &[(
            "free_list.rs",
            "                old & !bits,",
            "                old,",
        )],
    },
    Entry {
        what: "claiming all takes the flags down",
        first: "i1_one_holder",
        edits: &[(
            "free_list.rs",
            "self.word.fetch_and(FLAG, Ordering::Acquire)",
            "self.word.fetch_and(0, Ordering::Acquire)",
        )],
    },
    Entry {
        what: "WAITERS not raised",
        first: "i5_waiting",
        edits: &[(
            "free_list.rs",
            "self.word.fetch_or(WAITERS, Ordering::Release)",
            "self.word.fetch_or(0, Ordering::Release)",
        )],
    },
    Entry {
        what: "ORPHANED not raised",
        first: "i7_closing",
        edits: &[(
            "free_list.rs",
            "word.fetch_xor(WAITERS ^ ORPHANED, Ordering::Release)",
            "word.fetch_xor(0, Ordering::Release)",
        )],
    },
    Entry {
        what: "WAITERS not taken down",
        first: "i7_closing",
        edits: &[(
            "free_list.rs",
            "self.word.fetch_and(!WAITERS, Ordering::Relaxed);",
            "",
        )],
    },
    Entry {
        what: "a double release not undone",
        first: "i8_double_release",
        edits: &[(
            "free_list.rs",
            "self.word.fetch_sub(bits, Ordering::Relaxed);",
            "let _ = bits;",
        )],
    },
    Entry {
        what: "a claim that always succeeds",
        first: "i1_one_holder",
        edits: &[(
            "free_list.rs",
            "self.word.fetch_and(!bit, Ordering::Acquire) & bit != 0",
            "self.word.fetch_and(!bit, Ordering::Acquire) & bit != 0 || true",
        )],
    },
    Entry {
        what: "who frees does not synchronize",
        first: "i7_closing",
        edits: &[(
            "free_list.rs",
            "self.word.load(Ordering::Acquire);",
            "",
        )],
    },
    Entry {
        what: "an attempt that passes those who wait",
        first: "i5_waiting",
        edits: &[(
            "word.rs",
            "    if below & !(Word::MAX >> 1) != 0 {",
            "    if free_bits(word) == 0 {",
        )],
    },
    Entry {
        what: "a run of one slot too many",
        first: "i1_one_holder",
        edits: &[(
            "word.rs",
            "Some(slot) => Some(first(length) << slot),",
            "Some(slot) => Some(first(length + 1) << slot),",
        )],
    },
    Entry {
        what: "a run with gaps",
        first: "i1_one_holder",
        edits: &[(
            "word.rs",
            "starts &= starts >> step;",
            "",
        )],
    },
    Entry {
        what: "a reserve of one slot too few",
        first: "i1_one_holder",
        edits: &[(
            "word.rs",
            "while taken < count {",
            "while taken + 1 < count {",
        )],
    },
    Entry {
        what: "a claim that ignores the gate",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"    pub(crate) fn claim(&self) -> Option<Place> {
        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
"#,
            r#"    pub(crate) fn claim(&self) -> Option<Place> {
"#,
        )],
    },
    Entry {
        what: "a hinted claim that ignores the gate",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
        let word = self.word_of(hint.place);"#,
            "        let word = self.word_of(hint.place);",
        )],
    },
    Entry {
        what: "a run that ignores the gate",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        if self.gate() != 0 && !self.may_pass() {
            return None;
        }
        let found = self.look_for(&choose);"#,
            "        let found = self.look_for(&choose);",
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
            "if hint.sure && self.line(word).claim(hint.place.slot()) {",
            "if hint.sure {",
        )],
    },
    Entry {
        what: "no sure look in one word",
        first: "i2_permits",
        edits: &[(
            "raw.rs",
            "return self.claim_any();",
            "return None;",
        )],
    },
    Entry {
        what: "no confirmation over several words",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "self.confirm(Self::announce)",
            "None",
        )],
    },
    Entry {
        what: "no confirmation for a run",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "if found.is_some() || self.book.lines().len() == 1 || choose(WHOLE).is_none() {",
            "if found.is_some() || !self.book.lines().is_empty() {",
        )],
    },
    Entry {
        what: "a run confirmed without WAITERS",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "line.announce();",
            "let _ = line;",
        )],
    },
    Entry {
        what: "a run confirmed with WAITERS in one word only",
        first: "i2_several_words",
        edits: &[(
            "raw.rs",
            "for line in pool.book.lines() {",
            "for line in pool.book.lines().iter().take(1) {",
        )],
    },
    Entry {
        what: "a release that does not look for WAITERS",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            "if old & (bit | FLAG) == 0 {",
            "if old & bit == 0 && old & FLAG != word::ORPHANED {",
        )],
    },
    Entry {
        what: "a release that does not look for ORPHANED",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "if old & (bit | FLAG) == 0 {",
            "if old & bit == 0 && old & FLAG != WAITERS {",
        )],
    },
    Entry {
        what: "a release that does not look for its own bit",
        first: "i8_double_release",
        edits: &[(
            "raw.rs",
            "if old & (bit | FLAG) == 0 {",
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
            "if OWNED && word::free_bits(old) | bit == whole {",
            "if OWNED {",
        )],
    },
    Entry {
        what: "an orphaned word never completed by a release",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "if OWNED && word::free_bits(old) | bit == whole {",
            "if OWNED && word::free_bits(old) == whole {",
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
            r#"            let id = if OWNED {
                id
            } else {"#,
            r#"            let id = if OWNED {
                unsafe { &*this }.id_if_any()
            } else {"#,
        )],
    },
    Entry {
        what: "a release asks for its whole word when the slot is back",
        first: "i7_closing",
        edits: &[(
            "raw.rs",
            "        unsafe { Self::after_giving::<OWNED>(this, line, bit, whole, id, old) }",
            r#"        let whole = if OWNED { pool.whole(word) } else { whole };
        unsafe { Self::after_giving::<OWNED>(this, line, bit, whole, id, old) }"#,
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
            "book.rs",
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
        what: "a newcomer passes those who wait",
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
        what: "a look that disregards who waits",
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
            r#"        self.retract();
        found"#,
            "        found",
        )],
    },
    Entry {
        what: "queued without a last look",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "let mut free = line.announce();",
            "let mut free = { line.announce(); 0 };",
        )],
    },
    Entry {
        what: "a last look that trusts what it saw",
        first: "i1_one_holder",
        edits: &[(
            "raw/waiting.rs",
            r#"                if line.claim(slot) {
                    line.note(slot);
                    return Some(Place::new(word, slot));
                }
                free &= !word::bit(slot);"#,
            "                { line.claim(slot); line.note(slot); free = 0; let _ = free; return Some(Place::new(word, slot)); }",
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
                    return Some(Place::new(word, slot));
                }
                free &= !word::bit(slot);"#,
            r#"            if let Some(slot) = word::lowest(free) {
                if line.claim(slot) {
                    line.note(slot);
                    return Some(Place::new(word, slot));
                }
                free &= !word::bit(slot);"#,
        )],
    },
    Entry {
        what: "serves from the first word only",
        first: "i5_waiting",
        edits: &[(
            "raw.rs",
            r#"        for (word, line) in self.book.lines().iter().enumerate() {
            while let Some(slot) = word::lowest(line.newest()) {"#,
            r#"        for (word, line) in self.book.lines().iter().enumerate().take(1) {
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
                self.retract();
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
                self.retract();
"#,
            r#"                self.retract();
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
            "        if gate == 0 {\n            self.retract();",
            "        if false {\n            self.retract();",
        )],
    },
    Entry {
        what: "WAITERS taken down while others wait",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "        if gate == 0 {\n            self.retract();",
            "        if true {\n            self.retract();",
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
        what: "serves nobody",
        first: "i5_waiting",
        edits: &[(
            "raw/waiting.rs",
            "let place = pool.claim_any()?;",
            "let place = pool.claim_any().filter(|_| false)?;",
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
                r#"    let waker = unsafe { serve_oldest(this, &mut queue) };
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
"#,
                r#"    let waker = queue.oldest_waker(id);
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
    let mut queue = id.lock();
    if queue.server(id).is_some() {
        drop(unsafe { serve_oldest(this, &mut queue) });
    }
"#,
            ),
            (
                "waiters.rs",
                "    fn find(&self, pool: Id)",
                r#"    pub(crate) fn oldest_waker(&self, pool: Id) -> Option<Waker> {
        with_link(self.find(pool)?.0, |link| match &link.state {
            State::Queued(waker) => Some(waker.clone()),
            _ => None,
        })
    }

    fn find(&self, pool: Id)"#,
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
            r#"                    let oldest = id.lock().turn_oldest_away(id);
                    match oldest {"#,
            "                    match id.lock().turn_oldest_away(id) {",
        )],
    },
    Entry {
        what: "closing leaves the words as they are",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "                line.announce();",
            "                let _ = line;",
        )],
    },
    Entry {
        what: "closing takes WAITERS down with the last waiter",
        first: "i7_closing",
        edits: &[(
            "raw/waiting.rs",
            "        if gate == 0 {\n            self.retract();",
            "        if gate & !CLOSED == 0 {\n            self.retract();",
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
        what: "closing wakes nobody",
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
                "waiters.rs",
                "        let mut next = self.oldest;",
                "        let mut next = self.newest;",
            ),
            (
                "waiters.rs",
                "(link.pool, link.newer)",
                "(link.pool, link.older)",
            ),
        ],
    },
    Entry {
        what: "serves another pool's waiter",
        first: "i5_waiting",
        edits: &[(
            "waiters.rs",
            "Some((id, server)) if id == pool => ",
            "Some((_, server)) => ",
        )],
    },
    Entry {
        what: "a cancelled waiter stays queued",
        first: "i6_cancelling",
        edits: &[(
            "waiters.rs",
            "        if look == Look::Queued {",
            "        if look == Look::Queued && false {",
        )],
    },
    Entry {
        what: "the newest goes, and the queue has no end",
        first: "i6_cancelling",
        edits: &[(
            "waiters.rs",
            "            None => self.newest = older,",
            "            None => self.newest = None,",
        )],
    },
    Entry {
        what: "a served waiter stays queued",
        first: "i5_waiting",
        edits: &[(
            "waiters.rs",
            "        self.unlink(oldest);",
            "",
        )],
    },
    Entry {
        what: "the first waker is kept",
        first: "i5_waiting",
        edits: &[(
            "waiters.rs",
            "                core::mem::swap(left, waker);",
            "                let _ = left;",
        )],
    },
    Entry {
        what: "a cancelled waiter keeps its slot",
        first: "i6_cancelling",
        edits: &[(
            "acquire.rs",
            "unsafe { home.release(place) };",
            "let _ = place;",
        )],
    },
    Entry {
        what: "frozen with a share too many",
        first: "i3_shares",
        edits: &[(
            "loan.rs",
            "header.shares.store(1, Ordering::Relaxed);",
            "header.shares.store(2, Ordering::Relaxed);",
        )],
    },
    Entry {
        what: "thaws while there is another share",
        first: "i3_shares",
        edits: &[(
            "loan.rs",
            "if self.header().shares.peek(Ordering::Acquire) != 1 {",
            "if self.header().shares.peek(Ordering::Acquire) > 2 {",
        )],
    },
    Entry {
        what: "the last but one takes itself for the last",
        first: "i3_shares",
        edits: &[(
            "loan.rs",
            "if header.shares.peek(Ordering::Acquire) != 1",
            "if header.shares.peek(Ordering::Acquire) > 2",
        )],
    },
    Entry {
        what: "no look before a share goes",
        first: "i3_shares",
        edits: &[(
            "loan.rs",
            r#"if header.shares.peek(Ordering::Acquire) != 1
            // Ordering: Release as said above; Acquire for the one that turns out to be last.
            && "#,
            "if ",
        )],
    },
    Entry {
        what: "the last share counted one off",
        first: "i3_shares",
        edits: &[(
            "loan.rs",
            "&& header.shares.fetch_sub(1, Ordering::AcqRel) != 1",
            "&& header.shares.fetch_sub(1, Ordering::AcqRel) > 2",
        )],
    },
    Entry {
        what: "a share that is not counted",
        first: "i3_shares",
        edits: &[(
            "loan.rs",
            "let shares = header.shares.fetch_add(1, Ordering::Relaxed);",
            "let shares = header.shares.fetch_add(0, Ordering::Relaxed);",
        )],
    },
    Entry {
        what: "the hook runs when the slot is back",
        first: "i9_panics",
        edits: &[(
            "loan.rs",
            "unsafe { back.0.storage().recycle(index(&back.0, place)) };",
            r#"{
        let index = index(&home, place);
        drop(back);
        unsafe { home.storage().recycle(index) };
    }"#,
        )],
    },
    Entry {
        what: "a hook that panics keeps the slot",
        first: "i9_panics",
        edits: &[
            (
                "loan.rs",
                "let back = Back(home, place);",
                "let back = core::mem::ManuallyDrop::new(Back(home, place));",
            ),
            (
                "loan.rs",
                "unsafe { back.0.storage().recycle(index(&back.0, place)) };",
                r#"unsafe { back.0.storage().recycle(index(&back.0, place)) };
    drop(core::mem::ManuallyDrop::into_inner(back));"#,
            ),
        ],
    },
    Entry {
        what: "what is not split off is kept",
        first: "i2_permits",
        edits: &[(
            "run.rs",
            "        if self.bits != 0 {",
            "        if false {",
        )],
    },
    Entry {
        what: "a slot lent twice",
        first: "i1_one_holder",
        edits: &[(
            "run.rs",
            "        self.bits &= !word::bit(slot);",
            "",
        )],
    },
    Entry {
        what: "one slot given back and not the rest",
        first: "i2_permits",
        edits: &[(
            "run.rs",
            "while let Some(slot) = word::lowest(self.2) {",
            "if let Some(slot) = word::lowest(core::mem::take(&mut self.2)) {",
        )],
    },
    Entry {
        what: "a panic keeps the rest",
        first: "i9_panics",
        edits: &[(
            "run.rs",
            "            self.give();",
            "",
        )],
    },
    Entry {
        what: "a reserve that gives nothing back",
        first: "i2_permits",
        edits: &[(
            "reserve.rs",
            "drop(unsafe { Claimed::new(self.home, self.word, bits) });",
            "let _ = bits;",
        )],
    },
    Entry {
        what: "a shared pool without a number",
        first: "i7_closing",
        edits: &[(
            "owned.rs",
            "pool.parts().0.0.number();",
            "",
        )],
    },
    Entry {
        what: "the last handle does not close",
        first: "i7_closing",
        edits: &[(
            "owned.rs",
            "        self.close();",
            "",
        )],
    },
    Entry {
        what: "a handle that is not counted",
        first: "i7_closing",
        edits: &[(
            "owned.rs",
            "let handles = self.block().handles.0.fetch_add(1, Ordering::Relaxed);",
            "let handles = self.block().handles.0.fetch_add(0, Ordering::Relaxed);",
        )],
    },
    Entry {
        what: "the last but one handle ends the pool",
        first: "i7_closing",
        edits: &[(
            "owned.rs",
            "if self.block().handles.0.fetch_sub(1, Ordering::AcqRel) != 1 {",
            "if self.block().handles.0.fetch_sub(1, Ordering::AcqRel) > 2 {",
        )],
    },
    Entry {
        what: "exclusive beside others",
        first: "i7_closing",
        edits: &[(
            "owned.rs",
            "if self.block().handles.0.load(Ordering::Acquire) == 1 {",
            "if self.block().handles.0.load(Ordering::Acquire) >= 1 {",
        )],
    },
    Entry {
        what: "whoever is last frees nothing",
        first: "i7_closing",
        edits: &[(
            "owned.rs",
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
