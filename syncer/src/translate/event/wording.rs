//! Texts of the host in the tenant's words. A text may speak of anything, so whatever of it is one of our names is
//! replaced, not only the name of what the text is about.

use std::collections::HashMap;

use crate::{index::Id, names::Names};

/// The longest note that an API server takes.
const LONGEST: usize = 1024;

/// The words of one tenant namespace.
#[derive(Debug)]
pub struct Wording<'a> {
    names: &'a Names,
    namespace: &'a str,
    /// What stands for our plain names in this namespace: `-x-NAMESPACE-x-VCLUSTER`.
    infix: String,
    known: HashMap<String, String>,
}

impl<'a> Wording<'a> {
    /// Words for texts about an object of `namespace`; empty for a cluster-wide one.
    pub fn new(names: &'a Names, namespace: &'a str) -> Self {
        let infix = format!("-x-{namespace}-x-{}", names.vcluster());
        Self { names, namespace, infix, known: HashMap::new() }
    }

    /// The name or uid `host` is called `tenant` by the tenant.
    #[must_use]
    pub fn with(mut self, host: impl Into<String>, tenant: impl Into<String>) -> Self {
        let host = host.into();
        if !host.is_empty() {
            self.known.insert(host, tenant.into());
        }
        self
    }

    /// The tenant's object of that name may be spoken of. Only names with a hash need this.
    #[must_use]
    pub fn with_object(self, id: &Id) -> Self {
        let tenant = self.called(&id.namespace, &id.name);
        let (_, host) = self.names.place(&id.namespace, &id.name);
        self.with(host, tenant)
    }

    /// `text` as the tenant may read it.
    pub fn of(&self, text: &str) -> String {
        let mut said = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            said.push_str(&self.word(word));
            let end = after.find(is_of_word).unwrap_or(after.len());
            let (between, after) = after.split_at(end);
            said.push_str(between);
            rest = after;
        }
        cut(said)
    }

    fn word(&self, word: &str) -> String {
        if let Some(tenant) = self.known.get(word) {
            return tenant.clone();
        }
        if word == self.names.host_namespace() && !self.namespace.is_empty() {
            return self.namespace.to_owned();
        }
        if let Some(tenant) = self.plain(word) {
            return tenant;
        }
        self.derived(word)
    }

    /// A plain name of ours, which is proved by making it again.
    fn plain(&self, word: &str) -> Option<String> {
        let rest = word.strip_suffix(self.names.vcluster())?.strip_suffix("-x-")?;
        let (name, namespace) = rest.split_once("-x-")?;
        if let Some(name) = name.strip_prefix("vc-")
            && self.names.host_cluster(name) == word
        {
            return Some(name.to_owned());
        }
        (self.names.host(namespace, name) == word).then(|| self.called(namespace, name))
    }

    /// A name that others have made by adding to one of ours.
    fn derived(&self, word: &str) -> String {
        let longest =
            self.known.keys().filter(|name| word.contains(name.as_str())).max_by_key(|name| name.len());
        if let Some((host, tenant)) = longest.and_then(|name| self.known.get_key_value(name)) {
            return word.replace(host.as_str(), tenant);
        }
        match word.split_once(&self.infix) {
            Some((name, added)) if added.is_empty() || added.starts_with('-') => format!("{name}{added}"),
            _ => word.to_owned(),
        }
    }

    fn called(&self, namespace: &str, name: &str) -> String {
        if namespace == self.namespace { name.to_owned() } else { format!("{namespace}/{name}") }
    }
}

/// Names on the host are DNS labels, so a dot ends one.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn cut(mut text: String) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Names {
        Names::new("vc", "tenant-a")
    }

    #[test]
    fn host_names_give_way_to_the_tenants() {
        let names = names();
        let dotted = Id::new("shop", "app.cfg");
        let hashed = names.host("shop", "app.cfg");
        let words = Wording::new(&names, "shop").with_object(&dotted).with("h-uid", "t-uid");
        let table = [
            (
                "Successfully assigned tenant-a/web-x-shop-x-vc to node-1",
                "Successfully assigned shop/web to node-1".to_owned(),
            ),
            (r#"secret "key-x-shop-x-vc" not found."#, r#"secret "key" not found."#.to_owned()),
            ("pod web-x-shop-x-vc_tenant-a(h-uid)", "pod web_shop(t-uid)".to_owned()),
            ("see web-x-shop-x-vc.tenant-a.svc", "see web.shop.svc".to_owned()),
            ("waits for db-x-data-x-vc", "waits for data/db".to_owned()),
            ("made web-x-shop-x-vc-tls", "made web-tls".to_owned()),
            ("someone else's web-x-shop-x-vcx", "someone else's web-x-shop-x-vcx".to_owned()),
            ("of tenant-ab and a-tenant-a", "of tenant-ab and a-tenant-a".to_owned()),
            (
                &format!("configmap {hashed} and {hashed}-copy"),
                "configmap app.cfg and app.cfg-copy".to_owned(),
            ),
            (&names.host_cluster("fast"), "fast".to_owned()),
            ("", String::new()),
        ];
        for (host, tenant) in table {
            assert_eq!(words.of(host), tenant, "{host}");
        }
    }

    #[test]
    fn a_note_is_no_longer_than_an_api_server_takes() {
        let names = names();
        let said = Wording::new(&names, "shop").of(&"ä-".repeat(2000));
        assert!(said.len() <= LONGEST && said.starts_with("ä-ä"), "{}", said.len());
    }

    proptest! {
        #[test]
        fn no_name_of_ours_is_left_whatever_stands_around_it(
            before in "[ -~]{0,12}[ /\"(:,]", after in "([ /\"):.,][ -~]{0,12})?",
            name in "[a-w]{1,9}(-[a-w][a-z]{1,5})?", namespace in "[a-w][a-z]{1,9}",
        ) {
            let names = names();
            let host = names.host(&namespace, &name);
            let said = Wording::new(&names, "shop").of(&format!("{before}{host}{after}"));
            prop_assert!(!said.contains(&host), "{}", said);
        }
    }
}
