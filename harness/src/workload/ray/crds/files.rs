//! `--crds DIR`: CRDs from files instead of the derived ones.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

/// A folder that does not hold the four CRDs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrdFilesError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read CRDs from {path}: {source}; give --crds a readable folder of YAML files")]
    Read {
        /// The folder or file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not a CustomResourceDefinition of apiextensions.k8s.io/v1.
    #[error(
        "{path} is not a CustomResourceDefinition: {reason}; keep only CRD files in the folder given to --crds"
    )]
    Parse {
        /// The file.
        path: Utf8PathBuf,
        /// What the parser said, with line and column.
        reason: String,
    },
    /// Some of the four are not there.
    #[error("{folder} lacks the CRDs {}; give --crds the folder config/crd/bases of KubeRay 1.7", missing.join(", "))]
    Missing {
        /// The folder.
        folder: Utf8PathBuf,
        /// Names such as `rayjobs.ray.io`.
        missing: Vec<String>,
    },
}

/// Reads the YAML files of `folder` and returns the CRDs called `names`, in that order. Others are left out.
///
/// # Errors
/// When the folder or a file cannot be read or parsed, or lacks one of `names`.
pub(crate) fn read(
    folder: &Utf8Path,
    names: &[&str],
) -> Result<Vec<CustomResourceDefinition>, CrdFilesError> {
    let mut found = BTreeMap::new();
    for path in yaml_files(folder)? {
        let crd = read_one(&path)?;
        found.insert(crd.metadata.name.clone().unwrap_or_default(), crd);
    }
    let missing: Vec<String> =
        names.iter().filter(|name| !found.contains_key(**name)).map(ToString::to_string).collect();
    if missing.is_empty() {
        Ok(names.iter().filter_map(|name| found.remove(*name)).collect())
    } else {
        Err(CrdFilesError::Missing { folder: folder.into(), missing })
    }
}

fn yaml_files(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, CrdFilesError> {
    let read_error = |source| CrdFilesError::Read { path: folder.into(), source };
    let mut files = Vec::new();
    for entry in folder.read_dir_utf8().map_err(read_error)? {
        let path = entry.map_err(read_error)?.into_path();
        if matches!(path.extension(), Some("yaml" | "yml" | "json")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_one(path: &Utf8Path) -> Result<CustomResourceDefinition, CrdFilesError> {
    let text =
        fs_err::read_to_string(path).map_err(|source| CrdFilesError::Read { path: path.into(), source })?;
    serde_saphyr::from_str(&text)
        .map_err(|error| CrdFilesError::Parse { path: path.into(), reason: one_line(&error.to_string()) })
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs_err::write(folder.path().join(name), text).unwrap();
        }
        let path = Utf8PathBuf::from_path_buf(folder.path().to_path_buf()).unwrap();
        (folder, path)
    }

    fn crd(name: &str) -> String {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {name}}}\n\
             spec: {{group: ray.io, scope: Namespaced, names: {{kind: A, plural: as}}, versions: []}}\n"
        )
    }

    #[test]
    fn the_crds_come_in_the_order_asked_for() {
        let (_keep, path) =
            folder(&[("1.yaml", &crd("b.ray.io")), ("2.yaml", &crd("a.ray.io")), ("x.md", "no")]);
        let names: Vec<_> = read(&path, &["a.ray.io", "b.ray.io"])
            .unwrap()
            .into_iter()
            .filter_map(|crd| crd.metadata.name)
            .collect();
        assert_eq!(names, ["a.ray.io", "b.ray.io"]);
    }

    #[test]
    fn all_missing_crds_are_named_at_once() {
        let (_keep, path) = folder(&[("1.yaml", &crd("b.ray.io"))]);
        let error = read(&path, &["a.ray.io", "b.ray.io", "c.ray.io"]).unwrap_err().to_string();
        assert!(error.contains("a.ray.io, c.ray.io"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_crd_is_named_in_one_line() {
        let (_keep, path) = folder(&[("bad.yaml", "kind: Pod\nspec: [\n")]);
        let error = read(&path, &["a.ray.io"]).unwrap_err().to_string();
        assert!(error.contains("bad.yaml") && !error.contains('\n'), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = read(Utf8Path::new("/nonexistent/crds"), &[]).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/crds"), "{error}");
    }
}
