//! Asks the host's name servers what an instance wants to know.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

const PORT: u16 = 53;
/// Name servers that are asked one after the other; the C library has as many (resolv.conf(5), MAXNS).
const MAX_SERVERS: usize = 3;
/// How long one of them is waited for; an instance asks again after as long.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer over UDP (RFC 6891 lets a client ask for more; ours reads at most this).
const MAX_ANSWER: usize = 4096;
const CONFIGURATION: &str = "/etc/resolv.conf";

/// Who is asked.
#[derive(Debug)]
pub(crate) struct Resolver {
    servers: Vec<SocketAddr>,
}

impl Resolver {
    /// Asks `servers`, or those of the host if there are none.
    pub(crate) fn new(servers: &[IpAddr]) -> Self {
        let mut servers = servers.to_vec();
        if servers.is_empty() {
            servers = parse(&std::fs::read_to_string(Path::new(CONFIGURATION)).unwrap_or_default());
        }
        let servers = servers.into_iter().take(MAX_SERVERS).map(|ip| SocketAddr::new(ip, PORT)).collect();
        Self { servers }
    }

    /// The answer to a query over UDP, from whoever answers first of those asked in turn.
    pub(crate) async fn ask(&self, query: &[u8]) -> Option<Vec<u8>> {
        for server in &self.servers {
            if let Ok(Ok(answer)) = timeout(PATIENCE, ask_one(*server, query)).await {
                return Some(answer);
            }
        }
        None
    }

    /// The same over TCP, for answers of any length.
    pub(crate) async fn ask_long(&self, query: &[u8]) -> Option<Vec<u8>> {
        for server in &self.servers {
            if let Ok(Ok(answer)) = timeout(PATIENCE, ask_one_long(*server, query)).await {
                return Some(answer);
            }
        }
        None
    }
}

async fn ask_one(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // A port of its own for each query, and only its server is heard: who would forge an answer must guess both.
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(query).await?;
    let mut answer = vec![0; MAX_ANSWER];
    loop {
        let length = socket.recv(&mut answer).await?;
        if answer.get(..2) == query.get(..2) {
            answer.truncate(length);
            return Ok(answer);
        }
    }
}

async fn ask_one_long(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let length = u16::try_from(query.len()).map_err(std::io::Error::other)?;
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&[&length.to_be_bytes()[..], query].concat()).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// The name servers of a resolv.conf(5).
fn parse(text: &str) -> Vec<IpAddr> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("nameserver"));
    lines
        .filter(|rest| rest.starts_with([' ', '\t']))
        .filter_map(|rest| rest.split_whitespace().next()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn name_servers_are_found() {
        fn check(text: &str, expect: &[&str]) {
            let found: Vec<_> = super::parse(text).iter().map(ToString::to_string).collect();
            assert_eq!(found, expect, "{text}");
        }
        check("", &[]);
        check(
            "search example.com\nnameserver 192.0.2.1\n  nameserver\t2001:db8::1 # two\n",
            &["192.0.2.1", "2001:db8::1"],
        );
        check("#nameserver 192.0.2.1\nnameserver\nnameservers 192.0.2.1\nnameserver x\n", &[]);
    }
}
