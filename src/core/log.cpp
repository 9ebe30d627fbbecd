#include "core/log.hpp"

#include <unistd.h>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "core/bytes.hpp"
#include "core/json_writer.hpp"

namespace freshet {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> make_logger(bool json) {
  spdlog::sink_ptr sink;
  if (json) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    // %v is a JSON string already, quotes included.
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})", spdlog::pattern_time_type::utc));
  } else {
    sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
    sink->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
  }
  auto logger = std::make_shared<spdlog::logger>("freshet", std::move(sink));
  logger->flush_on(spdlog::level::info);
  return logger;
}

}  // namespace

struct Log::Impl {
  bool json = false;
  std::shared_ptr<spdlog::logger> logger;
};

Log::Log(LogLevel level, LogFormat format) : impl_(std::make_shared<Impl>()) {
  impl_->json = format == LogFormat::json || (format == LogFormat::automatic && ::isatty(STDERR_FILENO) == 0);
  impl_->logger = make_logger(impl_->json);
  set_level(level);
}

bool Log::enabled(LogLevel level) const noexcept { return impl_->logger->should_log(to_spdlog(level)); }
void Log::set_level(LogLevel level) const noexcept { impl_->logger->set_level(to_spdlog(level)); }

void Log::write(LogLevel level, std::string_view text) const {
  if (!impl_->json) {
    impl_->logger->log(to_spdlog(level), text);
    return;
  }
  Bytes quoted;
  append_json_string(quoted, text);
  impl_->logger->log(to_spdlog(level), quoted.view());
}

std::string describe(const Error& error) {
  std::string out;
  if (const auto& place = error.place()) {
    out += place->file;
    if (place->line != 0) out += fmt::format(":{}:{}", place->line, place->column);
    out += ": ";
  }
  out += error.message();
  if (const auto& place = error.place(); place && place->line != 0 && !error.source_line().empty()) {
    // Tabs are kept so that the caret stands where the terminal shows the column.
    std::string padding;
    for (std::size_t i = 0; i + 1 < place->column; ++i) {
      padding += i < error.source_line().size() && error.source_line()[i] == '\t' ? '\t' : ' ';
    }
    out += fmt::format("\n{:>5} | {}\n      | {}^", place->line, error.source_line(), padding);
  }
  for (const FieldProblem& field : error.fields()) out += fmt::format("\n      {}: {}", field.field, field.message);
  if (!error.hint().empty()) out += fmt::format("\n      hint: {}", error.hint());
  if (!error.log_detail().empty()) out += fmt::format("\n      detail: {}", error.log_detail());
  return out;
}

}  // namespace freshet
