//! What a tenant's object is called on the host.
//!
//! Names are one-way: nothing is ever parsed back out of them. Which object one stands for is read from our labels and
//! annotations ([`marks`]) and then checked by computing the name again.

pub mod marks;

use sha2::{Digest, Sha256};

use crate::kinds::Kind;

/// The longest name that every kind accepts: a DNS label.
const LONGEST: usize = 63;
/// Base 32, 5 bits a character: 80 bits.
const HASH_LENGTH: usize = 16;
const SEPARATOR: &str = "x";

/// A name that is no DNS label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no DNS label; use 1 to {LONGEST} lower-case letters, digits and dashes, a dash neither first nor last"
)]
pub struct NotALabel(String);

/// Checks a virtual cluster's name, which becomes the value of a label and the end of object names.
///
/// # Errors
/// What is no DNS label.
pub fn dns_label(text: &str) -> Result<String, NotALabel> {
    let is_alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_label = text.len() <= LONGEST
        && text.bytes().all(|b| is_alphanumeric(b) || b == b'-')
        && [text.bytes().next(), text.bytes().last()].iter().all(|end| end.is_some_and(is_alphanumeric));
    if is_label { Ok(text.to_owned()) } else { Err(NotALabel(text.to_owned())) }
}

/// Whether an object of every kind may have this name: a DNS subdomain. It has no slash, so it stays one name wherever
/// it is put.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|part| dns_label(part).is_ok())
}

/// The names of one virtual cluster's objects in its host namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    vcluster: String,
    host_namespace: String,
    /// Kinds of which the host has copies, as far as other objects name them by option only.
    copied: Vec<Kind>,
}

impl Names {
    /// Names for the virtual cluster `vcluster`, a DNS label, whose objects live in `host_namespace`.
    pub fn new(vcluster: impl Into<String>, host_namespace: impl Into<String>) -> Self {
        Self { vcluster: vcluster.into(), host_namespace: host_namespace.into(), copied: Vec::new() }
    }

    /// The same where the host has copies of these kinds.
    #[must_use]
    pub fn copying(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.copied = kinds.into_iter().collect();
        self
    }

    /// Whether the host has copies of a kind, which have other names there.
    pub fn copies(&self, kind: Kind) -> bool {
        self.copied.contains(&kind)
    }

    /// The virtual cluster's own name.
    pub fn vcluster(&self) -> &str {
        &self.vcluster
    }

    /// The one host namespace that holds all of its objects.
    pub fn host_namespace(&self) -> &str {
        &self.host_namespace
    }

    /// The host's name for the tenant's object `namespace/name`: `NAME-x-NAMESPACE-x-VCLUSTER`, or a shortened form
    /// with a hash where the plain one is too long or could be read in two ways.
    pub fn host(&self, namespace: &str, name: &str) -> String {
        let parts = [name, namespace, self.vcluster.as_str()];
        let plain = parts.join("-x-");
        if plain.len() <= LONGEST && parts.iter().all(|part| is_plain(part)) {
            return plain;
        }
        hashed("object", &parts, LONGEST)
    }

    /// The host's name for the tenant's object `name` of a kind without namespaces. It begins with a word of ours, for
    /// some beginnings mean something, such as `system-`.
    pub fn host_cluster(&self, name: &str) -> String {
        const PREFIX: &str = "vc-";
        let parts = [name, self.host_namespace.as_str(), self.vcluster.as_str()];
        let room = LONGEST - PREFIX.len();
        let plain = parts.join("-x-");
        let is_readable = plain.len() <= room && parts.iter().all(|part| is_plain(part));
        let name = if is_readable { plain } else { hashed("cluster", &parts, room) };
        format!("{PREFIX}{name}")
    }

    /// Where the host has the tenant's object: its namespace, empty for one without, and its name.
    pub fn place(&self, namespace: &str, name: &str) -> (&str, String) {
        if namespace.is_empty() {
            ("", self.host_cluster(name))
        } else {
            (&self.host_namespace, self.host(namespace, name))
        }
    }

    /// The ConfigMap that says which tenant the copies are of.
    pub fn identity(&self) -> String {
        hashed("identity", &[&self.vcluster], LONGEST)
    }

    /// The Secret that holds a pod's tokens. The uid is part of it, so that a pod made again under the same name never
    /// meets the tokens of the one before it.
    pub fn token_secret(&self, namespace: &str, pod: &str, uid: &str) -> String {
        hashed("token", &[pod, namespace, self.vcluster.as_str(), uid], LONGEST)
    }

    /// The tenant's name for an event about `name` that the host recorded under `host_event_uid`.
    pub fn event(&self, name: &str, host_event_uid: &str) -> String {
        let hash = digest("event", &[name, host_event_uid]);
        // An Event's name may be a subdomain of 253 characters, as a pod's may; the hash must fit beside it.
        let room = 253 - HASH_LENGTH - 1;
        format!("{}.{hash}", cut(name, room))
    }
}

/// Whether joining this part with `-x-` can be read in one way only, and gives a name. A part can be any text: of some
/// references an API server checks nothing but that they are there.
fn is_plain(part: &str) -> bool {
    dns_label(part).is_ok() && part.split('-').all(|word| word != SEPARATOR)
}

/// A name with the word `x` at most once (where the cut made one), so that it never equals a plain one, which has two.
fn hashed(purpose: &str, parts: &[&str], room: usize) -> String {
    let hash = digest(purpose, parts);
    let words: Vec<&str> = parts
        .iter()
        .take(3)
        .flat_map(|part| part.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit()))
        .filter(|word| !word.is_empty() && *word != SEPARATOR)
        .collect();
    let slug = words.join("-");
    let slug = cut(&slug, room - HASH_LENGTH - 1);
    // A Service's name must begin with a letter, and a slug can be left empty by names made of separators.
    if slug.is_empty() { format!("h-{hash}") } else { format!("{slug}-{hash}") }
}

/// At most `room` bytes of `text`, not ending in a separator.
fn cut(text: &str, room: usize) -> &str {
    let mut end = text.len().min(room);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end_matches(['-', '.'])
}

fn digest(purpose: &str, parts: &[&str]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut hasher = Sha256::new();
    for part in std::iter::once(&purpose).chain(parts) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher
        .finalize()
        .iter()
        .take(HASH_LENGTH)
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn names() -> Names {
        Names::new("vc", "tenant-a")
    }

    #[test]
    fn a_virtual_clusters_name_is_a_dns_label() {
        for good in ["vc", "a", "0-a", &"n".repeat(63)] {
            assert_eq!(dns_label(good).as_deref(), Ok(good));
        }
        for wrong in ["", "-a", "a-", "A", "a.b", "a_b", "ä", "a/b", &"n".repeat(64)] {
            assert!(dns_label(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_objects_name_has_nothing_that_could_lead_elsewhere() {
        for good in ["web", "kube-root-ca.crt", "0"] {
            assert!(is_subdomain(good), "{good}");
        }
        for wrong in ["", "a/b", "../a", "a..b", "a%2fb", "A", "a b", "a?b", &"n".repeat(254)] {
            assert!(!is_subdomain(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_ordinary_name_is_plain() {
        assert_eq!(names().host("default", "web-0"), "web-0-x-default-x-vc");
    }

    #[test]
    fn a_name_with_a_dot_gets_a_hash() {
        let name = names().host("default", "kube-root-ca.crt");
        assert!(name.starts_with("kube-root-ca-crt-default-vc-"), "{name}");
        assert_ne!(name, names().host("default", "kube-root-ca-crt"));
    }

    #[test]
    fn a_path_is_no_way_out_of_the_host_namespace() {
        for name in ["../../kube-system/secrets/a", "..", "a/b", "a%2fb", "A", "", "a b", "ä", "-a", "a-"] {
            let host = names().host("default", name);
            assert!(dns_label(&host).is_ok(), "{name} became {host}");
        }
    }

    #[test]
    fn x_as_a_word_cannot_move_between_name_and_namespace() {
        assert_ne!(names().host("c", "a-x-b"), names().host("b-x-c", "a"));
    }

    #[test]
    fn x_inside_a_word_stays_plain() {
        assert_eq!(names().host("xx", "nginx"), "nginx-x-xx-x-vc");
    }

    #[test]
    fn a_long_name_fits_a_label() {
        let name = names().host(&"n".repeat(63), &"p".repeat(253));
        assert!(name.len() <= LONGEST, "{name}");
    }

    #[test]
    fn an_object_without_namespace_has_a_name_of_its_virtual_cluster_alone() {
        assert_eq!(names().host_cluster("fast"), "vc-fast-x-tenant-a-x-vc");
        assert_eq!(names().place("", "fast"), ("", names().host_cluster("fast")));
        assert_ne!(names().host_cluster("fast"), Names::new("vc", "tenant-b").host_cluster("fast"));
        for name in ["system-node-critical", "a.b", &"n".repeat(253)] {
            let host = names().host_cluster(name);
            assert!(host.len() <= LONGEST && host.starts_with("vc-"), "{host}");
        }
        assert_ne!(names().host_cluster("a.b"), names().host_cluster("a-b"));
    }

    #[test]
    fn a_pod_made_again_gets_another_token_secret() {
        assert_ne!(names().token_secret("ns", "p", "uid-1"), names().token_secret("ns", "p", "uid-2"));
    }

    /// Words that provoke: the separator itself, dots, and runs that meet the length limit.
    fn word() -> impl Strategy<Value = String> {
        prop_oneof![Just("x".to_owned()), "[a-z][a-z0-9]{0,3}", "[a-z]{20,30}"]
    }

    fn label() -> impl Strategy<Value = String> {
        prop::collection::vec(word(), 1..4).prop_map(|words| words.join("-"))
    }

    fn subdomain() -> impl Strategy<Value = String> {
        prop::collection::vec(label(), 1..3).prop_map(|labels| labels.join("."))
    }

    proptest! {
        #[test]
        fn no_two_objects_share_a_name(objects in prop::collection::vec((label(), subdomain()), 2..40)) {
            let mut seen: HashMap<String, (String, String)> = HashMap::new();
            for (namespace, name) in objects {
                let host = names().host(&namespace, &name);
                let object = (namespace, name);
                if let Some(other) = seen.insert(host.clone(), object.clone()) {
                    prop_assert_eq!(other, object, "both are {}", host);
                }
            }
        }

        #[test]
        fn every_cut_of_the_same_words_has_its_own_name(words in prop::collection::vec(word(), 2..6)) {
            let mut seen = HashMap::new();
            for at in 1..words.len() {
                let (name, namespace) = (words[..at].join("-"), words[at..].join("-"));
                let host = names().host(&namespace, &name);
                prop_assert!(seen.insert(host.clone(), at).is_none(), "{} names two objects", host);
            }
        }

        #[test]
        fn every_name_is_a_dns_label(namespace in label(), name in subdomain()) {
            let host = names().host(&namespace, &name);
            prop_assert!(host.len() <= LONGEST);
            prop_assert!(host.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            prop_assert!(!host.starts_with('-') && !host.ends_with('-'));
        }

        #[test]
        fn whatever_is_named_the_name_on_the_host_is_a_dns_label(namespace in any::<String>(), name in any::<String>()) {
            prop_assert!(dns_label(&names().host(&namespace, &name)).is_ok());
        }
    }
}
