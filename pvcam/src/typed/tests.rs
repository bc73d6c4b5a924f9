//! What is checked, in which order, and that nothing else is asked of the SDK.

use super::*;
use crate::library::Library;
use framepool_pvcam_sys::{Functions, PV_FAIL, PV_OK, int32, rs_bool};
use std::cell::RefCell;
use std::ffi::{c_char, c_void};

/// A parameter of a camera: what it says of it, and what it was asked.
#[derive(Clone)]
struct Pretended {
    available: bool,
    access: uns16,
    /// `None` if the SDK is too old to say.
    live: Option<bool>,
    type_code: uns16,
    /// Current, least and greatest value, and step.
    numbers: [i64; 4],
    choices: Vec<(i32, &'static str)>,
    /// How often a value of it was read.
    touched: usize,
    set: Vec<i64>,
}

/// An `int16` from -100 to 100 in steps of 20, which may be read and set, and not while imaging.
const EVEN: Pretended = Pretended {
    available: true,
    access: sys::ACC_READ_WRITE,
    live: Some(false),
    type_code: sys::TYPE_INT16,
    numbers: [40, -100, 100, 20],
    choices: Vec::new(),
    touched: 0,
    set: Vec::new(),
};

thread_local! {
    static PRETENDED: RefCell<Pretended> = const { RefCell::new(EVEN) };
}

const ID: uns32 = 77;
const NUMBER: Parameter<i16> = Parameter::new(ID, "number");

unsafe extern "system" fn get(_: int16, id: uns32, attribute: int16, to: *mut c_void) -> rs_bool {
    assert_eq!(id, ID);
    let is_value = !matches!(
        attribute,
        sys::ATTR_AVAIL | sys::ATTR_TYPE | sys::ATTR_ACCESS | sys::ATTR_LIVE | sys::ATTR_COUNT
    );
    let (number, type_code) = PRETENDED.with_borrow_mut(|it| {
        it.touched += usize::from(is_value);
        let [current, min, max, step] = it.numbers;
        let number = match attribute {
            sys::ATTR_AVAIL => Some(it.available.into()),
            sys::ATTR_TYPE => Some(it.type_code.into()),
            sys::ATTR_ACCESS => Some(it.access.into()),
            sys::ATTR_LIVE => it.live.map(i64::from),
            sys::ATTR_COUNT => i64::try_from(it.choices.len()).ok(),
            sys::ATTR_CURRENT => Some(current),
            sys::ATTR_MIN => Some(min),
            sys::ATTR_MAX => Some(max),
            sys::ATTR_INCREMENT => Some(step),
            other => panic!("attribute {other}"),
        };
        (number, it.type_code)
    });
    let Some(number) = number else { return PV_FAIL };
    let is_long = attribute == sys::ATTR_COUNT || is_value && type_code != sys::TYPE_INT16;
    if is_long {
        // SAFETY: the caller has room for the longest text.
        unsafe { to.cast::<i32>().write(number.try_into().expect("short")) };
    } else {
        // SAFETY: as above.
        unsafe { to.cast::<i16>().write(number.try_into().expect("short")) };
    }
    PV_OK
}

unsafe extern "system" fn set(_: int16, id: uns32, from: *mut c_void) -> rs_bool {
    assert_eq!(id, ID);
    PRETENDED.with_borrow_mut(|it| {
        it.set.push(match it.type_code {
            // SAFETY: the caller gives a number of the type.
            sys::TYPE_INT16 => unsafe { from.cast::<i16>().read() }.into(),
            // SAFETY: as above.
            _ => unsafe { from.cast::<i32>().read() }.into(),
        });
    });
    PV_OK
}

unsafe extern "system" fn choice(
    _: int16,
    _: uns32,
    index: uns32,
    value: *mut int32,
    text: *mut c_char,
    length: uns32,
) -> rs_bool {
    let (number, name) = PRETENDED.with_borrow(|it| it.choices[index as usize]);
    assert!(name.len() < length as usize);
    // SAFETY: the caller has room for a number.
    unsafe { value.write(number) };
    // SAFETY: as for the text, which was checked to fit.
    unsafe { std::ptr::copy_nonoverlapping(name.as_ptr(), text.cast(), name.len()) };
    PV_OK
}

/// Runs `work` with a camera that has this parameter, and returns how often its values were read,
/// and what was set.
fn pretending<T>(
    pretended: Pretended,
    is_imaging: bool,
    work: impl FnOnce(&mut Access<'_>) -> T,
) -> (T, usize, Vec<i64>) {
    PRETENDED.replace(pretended);
    let library = Library::linked(Functions {
        pl_get_param: get,
        pl_set_param: set,
        pl_get_enum_param: choice,
        ..framepool_pvcam_sim::functions()
    });
    let parameters = Parameters { library: &library, handle: 0 };
    let mut access = Access { parameters, is_imaging, is_outdated: false };
    let done = work(&mut access);
    let Pretended { touched, set, .. } = PRETENDED.replace(EVEN);
    (done, touched, set)
}

/// Reads, then sets 60.
fn both(access: &mut Access<'_>) -> [Result<(), ParameterError>; 2] {
    [NUMBER.get(access).map(drop), NUMBER.set(access, 60)]
}

#[test]
fn a_value_that_the_camera_has_is_set() {
    let set = |value| pretending(EVEN, false, |access| NUMBER.set(access, value));
    for value in [-100, -80, 0, 100] {
        let (result, _, set) = set(value);
        assert_eq!((result, set), (Ok(()), vec![value.into()]));
    }
    let parameter = "number";
    for wrong in [-120, -101, -90, 1, 99, 101, i16::MAX] {
        let (result, _, set) = set(wrong);
        let (value, min, max, increment) = (wrong.into(), -100.0, 100.0, 20.0);
        let expected = ParameterError::OutOfRange { parameter, value, min, max, increment };
        assert_eq!((result, set), (Err(expected), vec![]), "{wrong}");
    }
    // Without a step, all between are.
    let steps = Pretended { numbers: [0, -100, 100, 0], ..EVEN };
    let (result, _, set) = pretending(steps, false, |access| NUMBER.set(access, 99));
    assert_eq!((result, set), (Ok(()), vec![99]));
}

#[test]
fn one_that_is_not_live_is_not_touched_while_the_camera_is_imaging() {
    let refused = Err(ParameterError::Imaging { parameter: "number" });
    for live in [Some(false), None] {
        let found = pretending(Pretended { live, ..EVEN }, true, both);
        assert_eq!(found, ([refused.clone(), refused.clone()], 0, vec![]), "{live:?}");
        let (listed, touched, _) = pretending(Pretended { live, ..EVEN }, true, |access| {
            [NUMBER.limits(access).map(drop), NUMBER.choices(access).map(drop)]
        });
        assert_eq!((listed, touched), ([refused.clone(), refused.clone()], 0));
        let (results, _, set) = pretending(Pretended { live, ..EVEN }, false, both);
        assert_eq!((results, set), ([Ok(()), Ok(())], vec![60]));
    }
    let (results, _, set) = pretending(Pretended { live: Some(true), ..EVEN }, true, both);
    assert_eq!((results, set), ([Ok(()), Ok(())], vec![60]));
}

#[test]
fn what_is_missing_or_may_not_be_set_or_read_is_not_touched() {
    let parameter = "number";
    // Whether the camera is imaging does not matter then.
    for is_imaging in [false, true] {
        let missing = Pretended { available: false, access: sys::ACC_EXIST_CHECK_ONLY, ..EVEN };
        let no = Err(ParameterError::NotAvailable { parameter });
        assert_eq!(pretending(missing, is_imaging, both), ([no.clone(), no], 0, vec![]));
        let read_only = Pretended { access: sys::ACC_READ_ONLY, ..EVEN };
        let ([_, result], _, set) = pretending(read_only, is_imaging, both);
        assert_eq!((result, set), (Err(ParameterError::ReadOnly { parameter }), vec![]));
        let write_only = Pretended { access: sys::ACC_WRITE_ONLY, ..EVEN };
        let (result, touched, _) = pretending(write_only, is_imaging, |access| NUMBER.get(access));
        assert_eq!((result, touched), (Err(ParameterError::Unreadable { parameter }), 0));
    }
}

#[test]
fn one_of_a_list_is_set_and_no_other() {
    const LISTED: Parameter<i32> = Parameter::new(ID, "mode");
    let choices = vec![(2, "two"), (7, "seven")];
    let listed = Pretended { type_code: sys::TYPE_ENUM, choices, ..EVEN };
    let (found, ..) = pretending(listed.clone(), false, |access| LISTED.choices(access));
    let found: Vec<_> = found.unwrap().iter().map(Choice::described).collect();
    assert_eq!(found, ["2 (two)", "7 (seven)"]);
    let (result, _, set) = pretending(listed.clone(), false, |access| LISTED.set(access, 7));
    assert_eq!((result, set), (Ok(()), vec![7]));
    // Between the two, but not listed.
    let (result, _, set) = pretending(listed, false, |access| LISTED.set(access, 3));
    let value = "3".to_owned();
    let expected = ParameterError::NotAChoice { parameter: "mode", value, choices: found };
    assert_eq!((result, set), (Err(expected), vec![]));
}

#[test]
fn a_type_that_it_cannot_have_is_an_error() {
    let odd = Pretended { type_code: sys::TYPE_FLT64, ..EVEN };
    let (results, _, set) = pretending(odd, false, both);
    let wrong = ParameterError::UnexpectedType { parameter: "number", type_code: sys::TYPE_FLT64 };
    assert_eq!((results, set), ([Err(wrong.clone()), Err(wrong)], vec![]));
    let (result, ..) = pretending(EVEN, false, |access| NUMBER.choices(access).map(drop));
    let type_code = sys::TYPE_INT16;
    assert_eq!(result, Err(ParameterError::UnexpectedType { parameter: "number", type_code }));
}

#[test]
fn only_what_shapes_frames_outdates_a_setup_and_only_if_it_is_set() {
    const SHAPING: Parameter<i16> = Parameter::new(ID, "number").shaping_frames();
    let outdated = |parameter: Parameter<i16>, value| {
        let set = |access: &mut Access<'_>| {
            let _refused = parameter.set(access, value);
            access.is_outdated
        };
        pretending(EVEN, false, set).0
    };
    assert_eq!(
        [outdated(SHAPING, 60), outdated(SHAPING, 61), outdated(NUMBER, 60)],
        [true, false, false]
    );
}
