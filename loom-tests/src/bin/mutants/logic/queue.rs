//! Mutants of the waiters and the lock around them.

use super::Entry;

#[rustfmt::skip]
pub(super) const TABLE: &[Entry] = &[
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
        what: "told before its link says how",
        first: "i5_waiting",
        edits: &[
            (
                "raw/waiters.rs",
                r#"        self.waiters.unlink(self.node);
"#,
                r#"        self.waiters.unlink(self.node);
        unsafe { &(*self.node.as_ptr()).settled }.store(1, Ordering::Release);
"#,
            ),
            (
                "raw/waiters.rs",
                r#"        settled.store(1, Ordering::Release);
"#,
                "        let _ = settled;\n",
            ),
        ],
    },
    Entry {
        what: "told before it is out of the queue",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            r#"        self.waiters.unlink(self.node);
"#,
            r#"        unsafe { &(*self.node.as_ptr()).settled }.store(1, Ordering::Release);
        self.waiters.unlink(self.node);
"#,
        )],
    },
    Entry {
        what: "told before the pool is let alone",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            r#"        if served.was_last() {
            pool.stop_waiting(queue);
            *words = Words::NONE;
        }
        // The pool is not touched any more.
        served.tell()
"#,
            r#"        let was_last = served.was_last();
        let waker = served.tell();
        if was_last {
            pool.stop_waiting(queue);
            *words = Words::NONE;
        }
        waker
"#,
        )],
    },
    Entry {
        what: "queued again as one that was told",
        first: "i9_panics",
        edits: &[(
            "raw/waiters.rs",
            "        node.settled.store(0, Ordering::Relaxed);\n",
            "",
        )],
    },
    Entry {
        what: "an outcome is looked for though it is not settled",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            "if self.settled.load(Ordering::Acquire) == 0 {",
            "if false {",
        )],
    },
    Entry {
        what: "no waiter is the last",
        first: "i5_waiting",
        edits: &[(
            "raw/waiters.rs",
            "was_last: self.waiters.is_empty(),",
            "was_last: false,",
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
];
