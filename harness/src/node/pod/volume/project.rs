//! The files of a volume that is made of objects. No I/O.

use std::{
    collections::BTreeMap,
    path::{Component, Path},
};

use k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, KeyToPath, Pod};

use super::plan::{Part, TokenRequest};
use crate::node::pod::{
    downward::{self, Place},
    references::{Contents, Kind, Reference},
};

/// Files by path inside the volume.
pub(crate) type Files = BTreeMap<String, FileOf>;

/// A file's content and permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileOf {
    pub(crate) bytes: Vec<u8>,
    pub(crate) mode: u32,
}

/// Why a volume has no files yet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VolumeError {
    #[error("{} {name:?} not found", kind.word())]
    NoObject { kind: Kind, name: String },
    #[error("{} {name:?} has no key {key:?}", kind.word())]
    NoKey { kind: Kind, name: String, key: String },
    #[error("simulated nodes do not know the field {0:?}")]
    Field(String),
    #[error("the path {0:?} leads out of the volume")]
    Path(String),
    #[error("there is no token yet")]
    NoToken,
}

/// What files are made of.
pub(crate) struct Material<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) place: Place,
    pub(crate) contents: &'a Contents,
    pub(crate) tokens: &'a BTreeMap<TokenRequest, String>,
}

/// The files of a volume's parts; a later part covers an earlier one.
pub(crate) fn project(parts: &[Part], material: &Material<'_>) -> Result<Files, VolumeError> {
    let mut files = Files::new();
    for part in parts {
        match part {
            Part::Object { from, items, optional, mode } => {
                object(from, items.as_deref(), *optional, *mode, material.contents, &mut files)?;
            }
            Part::Token { path, request, mode } => {
                let token = material.tokens.get(request).ok_or(VolumeError::NoToken)?;
                add(&mut files, path, token.clone().into_bytes(), *mode)?;
            }
            Part::Downward { items, mode } => {
                for item in items {
                    let text = learned(item, material)?;
                    add(&mut files, &item.path, text.into_bytes(), item_mode(item.mode, *mode))?;
                }
            }
        }
    }
    Ok(files)
}

fn object(
    from: &Reference,
    items: Option<&[KeyToPath]>,
    optional: bool,
    mode: u32,
    contents: &Contents,
    files: &mut Files,
) -> Result<(), VolumeError> {
    let (kind, name) = from;
    let Some(data) = contents.get(from) else {
        let error = VolumeError::NoObject { kind: *kind, name: name.clone() };
        return if optional { Ok(()) } else { Err(error) };
    };
    let Some(items) = items else {
        return data.iter().try_for_each(|(key, value)| add(files, key, value.clone(), mode));
    };
    for item in items {
        match data.get(&item.key) {
            Some(value) => add(files, &item.path, value.clone(), item_mode(item.mode, mode))?,
            None if optional => {}
            None => {
                return Err(VolumeError::NoKey { kind: *kind, name: name.clone(), key: item.key.clone() });
            }
        }
    }
    Ok(())
}

fn learned(item: &DownwardAPIVolumeFile, material: &Material<'_>) -> Result<String, VolumeError> {
    let (path, value) = match (&item.field_ref, &item.resource_field_ref) {
        (Some(field), _) => {
            (field.field_path.clone(), downward::field(material.pod, material.place, &field.field_path))
        }
        (None, Some(selector)) => {
            let containers = material.pod.spec.iter().flat_map(|spec| &spec.containers);
            let mut of_name = containers.filter(|one| Some(&one.name) == selector.container_name.as_ref());
            let value = of_name.next().and_then(|container| downward::resource(container, selector));
            (selector.resource.clone(), value)
        }
        (None, None) => (item.path.clone(), None),
    };
    value.ok_or(VolumeError::Field(path))
}

fn item_mode(own: Option<i32>, default: u32) -> u32 {
    own.map_or(default, i32::cast_unsigned)
}

fn add(files: &mut Files, path: &str, bytes: Vec<u8>, mode: u32) -> Result<(), VolumeError> {
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || path.is_empty() {
        return Err(VolumeError::Path(path.to_owned()));
    }
    files.insert(path.to_owned(), FileOf { bytes, mode });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use serde_json::{Value, from_value, json};

    use super::*;
    use crate::node::pod::{
        references::Data,
        volume::plan::{Plan, plan},
    };

    fn files(volume: Value) -> Result<Vec<(String, String, u32)>, VolumeError> {
        let pod: Pod = from_value(json!({
            "metadata": {"name": "p", "labels": {"app": "x"}}, "spec": {"containers": [], "volumes": [volume]},
        }))
        .unwrap();
        let data = Data::from([("a".to_owned(), b"1".to_vec()), ("b".to_owned(), b"2".to_vec())]);
        let contents = Contents::from([((Kind::ConfigMap, "m".to_owned()), data)]);
        let request = TokenRequest { audience: "aud".into(), seconds: 900 };
        let tokens = BTreeMap::from([(request, "t0".to_owned())]);
        let place = Place { node: Ipv4Addr::LOCALHOST, pod: Ipv4Addr::LOCALHOST };
        let material = Material { pod: &pod, place, contents: &contents, tokens: &tokens };
        let (_, Plan::Files(parts)) = plan(&pod).remove(0) else { panic!("not made of files") };
        let files = project(&parts, &material)?;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ok(files.into_iter().map(|(path, file)| (path, text(file.bytes), file.mode)).collect())
    }

    fn file(path: &str, text: &str) -> (String, String, u32) {
        (path.to_owned(), text.to_owned(), 0o644)
    }

    #[test]
    fn all_keys_become_files() {
        let volume = json!({"name": "v", "configMap": {"name": "m"}});
        assert_eq!(files(volume).unwrap(), [file("a", "1"), file("b", "2")]);
    }

    #[test]
    fn items_choose_keys_and_paths() {
        let volume = json!({"name": "v", "configMap": {"name": "m", "items": [{"key": "a", "path": "d/x"}]}});
        assert_eq!(files(volume).unwrap(), [file("d/x", "1")]);
    }

    #[test]
    fn a_projected_volume_mixes_token_objects_and_fields() {
        let volume = json!({"name": "v", "projected": {"sources": [
            {"serviceAccountToken": {"path": "token", "audience": "aud", "expirationSeconds": 900}},
            {"configMap": {"name": "m", "items": [{"key": "a", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "app", "fieldRef": {"fieldPath": "metadata.labels['app']"}}]}},
        ]}});
        assert_eq!(files(volume).unwrap(), [file("app", "x"), file("ca.crt", "1"), file("token", "t0")]);
    }

    #[test]
    fn what_is_missing_is_named_unless_it_is_optional() {
        let error = files(json!({"name": "v", "secret": {"secretName": "s"}})).unwrap_err();
        assert_eq!(error.to_string(), "secret \"s\" not found");
        assert_eq!(files(json!({"name": "v", "secret": {"secretName": "s", "optional": true}})).unwrap(), []);
    }

    #[test]
    fn a_path_may_not_lead_out() {
        let volume =
            json!({"name": "v", "configMap": {"name": "m", "items": [{"key": "a", "path": "../x"}]}});
        assert_eq!(files(volume).unwrap_err(), VolumeError::Path("../x".into()));
    }
}
