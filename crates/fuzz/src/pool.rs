//! The inputs that further ones are made from.

use crate::{
    MAX_INPUT,
    mutate::{Chance, mutate},
};
use std::collections::HashSet;

/// Inputs kept. Beyond it a new one takes the place of an older.
const MAX_POOL: usize = 2048;

/// Outcomes remembered. A parser whose errors repeat its input has no end of them.
const MAX_OUTCOMES: usize = 200_000;

/// The inputs with an outcome of their own.
pub(crate) struct Pool<'a> {
    inputs: Vec<Vec<u8>>,
    seeds: u64,
    seen: HashSet<u64>,
    words: &'a [&'a str],
    chance: Chance,
}

impl<'a> Pool<'a> {
    pub(crate) fn new(mut corpus: Vec<Vec<u8>>, words: &'a [&'a str]) -> Self {
        if corpus.is_empty() {
            corpus.push(Vec::new());
        }
        let seeds = corpus.len() as u64;
        Self { inputs: corpus, seeds, seen: HashSet::new(), words, chance: Chance::new(0x7469_6e64) }
    }

    /// The next input: first those of the corpus as they are.
    pub(crate) fn next(&mut self, number: u64) -> Vec<u8> {
        if number < self.seeds {
            return self.inputs.get(number as usize).cloned().unwrap_or_default();
        }
        let mut input = self.any().to_vec();
        let other = self.any().to_vec();
        mutate(&mut input, &other, self.words, &mut self.chance);
        input.truncate(MAX_INPUT);
        input
    }

    fn any(&mut self) -> &[u8] {
        // What came last is as likely as all before: new outcomes are followed up.
        let count = self.inputs.len();
        let index = if self.chance.one_in(2) {
            count.saturating_sub(1 + self.chance.below(count.min(32)))
        } else {
            self.chance.below(count)
        };
        self.inputs.get(index).map_or(&[], Vec::as_slice)
    }

    /// Keeps `input` if nothing before it came to `outcome`.
    pub(crate) fn learn(&mut self, input: Vec<u8>, outcome: u64) {
        if self.seen.len() >= MAX_OUTCOMES || !self.seen.insert(outcome) {
            return;
        }
        if self.inputs.len() < MAX_POOL {
            self.inputs.push(input);
        } else {
            let index = self.chance.below(self.inputs.len());
            if let Some(slot) = self.inputs.get_mut(index) {
                *slot = input;
            }
        }
    }

    pub(crate) fn outcomes(&self) -> usize {
        self.seen.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.inputs.len()
    }

    pub(crate) fn inputs(&self) -> &[Vec<u8>] {
        &self.inputs
    }
}
