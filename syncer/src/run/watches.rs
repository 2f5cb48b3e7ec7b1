//! What is watched, as the table of kinds has it.

use crate::{
    kinds::{Direction, Kind, Kinds, Reach, Row, Side},
    names::{Names, marks},
    watch::{Selection, Watch},
};

/// Every watch of these kinds, and of the host's classes those that the label selector `classes` selects.
pub(super) fn watches(names: &Names, kinds: &Kinds, classes: &str) -> Vec<Watch> {
    let of_row = |row| -> Vec<Watch> {
        let row: &Row = row;
        row.watched().iter().map(|side| watch(names, row, *side, classes)).collect()
    };
    kinds.rows().iter().flat_map(of_row).collect()
}

/// Whether nothing is decided before a kind has been listed. Of the others there are as many as of pods: they wait until
/// the pods have been looked at, and no new pod waits for them.
pub(super) fn is_waited_for(kind: Kind) -> bool {
    !matches!(kind, Kind::Event | Kind::PodToken)
}

/// The watch on one side of a row. `classes`: a selector for the host's classes.
pub(super) fn watch(names: &Names, row: &Row, side: Side, classes: &str) -> Watch {
    let reach = row.kind.api().reach;
    let is_of_namespace = side == Side::Host && reach == Reach::Namespaced;
    Watch {
        side,
        kind: row.kind,
        namespace: if is_of_namespace { names.host_namespace().to_owned() } else { String::new() },
        selection: match (side, row.direction) {
            (Side::Host, Direction::Down | Direction::DownAndStatusUp) => {
                Selection::Copies(marks::of_virtual_cluster(names, reach))
            }
            (_, Direction::Aside) => Selection::Tokens(marks::of_virtual_cluster(names, reach)),
            // Only what we have made; a Node that someone else has made may be in our way.
            (Side::Tenant, Direction::Synthesised) if row.kind != Kind::Node => {
                Selection::Labelled(marks::SYNTHESISED.to_owned())
            }
            (Side::Host, Direction::Up) if row.is_class() && !classes.is_empty() => {
                Selection::Labelled(classes.to_owned())
            }
            // Events carry no labels of ours; they are told apart by the object that they are about.
            _ => Selection::All,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_on_the_host_shows_only_what_is_of_this_virtual_cluster() {
        let names = Names::new("vc", "tenant-a");
        let watches = watches(&names, &Kinds::default(), "");
        let of_host = |kind| watches.iter().find(|watch| (watch.side, watch.kind) == (Side::Host, kind));
        let pods = of_host(Kind::Pod).expect("a watch");
        assert_eq!(
            (pods.namespace.as_str(), pods.selection.labels().as_deref()),
            ("tenant-a", Some("tenantbench.dev/vcluster=vc,!tenantbench.dev/role"))
        );
        let tokens = of_host(Kind::PodToken).expect("a watch");
        let labels = tokens.selection.labels();
        assert_eq!(labels.as_deref(), Some("tenantbench.dev/vcluster=vc,tenantbench.dev/role=pod-token"));
        let events = of_host(Kind::Event).expect("a watch");
        assert_eq!((events.namespace.as_str(), &events.selection), ("tenant-a", &Selection::All));
        assert!(of_host(Kind::Node).is_none());
    }
}
