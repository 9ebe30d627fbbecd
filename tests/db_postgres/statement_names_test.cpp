#include "db/postgres/statement_names.hpp"

#include <gtest/gtest.h>

namespace freshet::db::postgres {
namespace {

TEST(StatementNames, statement_keeps_its_name_until_others_push_it_out) {
  StatementNames names(2);
  const StatementNames::Use one = names.use(1);
  EXPECT_TRUE(one.fresh);
  const std::string name = one.name;
  EXPECT_FALSE(names.use(1).fresh);
  EXPECT_TRUE(names.use(2).fresh);
  EXPECT_FALSE(names.use(1).fresh);  // 2 is now the one that was not used for the longest
  const StatementNames::Use three = names.use(3);
  EXPECT_TRUE(three.fresh);
  ASSERT_TRUE(three.evicted.has_value());
  EXPECT_EQ(names.use(1).name, name);
  EXPECT_EQ(names.size(), 2U);
}

TEST(StatementNames, name_is_never_used_again) {
  StatementNames names(2);
  const std::string before = names.use(1).name;
  names.forget(1);
  names.forget(7);
  const StatementNames::Use again = names.use(1);
  EXPECT_TRUE(again.fresh);
  EXPECT_NE(again.name, before);
  names.clear();
  EXPECT_TRUE(names.use(1).fresh);
}

}  // namespace
}  // namespace freshet::db::postgres
