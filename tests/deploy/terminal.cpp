#include "tests/deploy/terminal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "tests/wire/wire.hpp"

extern char** environ;

namespace hoiku::deploy_tests {

Terminal::Terminal(const std::string& path, const std::vector<std::string>& arguments) {
  terminal_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  std::array<char, 64> name{};
  if (terminal_ < 0 || ::grantpt(terminal_) != 0 || ::unlockpt(terminal_) != 0 ||
      ::ptsname_r(terminal_, name.data(), name.size()) != 0)
    throw std::system_error(errno, std::generic_category(), "posix_openpt");
  termios modes{};
  ::tcgetattr(terminal_, &modes);
  modes.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  modes.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  ::tcsetattr(terminal_, TCSANOW, &modes);
  winsize size{};
  size.ws_col = 80;
  size.ws_row = 24;
  ::ioctl(terminal_, TIOCSWINSZ, &size);

  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name.data(), O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
  const int failure = posix_spawn(&process_, path.c_str(), &actions, &attributes, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) throw std::system_error(failure, std::generic_category(), path);
}

Terminal::~Terminal() {
  ::kill(process_, SIGKILL);
  ::close(terminal_);
  ::waitpid(process_, nullptr, 0);
}

void Terminal::type(const std::string& keys) const {
  EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
}

bool Terminal::read_more() {
  pollfd waiting{terminal_, POLLIN, 0};
  constexpr int limit_ms = std::chrono::milliseconds(wire_tests::patience).count();
  if (::poll(&waiting, 1, limit_ms) <= 0) {
    ADD_FAILURE() << "the program writes nothing more, and does not end either; so far: " << read_;
    return false;
  }
  std::array<char, 4096> bytes{};
  const ssize_t count = ::read(terminal_, bytes.data(), bytes.size());
  if (count <= 0) return false;  // EIO: nobody has the terminal open any more
  read_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string Terminal::wait_for(const std::string& text) {
  while (read_.find(text) == std::string::npos) {
    if (read_more()) continue;
    ADD_FAILURE() << "no '" << text << "' in: " << read_;
    break;
  }
  return std::exchange(read_, {});
}

std::string Terminal::wait_for_end() {
  while (read_more()) {
  }
  return std::exchange(read_, {});
}

}  // namespace hoiku::deploy_tests
