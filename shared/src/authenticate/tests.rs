//! Key scheduling and header parsing; tokens with real keys are in `tests/tokens.rs`.

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

use super::*;

#[test]
fn bearer_scheme_is_case_insensitive_and_alone() {
    let cases: [(&[&'static str], Result<&str, TokenError>); 8] = [
        (&["Bearer abc"], Ok("abc")),
        (&["bEARER abc"], Ok("abc")),
        (&["Bearer   abc "], Ok("abc")),
        (&["Basic abc"], Err(TokenError::Missing)),
        (&["Bearer"], Err(TokenError::Missing)),
        (&["Bearer "], Err(TokenError::Missing)),
        (&[], Err(TokenError::Missing)),
        (&["Bearer abc", "Bearer def"], Err(TokenError::Repeated)),
    ];
    for (values, expected) in cases {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        assert_eq!(bearer_token(&headers), expected, "{values:?}");
    }
}

#[test]
fn first_load_is_tried_once_a_second() {
    let mut schedule = KeySchedule::default();
    assert_eq!(schedule.before_check(100), Due::Fetch);
    schedule.record(100, false);
    assert_eq!(schedule.before_check(100), Due::Unavailable);
    assert_eq!(schedule.before_check(101), Due::Fetch);
    schedule.record(101, true);
    assert_eq!(schedule.before_check(101), Due::Nothing);
}

#[test]
fn unknown_keys_cause_one_fetch_in_ten_seconds() {
    let mut schedule = KeySchedule::default();
    schedule.record(100, true);
    assert_eq!(schedule.on_unknown_key(100), Due::Fetch, "the first load does not count");
    schedule.record(100, true);
    assert_eq!(schedule.on_unknown_key(109), Due::Nothing);
    assert_eq!(schedule.on_unknown_key(110), Due::Fetch);
    schedule.record(110, false);
    assert_eq!(schedule.on_unknown_key(119), Due::Unavailable);
    assert_eq!(schedule.before_check(119), Due::Nothing, "known keys go on serving");
    assert_eq!(schedule.on_unknown_key(120), Due::Fetch);
}

#[test]
fn keys_are_refreshed_hourly_and_end_after_a_day() {
    let mut schedule = KeySchedule::default();
    schedule.record(0, true);
    assert_eq!(schedule.before_check(3599), Due::Nothing);
    assert_eq!(schedule.before_check(3600), Due::Background);
    schedule.record(3600, false);
    assert_eq!(schedule.before_check(3609), Due::Nothing, "the issuer is not asked by every request");
    assert_eq!(schedule.before_check(3610), Due::Background);
    schedule.record(86_399, false);
    assert_eq!(schedule.before_check(86_400), Due::Fetch);
    schedule.record(86_400, false);
    assert_eq!(schedule.before_check(86_400), Due::Unavailable);
}
