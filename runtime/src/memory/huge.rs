//! Huge pages: asking for them, and finding out whether they came.

use crate::memory::options::Pages;
use memmap2::{MmapOptions, MmapRaw};
use std::io;

/// The size of a huge page on machines whose usual pages have 4 KiB.
pub(super) const PAGE: usize = 2 << 20;

/// Maps `len` bytes, or as many more as fill the pages. Returns whether they are explicit huge pages.
pub(super) fn map(len: usize, pages: Pages) -> io::Result<(MmapRaw, bool)> {
    let whole = match pages {
        Pages::Normal => len,
        Pages::Transparent | Pages::Huge => len.next_multiple_of(PAGE),
    };
    let mut options = MmapOptions::new();
    options.len(whole);
    if pages == Pages::Huge && cfg!(target_os = "linux") {
        let bits = u8::try_from(PAGE.trailing_zeros()).ok();
        match options.clone().huge(bits).map_anon() {
            Ok(map) => return Ok((map.into(), true)),
            Err(error) => {
                let huge_pages = whole / PAGE;
                tracing::warn!(
                    %error, huge_pages,
                    "no huge pages are set aside: raise `vm.nr_hugepages`; transparent ones are used"
                );
            }
        }
    }
    let map = MmapRaw::from(options.map_anon()?);
    #[cfg(target_os = "linux")]
    if pages != Pages::Normal {
        // Refused by a kernel without them: then the pages are usual ones, as `huge_bytes` says.
        drop(map.advise(memmap2::Advice::HugePage));
    }
    Ok((map, false))
}

/// Returns the bytes in transparent huge pages of the mapping that begins at this address.
#[cfg(target_os = "linux")]
pub(super) fn transparent(address: usize) -> Option<usize> {
    let mappings = std::fs::read_to_string("/proc/self/smaps").ok()?;
    of_mapping(&mappings, address)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn transparent(_address: usize) -> Option<usize> {
    None
}

/// Finds the line `AnonHugePages` of the mapping that holds this address.
#[cfg(any(target_os = "linux", test))]
fn of_mapping(mappings: &str, address: usize) -> Option<usize> {
    let mut within = false;
    for line in mappings.lines() {
        let first = line.split_whitespace().next()?;
        if let Some((start, end)) = first.split_once('-') {
            let parse = |text| usize::from_str_radix(text, 16).ok();
            within = parse(start)? <= address && address < parse(end)?;
        } else if within && first == "AnonHugePages:" {
            let kibibytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
            return Some(kibibytes * 1024);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_right_mapping_is_read() {
        let mappings = "\
            1000-2000 rw-p 00000000 00:00 0\nSize: 4 kB\nAnonHugePages:  2048 kB\n\
            3000-5000 rw-p 00000000 00:00 0 [heap]\nSize: 8 kB\nAnonHugePages:  4096 kB\n";
        assert_eq!(of_mapping(mappings, 0x1fff), Some(2 << 20));
        assert_eq!(of_mapping(mappings, 0x2000), None);
        assert_eq!(of_mapping(mappings, 0x4000), Some(4 << 20));
    }
}
