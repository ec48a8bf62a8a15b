#include "broker/hoikud/stderr_log.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "broker/hoikud/settings.hpp"
#include "hoiku/async/line_writer.hpp"

namespace hoiku::broker {
namespace {

std::unique_ptr<spdlog::formatter> make_formatter() {
  constexpr const char* no_newline = "";
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc,
                                                     no_newline);
}

std::string format(spdlog::formatter& formatter, const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t text;
  formatter.format(message, text);
  return std::string(text.data(), text.size());
}

// Has a formatter of its own, since it is called on the thread that writes.
LineWriter::DropNotice make_notice() {
  return [formatter = std::shared_ptr<spdlog::formatter>(make_formatter())](std::uint64_t dropped) {
    const std::string line = "warn " + LogLine("log_dropped").add("lines", dropped).text();
    return format(*formatter, spdlog::details::log_msg("hoikud", spdlog::level::info, line));
  };
}

class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  LineSink() : base_sink(make_formatter()) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override { lines_.write(format(*formatter_, message)); }
  void flush_() override { lines_.flush(); }

  LineWriter lines_{STDERR_FILENO, make_notice()};
};

}  // namespace

struct StderrLog::Output {
  spdlog::logger logger{"hoikud", std::make_shared<LineSink>()};
};

StderrLog::StderrLog(LogLevel least) : least_(least), output_(std::make_unique<Output>()) {
  // By itself spdlog tells of its errors on standard error, and waits for that.
  output_->logger.set_error_handler([](const std::string&) {});
}
StderrLog::~StderrLog() = default;

void StderrLog::write(LogLevel level, const std::string& line) {
  if (level >= least_) output_->logger.info("{} {}", to_string(level), line);
}

}  // namespace hoiku::broker
