//! `tenantbench scenario`: runs one and prints its report.

mod flags;
mod hosts;

use std::sync::Arc;

use jiff::Timestamp;
use tenantbench_reports::{Event, RunStarted, journal::JournalWriter, results::Results};
use tenantbench_scenarios::{Action, Plan, Resolved, load, plan};
use tokio_util::sync::CancellationToken;

pub(super) use flags::ScenarioArgs;

use self::hosts::PlacedHosts;
use super::{
    exit::{CliError, Code},
    output::Terminal,
    report::{self, Format},
    signals, ui,
};
use crate::{
    assets::versions,
    observe::machine,
    run::{RunError, engine, recorder::Recorder},
    workload::Workload,
};

/// Runs a scenario and prints its report on standard output.
///
/// # Errors
/// What kept it from running; a scenario that ran and failed is a [`Code`].
pub(super) async fn run(args: ScenarioArgs, terminal: &Terminal) -> Result<Code, CliError> {
    let scenario = load(&args.scenario)?.resolve(&args.set)?;
    let models = args.models(&scenario)?;
    let seed = args.seed.unwrap_or_else(rand::random);
    let planned = plan(&scenario, &models, args.rounds.unwrap_or(scenario.rounds), seed);
    let workload = workload(&scenario, &args)?;
    let shutdown = signals::shutdown().map_err(|error| CliError::new(Code::Unfit, error.to_string()))?;
    let place = args.place.prepare(terminal, &shutdown).await?;
    let run = run_id(&scenario.scenario);
    let results = args.results();
    let factory = PlacedHosts::new(place, terminal, results.run_folder(&run), &shutdown);
    let recorder = recorder(&results, &run, terminal)?;
    recorder.emit(head(&run, &scenario, &planned));
    let request = engine::Request {
        folder: results.run_folder(&run),
        run,
        plan: planned,
        workload,
        timeout: args.timeout,
        keep: args.keep,
    };
    let code = execute(&request, &factory, &recorder, &shutdown).await;
    finish(&recorder, &results, args.format, terminal, code)
}

/// What the run came to: a code, and the line that says why where it stopped early.
struct Ending {
    code: Code,
    stopped: Option<CliError>,
}

async fn execute(
    request: &engine::Request,
    factory: &PlacedHosts<'_>,
    recorder: &Recorder,
    shutdown: &CancellationToken,
) -> Ending {
    match engine::run(request, factory, recorder, shutdown).await {
        Ok(summary) if summary.failed > 0 => Ending { code: Code::ScenarioFailed, stopped: None },
        Ok(_) => {
            let leaks = recorder.report().is_some_and(|report| report.leaks() > 0);
            Ending { code: if leaks { Code::LeakFound } else { Code::Ok }, stopped: None }
        }
        Err(error) => {
            let error = CliError::from(error);
            Ending { code: error.code(), stopped: Some(error) }
        }
    }
}

fn finish(
    recorder: &Recorder,
    results: &Results,
    format: Format,
    terminal: &Terminal,
    ending: Ending,
) -> Result<Code, CliError> {
    let stopped = ending.stopped.as_ref().map(|error| error.message().to_owned());
    recorder.emit(Event::RunFinished { exit_code: ending.code.number(), stopped });
    if let Some(report) = recorder.report() {
        results.write_report(&report).map_err(RunError::from)?;
        report::print(&report, format, results, terminal)?;
    }
    if let Some(lost) = recorder.lost() {
        return Err(RunError::from(lost).into());
    }
    match ending.stopped {
        Some(error) => Err(error),
        None => Ok(ending.code),
    }
}

/// The workload that the scenario installs, with as many workers as it starts.
fn workload(scenario: &Resolved, args: &ScenarioArgs) -> Result<Workload, CliError> {
    let mut wanted = ("ray".to_owned(), String::from("sample"), 0);
    for step in &scenario.steps {
        match &step.action {
            Action::Install { workload, .. } => wanted.0 = workload.to_string(),
            Action::Start { name, workers, .. } => (wanted.1, wanted.2) = (name.clone(), *workers),
            _ => {}
        }
    }
    Workload::new(&wanted.0, &wanted.1, wanted.2, args.crds.clone())
        .map_err(|error| RunError::from(error).into())
}

fn run_id(scenario: &str) -> String {
    let now = Timestamp::now().strftime("%Y%m%d-%H%M%S");
    format!("{scenario}-{now}-{:04x}", rand::random::<u16>())
}

fn recorder(results: &Results, run: &str, terminal: &Terminal) -> Result<Arc<Recorder>, CliError> {
    let journal: JournalWriter = results.create(run).map_err(RunError::from)?;
    Ok(Arc::new(Recorder::new(journal, Box::new(ui::view(terminal)))))
}

fn head(run: &str, scenario: &Resolved, planned: &Plan) -> Event {
    let parameters = planned.parameters.iter();
    Event::RunStarted(RunStarted {
        run: run.to_owned(),
        scenario: scenario.scenario.clone(),
        parameters: parameters
            .filter_map(|(name, value)| Some((name.clone(), serde_json::to_value(value).ok()?)))
            .collect(),
        models: planned.models.iter().map(ToString::to_string).collect(),
        metrics: planned.metrics().into_iter().map(str::to_owned).collect(),
        rounds: planned.rounds,
        seed: planned.seed,
        command: std::env::args().collect(),
        machine: machine::machine(),
        versions: [
            ("tenantbench".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ("kubernetes".to_owned(), versions::KUBERNETES.to_owned()),
            ("etcd".to_owned(), versions::ETCD.to_owned()),
        ]
        .into(),
    })
}
