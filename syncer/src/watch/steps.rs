//! A watch as a machine that goes on step by step.

use futures::{Stream, stream};

use super::Event;

/// What goes on step by step, now and then with an event. Errors are told, and it goes on after them; it never ends.
pub(super) trait Steps: Send + Sized {
    /// Goes on; returns an event if there is one by then.
    fn step(&mut self) -> impl Future<Output = kube::Result<Option<Event>>> + Send;

    /// The next event.
    fn next(&mut self) -> impl Future<Output = kube::Result<Event>> + Send {
        async {
            loop {
                if let Some(event) = self.step().await? {
                    return Ok(event);
                }
            }
        }
    }

    /// All of its events.
    fn events(self) -> impl Stream<Item = kube::Result<Event>> + Send {
        stream::unfold(self, |mut machine| async move {
            let event = machine.next().await;
            Some((event, machine))
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What comes next, in words.
    pub(crate) async fn next(machine: &mut impl Steps) -> String {
        match machine.next().await {
            Ok(Event::Listing) => "listing".to_owned(),
            Ok(Event::Listed(object)) => format!("listed {}", object.version()),
            Ok(Event::Whole(version)) => format!("whole {version}"),
            Ok(Event::Apply(object)) => format!("apply {}", object.version()),
            Ok(Event::Delete(object)) => format!("delete {}", object.version()),
            Err(_) => "error".to_owned(),
        }
    }

    pub(crate) async fn some(machine: &mut impl Steps, count: usize) -> Vec<String> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(next(machine).await);
        }
        events
    }
}
