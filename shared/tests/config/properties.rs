//! Whatever the text, reading ends with settings or with findings that have a place.

use proptest::prelude::*;
use rolecall_core::config::load;

use crate::document::{files, read, with};

fn check(source: &str) {
    if let Err(findings) = read(source) {
        assert!(findings.iter().next().is_some(), "no finding for {source:?}");
        for finding in findings.iter() {
            assert!(finding.line >= 1 && finding.column >= 1, "{finding}");
            assert!(!finding.problem.is_empty() && !finding.remedy.is_empty(), "{finding:?}");
        }
        let places: Vec<_> = findings.iter().map(|finding| (finding.line, finding.column)).collect();
        assert!(places.is_sorted(), "{findings}");
    }
}

proptest! {
    #[test]
    fn any_text(source in any::<String>()) {
        check(&source);
    }

    #[test]
    fn anything_like_yaml(source in "([a-c]|[ \t\n:#&*!|>'\"%@`{}\\[\\],?-]|\\$\\{|\\}|<<: |0x1|1e9|~|\r|\u{feff}){0,80}") {
        check(&source);
    }

    #[test]
    fn any_value_of_any_key(
        (section, key) in prop::sample::select(vec![
            ("", "resourceUrl"), ("", "allowedOrigins"), ("", "oidc"), ("oidc", "issuer"), ("oidc", "audience"),
            ("oidc", "algorithms"), ("awsSts", "region"),
            ("awsSts", "exchange"), ("awsSts", "sessionTags"), ("awsSts", "exchange: assumeRole\nsessionTags"),
            ("awsSts", "roleMappings"), ("awsSts", "fallbackRoleArn"),
            ("mapping", "claim"), ("mapping", "policyArns"), ("mapping", "sessionPolicy"),
            ("upstream", "url"), ("upstream", "meta"), ("audit", "eventTypes"), ("limits", "maxTokenBytes"),
        ]),
        value in prop_oneof![
            ".*",
            "[a-z]{0,6}://[^\n]{0,20}",
            "-?[0-9]{1,30}(\\.[0-9]+)?",
            "\\[[a-z0-9, {}:\"']{0,20}\\]",
            "\\{[a-z0-9, \\[\\]:\"']{0,20}\\}",
        ],
    ) {
        check(&with(section, &format!("{key}: {value}")));
    }

    #[test]
    fn any_content_of_a_variable(value in any::<String>()) {
        let source = with("oidc", "audience: ${V}\nissuer: ${V}\nclockSkewSeconds: ${V}\nallowedClients: ['${V}']");
        prop_assume!(value.chars().count() > 8);
        if let Err(findings) = load(&source, "gateway.yaml", &|_| Some(value.clone()), &files) {
            prop_assert!(!findings.to_string().contains(&value));
        }
    }
}
