//! Values in and out, the same on both engines: whole numbers, truth, text, bytes, null.

use base::{Error, Fen, Id, Result, Time};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

/// One value on its way in or out. Floats and dates do not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// What can stand for `$n`. Made into a [`Value`] by [`params!`](crate::params).
pub trait Param {
    fn value(&self) -> Value<'_>;
}

macro_rules! param {
    ($($t:ty, $v:ident => $made:expr;)*) => {$(
        impl Param for $t {
            fn value(&self) -> Value<'_> {
                let $v = self;
                $made
            }
        }
    )*};
}
param! {
    i64, v => Value::Int(*v);
    bool, v => Value::Bool(*v);
    str, v => Value::Text(v);
    String, v => Value::Text(v);
    [u8], v => Value::Bytes(v);
    Vec<u8>, v => Value::Bytes(v);
    Time, v => Value::Int(v.ms());
    Fen, v => Value::Int(v.fen());
}
impl<T> Param for Id<T> {
    fn value(&self) -> Value<'_> {
        Value::Int(self.raw())
    }
}
impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}
impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}
impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}
impl Param for Value<'_> {
    fn value(&self) -> Value<'_> {
        *self
    }
}

/// The values for `$1`, `$2`, … of a statement.
#[macro_export]
macro_rules! params {
    ($($p:expr),* $(,)?) => { &[$($crate::Param::value(&$p)),*] };
}

impl ToSql for Value<'_> {
    /// Strict: the value's kind must be the column's, as in SQLite's STRICT tables.
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(v), &Type::INT8) => v.to_sql(ty, out),
            (Value::Int(v), &Type::INT4) => i32::try_from(*v)?.to_sql(ty, out),
            (Value::Int(v), &Type::INT2) => i16::try_from(*v)?.to_sql(ty, out),
            (Value::Bool(v), &Type::BOOL) => v.to_sql(ty, out),
            (Value::Text(v), &Type::TEXT | &Type::VARCHAR | &Type::NAME) => v.to_sql(ty, out),
            (Value::Bytes(v), &Type::BYTEA) => v.to_sql(ty, out),
            (v, ty) => Err(format!("a {} where {ty} is wanted", v.kind()).into()),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// A [`Value`] that keeps what it shows.
pub(crate) enum Owned {
    Null,
    Int(i64),
    Bool(bool),
    Text(Box<str>),
    Bytes(Box<[u8]>),
}

impl Owned {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(v) => Value::Int(*v),
            Self::Bool(v) => Value::Bool(*v),
            Self::Text(v) => Value::Text(v),
            Self::Bytes(v) => Value::Bytes(v),
        }
    }
}

impl Value<'_> {
    pub(crate) fn kept(self) -> Owned {
        match self {
            Self::Null => Owned::Null,
            Self::Int(v) => Owned::Int(v),
            Self::Bool(v) => Owned::Bool(v),
            Self::Text(v) => Owned::Text(v.into()),
            Self::Bytes(v) => Owned::Bytes(v.into()),
        }
    }
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "whole number",
            Self::Bool(_) => "boolean",
            Self::Text(_) => "text",
            Self::Bytes(_) => "byte string",
        }
    }
}

pub(crate) enum RowRef<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// A row, read from left to right.
pub struct Row<'a> {
    at: usize,
    inner: RowRef<'a>,
}

impl std::fmt::Debug for Row<'_> {
    /// The place only: the values may be a customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("at", &self.at).finish_non_exhaustive()
    }
}

impl<'a> Row<'a> {
    pub(crate) fn new(inner: RowRef<'a>) -> Self {
        Self { at: 0, inner }
    }

    #[expect(clippy::should_implement_trait, reason = "columns are of many types, not one")]
    /// The next column as a `T`. Faults when there is none or it is of another kind.
    pub fn next<T: Column>(&mut self) -> Result<T> {
        let at = self.at;
        self.at += 1;
        let value = self.value(at)?;
        let kind = value.kind();
        T::column(value).ok_or_else(|| {
            Error::fault(format!(
                "column {}: {kind} is not a {}",
                at + 1,
                std::any::type_name::<T>()
            ))
        })
    }

    fn value(&self, at: usize) -> Result<Value<'_>> {
        match &self.inner {
            RowRef::Sqlite(row) => crate::sqlite::value(row, at),
            RowRef::Postgres(row) => crate::pg::value(row, at),
        }
    }
}

/// What a column can be read as.
pub trait Column: Sized {
    /// `None` when the value is of another kind.
    fn column(value: Value<'_>) -> Option<Self>;
}

macro_rules! column {
    ($($t:ty, $p:pat => $made:expr;)*) => {$(
        impl Column for $t {
            fn column(value: Value<'_>) -> Option<Self> {
                match value {
                    $p => Some($made),
                    _ => None,
                }
            }
        }
    )*};
}
column! {
    i64, Value::Int(v) => v;
    String, Value::Text(v) => v.to_owned();
    Vec<u8>, Value::Bytes(v) => v.to_vec();
    Time, Value::Int(v) => Time::of_ms(v);
    Fen, Value::Int(v) => Fen::of(v);
}
impl Column for bool {
    fn column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(v) => Some(v),
            // SQLite keeps truth as 0 and 1.
            Value::Int(v @ (0 | 1)) => Some(v == 1),
            _ => None,
        }
    }
}
impl<T> Column for Id<T> {
    fn column(value: Value<'_>) -> Option<Self> {
        i64::column(value).map(Self::of)
    }
}
impl<T: Column> Column for Option<T> {
    fn column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            v => T::column(v).map(Some),
        }
    }
}

/// What a whole row can be read as: any [`Column`] type alone, a tuple of up to 16, or your own.
pub trait FromRow: Sized {
    fn from_row(row: &mut Row<'_>) -> Result<Self>;
}

macro_rules! alone {
    ($($t:ty),*) => {$(
        impl FromRow for $t {
            fn from_row(row: &mut Row<'_>) -> Result<Self> {
                row.next()
            }
        }
    )*};
}
alone!(i64, bool, String, Vec<u8>, Time, Fen);
impl<T> FromRow for Id<T> {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        row.next()
    }
}
impl<T: Column> FromRow for Option<T> {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        row.next()
    }
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Column, $($rest: Column),*> FromRow for ($first, $($rest,)*) {
            fn from_row(row: &mut Row<'_>) -> Result<Self> {
                Ok((row.next::<$first>()?, $(row.next::<$rest>()?,)*))
            }
        }
        tuples!($($rest)*);
    };
    () => {};
}
tuples!(A B C D E F G H I J K L M N O P);
