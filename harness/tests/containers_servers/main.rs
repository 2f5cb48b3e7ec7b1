//! The admin of one namespace on API servers in containers: k3s, which is not ours to build, and Kubernetes' own
//! programs in images that the program itself wrote. No nodes: what is tried is what the servers say and do. Skipped,
//! with the reason, where there is no Docker or no image of k3s.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../real_tenant/developer.rs"]
mod developer;
#[path = "../support/engine.rs"]
mod engine;
#[path = "../lab/mod.rs"]
mod lab;

mod k3s;
mod ours;
mod server;
mod story;

#[tokio::test(flavor = "multi_thread")]
async fn on_k3s_the_admin_of_a_namespace_makes_virtual_clusters_and_leaves_nothing() {
    if !engine::engine() {
        return;
    }
    let image = match k3s::image() {
        Ok(image) => image,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let server = k3s::start(&image).await;
    story::of_a_namespaces_admin(&server.api().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_servers_of_our_own_images_the_admin_of_a_namespace_does_so_too() {
    if !engine::engine() {
        return;
    }
    let servers = ours::Servers::start().await;
    story::of_a_namespaces_admin(&servers.api().await).await;
}
