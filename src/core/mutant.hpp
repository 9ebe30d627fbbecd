#pragma once
// Guards that tests can take away, to prove that the tests would notice. Only in builds with FRESHET_MUTANTS (a CMake
// option that no release has) is anything here but a constant: `FRESHET_MUTANT=stamp_after_query ./some_test` then runs
// with that guard removed.

#include <array>
#include <string_view>

#ifdef FRESHET_MUTANTS
#include <cstdlib>
#endif

namespace freshet {

struct MutantGuard {
  std::string_view name;   // says what is wrong with the program that has it
  std::string_view guard;  // what is taken away
};

/// All there are: a name that is not here does not compile.
inline constexpr std::array known_mutants{
    MutantGuard{"byte_equality_under_nocase", "values that a column's collation takes for equal make one tag"},
    MutantGuard{"bulk_change_ignored", "a bulk write, which is not read record by record, changes the whole table"},
    MutantGuard{"tags_of_another_schema", "nothing is kept under tags that were reasoned out of another schema"},
    MutantGuard{"conditions_pass_a_limit", "conditions around a LIMIT say nothing of the rows within"},
    MutantGuard{"feed_gap_ignored", "a log with a gap, or a commit that nothing is known of, makes everything invalid"},
    MutantGuard{"hit_without_asking_the_feed", "a hit asks whether anybody has committed since"},
    MutantGuard{"l2_checksum_ignored", "a record of the second level that is not whole is none"},
    MutantGuard{"l2_epochs_mixed", "deployments that answer differently do not see each other's records"},
    MutantGuard{"l2_key_not_compared", "a record of the second level is of the question that was asked"},
    MutantGuard{"l2_record_taken_for_true", "an answer of another process is judged by this process's own feed"},
    MutantGuard{"lease_released_by_anyone", "a lease is released by its own token only"},
    MutantGuard{"mark_taken_after_reading", "the commit that was seen is remembered from before the log is read"},
    MutantGuard{"missing_tag_is_valid", "tags are held from before the work begins, so that no change passes unseen"},
    MutantGuard{"no_before_trigger", "rows that REPLACE throws out are logged before they go"},
    MutantGuard{"old_partition_not_logged", "an UPDATE that moves a row logs where it was, too"},
    MutantGuard{"optional_side_narrowed_by_where",
                "WHERE does not narrow the side of an outer join that may be missing"},
    MutantGuard{"rollup_any_order", "a LIMIT over a rollup needs an ORDER BY that leaves no rows equal"},
    MutantGuard{"rollup_count_of_nothing", "the count of no rows is 0, not NULL"},
    MutantGuard{"rollup_default_of_key_ignored",
                "REPLACE puts a default in place of NULL before it looks for rows in its way"},
    MutantGuard{"rollup_extreme_kept", "a group's least or greatest value is looked for again when its row goes"},
    MutantGuard{"rollup_filter_not_asked", "a query is answered from a rollup only if it asks for the rollup's filter"},
    MutantGuard{"rollup_old_group_kept", "a row that moves is taken out of the group where it was"},
    MutantGuard{"rollup_read_under_any_schema",
                "a rollup is asked only while its triggers are those that were verified"},
    MutantGuard{"rollup_replaced_rows_kept", "rows that REPLACE throws out are subtracted"},
    MutantGuard{"rollup_shows_any_spelling", "values that are equal and look different are not shown from a rollup"},
    MutantGuard{"schema_change_ignored",
                "a new schema version makes everything invalid, and triggers are looked at again"},
    MutantGuard{"stamp_after_query", "an answer's position is read in the transaction of its work"},
    MutantGuard{"stale_after_a_change",
                "an answer past its time stands in only while nothing that it shows has changed"},
    MutantGuard{"target_stands_for_headers_too", "a raw target finds an answer only if no header has a say in it"},
    MutantGuard{"waiter_takes_older_flight", "a waiter takes no result of a flight that began before its request"},
    MutantGuard{"warms_while_requests_wait", "nothing is warmed while a request waits for the database"},
};

/// The name of a guard, known when the program is compiled.
class MutantName {
 public:
  consteval MutantName(const char* name) : name_(name) {  // NOLINT(google-explicit-constructor): a literal is one
    bool known = false;
    for (const MutantGuard& mutant : known_mutants) known = known || mutant.name == name_;
    if (!known) throw "add the name to known_mutants, with what it takes away";
  }
  [[nodiscard]] constexpr std::string_view text() const noexcept { return name_; }

 private:
  std::string_view name_;
};

#ifdef FRESHET_MUTANTS
/// True if this process runs with the guard of that name removed.
[[nodiscard]] inline bool mutant(MutantName name) noexcept {
  static const char* const chosen = std::getenv("FRESHET_MUTANT");
  return chosen != nullptr && name.text() == chosen;
}
#else
[[nodiscard]] constexpr bool mutant(MutantName) noexcept { return false; }
#endif

}  // namespace freshet
