//! Files as `framegrab` writes them, and what they may have become since.

use super::*;
use framepool_pvcam_sim::picture;
use tempfile::TempDir;

const WIDTH: u32 = 16;
const HEIGHT: u32 = 4;
const FRAME_BYTES: usize = 128;

/// Returns the pixels of a frame of the simulator's.
fn drawn(number: u32) -> Vec<u8> {
    let mut frame = vec![0; FRAME_BYTES];
    // SAFETY: room for 16 x 4 pixels of two bytes.
    unsafe { picture::write_frame(frame.as_mut_ptr(), 16, 4, number) };
    frame
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn entry(tag: u16, kind: u16, count: u64, value: u64) -> Vec<u8> {
    let start = [tag.to_ne_bytes(), kind.to_ne_bytes()].concat();
    [start, count.to_ne_bytes().to_vec(), value.to_ne_bytes().to_vec()].concat()
}

/// A stack of frames with these numbers, and where the directories are.
struct Stack {
    file: Vec<u8>,
    directories: Vec<usize>,
}

fn stack(numbers: &[u32]) -> Stack {
    let order = if cfg!(target_endian = "little") { b"II" } else { b"MM" };
    let mut file =
        [order.as_slice(), &43_u16.to_ne_bytes(), &8_u16.to_ne_bytes(), &[0; 10]].concat();
    let (mut link, mut directories) = (8, Vec::new());
    for (place, &number) in numbers.iter().enumerate() {
        file.resize(file.len().next_multiple_of(64), 0);
        let pixels = file.len() as u64;
        file.extend(drawn(number));
        let text = format!(
            "{{\"frame\": {number}, \"hardware_frame\": {number}, \"timestamp_ns\": {}, \"bit_depth\": 12, \
             \"region\": [8, 0, 16, 4], \"binning\": [1, 1]{}}}\0",
            10_000_000 * u64::from(number),
            if place == 0 { RECORDING } else { "" }
        );
        let (description, length) = (file.len() as u64, text.len() as u64);
        file.extend(text.into_bytes());
        file.resize(file.len().next_multiple_of(8), 0);
        let directory = file.len();
        let mut entries = vec![
            entry(256, 4, 1, WIDTH.into()),
            entry(257, 4, 1, HEIGHT.into()),
            entry(258, 3, 1, 16),
            entry(259, 3, 1, 1),
            entry(270, 2, length, description),
            entry(273, 16, 1, pixels),
            entry(279, 16, 1, FRAME_BYTES as u64),
        ];
        if place == 0 {
            entries.push(entry(285, 2, length, description));
        }
        file.extend((entries.len() as u64).to_ne_bytes());
        file.extend(entries.concat());
        put(&mut file, link, &(directory as u64).to_ne_bytes());
        link = file.len();
        file.extend([0; 8]);
        directories.push(directory);
    }
    Stack { file, directories }
}

/// What the first page says of a recording.
const RECORDING: &str = ", \"recording\": {\"camera\": {\"name\": \"Sim&Cam\", \"simulated\": true}, \
     \"started\": \"2026-01-02T03:04:05Z\", \"timestamp_resolution_ns\": 100000}";

/// A stack of a run that has ended: its first page has the XML of all.
fn ended(numbers: &[u32]) -> Stack {
    let mut stack = stack(numbers);
    let planes = "<Plane TheT=\"0\" DeltaT=\"0.000000000\"/>\n".repeat(1000);
    let xml = format!(
        "<?xml version=\"1.0\"?>\n<OME><Pixels SizeX=\"16\" SizeT=\"{}\">\n{planes}</Pixels><Value>\n\
         <M K=\"complete\">true</M>\n<M K=\"missing\">0</M>\n</Value></OME>\0",
        numbers.len()
    );
    let at = stack.directories[0] + 8 + 4 * 20 + 4;
    let place = [xml.len() as u64, stack.file.len() as u64].map(u64::to_ne_bytes).concat();
    put(&mut stack.file, at, &place);
    stack.file.extend(xml.into_bytes());
    stack
}

/// Returns the description of a recording that has ended so.
fn sidecar(ending: &str) -> String {
    let order = if cfg!(target_endian = "little") { "little" } else { "big" };
    format!(
        "{{\"format\": \"framegrab\", \"version\": 1, \"byte_order\": \"{order}\", \"width\": 16, \"height\": 4, \
             \"bytes_per_pixel\": 2, \"bit_depth\": 12, \"camera\": {{\"name\": \"SimCam00\", \"simulated\": true, \
             \"pixel_nm\": null}}, \"index\": \"x.raw.csv\", {ending}}}"
    )
}

/// Returns the index of frames with these numbers.
fn index(numbers: &[u32]) -> String {
    let mut index = "frame,hardware_frame,timestamp_ns,arrival_ns,exposure_ns\n".to_owned();
    for &number in numbers {
        index += &format!("{number},{number},{},7,5\n", 10_000_000 * u64::from(number));
    }
    index
}

/// A folder with one recording.
struct Folder {
    folder: TempDir,
    file: PathBuf,
}

impl Folder {
    fn tiff(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.tif");
        fs::write(&file, bytes).unwrap();
        Self { folder, file }
    }

    fn raw(numbers: &[u32], ending: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.raw");
        fs::write(&file, numbers.iter().flat_map(|&number| drawn(number)).collect::<Vec<_>>())
            .unwrap();
        let this = Self { folder, file };
        this.write(".json", sidecar(ending).as_bytes());
        this.write(".csv", index(numbers).as_bytes());
        this
    }

    /// Two frames in a shard.
    fn zarr(numbers: &[u32], ending: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.ome.zarr");
        let this = Self { folder, file };
        fs::create_dir_all(this.within("0/c")).unwrap();
        let group = format!("{{\"attributes\": {{\"framegrab\": {}}}}}", sidecar(ending));
        let array = format!(
            "{{\"shape\": [{}, 4, 16], \"chunk_grid\": {{\"configuration\": {{\"chunk_shape\": [2, 4, 16]}}}}}}",
            numbers.len()
        );
        fs::write(this.within("zarr.json"), group).unwrap();
        fs::write(this.within("0/zarr.json"), array).unwrap();
        fs::write(this.within("frames.csv"), index(numbers)).unwrap();
        for (shard, numbers) in numbers.chunks(2).enumerate() {
            let mut bytes = vec![0xff; 32];
            let mut pixels = Vec::new();
            for (place, &number) in numbers.iter().enumerate() {
                let entry = [36 + pixels.len() as u64, FRAME_BYTES as u64];
                put(&mut bytes, 16 * place, &entry.map(u64::to_le_bytes).concat());
                pixels.extend(drawn(number));
            }
            bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
            fs::create_dir_all(this.within(&format!("0/c/{shard}/0"))).unwrap();
            fs::write(this.within(&format!("0/c/{shard}/0/0")), [bytes, pixels].concat()).unwrap();
        }
        this
    }

    /// Returns a file of a Zarr folder.
    fn within(&self, name: &str) -> PathBuf {
        self.file.join(name)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("x.raw{ending}"))
    }

    fn write(&self, ending: &str, bytes: &[u8]) {
        fs::write(self.beside(ending), bytes).unwrap();
    }

    fn read(&self) -> Result<Report, String> {
        report_of(&self.file, true)
    }

    fn problems(&self) -> Vec<String> {
        self.read().unwrap().problems
    }
}

fn tiff(bytes: &[u8]) -> Result<Report, String> {
    Folder::tiff(bytes).read()
}

const COMPLETE: &str = "\"frames\": 4, \"complete\": true, \"missing\": 0";

#[test]
fn a_whole_stack_says_what_it_is() {
    let report = tiff(&ended(&[1, 2, 3, 4]).file).unwrap();
    assert_eq!((report.frames, report.whole, report.problems.len()), (4, Some(true), 0));
    let About { width, height, bit_depth, region, binning, started, camera, .. } = report.about;
    assert_eq!((width, height, bit_depth), (Some(16), Some(4), Some(12)));
    assert_eq!((region, binning), (Some([8, 0, 16, 4]), Some([1, 1])));
    assert_eq!(started.as_deref(), Some("2026-01-02T03:04:05Z"));
    let camera = camera.unwrap();
    assert_eq!((camera.name.as_str(), camera.simulated), ("Sim&Cam", true));
    let time = report.order.time.unwrap();
    assert_eq!((time.seconds, time.step_max_ns), (0.03, 10_000_000));
    assert_eq!(report.pixels.unwrap().stamped, 4);
}

#[test]
fn whole_files_of_other_formats_say_the_same() {
    for folder in [Folder::raw(&[1, 2, 3, 4], COMPLETE), Folder::zarr(&[1, 2, 3, 4], COMPLETE)] {
        let report = folder.read().unwrap();
        assert_eq!((report.frames, report.whole, report.problems), (4, Some(true), vec![]));
        assert_eq!(report.about.camera.unwrap().name, "SimCam00");
        assert_eq!(report.order.time.unwrap().frames_per_second, Some(100.0));
        assert_eq!(report.pixels.unwrap().stamped, 4);
        let unread = report_of(&folder.file, false).unwrap();
        assert_eq!((unread.whole, unread.pixels), (None, None));
    }
}

#[test]
fn what_a_zarr_folder_lacks_is_said() {
    let damaged = |change: &dyn Fn(&Folder)| {
        let zarr = Folder::zarr(&[1, 2, 3, 4], COMPLETE);
        change(&zarr);
        zarr.read().unwrap()
    };
    let replace = |zarr: &Folder, name: &str, from: &str, to: &str| {
        let text = fs::read_to_string(zarr.within(name)).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(zarr.within(name), text.replacen(from, to, 1)).unwrap();
    };
    let shard = "0/c/1/0/0";
    let report = damaged(&|zarr| fs::remove_file(zarr.within(shard)).unwrap());
    assert_eq!((report.frames, report.order.missing_in_gaps), (2, 0));
    assert!(report.problems[0].ends_with("0/c/1/0/0 is missing"), "{:?}", report.problems);
    let report = damaged(&|zarr| {
        let mut bytes = fs::read(zarr.within(shard)).unwrap();
        bytes[3] ^= 1;
        fs::write(zarr.within(shard), bytes).unwrap();
    });
    assert!(report.problems[0].contains("another checksum"), "{:?}", report.problems);
    assert_eq!(report.pixels.unwrap().read, 2);
    let report = damaged(&|zarr| {
        let bytes = fs::read(zarr.within(shard)).unwrap();
        fs::write(zarr.within(shard), &bytes[..bytes.len() - 1]).unwrap();
    });
    assert_eq!(report.problems, ["frame 3 is not in its shard"]);
    // More frames than there are shards for: the walk ends there.
    let many = "[18446744073709551615, ";
    let report = damaged(&|zarr| replace(zarr, "0/zarr.json", "[4, ", many));
    assert_eq!((report.frames, report.problems.len()), (4, 3), "{:?}", report.problems);
    let report = damaged(&|zarr| replace(zarr, "frames.csv", "4,4,40000000,7,5\n", ""));
    assert_eq!(report.problems[0], "its index has 3 frames, and its pixels are 4");
    for (name, from, to) in [
        ("zarr.json", "\"framegrab\": {", "\"others\": {"),
        ("0/zarr.json", "4, 16]", "4, 17]"),
        ("0/zarr.json", "[2, ", "[0, "),
        ("0/zarr.json", "[2, ", "[1099511627776, "),
    ] {
        let zarr = Folder::zarr(&[1, 2, 3, 4], COMPLETE);
        replace(&zarr, name, from, to);
        assert!(zarr.read().unwrap_err().contains("zarr.json: "), "{from}");
    }
}

#[test]
fn what_is_missing_or_there_again_is_said() {
    for folder in [
        Folder::tiff(&ended(&[1, 4, 4, 5]).file),
        Folder::raw(&[1, 4, 4, 5], "\"frames\": 4, \"complete\": false, \"missing\": 2"),
        Folder::zarr(&[1, 4, 4, 5], "\"frames\": 4, \"complete\": false, \"missing\": 2"),
    ] {
        let report = folder.read().unwrap();
        assert_eq!((report.order.missing_in_gaps, report.order.repeats), (2, 1));
        assert_eq!((report.order.first_gaps[0].hardware_frame, report.whole), (2, Some(false)));
        assert!(
            report
                .to_string()
                .contains("2 frames in all: 2 from the camera's frame 2 on, before frame 1")
        );
    }
}

#[test]
fn a_stack_of_a_run_that_has_not_ended_is_not_whole() {
    let mut running = stack(&[1, 2, 3]);
    let [problem] = &tiff(&running.file).unwrap().problems[..] else { panic!("one") };
    assert!(problem.contains("killed"), "{problem}");
    // The pixels of a page that is not linked yet.
    running.file.extend(drawn(4));
    let report = tiff(&running.file).unwrap();
    assert_eq!((report.frames, report.problems.len()), (3, 1));
    // Nothing but the header.
    let report = tiff(&running.file[..16].iter().map(|_| 0).collect::<Vec<_>>());
    assert_eq!(report.unwrap_err(), "it is no TIFF file");
    let report = tiff(&stack(&[]).file).unwrap();
    assert_eq!((report.frames, report.problems[0].as_str()), (0, "there is no page in it"));
}

#[test]
fn a_stack_that_was_cut_off_is_read_up_to_there() {
    let whole = stack(&[1, 2, 3, 4]);
    for (pages, &directory) in whole.directories.iter().enumerate() {
        for cut in [1, 8, 9, 100] {
            let report = tiff(&whole.file[..directory + cut]).unwrap();
            assert_eq!(report.frames, pages as u64);
            assert!(report.problems[0].contains("cut off"), "{:?}", report.problems);
        }
    }
    // Of XML the end.
    let whole = ended(&[1, 2]).file;
    let report = tiff(&whole[..whole.len() - 1]).unwrap();
    assert_eq!((report.frames, report.pixels.unwrap().stamped), (2, 2));
    assert!(report.problems[0].contains("page 0 has a text beyond"), "{:?}", report.problems);
    // A strip of pixels.
    let mut far = stack(&[1, 2]);
    put(&mut far.file, far.directories[1] + 8 + 5 * 20 + 12, &u64::MAX.to_ne_bytes());
    let report = tiff(&far.file).unwrap();
    assert_eq!(report.frames, 1);
    assert!(report.problems[0].contains("pixels beyond the end"), "{:?}", report.problems);
}

#[test]
fn a_page_that_was_left_out_or_changed_is_said() {
    let whole = ended(&[1, 2, 3]);
    let mut fewer = whole.file.clone();
    // The second page's link to the third.
    put(&mut fewer, whole.directories[1] + 8 + 7 * 20, &[0; 8]);
    let report = tiff(&fewer).unwrap();
    assert_eq!(report.problems[0], "the run says 3 frames, and its pixels are 2");
    let mut wider = whole.file.clone();
    put(&mut wider, whole.directories[2] + 8 + 12, &32_u64.to_ne_bytes());
    assert!(tiff(&wider).unwrap().problems[0].contains("page 2 has another size"));
}

#[test]
fn every_byte_of_the_pixels_matters() {
    let Stack { file, .. } = ended(&[1, 2]);
    for at in 64..64 + FRAME_BYTES {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let pixels = tiff(&changed).unwrap().pixels.unwrap();
        assert_eq!(pixels.torn.count + pixels.damaged.count, 1, "byte {at}");
        assert_eq!(pixels.read, 2);
    }
    let mut torn = file.clone();
    put(&mut torn, 64 + 64, &drawn(3)[64..]);
    assert!(tiff(&torn).unwrap().problems[0].contains("1 frames are torn"));
    let mut swapped = file;
    put(&mut swapped, 64, &drawn(3));
    assert!(tiff(&swapped).unwrap().problems[0].contains("show another frame"));
}

#[test]
fn a_stack_in_the_other_byte_order_is_read_too() {
    let mut folder = Folder::raw(&[1, 2, 3, 4], COMPLETE);
    let pixels = fs::read(&folder.file).unwrap();
    let other = pixels.chunks(2).flat_map(|pixel| [pixel[1], pixel[0]]).collect::<Vec<_>>();
    folder.write("", &other);
    assert_eq!(folder.read().unwrap().pixels.unwrap().stamped, 0);
    let sidecar = fs::read_to_string(folder.beside(".json")).unwrap();
    let order = if cfg!(target_endian = "little") { ["little", "big"] } else { ["big", "little"] };
    folder.write(".json", sidecar.replace(order[0], order[1]).as_bytes());
    assert_eq!(folder.read().unwrap().pixels.unwrap().stamped, 4);
    folder.file = folder.beside(".json");
    assert!(folder.read().unwrap_err().contains(".tif, .tiff, .raw or .zarr"));
}

#[test]
fn a_raw_file_and_what_stands_beside_it_must_agree() {
    let null = "\"frames\": null, \"complete\": null, \"missing\": null";
    let killed = "the run that wrote it was killed, or goes on";
    assert_eq!(Folder::raw(&[1, 2], null).problems(), [killed]);
    let failed = Folder::raw(&[1, 2], "\"frames\": 2, \"complete\": false, \"missing\": 0");
    assert_eq!(failed.problems(), ["the run that wrote it has failed"]);
    let whole = Folder::raw(&[1, 2, 3, 4], COMPLETE);
    let pixels = fs::read(&whole.file).unwrap();
    whole.write("", &pixels[..pixels.len() - 1]);
    let problems = whole.problems();
    assert_eq!(problems[0], "it ends within a frame: 127 of 128 bytes are there");
    assert_eq!(problems[1], "its index has 4 frames, and its pixels are 3");
    assert_eq!(problems[2], "the run says 4 frames, and its pixels are 3");
    whole.write("", &pixels);
    let index = fs::read(whole.beside(".csv")).unwrap();
    whole.write(".csv", &index[..index.len() - 3]);
    assert!(whole.problems()[0].contains("it ends within line 5"), "{:?}", whole.problems());
    whole.write(".csv", &[b'1'; 5000]);
    assert!(whole.problems()[0].contains("x.raw.csv: it ends within line 1"));
    whole.write(".csv", b"hardware_frame,timestamp_ns\n1,1\nx,2\n");
    assert!(whole.problems()[0].contains("line 3 is no frame"), "{:?}", whole.problems());
    fs::remove_file(whole.beside(".csv")).unwrap();
    assert_eq!(whole.read().unwrap().pixels.unwrap().stamped, 4);
    assert!(whole.problems()[0].contains("x.raw.csv"));
    fs::remove_file(whole.beside(".json")).unwrap();
    assert!(whole.read().unwrap_err().contains("x.raw.json"));
}

#[test]
fn files_of_others_are_not_taken_for_recordings() {
    let Stack { file, directories } = stack(&[1]);
    let changed = |at: usize, bytes: &[u8]| {
        let mut changed = file.clone();
        put(&mut changed, at, bytes);
        tiff(&changed).unwrap_err()
    };
    assert!(changed(2, &42_u16.to_ne_bytes()).contains("classic TIFF"));
    let value = |entry: usize| directories[0] + 8 + entry * 20 + 12;
    assert!(changed(value(3), &5_u16.to_ne_bytes()).contains("compressed"));
    assert!(changed(value(2), &32_u16.to_ne_bytes()).contains("32 bits"));
    let count = directories[0] + 8 + 5 * 20 + 4;
    assert!(changed(count, &9_u64.to_ne_bytes()).contains("several strips"));
    // Where the JSON is.
    assert!(changed(64 + FRAME_BYTES, b"ImageJ=1").contains("not written by framegrab"));
    assert!(tiff(b"II").unwrap_err().contains("too short"));
    for sidecar in [
        "",
        "[]",
        "{\"format\": \"other\", \"version\": 1}",
        "{\"format\": \"framegrab\", \"version\": 2}",
    ] {
        let raw = Folder::raw(&[1], COMPLETE);
        raw.write(".json", sidecar.as_bytes());
        assert!(raw.read().unwrap_err().contains("x.raw.json"), "{sidecar}");
    }
    let raw = Folder::raw(&[1], COMPLETE);
    let large = "{\"format\": \"framegrab\", \"version\": 1, \"width\": 4294967295, \"height\": 4294967295, \
                 \"bytes_per_pixel\": 255}";
    raw.write(".json", large.as_bytes());
    assert!(raw.read().unwrap_err().contains("how large a frame is"));
}

#[test]
fn chains_that_run_in_circles_end() {
    let whole = stack(&[1, 2, 3]);
    let end_of = |page: usize| whole.directories[page] + 8 + (7 + usize::from(page == 0)) * 20;
    for (from, to) in [(0, 0), (1, 0), (2, 1), (2, 2)] {
        let mut circle = whole.file.clone();
        put(&mut circle, end_of(from), &(whole.directories[to] as u64).to_ne_bytes());
        let report = tiff(&circle).unwrap();
        assert_eq!(report.frames, from as u64 + 1);
        assert!(report.problems[0].contains("lies before"), "{:?}", report.problems);
    }
    for far in [u64::MAX, u64::MAX - 7, 1 << 40] {
        let mut lost = whole.file.clone();
        put(&mut lost, end_of(1), &far.to_ne_bytes());
        assert_eq!(tiff(&lost).unwrap().frames, 2);
        let mut crowded = whole.file.clone();
        put(&mut crowded, whole.directories[1], &far.to_ne_bytes());
        assert_eq!(tiff(&crowded).unwrap().frames, 1);
    }
}

/// Bytes are changed, cut off and repeated at random, the same ones each time: no file makes a reader panic or go round
/// in circles, and none has more frames than its bytes can be.
#[test]
fn no_file_is_too_odd() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap_or_default() % below
    };
    let tiff = Folder::tiff(&[]);
    let raw = Folder::raw(&[1, 2, 3, 4], COMPLETE);
    let stacks = [ended(&[1, 2, 3]).file, stack(&[1, 2, 3]).file];
    let beside =
        [".json", ".csv", ""].map(|ending| (ending, fs::read(raw.beside(ending)).unwrap()));
    let zarr = Folder::zarr(&[1, 2, 3, 4], COMPLETE);
    let within = ["zarr.json", "0/zarr.json", "frames.csv", "0/c/1/0/0"];
    let within = within.map(|name| (zarr.within(name), fs::read(zarr.within(name)).unwrap()));
    let mut odd = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'9', b'-', b','][random(8)],
                2 => {
                    let end = bytes.len().min(at + 8);
                    bytes[at..end].fill([0, 0xff][random(2)]);
                }
                _ if random(8) == 0 => bytes.truncate(at.max(1)),
                _ => {}
            }
        }
        bytes
    };
    let mut read = 0;
    for round in 0..1500 {
        fs::write(&tiff.file, odd(&stacks[round % 2])).unwrap();
        let (ending, text) = &beside[round % 3];
        raw.write(ending, &odd(text));
        let (path, part) = &within[round % 4];
        fs::write(path, odd(part)).unwrap();
        for report in [tiff.read(), raw.read(), zarr.read()] {
            match report {
                Ok(report) => {
                    read += 1;
                    assert!(report.frames <= report.bytes && report.problems.len() < 16);
                    assert!(!report.to_string().is_empty());
                }
                Err(error) => assert!(error.len() < 1000, "{error}"),
            }
        }
        raw.write(ending, text);
        fs::write(path, part).unwrap();
    }
    assert!(read > 1500, "{read}: the changes leave files that can be read");
}
