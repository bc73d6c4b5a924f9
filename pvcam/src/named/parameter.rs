//! What is known of a parameter: its type, its value, and what it may be.

use crate::choice::{Choice, Limits};
use framepool_pvcam_sys::{self as sys, uns16};
use std::fmt;

/// A parameter that a camera has.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamedParameter {
    /// The SDK's name, without `PARAM_`.
    pub name: &'static str,
    /// A sentence that says what it is, and its unit.
    pub about: &'static str,
    /// The type that the camera states.
    pub kind: ParameterType,
    /// What the camera allows.
    pub access: ParameterAccess,
    /// Whether it may be touched while the camera is imaging.
    pub is_live: bool,
    /// The value; `None` if it cannot be read, now or ever, or is of a type that cannot be shown.
    pub value: Option<ParameterValue>,
    /// The values that it may have.
    pub offer: ParameterOffer,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterType {
    /// A whole number of so many bits.
    Signed(u8),
    /// A whole number of so many bits, from 0.
    Unsigned(u8),
    /// A floating-point number of so many bits.
    Float(u8),
    /// On or off.
    Boolean,
    /// One of the camera's choices.
    Enumerated,
    /// A text.
    Text,
    /// Another one, by the SDK's code: a region, a list.
    Other(u16),
}

/// What a camera allows to be done with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterAccess {
    /// It can be read.
    ReadOnly,
    /// It can be read and set.
    ReadWrite,
    /// It can be set.
    WriteOnly,
    /// It is there, no more.
    Neither,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParameterValue {
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Float(f64),
    /// On or off.
    Boolean(bool),
    /// One of the camera's choices; without a name if the camera does not list it.
    Choice(Choice<i32>),
    /// A text.
    Text(String),
}

/// The values that a parameter may have.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParameterOffer {
    /// These, with the camera's names for them.
    Choices(Vec<Choice<i32>>),
    /// From the least to the greatest.
    Range(Limits<ParameterValue>),
    /// The camera does not say, or there is nothing to say.
    Unstated,
}

impl ParameterType {
    pub(crate) fn of_code(code: uns16) -> Self {
        match code {
            sys::TYPE_INT8 => Self::Signed(8),
            sys::TYPE_INT16 => Self::Signed(16),
            sys::TYPE_INT32 => Self::Signed(32),
            sys::TYPE_INT64 => Self::Signed(64),
            sys::TYPE_UNS8 => Self::Unsigned(8),
            sys::TYPE_UNS16 => Self::Unsigned(16),
            sys::TYPE_UNS32 => Self::Unsigned(32),
            sys::TYPE_UNS64 => Self::Unsigned(64),
            sys::TYPE_FLT32 => Self::Float(32),
            sys::TYPE_FLT64 => Self::Float(64),
            sys::TYPE_BOOLEAN => Self::Boolean,
            sys::TYPE_ENUM => Self::Enumerated,
            sys::TYPE_CHAR_PTR => Self::Text,
            other => Self::Other(other),
        }
    }
}

impl ParameterAccess {
    pub(crate) fn of_code(code: uns16) -> Self {
        match code {
            sys::ACC_READ_ONLY => Self::ReadOnly,
            sys::ACC_READ_WRITE => Self::ReadWrite,
            sys::ACC_WRITE_ONLY => Self::WriteOnly,
            _ => Self::Neither,
        }
    }

    pub(crate) fn can_be_read(self) -> bool {
        matches!(self, Self::ReadOnly | Self::ReadWrite)
    }
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(bits) => write!(f, "int{bits}"),
            Self::Unsigned(bits) => write!(f, "uint{bits}"),
            Self::Float(bits) => write!(f, "float{bits}"),
            Self::Boolean => f.write_str("boolean"),
            Self::Enumerated => f.write_str("enum"),
            Self::Text => f.write_str("text"),
            Self::Other(sys::TYPE_RGN_TYPE) => f.write_str("region"),
            Self::Other(code) => write!(f, "type {code}"),
        }
    }
}

impl fmt::Display for ParameterAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadOnly => "read-only",
            Self::ReadWrite => "writable",
            Self::WriteOnly => "write-only",
            Self::Neither => "not readable",
        })
    }
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Boolean(is_on) => f.write_str(if *is_on { "on" } else { "off" }),
            Self::Choice(choice) if choice.name.is_empty() => write!(f, "{}", choice.value),
            Self::Choice(choice) => f.write_str(&choice.described()),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for ParameterOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choices(choices) => {
                let described: Vec<_> = choices.iter().map(Choice::described).collect();
                f.write_str(&described.join(", "))
            }
            Self::Range(Limits { min, max, increment }) => {
                write!(f, "{min} .. {max}")?;
                match increment {
                    ParameterValue::Integer(0 | 1) => Ok(()),
                    ParameterValue::Float(step) if *step == 0.0 => Ok(()),
                    step => write!(f, " in steps of {step}"),
                }
            }
            Self::Unstated => Ok(()),
        }
    }
}
