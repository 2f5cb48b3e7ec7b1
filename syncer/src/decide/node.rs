//! Nodes: in the tenant while a pod of it is on them and, where they follow the host's, while those are there.

use crate::index::{Raised, Seen};

/// The next thing to do about a Node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Settled,
    /// Make or change the tenant's.
    Write,
    /// Remove the tenant's.
    Remove,
    /// Someone else's has its name: it is left alone.
    Foreign,
}

/// Decides about a Node that a pod is or is not on, and whose content is to be `wanted`; none where the host has no such
/// node.
pub fn decide(is_used: bool, wanted: Option<u64>, tenant: Option<&Seen<Raised>>) -> Step {
    match (tenant, wanted.filter(|_| is_used)) {
        (None, None) => Step::Settled,
        (None, Some(_)) => Step::Write,
        (Some(tenant), _) if !tenant.detail.is_ours => Step::Foreign,
        (Some(tenant), _) if tenant.deleting.is_some() => Step::Settled,
        (Some(_), None) => Step::Remove,
        (Some(tenant), Some(wanted)) if tenant.detail.content == wanted => Step::Settled,
        (Some(_), Some(_)) => Step::Write,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_there_while_it_is_used_and_the_host_has_it() {
        let node = |is_ours, content| Some(Seen::new("u", 1, None, Raised { is_ours, content }));
        let cases = [
            (true, Some(1), None, Step::Write),
            (true, Some(1), node(true, 1), Step::Settled),
            (true, Some(1), node(true, 2), Step::Write),
            (false, Some(1), node(true, 1), Step::Remove),
            (true, None, node(true, 1), Step::Remove),
            (true, None, None, Step::Settled),
            (false, Some(1), None, Step::Settled),
            (false, None, node(false, 1), Step::Foreign),
            (true, Some(1), node(false, 2), Step::Foreign),
        ];
        for (is_used, wanted, tenant, expected) in cases {
            assert_eq!(decide(is_used, wanted, tenant.as_ref()), expected, "{is_used} {wanted:?} {tenant:?}");
        }
    }

    #[test]
    fn a_node_that_is_going_is_made_again_when_it_is_gone() {
        let going = Seen::new("u", 1, Some(0), Raised { is_ours: true, content: 1 });
        assert_eq!(decide(true, Some(1), Some(&going)), Step::Settled);
        assert_eq!(decide(true, Some(1), None), Step::Write);
    }
}
