// stderr_log.hpp: hoikud's log on standard error: the time in UTC, the level, and the line.
//
// Promises   never makes the broker wait, whatever reads standard error: see hoiku/async/line_writer.hpp. Lines that
//            were dropped are counted in a line log_dropped.
// Thread     the broker's.
#pragma once

#include <memory>
#include <string>

#include "broker/server/log.hpp"

namespace hoiku::broker {

class StderrLog {
 public:
  explicit StderrLog(LogLevel least);
  // Waits for a second at most until all is written.
  ~StderrLog();
  StderrLog(const StderrLog&) = delete;
  StderrLog& operator=(const StderrLog&) = delete;

  void set_level(LogLevel least) noexcept { least_ = least; }
  void write(LogLevel level, const std::string& line);

 private:
  struct Output;
  LogLevel least_;
  std::unique_ptr<Output> output_;
};

}  // namespace hoiku::broker
