// reload.hpp: SIGHUP makes hoikud read the log level in its configuration file again, and does nothing else.
//
// Thread     the loop's; the constructor runs in main, before any thread starts.
#pragma once

#include "broker/hoikud/options.hpp"
#include "broker/hoikud/stderr_log.hpp"
#include "hoiku/async/task.hpp"

namespace hoiku::broker {

// Keeps SIGHUP from the process, from its start to its end: no moment is left in which it could kill. If hoikud was
// started to ignore SIGHUP (nohup), it does.
class HangupSignal {
 public:
  // Errors: std::system_error.
  HangupSignal();
  ~HangupSignal();
  HangupSignal(const HangupSignal&) = delete;
  HangupSignal& operator=(const HangupSignal&) = delete;

  // The descriptor becomes readable when SIGHUP comes; it is read to take the signal. -1: SIGHUP is ignored.
  int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// Sets the log's level after each SIGHUP, for ever. Writes a line that says what came of it.
Task<> reload_on_hangup(const HangupSignal& hangup, const Options& options, StderrLog& log);

}  // namespace hoiku::broker
