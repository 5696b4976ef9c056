// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <spdlog/details/file_helper.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace signet::log {
namespace {

/// A file that can be opened anew under its name after logrotate moved it away.
class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)), file_(opened(path_)) {}
  /// Goes on with the old file when the new one cannot be opened (and throws spdlog_ex).
  void reopen() {
    auto fresh = opened(path_);
    const std::lock_guard lock(mutex_);
    file_ = std::move(fresh);
  }

 private:
  using File = spdlog::details::file_helper;
  static std::unique_ptr<File> opened(const std::string& path) {
    auto file = std::make_unique<File>();
    file->open(path);
    return file;
  }
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_->write(line);
  }
  void flush_() override { file_->flush(); }

  std::string path_;
  std::unique_ptr<File> file_;
};

std::shared_ptr<spdlog::logger> logger_of(const spdlog::sink_ptr& sink) {
  auto logger = std::make_shared<spdlog::logger>("signet", sink);
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);  // events are filtered before they are formatted
  logger->flush_on(spdlog::level::trace);   // a crash must not swallow the last lines
  logger->set_error_handler([](const std::string&) {});  // a full disk must not stop issuance
  return logger;
}

/// What configure() sets; shared by every thread, so a mutex guards what is not atomic.
struct State {
  std::mutex mutex;
  std::shared_ptr<FileSink> file;  // shared with its logger
  std::shared_ptr<spdlog::logger> logger =
      logger_of(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  std::atomic<Level> level = Level::info;
  std::atomic<bool> json = false;
};
State& state() {
  static auto* const state = new State;  // NOLINT: never destroyed, events may come during exit
  return *state;
}

constexpr std::string_view level_name(Level level) {
  switch (level) {
    case Level::trace:
      return "trace";
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "error";
}

constexpr spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::trace:
      return spdlog::level::trace;
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// A JSON string (RFC 8259, 7). Text that is not UTF-8 has its high bytes replaced, so that a line
/// is always valid JSON whatever a client sent; DEL and C1 controls never reach a terminal.
void append_quoted(std::string& line, std::string_view text) {
  const bool is_text = is_utf8(text);
  line += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\u{:04x}", byte);
    } else if (byte >= 0x80 && !is_text) {
      line += "\\ufffd";
    } else if (byte == 0xc2 && static_cast<std::uint8_t>(text[i + 1]) < 0xa0) {
      line += fmt::format("\\u{:04x}", static_cast<std::uint8_t>(text[++i]));
    } else {
      line += c;
    }
  }
  line += '"';
}

/// True when a value needs no quotes in the readable form.
bool is_bare(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

std::string json_line(Level level, std::string_view event, Fields fields) {
  std::string line = "{\"time\":\"" + rfc3339_nano(system_clock().wall()) + "\",\"level\":\"";
  line.append(level_name(level)).append("\",\"event\":");
  append_quoted(line, event);
  for (const Field& field : fields) {
    line += ',';
    append_quoted(line, field.name);
    line += ':';
    if (field.is_text) {
      append_quoted(line, field.text);
    } else {
      line += field.text;
    }
  }
  return line + '}';
}

std::string readable_line(Level level, std::string_view event, Fields fields) {
  std::string line = fmt::format("{} {:5} ", rfc3339(system_clock().now()), level_name(level));
  line += event;
  for (const Field& field : fields) {
    line.append(" ").append(field.name).append("=");
    if (is_bare(field.text)) {
      line += field.text;
    } else {
      append_quoted(line, field.text);
    }
  }
  return line;
}

}  // namespace

void configure(const Options& options) {
  std::shared_ptr<FileSink> file;
  spdlog::sink_ptr sink;
  if (options.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    try {
      file = std::make_shared<FileSink>(options.file);
    } catch (const spdlog::spdlog_ex& problem) {
      throw Fault(problem.what());
    }
    sink = file;
  }
  auto logger = logger_of(sink);
  State& shared = state();
  const std::lock_guard lock(shared.mutex);
  shared.file = std::move(file);
  shared.logger = std::move(logger);
  shared.level = options.level;
  shared.json = options.json;
}

void set_level(Level level) { state().level = level; }

void reopen() {
  State& shared = state();
  const std::lock_guard lock(shared.mutex);
  if (!shared.file) return;
  try {
    shared.file->reopen();
  } catch (const spdlog::spdlog_ex& problem) {
    throw Fault(problem.what());
  }
}

bool is_enabled(Level level) { return level >= state().level.load(std::memory_order_relaxed); }

void event(Level level, std::string_view event, Fields fields) {
  if (!is_enabled(level)) return;
  State& shared = state();
  const std::string line = shared.json.load(std::memory_order_relaxed)
                               ? json_line(level, event, fields)
                               : readable_line(level, event, fields);
  std::shared_ptr<spdlog::logger> logger;
  {
    const std::lock_guard lock(shared.mutex);
    logger = shared.logger;
  }
  logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace signet::log
