#include "cache/body_arena.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "cache/body.hpp"

namespace freshet::cache {
namespace {

TEST(BodyArena, gives_what_was_given_back_as_one_piece) {
  BodyArena arena(4096);
  char* const first = arena.allocate(1000);
  char* const second = arena.allocate(2000);
  char* const third = arena.allocate(1024);
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(arena.allocate(1), nullptr);
  arena.release(first, 1000);
  arena.release(third, 1024);
  EXPECT_EQ(arena.allocate(1025), nullptr) << "nowhere in one piece";
  arena.release(second, 2000);
  EXPECT_EQ(arena.allocate(4096), first);
}

TEST(BodyArena, has_nothing_if_it_could_reserve_nothing) {
  BodyArena none(0);
  EXPECT_EQ(none.allocate(1), nullptr);
  BodyArena impossible(std::size_t{1} << 60U);
  EXPECT_EQ(impossible.allocate(1), nullptr);
}

TEST(BodyArena, nobody_writes_into_anothers_pages) {
  constexpr std::size_t reserved = 400 * 4096;
  BodyArena arena(reserved);
  struct Piece {
    char* at;
    std::size_t size;
    char mark;
  };
  std::vector<Piece> pieces;
  std::mt19937 random(8);
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t size = 1 + random() % 60'000;
    const char mark = static_cast<char>(random() % 128);
    if (char* const at = arena.allocate(size)) {
      std::fill_n(at, size, mark);
      pieces.push_back({at, size, mark});
    }
    if (pieces.size() < 10 || random() % 2 == 0) continue;
    std::swap(pieces[random() % pieces.size()], pieces.back());
    const Piece gone = pieces.back();
    pieces.pop_back();
    ASSERT_TRUE(std::all_of(gone.at, gone.at + gone.size, [&](char c) { return c == gone.mark; }));
    arena.release(gone.at, gone.size);
  }
  for (const Piece& piece : pieces) arena.release(piece.at, piece.size);
  EXPECT_NE(arena.allocate(reserved), nullptr);
}

TEST(BodyArena, knows_what_it_holds_for_nobody) {
  BodyArena arena(100 * 4096);
  char* const first = arena.allocate(4096);
  const std::size_t bookkeeping = arena.waste();
  EXPECT_LT(bookkeeping, 1000U) << "a page, all of it in use";
  char* const second = arena.allocate(256);
  EXPECT_GE(arena.waste(), std::size_t{4096 - 256}) << "a page for little";
  char* const third = arena.allocate(4096 - 256);
  EXPECT_EQ(arena.waste(), bookkeeping);
  arena.release(third, 4096 - 256);
  arena.release(first, 4096);
  EXPECT_LT(arena.waste(), 4096U + 512U) << "one page, and what is known of it";
  arena.release(second, 256);
  EXPECT_EQ(arena.waste(), bookkeeping) << "one free range, nothing else";
}

TEST(Body, is_its_text_wherever_it_lives) {
  BodyArena arena(64 * 4096);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, Body::large - 1, Body::large, std::size_t{100'000},
                                 std::size_t{300'000}}) {  // the last one does not fit
    const std::string text(size, 'b');
    const auto body = std::make_unique<Body>(text, &arena);
    EXPECT_EQ(*body, text);
    EXPECT_EQ(body->size(), size);
    EXPECT_GE(body->heap_bytes(), size);
    EXPECT_EQ(Body(text, nullptr), text);
  }
}

}  // namespace
}  // namespace freshet::cache
