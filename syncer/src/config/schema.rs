//! The published JSON Schema of config files, for editors.

use super::{ConfigError, Settings};

/// The JSON Schema of [`Settings`], as indented JSON with a newline at its end.
///
/// # Errors
/// Never in practice: a generated schema is always JSON.
pub fn schema() -> Result<String, ConfigError> {
    serde_json::to_string_pretty(&schemars::schema_for!(Settings))
        .map(|text| text + "\n")
        .map_err(|error| ConfigError::Print(error.to_string()))
}
