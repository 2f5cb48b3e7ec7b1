//! Simulated nodes: pods become Ready, or run as real local processes.
