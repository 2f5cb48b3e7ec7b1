//! What the host says where it gives no log: as its kubelet said it, in the tenant's words. Each API server on the way
//! wraps what the one before said into a Status of its own, which would be a quotation of a quotation.

use http_body_util::{BodyExt, Limited};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;

use super::reply::{Answer, say};
use crate::translate::event::Wording;

/// No Status is longer.
const LONGEST: usize = 64 << 10;

/// What an API server puts around the words of a kubelet that answers 5xx; the words are quoted as Go quotes a text.
const AROUND: [&str; 2] = ["an error on the server (", ") has prevented the request from succeeding"];

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

/// The words of a Status, those that it quotes where it quotes any; none for what is no Status.
fn said(body: &[u8]) -> Option<String> {
    let status: Status = serde_json::from_slice(body).ok()?;
    let text = status.message.filter(|text| !text.is_empty())?;
    Some(quoted(&text).unwrap_or(text))
}

/// What a kubelet said, if this is an API server's sentence around it.
fn quoted(text: &str) -> Option<String> {
    let rest = text.strip_prefix(AROUND[0])?;
    let mut words = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let said = words.next()?.ok()?;
    rest.get(words.byte_offset()..)?.starts_with(AROUND[1]).then_some(said)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{index::Id, names::Names};

    /// As the host's API server answers.
    fn refusal(message: &str) -> Vec<u8> {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": "InternalError", "details": {"name": "web-x-shop-x-vc", "kind": "pods/log"}, "code": 501,
        })
        .to_string()
        .into_bytes()
    }

    fn wrapped(words: &str) -> Vec<u8> {
        refusal(&format!(
            "an error on the server ({words}) has prevented the request from succeeding ( pods/log web-x-shop-x-vc)"
        ))
    }

    #[test]
    fn what_a_kubelet_said_is_told_without_what_was_put_around_it() {
        let told = |words: &str| said(&wrapped(words)).unwrap_or_default();
        assert_eq!(
            told(r#""pod host-ns/web-x-shop-x-vc is simulated""#),
            "pod host-ns/web-x-shop-x-vc is simulated"
        );
        assert_eq!(told(r#""no \"c\" in (\"web\")\n""#), "no \"c\" in (\"web\")\n");
        // Not as an API server quotes.
        assert!(told("no quotes").starts_with("an error on the server (no quotes)"));
        assert!(told(r#""one" and another"#).starts_with("an error on the server (\"one\" and another)"));
        let waiting = "container \"c\" in pod \"web-x-shop-x-vc\" is waiting to start";
        assert_eq!(said(&refusal(waiting)).as_deref(), Some(waiting));
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
        let refused = wrapped(r#""pod host-ns/web-x-shop-x-vc is simulated""#);
        assert_eq!(text(501, &refused).await, "pod shop/web is simulated");
        let line = r#"{"message": "web-x-shop-x-vc"}"#;
        assert_eq!(text(200, line.as_bytes()).await, line);
    }
}
