//! Logs, exec and port-forward, each through the tenant's own API.

use std::io;

use kube::api::LogParams;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    ground::{BACK, CLIENT, FRONT, Ground, PORT, SERVER},
    verdict::Finding,
};
use crate::{
    inside::{Greeting, Inside, greeting},
    run::RunError,
};

pub(super) async fn run(ground: &Ground<'_>) -> Result<Vec<Finding>, RunError> {
    Ok(vec![logs(ground).await?, exec(ground).await?, forward(ground).await])
}

async fn logs(ground: &Ground<'_>) -> Result<Finding, RunError> {
    let log = ground.pods(BACK).logs(SERVER, &LogParams::default()).await;
    let log = log.map_err(RunError::probe("read a pod's log"))?;
    let wanted = format!("serving on port {PORT}");
    let name = "logs";
    Ok(match log.lines().any(|line| line == wanted) {
        true => Finding::held(name, format!("the log of {BACK}/{SERVER} says {wanted:?}")),
        false => Finding::broken(name, format!("{wanted:?} is not in the log of {BACK}/{SERVER}: {log:?}")),
    })
}

async fn exec(ground: &Ground<'_>) -> Result<Finding, RunError> {
    let name = "exec";
    let seen: Inside = ground.ask(FRONT, CLIENT, &["look"]).await?;
    Ok(match seen.hostname == CLIENT {
        true => Finding::held(name, format!("a program in {FRONT}/{CLIENT} says that it is there")),
        false => {
            Finding::broken(name, format!("a program in {FRONT}/{CLIENT} says it is in {}", seen.hostname))
        }
    })
}

async fn forward(ground: &Ground<'_>) -> Finding {
    let name = "port-forward";
    match through(ground).await {
        Ok(greeting) if greeting.from == SERVER => {
            Finding::held(name, format!("{SERVER} answered through a forwarded port"))
        }
        Ok(greeting) => Finding::broken(name, format!("{} answered, not {SERVER}", greeting.from)),
        Err(error) => Finding::broken(name, error.to_string()),
    }
}

async fn through(ground: &Ground<'_>) -> io::Result<Greeting> {
    let limit = ground.limit();
    let talk = async {
        let mut way = ground.streams(BACK).portforward(SERVER, &[PORT]).await.map_err(io::Error::other)?;
        let mut stream = way.take_stream(PORT).ok_or_else(|| io::Error::other("no stream of that port"))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        greeting(&answer)
    };
    tokio::time::timeout(limit, talk).await.map_err(io::Error::from)?
}
