// make_corpus FOLDER: writes frames with every field, whole and cut, as a corpus to start from. Its output is
// committed; run it again when the protocol has grown.
#include <filesystem>
#include <fstream>
#include <string>

#include "hoiku/proto/codec.hpp"
#include "link/src/zmtp/command.hpp"
#include "link/src/zmtp/frame_header.hpp"
#include "link/src/zmtp/greeting.hpp"
#include "link/src/zmtp/null_mechanism.hpp"
#include "tests/proto/codec/sample_frames.hpp"
#include "tests/proto/proto_text.hpp"

namespace {

void write(const std::filesystem::path& folder, const std::string& name, const std::string& bytes) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

void write_whole_and_cut(const std::filesystem::path& folder, const std::string& name, const std::string& bytes) {
  write(folder, name, bytes);
  write(folder, name + "-cut", bytes.substr(0, bytes.size() * 2 / 3));
}

void write_schemas(const std::filesystem::path& folder) {
  using hoiku::test::files_of;
  const auto pair = [](const std::string& type, const std::string& one, const std::string& other) {
    std::string bytes = "its.";
    bytes += type;
    bytes += '\n';
    bytes += static_cast<char>(one.size() & 0xFF);
    bytes += static_cast<char>(one.size() >> 8);
    bytes += one;
    bytes += other;
    return bytes;
  };
  const auto a = [](const std::string& fields) { return files_of("message A\n" + fields + "\nend"); };
  const std::string all = files_of(hoiku::test::everything);
  write_whole_and_cut(folder, "everything", pair("All", all, all));
  write(folder, "more", pair("A", a("double x 1"), a("double x 1\n optional string y 2")));
  write(folder, "renamed", pair("A", a("int32 x 1\n bool a 2"), a("int64 a 1")));
  write(folder, "broken", pair("A", a("double x 1"), a("string x 1")));
  write(folder, "oneofs", pair("A", a("oneof o int32 x 1\n oneof o string a 2"), a("int32 x 1\n string a 2")));
  write(folder, "maps", pair("A", a("map string int32 x 1"), a("map string double a 1")));
  write(folder, "required", pair("A", files_of("syntax proto2\nmessage A\n required int32 x 1\nend"), a("int32 x 1")));
}

void write_messages(const std::filesystem::path& corpus) {
  const auto schema = hoiku::test::schema_of("All", hoiku::test::everything);
  const std::vector<std::pair<std::string, std::string>> all{
      {"empty", "{}"},
      {"numbers", R"({"i32":-1,"i64":"-9007199254740993","u32":4294967295,"u64":"18446744073709551615","s32":-7,
                      "s64":"-8","f32":9,"f64":"10","sf32":-11,"sf64":"-12","single":1.5,"twice":-2.5e300})"},
      {"others", R"({"flag":true,"text":"a\u00e4\"b","raw":"AP8=","mode":"LOST","twice":"NaN","single":"-Infinity"})"},
      {"nested", R"({"inner":{"inner":{"text":"deep"},"where":{"x":1,"y":2}},"other":{"number":3}})"},
      {"many", R"({"many":[1,2,3],"tags":{"a":1,"b":2},"more":[{"i32":1},{}]})"},
      {"present", R"({"maybe":0,"perhaps":"","word":""})"},
      {"oneof", R"({"state":77})"}};
  for (const auto& [name, text] : all) {
    write(corpus / "json", name, text);
    write_whole_and_cut(corpus / "message", name, schema.from_json(text).value());
  }
  write(
      corpus / "message", "merged",
      schema.from_json(all[3].second).value() + schema.from_json(R"({"number":1,"inner":{"where":{"x":3}}})").value());
}

// Writes the words of ZMTP's peers: our own, and ZeroMQ's library.
void write_zmtp(const std::filesystem::path& folder) {
  using namespace hoiku::link::zmtp;
  const std::string greeting = write_greeting(Greeting{"NULL", false});
  const auto frame = [](const std::string& body, FrameKind kind = FrameKind::message) {
    std::string bytes;
    append_frame_header(bytes, kind, body.size());
    return bytes + body;
  };
  const std::string client = greeting + *make_null_mechanism(Role::client)->next_frame();
  const std::string server = greeting + *make_null_mechanism(Role::server)->next_frame();
  const std::string ping = write_command("PING", std::string(2, '\0') + "context");
  std::string libzmq_ready;
  append_property(libzmq_ready, "Socket-Type", "DEALER");
  append_property(libzmq_ready, "Identity", "");
  write_whole_and_cut(folder, "client", "\x0F" + client + frame("hello") + ping + frame(std::string(300, 'x')));
  write_whole_and_cut(folder, "server", "\x0E" + server + frame("welcome") + write_command("PONG", "context"));
  write_whole_and_cut(folder, "libzmq", "\x01" + greeting + write_command("READY", libzmq_ready) + frame("hello"));
  write(folder, "refused",
        "\x02" + greeting +
            write_command("ERROR",
                          "\x03"
                          "why"));
  write(folder, "parts", "\x01" + client + "\x01\x01x");
  write(folder, "long", "\x01" + client + std::string("\x02\0\0\0\0\0\0\x13\x89", 9));
  write(folder, "http", "\x01GET / HTTP/1.1\r\n\r\n");
  write(folder, "version-1", std::string("\x01\x01\0", 3));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace hoiku::proto;
  if (argc != 2) return 2;
  const std::filesystem::path corpus = argv[1];
  write_whole_and_cut(corpus / "client_frame", "hello", encode(samples::hello()));
  write_whole_and_cut(corpus / "client_frame", "commands", encode(samples::commands()));
  // Fuzzers change a single command more easily than a frame of all.
  for (std::size_t i = 0; const Command& command : samples::commands().commands) {
    ClientFrame frame;
    frame.connection_number = frame.number = 1;
    frame.commands.push_back(command);
    write(corpus / "client_frame", "command-" + std::to_string(++i), encode(frame));
  }
  write_whole_and_cut(corpus / "server_frame", "welcome", encode(samples::welcome()));
  write_whole_and_cut(corpus / "server_frame", "fatal", encode(samples::fatal()));
  write_whole_and_cut(corpus / "server_frame", "batch", encode(samples::batch()));
  for (std::size_t i = 0; const Answer& answer : samples::batch().answers) {
    ServerFrame frame;
    frame.connection_number = frame.number = 1;
    frame.answers.push_back(answer);
    write(corpus / "server_frame", "answer-" + std::to_string(++i), encode(frame));
  }
  write_schemas(corpus / "schema");
  write_messages(corpus);
  write_zmtp(corpus / "zmtp");
}
