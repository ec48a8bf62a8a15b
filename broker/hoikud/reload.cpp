#include "broker/hoikud/reload.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "broker/hoikud/config.hpp"
#include "broker/hoikud/settings.hpp"
#include "hoiku/async/asio.hpp"

namespace hoiku::broker {
namespace {

void reload(const Options& options, StderrLog& log) {
  const Result<LogLevel> level = reread_log_level(options);
  if (!level) {
    log.write(LogLevel::warn, LogLine("reload_refused").add("reason", level.failure().message).text());
    return;
  }
  log.set_level(*level);
  log.write(LogLevel::info, LogLine("reloaded").add("log_level", to_string(*level)).text());
}

}  // namespace

HangupSignal::HangupSignal() {
  struct sigaction inherited {};
  ::sigaction(SIGHUP, nullptr, &inherited);
  if (inherited.sa_handler == SIG_IGN) return;  // a signal that is blocked would come although it is ignored
  sigset_t hangup;
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &hangup, nullptr);
  descriptor_ = ::signalfd(-1, &hangup, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

HangupSignal::~HangupSignal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Task<> reload_on_hangup(const HangupSignal& hangup, const Options& options, StderrLog& log) {
  using boost::asio::posix::stream_descriptor;
  if (hangup.descriptor() < 0) co_return;
  stream_descriptor signals(current_io_context(), ::dup(hangup.descriptor()));
  for (;;) {
    co_await signals.async_wait(stream_descriptor::wait_read, use_task);
    signalfd_siginfo signal{};
    while (::read(signals.native_handle(), &signal, sizeof signal) > 0) {
    }
    reload(options, log);
  }
}

}  // namespace hoiku::broker
