//! Sockets of the server inside, and nothing else.

use crate::host::{Host, check_in, spec};
use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    os::fd::OwnedFd,
};
use tinderbox_sandbox::{Listener, SandboxSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PLATFORM: &str = "127.0.0.2:80";

pub(crate) async fn listeners_answer_inside_only() {
    let host = Host::new().await;
    let address: SocketAddr = PLATFORM.parse().unwrap();
    let listeners = vec![Listener::Tcp(address), Listener::Udp(address)];
    let mut sandbox = host.sandboxes.create(SandboxSpec { listeners, ..spec() }).await.unwrap();
    let [tcp, udp]: [OwnedFd; 2] = sandbox.listeners().try_into().unwrap();
    assert!(sandbox.listeners().is_empty());
    assert_eq!(UdpSocket::from(udp).local_addr().unwrap(), address);
    let listener = tokio::net::TcpListener::from_std(TcpListener::from(tcp)).unwrap();
    let answering = tokio::spawn(async move {
        let (mut stream, peer) = listener.accept().await.unwrap();
        let mut asked = [0; 4];
        stream.read_exact(&mut asked).await.unwrap();
        stream.write_all(b"pong").await.unwrap();
        (asked, peer)
    });
    assert!(std::net::TcpStream::connect(address).is_err(), "the host reaches what is inside");
    let (output, _) = check_in(&mut sandbox, &["connect", PLATFORM]).await;
    assert_eq!(output.trim(), "pong");
    assert_eq!(answering.await.unwrap().0, *b"ping");
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn the_host_is_out_of_reach() {
    let host = Host::new().await;
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    let (output, _) = host.check(&["connect", &outside.local_addr().unwrap().to_string()]).await;
    assert_eq!(output.trim(), "error ConnectionRefused");
    let (output, _) = host.check(&["connect", "192.0.2.1:80"]).await;
    assert_eq!(output.trim(), "error NetworkUnreachable");
    host.end().await;
}
