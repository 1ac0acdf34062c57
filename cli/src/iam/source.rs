//! A document with its functions resolved and its embedded policies opened, which still knows where each value is written.

use serde_json::Value;

use super::{
    document::Document,
    patch::{Op, applied},
};

/// One input.
pub struct Source {
    /// As it was read.
    pub document: Document,
    /// What it comes to.
    pub tree: Value,
    /// Where `tree` is not laid out as the document is.
    origins: Vec<Origin>,
}

/// A place in the tree, and where the document has it.
pub struct Origin {
    /// Pointer into the tree.
    pub at: String,
    /// Pointer into the document.
    pub from: String,
    /// Whether the document has it as text.
    pub text: Option<Embedding>,
}

/// How JSON is written within JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedding {
    /// An object does as well.
    Json,
    /// Only text will do, with Terraform's own escapes.
    Terraform,
}

impl Source {
    /// A document without functions.
    pub fn plain(document: Document) -> Self {
        let tree = document.value.clone();
        Self { document, tree, origins: Vec::new() }
    }

    /// A document whose functions have been resolved to `tree`.
    pub fn resolved(document: Document, tree: Value, origins: Vec<Origin>) -> Self {
        Self { document, tree, origins }
    }

    /// What is at a place.
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        self.tree.pointer(pointer)
    }

    /// A text at a place.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.get(pointer)?.as_str()
    }

    /// Reads the text at a place as the JSON document that it holds.
    pub fn open(&mut self, pointer: &str, embedding: Embedding) {
        let Some(text) = self.text(pointer) else { return };
        let text = match embedding {
            Embedding::Json => text.to_owned(),
            Embedding::Terraform => text.replace("$${", "${").replace("%%{", "%{"),
        };
        // What is no JSON stays text, which no check takes for a policy.
        let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(&text) else { return };
        let from = self.place(pointer);
        if let Some(target) = self.tree.pointer_mut(pointer) {
            *target = value;
            self.origins.push(Origin { at: pointer.to_owned(), from, text: Some(embedding) });
        }
    }

    /// Where the document has what is at a place of the tree, or the text around it.
    pub fn place(&self, pointer: &str) -> String {
        match self.origin(pointer) {
            None => pointer.to_owned(),
            Some(Origin { from, text: Some(_), .. }) => from.clone(),
            Some(Origin { at, from, text: None }) => {
                format!("{from}{}", pointer.get(at.len()..).unwrap_or(""))
            }
        }
    }

    /// The line on which it is.
    pub fn line(&self, pointer: &str) -> Option<usize> {
        self.document.line(&self.place(pointer))
    }

    /// Changes of the tree as changes of the document: a text is replaced whole.
    pub fn patch(&self, ops: &[Op]) -> Vec<Op> {
        let mut patch: Vec<Op> = Vec::new();
        let mut texts: Vec<(&Origin, Embedding, Vec<Op>)> = Vec::new();
        for op in ops {
            match self.origin(op.path()).and_then(|origin| Some((origin, origin.text?))) {
                Some((origin, embedding)) => {
                    let inner = op.moved(op.path().get(origin.at.len()..).unwrap_or("").to_owned());
                    match texts.iter_mut().find(|(known, ..)| known.at == origin.at) {
                        Some((.., inside)) => inside.push(inner),
                        None => texts.push((origin, embedding, vec![inner])),
                    }
                }
                None => patch.push(op.moved(self.place(op.path()))),
            }
        }
        for (origin, embedding, ops) in texts {
            let changed = applied(self.get(&origin.at).cloned().unwrap_or_default(), &ops);
            patch.push(Op::Replace(origin.from.clone(), embedding.write(changed)));
        }
        patch
    }

    /// The nearest origin around a place.
    fn origin(&self, pointer: &str) -> Option<&Origin> {
        let around = |origin: &&Origin| {
            pointer.strip_prefix(&*origin.at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.origins.iter().filter(around).max_by_key(|origin| origin.at.len())
    }
}

impl Embedding {
    fn write(self, value: Value) -> Value {
        match self {
            Self::Json => value,
            Self::Terraform => Value::from(value.to_string().replace("${", "$${").replace("%{", "%%{")),
        }
    }
}
