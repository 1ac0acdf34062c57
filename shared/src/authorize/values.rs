//! JSON as Cedar values, by construction: no key means anything to Cedar, `__entity` and `__extn` included.
//!
//! Integers are Longs; other numbers are decimals where those hold them exactly. What Cedar cannot hold is absent, `null`
//! too, and a list is absent with any of its elements: a rule about all elements must not be met by fewer.

use cedar_policy::RestrictedExpression;
use serde_json::{Map, Value};

use super::{Json, MAX_DEPTH};

/// Fraction digits of a Cedar decimal.
const DECIMAL_PLACES: i64 = 4;
/// Digits of the largest decimal, point left out.
const DECIMAL_DIGITS: i64 = 19;

/// The value of `json`; `None` where it is absent.
pub(super) fn from_json(json: &Json<'_>) -> Option<RestrictedExpression> {
    match json {
        Json::Null => None,
        Json::Bool(value) => Some(RestrictedExpression::new_bool(*value)),
        Json::Number(text) => number(text),
        Json::Text(text) => Some(RestrictedExpression::new_string(text.to_string())),
        Json::List(items) => {
            items.iter().map(from_json).collect::<Option<Vec<_>>>().map(RestrictedExpression::new_set)
        }
        Json::Object(members) => {
            record(members.iter().filter_map(|(name, value)| Some((name.to_string(), from_json(value)?))))
        }
    }
}

/// The record of verified claims; what lies below [`MAX_DEPTH`] levels is absent.
pub(super) fn from_claims<'c>(
    claims: impl Iterator<Item = (&'c String, &'c Value)>,
) -> Option<RestrictedExpression> {
    members(claims, MAX_DEPTH)
}

fn members<'c>(
    members: impl Iterator<Item = (&'c String, &'c Value)>,
    depth: usize,
) -> Option<RestrictedExpression> {
    let depth = depth.checked_sub(1)?;
    record(members.filter_map(|(name, value)| Some((name.clone(), claim(value, depth)?))))
}

fn claim(value: &Value, depth: usize) -> Option<RestrictedExpression> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(RestrictedExpression::new_bool(*value)),
        Value::Number(value) => number(&value.to_string()),
        Value::String(text) => Some(RestrictedExpression::new_string(text.clone())),
        Value::Array(items) => {
            let depth = depth.checked_sub(1)?;
            let items: Option<Vec<_>> = items.iter().map(|item| claim(item, depth)).collect();
            items.map(RestrictedExpression::new_set)
        }
        Value::Object(object) => members(Map::iter(object), depth),
    }
}

/// A record; `None` only where a name stands twice, which no caller lets happen.
pub(super) fn record(
    members: impl IntoIterator<Item = (String, RestrictedExpression)>,
) -> Option<RestrictedExpression> {
    RestrictedExpression::new_record(members).ok()
}

/// A JSON number (RFC 8259 section 6).
fn number(text: &str) -> Option<RestrictedExpression> {
    if text.contains(['.', 'e', 'E']) {
        decimal(text).map(RestrictedExpression::new_decimal)
    } else {
        text.parse().ok().map(RestrictedExpression::new_long)
    }
}

/// The number as Cedar writes decimals, where it is one: at most four fraction digits, in the range of 64 bits.
fn decimal(text: &str) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |unsigned| ("-", unsigned));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_end_matches('0');
    if significant.trim_start_matches('0').is_empty() {
        return Some("0.0".to_owned());
    }
    let trimmed = length(&digits)?.checked_sub(length(significant)?)?;
    let exponent: i64 = exponent.parse().ok()?;
    // The number is `significant` times ten to the power of `shift`, in units of the last decimal place.
    let shift = exponent.checked_sub(length(fraction)?)?.checked_add(trimmed)?.checked_add(DECIMAL_PLACES)?;
    let significant = significant.trim_start_matches('0');
    if !(0..=DECIMAL_DIGITS).contains(&shift) || length(significant)? > DECIMAL_DIGITS {
        return None;
    }
    let units: i128 = significant.parse().ok()?;
    let units = units.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?;
    let signed = if sign.is_empty() { units } else { units.checked_neg()? };
    i64::try_from(signed).ok()?;
    let places = 10_i128.checked_pow(u32::try_from(DECIMAL_PLACES).ok()?)?;
    Some(format!("{sign}{}.{:04}", units.checked_div(places)?, units.checked_rem(places)?))
}

fn length(text: &str) -> Option<i64> {
    i64::try_from(text.len()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_that_cedar_holds_exactly() {
        for (text, expected) in [
            ("1.5", Some("1.5000")),
            ("-0.0001", Some("-0.0001")),
            ("1.50000000000000000000000000000000", Some("1.5000")),
            ("1e2", Some("100.0000")),
            ("25E-2", Some("0.2500")),
            ("0.00000e999999999999", Some("0.0")),
            ("-0.0", Some("0.0")),
            ("922337203685477.5807", Some("922337203685477.5807")),
            ("-922337203685477.5808", Some("-922337203685477.5808")),
            ("922337203685477.5808", None),
            ("0.00001", None),
            ("0.10000000000000000001", None),
            ("1e15", None),
            ("1e400", None),
            ("1e-5", None),
            ("1e99999999999999999999", None),
        ] {
            assert_eq!(decimal(text).as_deref(), expected, "{text}");
        }
        assert!(number("9223372036854775807").is_some() && number("-0").is_some());
        assert!(number("9223372036854775808").is_none(), "beyond a Long");
    }

    #[test]
    fn a_list_is_absent_with_any_element() {
        let document = r#"{"whole":[1,"a"],"null":[1,null],"inexact":[0.00001],"deep":[{"gone":null}]}"#;
        let json = Json::read(document).unwrap();
        let is_there = |key: &str| json.get(key).and_then(from_json).is_some();
        assert!(is_there("whole") && is_there("deep"));
        assert!(!is_there("null") && !is_there("inexact"));
    }

    proptest! {
        #[test]
        fn every_decimal_comes_back_exactly(units in any::<i64>(), zeros in 0usize..5) {
            let (sign, magnitude) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
            let text = format!("{sign}{}.{:04}", magnitude / 10_000, magnitude % 10_000);
            let expected = if units == 0 { "0.0".to_owned() } else { text.clone() };
            prop_assert_eq!(decimal(&format!("{text}{}", "0".repeat(zeros))), Some(expected.clone()));
            prop_assert_eq!(decimal(&format!("{sign}{magnitude}e-4")), Some(expected));
        }
    }
}
