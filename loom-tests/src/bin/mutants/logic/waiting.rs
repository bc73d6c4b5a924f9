//! Mutants of what is done while tasks wait.

use super::Entry;

#[rustfmt::skip]
pub(super) const TABLE: &[Entry] = &[
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
        // Word"#,
            "        // Word",
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
        what: "unwrapped while a waiter is queued",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            "!self.queue().watch.glance().diverts()",
            "!self.queue().watch.glance().is_closed()",
        )],
    },
    Entry {
        what: "unwrapped though it is closed",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            "!self.queue().watch.glance().diverts()",
            "!self.queue().watch.glance().is_waited_for()",
        )],
    },
    Entry {
        what: "unwrapped while slots of the second word are on loan",
        first: "i7_unwrapping",
        edits: &[(
            "raw/waiting.rs",
            "self.lines().all(|(word, line)| line.is_whole(self.whole(word)))",
            "self.lines().take(1).all(|(word, line)| line.is_whole(self.whole(word)))",
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
            r#"        if served.was_last() {
            pool.stop"#,
            r#"        if served.was_last() || true {
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
];
