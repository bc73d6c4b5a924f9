//! What a browser or a collector of metrics sees while frames come.

pub(crate) mod serve;
