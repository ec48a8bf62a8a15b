// terminal.hpp: runs a program on a terminal of its own, as a person does.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace hoiku::deploy_tests {

class Terminal {
 public:
  // The terminal has 80 columns and echoes nothing.
  Terminal(const std::string& path, const std::vector<std::string>& arguments);
  ~Terminal();  // kills the program if it still runs
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) const;
  // Reads what the program writes until `text` is in it, and returns all that was read since the last call. Fails the
  // test if the text does not come.
  std::string wait_for(const std::string& text);
  // Reads until the program ends, and returns all that it wrote. Fails the test if it does not end.
  std::string wait_for_end();

 private:
  bool read_more();

  pid_t process_ = -1;
  int terminal_ = -1;
  std::string read_;
};

}  // namespace hoiku::deploy_tests
