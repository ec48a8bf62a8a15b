#include "async/src/signals.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "hoiku/async/cancelled.hpp"
#include "hoiku/async/signals.hpp"

namespace hoiku {
namespace detail {

struct SignalWatch::Listener {
  int bell = -1;
  std::atomic<int> caught = 0;
  std::atomic<Listener*> next = nullptr;

  static std::atomic<Listener*> first;
};
std::atomic<SignalWatch::Listener*> SignalWatch::Listener::first = nullptr;

namespace {

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP};

// The handler reads these.
std::atomic<int> handlers_running = 0;
std::atomic<bool> was_asked_to_end = false;
std::atomic<pid_t> watching_process = 0;

struct TakenSignal {
  bool is_taken = false;
  struct sigaction before {};
};
std::mutex watches_mutex;  // guards what follows, and the list of listeners against changes
int watches = 0;
std::array<TakenSignal, ending_signals.size()> taken;

}  // namespace

// The signal handler: only async-signal-safe calls.
void take_signal(int number) {
  const int error = errno;
  const bool is_childs =
      ::getpid() != watching_process.load();  // a child by fork() has no loop, and the parent's bells
  if (is_childs || (number != SIGHUP && was_asked_to_end.exchange(true))) {
    ::signal(number, SIG_DFL);
    ::raise(number);  // strikes when the handler returns
  } else {
    ++handlers_running;
    for (auto* listener = SignalWatch::Listener::first.load(); listener != nullptr; listener = listener->next.load()) {
      int none = 0;
      listener->caught.compare_exchange_strong(none, number);
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t rung = ::write(listener->bell, &one, sizeof one);
    }
    --handlers_running;
  }
  errno = error;
}

namespace {

extern "C" void hoiku_take_signal(int number) { take_signal(number); }

void take_signals() {
  watching_process = ::getpid();
  was_asked_to_end = false;
  struct sigaction ours {};
  ours.sa_handler = hoiku_take_signal;
  for (const int number : ending_signals) sigaddset(&ours.sa_mask, number);
  for (std::size_t i = 0; i < ending_signals.size(); ++i) {
    struct sigaction& before = taken.at(i).before;
    ::sigaction(ending_signals.at(i), nullptr, &before);
    taken.at(i).is_taken = before.sa_handler != SIG_IGN;
    if (taken.at(i).is_taken) ::sigaction(ending_signals.at(i), &ours, nullptr);
  }
}

void give_signals_back() {
  for (std::size_t i = 0; i < ending_signals.size(); ++i) {
    if (!std::exchange(taken.at(i).is_taken, false)) continue;
    struct sigaction present {};
    ::sigaction(ending_signals.at(i), nullptr, &present);
    if (present.sa_handler == hoiku_take_signal) ::sigaction(ending_signals.at(i), &taken.at(i).before, nullptr);
  }
}

// Blocks the signals of this thread, whose handler would wait for itself.
class EndingSignalsBlocked {
 public:
  EndingSignalsBlocked() {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int number : ending_signals) sigaddset(&ending, number);
    pthread_sigmask(SIG_BLOCK, &ending, &before_);
  }
  ~EndingSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  EndingSignalsBlocked(const EndingSignalsBlocked&) = delete;
  EndingSignalsBlocked& operator=(const EndingSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

int make_bell() {
  const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return bell;
}

}  // namespace

SignalWatch::SignalWatch(boost::asio::io_context& context, std::function<void(int)> on_signal)
    : bell_(context, make_bell()), listener_(std::make_unique<Listener>()) {
  listener_->bell = bell_.native_handle();
  bell_.async_wait(
      boost::asio::posix::descriptor_base::wait_read,
      [listener = listener_.get(), on_signal = std::move(on_signal)](const boost::system::error_code& code) {
        if (!code) on_signal(listener->caught);
      });
  const EndingSignalsBlocked blocked;
  const std::lock_guard lock(watches_mutex);
  listener_->next = Listener::first.load();
  Listener::first = listener_.get();
  if (watches++ == 0) take_signals();
}

SignalWatch::~SignalWatch() { stop(); }

int SignalWatch::stop() {
  const EndingSignalsBlocked blocked;
  const std::lock_guard lock(watches_mutex);
  std::atomic<Listener*>* link = &Listener::first;
  while (link->load() != nullptr && link->load() != listener_.get()) link = &link->load()->next;
  if (link->load() == nullptr) return listener_->caught;  // it has stopped before
  link->store(listener_->next.load());
  if (--watches == 0) give_signals_back();
  // A handler in another thread may be looking at the listener.
  while (handlers_running.load() != 0) std::this_thread::yield();
  return listener_->caught;
}

// ---- The end of the process

namespace {

std::atomic<int> run_ended_by = 0;
std::atomic<int> dying_of = 0;

#ifdef __GLIBC__
void note_exit_status(int status, void*) {
  const int signal = run_ended_by;
  if (signal != 0 && status == 128 + signal) dying_of = signal;
}
#endif

// A paused terminal may keep what is left in the buffers of stdio waiting for ever.
void raise_in_a_second(int signal) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  timer_t timer{};
  itimerspec limit{};
  limit.it_value.tv_sec = 1;
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) ::timer_settime(timer, 0, &limit, nullptr);
}

void die_of(int signal) {
  ::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  raise_in_a_second(signal);
  std::fflush(nullptr);
  ::raise(signal);
}

// Runs after the destructors of all static objects: nothing of an ordinary end is left out.
[[gnu::destructor]] void die_of_the_signal() {
  if (dying_of != 0) die_of(dying_of);
}

// A run of a Task<T> throws Cancelled after a signal. A main that does not catch it ends by the signal too, and not
// with the words of std::terminate.
std::terminate_handler other_terminate = nullptr;
void die_instead_of_terminating() {
  if (is_cancelled(std::current_exception())) {
    die_of(run_ended_by);
    std::_Exit(128 + run_ended_by);  // process 1
  }
  other_terminate();
}

}  // namespace

void die_at_exit(int signal) {
  run_ended_by = signal;
  [[maybe_unused]] static const bool is_handled = [] {
    other_terminate = std::set_terminate(die_instead_of_terminating);
    return true;
  }();
#ifdef __GLIBC__
  [[maybe_unused]] static const int registered = ::on_exit(note_exit_status, nullptr);
#endif
}

}  // namespace detail

void ignore_stray_signals() {
  for (const int number : {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2}) {
    struct sigaction present {};
    ::sigaction(number, nullptr, &present);
    if (present.sa_handler == SIG_DFL) ::signal(number, SIG_IGN);
  }
}

void reserve_standard_descriptors() noexcept {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // Opened the wrong way round, so that reading and writing still fail. open() takes the lowest number that is free.
    ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace hoiku
