//! A slow reader of JSON, letter by letter from RFC 8259, that knows nothing of the gateway's.

/// A value; texts as UTF-8, numbers as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Value {
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The one value in `text`; `None` where it is not JSON, repeats a key or is nested deeper than `levels`.
pub fn read(text: &str, levels: usize) -> Option<Value> {
    let mut reader = Reader { rest: text.chars().collect(), at: 0 };
    let value = reader.value(levels)?;
    reader.spaces();
    (reader.at == reader.rest.len()).then_some(value)
}

struct Reader {
    rest: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        word.chars().all(|letter| self.next() == Some(letter)).then_some(value)
    }

    fn value(&mut self, levels: usize) -> Option<Value> {
        self.spaces();
        match self.peek()? {
            'n' => self.word("null", Value::Null),
            't' => self.word("true", Value::Bool(true)),
            'f' => self.word("false", Value::Bool(false)),
            '"' => self.text().map(Value::Text),
            '[' => self.list(levels.checked_sub(1)?),
            '{' => self.object(levels.checked_sub(1)?),
            _ => self.number(),
        }
    }

    fn list(&mut self, levels: usize) -> Option<Value> {
        self.at += 1;
        self.spaces();
        let mut items = Vec::new();
        if self.peek()? == ']' {
            self.at += 1;
            return Some(Value::List(items));
        }
        loop {
            items.push(self.value(levels)?);
            self.spaces();
            match self.next()? {
                ',' => {}
                ']' => return Some(Value::List(items)),
                _ => return None,
            }
        }
    }

    fn object(&mut self, levels: usize) -> Option<Value> {
        self.at += 1;
        self.spaces();
        let mut members: Vec<(String, Value)> = Vec::new();
        if self.peek()? == '}' {
            self.at += 1;
            return Some(Value::Object(members));
        }
        loop {
            self.spaces();
            let key = (self.peek()? == '"').then(|| self.text())??;
            self.spaces();
            (self.next()? == ':').then_some(())?;
            let value = self.value(levels)?;
            if members.iter().any(|(name, _)| *name == key) {
                return None;
            }
            members.push((key, value));
            self.spaces();
            match self.next()? {
                ',' => {}
                '}' => return Some(Value::Object(members)),
                _ => return None,
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next()? {
                '"' => return Some(text),
                '\\' => text.push(self.escape()?),
                '\u{0}'..='\u{1f}' => return None,
                letter => text.push(letter),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => match self.unit()? {
                high @ 0xd800..=0xdbff => {
                    (self.next()? == '\\' && self.next()? == 'u').then_some(())?;
                    let low = self.unit().filter(|low| (0xdc00..=0xdfff).contains(low))?;
                    char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?
                }
                unit => char::from_u32(unit)?,
            },
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit * 16 + self.next()?.to_digit(16)?))
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        if self.peek() == Some('-') {
            self.at += 1;
        }
        match self.next()? {
            '0' => {}
            '1'..='9' => self.digits(),
            _ => return None,
        }
        if self.peek() == Some('.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Some(Value::Number(self.rest.get(start..self.at)?.iter().collect()))
    }

    fn some_digits(&mut self) -> Option<()> {
        self.peek().filter(char::is_ascii_digit)?;
        self.digits();
        Some(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            self.at += 1;
        }
    }
}
