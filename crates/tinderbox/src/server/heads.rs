//! Requests' heads as they were written.
//!
//! HTTP does not tell the case of header names apart, and the server reads all of them in lower case. Functions behind an
//! API see them as the client wrote them, so what a connection reads is remembered until the next request was read.

use http::Request;
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of one connection that are remembered; a head that is longer keeps its case for those.
const MAX_SEEN: usize = 16 * 1024;
/// Names of one request that are remembered.
const MAX_NAMES: usize = 256;

/// What a connection read last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<u8>>>);

impl Seen {
    fn add(&self, bytes: &[u8]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A head begins where a read begins, unless a client does not wait for answers.
        if seen.len() + bytes.len() > MAX_SEEN {
            seen.clear();
        }
        seen.extend_from_slice(bytes.get(..MAX_SEEN).unwrap_or(bytes));
    }

    /// The names of a request's headers as they were written, once it was read; none if that is not known any more.
    pub(crate) fn names<B>(&self, request: &Request<B>) -> Vec<Box<str>> {
        let seen = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        names(&seen, &format!("{} {} HTTP/1.", request.method(), request.uri()))
    }
}

/// The names in the last head that begins with `line`. What merely looks like one changes no more than the case of
/// names that the request has.
fn names(seen: &[u8], line: &str) -> Vec<Box<str>> {
    let Some(start) = seen.windows(line.len()).rposition(|window| window == line.as_bytes()) else {
        return Vec::new();
    };
    let lines = seen[start..].split(|byte| *byte == b'\n').skip(1);
    let fields =
        lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).take_while(|line| !line.is_empty());
    let names = fields.filter_map(|line| std::str::from_utf8(line.split(|byte| *byte == b':').next()?).ok());
    names.take(MAX_NAMES).map(Into::into).collect()
}

/// A connection whose reads are remembered.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    seen: Seen,
}

impl<S> Watched<S> {
    /// Watches `stream`.
    pub(crate) fn new(stream: S) -> (Self, Seen) {
        let seen = Seen::default();
        (Self { stream, seen: seen.clone() }, seen)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let poll = Pin::new(&mut this.stream).poll_read(cx, buf);
        if let Some(read) = buf.filled().get(before..).filter(|read| !read.is_empty()) {
            this.seen.add(read);
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_the_last_head() {
        fn check(seen: &str, expect: &[&str]) {
            let found = names(seen.as_bytes(), "GET /a HTTP/1.");
            let found: Vec<&str> = found.iter().map(|name| &**name).collect();
            assert_eq!(found, expect, "{seen}");
        }
        check("GET /a HTTP/1.1\r\nHost: x\r\nX-oWn:1\r\n\r\nbody: no\r\n", &["Host", "X-oWn"]);
        check("GET /a HTTP/1.1\r\nOld: x\r\n\r\nGET /a HTTP/1.1\r\nNew: x\r\n\r\n", &["New"]);
        check("POST /a HTTP/1.1\r\nHost: x\r\n\r\n", &[]);
        check("GET /a HTTP/1.1", &[]);
        check("", &[]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let seen = Seen::default();
        for _ in 0..5 {
            seen.add(&[b'x'; MAX_SEEN - 10]);
            seen.add(&[b'x'; MAX_SEEN * 2]);
        }
        assert!(seen.0.lock().expect("whole").len() <= MAX_SEEN);
        seen.add(b"GET /a HTTP/1.1\r\nX-oWn: 1\r\n\r\n");
        let request = Request::get("/a").body(()).expect("valid");
        assert_eq!(seen.names(&request), vec![Box::from("X-oWn")]);
        assert!(seen.names(&request).is_empty(), "only once");
    }

    proptest! {
        #[test]
        fn anything_may_have_been_read(seen in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = names(&seen, "GET /a HTTP/1.");
        }
    }
}
