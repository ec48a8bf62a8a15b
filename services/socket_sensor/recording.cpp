#include "services/socket_sensor/recording.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "hoiku/async/asio.hpp"

namespace hoiku::services {
namespace {

namespace asio = boost::asio;
constexpr std::size_t line_bytes_max = 1024;

std::runtime_error failure(const std::string& path, const std::string& why) {
  return std::runtime_error("the recorded feed " + path + ": " + why);
}

std::runtime_error failure_of_system(const std::string& path) {
  return failure(path, std::generic_category().message(errno));
}

}  // namespace

class Recording::Pipe {
 public:
  explicit Pipe(int descriptor) : descriptor_(current_io_context(), descriptor) {}

  // The next line, without its line feed. Empty at the end of the pipe.
  Task<std::optional<std::string>> line() {
    boost::system::error_code end;
    std::size_t bytes = 0;
    try {
      // Before the first writer has opened the pipe, a read would report its end; a wait does not.
      if (unread_.empty()) co_await descriptor_.async_wait(descriptor_.wait_read, use_task);
      bytes =
          co_await asio::async_read_until(descriptor_, asio::dynamic_buffer(unread_, line_bytes_max), '\n', use_task);
    } catch (const boost::system::system_error& error) {
      end = error.code();
    }
    if (end && end != asio::error::eof) throw std::runtime_error(end.message());
    if (end) bytes = unread_.size();  // the last line may lack its line feed
    if (bytes == 0) co_return std::nullopt;
    std::string line = unread_.substr(0, bytes);
    unread_.erase(0, bytes);
    if (line.ends_with('\n')) line.pop_back();
    co_return line;
  }

 private:
  asio::posix::stream_descriptor descriptor_;
  std::string unread_;
};

Recording::Recording(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) throw failure_of_system(path_);
  if (S_ISFIFO(status.st_mode)) {
    // Without O_NONBLOCK the open itself would wait for a writer.
    const int descriptor = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) throw failure_of_system(path_);
    pipe_ = std::make_unique<Pipe>(descriptor);
    return;
  }
  if (!S_ISREG(status.st_mode)) throw failure(path_, "is neither a file nor a pipe");
  std::ifstream file(path_);
  if (!file) throw failure_of_system(path_);
  try {
    steps_ = parse_feed(std::string(std::istreambuf_iterator<char>(file), {}));
  } catch (const FeedError& error) {
    throw failure(path_, error.what());
  }
}

Recording::~Recording() = default;

Task<std::optional<FeedStep>> Recording::next() {
  if (!pipe_) {
    if (given_ == steps_.size()) co_return std::nullopt;
    co_return steps_[given_++];
  }
  try {
    for (;;) {
      const auto line = co_await pipe_->line();
      if (!line) co_return std::nullopt;
      const auto step = parse_feed_line(*line, ++given_);
      if (step) co_return *step;
    }
  } catch (const std::runtime_error& error) {
    throw failure(path_, error.what());
  }
}

}  // namespace hoiku::services
