//! Reading little-endian numbers and parts of known length.

use crate::metadata::error::MetadataError;

/// Takes parts from the front of some bytes.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    /// The bytes that are left.
    pub(crate) rest: &'a [u8],
    /// The number of bytes at the beginning.
    all: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, all: bytes.len() }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], MetadataError> {
        let parts = self.rest.split_at_checked(length);
        let (taken, rest) = parts.ok_or_else(|| self.too_short(length))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, MetadataError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, MetadataError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, MetadataError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, MetadataError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MetadataError> {
        let parts = self.rest.split_first_chunk();
        let (taken, rest) = parts.ok_or_else(|| self.too_short(N))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn too_short(&self, length: usize) -> MetadataError {
        let taken = self.all - self.rest.len();
        MetadataError::TooShort { needed: taken.saturating_add(length), got: self.all }
    }
}
