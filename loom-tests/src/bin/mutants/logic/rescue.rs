//! Mutants of a frame that is rescued from where a device wrote it.

use super::Entry;

#[rustfmt::skip]
pub(super) const TABLE: &[Entry] = &[
    Entry {
        what: "a place that is read without a look before",
        first: "i10_rescue",
        edits: &[(
            "rescue.rs",
            r#"            if place.is_whole() {
                let seen = read(None);"#,
            r#"            if true {
                let seen = read(None);"#,
        )],
    },
    Entry {
        what: "a place that is read without a look after",
        first: "i10_rescue",
        edits: &[(
            "rescue.rs",
            r#"                if place.is_whole() {
                    return Ok(seen);"#,
            r#"                if true {
                    return Ok(seen);"#,
        )],
    },
    Entry {
        what: "a place that is copied without a look before",
        first: "i10_rescue",
        edits: &[(
            "rescue.rs",
            r#"        if !place.is_whole() {
            becomes.1 = GONE;
            return Rescued::Overrun;
        }
        let Some(copy)"#,
            "        let Some(copy)",
        )],
    },
    Entry {
        what: "a place that is copied without a look after",
        first: "i10_rescue",
        edits: &[(
            "rescue.rs",
            r#"        if !place.is_whole() {
            becomes.1 = GONE;
            // Before the copy is dropped: readers wait.
            drop(becomes);
            return Rescued::Overrun;
        }
        // SAFETY: only"#,
            "        // SAFETY: only",
        )],
    },
    Entry {
        what: "a frame that is given up while it is copied",
        first: "i10_rescue",
        edits: &[("rescue.rs", "Err(COPYING) => place.pause(),", "Err(COPYING) => return GONE,")],
    },
    Entry {
        what: "a frame that is lost though it was copied",
        first: "i10_rescue",
        edits: &[("rescue.rs", "Err(settled) => return settled,", "Err(_) => return GONE,")],
    },
    Entry {
        what: "a frame that was given up is copied nevertheless",
        first: "i10_rescue",
        edits: &[("rescue.rs", "            Err(GONE) => return Rescued::Overrun,", "            Err(GONE) => {}")],
    },
    Entry {
        what: "a copy that is not dropped",
        first: "i10_rescue",
        edits: &[("rescue.rs", "        drop(self.reset());", "        core::mem::forget(self.reset());")],
    },
    Entry {
        what: "a frame that begins with the copy of the one before",
        first: "i10_rescue",
        edits: &[("rescue.rs", "        self.state.store(IN_PLACE, Ordering::Relaxed);\n", "")],
    },
    Entry {
        what: "a frame without room that stays as if it were copied",
        first: "i10_rescue",
        edits: &[("rescue.rs", "        let Some(copy) = copy() else { return Rescued::NoRoom };", "        let Some(copy) = copy() else { core::mem::forget(becomes); return Rescued::NoRoom };")],
    },
    Entry {
        what: "a frame that is lost because its copying panics",
        first: "i10_rescue",
        edits: &[("rescue.rs", "Becomes(&self.state, IN_PLACE);", "Becomes(&self.state, GONE);")],
    },
    Entry {
        what: "a frame that is overrun and stays in its place",
        first: "i10_rescue",
        edits: &[(
            "rescue.rs",
            r#"            becomes.1 = GONE;
            // Before"#,
            "            // Before",
        )],
    },
    Entry {
        what: "a frame that two copy at once",
        first: "i10_rescue",
        edits: &[("rescue.rs", "            Err(_) => return Rescued::NoRoom,", "            Err(_) => {}")],
    },
    Entry {
        what: "a frame that was copied and has no room",
        first: "i10_rescue",
        edits: &[("rescue.rs", "            Err(COPIED) => return Rescued::Copied,", "            Err(COPIED) => return Rescued::NoRoom,")],
    },
];
