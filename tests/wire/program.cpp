#include "program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "wire.hpp"

extern char** environ;

namespace hoiku::wire_tests {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  return ends;
}

}  // namespace

Program::Program(const std::string& path, const std::vector<std::string>& arguments) {
  const std::array<int, 2> output = make_pipe();
  const std::array<int, 2> error = make_pipe();
  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error[1], STDERR_FILENO);
  const int failure = posix_spawn(&process_, path.c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(output[1]);
  ::close(error[1]);
  output_.descriptor = output[0];
  error_.descriptor = error[0];
  if (failure != 0) throw std::system_error(failure, std::generic_category(), path);
}

Program::~Program() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ::close(output_.descriptor);
  ::close(error_.descriptor);
}

bool Program::Pipe::read_more() {
  pollfd waiting{descriptor, POLLIN, 0};
  constexpr int limit_ms = std::chrono::milliseconds(patience).count();
  if (::poll(&waiting, 1, limit_ms) <= 0) {
    ADD_FAILURE() << "the program says nothing more, and does not end either; so far: " << text;
    return false;
  }
  std::array<char, 4096> bytes{};
  const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
  if (count <= 0) return false;
  text.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string Program::Pipe::wait_for_line(const std::string& part) {
  for (;;) {
    const std::size_t found = text.find(part);
    if (found != std::string::npos) {
      const std::size_t end = text.find('\n', found);
      if (end != std::string::npos) {
        const std::size_t before = text.rfind('\n', found);
        const std::size_t begin = before == std::string::npos ? 0 : before + 1;
        return text.substr(begin, end - begin);
      }
    }
    if (!read_more()) {
      ADD_FAILURE() << "no line with '" << part << "' in: " << text;
      return text;
    }
  }
}

// A program that fills one pipe while the other is read would stop.
void Program::read_both_to_the_end() {
  std::array<pollfd, 2> waiting{pollfd{output_.descriptor, POLLIN, 0}, pollfd{error_.descriptor, POLLIN, 0}};
  const std::array<Pipe*, 2> pipes{&output_, &error_};
  constexpr int limit_ms = std::chrono::milliseconds(patience).count();
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    if (::poll(waiting.data(), waiting.size(), limit_ms) <= 0) {
      ADD_FAILURE() << "the program says nothing more, and does not end either; so far: " << output_.text
                    << error_.text;
      return;
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0 && !pipes[i]->read_more()) waiting[i].fd = -1;
    }
  }
}

void Program::wait_for_output_to_begin() const {
  pollfd waiting{output_.descriptor, POLLIN, 0};
  constexpr int limit_ms = std::chrono::milliseconds(patience).count();
  EXPECT_EQ(::poll(&waiting, 1, limit_ms), 1) << "the program writes nothing";
}

void Program::signal(int number) { ::kill(process_, number); }

void Program::fill_pipes() const {
  for (const int reader : {output_.descriptor, error_.descriptor}) {
    const std::string path = "/proc/self/fd/" + std::to_string(reader);
    const int writer = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    while (::write(writer, "x", 1) == 1) {
    }
    ::close(writer);
  }
}

void Program::close_pipes() {
  for (Pipe* pipe : {&output_, &error_}) {
    ::close(pipe->descriptor);
    pipe->descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
}

int Program::wait_without_reading() {
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
  pollfd ended{process, POLLIN, 0};
  constexpr int limit_ms = std::chrono::milliseconds(patience).count();
  if (::poll(&ended, 1, limit_ms) != 1) {
    ADD_FAILURE() << "the program does not end while nobody reads its output";
    ::kill(process_, SIGKILL);
  }
  ::close(process);
  return wait();
}

int Program::wait() {
  read_both_to_the_end();
  // Both pipes are closed: the program is ending, or has ended.
  int status = 0;
  if (testing::Test::HasFailure()) ::kill(process_, SIGKILL);
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Ended run_to_its_end(const std::string& path, const std::vector<std::string>& arguments) {
  Program program(path, arguments);
  const int status = program.wait();
  return Ended{status, program.standard_output(), program.standard_error()};
}

std::string endpoint_of(Program& hoikud) {
  const std::string line = hoikud.wait_for_line("info listening endpoint=");
  return line.substr(line.find('=') + 1);
}

}  // namespace hoiku::wire_tests
