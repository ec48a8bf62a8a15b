// relay_client.cpp: the client of the relay.
#include "bench/peers/clients.hpp"
#include "bench/peers/raw_client.hpp"
#include "bench/peers/relay_protocol.hpp"

namespace hoiku::bench {
namespace {

// The size of the frame at the beginning of the input; 0 if it has not arrived as a whole.
std::size_t frame_size(std::string_view input) {
  if (input.size() < sizeof(RelayHeader)) return 0;
  const RelayHeader header = header_of(input);
  const std::size_t size = sizeof header + header.topic_bytes + header.value_bytes;
  return input.size() < size ? 0 : size;
}

class RelayWriter : public RawWriter {
 public:
  using RawWriter::RawWriter;

 private:
  void append(std::string& out, std::string_view topic, std::string_view value) override {
    append_frame(out, RelayKind::set, 0, topic, value);
  }
  std::size_t parse(std::string_view input, std::size_t& acknowledged) override {
    const std::size_t size = frame_size(input);
    if (size > 0) ++acknowledged;
    return size;
  }
};

class RelayReader : public RawReader {
 public:
  using RawReader::RawReader;

  void subscribe(const Topics& topics, const Take& take) override {
    std::string frames;
    for (std::size_t i = 0; i < topics.count; ++i) append_frame(frames, RelayKind::subscribe, 0, topics.name(i), {});
    socket().send(frames);
    await_answers(topics.count, take);
  }

 private:
  std::size_t parse(std::string_view input, const Take& take) override {
    const std::size_t size = frame_size(input);
    if (size == 0) return 0;
    const RelayHeader header = header_of(input);
    if (header.kind == RelayKind::value) {
      take(input.substr(sizeof header, header.topic_bytes),
           input.substr(sizeof header + header.topic_bytes, header.value_bytes));
    } else {
      ++answers_;
    }
    return size;
  }
};

}  // namespace

std::unique_ptr<Writer> make_relay_writer(std::uint16_t port, const WriterOptions& options) {
  return std::make_unique<RelayWriter>(port, options);
}

std::unique_ptr<Reader> make_relay_reader(std::uint16_t port) { return std::make_unique<RelayReader>(port); }

}  // namespace hoiku::bench
