//! What each volume of a pod is made of. No I/O.

use k8s_openapi::api::core::v1::{DownwardAPIVolumeFile, KeyToPath, Pod, Volume, VolumeProjection};

use crate::node::pod::references::{Kind, Reference};

/// A volume.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Plan {
    /// An empty folder that lives as long as the pod.
    Empty,
    /// Files made of objects.
    Files(Vec<Part>),
    /// A kind of volume that simulated nodes do not have.
    Unsupported(&'static str),
}

/// One source of files.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Keys of a ConfigMap or Secret.
    Object { from: Reference, items: Option<Vec<KeyToPath>>, optional: bool, mode: u32 },
    /// A token of the pod's service account.
    Token { path: String, request: TokenRequest, mode: u32 },
    /// What the pod may learn of itself.
    Downward { items: Vec<DownwardAPIVolumeFile>, mode: u32 },
}

/// What a token is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TokenRequest {
    /// Empty means the API server itself.
    pub(crate) audience: String,
    pub(crate) seconds: i64,
}

/// The volumes of a pod, by name.
pub(crate) fn plan(pod: &Pod) -> Vec<(String, Plan)> {
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    volumes.map(|volume| (volume.name.clone(), of(volume))).collect()
}

const DEFAULT_MODE: i32 = 0o644;

fn of(volume: &Volume) -> Plan {
    if volume.empty_dir.is_some() {
        return Plan::Empty;
    }
    if let Some(source) = &volume.config_map {
        let from = (Kind::ConfigMap, source.name.clone());
        return Plan::Files(vec![object(from, source.items.as_ref(), source.optional, source.default_mode)]);
    }
    if let Some(source) = &volume.secret {
        let from = (Kind::Secret, source.secret_name.clone().unwrap_or_default());
        return Plan::Files(vec![object(from, source.items.as_ref(), source.optional, source.default_mode)]);
    }
    if let Some(source) = &volume.downward_api {
        let items = source.items.clone().unwrap_or_default();
        return Plan::Files(vec![Part::Downward { items, mode: bits(source.default_mode) }]);
    }
    if let Some(source) = &volume.projected {
        let sources = source.sources.iter().flatten();
        return Plan::Files(sources.filter_map(|part| projected(part, source.default_mode)).collect());
    }
    Plan::Unsupported(kind(volume))
}

fn object(
    from: Reference,
    items: Option<&Vec<KeyToPath>>,
    optional: Option<bool>,
    mode: Option<i32>,
) -> Part {
    Part::Object { from, items: items.cloned(), optional: optional.unwrap_or(false), mode: bits(mode) }
}

fn projected(source: &VolumeProjection, mode: Option<i32>) -> Option<Part> {
    if let Some(token) = &source.service_account_token {
        let request = TokenRequest {
            audience: token.audience.clone().unwrap_or_default(),
            seconds: token.expiration_seconds.unwrap_or(3600),
        };
        return Some(Part::Token { path: token.path.clone(), request, mode: bits(mode) });
    }
    if let Some(map) = &source.config_map {
        return Some(object((Kind::ConfigMap, map.name.clone()), map.items.as_ref(), map.optional, mode));
    }
    if let Some(secret) = &source.secret {
        return Some(object(
            (Kind::Secret, secret.name.clone()),
            secret.items.as_ref(),
            secret.optional,
            mode,
        ));
    }
    let downward = source.downward_api.as_ref()?;
    Some(Part::Downward { items: downward.items.clone().unwrap_or_default(), mode: bits(mode) })
}

fn bits(mode: Option<i32>) -> u32 {
    mode.unwrap_or(DEFAULT_MODE).cast_unsigned()
}

fn kind(volume: &Volume) -> &'static str {
    if volume.host_path.is_some() {
        "hostPath"
    } else if volume.persistent_volume_claim.is_some() {
        "persistentVolumeClaim"
    } else if volume.ephemeral.is_some() {
        "ephemeral"
    } else if volume.csi.is_some() {
        "csi"
    } else if volume.nfs.is_some() {
        "nfs"
    } else {
        "of this kind"
    }
}
