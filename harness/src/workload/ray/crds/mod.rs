//! The four CRDs of `ray.io`: derived from the types in [`super::api`], or read from files.

mod files;
mod inline;
mod mend;
mod rules;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps,
};
use kube::core::crd::{CustomResourceExt, merge_crds};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

pub use files::CrdFilesError;
pub(super) use files::read;

use super::{
    RayError,
    api::{v1, v1alpha1},
};

/// The names of the CRDs, in the order in which they are installed.
pub(super) const NAMES: [&str; 4] =
    ["rayclusters.ray.io", "raycronjobs.ray.io", "rayjobs.ray.io", "rayservices.ray.io"];

/// Derives the four CRDs, in the order of `NAMES`.
///
/// # Errors
/// When a type has a form that no CRD can have; a test keeps that from happening.
pub fn derived() -> Result<Vec<CustomResourceDefinition>, RayError> {
    Ok(vec![
        merged(vec![
            version::<v1::RayCluster, v1::RayClusterSpec, v1::RayClusterStatus>()?,
            version::<v1alpha1::RayCluster, v1alpha1::RayClusterSpec, v1alpha1::RayClusterStatus>()?,
        ])?,
        merged(vec![version::<v1::RayCronJob, v1::RayCronJobSpec, v1::RayCronJobStatus>()?])?,
        merged(vec![
            version::<v1::RayJob, v1::RayJobSpec, v1::RayJobStatus>()?,
            version::<v1alpha1::RayJob, v1alpha1::RayJobSpec, v1alpha1::RayJobStatus>()?,
        ])?,
        merged(vec![
            version::<v1::RayService, v1::RayServiceSpec, v1::RayServiceStatus>()?,
            version::<v1alpha1::RayService, v1alpha1::RayServiceSpec, v1alpha1::RayServiceStatus>()?,
        ])?,
    ])
}

fn merged(versions: Vec<CustomResourceDefinition>) -> Result<CustomResourceDefinition, RayError> {
    merge_crds(versions, "v1").map_err(|error| RayError::Derive { reason: error.to_string() })
}

/// One version of one CRD: the derive macro's names and columns, with the mended schema.
fn version<K: CustomResourceExt, Spec: JsonSchema, Status: JsonSchema>()
-> Result<CustomResourceDefinition, RayError> {
    let mut crd = K::crd();
    let schema = schema::<Spec, Status>()?;
    for CustomResourceDefinitionVersion { schema: slot, .. } in &mut crd.spec.versions {
        slot.get_or_insert_default().open_api_v3_schema = Some(schema.clone());
    }
    crd.spec.names.list_kind = Some(format!("{}List", crd.spec.names.kind));
    Ok(crd)
}

/// The schema of a whole object. Types stay apart by name until each is mended; only then are they put in place.
fn schema<Spec: JsonSchema, Status: JsonSchema>() -> Result<JSONSchemaProps, RayError> {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut spec = generator.subschema_for::<Spec>().to_value();
    let mut status = generator.subschema_for::<Status>().to_value();
    let mut types = generator.take_definitions(false);
    for (name, schema) in &mut types {
        mend::mend(name, schema);
    }
    inline::inline(&mut spec, &types)?;
    inline::inline(&mut status, &types)?;
    serde_json::from_value(root(spec, status)).map_err(|error| RayError::Derive { reason: error.to_string() })
}

/// As upstream's generator has it: `metadata` is left to the API server, and `spec` may be absent.
fn root(spec: Value, status: Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": status,
        },
    })
}
