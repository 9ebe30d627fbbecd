// What a parameter's schema says of its bounds: the reader of the document knows what will be refused.

#include "api/json_schema.hpp"

#include <gtest/gtest.h>

#include "api/test_app.hpp"

namespace freshet::api {
namespace {

// The schema of `-- @param p DECLARATION`.
std::string schema_of(std::string_view declaration) {
  TestApp app("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  const EndpointPtr endpoint =
      app.endpoint("t.sql", "-- @param p " + std::string(declaration) + "\nSELECT id FROM t WHERE id IN (:p)");
  Bytes out;
  JsonWriter json(out);
  write_parameter_schema(json, endpoint->source.parameters.front(), false);
  return std::string(out.view());
}

TEST(ParameterSchema, bounds_of_numbers_are_numbers) {
  EXPECT_EQ(schema_of("int[] min=-5 max=5 max_items=3"),
            R"({"type":"array","maxItems":3,"items":{"type":"integer","format":"int64","minimum":-5,"maximum":5}})");
  EXPECT_EQ(schema_of("decimal[] min=-0.50 max=1000000000000000000000.5 max_items=3"),
            R"({"type":"array","maxItems":3,"items":{"type":["string","number"],"format":"decimal",)"
            R"("pattern":"^-?[0-9]+(\\.[0-9]+)?$","minimum":-0.5,"maximum":1000000000000000000000.5}})");
}

TEST(ParameterSchema, a_scale_is_a_step_of_the_number_and_a_pattern_of_the_text) {
  EXPECT_EQ(schema_of("decimal(2)[] max_items=3"),
            R"({"type":"array","maxItems":3,"items":{"type":["string","number"],"format":"decimal",)"
            R"("pattern":"^-?[0-9]+(\\.[0-9]{1,2})?$","multipleOf":0.01}})");
  EXPECT_EQ(schema_of("decimal(0)[] max_items=3"),
            R"({"type":"array","maxItems":3,"items":{"type":["string","number"],"format":"decimal",)"
            R"("pattern":"^-?[0-9]+$","multipleOf":1}})");
}

TEST(ParameterSchema, bounds_of_dates_and_months_are_said_in_keys_of_our_own) {
  EXPECT_EQ(schema_of("date[] min=2020-01-01 max=2029-12-31 max_items=3"),
            R"({"type":"array","maxItems":3,"items":{"type":"string","format":"date",)"
            R"("x-minimum":"2020-01-01","x-maximum":"2029-12-31"}})");
  EXPECT_EQ(schema_of("month[] min=2020-01 max_items=3"),
            R"({"type":"array","maxItems":3,"items":{"type":"string","pattern":"^[0-9]{4}-(0[1-9]|1[0-2])$",)"
            R"("x-minimum":"2020-01"}})");
}

}  // namespace
}  // namespace freshet::api
