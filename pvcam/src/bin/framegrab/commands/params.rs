//! `params`: a camera's parameters, shown and set.

use crate::assignment::known;
use crate::commands::said::Said;
use crate::commands::table::Table;
use crate::sdk;
use clap::Args;
use framepool_pvcam::{
    Camera, Choice, Limits, NamedParameter, ParameterError, ParameterOffer, ParameterValue,
};
use serde::Serialize;
use serde_json::Value;
use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

/// Which parameters, of which camera.
#[derive(Debug, Args)]
pub(crate) struct Params {
    /// Show these, or set them first [default: show all that the camera has]
    #[arg(value_name = "NAME[=VALUE]", value_parser = wanted)]
    wanted: Vec<Wanted>,

    /// The camera to open [default: the first]
    #[arg(long, value_name = "NAME")]
    camera: Option<String>,

    /// The PVCAM library to load, such as /usr/lib/libpvcam.so.2 [default: the linked-in simulator]
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone)]
struct Wanted {
    name: String,
    value: Option<String>,
}

fn wanted(text: &str) -> Result<Wanted, String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    Ok(Wanted { name: known(name)?, value })
}

/// A parameter; the fields' names are the keys of the JSON.
#[derive(Debug, Serialize)]
struct Shown {
    name: &'static str,
    about: &'static str,
    r#type: String,
    access: String,
    live: bool,
    /// Of an enumerated parameter the number.
    value: Value,
    /// The name of an enumerated parameter's value.
    label: Option<String>,
    min: Value,
    max: Value,
    increment: Value,
    choices: Option<Vec<Label>>,
}

#[derive(Debug, Serialize)]
struct Label {
    value: i32,
    label: String,
}

impl Params {
    pub(crate) fn run(&self) -> Result<Said, Box<dyn Error>> {
        let sdk = sdk::init(self.sdk.as_deref())?;
        let camera = sdk::open(&sdk, self.camera.as_deref())?;
        let parameters = match self.found(&camera) {
            Ok(parameters) => parameters,
            // The input was not bad.
            Err(error @ ParameterError::Sdk(_)) => {
                return Ok(Said { text: String::new(), failure: Some(error.to_string()) });
            }
            Err(error) => return Err(error.into()),
        };
        let text = if self.json {
            let shown: Vec<_> = parameters.iter().map(Shown::of).collect();
            serde_json::to_string_pretty(&shown)?
        } else if self.wanted.is_empty() {
            to_table(&parameters)
        } else {
            parameters.iter().map(described).collect::<Vec<_>>().join("\n")
        };
        Ok(Said { text, failure: None })
    }

    /// Sets what is to be set, in order, and then reads everything: one may change another.
    fn found(&self, camera: &Camera) -> Result<Vec<NamedParameter>, ParameterError> {
        let parameters = camera.parameters();
        if self.wanted.is_empty() {
            return parameters.list();
        }
        // Nothing is set if the camera lacks one of them.
        self.wanted.iter().try_for_each(|wanted| parameters.get(&wanted.name).map(drop))?;
        for Wanted { name, value } in &self.wanted {
            value.iter().try_for_each(|value| parameters.set(name, value))?;
        }
        self.wanted.iter().map(|wanted| parameters.get(&wanted.name)).collect()
    }
}

fn to_table(parameters: &[NamedParameter]) -> String {
    let mut table = Table::new(&["name", "type", "access", "value", "range or choices"]);
    for parameter in parameters {
        let NamedParameter { name, kind, access, value, offer, .. } = parameter;
        let value = value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        table.push(vec![
            (*name).to_owned(),
            kind.to_string(),
            access.to_string(),
            value,
            match offer {
                // Of one that is what it is, the value says it all.
                ParameterOffer::Range(limits) if limits.min == limits.max => String::new(),
                offer => offer.to_string(),
            },
        ]);
    }
    table.to_string()
}

/// Describes a parameter at length.
fn described(parameter: &NamedParameter) -> String {
    let NamedParameter { name, about, kind, access, value, offer, .. } = parameter;
    let mut text = format!("{name}: {about}\n  type     {kind}, {access}\n");
    let value = value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let _always = writeln!(text, "  value    {value}");
    let what = match offer {
        ParameterOffer::Choices(_) => "choices",
        ParameterOffer::Range(_) => "range  ",
        _ => return text,
    };
    let _always = writeln!(text, "  {what}  {offer}");
    text
}

impl Shown {
    fn of(parameter: &NamedParameter) -> Self {
        let NamedParameter { name, about, kind, access, is_live, value, offer, .. } = parameter;
        let label = match value {
            Some(ParameterValue::Choice(choice)) => Some(choice.name.clone()),
            _ => None,
        };
        let [min, max, increment] = match offer {
            ParameterOffer::Range(Limits { min, max, increment, .. }) => {
                [min, max, increment].map(|bound| json(Some(bound)))
            }
            _ => [Value::Null, Value::Null, Value::Null],
        };
        let choices = match offer {
            ParameterOffer::Choices(choices) => {
                let label = |Choice { value, name, .. }: &Choice<i32>| Label {
                    value: *value,
                    label: name.clone(),
                };
                Some(choices.iter().map(label).collect())
            }
            _ => None,
        };
        Self {
            name,
            about,
            r#type: kind.to_string(),
            access: access.to_string(),
            live: *is_live,
            value: json(value.as_ref()),
            label,
            min,
            max,
            increment,
            choices,
        }
    }
}

fn json(value: Option<&ParameterValue>) -> Value {
    match value {
        Some(ParameterValue::Integer(number)) => (*number).into(),
        Some(ParameterValue::Float(number)) => (*number).into(),
        Some(ParameterValue::Boolean(is_on)) => (*is_on).into(),
        Some(ParameterValue::Choice(choice)) => choice.value.into(),
        Some(ParameterValue::Text(text)) => text.clone().into(),
        _ => Value::Null,
    }
}
