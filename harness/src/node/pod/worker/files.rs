//! Keeps a pod's volumes as they should be.

use std::path::PathBuf;

use super::Worker;
use crate::node::{
    helper::layout::Bind,
    pod::{
        downward::Place,
        expand::expand,
        references,
        volume::{Material, Part, Plan, TokenRequest, project, replace},
    },
};

impl Worker {
    /// Gets what the pod refers to and brings its volumes up to date. False if something is missing still.
    pub(super) async fn refresh(&mut self) -> bool {
        match self.try_refresh().await {
            Ok(()) => true,
            Err(message) => {
                // A kubelet too tells of it once per pod and goes on trying.
                self.tell("FailedMount", message.clone());
                self.wait_for_all("ContainerCreating", &message);
                false
            }
        }
    }

    async fn try_refresh(&mut self) -> Result<(), String> {
        let context = self.context.clone();
        let contents = references::fetch(&context.client, &self.key.0, &self.wanted).await;
        self.contents = contents.map_err(|error| error.to_string())?;
        let requests = self.token_requests();
        let renewed = self.tokens.renew(&context.client, &self.pod, requests).await;
        renewed.map_err(|error| format!("cannot get a token: {error}"))?;
        for (name, plan) in self.volumes.clone() {
            self.fill(&name, &plan)?;
        }
        Ok(())
    }

    fn token_requests(&self) -> Vec<TokenRequest> {
        let plans = self.volumes.iter().map(|(_, plan)| plan);
        let parts = plans.filter_map(|plan| if let Plan::Files(parts) = plan { Some(parts) } else { None });
        let requests = parts.flatten().filter_map(|part| match part {
            Part::Token { request, .. } => Some(request.clone()),
            Part::Object { .. } | Part::Downward { .. } => None,
        });
        requests.collect()
    }

    fn fill(&mut self, name: &str, plan: &Plan) -> Result<(), String> {
        let folder = self.volume(name);
        match plan {
            Plan::Empty => fs_err::create_dir_all(folder).map_err(|error| error.to_string()),
            Plan::Unsupported(kind) => {
                Err(format!("volume {name:?}: simulated nodes have no {kind} volumes"))
            }
            Plan::Files(parts) => {
                let tokens = self.tokens.by_request();
                let material = Material {
                    pod: &self.pod,
                    place: self.place(),
                    contents: &self.contents,
                    tokens: &tokens,
                };
                let files = project(parts, &material).map_err(|error| format!("volume {name:?}: {error}"))?;
                if self.written.get(name) != Some(&files) {
                    self.version += 1;
                    replace(&folder, &files, self.version).map_err(|error| error.to_string())?;
                    self.written.insert(name.to_owned(), files);
                }
                Ok(())
            }
        }
    }

    pub(super) fn place(&self) -> Place {
        Place { node: self.node, pod: self.sandbox.address() }
    }

    fn volume(&self, name: &str) -> PathBuf {
        self.folder.join("volumes").join(name)
    }

    /// What is mounted in a container.
    pub(super) fn mounts(
        &self,
        container: &k8s_openapi::api::core::v1::Container,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<Bind>, String> {
        let mut binds = Vec::new();
        for mount in container.volume_mounts.iter().flatten() {
            let plan = self.volumes.iter().find(|(name, _)| *name == mount.name).map(|(_, plan)| plan);
            let expression = mount.sub_path_expr.as_ref().map(|text| expand(text, &variable));
            let sub_path = expression.or_else(|| mount.sub_path.clone()).unwrap_or_default();
            if sub_path.split('/').any(|part| part == "..") {
                return Err(format!("sub path {sub_path:?} leads out of volume {:?}", mount.name));
            }
            let mut source = self.volume(&mount.name);
            if !sub_path.is_empty() {
                source.push(sub_path);
                if plan == Some(&Plan::Empty) && !source.exists() {
                    fs_err::create_dir_all(&source).map_err(|error| error.to_string())?;
                }
                // A file is mounted as it is now; it does not follow the volume's later versions.
                source = fs_err::canonicalize(&source).map_err(|error| error.to_string())?;
            }
            binds.push(Bind {
                source,
                target: PathBuf::from(&mount.mount_path),
                read_only: mount.read_only.unwrap_or(false) || plan != Some(&Plan::Empty),
            });
        }
        Ok(binds)
    }
}
