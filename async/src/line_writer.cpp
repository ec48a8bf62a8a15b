#include "hoiku/async/line_writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace hoiku {
namespace {

constexpr std::size_t line_overhead = 64;  // what the queue needs for a line besides its text
constexpr int poll_limit_ms = 1000;
constexpr int pause_ms = 20;

// Blocks all signals of this thread, so that a thread that starts meanwhile gets none of the program's. A write's own
// SIGPIPE or SIGXFSZ goes to the writing thread, and dies with it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

std::string plain_notice(std::uint64_t dropped) {
  return std::to_string(dropped) + (dropped == 1 ? " line was" : " lines were") +
         " dropped here: they could not be written";
}

}  // namespace

struct LineWriter::State {
  State(int where, DropNotice say, std::size_t bytes_max)
      : descriptor(where), notice(say ? std::move(say) : DropNotice(plain_notice)), queue_bytes_max(bytes_max) {}

  struct Line {
    std::string text;
    std::uint64_t dropped_before = 0;
  };

  bool write_all(std::string_view text);
  bool write_line(const std::string& text);
  void take_back(std::uint64_t dropped);
  bool start_thread(const std::shared_ptr<State>& self);

  const int descriptor;
  const DropNotice notice;
  const std::size_t queue_bytes_max;
  std::atomic<bool> closed = false;  // the writer has ended: the descriptor may be somebody else's by now
  bool is_mid_line = false;          // the thread's: the last write ended within a line

  std::mutex mutex;  // guards what follows
  std::condition_variable idle;
  std::deque<Line> queue;
  std::size_t queue_bytes = 0;
  std::uint64_t dropped = 0;  // since the last line that was queued
  std::uint64_t dropped_in_all = 0;
  bool is_writing = false;  // the thread exists
  pid_t process = 0;        // whose thread it is
  bool is_stuck = false;    // a flush was in vain, and nothing was written since
};

// ---- The thread

bool LineWriter::State::write_all(std::string_view text) {
  bool is_full = false;
  while (!text.empty()) {
    if (closed) return false;
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
      is_mid_line = !text.empty();
      is_full = false;
    } else if (errno == EAGAIN) {
      // Somebody else made the descriptor non-blocking. poll() may be wrong about a paused terminal: it is not asked
      // again without a pause.
      pollfd writable{descriptor, POLLOUT, 0};
      ::poll(is_full ? nullptr : &writable, is_full ? 0 : 1, is_full ? pause_ms : poll_limit_ms);
      is_full = !is_full;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool LineWriter::State::write_line(const std::string& text) {
  return write_all((is_mid_line ? "\n" : "") + text + "\n");
}

// Counts lines that could not be written. They stood before all that is in the queue.
void LineWriter::State::take_back(std::uint64_t lost) {
  (queue.empty() ? dropped : queue.front().dropped_before) += lost;
}

void LineWriter::write_queue(State& state) {
  std::unique_lock lock(state.mutex);
  bool written = true;
  // Says at once what was dropped while the queue was full; what could not be written, with the next line.
  while (!state.queue.empty() || (state.dropped > 0 && written)) {
    if (state.closed) break;
    const bool has_line = !state.queue.empty();
    State::Line line;
    if (has_line) {
      line = std::move(state.queue.front());
      state.queue.pop_front();
      state.queue_bytes -= line.text.size() + line_overhead;
    } else {
      line.dropped_before = std::exchange(state.dropped, 0);
    }
    lock.unlock();
    written = line.dropped_before == 0 || state.write_line(state.notice(line.dropped_before));
    if (written) line.dropped_before = 0;
    if (written && has_line) written = state.write_line(line.text);
    lock.lock();
    if (written) state.is_stuck = false;
    if (written) continue;
    state.take_back(line.dropped_before + (has_line ? 1 : 0));
    if (has_line) ++state.dropped_in_all;
  }
  state.is_writing = false;
  state.idle.notify_all();
}

bool LineWriter::State::start_thread(const std::shared_ptr<State>& self) {
  const AllSignalsBlocked blocked;
  try {
    std::thread([self] { write_queue(*self); }).detach();
  } catch (const std::system_error&) {  // the process may have no more threads
    return false;
  }
  is_writing = true;
  process = ::getpid();
  return true;
}

// ---- The callers

LineWriter::LineWriter(int descriptor, DropNotice notice, std::size_t queue_bytes_max)
    : state_(std::make_shared<State>(descriptor, std::move(notice), queue_bytes_max)) {}

LineWriter::~LineWriter() {
  flush();
  state_->closed = true;
}

void LineWriter::write(std::string line) {
  State& state = *state_;
  const std::size_t bytes = line.size() + line_overhead;
  const std::lock_guard lock(state.mutex);
  if (state.is_writing && state.process != ::getpid()) {
    // A child by fork() has no thread, and the lines that waited are its parent's.
    state.is_writing = false;
    state.queue.clear();
    state.queue_bytes = 0;
  }
  if (state.queue_bytes + bytes > state.queue_bytes_max) {
    ++state.dropped;
    ++state.dropped_in_all;
    return;
  }
  state.queue.push_back(State::Line{std::move(line), std::exchange(state.dropped, 0)});
  state.queue_bytes += bytes;
  if (state.is_writing || state.start_thread(state_)) return;
  state.dropped = state.queue.back().dropped_before + 1;
  ++state.dropped_in_all;
  state.queue.pop_back();
  state.queue_bytes -= bytes;
}

bool LineWriter::flush(std::chrono::milliseconds limit) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto is_idle = [&] { return !state.is_writing || state.process != ::getpid(); };
  if (state.is_stuck) limit = std::chrono::milliseconds(0);
  const bool is_done = state.idle.wait_for(lock, limit, is_idle);
  state.is_stuck = !is_done;
  return is_done;
}

std::uint64_t LineWriter::dropped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped_in_all;
}

// ---- The process's own

namespace {

// Never destroyed, since a thread or another static object may still write. What waits is flushed at exit.
class StandardLines {
 public:
  explicit StandardLines(int descriptor) : lines(*new LineWriter(descriptor)) {}
  ~StandardLines() { lines.flush(); }
  StandardLines(const StandardLines&) = delete;
  StandardLines& operator=(const StandardLines&) = delete;

  LineWriter& lines;
};

LineWriter& standard_error() {
  static const StandardLines error(STDERR_FILENO);
  return error.lines;
}

LineWriter& standard_output() {
  static const StandardLines output(STDOUT_FILENO);
  return output.lines;
}

}  // namespace

void log_line(std::string line) { standard_error().write(std::move(line)); }
void print_line(std::string line) { standard_output().write(std::move(line)); }
std::uint64_t dropped_prints() { return standard_output().dropped(); }

bool flush_lines(std::chrono::milliseconds limit) {
  const bool printed = standard_output().flush(limit);
  return standard_error().flush(limit) && printed;
}

}  // namespace hoiku
