//! Changes to an input.

/// Changes of one input, at most.
const MAX_CHANGES: usize = 8;

/// Times a piece is repeated, at most: enough to come to the end of what may be nested.
const MAX_REPEATS: usize = 200;

/// Numbers at which programs stumble.
const NUMBERS: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];

/// A generator that replays (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; zero if that is zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// A part of something of `length`: where it begins and ends. Short ones are likelier.
    fn part(&mut self, length: usize) -> (usize, usize) {
        let begin = self.below(length + 1);
        let most = if self.one_in(4) { length - begin } else { (length - begin).min(8) };
        (begin, begin + self.below(most + 1))
    }
}

/// Changes `input` in one to eight ways; `other` is another input to take pieces from.
pub(crate) fn mutate(input: &mut Vec<u8>, other: &[u8], words: &[&str], chance: &mut Chance) {
    for _ in 0..MAX_CHANGES {
        change(input, other, words, chance);
        if chance.one_in(2) {
            return;
        }
    }
}

fn change(input: &mut Vec<u8>, other: &[u8], words: &[&str], chance: &mut Chance) {
    let at = chance.below(input.len() + 1);
    let kinds = if words.is_empty() { 9 } else { 12 };
    match chance.below(kinds) {
        0 => {
            let bit = 1 << chance.below(8);
            if let Some(byte) = input.get_mut(at) {
                *byte ^= bit;
            }
        }
        1 => {
            let new = chance.bits() as u8;
            if let Some(byte) = input.get_mut(at) {
                *byte = new;
            }
        }
        2 => input.insert(at, printable(chance)),
        3 => {
            let (begin, end) = chance.part(input.len());
            input.drain(begin..end);
        }
        4 => {
            let (begin, end) = chance.part(input.len());
            let piece = input.get(begin..end).unwrap_or_default().to_vec();
            insert(input, at, &repeated(&piece, chance));
        }
        5 => {
            let (begin, end) = chance.part(other.len());
            insert(input, at, other.get(begin..end).unwrap_or_default());
        }
        6 => {
            let (begin, _) = chance.part(other.len());
            input.truncate(at);
            input.extend_from_slice(other.get(begin..).unwrap_or_default());
        }
        7 => number(input, at, chance),
        8 => input.truncate(at),
        9 | 10 => insert(input, at, word(words, chance).as_bytes()),
        _ => {
            let piece = word(words, chance).as_bytes();
            insert(input, at, &repeated(piece, chance));
        }
    }
}

fn word<'a>(words: &[&'a str], chance: &mut Chance) -> &'a str {
    words.get(chance.below(words.len())).copied().unwrap_or_default()
}

fn printable(chance: &mut Chance) -> u8 {
    if chance.one_in(4) { chance.bits() as u8 } else { b' ' + chance.below(95) as u8 }
}

fn repeated(piece: &[u8], chance: &mut Chance) -> Vec<u8> {
    let times = if chance.one_in(8) { 1 + chance.below(MAX_REPEATS) } else { 1 + chance.below(3) };
    piece.repeat(times)
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let at = at.min(input.len());
    input.splice(at..at, piece.iter().copied());
}

/// A number in one of its usual forms, over what is there or as text beside it.
fn number(input: &mut Vec<u8>, at: usize, chance: &mut Chance) {
    let number = NUMBERS.get(chance.below(NUMBERS.len())).copied().unwrap_or_default();
    let width = 1 << chance.below(4);
    let big = number.to_be_bytes();
    let bytes = match chance.below(3) {
        0 => number.to_string().into_bytes(),
        1 => big.get(8 - width..).unwrap_or_default().to_vec(),
        _ => number.to_le_bytes().get(..width).unwrap_or_default().to_vec(),
    };
    let end = (at + bytes.len()).min(input.len());
    input.splice(at.min(end)..end, bytes);
}
