//! Whether a kind host can be had on this machine, without making anything.

use super::{Docker, DockerError, NodeImage, docker::Engine, node_image};
use crate::assets::{Binary, Found, Go, Options, locate, versions};

/// What a kind host needs, and how it is.
#[derive(Debug)]
pub struct Fitness {
    /// The engine, or why there is none.
    pub engine: Result<Engine, DockerError>,
    /// The kind program, how it can be had, or why it cannot.
    pub program: Result<Source<Found>, String>,
    /// The image of nodes, how it can be had, or why it cannot.
    pub image: Result<Source<NodeImage>, String>,
}

/// Something that is there, or that can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source<T> {
    /// It is there.
    There(T),
    /// It is not, and it can be had: how.
    ToBeHad(&'static str),
}

impl Fitness {
    /// Looks.
    pub async fn look(options: &Options) -> Self {
        let (engine, program) = tokio::join!(Docker.engine(), program(options));
        let image = match &engine {
            Ok(engine) => image(options, engine).await,
            Err(_) => Err("Docker does not answer".into()),
        };
        Self { engine, program, image }
    }

    /// The reason for which a kind host cannot be had; none where it can.
    pub fn obstacle(&self) -> Option<String> {
        let engine = self.engine.as_ref().err().map(ToString::to_string);
        engine.or_else(|| self.program.as_ref().err().cloned()).or_else(|| self.image.as_ref().err().cloned())
    }
}

impl Fitness {
    /// The reason for which nobody who did not ask for a kind host should get one: it cannot be had, or it would first
    /// be minutes of building.
    pub fn surprise(&self) -> Option<String> {
        self.obstacle().or_else(|| match &self.image {
            Ok(Source::ToBeHad(how)) => Some(format!("no node image is there yet; it is {how}")),
            _ => None,
        })
    }
}

async fn program(options: &Options) -> Result<Source<Found>, String> {
    match locate(options, Binary::Kind).await {
        Err(error) => Err(error.to_string()),
        Ok(Some(found)) => Ok(Source::There(found)),
        Ok(None) if options.build && Go::find().await.is_ok() => Ok(Source::ToBeHad("built with Go")),
        Ok(None) if options.releases.is_some() => Ok(Source::ToBeHad("downloaded")),
        Ok(None) => Err("there is no `kind`, and it can be neither downloaded nor built".into()),
    }
}

async fn image(options: &Options, engine: &Engine) -> Result<Source<NodeImage>, String> {
    let built = node_image::built(options).await.map_err(|error| error.to_string())?;
    if let Some(built) = built {
        return Ok(Source::There(NodeImage::Built(built)));
    }
    let official = versions::KIND_NODE_IMAGE;
    let usable = node_image::official_is_usable(engine);
    if usable.is_ok() && Docker.image_id(official).await.is_ok_and(|id| id.is_some()) {
        return Ok(Source::There(NodeImage::Official(official.to_owned())));
    }
    match node_image::check_tools() {
        Ok(()) if options.build => Ok(Source::ToBeHad("built with `tenantbench tools node-image`")),
        Ok(()) => Err("no node image is there, and builds are switched off".into()),
        Err(error) => match usable {
            Ok(()) => Err(format!("{official} is not there; `docker pull` it")),
            Err(reason) => Err(format!("{reason}; {error}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitness(engine: Result<Engine, DockerError>) -> Fitness {
        Fitness { engine, program: Ok(Source::ToBeHad("built")), image: Ok(Source::ToBeHad("built")) }
    }

    #[test]
    fn a_machine_whose_docker_answers_can_have_a_kind_host() {
        assert_eq!(fitness(Ok(Engine::default())).obstacle(), None);
    }

    #[test]
    fn an_image_that_is_still_to_be_built_is_no_obstacle_but_a_surprise() {
        let ready = Fitness {
            image: Ok(Source::There(NodeImage::Built("a".into()))),
            ..fitness(Ok(Engine::default()))
        };
        assert_eq!(ready.surprise(), None);
        let to_be_built = fitness(Ok(Engine::default()));
        assert_eq!(to_be_built.obstacle(), None);
        assert!(to_be_built.surprise().unwrap().contains("no node image is there yet"));
    }

    #[test]
    fn the_first_obstacle_is_named() {
        let without = Fitness { image: Err("no image".into()), ..fitness(Err(DockerError::Missing)) };
        assert_eq!(without.obstacle(), Some(DockerError::Missing.to_string()));
        let without = Fitness { image: Err("no image".into()), ..fitness(Ok(Engine::default())) };
        assert_eq!(without.obstacle(), Some("no image".into()));
    }
}
