//! How many pods a tenant's quota leaves room for.

/// The arithmetic of a quota of pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// How many pods the quota allows.
    pub quota: u32,
    /// The pods that keep the tenant itself running, by name.
    pub taken: Vec<String>,
    /// How many more are asked for.
    pub asked: u32,
}

impl Room {
    /// How many of those that are asked for can run.
    pub fn pods(&self) -> u32 {
        let taken = u32::try_from(self.taken.len()).unwrap_or(u32::MAX);
        self.quota.saturating_sub(taken).min(self.asked)
    }

    /// True where some of them cannot.
    pub fn is_short(&self) -> bool {
        self.pods() < self.asked
    }
}

/// The sum in words.
impl std::fmt::Display for Room {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} pods by quota", self.quota)?;
        if !self.taken.is_empty() {
            write!(
                out,
                ", less {} that keep the tenant running: {}",
                self.taken.len(),
                self.taken.join(", ")
            )?;
        }
        write!(out, "; room for {} of {}", self.pods(), self.asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(quota: u32, taken: &[&str], asked: u32) -> Room {
        Room { quota, taken: taken.iter().map(|name| (*name).to_owned()).collect(), asked }
    }

    #[test]
    fn what_keeps_the_tenant_running_is_taken_from_its_quota() {
        for (quota, taken, asked, pods) in [
            (3, ["vc-0", "dns"].as_slice(), 5, 1),
            (3, &["vc-0"], 5, 2),
            (3, &[], 5, 3),
            (100, &["vc-0"], 5, 5),
            (1, &["vc-0", "dns"], 5, 0),
        ] {
            let room = room(quota, taken, asked);
            assert_eq!((room.pods(), room.is_short()), (pods, pods < asked), "{room}");
        }
    }

    #[test]
    fn the_sum_is_told_with_the_names_of_what_it_takes_off() {
        assert_eq!(
            room(3, &["vc-0", "dns"], 5).to_string(),
            "3 pods by quota, less 2 that keep the tenant running: vc-0, dns; room for 1 of 5"
        );
    }
}
