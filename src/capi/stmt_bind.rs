// SPDX-License-Identifier: Apache-2.0
//! Buffers of the program's that parameters are bound to: checked when they are bound, read at each execute.

use std::ffi::c_char;

use crate::capi::handle::{Bound, attachsql_error_t};
use crate::capi::stmt::{attachsql_stmt_t, with};
use crate::capi::stmt_set::time;
use crate::capi::strings;
use crate::capi::types::{
    attachsql_bind_type_t as Type, attachsql_stmt_bind_st, attachsql_time_st,
};
use crate::error::{Misuse, Result};
use crate::wire::temporal::DateTime;
use crate::wire::value::Param;

/// Binds the first `count` parameters to buffers of the program's. Each execute reads what is there then: the
/// value, its length, and whether it is NULL; a parameter that is bound need not be set again. Setting it ends
/// that. See `attachsql_stmt_bind_st`.
///
/// Returns: true.
///
/// NULL: `stmt`, and `binds` with a `count`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: the array is no longer needed when the function returns. What its elements point at must stay valid
/// as long as the statement is executed with them.
///
/// Errors: 3000/22023 no text was given to prepare, the statement has fewer parameters, a type is unknown, or
/// something that a type needs is NULL; 2006/08006 the connection was destroyed. Nothing has changed then.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `binds` has `count` elements that are as their description says, or is
/// NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_bind(
    stmt: *mut attachsql_stmt_t,
    count: u16,
    binds: *const attachsql_stmt_bind_st,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; each element is below `count`.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            if count > 0 && binds.is_null() {
                return Err(Misuse::Null("binds").into());
            }
            if count > 0 {
                connection.check_settable(prepared.key, count - 1)?;
            }
            let mut all = Vec::new();
            for i in 0..usize::from(count) {
                all.push(Bound::buffer(&binds.add(i).read())?);
            }
            let known = connection.param_count(prepared.key);
            for (param, bound) in (0..).zip(all) {
                prepared.set(param, known, bound);
            }
            Ok(true)
        })
    }
}

impl Bound {
    /// A buffer that has what its type needs.
    pub(super) fn buffer(bind: &attachsql_stmt_bind_st) -> Result<Self> {
        let bytes = is_bytes(bind.r#type);
        if !bytes && size(bind.r#type).is_none() {
            let problem = format!("is {}; types are 0 to 14", bind.r#type.0);
            return Err(Misuse::Argument { name: "type of a buffer", problem }.into());
        }
        if bind.data.is_null() && bind.r#type != Type::NULL && bind.is_null.is_null() {
            return Err(Misuse::Null("data of a buffer").into());
        }
        if bytes && bind.length.is_null() {
            return Err(Misuse::Null("length of a buffer").into());
        }
        Ok(Self::Buffer(*bind))
    }
}

fn is_bytes(kind: Type) -> bool {
    matches!(kind, Type::DECIMAL | Type::STRING | Type::BINARY | Type::JSON)
}

/// Bytes that are read of a value of this type; `None` for those whose length is told, and for unknown ones.
fn size(kind: Type) -> Option<usize> {
    Some(match kind {
        Type::NULL => 0,
        Type::BOOL => 1,
        Type::INT | Type::UNSIGNED_INT | Type::FLOAT => 4,
        Type::BIGINT | Type::UNSIGNED_BIGINT | Type::DOUBLE => 8,
        Type::DATE | Type::DATETIME | Type::TIME => size_of::<attachsql_time_st>(),
        _ => return None,
    })
}

/// The value, as it is now.
///
/// # Safety
/// What `bind` points at is as its description says, and stays so for `'a`.
pub(super) unsafe fn read<'a>(bind: &attachsql_stmt_bind_st) -> Param<'a> {
    let data = bind.data;
    // SAFETY: not NULL where it is read; of the type and length that the program said; it need not be
    // aligned.
    unsafe {
        if (!bind.is_null.is_null() && bind.is_null.read().0 != 0) || data.is_null() {
            return Param::Null;
        }
        let bytes = || {
            let length = bind.length.read_unaligned();
            strings::counted(data, length, "data of a buffer").unwrap_or_default()
        };
        let date = || {
            let value = data.cast::<attachsql_time_st>().read_unaligned();
            let hour = u8::try_from(value.hour).unwrap_or(u8::MAX);
            let (minute, second) = (value.minute, value.second);
            let (year, month, day) = (value.year, value.month, value.day);
            DateTime { year, month, day, hour, minute, second, microsecond: value.microsecond }
        };
        match bind.r#type {
            Type::BOOL => Param::Bool(data.cast::<c_char>().read() != 0),
            Type::INT => Param::Int(data.cast::<i32>().read_unaligned()),
            Type::UNSIGNED_INT => Param::UInt(data.cast::<u32>().read_unaligned()),
            Type::BIGINT => Param::BigInt(data.cast::<i64>().read_unaligned()),
            Type::UNSIGNED_BIGINT => Param::UBigInt(data.cast::<u64>().read_unaligned()),
            Type::FLOAT => Param::Float(data.cast::<f32>().read_unaligned()),
            Type::DOUBLE => Param::Double(data.cast::<f64>().read_unaligned()),
            Type::DECIMAL => Param::Decimal(bytes()),
            Type::STRING => Param::Text(bytes()),
            Type::BINARY => Param::Blob(bytes()),
            Type::JSON => Param::Json(bytes()),
            Type::DATE => Param::Date(date()),
            Type::DATETIME => Param::DateTime(date()),
            Type::TIME => {
                let value = data.cast::<attachsql_time_st>().read_unaligned();
                let negative = value.is_negative.0 != 0;
                let (minute, second) = (value.minute, value.second);
                Param::Time(time(negative, value.hour, minute, second, value.microsecond))
            }
            _ => Param::Null,
        }
    }
}
