//! Role.
use k8s_openapi::api::rbac::v1::PolicyRule;
/// Rules.
pub fn role_rules() -> Vec<PolicyRule> { vec![] }
