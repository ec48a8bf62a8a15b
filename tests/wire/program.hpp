// program.hpp: one of our programs as a process of its own, with nothing on its stdin and its output read line by line.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace hoiku::wire_tests {

class Program {
 public:
  Program(const std::string& path, const std::vector<std::string>& arguments);
  ~Program();  // kills it where it still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads its stderr until a line contains `text`, and returns that line; what came so far, where it ends without.
  std::string wait_for_line(const std::string& text) { return error_.wait_for_line(text); }
  // The same of its stdout.
  std::string wait_for_output(const std::string& text) { return output_.wait_for_line(text); }
  void signal(int number);
  // Waits for its end: its exit status, or minus the signal that ended it. Fails the test where it does not end.
  int wait();
  // All that it has written, after wait().
  const std::string& standard_output() const { return output_.text; }
  const std::string& standard_error() const { return error_.text; }

 private:
  struct Pipe {
    int descriptor = -1;
    std::string text;
    bool read_more();  // false: at its end, or nothing came in time
    std::string wait_for_line(const std::string& part);
  };
  pid_t process_ = -1;
  Pipe output_;
  Pipe error_;
};

struct Ended {
  int status;  // as wait() gives it
  std::string output;
  std::string error;
};
Ended run_to_its_end(const std::string& path, const std::vector<std::string>& arguments);

// The endpoint that a hoikud names in its log when it is ready.
std::string endpoint_of(Program& hoikud);

}  // namespace hoiku::wire_tests
