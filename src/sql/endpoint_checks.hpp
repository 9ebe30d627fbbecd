#pragma once
// What only the whole file shows: names that are taken twice, placeholders without a parameter, parents that come
// later.

#include <optional>
#include <vector>

#include "sql/directive_cursor.hpp"
#include "sql/directives.hpp"

namespace freshet::sql {

/// Where the words of a statement's directives stand, for messages. Parallel to EndpointSource::statements.
struct StatementWords {
  std::optional<Word> name, shape, embed_key, embed_parent, when_parameter;
  std::vector<Word> when_values;
};

/// Finds the placeholders of each statement, puts @when's values into canonical form, and reports what does not fit
/// together.
void check_endpoint(EndpointSource& endpoint, const std::vector<StatementWords>& words,
                    const std::optional<Word>& shape, Reporter& report);

}  // namespace freshet::sql
