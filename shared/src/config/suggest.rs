//! The known name nearest to a misspelt one.

/// Longer names are not misspellings of ours, and the distance costs time by length.
const MAX_NAME_CHARS: usize = 64;

/// The candidate that differs from `name` in case only, or in the fewest letters up to a third of its length.
pub(super) fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if name.chars().count() > MAX_NAME_CHARS {
        return None;
    }
    let wanted = name.to_lowercase();
    candidates
        .iter()
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein: insertions, deletions and replacements, each one.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (done, a) in left.chars().enumerate() {
        let mut next = vec![done + 1];
        for ((b, above_left), above) in right.chars().zip(&row).zip(row.iter().skip(1)) {
            let replaced = above_left + usize::from(a != b);
            let before = next.last().copied().unwrap_or(usize::MAX - 1);
            next.push(replaced.min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn misspellings_find_their_key() {
        let known = ["roleClaim", "roleClaimSeparator", "region", "service", "url"];
        for (name, expected) in [
            ("roleclaim", Some("roleClaim")),
            ("role_claim", Some("roleClaim")),
            ("rolClaims", Some("roleClaim")),
            ("Region", Some("region")),
            ("uri", Some("url")),
            ("ur", Some("url")),
            ("password", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(nearest(name, &known), expected, "{name}");
        }
        assert_eq!(nearest(&"r".repeat(10_000), &known), None);
    }
}
