#pragma once
// All that answers are made of, but for the question and the data: processes that agree on it may share answers
// (cache::SecondLevelOptions::epoch), others must not even see them.

#include <string>
#include <string_view>

#include "api/app.hpp"
#include "db/catalog.hpp"

namespace freshet::api {

/// A digest. `program`: what tells this build from another. `database`: what tells this database, with its history,
/// from every other, and what sessions are told that shows in answers: one that was restored, or promoted elsewhere, is
/// another, and so is one of another time zone. Settings of the app count where they show in what is kept. O(text of
/// the app and of the schema).
[[nodiscard]] std::string answer_epoch(const App& app, const db::Catalog& catalog, std::string_view program,
                                       std::string_view database);

}  // namespace freshet::api
