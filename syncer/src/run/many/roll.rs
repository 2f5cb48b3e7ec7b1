//! Which tenants are wanted, as a source of them says.

use std::collections::BTreeMap;

use kube::config::Kubeconfig;

use crate::config::{Settings, decode};

/// A tenant that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How its API is reached, as its user may do all there.
    pub kubeconfig: Kubeconfig,
    /// Its own settings, which win over those of the process.
    pub settings: Settings,
    /// What both were made of, to tell whether something has changed.
    stamp: String,
}

impl PartialEq for Wanted {
    fn eq(&self, other: &Self) -> bool {
        self.stamp == other.stamp
    }
}

impl Wanted {
    /// A tenant of this kubeconfig; `text` is what was read, `settings` its own config file, if any.
    ///
    /// # Errors
    /// What is wrong with the settings, in one line.
    pub(super) fn new(
        (kubeconfig, text): (Kubeconfig, &str),
        settings: Option<(&std::path::Path, &str)>,
    ) -> Result<Self, String> {
        let own = match settings {
            Some((place, text)) => decode(place, text).map_err(|error| error.to_string())?,
            None => Settings::default(),
        };
        if let Some(field) = own.of_process() {
            return Err(format!("{field} holds for the whole process; set it there, not for one tenant"));
        }
        let stamp = format!("{text}\0{}", settings.map_or("", |(_, text)| text));
        Ok(Self { kubeconfig, settings: own, stamp })
    }
}

/// The tenants of a source by name, each as it is wanted or with what is wrong about it.
pub type Roll = BTreeMap<String, Result<Wanted, String>>;

/// What to do about a tenant.
#[derive(Debug, PartialEq)]
pub(super) enum Change {
    /// Begin, or begin anew.
    Begin(String, Box<Wanted>),
    /// Leave it; what it has on the host stays.
    Leave(String),
    /// It cannot be followed; one that runs already goes on as it is.
    Tell(String, String),
}

/// What has to change so that what runs is what is wanted. Of a name that several sources have, the first one's counts.
pub(super) fn changes<'a>(
    running: impl Iterator<Item = (&'a String, &'a Wanted)>,
    rolls: &[&Roll],
) -> Vec<Change> {
    let mut wanted: BTreeMap<&String, &Result<Wanted, String>> = BTreeMap::new();
    for roll in rolls {
        for (name, entry) in *roll {
            wanted.entry(name).or_insert(entry);
        }
    }
    let running: BTreeMap<_, _> = running.collect();
    let gone = running.keys().filter(|name| !wanted.contains_key(*name));
    let mut changes: Vec<Change> = gone.map(|name| Change::Leave((*name).clone())).collect();
    for (name, entry) in wanted {
        match entry {
            Ok(entry) if running.get(name) != Some(&entry) => {
                changes.push(Change::Begin(name.clone(), Box::new(entry.clone())));
            }
            Ok(_) => {}
            Err(problem) => changes.push(Change::Tell(name.clone(), problem.clone())),
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> Wanted {
        Wanted::new((Kubeconfig::default(), text), None).expect("is followed")
    }

    fn named(changes: Vec<Change>) -> Vec<String> {
        let word = |change| match change {
            Change::Begin(name, _) => format!("begin {name}"),
            Change::Leave(name) => format!("leave {name}"),
            Change::Tell(name, problem) => format!("tell {name}: {problem}"),
        };
        changes.into_iter().map(word).collect()
    }

    #[test]
    fn what_runs_becomes_what_is_wanted() {
        let running = BTreeMap::from(["a", "b", "c", "d"].map(|name| (name.to_owned(), wanted(name))));
        let first = Roll::from([
            ("a".to_owned(), Ok(wanted("a"))),
            ("b".to_owned(), Ok(wanted("another kubeconfig"))),
            ("d".to_owned(), Err("no YAML".to_owned())),
        ]);
        let second =
            Roll::from([("a".to_owned(), Ok(wanted("not heeded"))), ("e".to_owned(), Ok(wanted("e")))]);
        let all = named(changes(running.iter(), &[&first, &second]));
        assert_eq!(all, ["leave c", "begin b", "tell d: no YAML", "begin e"]);
    }

    #[test]
    fn a_tenants_own_settings_are_its_own() {
        let settings = |text| Wanted::new((Kubeconfig::default(), ""), Some(("a.yaml".as_ref(), text)));
        assert_eq!(settings("service: x\n").expect("is followed").settings.service.as_deref(), Some("x"));
        for (text, problem) in [
            ("listen: 0.0.0.0:1\n", "listen holds for the whole process"),
            ("name: b\n", "name holds for the whole process"),
            ("servise: x\n", "a.yaml:1:1: unknown field `servise`"),
        ] {
            let error = settings(text).expect_err("is wrong");
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
