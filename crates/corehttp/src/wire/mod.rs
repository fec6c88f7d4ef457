//! What the port's words look like as JSON. Every shape is written once, and goes both ways.
//!
//! A shape names every field of the port's type, so that a field added there does not build here until the contract has
//! it. Money is `{"fen": 128050}`, a day `"2026-11-23"`, a time milliseconds since 1970 (UTC). Masked text is masked once
//! more when it is read: a core that forgot to mask shows nothing.
//!
//! Not for: signatures, HTTP, or deciding anything.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something decodable that cannot be meant: no such day, no such digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bad;

/// One JSON form of the port's `P`.
pub(crate) trait Form<P>: Sized {
    fn of(port: &P) -> Self;
    fn port(self) -> Result<P, Bad>;
}

/// A struct of the port, field by field.
macro_rules! shape {
    ($(#[$doc:meta])* $name:ident = $port:ty {
        $( $(#[$note:meta])* $field:ident : $form:ty ),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub(crate) struct $name { $( $(#[$note])* pub(crate) $field: $form ),* }
        impl $crate::wire::Form<$port> for $name {
            fn of(port: &$port) -> Self {
                Self { $( $field: $crate::wire::Form::of(&port.$field) ),* }
            }
            fn port(self) -> Result<$port, $crate::wire::Bad> {
                type P = $port;
                Ok(P { $( $field: $crate::wire::Form::port(self.$field)? ),* })
            }
        }
    };
}

/// An enum of the port without fields: a word each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $port:ty { $( $(#[$note:meta])* $variant:ident ),* $(,)? }) => {
        $(#[$doc])*
        #[derive(serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $( $(#[$note])* $variant ),* }
        impl $crate::wire::Form<$port> for $name {
            fn of(port: &$port) -> Self {
                type P = $port;
                match port { $( P::$variant => Self::$variant ),* }
            }
            fn port(self) -> Result<$port, $crate::wire::Bad> {
                type P = $port;
                Ok(match self { $( Self::$variant => P::$variant ),* })
            }
        }
    };
}

/// An enum of the port with fields: an object whose `$tag` says which it is. What stands in parentheses is unnamed in the
/// port and named on the wire.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident = $port:ty, $tag:tt { $(
        $(#[$note:meta])* $variant:ident
        $( { $($field:ident : $form:ty),* $(,)? } )?
        $( ( $($part:ident : $part_form:ty),* ) )?
    ),* $(,)? }) => {
        $(#[$doc])*
        #[derive(serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case", tag = $tag)]
        pub(crate) enum $name { $(
            $(#[$note])* $variant $( { $($field: $form),* } )? $( { $($part: $part_form),* } )?
        ),* }
        impl $crate::wire::Form<$port> for $name {
            fn of(port: &$port) -> Self {
                type P = $port;
                match port { $(
                    P::$variant $( { $($field),* } )? $( ( $($part),* ) )? => Self::$variant
                        $( { $($field: $crate::wire::Form::of($field)),* } )?
                        $( { $($part: $crate::wire::Form::of($part)),* } )?
                ),* }
            }
            fn port(self) -> Result<$port, $crate::wire::Bad> {
                type P = $port;
                Ok(match self { $(
                    Self::$variant $( { $($field),* } )? $( { $($part),* } )? => P::$variant
                        $( { $($field: $crate::wire::Form::port($field)?),* } )?
                        $( ( $($crate::wire::Form::port($part)?),* ) )?
                ),* })
            }
        }
    };
}

pub(crate) mod accounts;
pub(crate) mod cards;
pub(crate) mod feed;
pub(crate) mod gifts;
pub(crate) mod lending;
pub(crate) mod money;
pub(crate) mod outcome;
pub(crate) mod rewards;
pub(crate) mod rural;
pub(crate) mod wealth;
pub(crate) mod who;

/// An amount of CNY in fen; never a fraction, never a text.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Fen {
    pub(crate) fen: i64,
}

/// A calendar day in China, `YYYY-MM-DD`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(format = Date)]
pub(crate) struct Day(String);

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Time(i64);

/// A name with its first character hidden: `*芳`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct MaskedName(String);

/// A mobile number with its middle hidden: `139****1234`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct MaskedMobile(String);

/// A document's number with all but its first and last character hidden.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct MaskedId(String);

/// Sixteen bytes as 32 hex digits.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(pattern = "^[0-9a-f]{32}$")]
pub(crate) struct Block(String);

/// Nothing is asked, or nothing is told.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Nothing {}

impl Form<base::Fen> for Fen {
    fn of(port: &base::Fen) -> Self {
        Self { fen: port.fen() }
    }
    fn port(self) -> Result<base::Fen, Bad> {
        Ok(base::Fen::of(self.fen))
    }
}

impl Form<corebank::Day> for Day {
    fn of(port: &corebank::Day) -> Self {
        Self(port.to_string())
    }
    fn port(self) -> Result<corebank::Day, Bad> {
        self.0.parse().map_err(|_| Bad)
    }
}

impl Form<base::Time> for Time {
    fn of(port: &base::Time) -> Self {
        Self(port.ms())
    }
    fn port(self) -> Result<base::Time, Bad> {
        Ok(base::Time::of_ms(self.0))
    }
}

impl Form<base::TenantId> for i64 {
    fn of(port: &base::TenantId) -> Self {
        port.raw()
    }
    fn port(self) -> Result<base::TenantId, Bad> {
        Ok(base::TenantId::of(self))
    }
}

impl Form<usize> for u32 {
    fn of(port: &usize) -> Self {
        Self::try_from(*port).unwrap_or(Self::MAX)
    }
    fn port(self) -> Result<usize, Bad> {
        usize::try_from(self).map_err(|_| Bad)
    }
}

impl Form<()> for Nothing {
    fn of((): &()) -> Self {
        Self {}
    }
    fn port(self) -> Result<(), Bad> {
        Ok(())
    }
}

impl Form<[u8; 16]> for Block {
    fn of(port: &[u8; 16]) -> Self {
        Self(corebank::recon::hex(port))
    }
    fn port(self) -> Result<[u8; 16], Bad> {
        crate::sign::unhex(&self.0).and_then(|bytes| bytes.try_into().ok()).ok_or(Bad)
    }
}

/// Masked text goes out as it is, and is masked when it comes in.
macro_rules! masked {
    ($($name:ident, $mask:ident;)*) => { $(
        impl Form<base::Masked> for $name {
            fn of(port: &base::Masked) -> Self {
                Self(port.as_str().to_owned())
            }
            fn port(self) -> Result<base::Masked, Bad> {
                Ok(base::Masked::$mask(&self.0))
            }
        }
    )* };
}
masked! { MaskedName, name; MaskedMobile, mobile; MaskedId, id_number; }

/// What is the same in both.
macro_rules! same {
    ($($plain:ty),*) => { $(
        impl Form<$plain> for $plain {
            fn of(port: &$plain) -> Self {
                Clone::clone(port)
            }
            fn port(self) -> Result<$plain, Bad> {
                Ok(self)
            }
        }
    )* };
}
same! { String, i64, u8, bool }

/// The core's handles.
macro_rules! handles {
    ($($handle:ty),*) => { $(
        impl Form<$handle> for String {
            fn of(port: &$handle) -> Self {
                port.as_str().to_owned()
            }
            fn port(self) -> Result<$handle, Bad> {
                Ok(<$handle>::new(self))
            }
        }
    )* };
}
handles! { corebank::AccountRef, corebank::CustNo, corebank::LineId }

impl Form<base::Secret<String>> for String {
    fn of(port: &base::Secret<String>) -> Self {
        port.reveal().clone()
    }
    fn port(self) -> Result<base::Secret<String>, Bad> {
        Ok(base::Secret::new(self))
    }
}

impl<P, F: Form<P>> Form<Option<P>> for Option<F> {
    fn of(port: &Option<P>) -> Self {
        port.as_ref().map(F::of)
    }
    fn port(self) -> Result<Option<P>, Bad> {
        self.map(F::port).transpose()
    }
}

impl<P, F: Form<P>> Form<Vec<P>> for Vec<F> {
    fn of(port: &Vec<P>) -> Self {
        port.iter().map(F::of).collect()
    }
    fn port(self) -> Result<Vec<P>, Bad> {
        self.into_iter().map(F::port).collect()
    }
}
