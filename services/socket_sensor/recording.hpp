// recording.hpp: a recorded feed (see feed.hpp for its format), from a file or a named pipe.
//
// Promises   reads and checks a file as a whole before anything is sent. Reads a pipe line by line, so that the writing
//            program sets the pace; it ends when the last writer has closed it.
// Errors     std::runtime_error, which names the file, and the line of a malformed step.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hoiku/async/task.hpp"
#include "services/socket_sensor/feed.hpp"

namespace hoiku::services {

class Recording {
 public:
  explicit Recording(std::string path);
  ~Recording();

  // The next step. Empty at the end. One task at a time.
  Task<std::optional<FeedStep>> next();

 private:
  class Pipe;
  std::string path_;
  std::vector<FeedStep> steps_;  // of a file
  std::size_t given_ = 0;
  std::unique_ptr<Pipe> pipe_;  // instead of a file
};

}  // namespace hoiku::services
