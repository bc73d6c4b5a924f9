use super::*;
use crate::record::about::About;
use crate::record::disk::DISK;
use crate::record::recording::Recording;
use framepool::FrameMeta;
use std::fs;
use std::fs::File;
use std::path::Path;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

const PIXELS: usize = 8;

#[repr(align(8))]
struct Aligned([u8; PIXELS * 2]);

fn begin(path: &Path, split: Option<u64>) -> Output {
    let to = Destination::check(path, false, split.is_some()).unwrap();
    let (about, frame_bytes) = (About::of_tests(), (PIXELS * 2) as u64);
    let (is_direct, is_from_the_first) = (false, false);
    let plan = Plan { about, frame_bytes, frames: None, is_direct, is_from_the_first };
    Output::create(to, plan, split, false).unwrap()
}

/// Saves three frames, the camera's numbers of which are these.
fn save(output: &mut Output, numbers: [u32; 3]) {
    let mut meta = FrameMeta::new(4, 2, 16);
    for (number, hardware_number) in (1..=3_u8).zip(numbers) {
        meta.hardware_number = hardware_number;
        output.save(FrameView::new(&meta, &Aligned([number; PIXELS * 2]).0));
    }
    assert_eq!(output.saved + output.not_saved, 3);
}

fn save_three(path: &Path, room: u64) -> Output {
    DISK.set(room);
    let mut output = begin(path, None);
    save(&mut output, [1, 2, 3]);
    output
}

/// Returns the names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn part(output: &Output) -> &Part {
    let To::Files { now: Some(part), .. } = &output.to else { panic!("a part") };
    part
}

fn whole(output: &Output) -> u64 {
    let Recording::Tiff(stack) = &part(output).recording else { panic!("a stack") };
    stack.end()
}

/// Follows the links to the end and returns the first pixel of each page.
fn pages(path: &Path) -> Vec<u16> {
    let mut decoder = Decoder::new(File::open(path).unwrap()).unwrap();
    let mut firsts = Vec::new();
    loop {
        let DecodingResult::U16(pixels) = decoder.read_image().unwrap() else {
            panic!("16-bit pixels")
        };
        firsts.push(pixels[0]);
        if !decoder.more_images() {
            return firsts;
        }
        decoder.next_image().unwrap();
    }
}

#[test]
fn a_stack_is_whole_wherever_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tif");
    let output = save_three(&path, u64::MAX);
    let whole = whole(&output);
    part(&output).partial.remove();
    let mut seen = [0; 4];
    for room in 16..=whole {
        let output = save_three(&path, room);
        let saved = usize::try_from(output.saved).unwrap();
        seen[saved] += 1;
        assert_eq!(output.error.is_none(), saved == 3, "room for {room}");
        if saved > 0 {
            let expected = [0x0101, 0x0202, 0x0303];
            assert_eq!(pages(&part(&output).partial.path), expected[..saved], "room for {room}");
        }
        part(&output).partial.remove();
    }
    assert!(seen.iter().all(|&rooms| rooms > 0), "{seen:?}");
}

#[test]
fn only_a_run_that_succeeded_gives_the_file_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tif");
    let partial = folder.path().join("x.partial.tif");
    let failed = save_three(&path, u64::MAX).finish(false, 0);
    assert_eq!((failed.files, path.exists()), (vec![partial.clone()], false));
    // The partial file of a failed run is kept, as is a complete file.
    let named = save_three(&path, u64::MAX).finish(true, 0);
    assert_eq!((named.files, partial.exists()), (vec![path.clone()], true));
    assert!(Destination::check(&path, false, false).unwrap_err().contains("--force"));
    assert!(Destination::check(&path, true, false).is_ok());
}

#[test]
fn no_frame_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let saved = save_three(&folder.path().join("x.tif"), 16).finish(true, 0);
    assert_eq!((saved.saved, saved.files), (0, vec![]));
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn parts_before_the_first_gap_get_their_names() {
    for (numbers, expected) in [
        ([5, 6, 7], ["x-0001.tif", "x-0002.tif", "x-0003.tif"]),
        ([5, 6, 8], ["x-0001.tif", "x-0002.tif", "x-0003.partial.tif"]),
        ([5, 7, 8], ["x-0001.tif", "x-0002.partial.tif", "x-0003.partial.tif"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut output = begin(&folder.path().join("x.tif"), Some(1));
        save(&mut output, numbers);
        let missing = u64::from(numbers[2] - numbers[0] - 2);
        let saved = output.finish(true, missing);
        assert_eq!((saved.files.len(), saved.error), (3, None));
        assert_eq!(names(folder.path()), expected);
        let first = pages(&saved.files[2]);
        assert_eq!(first, [0x0303]);
    }
}

#[test]
fn a_raw_file_says_beside_it_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut output = begin(&folder.path().join("x.raw"), None);
    let sidecar = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(folder.path().join(name)).unwrap()).unwrap()
    };
    assert_eq!(sidecar("x.partial.raw.json")["complete"], serde_json::Value::Null);
    save(&mut output, [1, 2, 4]);
    assert_eq!(output.finish(true, 1).error, None);
    let expected = ["x.partial.raw", "x.partial.raw.csv", "x.partial.raw.json"];
    assert_eq!(names(folder.path()), expected);
    let sidecar = sidecar("x.partial.raw.json");
    assert_eq!((&sidecar["frames"], &sidecar["complete"]), (&3.into(), &false.into()));
    assert_eq!((&sidecar["missing"], &sidecar["camera"]["serial"]), (&1.into(), &"7".into()));
    let index = fs::read_to_string(folder.path().join("x.partial.raw.csv")).unwrap();
    let numbers = index.lines().skip(1).map(|line| line.split(',').nth(1).unwrap());
    assert_eq!(numbers.collect::<Vec<_>>(), ["1", "2", "4"]);
}

#[test]
fn the_first_page_describes_all_once_the_stack_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.ome.tif");
    let output = save_three(&path, u64::MAX);
    let text = |path: &Path, tag| {
        let mut decoder = Decoder::new(File::open(path).unwrap()).unwrap();
        decoder.get_tag_ascii_string(tag).unwrap()
    };
    let own = text(&part(&output).partial.path, Tag::ImageDescription);
    assert!(own.starts_with("{\"frame\": "), "{own}");
    output.finish(true, 0);
    assert_eq!(pages(&path).len(), 3);
    assert_eq!(text(&path, Tag::Unknown(285)), own);
    let xml = text(&path, Tag::ImageDescription);
    assert!(xml.starts_with("<?xml") && xml.ends_with("</OME>"), "{xml}");
    assert!(xml.contains("SizeT=\"3\"") && xml.matches("<Plane ").count() == 3);
}

#[test]
fn a_disk_that_is_full_in_the_end_leaves_no_xml() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tif");
    let output = save_three(&path, u64::MAX);
    let end = whole(&output);
    DISK.set(end + 100);
    let saved = output.finish(true, 0);
    assert!(saved.error.unwrap().contains("x.tif failed"));
    let partial = folder.path().join("x.partial.tif");
    assert_eq!(saved.files, std::slice::from_ref(&partial));
    assert_eq!((pages(&partial).len(), fs::metadata(&partial).unwrap().len()), (3, end));
    DISK.set(u64::MAX);
}

#[test]
fn what_is_missing_is_counted_for_each_part() {
    let folder = tempfile::tempdir().unwrap();
    let mut output = begin(&folder.path().join("x.raw"), Some(1));
    output.plan.is_from_the_first = true;
    // Two before the first, and one that could not be read between the next.
    let mut meta = FrameMeta::new(4, 2, 16);
    for number in [3, 4, 5, 6] {
        meta.hardware_number = number;
        match number {
            5 => output.skip(&meta),
            _ => output.save(FrameView::new(&meta, &Aligned([1; PIXELS * 2]).0)),
        }
    }
    let saved = output.finish(true, 2);
    assert_eq!((saved.saved, saved.not_saved, saved.error), (3, 1, None));
    let missing = saved.files.iter().map(|file| {
        let sidecar = fs::read(format!("{}.json", file.display())).unwrap();
        let sidecar: serde_json::Value = serde_json::from_slice(&sidecar).unwrap();
        (sidecar["missing"].as_u64().unwrap(), sidecar["complete"].as_bool().unwrap())
    });
    assert_eq!(missing.collect::<Vec<_>>(), [(2, false), (0, true), (1, false)]);
    assert!(saved.files.iter().all(|file| file.to_str().unwrap().contains(".partial.")));
}
