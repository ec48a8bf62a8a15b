// make_corpus FOLDER: writes frames with everything in them, whole and cut, for the fuzzers to start from. What it made is
// committed; it is run again where the protocol has grown.
#include <filesystem>
#include <fstream>
#include <string>

#include "hoiku/proto/codec.hpp"
#include "tests/proto/sample_frames.hpp"

namespace {

void write(const std::filesystem::path& folder, const std::string& name, const std::string& bytes) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

void write_whole_and_cut(const std::filesystem::path& folder, const std::string& name, const std::string& bytes) {
  write(folder, name, bytes);
  write(folder, name + "-cut", bytes.substr(0, bytes.size() * 2 / 3));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace hoiku::proto;
  if (argc != 2) return 2;
  const std::filesystem::path corpus = argv[1];
  write_whole_and_cut(corpus / "client_frame", "hello", encode(samples::hello()));
  write_whole_and_cut(corpus / "client_frame", "commands", encode(samples::commands()));
  // One command each is easier to change than a frame of all.
  for (std::size_t i = 0; const Command& command : samples::commands().commands) {
    ClientFrame frame;
    frame.incarnation = frame.number = 1;
    frame.commands.push_back(command);
    write(corpus / "client_frame", "command-" + std::to_string(++i), encode(frame));
  }
  write_whole_and_cut(corpus / "server_frame", "welcome", encode(samples::welcome()));
  write_whole_and_cut(corpus / "server_frame", "fatal", encode(samples::fatal()));
  write_whole_and_cut(corpus / "server_frame", "batch", encode(samples::batch()));
  for (std::size_t i = 0; const Answer& answer : samples::batch().answers) {
    ServerFrame frame;
    frame.incarnation = frame.number = 1;
    frame.answers.push_back(answer);
    write(corpus / "server_frame", "answer-" + std::to_string(++i), encode(frame));
  }
}
