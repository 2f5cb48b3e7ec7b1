//! Giving the image to a node that is a container of this machine's Docker engine, as those of kind are.

use std::{io, process::Stdio, time::Duration};

use tokio::{io::AsyncWriteExt, process::Child, time::Instant};

use super::{Image, ImageError};
use crate::host::kind::Docker;

/// Where kubelets look for images.
const NAMESPACE: &str = "k8s.io";

/// What became of an image on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The node held it already.
    Held,
    /// It was loaded, in this time.
    Loaded(Duration),
}

/// Makes sure that the containerd of `node`, the name of a container, holds the image.
///
/// # Errors
/// [`ImageError`] where Docker cannot be run, or the node does not take the image.
pub async fn give(node: &str, image: &Image) -> Result<Given, ImageError> {
    if held(node, image).await?.as_deref() == Some(image.digest()) {
        return Ok(Given::Held);
    }
    let started = Instant::now();
    import(node, image).await?;
    match held(node, image).await?.as_deref() {
        Some(digest) if digest == image.digest() => Ok(Given::Loaded(started.elapsed())),
        found => {
            Err(refused(node, image, format!("after the import it holds {}", found.unwrap_or("nothing"))))
        }
    }
}

/// The digest that the image's name stands for on a node.
async fn held(node: &str, image: &Image) -> Result<Option<String>, ImageError> {
    let filter = format!("name=={}", image.reference());
    let list = Docker.run(ctr(node, &["exec"], &["images", "list", &filter])).await;
    let list = list.map_err(|error| refused(node, image, error.to_string()))?;
    Ok(digest_in(&list, image.reference()))
}

/// Picks the digest of the image out of `ctr images list`: a head, then a line with name, type and digest.
fn digest_in(list: &str, reference: &str) -> Option<String> {
    let mut words = list.lines().skip(1).map(str::split_whitespace);
    let mut line = words.find(|line| line.clone().next() == Some(reference))?;
    line.find(|word| word.starts_with("sha256:")).map(str::to_owned)
}

async fn import(node: &str, image: &Image) -> Result<(), ImageError> {
    let archive = image.archive()?;
    let words = ["images", "import", "--snapshotter=overlayfs", "-"];
    let mut command = Docker.command(ctr(node, &["exec", "--interactive"], &words));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let failed = |error: io::Error| refused(node, image, error.to_string());
    let mut child = command.spawn().map_err(failed)?;
    let sent = send(&mut child, archive).await;
    let ended = child.wait_with_output().await.map_err(failed)?;
    if !ended.status.success() {
        return Err(refused(node, image, last_line(&ended.stderr)));
    }
    sent.map_err(failed)
}

async fn send(child: &mut Child, archive: Vec<u8>) -> io::Result<()> {
    let Some(mut input) = child.stdin.take() else { return Ok(()) };
    input.write_all(&archive).await?;
    input.shutdown().await
}

fn ctr<'w>(node: &'w str, how: &[&'w str], words: &[&'w str]) -> Vec<&'w str> {
    [how, &[node, "ctr", "--namespace", NAMESPACE], words].concat()
}

fn refused(node: &str, image: &Image, reason: String) -> ImageError {
    ImageError::Node { node: node.to_owned(), image: image.reference().to_owned(), reason }
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::REFERENCE;

    #[test]
    fn the_digest_of_our_image_is_found_among_others() {
        let head = "REF TYPE DIGEST SIZE PLATFORMS LABELS\n";
        let other = "tenantbench.dev/tenantbench:0.0.9 application/x sha256:aa 1 MiB linux/amd64 -\n";
        let own = format!("{REFERENCE} application/x sha256:bb 1 MiB linux/amd64 -\n");
        assert_eq!(digest_in(&format!("{head}{other}{own}"), REFERENCE), Some("sha256:bb".to_owned()));
        assert_eq!(digest_in(&format!("{head}{other}"), REFERENCE), None);
        assert_eq!(digest_in(head, REFERENCE), None);
    }

    #[test]
    fn a_nodes_reason_is_its_last_words() {
        assert_eq!(last_line(b"unpacking\nctr: no space left on device\n\n"), "ctr: no space left on device");
        assert_eq!(last_line(b""), "no reason given");
    }
}
