//! Code on this machine: packages in the blob store, and unpacked where instances see them.

mod download;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use download::Downloads;
pub(crate) use store::{CodeDir, CodeStore};
