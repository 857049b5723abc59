//! From text to steps.

use super::{
    MAX_STEPS, Step,
    filter::{Comparison, Filter, Operand},
};

/// What is wrong, and where.
type Wrong = (&'static str, usize);

/// Parentheses inside each other in a filter.
const MAX_DEPTH: usize = 16;

pub(super) fn path(text: &str) -> Result<Vec<Step>, Wrong> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    parser.skip_space();
    let mut steps = Vec::new();
    if !parser.take("$") && !parser.rest().starts_with(['.', '[']) && !parser.rest().is_empty() {
        steps.push(parser.bare()?);
    }
    parser.steps(&mut steps)?;
    parser.skip_space();
    if parser.rest().is_empty() { Ok(steps) } else { Err(parser.wrong("unexpected character")) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str, reason: &'static str) -> Result<(), Wrong> {
        self.skip_space();
        if self.take(token) { Ok(()) } else { Err(self.wrong(reason)) }
    }

    fn wrong(&self, reason: &'static str) -> Wrong {
        (reason, self.at)
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), Wrong> {
        loop {
            if self.take("..") {
                steps.push(Step::Deep);
                if !self.rest().starts_with('[') {
                    steps.push(self.bare()?);
                }
            } else if self.take(".") {
                if !self.rest().starts_with('[') {
                    steps.push(self.bare()?);
                }
            } else if self.take("[") {
                steps.push(self.bracket()?);
            } else {
                return Ok(());
            }
            if steps.len() > MAX_STEPS {
                return Err(self.wrong("too many steps"));
            }
        }
    }

    /// A name without quotes, which may hold nearly anything.
    fn bare(&mut self) -> Result<Step, Wrong> {
        if self.take("*") {
            return Ok(Step::Any);
        }
        if self.take("length()") || self.take("size()") {
            return Ok(Step::Length);
        }
        let end = |c: char| {
            matches!(c, '.' | '[' | ']' | '(' | ')' | ',' | '&' | '|' | '=' | '!' | '<' | '>' | '~')
        };
        let rest = self.rest();
        let len = rest.find(|c: char| end(c) || c.is_whitespace()).unwrap_or(rest.len());
        let name = rest.get(..len).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| self.wrong("a name is missing"))?;
        self.at += len;
        Ok(Step::Members(vec![name.into()]))
    }

    fn bracket(&mut self) -> Result<Step, Wrong> {
        self.skip_space();
        if self.take("*") {
            self.expect("]", "']' is missing")?;
            return Ok(Step::Any);
        }
        if self.take("?") {
            self.expect("(", "'(' is missing")?;
            let filter = self.filter()?;
            self.expect(")", "')' is missing")?;
            self.expect("]", "']' is missing")?;
            return Ok(Step::Filter(filter));
        }
        if self.rest().starts_with(['\'', '"']) {
            let mut names = vec![self.quoted()?.into()];
            loop {
                self.skip_space();
                if self.take("]") {
                    return Ok(Step::Members(names));
                }
                self.expect(",", "',' or ']' is missing")?;
                self.skip_space();
                names.push(self.quoted()?.into());
            }
        }
        self.numbers()
    }

    fn numbers(&mut self) -> Result<Step, Wrong> {
        let first = self.integer()?;
        self.skip_space();
        if self.take(":") {
            let to = self.integer()?;
            self.skip_space();
            let step = if self.take(":") { self.integer()? } else { None };
            self.expect("]", "']' is missing")?;
            let step = usize::try_from(step.unwrap_or(1)).ok().filter(|step| *step > 0);
            return Ok(Step::Slice(first, to, step.ok_or_else(|| self.wrong("a step must be positive"))?));
        }
        let mut indexes = vec![first.ok_or_else(|| self.wrong("an index is missing"))?];
        while self.take(",") {
            indexes.push(self.integer()?.ok_or_else(|| self.wrong("an index is missing"))?);
            self.skip_space();
        }
        self.expect("]", "']' is missing")?;
        Ok(Step::Indexes(indexes))
    }

    fn integer(&mut self) -> Result<Option<i64>, Wrong> {
        self.skip_space();
        let rest = self.rest();
        let sign = usize::from(rest.starts_with('-'));
        let len = sign + rest.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        if len == 0 {
            return Ok(None);
        }
        let number = rest.get(..len).and_then(|digits| digits.parse().ok());
        self.at += len;
        number.map(Some).ok_or_else(|| self.wrong("a number is out of range"))
    }

    fn quoted(&mut self) -> Result<String, Wrong> {
        let quote = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"'));
        let quote = quote.ok_or_else(|| self.wrong("a quote is missing"))?;
        self.at += 1;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.at += at + 1;
                return Ok(text);
            }
            text.push(if c == '\\' { chars.next().map_or(c, |(_, escaped)| escaped) } else { c });
        }
        Err(self.wrong("a text is not closed"))
    }

    fn filter(&mut self) -> Result<Filter, Wrong> {
        if self.depth >= MAX_DEPTH {
            return Err(self.wrong("filters are nested too deeply"));
        }
        self.depth += 1;
        let mut any = vec![self.all()?];
        self.skip_space();
        while self.take("||") {
            any.push(self.all()?);
            self.skip_space();
        }
        self.depth -= 1;
        Ok(Filter::Any(any))
    }

    fn all(&mut self) -> Result<Filter, Wrong> {
        let mut all = vec![self.one()?];
        self.skip_space();
        while self.take("&&") {
            all.push(self.one()?);
            self.skip_space();
        }
        Ok(Filter::All(all))
    }

    fn one(&mut self) -> Result<Filter, Wrong> {
        self.skip_space();
        let negated = self.rest().starts_with('!') && !self.rest().starts_with("!=") && self.take("!");
        self.skip_space();
        let filter = if self.take("(") {
            let inner = self.filter()?;
            self.expect(")", "')' is missing")?;
            inner
        } else {
            let left = self.operand()?;
            match self.comparison() {
                Some(comparison) => Filter::Compare(left, comparison, self.operand()?),
                None => Filter::Exists(left),
            }
        };
        Ok(if negated { Filter::Not(Box::new(filter)) } else { filter })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        const SYMBOLS: [(&str, Comparison); 9] = [
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            ("=~", Comparison::Matches),
            ("<=", Comparison::LessOrEqual),
            ("<", Comparison::Less),
            (">=", Comparison::GreaterOrEqual),
            (">", Comparison::Greater),
            ("in ", Comparison::In),
            ("nin ", Comparison::NotIn),
        ];
        self.skip_space();
        SYMBOLS.into_iter().find(|(symbol, _)| self.take(symbol)).map(|(_, comparison)| comparison)
    }

    fn operand(&mut self) -> Result<Operand, Wrong> {
        self.skip_space();
        let rest = self.rest();
        if self.take("@") || self.take("$") {
            let mut steps = Vec::new();
            // Filters in paths in filters nest like parentheses.
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(self.wrong("filters are nested too deeply"));
            }
            self.steps(&mut steps)?;
            self.depth -= 1;
            return Ok(if rest.starts_with('@') { Operand::Here(steps) } else { Operand::Root(steps) });
        }
        if rest.starts_with(['\'', '"']) {
            return self.quoted().map(Operand::Text);
        }
        if rest.starts_with('/') {
            self.at += 1;
            let len = self.rest().find('/').ok_or_else(|| self.wrong("an expression is not closed"))?;
            let pattern = self.rest().get(..len).unwrap_or_default().to_owned();
            self.at += len + 1;
            return Ok(Operand::Pattern(pattern, self.take("i")));
        }
        if self.take("[") {
            let mut items = Vec::new();
            loop {
                self.skip_space();
                if self.take("]") {
                    return Ok(Operand::List(items));
                }
                if !items.is_empty() {
                    self.expect(",", "',' or ']' is missing")?;
                }
                items.push(self.literal()?);
            }
        }
        self.literal()
    }

    fn literal(&mut self) -> Result<Operand, Wrong> {
        self.skip_space();
        let rest = self.rest();
        if rest.starts_with(['\'', '"']) {
            return self.quoted().map(Operand::Text);
        }
        for (word, operand) in
            [("true", Operand::Bool(true)), ("false", Operand::Bool(false)), ("null", Operand::Null)]
        {
            if self.take(word) {
                return Ok(operand);
            }
        }
        let len =
            rest.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
        let len = len.count();
        let number = rest.get(..len).and_then(|digits| digits.parse().ok());
        let number = number.ok_or_else(|| self.wrong("a value is missing"))?;
        self.at += len;
        Ok(Operand::Number(number))
    }
}
