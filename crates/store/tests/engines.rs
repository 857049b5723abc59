//! Every engine passes one suite.

mod suite;

use std::sync::Arc;
use suite::{Fixture, each_case};
use tinderbox_store::{EmbeddedStore, MemoryStore};

mod embedded {
    use super::*;

    fn fixture() -> Fixture {
        Fixture::new(true, |dir, clock| Ok(Arc::new(EmbeddedStore::open(dir.join("store"), clock)?)))
    }

    each_case!(fixture);
}

mod memory {
    use super::*;

    fn fixture() -> Fixture {
        Fixture::new(false, |_, clock| Ok(Arc::new(MemoryStore::new(clock)?)))
    }

    each_case!(fixture);
}
