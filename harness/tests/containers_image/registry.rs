//! An image registry as far as `docker pull` by digest asks it: what an OCI archive holds, by its digests.

use std::{collections::HashMap, convert::Infallible, io::Read, net::SocketAddr, sync::Arc};

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tenantbench::image::Image;
use tokio::net::TcpListener;

/// Serves an image on loopback, where Docker asks for no certificate, for as long as the runtime lives.
pub(crate) async fn serve(image: &Image) -> SocketAddr {
    let blobs = Arc::new(blobs(&image.archive().unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let blobs = Arc::clone(&blobs);
            let service = service_fn(move |request| {
                let answer = answer(&request, &blobs);
                async move { Ok::<_, Infallible>(answer) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

fn blobs(archive: &[u8]) -> HashMap<String, Bytes> {
    let mut blobs = HashMap::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if let Some(hash) = path.strip_prefix("blobs/sha256/") {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            blobs.insert(format!("sha256:{hash}"), content.into());
        }
    }
    blobs
}

/// `/v2/` says that this is a registry; below it are `NAME/manifests/DIGEST` and `NAME/blobs/DIGEST`.
fn answer(request: &Request<Incoming>, blobs: &HashMap<String, Bytes>) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    let (folder, last) = path.rsplit_once('/').unwrap_or_default();
    let answer = Response::builder();
    let Some(blob) = blobs.get(last) else {
        let status = if path == "/v2/" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        return answer.status(status).body(Full::default()).unwrap();
    };
    let kind = match folder.ends_with("/manifests") {
        true => "application/vnd.oci.image.manifest.v1+json",
        false => "application/octet-stream",
    };
    let answer = answer
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_LENGTH, blob.len())
        .header("Docker-Content-Digest", last);
    let body = if request.method() == Method::HEAD { Bytes::new() } else { blob.clone() };
    answer.body(Full::new(body)).unwrap()
}
