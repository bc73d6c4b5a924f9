//! What a command has found out.

/// A text for standard output, and whether the command has failed all the same.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) text: String,
    /// Why it has failed, in one line.
    pub(crate) failure: Option<String>,
}
