//! Scenario → plan → rounds → journal.
