//! Parameters: what a scenario lets its user choose.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{Word, format_duration, parse_duration};
use crate::problem::remedy;

/// The declaration of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Parameter {
    /// Which values it takes.
    #[serde(flatten)]
    pub kind: ParameterKind,
    /// The value where the user gives none.
    #[schemars(with = "Scalar")]
    pub default: Value,
    /// One line on what it does.
    pub help: String,
}

/// The type of a parameter and its limits.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ParameterKind {
    /// A whole number.
    Integer {
        /// The smallest allowed.
        #[serde(skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        /// The largest allowed.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
    },
    /// Any number.
    Number {
        /// The smallest allowed.
        #[serde(skip_serializing_if = "Option::is_none")]
        min: Option<f64>,
        /// The largest allowed.
        #[serde(skip_serializing_if = "Option::is_none")]
        max: Option<f64>,
    },
    /// A text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A time such as `90s`.
    Duration {
        /// The shortest allowed.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "friendly_option")]
        #[schemars(with = "Option<String>")]
        min: Option<Duration>,
        /// The longest allowed.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "friendly_option")]
        #[schemars(with = "Option<String>")]
        max: Option<Duration>,
    },
    /// One of a set of words.
    Enum {
        /// The set.
        values: Vec<String>,
    },
}

/// The word that stands for a parameter's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterType {
    Integer,
    Number,
    String,
    Boolean,
    Duration,
    Enum,
}

impl Word for ParameterType {
    const WHAT: &'static str = "type";
    const ALL: &'static [Self] =
        &[Self::Integer, Self::Number, Self::String, Self::Boolean, Self::Duration, Self::Enum];

    fn word(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Duration => "duration",
            Self::Enum => "enum",
        }
    }
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// Any number.
    Number(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A text, or a word of an enum.
    String(String),
    /// A time.
    Duration(#[serde(serialize_with = "friendly")] Duration),
}

/// What YAML may hold where a value is wanted; for the schema only.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "describes, never holds")]
enum Scalar {
    Number(f64),
    Boolean(bool),
    String(String),
}

impl Value {
    pub(crate) fn integer(self) -> Option<i64> {
        if let Self::Integer(value) = self { Some(value) } else { None }
    }

    pub(crate) fn number(self) -> Option<f64> {
        if let Self::Number(value) = self { Some(value) } else { None }
    }

    pub(crate) fn duration(self) -> Option<Duration> {
        if let Self::Duration(value) = self { Some(value) } else { None }
    }

    /// The value as a user would write it.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Integer(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::String(value) => value.clone(),
            Self::Duration(value) => format_duration(*value),
        }
    }
}

impl ParameterKind {
    /// Reads a value from the command line's text.
    ///
    /// # Errors
    /// The reason as a fragment, to stand after the value's name.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let untyped = match self {
            Self::Integer { .. } => {
                text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer)
            }
            Self::Number { .. } => {
                text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Number)
            }
            Self::Boolean => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Boolean),
            Self::String | Self::Duration { .. } | Self::Enum { .. } => Value::String(text.to_owned()),
        };
        self.accept(&untyped)
    }

    /// Takes a value as YAML or the command line typed it, if it fits.
    ///
    /// # Errors
    /// The reason as a fragment, to stand after the value's name.
    pub(crate) fn accept(&self, value: &Value) -> Result<Value, String> {
        #[expect(clippy::cast_precision_loss, reason = "an integer given for a number")]
        match (self, value) {
            (Self::Integer { min, max }, Value::Integer(given)) => {
                within(*given, *min, *max).map(Value::Integer)
            }
            (Self::Number { min, max }, Value::Integer(given)) => {
                within(*given as f64, *min, *max).map(Value::Number)
            }
            (Self::Number { min, max }, Value::Number(given)) if given.is_finite() => {
                within(*given, *min, *max).map(Value::Number)
            }
            (Self::String, Value::String(_)) | (Self::Boolean, Value::Boolean(_)) => Ok(value.clone()),
            (Self::Duration { min, max }, Value::String(text)) => {
                let given = parse_duration(text)?;
                let show = |bound: Option<Duration>| bound.map(format_duration);
                in_bounds(&given, min.as_ref(), max.as_ref())
                    .then_some(Value::Duration(given))
                    .ok_or_else(|| out_of_range(text, show(*min), show(*max)))
            }
            (Self::Enum { values }, Value::String(word)) if values.contains(word) => Ok(value.clone()),
            (Self::Enum { values }, _) => {
                let known: Vec<&str> = values.iter().map(String::as_str).collect();
                Err(format!(
                    "{:?} is not one of its values ({})",
                    value.to_text(),
                    remedy(&value.to_text(), &known)
                ))
            }
            _ => Err(format!("{:?} is not {}", value.to_text(), self.wanted())),
        }
    }

    /// What a value must be, with an article.
    #[must_use]
    pub fn wanted(&self) -> &'static str {
        match self {
            Self::Integer { .. } => "an integer",
            Self::Number { .. } => "a number",
            Self::String => "a text (put it in quotes)",
            Self::Boolean => "true or false",
            Self::Duration { .. } => "a time (write such as 90s, 2m or 1m30s)",
            Self::Enum { .. } => "a word of its set",
        }
    }

    /// The type and its limits in a few words, such as `integer, 0 to 100`.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Integer { min, max } => format!("integer{}", range(*min, *max)),
            Self::Number { min, max } => format!("number{}", range(*min, *max)),
            Self::String => "string".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Duration { min, max } => {
                format!("duration{}", range(min.map(format_duration), max.map(format_duration)))
            }
            Self::Enum { values } => format!("one of {}", values.join(", ")),
        }
    }
}

fn within<N: PartialOrd + ToString>(given: N, min: Option<N>, max: Option<N>) -> Result<N, String> {
    if in_bounds(&given, min.as_ref(), max.as_ref()) {
        Ok(given)
    } else {
        Err(out_of_range(&given.to_string(), min, max))
    }
}

fn in_bounds<N: PartialOrd>(given: &N, min: Option<&N>, max: Option<&N>) -> bool {
    min.is_none_or(|min| given >= min) && max.is_none_or(|max| given <= max)
}

fn out_of_range<N: ToString>(given: &str, min: Option<N>, max: Option<N>) -> String {
    format!("{given} is out of range (allowed:{})", range(min, max).trim_start_matches(','))
}

fn range<N: ToString>(min: Option<N>, max: Option<N>) -> String {
    match (min.map(|min| min.to_string()), max.map(|max| max.to_string())) {
        (Some(min), Some(max)) => format!(", {min} to {max}"),
        (Some(min), None) => format!(", {min} or more"),
        (None, Some(max)) => format!(", {max} or less"),
        (None, None) => String::new(),
    }
}

fn friendly<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_duration(*duration))
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn friendly_option<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&duration.map(format_duration).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers() -> ParameterKind {
        ParameterKind::Integer { min: Some(0), max: Some(100) }
    }

    #[test]
    fn the_command_lines_text_takes_the_parameters_type() {
        let kinds = [
            (workers(), "5", Value::Integer(5)),
            (ParameterKind::Number { min: None, max: None }, "5", Value::Number(5.0)),
            (ParameterKind::Boolean, "true", Value::Boolean(true)),
            (ParameterKind::String, "5", Value::String("5".to_owned())),
            (
                ParameterKind::Duration { min: None, max: None },
                "2m",
                Value::Duration(Duration::from_secs(120)),
            ),
            (ParameterKind::Enum { values: vec!["a".to_owned()] }, "a", Value::String("a".to_owned())),
        ];
        for (kind, text, value) in kinds {
            assert_eq!(kind.parse(text), Ok(value), "{kind:?}");
        }
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        let second = Some(Duration::from_secs(1));
        let kinds = [
            (workers(), "many", "\"many\" is not an integer"),
            (workers(), "101", "101 is out of range (allowed: 0 to 100)"),
            (
                ParameterKind::Number { min: Some(0.5), max: None },
                "0.1",
                "0.1 is out of range (allowed: 0.5 or more)",
            ),
            (ParameterKind::Number { min: None, max: None }, "nan", "\"NaN\" is not a number"),
            (ParameterKind::Boolean, "yes", "\"yes\" is not true or false"),
            (
                ParameterKind::Duration { min: second, max: None },
                "1ms",
                "1ms is out of range (allowed: 1s or more)",
            ),
            (
                ParameterKind::Enum { values: vec!["small".to_owned(), "large".to_owned()] },
                "smal",
                "\"smal\" is not one of its values (did you mean `small`?)",
            ),
        ];
        for (kind, text, reason) in kinds {
            assert_eq!(kind.parse(text).unwrap_err(), reason);
        }
    }
}
