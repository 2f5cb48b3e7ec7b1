//! The supervisor of child processes.
