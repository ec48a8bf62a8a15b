// recording.hpp: a recorded feed (feed.hpp has its format), from a file or from a named pipe.
//
// Promises   a file is read and checked as a whole before anything is sent. Of a pipe each line is read when it is
//            written, so that another program sets the pace; it ends when the last writer has closed it.
// Errors     std::runtime_error that names the file, and the line where one is malformed.
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

  // The next step; nothing at the end. One task at a time.
  Task<std::optional<FeedStep>> next();

 private:
  class Pipe;
  std::string path_;
  std::vector<FeedStep> steps_;  // of a file
  std::size_t given_ = 0;
  std::unique_ptr<Pipe> pipe_;  // instead of a file
};

}  // namespace hoiku::services
