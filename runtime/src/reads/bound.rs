//! What statements bind, as PostgreSQL takes it.

use sea_orm::Value;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::Bind;

/// A value as PostgreSQL takes it where it expects a type.
pub(super) struct Bound<'a>(pub &'a Bind);

impl std::fmt::Debug for Bound<'_> {
    /// Nothing of the value: the driver writes what is bound to the log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let value = match self.0 {
            Bind::Ids(ids) => return ids.to_sql(ty, out),
            Bind::Value(value) => value,
        };
        match value {
            Value::Uuid(id) => id.to_sql(ty, out),
            Value::String(text) => text.as_deref().to_sql(ty, out),
            Value::Bool(yes) => yes.to_sql(ty, out),
            Value::Int(number) => whole(number.map(i64::from), ty, out),
            Value::BigInt(number) => whole(*number, ty, out),
            Value::Double(number) => match *ty {
                #[expect(clippy::cast_possible_truncation, reason = "the column holds no more")]
                Type::FLOAT4 => number.map(|number| number as f32).to_sql(ty, out),
                _ => number.to_sql(ty, out),
            },
            Value::ChronoDate(day) => day.to_sql(ty, out),
            Value::ChronoDateTimeUtc(moment) => moment.to_sql(ty, out),
            _ => Err("a value of another kind cannot be bound here".into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A whole number in the width that is expected.
fn whole(
    number: Option<i64>,
    ty: &Type,
    out: &mut BytesMut,
) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
    match *ty {
        Type::INT2 => number.map(i16::try_from).transpose()?.to_sql(ty, out),
        Type::INT4 => number.map(i32::try_from).transpose()?.to_sql(ty, out),
        _ => number.to_sql(ty, out),
    }
}
