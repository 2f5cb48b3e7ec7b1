//! The report as a table for people.
