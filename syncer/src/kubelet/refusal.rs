//! What the host says where it gives no log: as its kubelet said it, in the tenant's words. Each API server on the way
//! wraps what the one before said into a Status of its own, which would be a quotation of a quotation.

use http_body_util::{BodyExt, Limited};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;

use super::reply::{Answer, say};
use crate::translate::event::Wording;

/// No Status is longer.
const LONGEST: usize = 64 << 10;

/// The reason of a cause that quotes a kubelet.
const QUOTED: &str = "UnexpectedServerResponse";

/// The answer as it is, unless it is a refusal: then what the host's kubelet or API server said.
pub(super) async fn unwrapped(answer: Answer, wording: &Wording<'_>) -> Answer {
    if answer.status().is_success() {
        return answer;
    }
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, LONGEST).collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    match said(&body) {
        Some(text) => say(head.status, wording.of(&text)),
        None => say(head.status, body),
    }
}

/// The innermost words of a Status; none for what is none.
fn said(body: &[u8]) -> Option<String> {
    let status: Status = serde_json::from_slice(body).ok()?;
    let causes = status.details.and_then(|details| details.causes).unwrap_or_default();
    let quoted = causes.into_iter().find(|cause| cause.reason.as_deref() == Some(QUOTED));
    quoted.and_then(|cause| cause.message).or(status.message).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{index::Id, names::Names};

    fn refusal(message: &str, quoted: Option<&str>) -> Vec<u8> {
        let causes: Vec<_> =
            quoted.into_iter().map(|text| json!({"reason": QUOTED, "message": text})).collect();
        json!({
            "apiVersion": "v1", "kind": "Status", "status": "Failure", "message": message, "code": 501,
            "details": {"name": "web-x-shop-x-vc", "kind": "pods", "causes": causes},
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn what_a_kubelet_said_is_told_without_what_was_put_around_it() {
        let quoted = "pod host-ns/web-x-shop-x-vc is simulated";
        let wrapped =
            refusal(&format!("an error on the server ({quoted:?}) has prevented the request"), Some(quoted));
        assert_eq!(said(&wrapped).as_deref(), Some(quoted));
        let waiting = "container \"c\" in pod \"web-x-shop-x-vc\" is waiting to start";
        assert_eq!(said(&refusal(waiting, None)).as_deref(), Some(waiting));
        assert_eq!((said(b"no JSON"), said(b"{}")), (None, None));
    }

    #[tokio::test]
    async fn it_is_told_in_the_tenants_words_and_a_log_is_left_as_it_is() {
        let names = Names::new("vc", "host-ns");
        let wording = Wording::new(&names, "shop").with_object(&Id::new("shop", "web"));
        let text = async |status: u16, body: &[u8]| {
            let status = http::StatusCode::from_u16(status).expect("a status");
            let answer = unwrapped(say(status, body.to_vec()), &wording).await;
            assert_eq!(answer.status(), status);
            let body = answer.into_body().collect().await.expect("a body").to_bytes();
            String::from_utf8(body.to_vec()).expect("text")
        };
        let refused = refusal("m", Some("pod host-ns/web-x-shop-x-vc is simulated"));
        assert_eq!(text(501, &refused).await, "pod shop/web is simulated");
        let line = r#"{"message": "web-x-shop-x-vc"}"#;
        assert_eq!(text(200, line.as_bytes()).await, line);
    }
}
