//! Mutants of guards and pools.

use super::Entry;

#[rustfmt::skip]
pub(super) const TABLE: &[Entry] = &[
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
        what: "writes while there is another share",
        first: "i3_shares",
        edits: &[(
            "guard/frozen.rs",
            "self.slot.header().shares().peek(Ordering::Acquire) == 1",
            "self.slot.header().shares().peek(Ordering::Acquire) <= 2",
        )],
    },
    Entry {
        what: "lends the slot for writing while there is another share",
        first: "i3_shares",
        edits: &[(
            "guard/frozen.rs",
            "if !is_whole || !self.is_only() {",
            "if !is_whole {",
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
