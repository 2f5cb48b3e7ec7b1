//! Times as people write them: `90s`, `2m`, `1m30s`, `500ms`.

use std::time::Duration;

use jiff::SignedDuration;

/// Reads a time that is not negative.
///
/// # Errors
/// The reason as a fragment with the remedy, to stand after what the time is of.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| format!("{text:?} is no time (write such as 90s, 2m or 1m30s)"))
}

/// Writes a time so that [`parse_duration`] reads it back.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    SignedDuration::try_from(duration)
        .map_or_else(|_| format!("{}s", duration.as_secs()), |signed| format!("{signed:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in
            [("90s", 90.0), ("2m", 120.0), ("1m30s", 90.0), ("500ms", 0.5), ("1h", 3600.0), ("0s", 0.0)]
        {
            assert!((parse_duration(text).unwrap().as_secs_f64() - seconds).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_how_to_write_one() {
        for text in ["", "90", "soon", "-5s", "90 bananas"] {
            let reason = parse_duration(text).unwrap_err();
            assert!(reason.contains("1m30s"), "{text}: {reason}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for duration in [Duration::from_millis(500), Duration::from_secs(150), Duration::ZERO] {
            assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
    }
}
