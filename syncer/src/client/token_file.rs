//! A token that is read again from its file, for whoever renews it there.
//!
//! kube reads it again by the time of day, and would keep an expired one for hours after that was set back.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderValue, Request, header::AUTHORIZATION};
use parking_lot::Mutex;

/// A kubelet renews a token minutes before it ends.
const READ_AGAIN: Duration = Duration::from_secs(10);

/// The token in a file. Clones share one reading of it.
#[derive(Clone)]
pub(super) struct TokenFile {
    path: PathBuf,
    read: Arc<Mutex<Option<(Instant, HeaderValue)>>>,
}

impl TokenFile {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), read: Arc::default() }
    }

    /// Puts the token on a request. Without any, the API server says what is wrong.
    pub(super) fn sign<B>(&self, mut request: Request<B>) -> Request<B> {
        if let Some(header) = self.header(Instant::now()) {
            request.headers_mut().insert(AUTHORIZATION, header);
        }
        request
    }

    /// A file that cannot be read leaves the token that was read before.
    fn header(&self, now: Instant) -> Option<HeaderValue> {
        let mut read = self.read.lock();
        let is_fresh = read.as_ref().is_some_and(|(at, _)| now.saturating_duration_since(*at) < READ_AGAIN);
        if !is_fresh && let Some(header) = self.load() {
            *read = Some((now, header));
        }
        read.as_ref().map(|(_, header)| header.clone())
    }

    fn load(&self) -> Option<HeaderValue> {
        let token = fs_err::read_to_string(&self.path).ok()?;
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.trim())).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_again_after_a_while_and_kept_where_its_file_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let token = TokenFile::new(&path);
        let start = Instant::now();
        assert_eq!(token.header(start), None);
        fs_err::write(&path, "one\n").expect("written");
        assert_eq!(token.header(start).expect("a token"), "Bearer one");
        fs_err::write(&path, "two").expect("written");
        assert_eq!(token.header(start + READ_AGAIN / 2).expect("a token"), "Bearer one");
        assert_eq!(token.header(start + READ_AGAIN).expect("a token"), "Bearer two");
        fs_err::remove_file(&path).expect("removed");
        assert_eq!(token.header(start + READ_AGAIN * 3).expect("a token"), "Bearer two");
    }
}
