//! Pods: made, followed and removed, in both directions.

use std::sync::Arc;

use crate::index::{HostPod, KnownTokens, Pair, Seen, TenantPod, Token, Uid};

/// The next thing to do about a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Settled,
    /// Make the host's pod.
    Create,
    /// Delete the host's pod.
    DeleteHost {
        /// Its uid.
        uid: Uid,
        /// The grace period in seconds; none for the pod's own.
        grace: Option<i64>,
    },
    /// Delete the tenant's pod.
    DeleteTenant {
        /// Its uid.
        uid: Uid,
        /// The grace period in seconds; none for the pod's own.
        grace: Option<i64>,
        /// Whether somebody in the tenant may want to know how it ended: the host's last word on it comes first.
        last_status: bool,
    },
    /// Look again in a while: the tenant's pod is as good as gone, or only its tokens are left, for which nobody waits.
    Later,
    /// Finalizers hold the tenant's pod and nothing of it runs any more: let its status say so.
    Conclude,
    /// Both are there: bring each up to the other.
    Follow(Follow),
    /// Delete the Secret with the tokens of a pod that neither side has.
    DropTokens {
        /// The Secret's uid.
        secret: Uid,
        /// The uid of the pod that they were made for.
        pod: Uid,
    },
}

/// What is known of a pod besides its two sides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// The tokens that are on the host under its name.
    pub tokens: KnownTokens<'a>,
    /// Whether something that it names is not on the host yet.
    pub waits: bool,
    /// Whether the tenant has removed it without waiting for its containers to end.
    pub forced: bool,
    /// Whether it was waited for already.
    pub waited: bool,
    /// Seconds since 1970.
    pub now: i64,
}

/// What differs between a tenant's pod and its copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    /// The tokens are missing or due.
    pub token: bool,
    /// The host's pod is on this node, and the tenant's is unbound or has only just been.
    pub bind: Option<Arc<str>>,
    /// The tenant's status may be out of date.
    pub status: bool,
    /// The host's metadata, images or tolerations are out of date.
    pub update: bool,
    /// The host's pod says something else of its readiness gates than the tenant's.
    pub gates: bool,
}

/// Decides about a pod.
pub fn decide(pair: Option<&Pair<TenantPod, HostPod>>, around: &Around<'_>) -> Step {
    let is_anybodys = |token: &Token| pair.is_some_and(|pair| pair.is_of(&token.pod_uid));
    if let Some(token) = around.tokens.held().filter(|token| !is_anybodys(&token.detail)) {
        if pair.is_none() && !around.waited {
            return Step::Later;
        }
        return Step::DropTokens { secret: token.uid.clone(), pod: token.detail.pod_uid.clone() };
    }
    let Some(pair) = pair else { return Step::Settled };
    let forced = around.forced.then_some(0);
    match (&pair.tenant, &pair.host) {
        (None, None) => Step::Settled,
        (None, Some(host)) => delete_host(host, forced),
        (Some(tenant), None) => tenant_only(tenant, around),
        // The pod was made again under the same name; its predecessor has to be gone from the host first.
        (Some(tenant), Some(host)) if host.detail.copied.tenant_uid != tenant.uid => {
            delete_host(host, forced)
        }
        (Some(tenant), Some(host)) => both(tenant, host, around),
    }
}

/// A deletion that is under way can only be made shorter.
fn delete_host(host: &Seen<HostPod>, grace: Option<i64>) -> Step {
    let is_due = host.deleting.is_none_or(|under_way| grace.is_some_and(|grace| grace < under_way));
    if is_due { Step::DeleteHost { uid: host.uid.clone(), grace } } else { Step::Settled }
}

fn tenant_only(tenant: &Seen<TenantPod>, around: &Around<'_>) -> Step {
    let delete = |last_status| Step::DeleteTenant { uid: tenant.uid.clone(), grace: Some(0), last_status };
    let pod = &tenant.detail;
    match tenant.deleting {
        // Only finalizers hold it, if it is not about to go.
        Some(0) if pod.held && !pod.finished => Step::Conclude,
        Some(0) if pod.held => Step::Settled,
        // An API server writes the end of the grace, then removes the pod; one that died in between has left it there.
        Some(0) if around.waited => delete(false),
        Some(0) => Step::Later,
        // Its containers have ended, which a kubelet tells the API server by exactly this.
        Some(_) => delete(pod.held && !pod.finished),
        None if pod.finished => Step::Settled,
        // It ran, and the host's pod was evicted or deleted there.
        None if pod.started => delete(true),
        None if around.waits => Step::Settled,
        None => Step::Create,
    }
}

fn both(tenant: &Seen<TenantPod>, host: &Seen<HostPod>, around: &Around<'_>) -> Step {
    // One that is not bound is deleted without grace, which says nothing of its copy that may run by now.
    let grace = tenant.deleting.filter(|grace| *grace > 0 || tenant.detail.started);
    if tenant.deleting.is_some()
        && let delete @ Step::DeleteHost { .. } = delete_host(host, grace)
    {
        return delete;
    }
    // The host's hash leaves readiness gates out, so a pod with some is always worth a look.
    let status = tenant.detail.gated || tenant.detail.status != host.detail.status;
    let delete = |grace| Step::DeleteTenant { uid: tenant.uid.clone(), grace, last_status: status };
    // One that has ended stays to be seen, though its copy is cleared away.
    if tenant.deleting.is_none() && !tenant.detail.finished {
        if host.deleting.is_some() {
            return delete(host.deleting);
        }
        // Somebody in the tenant has bound it to another node than it is on.
        if are_apart(tenant.detail.node.as_deref(), host.detail.node.as_deref()) {
            return delete(None);
        }
    }
    let ends = host.detail.finished || host.deleting.is_some();
    let token = match around.tokens {
        // Those of every pod would be made again.
        KnownTokens::Unlisted => false,
        KnownTokens::Absent => true,
        KnownTokens::Held(token) => is_due(&token.detail, around.now),
    };
    let follow = Follow {
        token: tenant.detail.wants_tokens && !ends && token,
        // One that chose its node itself needs that Node in the tenant as well.
        bind: host.detail.node.clone().filter(|_| tenant.detail.node.is_none() || !tenant.detail.started),
        status,
        update: !ends && tenant.detail.wanted != host.detail.copied.content,
        gates: !ends && host.detail.gates.is_some_and(|gates| gates != tenant.detail.gates),
    };
    if follow == Follow::default() { Step::Settled } else { Step::Follow(follow) }
}

fn are_apart(tenant: Option<&str>, host: Option<&str>) -> bool {
    tenant.zip(host).is_some_and(|(tenant, host)| tenant != host)
}

/// Tokens from the future were made by a clock that was wrong, so that their times say nothing.
fn is_due(token: &Token, now: i64) -> bool {
    token.refresh_at <= now || now < token.minted_at
}

#[cfg(test)]
mod tests;
