//! Who calls an API or a function's URL, by their signature, and whether their policies let them.

use super::access::Access;
use std::sync::{Arc, LazyLock};
use tinderbox_base::{
    AccessKeys, Clock, Region, Result,
    policy::{
        Applied, Context, Decision, Named, Policies, Policy, PolicyKind, Request, Source, Subject, evaluate,
    },
};
use tinderbox_gateway::{Call, Gate, Question, Signer, Unsigned};
use tinderbox_identity::{Ask, Identity, OwnedPolicy};
use tinderbox_wire::{
    Authentication, Origin, ServiceError, Signed, Unproven, async_trait, schema::Protocol,
    sigv4::SignedRequest,
};

/// What everyone of an account has where the policies of users and roles are not enforced.
static EVERYTHING: LazyLock<Option<Policy>> = LazyLock::new(|| {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    Policy::parse(text, PolicyKind::Identity).ok()
});

/// Knows who signs, whichever way a request comes.
#[derive(Clone)]
pub(crate) struct Gatekeeper {
    identity: Arc<Identity>,
    authentication: Authentication,
    enforce: bool,
}

impl Gatekeeper {
    /// One that asks what `access` asks.
    pub(crate) fn new(access: &Access, identity: &Arc<Identity>, clock: &Arc<dyn Clock>) -> Self {
        let authentication = access.authentication(Arc::clone(identity) as Arc<dyn AccessKeys>, clock);
        Self { identity: Arc::clone(identity), authentication, enforce: access.enforce }
    }

    /// The gate of requests from `origin`.
    pub(crate) fn at(&self, origin: Origin) -> Arc<dyn Gate> {
        Arc::new(GateAt { keeper: self.clone(), origin })
    }
}

struct GateAt {
    keeper: Gatekeeper,
    origin: Origin,
}

#[async_trait]
impl Gate for GateAt {
    fn is_encrypted(&self) -> bool {
        self.origin.is_encrypted()
    }

    async fn signer(&self, call: &Call, service: &str, region: &Region) -> Result<Signer, Unsigned> {
        let request = SignedRequest {
            method: call.method.as_str(),
            path: call.uri.path(),
            query: call.uri.query().unwrap_or_default(),
            headers: &call.headers,
            authority: call.uri.authority().map(|authority| authority.as_str()),
        };
        let (id, trace) = (call.request_id, Some(call.trace.clone()));
        let signed = Signed { request, body: &call.body, service, region, id, trace };
        let caller = self.keeper.authentication.signer(&self.origin, &signed).await.map_err(unsigned)?;
        let who = self.keeper.identity.caller_identity(&caller).await.map_err(Unsigned::Failed)?;
        Ok(Signer { caller, user_id: who.user_id, arn: who.arn })
    }

    async fn decide(&self, signer: &Signer, question: Question<'_>) -> Result<Decision> {
        let mut context = question.context;
        context.set("aws:ResourceAccount", question.owner.as_str());
        let name = "the resource's policy";
        if !self.keeper.enforce {
            return Ok(unenforced(signer, &Question { context, ..question }, name));
        }
        let attached =
            question.attached.map(|policy| OwnedPolicy { name: name.into(), policy: policy.clone() });
        let ask = Ask {
            action: question.action,
            resource: question.resource,
            owner: question.owner,
            context,
            attached: Some((Source::Resource, Vec::from_iter(attached))),
        };
        self.keeper.identity.decide(&signer.caller, ask).await
    }
}

/// Where policies are not enforced, those of users and roles do not count; what is called still has its own.
fn unenforced(signer: &Signer, question: &Question<'_>, name: &str) -> Decision {
    let everything = EVERYTHING.as_ref().map(|policy| Named { name: "everything", policy });
    let attached = question.attached.map(|policy| Named { name, policy });
    let context: &Context = &question.context;
    let subject = Subject::of(&signer.caller);
    let request = Request {
        subject: &subject,
        action: question.action,
        resource: question.resource,
        owner: question.owner,
        context,
    };
    let policies = Policies {
        identity: everything.as_slice(),
        resource: Some(Applied { source: Source::Resource, policies: attached.as_slice() }),
        ..Policies::default()
    };
    evaluate(&request, &policies)
}

/// What a service that speaks JSON says of a signature.
fn unsigned(unproven: Unproven) -> Unsigned {
    match unproven.into_error(Protocol::RestJson1) {
        ServiceError::Coded { code, message, .. } => Unsigned::Refused(code, message),
        ServiceError::Plain(error) => Unsigned::Failed(error),
        ServiceError::Modeled { name, .. } => {
            Unsigned::Failed(tinderbox_base::Error::internal(std::io::Error::other(name)))
        }
    }
}
