//! Policies that load and yet decide nothing, or everything.

use super::Review;
use crate::config::finding::Finding;

pub(super) fn review(review: &mut Review<'_>) {
    let Some(authorization) = &review.config.authorization else { return };
    for doubt in authorization.doubts() {
        let finding = Finding::from(doubt);
        review.warn_of("policy-doubtful", finding);
    }
}
