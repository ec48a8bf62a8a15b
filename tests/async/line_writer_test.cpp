// LineWriter: whatever the descriptor's other end does, nobody waits, nothing is killed, and what is missing is told.
#include "hoiku/async/line_writer.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <pty.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace hoiku {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Ends {
 public:
  Ends(int read_end, int write_end) : reader(read_end), writer(write_end) {}
  ~Ends() {
    close_reader();
    ::close(writer);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  void close_reader() {
    if (reader >= 0) ::close(std::exchange(reader, -1));
  }
  // Reads until what was read contains `part`.
  std::string read_until(const std::string& part) const {
    std::string text;
    while (text.find(part) == std::string::npos) {
      std::array<char, 4096> bytes{};
      const ssize_t count = ::read(reader, bytes.data(), bytes.size());
      if (count <= 0) break;
      text.append(bytes.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  // Fills a pipe.
  std::string fill() const {
    const int flags = ::fcntl(writer, F_GETFL);
    ::fcntl(writer, F_SETFL, flags | O_NONBLOCK);
    std::string filling;
    while (::write(writer, "x", 1) == 1) filling += 'x';
    ::fcntl(writer, F_SETFL, flags);
    return filling;
  }

  int reader;
  const int writer;
};

std::unique_ptr<Ends> make_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
  return std::make_unique<Ends>(ends[0], ends[1]);
}

TEST(LineWriter, WritesLinesInOrder) {
  const auto pipe = make_pipe();
  LineWriter lines(pipe->writer);
  lines.write("one");
  lines.write("");
  lines.write("three");
  EXPECT_TRUE(lines.flush());
  EXPECT_EQ(pipe->read_until("three\n"), "one\n\nthree\n");
}

TEST(LineWriter, APipeThatNobodyReadsStopsNobodyAndWhatIsDroppedIsCounted) {
  const auto pipe = make_pipe();
  const std::string filling = pipe->fill();
  const auto say = [](std::uint64_t dropped) { return "dropped=" + std::to_string(dropped); };
  LineWriter lines(pipe->writer, say, 10 * (64 + 8));
  for (int i = 100; i < 200; ++i) lines.write("line " + std::to_string(i));
  EXPECT_FALSE(lines.flush(0ms));
  std::string text = pipe->read_until("dropped=");  // from now on there is room for a line
  lines.write("at last");
  text += pipe->read_until("at last\n");
  ASSERT_THAT(text, StartsWith(filling + "line 100\nline 101\n"));
  // The thread may take its first line at any moment, and make room for one more.
  std::istringstream read(text.substr(filling.size()));
  int next = 100;
  int written = 0;
  for (std::string line; std::getline(read, line) && line != "at last";) {
    if (line.starts_with("dropped=")) {
      next += std::stoi(line.substr(8));
    } else {
      EXPECT_EQ(line, "line " + std::to_string(next++));
      ++written;
    }
  }
  EXPECT_EQ(next, 200);
  EXPECT_GE(written, 10);
  EXPECT_LE(written, 11);  // the one that the thread holds, and the queue
  EXPECT_EQ(lines.dropped(), static_cast<std::uint64_t>(100 - written));
  EXPECT_TRUE(lines.flush());
}

TEST(LineWriter, ThatIsStuckEndsAllTheSame) {
  // Never closed: the thread stays in its write.
  static const Ends& pipe = *make_pipe().release();
  pipe.fill();
  LineWriter lines(pipe.writer);
  lines.write("never read");
  EXPECT_FALSE(lines.flush(0ms));  // and so the destructor does not wait
}

TEST(LineWriter, AReaderThatHasGoneKillsNobody) {
  const auto pipe = make_pipe();
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  pipe->close_reader();
  LineWriter lines(pipe->writer);
  lines.write("lost");
  EXPECT_TRUE(lines.flush());
  const auto other = make_pipe();
  ::dup2(other->writer, pipe->writer);
  lines.write("heard");
  EXPECT_EQ(other->read_until("heard\n"), "1 line was dropped here: they could not be written\nheard\n");
  std::signal(SIGPIPE, before);
}

TEST(LineWriter, AFullDiskAndAClosedDescriptorLoseTheirLinesOnly) {
  const auto pipe = make_pipe();
  const Ends full(-1, ::open("/dev/full", O_WRONLY | O_CLOEXEC));
  LineWriter lines(full.writer);
  lines.write("no space");
  EXPECT_TRUE(lines.flush());
  ::close(full.writer);
  lines.write("closed");
  EXPECT_TRUE(lines.flush());
  EXPECT_EQ(lines.dropped(), 2u);
  ::dup2(pipe->writer, full.writer);
  lines.write("space");
  EXPECT_EQ(pipe->read_until("space\n"), "2 lines were dropped here: they could not be written\nspace\n");
}

TEST(LineWriter, AFileAtItsLimitKillsNobodyAndGoesOnWithALineOfItsOwn) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  const int descriptor = ::fileno(file.get());
  const auto before = std::signal(SIGXFSZ, SIG_DFL);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit ten{10, limit.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &ten);
  LineWriter lines(descriptor);
  lines.write("0123456789ABC");
  EXPECT_TRUE(lines.flush());
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  lines.write("after");
  EXPECT_TRUE(lines.flush());
  std::array<char, 200> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  EXPECT_EQ(std::string(text.data(), static_cast<std::size_t>(count)),
            "0123456789\n1 line was dropped here: they could not be written\nafter\n");
}

TEST(LineWriter, APausedTerminalStopsNobody) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  const Ends terminal(master, slave);
  LineWriter lines(slave);
  ASSERT_EQ(::tcflow(slave, TCOOFF), 0);  // what Ctrl-S does
  lines.write("paused");
  EXPECT_FALSE(lines.flush(0ms));
  ASSERT_EQ(::tcflow(slave, TCOON), 0);
  EXPECT_EQ(terminal.read_until("paused\r\n"), "paused\r\n");
  // A flush that follows one in vain does not wait, and the thread may still be on its way out of the write.
  while (!lines.flush()) std::this_thread::yield();
}

TEST(LineWriter, ADescriptorThatSomebodyMadeNonBlockingLosesNothing) {
  const auto pipe = make_pipe();
  ::fcntl(pipe->writer, F_SETFL, ::fcntl(pipe->writer, F_GETFL) | O_NONBLOCK);
  const std::string filling = pipe->fill();
  ::fcntl(pipe->writer, F_SETFL, ::fcntl(pipe->writer, F_GETFL) | O_NONBLOCK);
  LineWriter lines(pipe->writer);
  lines.write("late");
  EXPECT_FALSE(lines.flush(0ms));
  EXPECT_EQ(pipe->read_until("late\n"), filling + "late\n");
  EXPECT_NE(::fcntl(pipe->writer, F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace hoiku
