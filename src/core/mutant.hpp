#pragma once
// Guards that tests can take away, to prove that the tests would notice. Only in builds with FRESHET_MUTANTS (a CMake
// option that no release has) is anything here but a constant: `FRESHET_MUTANT=stamp_after_query ./some_test` then runs
// with that guard removed.

#include <string_view>

#ifdef FRESHET_MUTANTS
#include <cstdlib>
#endif

namespace freshet {

#ifdef FRESHET_MUTANTS
/// True if this process runs with the guard of that name removed.
[[nodiscard]] inline bool mutant(std::string_view name) noexcept {
  static const char* const chosen = std::getenv("FRESHET_MUTANT");
  return chosen != nullptr && name == chosen;
}
#else
[[nodiscard]] constexpr bool mutant(std::string_view) noexcept { return false; }
#endif

}  // namespace freshet
