//! Money: whole đồng, checked. No floating point comes near it.

use serde::{Deserialize, Serialize};

/// Đồng Việt Nam: a whole amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dong(pub i64);

impl Dong {
    /// The sum, or none when it has no whole-đồng value that fits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The multiple, or none when it does not fit.
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }
}

impl std::fmt::Display for Dong {
    /// With dots between thousands, as amounts are written in Vietnam: `4.800.000`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.0.unsigned_abs().to_string();
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push('.');
            }
            out.push(c);
        }
        write!(f, "{}{out}", if self.0 < 0 { "-" } else { "" })
    }
}

/// `numerator / denominator`, half up. Both must not be negative; none when the denominator is
/// nothing or the result does not fit.
pub fn half_up(numerator: i128, denominator: i128) -> Option<i64> {
    if denominator <= 0 || numerator < 0 {
        return None;
    }
    let twice = numerator.checked_mul(2)?.checked_add(denominator)?;
    i64::try_from(twice / denominator.checked_mul(2)?).ok()
}

/// `part` of `whole` in tenths of a percent, half up; nothing of nothing is nothing.
pub fn permille_half_up(part: i64, whole: i64) -> i64 {
    half_up(i128::from(part) * 1_000, i128::from(whole)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_up() {
        assert_eq!(half_up(5, 2), Some(3));
        assert_eq!(half_up(4, 3), Some(1));
        assert_eq!(half_up(1, 0), None);
        assert_eq!(permille_half_up(137, 257), 533);
        assert_eq!(permille_half_up(51, 257), 198);
        assert_eq!(permille_half_up(69, 257), 268);
    }

    #[test]
    fn amounts_are_written_with_dots() {
        assert_eq!(Dong(4_800_000).to_string(), "4.800.000");
        assert_eq!(Dong(999).to_string(), "999");
        assert_eq!(Dong(-1_000).to_string(), "-1.000");
    }

    proptest! {
        #[test]
        fn rounding_is_within_a_half(n in 0i64..1_000_000_000_000, d in 1i64..1_000_000) {
            let rounded = half_up(i128::from(n), i128::from(d));
            prop_assert!(rounded.is_some());
            let r = i128::from(rounded.unwrap_or_default());
            let (n, d) = (i128::from(n), i128::from(d));
            prop_assert!(2 * (r * d - n) <= d && 2 * (n - r * d) < d);
        }
    }
}
