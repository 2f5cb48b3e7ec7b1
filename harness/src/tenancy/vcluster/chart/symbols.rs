//! Values that stand for values: each text is a symbol that names where a chart's user says it.

use serde_json::{Value, json};

use crate::tenancy::vcluster::{PlaneNames, Values};

/// What opens and closes a symbol; no Kubernetes object has such a character.
pub(super) const OPEN: char = '⟦';
pub(super) const CLOSE: char = '⟧';

/// Numbers cannot hold a symbol. This one is no node's port.
pub(super) const NODE_PORT: u16 = u16::MAX;

/// Nor can this one. Objects hold it as a text, and nowhere else.
pub(super) const HEAP_GROWTH: &str = "65534";

/// Nor can a word of a fixed set. Objects hold this one nowhere else.
pub(super) const SERVICE_TYPE: &str = "LoadBalancer";

/// A choice among those values that change which fields there are, one bit for each switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice(u8);

/// A value whose presence changes which fields there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    Disk,
    DiskClass,
    Dns,
    NodePort,
    Quota,
}

impl Switch {
    pub(super) const ALL: [Self; 5] = [Self::Disk, Self::DiskClass, Self::Dns, Self::NodePort, Self::Quota];

    /// The condition in a template.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Self::Disk => ".Values.storage.size",
            Self::DiskClass => ".Values.storage.class",
            Self::Dns => ".Values.images.coredns",
            Self::NodePort => ".Values.service.nodePort",
            Self::Quota => ".Values.quota",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Choice {
    /// All there are.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..1 << Switch::ALL.len()).map(Self)
    }

    pub(super) fn has(self, switch: Switch) -> bool {
        self.0 & switch.bit() != 0
    }

    /// The same but for one switch.
    pub(super) fn without(self, switch: Switch) -> Self {
        Self(self.0 & !switch.bit())
    }
}

/// The names and values of a choice.
pub(super) fn of(choice: Choice) -> Result<(PlaneNames, Values), serde_json::Error> {
    let mut values = serde_json::to_value(Values::default())?;
    symbolise(&mut values, "Values");
    let mut set = |path: &str, value: Value| {
        if let Some(place) = values.pointer_mut(path) {
            *place = value;
        }
    };
    set("/tlsSans", json!([symbol("Values.tlsSans")]));
    set("/syncerFlags", json!([symbol("Values.syncerFlags")]));
    set("/service/type", json!(SERVICE_TYPE));
    set("/service/nodePort", json!(if choice.has(Switch::NodePort) { NODE_PORT } else { 0 }));
    set("/heapGrowth", HEAP_GROWTH.parse()?);
    if choice.has(Switch::Quota) {
        set("/quota", json!({symbol("Values.quota"): ""}));
    }
    for (switch, path) in [
        (Switch::Disk, "/storage/size"),
        (Switch::DiskClass, "/storage/class"),
        (Switch::Dns, "/images/coredns"),
    ] {
        if !choice.has(switch) {
            set(path, json!(""));
        }
    }
    let values: Values = serde_json::from_value(values)?;
    let (name, namespace) = (symbol("Release.Name"), symbol("Release.Namespace"));
    Ok((PlaneNames::new(&name, &namespace, &values), values))
}

pub(super) fn symbol(path: &str) -> String {
    format!("{OPEN}{path}{CLOSE}")
}

fn symbolise(value: &mut Value, path: &str) {
    match value {
        Value::String(text) => *text = symbol(path),
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, field)| symbolise(field, &format!("{path}.{name}")));
        }
        _ => {}
    }
}
