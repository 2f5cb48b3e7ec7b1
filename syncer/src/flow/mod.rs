//! Calls under way at an API server at once: how many ([`limit`], pure) and whose (`turnstile`, pure). What is held back
//! here waits in order; what an API server has too much of waits in none, and makes all of its answers late.

pub mod limit;
mod turnstile;

use std::{fmt, sync::Arc, time::Instant};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use self::{
    limit::{Limit, Sort},
    turnstile::Turnstile,
};
use crate::queue::TenantId;

/// Calls that go on however badly an API server fares, so that the end of it is noticed.
const LEAST: usize = 4;
/// Of many tenants to begin with: before the first answers nobody knows.
const FIRST: usize = 16;
/// At a host, which is all tenants'.
const MOST_OF_HOST: usize = 256;
/// At a tenant's own API server.
const MOST_OF_TENANT: usize = 64;

/// The way to one API server, for as many calls as it bears. Clones are the same.
#[derive(Clone)]
pub struct Gate(Arc<Mutex<State>>);

struct State {
    limit: Limit,
    turnstile: Turnstile<oneshot::Sender<Pass>>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock();
        write!(f, "{} of {} calls under way", state.turnstile.under_way(), state.now())
    }
}

impl State {
    fn now(&self) -> usize {
        if self.turnstile.is_shared() { self.limit.of_many() } else { self.limit.of_one() }
    }

    /// As many calls as the limit has been tried with: where those who wait have all of their share, with all places.
    fn tried(&self) -> usize {
        let (under_way, places) = (self.turnstile.under_way(), self.now());
        if self.turnstile.holds_back(places) { under_way.max(places) } else { under_way }
    }
}

impl Gate {
    /// To the host, which all tenants of a process share.
    pub fn of_host() -> Self {
        Self::new(MOST_OF_HOST)
    }

    /// To a tenant's own API server.
    pub fn of_tenant() -> Self {
        Self::new(MOST_OF_TENANT)
    }

    fn new(most: usize) -> Self {
        let limit = Limit::new(LEAST, FIRST, most);
        Self(Arc::new(Mutex::new(State { limit, turnstile: Turnstile::default() })))
    }

    /// A tenant's call may begin; it counts until what this returns is dropped.
    pub async fn pass(&self, tenant: TenantId) -> Pass {
        loop {
            let (who, passes) = oneshot::channel();
            self.0.lock().turnstile.wait(tenant, who);
            self.admit();
            // Whoever waits is told in the end: its sender lives as long as this gate.
            if let Ok(pass) = passes.await {
                return pass;
            }
        }
    }

    fn admit(&self) {
        loop {
            let mut state = self.0.lock();
            let limit = state.now();
            let Some((tenant, who)) = state.turnstile.next(limit) else { return };
            drop(state);
            // One that waits no more gives its place back, which locks.
            drop(who.send(Pass { gate: self.clone(), tenant, began: Instant::now() }));
        }
    }
}

/// A call that is under way until this is dropped.
#[derive(Debug)]
pub struct Pass {
    gate: Gate,
    tenant: TenantId,
    began: Instant,
}

impl Pass {
    /// The call was answered just now.
    pub fn answered(self, sort: Sort) {
        let took = self.began.elapsed().as_secs_f64();
        let mut state = self.gate.0.lock();
        let tried = state.tried();
        state.limit.answered(tried, sort, took);
    }

    /// The API server is busy or away.
    pub fn meets_trouble(self) {
        let mut state = self.gate.0.lock();
        let under_way = state.turnstile.under_way();
        state.limit.met_trouble(under_way);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.0.lock().turnstile.end(self.tenant);
        self.gate.admit();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;

    const A: TenantId = TenantId(1);
    const B: TenantId = TenantId(2);

    #[tokio::test]
    async fn a_call_waits_until_another_has_ended_and_one_that_is_given_up_takes_no_place() {
        let gate = Gate::of_tenant();
        let mut passes = Vec::new();
        for _ in 0..MOST_OF_TENANT {
            passes.push(gate.pass(A).now_or_never().expect("a place"));
        }
        let given_up = tokio::spawn({
            let gate = gate.clone();
            async move { drop(gate.pass(A).await) }
        });
        tokio::task::yield_now().await;
        let mut waits = Box::pin(gate.pass(A));
        assert!(waits.as_mut().now_or_never().is_none());
        given_up.abort();
        drop(given_up.await);
        passes.pop();
        drop(tokio::time::timeout(Duration::from_secs(20), waits).await.expect("a place"));
        passes.clear();
        assert_eq!(gate.0.lock().turnstile.under_way(), 0);
    }

    #[tokio::test]
    async fn another_tenant_finds_a_place_however_many_calls_one_has() {
        let gate = Gate::of_host();
        let _first = gate.pass(B).await;
        let mut passes = Vec::new();
        while let Some(pass) = gate.pass(A).now_or_never() {
            passes.push(pass);
        }
        assert_eq!(passes.len(), FIRST - 1);
        assert!(gate.pass(TenantId(3)).now_or_never().is_some());
    }
}
