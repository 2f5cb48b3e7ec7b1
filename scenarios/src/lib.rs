//! The scenario language: schema, lint and the built-in catalogue.
