//! The custom resources of `ray.io` as Rust types. Their fields and names are KubeRay's.
//!
//! What is large is boxed: kube's watch moves objects by value through many frames, and a RayJob of plain structs
//! overflows a worker thread's stack in a development build. A test keeps them small.

#![expect(clippy::duplicated_attributes, reason = "the columns of a table repeat their keys")]

pub(crate) mod v1;
pub(crate) mod v1alpha1;

#[cfg(test)]
mod tests {
    use super::v1;

    #[test]
    fn objects_are_small_enough_for_the_many_frames_of_a_watch() {
        assert!(size_of::<v1::RayCluster>() <= 2048, "{} B", size_of::<v1::RayCluster>());
        assert!(size_of::<v1::RayJob>() <= 2048, "{} B", size_of::<v1::RayJob>());
    }
}
