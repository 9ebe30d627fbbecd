#include "db/bad_lines.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/csv.hpp"
#include "core/error.hpp"

namespace freshet::db {

BadLines::BadLines(std::filesystem::path path)
    : path_(std::move(path)), file_(path_, std::ios::binary | std::ios::trunc) {
  if (!file_) {
    throw Error(ErrorKind::usage, fmt::format("cannot write {}, where bad lines would be collected", path_.string()))
        .hinting("name another place: --bad FILE");
  }
  file_ << "line,column,reason,original\n";
}

BadLines::~BadLines() {
  file_.close();
  std::error_code ignored;  // an empty side file that stays does no harm
  if (count_ == 0) std::filesystem::remove(path_, ignored);
}

void BadLines::add(std::uint64_t line, std::string_view column, std::string_view reason, std::string_view original) {
  record_ = std::to_string(line);
  for (const std::string_view field : {column, reason, original}) {
    record_.push_back(',');
    append_csv_field(record_, field);
  }
  record_.push_back('\n');
  file_.write(record_.data(), static_cast<std::streamsize>(record_.size()));
  ++count_;
}

void BadLines::close() {
  file_.close();
  if (file_.fail()) throw Error(ErrorKind::internal, fmt::format("cannot write {}: is the disk full?", path_.string()));
}

}  // namespace freshet::db
