#include "db/postgres/functions.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"

namespace freshet::db::postgres {
namespace {

// Raised whenever a function below changes.
constexpr std::string_view version = "2";

// What is refused raises P0001, whose message reaches the client (422), as on SQLite.
constexpr std::string_view functions = R"sql(
CREATE SCHEMA IF NOT EXISTS freshet;

CREATE OR REPLACE FUNCTION freshet.to_minor(amount numeric, scale integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF scale NOT BETWEEN 0 AND 18 THEN
    RAISE EXCEPTION 'to_minor: the scale must be an integer from 0 to 18';
  END IF;
  IF scale(trim_scale(amount)) > scale THEN
    RAISE EXCEPTION '%', CASE WHEN scale = 0 THEN trim_scale(amount) || ' is not a whole number'
      ELSE trim_scale(amount) || ' has more than ' || scale || ' decimal' || CASE WHEN scale = 1 THEN '' ELSE 's' END END;
  END IF;
  RETURN (amount * ('1e' || scale)::numeric)::bigint;
EXCEPTION WHEN numeric_value_out_of_range THEN
  RAISE EXCEPTION '% is too large', trim_scale(amount);
END $$;

CREATE OR REPLACE FUNCTION freshet.to_minor(amount text, scale integer) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF amount !~ '^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$' THEN
    RAISE EXCEPTION '`%` is not a decimal number', left(amount, 64);
  END IF;
  RETURN freshet.to_minor(amount::numeric, scale);
END $$;

CREATE OR REPLACE FUNCTION freshet.from_minor(minor numeric, scale integer) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF scale NOT BETWEEN 0 AND 18 THEN
    RAISE EXCEPTION 'from_minor: the scale must be an integer from 0 to 18';
  END IF;
  IF minor <> trunc(minor) THEN
    RAISE EXCEPTION 'from_minor: the amount must be an integer number of minor units';
  END IF;
  RETURN round(minor * ('1e-' || scale)::numeric, scale);
END $$;

CREATE OR REPLACE FUNCTION freshet.month_of(day timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN isfinite(day) AND extract(year FROM day AT TIME ZONE 'UTC') BETWEEN 1 AND 9999
    THEN lpad(extract(year FROM day AT TIME ZONE 'UTC')::text, 4, '0') || '-' ||
         lpad(extract(month FROM day AT TIME ZONE 'UTC')::text, 2, '0') END
$$;

CREATE OR REPLACE FUNCTION freshet.month_of(day timestamp) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN isfinite(day) AND extract(year FROM day) BETWEEN 1 AND 9999
    THEN lpad(extract(year FROM day)::text, 4, '0') || '-' || lpad(extract(month FROM day)::text, 2, '0') END
$$;

CREATE OR REPLACE FUNCTION freshet.month_of(day date) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN isfinite(day) AND extract(year FROM day) BETWEEN 1 AND 9999
    THEN lpad(extract(year FROM day)::text, 4, '0') || '-' || lpad(extract(month FROM day)::text, 2, '0') END
$$;

CREATE OR REPLACE FUNCTION freshet.month_of(day text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF day ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' THEN
    RETURN day;
  END IF;
  IF day !~ '^[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?)?$' THEN
    RETURN NULL;
  END IF;
  RETURN freshet.month_of(day::timestamp);
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION freshet.month_add(month text, months bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' AND months BETWEEN -120000 AND 120000 AND n BETWEEN 0 AND 119999
    THEN lpad((n / 12)::text, 4, '0') || '-' || lpad((n % 12 + 1)::text, 2, '0') END
  FROM (SELECT CASE WHEN month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' AND months BETWEEN -120000 AND 120000
    THEN substr(month, 1, 4)::bigint * 12 + substr(month, 6, 2)::bigint - 1 + months END AS n) AS later
$$;

CREATE OR REPLACE FUNCTION freshet.url_encode(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(CASE WHEN chr(b) ~ '^[A-Za-z0-9._~-]$' THEN chr(b)
                                  ELSE '%' || upper(lpad(to_hex(b), 2, '0')) END, '' ORDER BY i), '')
  FROM (SELECT i, get_byte(convert_to(word, 'UTF8'), i) AS b
        FROM generate_series(0, octet_length(convert_to(word, 'UTF8')) - 1) AS i) AS bytes
$$;

CREATE OR REPLACE FUNCTION freshet.json_pairs(pairs json[]) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(json_object_agg(pair ->> 0, pair -> 1 ORDER BY i), '{}')
  FROM unnest(pairs) WITH ORDINALITY AS u (pair, i)
$$;

CREATE OR REPLACE FUNCTION freshet.json_add_pair(pairs json[], name text, value anyelement) RETURNS json[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT array_append(pairs, json_build_array(name, value)) $$;

CREATE OR REPLACE FUNCTION freshet.json_items(items json[]) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT array_to_json(items) $$;

CREATE OR REPLACE FUNCTION freshet.json_add_item(items json[], item anyelement) RETURNS json[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT array_append(items, to_json(item)) $$;

CREATE OR REPLACE AGGREGATE freshet.json_group_object(name text, value anyelement)
(SFUNC = freshet.json_add_pair, STYPE = json[], INITCOND = '{}', FINALFUNC = freshet.json_pairs);

CREATE OR REPLACE AGGREGATE freshet.json_group_array(item anyelement)
(SFUNC = freshet.json_add_item, STYPE = json[], INITCOND = '{}', FINALFUNC = freshet.json_items);

CREATE OR REPLACE FUNCTION freshet.uuid() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$ SELECT gen_random_uuid() $$;
)sql";

}  // namespace

void install_functions(Connection& connection) {
  const std::string there = connection.scalar("SELECT obj_description(to_regnamespace('freshet'), 'pg_namespace')");
  const std::string mark = fmt::format("SQL functions of Freshet, version {}", version);
  if (there == mark) return;
  try {
    Transaction transaction(connection, Mode::write);
    // One at a time, with the migrations: two processes that replace a function at once fail.
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('freshet_functions', 0))");
    connection.execute(functions);
    connection.execute(fmt::format("COMMENT ON SCHEMA freshet IS '{}'", mark));
    transaction.commit();
  } catch (const Error& failure) {
    if (failure.kind() != ErrorKind::config) throw;
    throw Error(ErrorKind::config, fmt::format("the SQL functions of Freshet cannot be made: {}", failure.message()))
        .hinting("let the role that migrates create a schema: GRANT CREATE ON DATABASE … TO …");
  }
}

}  // namespace freshet::db::postgres
