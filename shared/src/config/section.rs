//! One mapping of the tree, read key by key.
//!
//! A key that nobody asked for can't hide: unknown ones are reported when the section is opened.

use std::ops::RangeInclusive;

use super::{
    field::{Field, key_path},
    finding::{Place, Report},
    keys::Keys,
    node::{Entry, Value},
    suggest::nearest,
};

/// A mapping, possibly an absent one: then it has no entries, and what is required is reported as missing.
pub(super) struct Section<'a> {
    report: &'a Report<'a>,
    path: String,
    place: Place,
    entries: &'a [Entry],
    keys: &'static Keys,
    /// It is no mapping and that is reported: its keys are not missing, they can't be seen.
    unreadable: bool,
}

impl<'a> Section<'a> {
    pub(super) fn new(field: &Field<'a>, keys: &'static Keys) -> Self {
        let (entries, unreadable): (&[Entry], bool) = match &field.node().value {
            Value::Mapping(entries) => (entries, false),
            Value::Null => (&[], false),
            Value::Unusable => (&[], true),
            _ => {
                field.refuse("is not a mapping", "write its keys below it, indented, each as `key: value`");
                (&[], true)
            }
        };
        let path = field.path().to_owned();
        let section =
            Self { report: field.report(), path, place: field.node().place, entries, keys, unreadable };
        section.report_strangers();
        section
    }

    fn report_strangers(&self) {
        for entry in self.entries {
            let Some(name) = entry.name() else { continue };
            if self.keys.known.contains(&name) {
                continue;
            }
            let path = key_path(&self.path, name);
            let known = self.keys.known.join(", ");
            let remedy = match nearest(name, self.keys.known) {
                Some(nearest) => format!("did you mean `{nearest}`? Known keys here: {known}"),
                None => format!("known keys here: {known}"),
            };
            self.report.add(entry.key.place, &path, "unknown key", remedy);
        }
    }

    /// The value of `key`; `None` where nothing is written, or only an empty variable.
    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        debug_assert!(self.keys.known.contains(&key), "{key} is missing from its section's keys");
        let entry = self.entries.iter().find(|entry| entry.name() == Some(key))?;
        let field = Field::new(self.report, key_path(&self.path, key), &entry.value);
        (!entry.value.is_absent()).then_some(field)
    }

    /// Whether `key` stands there, with or without a value.
    pub(super) fn is_written(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.name() == Some(key))
    }

    /// The value of `key`, reported as missing where there is none.
    pub(super) fn required(&self, key: &str, remedy: &str) -> Option<Field<'a>> {
        let field = self.get(key);
        if field.is_none() && !self.unreadable {
            let place = self.place_of(key);
            self.report.add(place, &key_path(&self.path, key), "missing value", remedy);
        }
        field
    }

    /// The mapping at `key`; an empty one where nothing is written.
    pub(super) fn child(&self, key: &str, keys: &'static Keys) -> Section<'a> {
        match self.get(key) {
            Some(field) => field.section(keys),
            None => Section {
                report: self.report,
                path: key_path(&self.path, key),
                place: self.place_of(key),
                entries: &[],
                keys,
                unreadable: self.unreadable,
            },
        }
    }

    /// The text at `key`.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.text()
    }

    /// The text at `key`, else `default`.
    pub(super) fn text_or(&self, key: &str, default: &str) -> String {
        self.text(key).unwrap_or(default).to_owned()
    }

    /// The integer at `key`, else `default`; `range` must fit `T`.
    pub(super) fn integer_or<T: TryFrom<i64>>(&self, key: &str, default: T, range: RangeInclusive<i64>) -> T {
        self.get(key)
            .and_then(|field| field.integer(range))
            .and_then(|value| T::try_from(value).ok())
            .unwrap_or(default)
    }

    /// The boolean at `key`, else `default`.
    pub(super) fn boolean_or(&self, key: &str, default: bool) -> bool {
        self.get(key).and_then(|field| field.boolean()).unwrap_or(default)
    }

    /// The elements of the list at `key` that `read` accepts.
    pub(super) fn list<T>(&self, key: &str, read: impl Fn(&Field<'a>) -> Option<T>) -> Vec<T> {
        self.get(key).map_or_else(Vec::new, |field| field.items().iter().filter_map(read).collect())
    }

    /// As [`Self::list`], for a list that restricts: an empty variable would lift the restriction, so it is reported.
    pub(super) fn restriction<T>(&self, key: &str, read: impl Fn(&Field<'a>) -> Option<T>) -> Vec<T> {
        self.get(key).map_or_else(Vec::new, |field| field.elements().iter().filter_map(read).collect())
    }

    /// Reports the section, or the place where it should be.
    pub(super) fn reject(&self, problem: &str, remedy: &str) {
        if !self.unreadable {
            self.report.add(self.place, &self.path, problem, remedy);
        }
    }

    /// Where `key` is written, else where the section is.
    fn place_of(&self, key: &str) -> Place {
        let entry = self.entries.iter().find(|entry| entry.name() == Some(key));
        entry.map_or(self.place, |entry| entry.key.place)
    }
}
