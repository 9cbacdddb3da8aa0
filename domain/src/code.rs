//! Closed sets of stable text codes.
//!
//! Owns the one way in which a closed code is written, read, listed and labelled. It must not
//! know where a code is stored or shown; persistence keeps the text and the API documents it.

/// A closed set whose members have a stable text code and a label in both languages.
pub trait Code: Copy + Eq + Sized + 'static {
    /// Every member, in the order of the law or the list it comes from.
    const ALL: &'static [Self];
    /// The stable text: what is stored and what goes over the wire.
    fn code(self) -> &'static str;
    /// The Vietnamese label.
    fn label_vi(self) -> &'static str;
    /// The English label.
    fn label_en(self) -> &'static str;
    /// The member with this text, if there is one.
    fn from_code(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.code() == text)
    }
}

/// Declares a closed code: `Variant => "code", "nhãn", "label"` for each member.
///
/// Gives the enum, [`Code`], `Display` and serde by the code text.
#[macro_export]
macro_rules! codes {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident => $code:literal, $vi:literal, $en:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $crate::code::Code for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn code(self) -> &'static str { match self { $(Self::$variant => $code),+ } }
            fn label_vi(self) -> &'static str { match self { $(Self::$variant => $vi),+ } }
            fn label_en(self) -> &'static str { match self { $(Self::$variant => $en),+ } }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::code::Code::code(*self))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str($crate::code::Code::code(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                <Self as $crate::code::Code>::from_code(&text).ok_or_else(|| {
                    serde::de::Error::unknown_variant(&text, &[$($code),+])
                })
            }
        }
    };
}
