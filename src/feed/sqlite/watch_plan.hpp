#pragma once
// Plans for a SQLite file: feed/watch_plan.hpp.

#include "db/sqlite/open.hpp"
#include "feed/watch_plan.hpp"

namespace freshet::feed::sqlite {

[[nodiscard]] WatchPlan plan_watch(const db::sqlite::OpenOptions& options, const std::vector<Shape>& shapes);
[[nodiscard]] WatchPlan plan_unwatch(const db::sqlite::OpenOptions& options);

}  // namespace freshet::feed::sqlite
