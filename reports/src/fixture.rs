//! A run as the engine records it, for tests.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    Event, HostReady, Leftover, Machine, Metric, Outcome, Record, Refusal, RunStarted, Sample, Validity,
};

/// The models of the fixture, in the order of the report.
pub(crate) const MODELS: [&str; 3] = ["namespace", "namespace-assisted", "vcluster"];

/// Two rounds of three models, ended in good order.
pub(crate) fn whole_run() -> Vec<Record> {
    let mut events = vec![Event::RunStarted(head()), Event::HostReady(host(None))];
    for round in 1..=2 {
        namespace(round, &mut events);
        assisted(round, &mut events);
        vcluster(round, &mut events);
    }
    events.push(validity("rights", true, "37 rights checked, none beyond the built-in admin role"));
    events.push(Event::Note { text: "workload: Ray (built-in model)".to_owned() });
    events.push(Event::RunFinished { exit_code: 0, stopped: None });
    stamp(events)
}

/// Events as records a second apart.
pub(crate) fn stamp(events: Vec<Event>) -> Vec<Record> {
    let start: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    events
        .into_iter()
        .zip(0..)
        .map(|(event, second)| Record { at: start + SignedDuration::from_secs(second), event })
        .collect()
}

pub(crate) fn head() -> RunStarted {
    RunStarted {
        run: "20261121-120000-ray-install".to_owned(),
        scenario: "ray-install".to_owned(),
        parameters: BTreeMap::from([("workers".to_owned(), 3.into())]),
        models: MODELS.map(str::to_owned).to_vec(),
        metrics: Metric::ALL.iter().map(|info| info.name.to_owned()).collect(),
        rounds: 2,
        seed: 7,
        command: ["tenantbench", "scenario", "ray-install"].map(str::to_owned).to_vec(),
        machine: Machine {
            cores: 2,
            memory_bytes: 8 << 30,
            kernel: "6.12.0".to_owned(),
            load_1m: 0.3,
            build: "debug".to_owned(),
        },
        versions: [("kubernetes", "v1.36.3"), ("tenantbench", "0.1.0"), ("etcd", "3.6.16")]
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .into(),
    }
}

pub(crate) fn host(only_for: Option<(u32, String)>) -> HostReady {
    HostReady {
        kind: "local".to_owned(),
        only_for,
        api_ready_seconds: 2.61,
        ready_seconds: 3.34,
        nodes: "simulated".to_owned(),
        node_count: 3,
        node_ready_delay_seconds: Some(0.3),
        pod_isolation: "namespaces".to_owned(),
        versions: Default::default(),
        cannot_show: vec!["container start times: pods are simulated or plain processes".to_owned()],
    }
}

pub(crate) fn sample(round: u32, model: &str, metric: Metric, value: f64) -> Event {
    of(round, model, metric, None, value)
}

/// A value of one part of a metric whose subjects are unlike things.
pub(crate) fn part(round: u32, model: &str, metric: Metric, subject: &str, value: f64) -> Event {
    of(round, model, metric, Some(subject), value)
}

fn of(round: u32, model: &str, metric: Metric, subject: Option<&str>, value: f64) -> Event {
    Event::Sample(Sample {
        round,
        model: model.to_owned(),
        metric: metric.name().to_owned(),
        value,
        server_value: None,
        censored: false,
        subject: subject.map(str::to_owned),
    })
}

pub(crate) fn validity(check: &str, ok: bool, detail: &str) -> Event {
    Event::Validity(Validity { check: check.to_owned(), ok, detail: detail.to_owned() })
}

fn started(round: u32, model: &str) -> Event {
    Event::RoundStarted { round, model: model.to_owned() }
}

pub(crate) fn finished(round: u32, model: &str, outcome: Outcome) -> Event {
    Event::RoundFinished { round, model: model.to_owned(), outcome, error: None }
}

fn namespace(round: u32, events: &mut Vec<Event>) {
    let model = "namespace";
    let refusal = Refusal {
        object: "customresourcedefinitions.apiextensions.k8s.io/rayclusters.ray.io".to_owned(),
        verb: "create".to_owned(),
        message: "customresourcedefinitions.apiextensions.k8s.io is forbidden: User \"tenant\" cannot create \
                  resource \"customresourcedefinitions\" in API group \"apiextensions.k8s.io\" at the cluster scope"
            .to_owned(),
    };
    events.extend([
        started(round, model),
        sample(round, model, Metric::TenantReady, 0.051 + 0.01 * f64::from(round)),
        Event::Refused { round, model: model.to_owned(), refusal },
        sample(round, model, Metric::TenantDeleted, 5.31),
        sample(round, model, Metric::NamespaceClearWait, 5.0),
        sample(round, model, Metric::HostGrowth, 143_000.0),
        sample(round, model, Metric::HostObjectsCreated, 9.0),
        finished(round, model, Outcome::Refused),
    ]);
}

fn assisted(round: u32, events: &mut Vec<Event>) {
    let model = "namespace-assisted";
    events.extend([
        Event::HostReady(host(Some((round, model.to_owned())))),
        started(round, model),
        sample(round, model, Metric::TenantReady, 0.06),
        sample(round, model, Metric::CrdsEstablished, 1.9),
        sample(round, model, Metric::OperatorReady, 2.4),
        sample(round, model, Metric::WorkloadReady, 0.91),
        sample(round, model, Metric::TenantDeleted, 5.4),
        sample(round, model, Metric::NamespaceClearWait, 5.0),
        sample(round, model, Metric::HostGrowth, 410_000_000.0),
        Event::Absent {
            round,
            model: model.to_owned(),
            metric: Metric::PodSyncDown.name().to_owned(),
            reason: "the model has no syncer".to_owned(),
        },
        Event::Leftover {
            round,
            model: model.to_owned(),
            leftover: Leftover {
                kind: "object".to_owned(),
                name: "customresourcedefinitions.apiextensions.k8s.io/rayclusters.ray.io".to_owned(),
                by_design: Some("the platform installed it for all tenants".to_owned()),
            },
        },
        finished(round, model, Outcome::Ok),
    ]);
}

fn vcluster(round: u32, events: &mut Vec<Event>) {
    let model = "vcluster";
    events.extend([
        started(round, model),
        Event::StepStarted { round, model: model.to_owned(), step: "create the tenant".to_owned() },
        sample(round, model, Metric::TenantReady, 4.2),
        sample(round, model, Metric::CrdsEstablished, 2.1),
        sample(round, model, Metric::OperatorReady, 3.0),
        sample(round, model, Metric::WorkloadReady, 1.1),
    ]);
    for pod in 0..4_u32 {
        events.push(Event::Sample(Sample {
            round,
            model: model.to_owned(),
            metric: Metric::PodSyncDown.name().to_owned(),
            value: 0.012 + f64::from(pod) * 0.001,
            server_value: Some(0.0115 + f64::from(pod) * 0.001),
            censored: false,
            subject: Some(format!("default/ray-{pod}")),
        }));
    }
    for (container, bytes) in [("kube-apiserver", 310e6), ("kube-controller-manager", 61e6), ("syncer", 19e6)]
    {
        events.push(part(round, model, Metric::ContainerMemory, &format!("vc-0/{container}"), bytes));
    }
    events.extend([
        sample(round, model, Metric::TenantDeleted, 6.75),
        sample(round, model, Metric::NamespaceClearWait, 5.0),
        sample(round, model, Metric::ControlPlanePss, 420_000_000.0),
        sample(round, model, Metric::ControlPlaneCpu, 6.4),
        sample(round, model, Metric::SyncerPss, 19_000_000.0),
        sample(round, model, Metric::SyncerCpu, 0.21),
        sample(round, model, Metric::HostGrowth, 31_000_000.0),
        finished(round, model, Outcome::Ok),
    ]);
}
