//! What a template may spend.

/// Bytes of one template: API Gateway's quota for mapping templates.
pub const MAX_TEMPLATE_BYTES: usize = 300 * 1024;

/// Turns of one `#foreach`, after which it ends without an error: API Gateway's quota, which is Velocity's
/// `directive.foreach.maxloops`.
pub const MAX_ITERATIONS: usize = 1000;

/// Blocks, strings, parentheses and arguments inside each other in one template.
pub const MAX_NESTING: usize = 48;

/// Blocks, calls and values inside each other while a template is rendered.
pub(crate) const MAX_DEPTH: usize = 160;

/// What one rendering may spend; more is an error of kind [`ErrorKind::Limit`](crate::ErrorKind::Limit).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nodes visited, elements copied and comparisons made. This bounds time: a step takes well under a microsecond.
    pub steps: u64,
    /// Bytes of all texts and elements made, whether they are still needed or not.
    pub memory: usize,
    /// Bytes of the output.
    pub output: usize,
}

impl Default for Limits {
    /// Two million steps, 64 MiB made, and 10 MiB of output, which is the largest payload of API Gateway.
    fn default() -> Self {
        Self { steps: 2_000_000, memory: 64 * 1024 * 1024, output: 10 * 1024 * 1024 }
    }
}
