#pragma once
// The parts of this benchmark; each prints its figures. `smoke`: only that it runs.

namespace freshet::bench {

void hit_ratios(bool smoke);
void hit_price(bool smoke);
/// Returns after so many seconds of load on a store of 256 MB.
void memory(bool smoke, int seconds);
void invalidation(bool smoke);
void warming(bool smoke);

}  // namespace freshet::bench
