//! Which images have a program on this machine.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Programs by image repository; tag and digest make no difference.
#[derive(Clone, Debug, Default)]
pub struct ImageMap {
    programs: BTreeMap<String, PathBuf>,
}

impl ImageMap {
    /// No image has a program.
    pub fn new() -> Self {
        Self::default()
    }

    /// Containers of `repository` run `program`.
    #[must_use]
    pub fn with(mut self, repository: &str, program: &Path) -> Self {
        self.programs.insert(repository.to_owned(), program.to_owned());
        self
    }

    /// The program of an image; none if it is simulated.
    pub fn program(&self, image: &str) -> Option<&Path> {
        self.programs.get(repository(image)).map(PathBuf::as_path)
    }
}

/// What an image's program is called in its containers, whatever its file is called on this machine.
pub(crate) fn program_name(image: &str) -> &str {
    let repository = repository(image);
    repository.rsplit_once('/').map_or(repository, |(_, name)| name)
}

/// An image's name without tag and digest.
fn repository(image: &str) -> &str {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    match name.rsplit_once(':') {
        // A colon before the last slash belongs to the registry's port.
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

/// The command line of a container: the image's program is its entry point, as in an image of one program.
///
/// `command` replaces it as in Kubernetes; one that names the program `name`, with whatever path, means it.
pub(crate) fn command_line(
    inside: &Path,
    name: &str,
    command: Vec<String>,
    arguments: Vec<String>,
) -> Vec<String> {
    let entry = || inside.to_string_lossy().into_owned();
    let mut line = command;
    match line.first_mut() {
        None => line.push(entry()),
        Some(first) if Path::new(first).file_name().is_some_and(|first| first == name) => *first = entry(),
        Some(_) => {}
    }
    line.extend(arguments);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_and_digest_make_no_difference() {
        let map = ImageMap::new().with("localhost:5000/a/etcd", Path::new("/bin/etcd"));
        for image in
            ["localhost:5000/a/etcd", "localhost:5000/a/etcd:3.6", "localhost:5000/a/etcd:3.6@sha256:00"]
        {
            assert_eq!(map.program(image), Some(Path::new("/bin/etcd")), "{image}");
        }
        assert_eq!(map.program("a/etcd"), None);
    }

    #[test]
    fn a_program_has_its_images_name_whatever_its_file_is_called() {
        assert_eq!(program_name("localhost:5000/a/etcd:3.6@sha256:00"), "etcd");
        assert_eq!(program_name("etcd:3.6"), "etcd");
    }

    fn line(command: &[&str], arguments: &[&str]) -> Vec<String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        command_line(Path::new("/image/bin/etcd"), "etcd", owned(command), owned(arguments))
    }

    #[test]
    fn arguments_alone_go_to_the_program() {
        assert_eq!(line(&[], &["--x"]), ["/image/bin/etcd", "--x"]);
    }

    #[test]
    fn a_command_that_names_the_program_means_it() {
        assert_eq!(line(&["/usr/local/bin/etcd", "--y"], &["--x"]), ["/image/bin/etcd", "--y", "--x"]);
    }

    #[test]
    fn another_command_is_left_alone() {
        assert_eq!(line(&["sh", "-c"], &["true"]), ["sh", "-c", "true"]);
    }
}
