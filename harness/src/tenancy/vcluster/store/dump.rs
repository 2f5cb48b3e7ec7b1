//! A dump as bytes: compressed lines of JSON, first what it is, then a key and its value each.

use std::io::{self, BufRead, BufReader, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The form of a dump.
const SCHEMA: &str = "tenantbench.dev/snapshot/v1";

/// What a dump says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    schema: String,
    /// The virtual cluster.
    pub name: String,
    /// When it was taken.
    pub taken: Timestamp,
    /// The version of Kubernetes that wrote it.
    pub kubernetes: String,
    /// How many keys follow.
    pub keys: usize,
}

/// A whole store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// What it is.
    pub header: Header,
    /// Keys with their values, in order.
    pub entries: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Bytes that are no dump.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// They cannot be unpacked.
    #[error("cannot be unpacked ({0}); is it a file of `tenantbench tenant snapshot`?")]
    Packed(#[from] io::Error),
    /// A line is not of the form.
    #[error("line {line} is not of the form {SCHEMA}: {reason}")]
    Line {
        /// Which line.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// It ends too soon.
    #[error("it says {said} keys and has {found}; the file was cut off, take the snapshot again")]
    CutOff {
        /// As its first line says.
        said: usize,
        /// What is there.
        found: usize,
    },
}

/// What lives in a store only while a control plane runs on it, or belongs to the host that it ran on: leases and
/// addresses of API servers, nodes and their leases, and events, which end by themselves.
const LEFT_OUT: [&str; 8] = [
    "/registry/masterleases/",
    "/registry/leases/kube-node-lease/",
    "/registry/leases/kube-system/apiserver-",
    "/registry/minions/",
    "/registry/events/",
    "/registry/services/endpoints/default/kubernetes",
    "/registry/endpointslices/default/kubernetes",
    // An API server adds its authority to those that it finds there, so those of earlier keys would stay trusted.
    "/registry/configmaps/kube-system/extension-apiserver-authentication",
];

impl Dump {
    /// A dump of these entries, without those that do not outlive their control plane.
    pub fn new(name: &str, kubernetes: &str, entries: Vec<(Vec<u8>, Vec<u8>)>) -> Self {
        let stays = |key: &[u8]| !LEFT_OUT.iter().any(|prefix| key.starts_with(prefix.as_bytes()));
        let entries: Vec<_> = entries.into_iter().filter(|(key, _)| stays(key)).collect();
        let header = Header {
            schema: SCHEMA.to_owned(),
            name: name.to_owned(),
            taken: Timestamp::now(),
            kubernetes: kubernetes.to_owned(),
            keys: entries.len(),
        };
        Self { header, entries }
    }

    /// The dump as bytes.
    ///
    /// # Errors
    /// None that memory has not.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        serde_json::to_writer(&mut packer, &self.header)?;
        packer.write_all(b"\n")?;
        for (key, value) in &self.entries {
            serde_json::to_writer(&mut packer, &[STANDARD.encode(key), STANDARD.encode(value)])?;
            packer.write_all(b"\n")?;
        }
        packer.finish()
    }

    /// Reads a dump.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn unpack(bytes: &[u8]) -> Result<Self, DumpError> {
        let mut lines = BufReader::new(GzDecoder::new(bytes)).lines();
        let wrong = |line, reason: String| DumpError::Line { line, reason };
        let first = lines.next().ok_or_else(|| wrong(1, "there is none".into()))??;
        let header: Header = serde_json::from_str(&first).map_err(|error| wrong(1, error.to_string()))?;
        if header.schema != SCHEMA {
            return Err(wrong(1, format!("it is {}", header.schema)));
        }
        let mut entries = Vec::new();
        for (number, line) in (2..).zip(lines) {
            entries.push(entry(&line?).map_err(|reason| wrong(number, reason))?);
        }
        if entries.len() != header.keys {
            return Err(DumpError::CutOff { said: header.keys, found: entries.len() });
        }
        Ok(Self { header, entries })
    }
}

fn entry(line: &str) -> Result<(Vec<u8>, Vec<u8>), String> {
    let [key, value]: [String; 2] = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let decode = |text: String| STANDARD.decode(text).map_err(|error| error.to_string());
    Ok((decode(key)?, decode(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump() -> Dump {
        let entry = |key: &str, value: &str| (key.as_bytes().to_vec(), value.as_bytes().to_vec());
        let entries = vec![
            entry("/registry/configmaps/default/a", "k8s\0value"),
            entry("/registry/events/default/e", "gone soon"),
            entry("/registry/minions/node-0", "the host's"),
        ];
        Dump::new("a", "v1.36.3", entries)
    }

    #[test]
    fn a_dump_is_read_as_it_was_written() {
        let dump = dump();
        assert_eq!(Dump::unpack(&dump.pack().unwrap()).unwrap(), dump);
    }

    #[test]
    fn what_ends_with_its_control_plane_is_left_out() {
        let keys: Vec<_> = dump().entries.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [b"/registry/configmaps/default/a".to_vec()]);
    }

    #[test]
    fn what_is_no_dump_is_told() {
        assert!(matches!(Dump::unpack(b"plain"), Err(DumpError::Packed(_))));
        let mut cut = dump();
        cut.header.keys = 3;
        assert!(matches!(Dump::unpack(&cut.pack().unwrap()), Err(DumpError::CutOff { said: 3, found: 1 })));
    }
}
