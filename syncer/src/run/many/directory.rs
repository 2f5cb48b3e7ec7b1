//! Tenants in a folder: `NAME.kubeconfig`, and `NAME.yaml` with settings of its own.
//!
//! The folder is looked at once a second, not watched: what kubelets mount is changed by swapping a link, and network
//! file systems tell watchers nothing. Files are read only when their times or sizes have changed.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use kube::config::Kubeconfig;
use tokio::sync::watch;

use super::{Roll, Wanted};
use crate::names::dns_label;

const EVERY: Duration = Duration::from_secs(1);
const KUBECONFIG: &str = "kubeconfig";
const SETTINGS: &str = "yaml";

/// What a file's content depends on.
type Mark = (Option<SystemTime>, u64);

/// The marks of a tenant's two files.
type Marks = BTreeMap<String, (Mark, Option<Mark>)>;

/// Keeps `roll` as the folder is, until nobody asks any more. A folder that cannot be read says nothing.
pub(super) async fn follow(folder: PathBuf, roll: watch::Sender<Option<Roll>>) {
    let (mut seen, mut is_told) = (None, false);
    while !roll.is_closed() {
        match marks(&folder) {
            Ok(marks) if seen.as_ref() != Some(&marks) => {
                is_told = false;
                roll.send_replace(Some(read(&folder, &marks)));
                seen = Some(marks);
            }
            Ok(_) => is_told = false,
            Err(error) => {
                if !std::mem::replace(&mut is_told, true) {
                    let folder = folder.display();
                    tracing::warn!(%folder, %error, "the tenants' folder cannot be read; all stays as it is");
                }
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn marks(folder: &Path) -> io::Result<Marks> {
    let mut marks = Marks::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).filter(|name| dns_label(name).is_ok());
        let Some(name) = name.filter(|_| has_extension(&path, KUBECONFIG)) else { continue };
        // One that goes meanwhile is not there.
        let Some(mark) = mark(&path) else { continue };
        marks.insert(name.to_owned(), (mark, self::mark(&path.with_extension(SETTINGS))));
    }
    Ok(marks)
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

fn mark(path: &Path) -> Option<Mark> {
    let metadata = fs_err::metadata(path).ok()?;
    Some((metadata.modified().ok(), metadata.len()))
}

fn read(folder: &Path, marks: &Marks) -> Roll {
    let one = |(name, (_, settings)): (&String, &(Mark, Option<Mark>))| {
        let path = folder.join(format!("{name}.{KUBECONFIG}"));
        let settings = settings.map(|_| path.with_extension(SETTINGS));
        (name.clone(), wanted(&path, settings.as_deref()))
    };
    marks.iter().map(one).collect()
}

/// A tenant of these files.
///
/// # Errors
/// What is wrong with them, in one line.
pub(crate) fn wanted(kubeconfig: &Path, settings: Option<&Path>) -> Result<Wanted, String> {
    let text = |path: &Path| fs_err::read_to_string(path).map_err(|error| error.to_string());
    // It makes paths within the file relative to the file.
    let parsed = Kubeconfig::read_from(kubeconfig)
        .map_err(|error| format!("{} is no kubeconfig: {error}", kubeconfig.display()))?;
    let settings = settings.map(|path| Ok::<_, String>((path, text(path)?))).transpose()?;
    let settings = settings.as_ref().map(|(path, text)| (*path, text.as_str()));
    Wanted::new((parsed, &text(kubeconfig)?), settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_that_come_change_and_go_are_tenants_that_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("is written");
        let (sender, mut rolls) = watch::channel(None);
        let following = tokio::spawn(follow(folder.path().to_owned(), sender));
        let mut until = async |what: fn(&Roll) -> bool| {
            let reached = rolls.wait_for(|roll: &Option<Roll>| roll.as_ref().is_some_and(what));
            tokio::time::timeout(Duration::from_secs(20), reached).await.expect("in time").expect("goes on");
        };
        until(Roll::is_empty).await;
        write("team-a.kubeconfig", "apiVersion: v1\nkind: Config\n");
        write("notes.txt", "no tenant");
        write("No_Name.kubeconfig", "");
        until(|roll| roll.keys().eq(["team-a"]) && roll["team-a"].is_ok()).await;
        write("team-a.yaml", "service: other\n");
        until(|roll| roll["team-a"].as_ref().is_ok_and(|one| one.settings.service.is_some())).await;
        write("team-b.kubeconfig", "- no kubeconfig");
        until(|roll| roll.get("team-b").is_some_and(Result::is_err)).await;
        std::fs::remove_file(folder.path().join("team-a.kubeconfig")).expect("is removed");
        until(|roll| roll.keys().eq(["team-b"])).await;
        following.abort();
    }
}
