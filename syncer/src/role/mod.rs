//! What the syncer may do on the host: by default a Role that whoever has the built-in `admin` role in a namespace can
//! grant, and more for the kinds that are asked for.

mod lack;
mod manifest;
mod nodes;
mod review;
mod rules;

pub use lack::{Lack, lack, lack_to_watch_everywhere};
pub use manifest::manifests;
pub use nodes::cluster_rules;
pub use review::{Access, denied, may};
pub use rules::{Rules, election_rule, role_rules, rules, watch_rules};
