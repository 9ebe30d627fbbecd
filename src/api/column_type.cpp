#include "api/column_type.hpp"

#include <array>
#include <string>

#include "core/text.hpp"

namespace freshet::api {

sql::ColumnType column_type_of(std::string_view declared_type) {
  struct Word {
    std::string_view word;
    sql::ColumnType type;
  };
  using enum sql::ColumnType;
  // Whole words first; SQLite's own affinity rules (a part of the name) after them.
  constexpr std::array<Word, 18> words{{{"boolean", boolean},
                                        {"bool", boolean},
                                        {"date", date},
                                        {"datetime", timestamp},
                                        {"timestamp", timestamp},
                                        {"timestamptz", timestamp},
                                        {"json", json},
                                        {"jsonb", json},
                                        {"uuid", uuid},
                                        {"decimal", decimal},
                                        {"numeric", decimal},
                                        {"money", decimal},
                                        {"real", number},
                                        {"float", number},
                                        {"double", number},
                                        {"double precision", number},
                                        {"blob", blob},
                                        {"bytea", blob}}};
  constexpr std::array<Word, 5> parts{
      {{"int", integer}, {"char", text}, {"clob", text}, {"text", text}, {"serial", integer}}};
  std::string name = lower_case(declared_type);
  name = std::string(trim(std::string_view(name).substr(0, name.find('('))));
  for (const Word& entry : words) {
    if (name == entry.word) return entry.type;
  }
  for (const Word& entry : parts) {
    if (name.find(entry.word) != std::string::npos) return entry.type;
  }
  return any;
}

}  // namespace freshet::api
