//! ServiceAccounts: a name, labels and annotations on the host, for platforms that give accounts an identity.

use serde_json::{Map, Value, json};

/// What the host's copy holds: no token of the host is mounted by it, and no Secret comes with it.
pub(super) fn content() -> Map<String, Value> {
    Map::from_iter([("automountServiceAccountToken".to_owned(), json!(false))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kinds::Kind, translate::content::host_in_test};

    #[test]
    fn an_account_gives_no_token_and_no_secret_of_the_host() {
        let tenant = json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "annotations": {"team": "a"}},
            "automountServiceAccountToken": true, "secrets": [{"name": "s"}], "imagePullSecrets": [{"name": "p"}],
        });
        let host = host_in_test(Kind::ServiceAccount, &tenant).expect("is carried");
        assert_eq!(host["metadata"]["name"], "web-x-shop-x-vc");
        assert_eq!(host["metadata"]["annotations"]["team"], "a");
        assert_eq!(host["automountServiceAccountToken"], false);
        assert_eq!((host.get("secrets"), host.get("imagePullSecrets")), (None, None));
    }
}
