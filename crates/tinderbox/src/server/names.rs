//! The name server inside an instance: the platform's names are answered here, others asked elsewhere if that is allowed.

use super::{
    dns::{self, Decision},
    instance::PLATFORM,
    resolver::Resolver,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
    sync::Semaphore,
    task::JoinSet,
};

/// The largest query over UDP that is read; longer ones are cut and then refused.
const MAX_QUERY: usize = 1232;
/// How long an idle query over TCP is waited for.
const QUERY_TIMEOUT: Duration = Duration::from_secs(5);
/// Queries over UDP of one instance that are asked elsewhere at once; more are lost, as UDP has it.
const MAX_ASKED: usize = 64;

/// Answers queries; clones share the resolver.
#[derive(Clone)]
pub(crate) struct Names(pub(crate) Option<Arc<Resolver>>);

impl Names {
    /// Serves queries over UDP for as long as the future is polled.
    pub(crate) async fn over_udp(self, socket: UdpSocket) {
        let socket = Arc::new(socket);
        let asked = Arc::new(Semaphore::new(MAX_ASKED));
        let mut asking = JoinSet::new();
        let mut query = [0; MAX_QUERY];
        while let Ok((length, from)) = socket.recv_from(&mut query).await {
            let query = query.get(..length).unwrap_or_default();
            match (dns::decide(query, PLATFORM, self.0.is_some()), &self.0) {
                // A lost answer is asked for again, as DNS has it.
                (Decision::Answer(answer), _) => drop(socket.try_send_to(&answer, from)),
                (Decision::Ask(query), Some(resolver)) => {
                    let Ok(permit) = Arc::clone(&asked).try_acquire_owned() else { continue };
                    let (resolver, socket) = (resolver.clone(), socket.clone());
                    asking.spawn(async move {
                        if let Some(answer) = resolver.ask(&query).await {
                            drop(socket.try_send_to(&answer, from));
                        }
                        drop(permit);
                    });
                    while asking.try_join_next().is_some() {}
                }
                (Decision::Ask(_) | Decision::Ignore, _) => {}
            }
        }
    }

    /// Serves queries over TCP for as long as the future is polled.
    pub(crate) async fn over_tcp(self, listener: TcpListener, permits: Arc<Semaphore>) {
        let mut connections = JoinSet::new();
        while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let names = self.clone();
            connections.spawn(async move {
                let _permit = permit;
                while let Ok(Ok(length)) = tokio::time::timeout(QUERY_TIMEOUT, stream.read_u16()).await {
                    let mut query = vec![0; usize::from(length)];
                    let read = tokio::time::timeout(QUERY_TIMEOUT, stream.read_exact(&mut query)).await;
                    let Ok(Ok(_)) = read else { return };
                    let Some(answer) = names.answer_long(&query).await else { return };
                    let Ok(length) = u16::try_from(answer.len()) else { return };
                    let framed = [&length.to_be_bytes()[..], &answer].concat();
                    if stream.write_all(&framed).await.is_err() {
                        return;
                    }
                }
            });
            while connections.try_join_next().is_some() {}
        }
    }

    async fn answer_long(&self, query: &[u8]) -> Option<Vec<u8>> {
        match (dns::decide(query, PLATFORM, self.0.is_some()), &self.0) {
            (Decision::Answer(answer), _) => Some(answer),
            (Decision::Ask(query), Some(resolver)) => resolver.ask_long(&query).await,
            (Decision::Ask(_) | Decision::Ignore, _) => None,
        }
    }
}
