#include "cli/load.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "core/progress.hpp"
#include "core/text.hpp"
#include "db/load.hpp"

namespace freshet::cli {

namespace {

db::ColumnMap parse_map(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string column(trim(std::string_view(text).substr(0, equals)));
  if (equals == std::string::npos || column.empty() || trim(std::string_view(text).substr(equals + 1)).empty()) {
    throw Error(ErrorKind::usage, fmt::format("--map takes COLUMN=EXPRESSION, not `{}`", text))
        .hinting("for example: --map 'amount_cents=to_minor(Amount, 2)'");
  }
  return {.column = column, .expression = text.substr(equals + 1)};
}

std::optional<char> parse_delimiter(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == "tab" || text == "\\t") return '\t';
  const bool fits =
      text.size() == 1 && text != "\"" && text != "\n" && text != "\r" && static_cast<unsigned char>(text[0]) < 0x80;
  if (!fits) {
    throw Error(ErrorKind::usage, fmt::format("--delimiter takes one character, or `tab`, not `{}`", text));
  }
  return text[0];
}

db::LoadOptions options_from(const LoadArguments& arguments) {
  db::LoadOptions options;
  options.table = arguments.table;
  options.file = arguments.file;
  for (const std::string& map : arguments.maps) options.maps.push_back(parse_map(map));
  for (const std::string& name : arguments.key) options.key.emplace_back(trim(name));
  options.on_conflict = arguments.on_conflict == "update" ? db::OnConflict::update : db::OnConflict::skip;
  options.delimiter = parse_delimiter(arguments.delimiter);
  const std::optional<TextEncoding> encoding = parse_encoding(arguments.encoding);
  if (!encoding) {
    throw Error(ErrorKind::usage, fmt::format("the encoding `{}` is not known", arguments.encoding))
        .hinting("utf-8, latin1 and windows-1252 are; anything else: iconv -t UTF-8");
  }
  options.encoding = *encoding;
  options.null_text = arguments.null_text;
  options.batch = arguments.batch;
  options.partial = arguments.partial;
  options.dry_run = arguments.dry_run;
  options.bad_file = arguments.bad_file.empty() ? arguments.file + ".bad.csv" : arguments.bad_file;
  options.bad_max = arguments.bad_max;
  return options;
}

std::string lines(std::uint64_t count) { return format_count(count) + (count == 1 ? " line" : " lines"); }

/// "541,909 lines: 541,909 loaded, 3 skipped, 2 bad".
std::string counts(const db::LoadSummary& summary, const db::LoadOptions& options, bool kept) {
  std::string text =
      fmt::format("{}: {} {}", lines(summary.lines), format_count(summary.loaded),
                  !kept                                                                   ? "good"
                  : options.on_conflict == db::OnConflict::update && !options.key.empty() ? "inserted or updated"
                                                                                          : "loaded");
  if (!options.key.empty() && options.on_conflict == db::OnConflict::skip) {
    text += fmt::format(", {} there already", format_count(summary.skipped));
  }
  if (summary.bad != 0) text += fmt::format(", {} bad", format_count(summary.bad));
  return text;
}

int report(const db::LoadSummary& summary, const db::LoadOptions& options, bool quiet) {
  const bool failed = summary.bad != 0 && !options.partial;
  const bool kept = !failed && !options.dry_run;
  if (!quiet) {
    fmt::print("{}{}\n", counts(summary, options, kept), options.dry_run ? " (dry run: nothing was written)" : "");
    if (!summary.ignored_headers.empty()) {
      fmt::print("not used of the file: {}\n", fmt::join(summary.ignored_headers, ", "));
    }
  }
  if (summary.bad != 0) {
    fmt::print(stderr, "{} of {} {} refused; they are, with the reasons, in {}\n", lines(summary.bad),
               options.file.string(), summary.bad == 1 ? "was" : "were", options.bad_file.string());
  }
  if (summary.gave_up) fmt::print(stderr, "gave up after {} bad lines (--bad-max)\n", format_count(summary.bad));
  if (failed) fmt::print(stderr, "nothing was loaded (--partial loads the good lines)\n");
  return failed || summary.gave_up ? 1 : 0;
}

}  // namespace

int run_load(const LoadArguments& arguments) {
  const db::LoadOptions options = options_from(arguments);
  const api::AppConfig config = read_config(arguments.app);
  const std::unique_ptr<db::Connection> connection = open_to_write(config);
  require_schema(config, *connection, options.dry_run, [&](const db::Migration& migration) {
    if (!arguments.quiet) fmt::print("applied {}\n", migration.name);
  });
  Progress progress(
      {.label = fmt::format("Loading {}", options.table), .unit = "lines", .style = progress_style(arguments.quiet)});
  const db::LoadSummary summary = db::load(*connection, options, [&](const db::LoadProgress& step) {
    progress.update(step.lines, step.bytes, step.bytes_total);
  });
  progress.finish(progress.totals(summary.lines));
  return report(summary, options, arguments.quiet);
}

void add_load(CLI::App& root) {
  CLI::App* command = root.add_subcommand("load", "Stream a CSV (also .xz, .gz, .bz2, .zst, .zip) into a table");
  command->group(group_data);
  auto arguments = std::make_shared<LoadArguments>();
  add_app_arguments(*command, arguments->app);
  command->add_option("TABLE", arguments->table, "Table to load into")->required();
  command->add_option("FILE", arguments->file, "CSV file with a header line")->required();
  command
      ->add_option("--map", arguments->maps,
                   "COLUMN=EXPRESSION: SQL over the headers and line_number; other columns take the header like them")
      ->allow_extra_args(false);
  CLI::Option* const key =
      command
          ->add_option("--key", arguments->key,
                       "Columns that tell a row from others: those there already are not loaded twice")
          ->delimiter(',');
  command
      ->add_option("--on-conflict", arguments->on_conflict,
                   "With --key: what happens to rows that are there (default: skip)")
      ->needs(key)
      ->check(CLI::IsMember({"skip", "update"}));
  command->add_option("--delimiter", arguments->delimiter, "Between fields (default: found out); a character or `tab`");
  command->add_option("--encoding", arguments->encoding, "utf-8 (default), latin1 or windows-1252");
  command->add_option("--null", arguments->null_text, "Fields with this text are NULL, also in columns of text");
  command->add_flag("--partial", arguments->partial, "Load the good lines even if others are bad");
  command->add_option("--batch", arguments->batch, "With --partial: rows of a transaction")
      ->check(CLI::Range(1, 10'000'000).description(""))
      ->capture_default_str();
  command->add_option("--bad", arguments->bad_file, "Where bad lines are collected (default: FILE.bad.csv)");
  command->add_option("--bad-max", arguments->bad_max, "Give up after so many bad lines; 0: never")
      ->capture_default_str();
  command->add_flag("--dry-run", arguments->dry_run, "Check everything, and write nothing");
  command->add_flag("-q,--quiet", arguments->quiet, "Say nothing unless lines are bad or it fails");
  command->footer("One transaction: if a single line is bad, nothing is loaded, unless --partial.");
  command->callback([arguments] {
    if (const int code = run_load(*arguments); code != 0) throw Exit{code};
  });
}

}  // namespace freshet::cli
