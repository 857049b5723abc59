//! Where the sockets of an instance are that has no network of its own: on free ports of the host's loopback.

use super::{PLATFORM, PLATFORM_PORT, RUNTIME_API};
use crate::Listeners;
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};

/// Addresses as instances are told them, and where they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Vec<(SocketAddr, SocketAddr)>);

impl Places {
    pub(super) fn of(listeners: &Listeners, runtime_api: Option<&TcpListener>) -> Self {
        let platform = (SocketAddr::from((PLATFORM, PLATFORM_PORT)), listeners.platform.as_ref());
        let all = [platform, (RUNTIME_API, runtime_api)].into_iter();
        Self(all.filter_map(|(told, socket)| Some((told, socket?.local_addr().ok()?))).collect())
    }

    /// `text` with the addresses of the sockets in place of those that instances are told.
    pub(super) fn localize(&self, text: impl Into<String>) -> String {
        self.0.iter().fold(text.into(), |text, (told, place)| {
            let (scheme, rest) =
                text.split_once("://").map_or(("", text.as_str()), |(scheme, rest)| (scheme, rest));
            match rest.strip_prefix(&told.to_string()) {
                // A longer number would be another port.
                Some(path) if !path.starts_with(|next: char| next.is_ascii_digit()) => {
                    let separator = if scheme.is_empty() { "" } else { "://" };
                    format!("{scheme}{separator}{place}{path}")
                }
                _ => text,
            }
        })
    }
}

/// Puts what is told of places in the head of a LOAD frame into this instance's: its root and its environment.
pub(super) fn localize(head: &mut Value, place: &dyn Fn(&str) -> String) {
    let mut replace = |value: &mut Value| {
        if let Value::String(text) = value {
            *text = place(text);
        }
    };
    head.get_mut("task_root").map(&mut replace);
    let environment = head.get_mut("env").and_then(Value::as_object_mut);
    environment.into_iter().flat_map(|env| env.values_mut()).for_each(replace);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_the_sockets() {
        let places = Places(vec![
            ("127.0.0.2:4566".parse().expect("an address"), "127.0.0.1:1000".parse().expect("an address")),
            (RUNTIME_API, "127.0.0.1:1001".parse().expect("an address")),
        ]);
        let check = |text: &str, expect: &str| assert_eq!(places.localize(text), expect);
        check("http://127.0.0.2:4566", "http://127.0.0.1:1000");
        check("http://127.0.0.2:4566/path", "http://127.0.0.1:1000/path");
        check("127.0.0.1:9001", "127.0.0.1:1001");
        check("127.0.0.1:90012", "127.0.0.1:90012");
        check("http://example.com/127.0.0.1:9001", "http://example.com/127.0.0.1:9001");
        check("", "");
    }

    #[test]
    fn heads_are_localized_where_they_speak_of_places() {
        let mut head = serde_json::json!({
            "handler": "/var/task", "task_root": "/var/task", "env": {"A": "/var/task/x", "B": "b"}, "timeout_ms": 3,
        });
        localize(&mut head, &|text| text.replace("/var/task", "/host"));
        let expect = serde_json::json!({
            "handler": "/var/task", "task_root": "/host", "env": {"A": "/host/x", "B": "b"}, "timeout_ms": 3,
        });
        assert_eq!(head, expect);
    }
}
