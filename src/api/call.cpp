#include "api/call.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "api/page.hpp"
#include "core/json_writer.hpp"
#include "sql/parameter.hpp"

namespace freshet::api {
namespace {

using sql::Shape;

// What the encoded rows of a statement begin with; then they grow by doubling.
constexpr std::size_t row_bytes = 512, rows_bytes = 4096;

Value to_value(const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      return Null{};
    case Cell::Type::integer:
      return cell.integer;
    case Cell::Type::real:
      return cell.real;
    case Cell::Type::text:
      return std::string(cell.text);
    case Cell::Type::blob:
      return Blob{std::string(cell.text)};
  }
  return Null{};
}

// Equal for equal keys of parent and child; types are told apart. Empty: null, which belongs to no row.
std::string join_key(const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      return {};
    case Cell::Type::integer:
      return fmt::format("i{}", cell.integer);
    case Cell::Type::real:
      return fmt::format("r{}", cell.real);
    case Cell::Type::text:
      return fmt::format("t{}", cell.text);
    case Cell::Type::blob:
      return fmt::format("b{}", cell.text);
  }
  return {};
}

}  // namespace

Error nothing_here() { return {ErrorKind::not_found, "there is nothing here by these parameters"}; }

StatementRun::StatementRun(const StatementPlan& plan, bool every_row)
    : plan_(plan),
      first_row_only_(!every_row && (plan.shape == Shape::object || plan.shape == Shape::value)),
      encodes_(plan.answers || plan.embed.has_value()),
      marks_rows_(plan.embed.has_value() || !plan.children.empty()),
      encoder_(plan.columns),
      captured_(plan.captures.size()) {}

void StatementRun::start() {
  ran_ = true;
  for (std::vector<Value>& values : captured_) values.clear();
}

bool StatementRun::row(Row row) {
  if (first_row_only_ && rows_ != 0) return true;
  for (std::size_t i = 0; i < captured_.size(); ++i) captured_[i].push_back(to_value(row[plan_.captures[i]]));
  if (encodes_) encode(row);
  ++rows_;
  // A statement that writes has to be stepped to its end.
  return !first_row_only_ || !plan_.statement->read_only;
}

void StatementRun::encode(Row row) {
  if (rows_ == answer_rows_max) {
    throw Error(ErrorKind::unprocessable,
                fmt::format("the answer has more than {} rows; narrow the parameters", answer_rows_max));
  }
  if (rows_ == 0) out_.reserve(first_row_only_ ? row_bytes : rows_bytes);
  if (rows_ != 0) out_.push_back(',');
  const std::size_t begin = out_.size();
  if (plan_.shape == Shape::value) {
    encoder_.append_value(out_, row);
  } else if (plan_.children.empty()) {
    encoder_.append_object(out_, row);
  } else {
    encoder_.append_open_object(out_, row);
  }
  if (!marks_rows_) return;
  RowMark mark{.begin = begin, .end = out_.size(), .child_key = {}, .parent_keys = {}};
  if (plan_.embed) {
    mark.child_key = join_key(row[plan_.embed->child_column]);
    if (!mark.child_key.empty()) rows_of_key_[mark.child_key].push_back(marks_.size());
  }
  for (const ChildPlan& child : plan_.children) mark.parent_keys.push_back(join_key(row[child.parent_column]));
  marks_.push_back(std::move(mark));
}

void StatementRun::embed(const std::deque<StatementRun>& runs) {
  Bytes whole(out_.size() * 2);
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    if (i != 0) whole.push_back(',');
    const std::size_t begin = whole.size();
    whole.append(out_.view().substr(marks_[i].begin, marks_[i].end - marks_[i].begin));
    append_children(whole, marks_[i], runs);
    whole.push_back('}');
    marks_[i].begin = begin;
    marks_[i].end = whole.size();
  }
  out_ = std::move(whole);
}

void StatementRun::append_children(Bytes& out, const RowMark& row, const std::deque<StatementRun>& runs) const {
  static const std::vector<std::size_t> none;
  for (std::size_t i = 0; i < plan_.children.size(); ++i) {
    const ChildPlan& child = plan_.children[i];
    const StatementRun& run = runs[child.statement];
    if (!run.ran()) continue;  // @when left it out
    const auto found = run.rows_of_key_.find(row.parent_keys[i]);
    const std::vector<std::size_t>& rows = found == run.rows_of_key_.end() ? none : found->second;
    const auto text = [&](std::size_t index) {
      return run.out_.view().substr(run.marks_[index].begin, run.marks_[index].end - run.marks_[index].begin);
    };
    out.push_back(',');
    out.append(child.prefix);
    if (child.single) {
      out.append(rows.empty() ? std::string_view("null") : text(rows.front()));
      continue;
    }
    out.push_back('[');
    for (std::size_t k = 0; k < rows.size(); ++k) {
      if (k != 0) out.push_back(',');
      out.append(text(rows[k]));
    }
    out.push_back(']');
  }
}

Call::Call(const Endpoint& endpoint, CallArguments arguments, Origin origin)
    : endpoint_(endpoint), arguments_(std::move(arguments)), origin_(origin) {
  for (const StatementPlan& plan : endpoint_.statements) runs_.emplace_back(plan, arguments_.bulk);
  for (StatementRun& run : runs_) totals_.emplace_back(run);
  share_rows();
  work_.mode = endpoint_.writes ? db::Mode::write : db::Mode::read;
  work_.statement_timeout = endpoint_.source.timeout;
  work_.steps.reserve(arguments_.items.size() * endpoint_.statements.size());
  for (std::size_t item = 0; item < arguments_.items.size(); ++item) add_steps(item);
}

void Call::add_steps(std::size_t item) {
  for (std::size_t i = 0; i < endpoint_.statements.size(); ++i) {
    const StatementPlan& plan = endpoint_.statements[i];
    if (!runs(plan, arguments_.items[item])) continue;
    if (plan.repeats) continue;
    const auto shared = shared_.find(i);
    SharedRows* const rows = shared == shared_.end() ? nullptr : &shared->second;
    db::Step step;
    step.statement = plan.read_from(origin_);
    step.bind = [this, &plan, rows, i, item](db::Binder& binder) {
      if (rows != nullptr) {
        rows->start();
      } else {
        runs_[i].start();
      }
      bind(binder, plan, plan.slots.size(), item);
    };
    step.sink = rows != nullptr ? static_cast<db::RowSink*>(rows) : &runs_[i];
    step.depends_on_earlier = plan.depends_on_earlier;
    work_.steps.push_back(std::move(step));
    if (plan.count == nullptr) continue;
    db::Step count;
    count.statement = plan.count_from(origin_);
    count.bind = [this, &plan, item](db::Binder& binder) { bind(binder, plan, plan.count_slots, item); };
    count.sink = &totals_[i];
    count.depends_on_earlier = plan.depends_on_earlier;
    work_.steps.push_back(std::move(count));
  }
}

void Call::share_rows() {
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const StatementPlan& plan = endpoint_.statements[i];
    if (!plan.repeats || !runs(plan, arguments_.items.front())) continue;
    const auto [shared, first] = shared_.try_emplace(*plan.repeats);
    if (first) shared->second.add(runs_[*plan.repeats]);
    shared->second.add(runs_[i]);
  }
}

void Call::SharedRows::start() {
  for (Taker& taker : runs_) {
    taker.run->start();
    taker.wants_more = true;
  }
}

bool Call::SharedRows::row(Row row) {
  bool wanted = false;
  for (Taker& taker : runs_) {
    if (taker.wants_more) taker.wants_more = taker.run->row(row);
    wanted = wanted || taker.wants_more;
  }
  return wanted;
}

bool runs(const StatementPlan& plan, const Arguments& arguments) {
  if (!plan.when) return true;
  const std::string text = sql::canonical_text(arguments[plan.when->parameter].scalar);
  return std::find(plan.when->values.begin(), plan.when->values.end(), text) != plan.when->values.end();
}

void Call::bind(db::Binder& binder, const StatementPlan& plan, std::size_t slots, std::size_t item) const {
  const Arguments& arguments = arguments_.items[item];
  for (std::size_t i = 0; i < slots; ++i) {
    const SlotPlan& slot = plan.slots[i];
    const int position = static_cast<int>(i) + 1;
    switch (slot.from) {
      case SlotPlan::From::parameter:
        if (slot.list) {
          binder.list(position, arguments[slot.index].items);
        } else {
          binder.value(position, arguments[slot.index].scalar);
        }
        break;
      case SlotPlan::From::given:
        binder.integer(position, arguments[slot.index].given ? 1 : 0);
        break;
      case SlotPlan::From::capture: {
        const std::vector<Value>& values = runs_[slot.index].captured(slot.capture);
        if (slot.list) {
          binder.list(position, values);
        } else if (values.empty()) {
          binder.null(position);
        } else {
          binder.value(position, values.front());
        }
        break;
      }
      case SlotPlan::From::page_limit:
        binder.integer(position, integer_argument(endpoint_.page_size));
        break;
      case SlotPlan::From::page_offset:
        binder.integer(position, page_offset());
        break;
    }
  }
}

std::int64_t Call::integer_argument(std::optional<std::uint32_t> parameter) const {
  if (!parameter) return 1;
  const auto* value = std::get_if<std::int64_t>(&arguments_.items.front()[*parameter].scalar);
  return value == nullptr ? 1 : *value;
}

// Rows before the page; as many as there can be, where that is more.
std::int64_t Call::page_offset() const {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::int64_t pages = integer_argument(endpoint_.page) - 1;
  const std::int64_t size = integer_argument(endpoint_.page_size);
  return pages > most / size ? most : pages * size;
}

PageFigures Call::figures(const StatementRun& run) const {
  return {.page = integer_argument(endpoint_.page),
          .page_size = integer_argument(endpoint_.page_size),
          .total = run.total()};
}

// Children come after their parents in the file, so from the last to the first each is complete when its parent needs
// it.
void Call::embed_children() {
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    if (!run->plan().children.empty()) run->embed(runs_);
  }
}

// A little more than the answer will have: it is put together without growing.
std::size_t Call::answer_bytes() const {
  constexpr std::size_t around = 128;  // a key, brackets, the figures of a page
  std::size_t bytes = around;
  for (const StatementRun& run : runs_) {
    if (run.plan().answers && run.ran()) bytes += run.plan().name.size() + run.encoded().size() + around;
  }
  return bytes;
}

Bytes Call::answer(std::string_view path, std::string_view query) {
  embed_children();
  Bytes out(answer_bytes());
  if (endpoint_.keyed) {
    char separator = '{';
    for (const StatementRun& run : runs_) {
      if (!run.plan().answers || !run.ran()) continue;
      out.push_back(separator);
      append_json_string(out, run.plan().name);
      out.push_back(':');
      append_answer(out, run, path, query);
      separator = ',';
    }
    if (separator == '{') out.push_back('{');
    out.push_back('}');
    return out;
  }
  for (const StatementRun& run : runs_) {
    if (!run.plan().answers) continue;
    if (run.plan().shape == Shape::object && !arguments_.bulk && run.rows() == 0) {
      throw nothing_here();
    }
    append_answer(out, run, path, query);
  }
  return out;
}

void Call::append_answer(Bytes& out, const StatementRun& run, std::string_view path, std::string_view query) const {
  const std::string_view rows = run.encoded();
  const Shape shape = arguments_.bulk ? Shape::list : run.plan().shape;
  switch (shape) {
    case Shape::list:
    case Shape::rows:
      out.push_back('[');
      out.append(rows);
      out.push_back(']');
      return;
    case Shape::object:
    case Shape::value:
      out.append(run.rows() == 0 ? std::string_view("null") : rows);
      return;
    case Shape::page:
      append_envelope(out, rows, figures(run), path, query);
      return;
  }
}

std::string Call::link_header(std::string_view path, std::string_view query) const {
  if (endpoint_.keyed) return {};
  for (const StatementRun& run : runs_) {
    if (run.plan().answers && run.plan().shape == Shape::page) return api::link_header(figures(run), path, query);
  }
  return {};
}

}  // namespace freshet::api
