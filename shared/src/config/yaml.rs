//! YAML text to a tree of nodes, in bounded time and memory.
//!
//! A syntax error ends reading, so it is the only finding; its place is the parser's.

use serde_saphyr::{
    DuplicateKeyPolicy, Error, MergeKeyPolicy, NonFiniteFloatPolicy, Options, alias_limits, budget, options,
};

use super::{
    finding::{Place, Report},
    node::Node,
};

/// Far above any real configuration; a session policy is at most 2048 characters.
const MAX_FILE_BYTES: usize = 256 * 1024;
/// `awsSts.roleMappings[0].sessionPolicy.Statement[0].Condition.…` is 8 deep.
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 20_000;
const MAX_ALIASES: usize = 1_000;

/// The document's root, or `None` once the reason is in `report`.
pub(super) fn parse(source: &str, report: &Report<'_>) -> Option<Node> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    if source.len() > MAX_FILE_BYTES {
        report.add(
            Place::START,
            "",
            format!("the file has {} bytes, more than {MAX_FILE_BYTES}", source.len()),
            "write a shorter file",
        );
        return None;
    }
    match serde_saphyr::from_str_with_options(source, parser_options()) {
        // What is missing is missing from the file, not from its first key.
        Ok(Node { value, source, .. }) => Some(Node { value, source, place: Place::START }),
        Err(error) => {
            report_syntax(&error, report);
            None
        }
    }
}

fn parser_options() -> Options {
    options! {
        budget: budget! {
            max_reader_input_bytes: Some(MAX_FILE_BYTES),
            // Its own error says less than that of max_depth.
            flow_nesting_limit: MAX_DEPTH * 2,
            max_depth: MAX_DEPTH,
            max_events: MAX_NODES * 4,
            max_nodes: MAX_NODES,
            max_total_scalar_bytes: MAX_FILE_BYTES * 2,
            // The second is reported as such, the third would be too many.
            max_documents: 2,
            max_inclusion_depth: 0,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
            max_recorded_anchor_events: MAX_NODES * 4,
            max_recorded_anchor_bytes: MAX_FILE_BYTES * 4,
        },
        alias_limits: alias_limits! {
            max_total_replayed_events: MAX_NODES,
            max_replay_stack_depth: MAX_DEPTH,
            max_alias_expansions_per_anchor: MAX_ALIASES,
        },
        // Lets duplicates reach the tree, where all of them are reported; the other policies stop or hide them.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

fn report_syntax(error: &Error, report: &Report<'_>) {
    let place = error.location().map_or(Place::START, |location| Place {
        line: location.line().max(1),
        column: location.column().max(1),
    });
    let (problem, remedy) = explain(error);
    report.add(place, "", problem, remedy);
}

fn explain(error: &Error) -> (String, &'static str) {
    match error.without_snippet() {
        Error::AliasError { error, .. } => explain(error),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => (
            "the file is nested too deeply, or has too many values or aliases".to_owned(),
            "write the values out, without deep nesting",
        ),
        Error::MultipleDocuments { .. } => (
            "a second YAML document starts here".to_owned(),
            "keep one document in the file, without further `---` lines",
        ),
        Error::UnknownAnchor { .. } => (
            "this alias has no anchor".to_owned(),
            "define `&name` above its first `*name`, or quote the text",
        ),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            ("this alias refers to a value that contains it".to_owned(), "write the value out")
        }
        Error::UnsupportedTag { .. } => {
            ("YAML tags such as !name are not supported".to_owned(), "remove the tag, or quote the text")
        }
        Error::ExternalMessage { msg, .. } => (
            format!("not valid YAML: {}", msg.replace(char::is_control, " ")),
            "indent with spaces, and quote text that holds `: `, ` #`, `{`, `[`, `*`, `&` or `%`",
        ),
        _ => ("not valid YAML".to_owned(), "check indentation, quotes and brackets here"),
    }
}
