//! What is answered to a query of an instance: Amazon's names lead to the platform, others nowhere or are asked elsewhere.

use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata::A},
};
use std::net::Ipv4Addr;

/// Seconds an instance may keep an answer. Answers never change while the instance lives.
const TTL_S: u32 = 60;

/// What becomes of a query.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This is the answer.
    Answer(Vec<u8>),
    /// Somebody else is to be asked this.
    Ask(Vec<u8>),
    /// It is no query, and gets no answer.
    Ignore,
}

/// Decides on one query; those for names that are not ours are `open`, or lead nowhere.
pub(crate) fn decide(query: &[u8], platform: Ipv4Addr, open: bool) -> Decision {
    match Message::from_vec(query) {
        Ok(parsed) if parsed.metadata.message_type == MessageType::Query => {
            if open && is_for_others(&parsed) {
                return Decision::Ask(query.to_vec());
            }
            answer(&parsed, platform, open).map_or(Decision::Ignore, Decision::Answer)
        }
        _ => Decision::Ignore,
    }
}

/// Whether it asks one thing that is not ours to tell. There is no way to IPv6 addresses, so they are not asked for.
fn is_for_others(query: &Message) -> bool {
    let [question] = query.queries.as_slice() else { return false };
    query.metadata.op_code == OpCode::Query
        && !is_ours(question.name())
        && question.query_type() != RecordType::AAAA
}

fn answer(query: &Message, platform: Ipv4Addr, open: bool) -> Option<Vec<u8>> {
    let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
    reply.metadata.recursion_desired = query.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    if query.metadata.op_code != OpCode::Query || query.queries.len() != 1 {
        reply.metadata.response_code = ResponseCode::NotImp;
        return reply.to_vec().ok();
    }
    let question = query.queries.first()?;
    reply.add_query(question.clone());
    // A name that others know has no address here to which there is no way, which is not to say that there is no such name.
    let elsewhere = open && question.query_type() == RecordType::AAAA;
    if !(is_ours(question.name()) || elsewhere) {
        reply.metadata.response_code = ResponseCode::NXDomain;
    } else if question.query_type() == RecordType::A {
        reply.add_answer(Record::from_rdata(question.name().clone(), TTL_S, RData::A(A(platform))));
    }
    reply.to_vec().ok()
}

fn is_ours(name: &Name) -> bool {
    let name = name.to_ascii().to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    ["amazonaws.com", "localhost"]
        .iter()
        .any(|zone| name == *zone || name.strip_suffix(zone).is_some_and(|sub| sub.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::op::Query;
    use proptest::prelude::*;

    const PLATFORM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

    #[test]
    fn names() {
        fn check(name: &str, kind: RecordType, code: ResponseCode, answers: usize) {
            let query = query(name, kind);
            let Decision::Answer(reply) = decide(&query.to_vec().expect("a query"), PLATFORM, false) else {
                panic!("{name} is not answered")
            };
            let reply = Message::from_vec(&reply).expect("a reply");
            assert_eq!(reply.metadata.id, query.metadata.id);
            assert_eq!((reply.metadata.response_code, reply.answers.len()), (code, answers), "{name}");
        }
        check("sts.us-east-1.amazonaws.com.", RecordType::A, ResponseCode::NoError, 1);
        check("STS.AmazonAWS.com.", RecordType::A, ResponseCode::NoError, 1);
        check("sts.us-east-1.amazonaws.com.", RecordType::AAAA, ResponseCode::NoError, 0);
        check("evilamazonaws.com.", RecordType::A, ResponseCode::NXDomain, 0);
        check("example.com.", RecordType::A, ResponseCode::NXDomain, 0);
    }

    fn query(name: &str, kind: RecordType) -> Message {
        let mut query = Message::query();
        query.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
        query
    }

    #[test]
    fn what_is_open_is_asked_elsewhere() {
        fn check(name: &str, kind: RecordType, asked: bool) {
            let query = query(name, kind).to_vec().expect("a query");
            assert_eq!(decide(&query, PLATFORM, true) == Decision::Ask(query), asked, "{name}");
        }
        check("example.com.", RecordType::A, true);
        check("example.com.", RecordType::MX, true);
        check("example.com.", RecordType::AAAA, false);
        check("sts.us-east-1.amazonaws.com.", RecordType::A, false);
        check("sts.us-east-1.amazonaws.com.", RecordType::TXT, false);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..600), open: bool) {
            let _ = decide(&bytes, PLATFORM, open);
        }
    }
}
