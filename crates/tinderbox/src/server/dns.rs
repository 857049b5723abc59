//! The name server of an instance: Amazon's names lead to the platform, others lead nowhere.

use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata::A},
};
use std::net::Ipv4Addr;

/// Seconds an instance may keep an answer. Answers never change while the instance lives.
const TTL_S: u32 = 60;

/// Answers one query; `None` for bytes that are no query, which get no answer.
pub(crate) fn answer(query: &[u8], platform: Ipv4Addr) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).ok()?;
    if query.metadata.message_type != MessageType::Query {
        return None;
    }
    let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
    reply.metadata.recursion_desired = query.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    if query.metadata.op_code != OpCode::Query || query.queries.len() != 1 {
        reply.metadata.response_code = ResponseCode::NotImp;
        return reply.to_vec().ok();
    }
    let question = query.queries.first()?;
    reply.add_query(question.clone());
    if !is_ours(question.name()) {
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
            let mut query = Message::query();
            query.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
            let reply = answer(&query.to_vec().expect("a query"), PLATFORM).expect("an answer");
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

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = answer(&bytes, PLATFORM);
        }
    }
}
