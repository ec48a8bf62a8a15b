// standard_output.hpp: standard output, which may be a file, a pipe, a socket or a terminal.
//
// Promises   Output that cannot be written is an error. A reader that takes nothing holds up the task that writes, but
//            not the loop: the session stays alive, and a signal still ends the program.
// Errors     CannotWrite.
// Thread     the loop's.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "hoiku/async/task.hpp"

namespace hoiku::cli {

class CannotWrite : public std::runtime_error {
 public:
  // `number` is an errno. `note` follows the sentence.
  explicit CannotWrite(int number, const std::string& note = {});
  int number() const noexcept { return number_; }
  // The reader has closed its end. A program that dies of SIGPIPE says nothing about that.
  bool is_reader_gone() const noexcept;

 private:
  int number_;
};

// Writes all of `bytes`, unchanged.
Task<> write_output(std::string bytes);
// Writes one line. The line may have any bytes.
Task<> print(std::string line);
// Writes all of `bytes` outside of a loop, and blocks meanwhile.
void write_output_blocking(std::string_view bytes);

// Completes when nobody reads the output any more: the other end of the pipe or socket was closed, or the terminal has
// hung up. Never completes for a file.
Task<> wait_until_nobody_reads();

bool output_is_terminal() noexcept;
// The width in columns. Empty if the output is not a terminal, or does not say.
std::optional<std::size_t> terminal_width() noexcept;

}  // namespace hoiku::cli
