#pragma once
// The SQL functions that Freshet adds on SQLite. NULL in, NULL out.
//
//   to_minor(amount, scale)    exact decimal text or number → integer minor units; an error (422) if a digit would be
//   lost from_minor(minor, scale)   → exact decimal text month_of(date)             'YYYY-MM' of a date, timestamp or
//   month; NULL for anything else month_add(month, n)        the month n months later; NULL for what is no month
//   url_encode(text)           percent-encoded but for A-Z a-z 0-9 - . _ ~, for links in answers
//   uuid()                     a random UUID (version 4)
//   now()                      '2025-01-31T07:30:00.000Z'
//   text REGEXP pattern        RE2 syntax, linear time; an error for a pattern that is not valid

struct sqlite3;

namespace freshet::db::sqlite {

/// Adds them to a connection. All but uuid() and now() are deterministic, so they may stand in indexes, generated
/// columns and CHECK constraints.
void register_functions(sqlite3* handle);

}  // namespace freshet::db::sqlite
