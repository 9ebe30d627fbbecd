#pragma once
// The object ids of PostgreSQL's own types that matter here: fixed for all time (catalog/pg_type.dat).

#include <cstdint>

namespace freshet::db::postgres::oid {

inline constexpr std::uint32_t boolean = 16, bytea = 17, name = 19, int8 = 20, int2 = 21, int4 = 23, text = 25,
                               oid = 26, json = 114, xml = 142, float4 = 700, float8 = 701, unknown = 705,
                               bpchar = 1042, varchar = 1043, timestamp = 1114, timestamptz = 1184;

}  // namespace freshet::db::postgres::oid
