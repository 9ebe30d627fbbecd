#pragma once
// What several hold and the last one lets go of: for a room that must keep something alive without knowing what it is,
// as an answer on its way out keeps the cached entry that owns its bytes.

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

namespace freshet {

/// Derive from it and hold by boost::intrusive_ptr<const Derived>, which converts to intrusive_ptr<const Shared>: a
/// copy is one atomic increment and allocates nothing. The count is thread-safe, what it counts need not be.
class Shared : public boost::intrusive_ref_counter<Shared, boost::thread_safe_counter> {
 public:
  virtual ~Shared() = default;
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

 protected:
  Shared() = default;
};

}  // namespace freshet
