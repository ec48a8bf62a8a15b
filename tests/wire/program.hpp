// program.hpp: runs one of our programs as a process, with an empty stdin, and reads its output line by line.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace hoiku::wire_tests {

class Program {
 public:
  Program(const std::string& path, const std::vector<std::string>& arguments);
  ~Program();  // kills the process if it still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads its stderr until a line contains `text`, and returns that line; if stderr ends before, what was read so far.
  std::string wait_for_line(const std::string& text) { return error_.wait_for_line(text); }
  // Reads its stdout in the same way.
  std::string wait_for_output(const std::string& text) { return output_.wait_for_line(text); }
  // Waits until there is something on its stdout, and leaves it there.
  void wait_for_output_to_begin() const;
  void signal(int number);
  // Returns the id of the process, until wait().
  pid_t process() const { return process_; }
  // Waits for its end; returns its exit status, or minus the signal that ended it. Fails the test if it does not end.
  int wait();
  // The same, and leaves its output unread until it has ended: a pipe that nobody reads.
  int wait_without_reading();
  // Fills the pipes that are its stdout and stderr, so that its next line has no room.
  void fill_pipes() const;
  // Closes our ends of these pipes. Nothing of them can be read afterwards.
  void close_pipes();
  // Returns all output, after wait().
  const std::string& standard_output() const { return output_.text; }
  const std::string& standard_error() const { return error_.text; }

 private:
  void read_both_to_the_end();
  struct Pipe {
    int descriptor = -1;
    std::string text;
    bool read_more();  // false at the end of the pipe, or if no output came in time
    std::string wait_for_line(const std::string& part);
  };
  pid_t process_ = -1;
  Pipe output_;
  Pipe error_;
};

struct Ended {
  int status;  // as returned by wait()
  std::string output;
  std::string error;
};
Ended run_to_its_end(const std::string& path, const std::vector<std::string>& arguments);

// Returns the endpoint that hoikud names in its log when it is ready.
std::string endpoint_of(Program& hoikud);

}  // namespace hoiku::wire_tests
