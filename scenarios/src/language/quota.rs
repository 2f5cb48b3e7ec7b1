//! What a tenant may use of the host.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::action::integer_or_parameter;

/// A tenant's share of the host, in sums over its pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Quota {
    /// Cores that its pods may request.
    #[schemars(schema_with = "integer_or_parameter")]
    pub cpu: u32,
    /// Memory that its pods may request, such as `10Gi`.
    pub memory: String,
    /// How many pods it may have, those that keep the tenant itself running among them.
    #[schemars(schema_with = "integer_or_parameter")]
    pub pods: u32,
}

/// As plans and reports name it.
impl fmt::Display for Quota {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} CPU, {}, {} pods", self.cpu, self.memory, self.pods)
    }
}

/// True for an amount of memory as Kubernetes takes it, in whole Mi or Gi.
pub(crate) fn is_memory(text: &str) -> bool {
    let number = text.strip_suffix("Gi").or_else(|| text.strip_suffix("Mi")).unwrap_or_default();
    !number.is_empty() && number.len() < 10 && number.chars().all(|c| c.is_ascii_digit())
}

/// An amount of memory in bytes, where it [is one](is_memory).
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let number: u64 = number.parse().ok().filter(|_| is_memory(text))?;
    number.checked_mul(if unit == "Gi" { 1 << 30 } else { 1 << 20 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_a_whole_number_of_mi_or_gi() {
        assert!(is_memory("10Gi") && is_memory("512Mi"));
        assert!(!["10", "10G", "Gi", "1.5Gi", "-1Gi", "9999999999Gi"].into_iter().any(is_memory));
    }
    #[test]
    fn an_amount_of_memory_is_so_many_bytes() {
        assert_eq!((bytes("10Gi"), bytes("512Mi")), (Some(10 << 30), Some(512 << 20)));
        assert!(["10", "Gi", "ä", "", "10G"].into_iter().all(|text| bytes(text).is_none()));
    }
}
