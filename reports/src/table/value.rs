//! Figures in the units that people read.

use crate::{Unit, report::Figures};

/// A unit to show figures in, and how many of the metric's own unit it is.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    size: f64,
    name: &'static str,
}

/// The unit in which a figure has one to three digits before the point.
fn scale(unit: Unit, figure: f64) -> Scale {
    let scales: &[(f64, &'static str)] = match unit {
        Unit::Seconds => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")],
        Unit::Bytes => &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
        Unit::Count => &[(1.0, "")],
        Unit::Ratio => &[(1.0, "×")],
    };
    // What rounds up to one of a larger unit is shown in that one.
    let fits = scales.iter().find(|(size, _)| figure.abs() >= size * 0.9995);
    let zero = figure == 0.0;
    let &(size, name) =
        fits.filter(|_| !zero).or(if zero { scales.first() } else { scales.last() }).unwrap_or(&(1.0, ""));
    Scale { size, name }
}

/// Three digits that matter, in a given scale.
fn digits(figure: f64, scale: Scale) -> String {
    let scaled = figure / scale.size;
    let decimals = match scaled.abs() {
        _ if scale.name.is_empty() || scale.name == "B" => usize::from(scaled.fract().abs() > 1e-9),
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    format!("{scaled:.decimals$}")
}

/// A figure with its unit, such as `4.20 s`.
pub(super) fn figure(unit: Unit, figure: f64) -> String {
    let scale = scale(unit, figure);
    format!("{} {}", digits(figure, scale), scale.name).trim_end().to_owned()
}

/// The median with its unit; `≥` where a time-out cut it short.
pub(super) fn median(unit: Unit, figures: &Figures) -> Option<String> {
    let sign = if figures.is_at_least("p50") { "≥ " } else { "" };
    figures.p50.map(|p50| format!("{sign}{}", figure(unit, p50)))
}

/// Range and count where there is more than one value, in the median's unit: `4.10–4.31 n=3`.
pub(super) fn spread(unit: Unit, figures: &Figures) -> Option<String> {
    let (p50, min, max) = (figures.p50?, figures.min?, figures.max?);
    if figures.n < 2 {
        return None;
    }
    let scale = scale(unit, p50);
    let (min, max) = (digits(min, scale), digits(max, scale));
    let more = if figures.is_at_least("max") { "+" } else { "" };
    let range = if min == max { String::new() } else { format!("{min}–{max}{more} ") };
    Some(format!("{range}n={}", figures.n))
}

/// A ratio with three digits that matter, such as `2.13×`.
pub(super) fn ratio(ratio: &crate::report::Ratio) -> String {
    let sign = if ratio.at_least { "≥ " } else { "" };
    let value = ratio.value;
    if value < 0.995 {
        format!("{sign}{value:.3}×")
    } else {
        format!("{sign}{}×", digits(value, Scale { size: 1.0, name: "×" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_that_matter() {
        for (unit, value, shown) in [
            (Unit::Seconds, 0.000_64, "640 µs"),
            (Unit::Seconds, 0.012_34, "12.3 ms"),
            (Unit::Seconds, 0.9104, "910 ms"),
            (Unit::Seconds, 0.9996, "1.00 s"),
            (Unit::Seconds, 4.2, "4.20 s"),
            (Unit::Seconds, 125.4, "125 s"),
            (Unit::Seconds, 0.0, "0.00 s"),
            (Unit::Seconds, -0.0012, "-1.20 ms"),
            (Unit::Seconds, 1e-9, "0.00 µs"),
            (Unit::Bytes, 19_000_000.0, "19.0 MB"),
            (Unit::Bytes, 1_373_000_000.0, "1.37 GB"),
            (Unit::Bytes, 512.0, "512 B"),
            (Unit::Count, 9.0, "9"),
            (Unit::Count, 9.5, "9.5"),
            (Unit::Count, 0.0, "0"),
            (Unit::Ratio, 0.9312, "0.93 ×"),
        ] {
            assert_eq!(figure(unit, value), shown);
        }
    }
}
