//! The read end of an instance's stdout and stderr.

use super::watched::Watched;
use crate::{
    InstanceEvent, InstanceInfo, Observer,
    log_parser::{Line, LogParser},
};
use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};
use tinderbox_base::{Clock, RequestId};

/// Bytes a pipe holds (pipe(7)): at the moment of a response no more of what was written before it is unread.
const PIPE_BYTES: usize = 64 * 1024;
const CHUNK_BYTES: usize = 8 * 1024;
/// Less than that: a read that fills it not has emptied the pipe.
const FIRST_BYTES: usize = 512;
/// How much of what a process says before it has a version is kept, to explain why it failed.
const LAST_WORDS_BYTES: usize = 2 * 1024;

/// The pipe and what is incomplete of the event being read.
#[derive(Debug)]
pub(crate) struct LogPipe {
    pipe: Watched,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    parser: LogParser,
    closed: bool,
    last_words: String,
}

/// Who hears the lines, and what they belong to.
#[derive(Clone, Copy)]
pub(crate) struct Listener<'a> {
    pub(crate) clock: &'a dyn Clock,
    /// Nobody yet, while the instance has no version.
    pub(crate) observer: Option<(&'a dyn Observer, &'a InstanceInfo)>,
    pub(crate) request: Option<RequestId>,
}

impl LogPipe {
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self { pipe: Watched::new(fd)?, state: State::default() })
    }

    /// Has the current runtime watch the pipe.
    pub(crate) fn watch_here(&mut self) -> io::Result<()> {
        self.pipe.watch_here()
    }

    /// Waits for bytes and takes what is there. Never ends once the pipe is closed. Cancel safe.
    pub(crate) async fn follow(&mut self, listener: Listener<'_>) {
        let Self { pipe, state } = self;
        let pipe = match pipe.get() {
            Ok(pipe) if !state.closed && pipe.readable().await.is_ok() => pipe,
            _ => return std::future::pending().await,
        };
        // Reads through tokio, which so learns when the pipe is empty.
        state.take(listener, |chunk| pipe.try_read(chunk));
    }

    /// What is asked whether there is anything to take.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.get().ok().map(AsFd::as_fd)
    }

    /// Takes what is in the pipe right now, without waiting.
    pub(crate) fn drain(&mut self, listener: Listener<'_>) {
        // Asks the kernel: what tokio knows may be older than the last byte.
        let Self { pipe, state } = self;
        let Ok(pipe) = pipe.get() else { return };
        state.take_now(listener, |chunk| Ok(rustix::io::read(pipe, chunk)?));
    }

    /// Takes what is in the pipe and ends what is incomplete.
    pub(crate) fn finish(&mut self, listener: Listener<'_>) {
        self.drain(listener);
        let State { parser, last_words, .. } = &mut self.state;
        parser.flush(listener.clock.now(), &mut |line| tell(listener, last_words, line));
    }

    /// What the process said before it had a version.
    pub(crate) fn last_words(&self) -> &str {
        self.state.last_words.trim()
    }
}

impl State {
    /// Reads until nothing is left, at most what a pipe can hold.
    fn take(&mut self, listener: Listener<'_>, mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) {
        let mut chunk = [0; CHUNK_BYTES];
        let mut taken = 0;
        while taken < PIPE_BYTES {
            match self.take_once(listener, &mut chunk, &mut read) {
                Some(n) => taken += n,
                None => return,
            }
        }
    }

    /// The same where mostly there is nothing: with little room for the first bytes, which is quickly made.
    fn take_now(&mut self, listener: Listener<'_>, mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) {
        let mut chunk = [0; FIRST_BYTES];
        if self.take_once(listener, &mut chunk, &mut read).is_some_and(|n| n == FIRST_BYTES || n == 0) {
            self.take(listener, read);
        }
    }

    /// Reads once. Answers how many bytes there were, none being an interruption; nothing where nothing is left.
    fn take_once(
        &mut self,
        listener: Listener<'_>,
        chunk: &mut [u8],
        read: &mut impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> Option<usize> {
        let Self { parser, closed, last_words } = self;
        if *closed {
            return None;
        }
        match read(chunk) {
            Ok(0) => *closed = true,
            Ok(n) => {
                let now = listener.clock.now();
                parser.feed(&chunk[..n], now, &mut |line| tell(listener, last_words, line));
                return Some(n);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Some(0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => *closed = true,
        }
        None
    }
}

fn tell(listener: Listener<'_>, last_words: &mut String, line: Line<'_>) {
    match listener.observer {
        Some((observer, info)) => observer.event(
            info,
            InstanceEvent::Line {
                time: line.time,
                level: line.level,
                text: &line.text,
                request: listener.request,
            },
        ),
        None if last_words.len() + line.text.len() < LAST_WORDS_BYTES => {
            last_words.push_str(line.text.trim_end_matches('\n'));
            last_words.push('\n');
        }
        None => {}
    }
}
