//! Clocks, watches on both sides, process sampling.
