// line_writer.hpp: writes lines to a terminal, pipe or file without making the caller wait.
//
// A terminal that is paused (Ctrl-S), a pipe that nobody reads and a disk that hangs stop whoever writes to them. A
// descriptor that other processes share must not be made non-blocking, and poll() does not foresee every stop. So a
// thread of its own writes; the thread exists only while there is something to write.
//
// Promises   write() queues the line and returns. Lines stay whole and in order. A line that finds the queue full, or
//            that cannot be written (no reader, no space, a closed descriptor), is dropped and counted; the next line
//            that can be written comes after one that says how many were dropped. No write raises a signal (SIGPIPE,
//            SIGXFSZ) or changes a setting of the process or of the descriptor.
// Limits     the queue has 256 KiB.
// Thread     any.
// Lifetime   the descriptor outlives the writer. The destructor waits for a second at most until all is written.
//            If it waits in vain, the thread may stay in its write: then the descriptor stays open for good.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace [[gnu::visibility("default")]] hoiku {

class LineWriter {
 public:
  static constexpr std::size_t queue_bytes_default = 256 * 1024;
  static constexpr std::chrono::milliseconds flush_limit{1000};

  // Makes the line that says how many lines were dropped. It is called on any thread.
  using DropNotice = std::function<std::string(std::uint64_t dropped)>;

  explicit LineWriter(int descriptor, DropNotice notice = {}, std::size_t queue_bytes_max = queue_bytes_default);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // Writes `line`, which has no newline, and a newline: soon.
  void write(std::string line);
  // Waits until everything is written or dropped, for `limit` at most. False: something still waits. If the last flush
  // was in vain and the thread has returned from no write since, it returns at once.
  bool flush(std::chrono::milliseconds limit = flush_limit);
  // Returns how many lines were dropped so far.
  std::uint64_t dropped() const;

 private:
  struct State;
  static void write_queue(State& state);

  std::shared_ptr<State> state_;  // shared with the thread, which may be stuck in a write for ever
};

// Write a line to standard error or standard output, by one LineWriter each for the whole process. A program that ends
// by exit() or by returning from main, and run() at its end, wait for a second at most until these lines are written.
void log_line(std::string line);
void print_line(std::string line);
bool flush_lines(std::chrono::milliseconds limit = LineWriter::flush_limit);
// Returns how many lines of print_line() were dropped so far: for programs whose output is their result.
std::uint64_t dropped_prints();

}  // namespace hoiku
