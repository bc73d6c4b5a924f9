//! Mutants of what threads keep.

use super::Entry;

#[rustfmt::skip]
pub(super) const TABLE: &[Entry] = &[
    Entry {
        what: "an ask that no thread can see",
        first: "i1_kept_slots",
        edits: &[(
            "raw/watch.rs",
            r#"        self.0.fetch_add(ONE_REPORT, Ordering::Relaxed);
"#,
            "",
        )],
    },
    Entry {
        what: "as if no task waited, whether one does or not",
        first: "i5_kept_slots",
        edits: &[("raw/watch.rs", "Self(self.0 & !(CLOSED | WAITING))", "Self(self.0 & !CLOSED)")],
    },
    Entry {
        what: "as if the pool were open, whether it is or not",
        first: "i7_kept_slots",
        edits: &[("raw/watch.rs", "Self(self.0 & !(CLOSED | WAITING))", "Self(self.0 & !WAITING)")],
    },
    Entry {
        what: "asks if nothing is kept",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "self.cached() > 0)", "self.cached() == 0)")],
    },
    Entry {
        what: "asks whether anything is kept or not",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", ".filter(|_| self.cached() > 0)", "")],
    },
    Entry {
        what: "gives back one slot",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "while let Some(last) = self.1.len", "if let Some(last) = self.1.len")],
    },
    Entry {
        what: "gives back what is still counted",
        first: "i9_panics",
        edits: &[(
            "raw/cache.rs",
            r#"                    self.1.len = last;
                    // SAFETY: the cache's slot, which keeps the pool alive, and given once.
                    unsafe { (self.0.give)(self.0.pool, self.1.slots[last]) };
"#,
            r#"                    unsafe { (self.0.give)(self.0.pool, self.1.slots[last]) };
                    self.1.len = last;
"#,
        )],
    },
    Entry {
        what: "gives nothing back after a panic",
        first: "i9_panics",
        edits: &[(
            "raw/cache.rs",
            r#"            fn drop(&mut self) {
                self.give();
            }"#,
            "            fn drop(&mut self) {}",
        )],
    },
    Entry {
        what: "gives back whatever is known",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "if known != cache.seen() {", "if true {")],
    },
    Entry {
        what: "gives nothing back, whatever is known",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "if known != cache.seen() {", "if false {")],
    },
    Entry {
        what: "gives back and does not see why",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"            cache.see(known);
            self.give"#,
            "            self.give",
        )],
    },
    Entry {
        what: "sees why it gives back only when it has",
        first: "i5_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"            cache.see(known);
            self.give(cache.take_all());"#,
            r#"            self.give(cache.take_all());
            cache.see(known);"#,
        )],
    },
    Entry {
        what: "sees what is known when it has given back",
        first: "i5_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"            cache.see(known);
            self.give(cache.take_all());"#,
            r#"            self.give(cache.take_all());
            cache.see(cache.watch.glance());"#,
        )],
    },
    Entry {
        what: "sees that it is asked and gives nothing back",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"            cache.see(known);
            self.give(cache.take_all());"#,
            "            cache.see(known);",
        )],
    },
    Entry {
        what: "a cache that no thread has is not found",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "            taken.is_ok()", "            taken.is_err()")],
    },
    Entry {
        what: "a cache for every thread",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "            taken.is_ok()", "            taken.is_ok() || true")],
    },
    Entry {
        what: "a cache that is given up is no other's",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        cache.taken.store(0, Ordering::Release);
"#,
            "",
        )],
    },
    Entry {
        what: "a cache is given up before what is in it is taken out",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        let slots = cache.take_all();
        // Ordering: Release publishes the cache, as it was left, to its next owner.
        cache.taken.store(0, Ordering::Release);
"#,
            r#"        cache.taken.store(0, Ordering::Release);
        let slots = cache.take_all();
"#,
        )],
    },
    Entry {
        what: "a cache is given up when all was given back",
        first: "i5_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        cache.taken.store(0, Ordering::Release);
        self.give(slots);
"#,
            r#"        self.give(slots);
        cache.taken.store(0, Ordering::Release);
"#,
        )],
    },
    Entry {
        what: "a thread that ends gives nothing back",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        cache.taken.store(0, Ordering::Release);
        self.give(slots);
"#,
            r#"        cache.taken.store(0, Ordering::Release);
        core::mem::forget(slots);
"#,
        )],
    },
    Entry {
        what: "a thread that ends leaves its slots in the cache",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        let slots = cache.take_all();
        // Ordering: Release publishes the cache"#,
            r#"        let slots = Taken { slots: [BitIndex::new(0, 0); MOST], len: 0 };
        // Ordering: Release publishes the cache"#,
        )],
    },
    Entry {
        what: "a thread that ends gives up no cache",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        self.caches.give_up(unsafe { self.cache.as_ref() });
"#,
            "",
        )],
    },
    Entry {
        what: "takes one slot out instead of all",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "while let Some(bit) = unsafe { self.pop() } {",
            "if let Some(bit) = unsafe { self.pop() } {",
        )],
    },
    Entry {
        what: "takes out all and does not say how many",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"            taken.len += 1;
"#,
            r#"            taken.len = 1;
"#,
        )],
    },
    Entry {
        what: "takes out all and leaves it in",
        first: "i1_kept_slots",
        edits: &[
            (
                "raw/cache.rs",
                "        let mut taken = Taken {",
                r#"        let len = self.len.load(Ordering::Relaxed);
        let mut taken = Taken {"#,
            ),
            (
                "raw/cache.rs",
                r#"        }
        taken
"#,
                r#"        }
        self.len.store(len, Ordering::Relaxed);
        taken
"#,
            ),
        ],
    },
    Entry {
        what: "a slot that is lent is still kept",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        self.len.store(top, Ordering::Relaxed);
"#,
            "",
        )],
    },
    Entry {
        what: "a slot is lent that is not the newest",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "let slot = unsafe { self.slots.get_unchecked(top) };",
            "let slot = unsafe { self.slots.get_unchecked(0) };",
        )],
    },
    Entry {
        what: "a slot is kept in the place of another",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "let slot = unsafe { self.slots.get_unchecked(len) };",
            "let slot = unsafe { self.slots.get_unchecked(0) };",
        )],
    },
    Entry {
        what: "a slot more than the limit is kept",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "if len >= self.limit {", "if len > self.limit {")],
    },
    Entry {
        what: "a slot is kept and not counted",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        self.len.store(len + 1, Ordering::Relaxed);
"#,
            "",
        )],
    },
    Entry {
        what: "the limit is the most",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "limit.min(MOST)", "MOST")],
    },
    Entry {
        what: "always good",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "self.watch.glance() == self.seen()", "true")],
    },
    Entry {
        what: "never good",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "self.watch.glance() == self.seen()", "false")],
    },
    Entry {
        what: "sees that a task waits, or that the pool is closed",
        first: "i5_kept_slots",
        edits: &[("raw/cache.rs", "*seen = known.undiverted() });", "*seen = known });")],
    },
    Entry {
        what: "sees nothing",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "self.seen.with_mut(|seen| unsafe { *seen = known.undiverted() });",
            "let _ = known;",
        )],
    },
    Entry {
        what: "a hit whatever is known",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "if cache.is_good() { unsafe { cache.pop() } } else { None }",
            "unsafe { cache.pop() }",
        )],
    },
    Entry {
        what: "no hit",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "if cache.is_good() { unsafe { cache.pop() } } else { None }",
            "None",
        )],
    },
    Entry {
        what: "keeps whatever is known",
        first: "i5_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "cache.is_good() && unsafe { cache.push(bit) }",
            "unsafe { cache.push(bit) }",
        )],
    },
    Entry {
        what: "keeps nothing",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "cache.is_good() && unsafe { cache.push(bit) }",
            "false",
        )],
    },
    Entry {
        what: "keeps and gives back",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "cache.is_good() && unsafe { cache.push(bit) }",
            "cache.is_good() && unsafe { cache.push(bit) } && false",
        )],
    },
    Entry {
        what: "another pool's cache in the same place",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "if near.id.get() == id { near.cache.get() } else { None }",
            "near.cache.get()",
        )],
    },
    Entry {
        what: "one place for all pools",
        first: "i1_kept_slots",
        edits: &[
            ("raw/cache.rs", "let near = &near[id % POOLS];", "let near = &near[0];"),
            ("raw/cache.rs", "let near = &near[caches.id % POOLS];", "let near = &near[0];"),
            ("raw/cache.rs", "let place = caches.id % POOLS;", "let place = 0;"),
        ],
    },
    Entry {
        what: "a thread without a cache looks each time",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "let waits = near.cache.get().is_none() && patience > 0;",
            "let waits = false;",
        )],
    },
    Entry {
        what: "a thread without a cache never looks again",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "let waits = near.cache.get().is_none() && patience > 0;",
            "let waits = near.cache.get().is_none();",
        )],
    },
    Entry {
        what: "patience without an end",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        near.patience.set(patience.saturating_sub(1));
"#,
            "",
        )],
    },
    Entry {
        what: "the cache of another pool will do",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "near.id.get() == caches.id && (near.cache.get().is_some() || waits)",
            "near.cache.get().is_some() || waits",
        )],
    },
    Entry {
        what: "no thread takes a cache",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "    if matches!(is_settled, Ok(false)) {", "    if false {")],
    },
    Entry {
        what: "takes a slot and does not heed",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        settle(caches);
    }
    heed(caches);
"#,
            r#"        settle(caches);
    }
"#,
        )],
    },
    Entry {
        what: "a flush of what is asked for",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "with_near(caches.id, |cache| caches.give(cache.take_all()));",
            "with_near(caches.id, |cache| caches.heed(cache));",
        )],
    },
    Entry {
        what: "a cache found while another pool's is given up",
        first: "i5_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        set(None);
        let before = mine"#,
            "        let before = mine",
        )],
    },
    Entry {
        what: "a cache that the thread does not find",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"        set(Some(NonNull::from(cache)));
"#,
            "",
        )],
    },
    Entry {
        what: "a cache that the thread forgets",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            "let before = mine.0[place].replace(Some(owned));",
            "let before = Some(owned).map(core::mem::ManuallyDrop::new);",
        )],
    },
    Entry {
        what: "a thread that has ended finds its cache",
        first: "i1_kept_slots",
        edits: &[(
            "raw/cache.rs",
            r#"                near[place].id.set(0);
                near[place].cache.set(None);
            });
            if let Some(owned)"#,
            r#"                let _ = near;
            });
            if let Some(owned)"#,
        )],
    },
    Entry {
        what: "a pool keeps more than half",
        first: "i1_kept_slots",
        edits: &[("pool/cached.rs", "let half = pool.capacity() / 2;", "let half = pool.capacity();")],
    },
    Entry {
        what: "one cache for all that may be kept",
        first: "i7_kept_slots",
        edits: &[(
            "pool/cached.rs",
            "let count = half.checked_div(limit).unwrap_or(0).min(Self::MOST_THREADS);",
            "let count = half.checked_div(limit).unwrap_or(0).min(1);",
        )],
    },
    Entry {
        what: "no cache is prepared",
        first: "i1_kept_slots",
        edits: &[(
            "pool/cached.rs",
            r#"        if kept.is_none() {
            // Apart: a hit stays small.
            cache::prepare(caches);
        }
"#,
            "",
        )],
    },
    Entry {
        what: "a pool that asks no thread",
        first: "i1_kept_slots",
        edits: &[(
            "pool/cached.rs",
            r#"        unsafe { Self::caches_of(pool) }.ask();
"#,
            "        let _ = pool;",
        )],
    },
    Entry {
        what: "a pool that does not heed that a task waits",
        first: "i5_kept_slots",
        edits: &[(
            "pool/cached.rs",
            r#"    unsafe fn heed(pool: NonNull<PoolIn<S>>) {
        // SAFETY: the handle lives, as the caller promises.
        cache::heed(unsafe { Self::caches_of(pool) });
    }"#,
            "    unsafe fn heed(_: NonNull<PoolIn<S>>) {}",
        )],
    },
    Entry {
        what: "keeps a slot and gives it back",
        first: "i1_kept_slots",
        edits: &[(
            "pool/cached.rs",
            "if !unsafe { cache::keep(caches.id(), bit) } {",
            "if unsafe { cache::keep(caches.id(), bit) } || true {",
        )],
    },
    Entry {
        what: "gives a slot back and not what is asked for",
        first: "i1_kept_slots",
        edits: &[(
            "pool/cached.rs",
            r#"        let _back = Back(pool, bit);
        // SAFETY: the slot is not given back yet.
        cache::heed(unsafe { Self::caches_of(pool) });
"#,
            "        let _back = Back(pool, bit);",
        )],
    },
    Entry {
        what: "gives a slot back before what is asked for",
        first: "i7_kept_slots",
        edits: &[(
            "pool/cached.rs",
            r#"        let _back = Back(pool, bit);
        // SAFETY: the slot is not given back yet.
        cache::heed(unsafe { Self::caches_of(pool) });
"#,
            r#"        drop(Back::<S>(pool, bit));
        cache::heed(unsafe { Self::caches_of(pool) });
"#,
        )],
    },
    Entry {
        what: "a slot is lost if a waker panics before it is given back",
        first: "i9_panics",
        edits: &[(
            "pool/cached.rs",
            r#"        let _back = Back(pool, bit);
        // SAFETY: the slot is not given back yet.
        cache::heed(unsafe { Self::caches_of(pool) });
"#,
            r#"        let back = core::mem::ManuallyDrop::new(Back::<S>(pool, bit));
        cache::heed(unsafe { Self::caches_of(pool) });
        drop(core::mem::ManuallyDrop::into_inner(back));
"#,
        )],
    },
    Entry {
        what: "the last handle leaves what its thread keeps",
        first: "i7_kept_slots",
        edits: &[(
            "pool/shared.rs",
            r#"                    cache::flush(caches);
"#,
            "                    let _ = caches;",
        )],
    },
    Entry {
        what: "a pool without caches takes another's place",
        first: "i1_kept_slots",
        edits: &[("raw/cache.rs", "    if caches.caches.is_empty() {", "    if false {")],
    },
    Entry {
        what: "a flush that does nothing",
        first: "i1_kept_slots",
        edits: &[(
            "pool/cached.rs",
            r#"            cache::flush(caches);
"#,
            "            let _ = caches;",
        )],
    },
    Entry {
        what: "a kept slot that is not lent",
        first: "i1_kept_slots",
        edits: &[(
            "guard/loan.rs",
            r#"            return Some(unsafe { Self::new(pool, bit) });
        }
        // SAFETY"#,
            r#"            core::mem::forget(bit);
        }
        // SAFETY"#,
        )],
    },
    Entry {
        what: "finds nothing and asks no thread",
        first: "i1_kept_slots",
        edits: &[(
            "guard/loan.rs",
            r#"            unsafe { pool.ask() };
"#,
            "",
        )],
    },
    Entry {
        what: "a poll that gives nothing back",
        first: "i5_kept_slots",
        edits: &[(
            "guard/acquire.rs",
            r#"        unsafe { self.pool.heed() };
        let waker"#,
            "        let waker",
        )],
    },
    Entry {
        what: "a task that sleeps while its thread keeps a slot",
        first: "i5_kept_slots",
        edits: &[(
            "guard/acquire.rs",
            r#"            unsafe { self.pool.heed() };
        }"#,
            "        }",
        )],
    },
    Entry {
        what: "a poll that is not repeated after another's waker panicked",
        first: "i9_panics",
        edits: &[("guard/acquire.rs", "        *self.0 = true;", "        let _ = &self.0;")],
    },
];
