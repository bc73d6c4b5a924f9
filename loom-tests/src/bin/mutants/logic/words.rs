//! Mutants of a word and its bits.

use super::Entry;

#[rustfmt::skip]
pub(super) const TABLE: &[Entry] = &[
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
        what: "a slot of another word in the set",
        first: "i1_one_holder",
        edits: &[(
            "raw/word.rs",
            "let is_of_word = slot.word() == self.word;",
            "let is_of_word = true;",
        )],
    },
];
