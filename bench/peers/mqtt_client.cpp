// mqtt_client.cpp: MQTT 3.1.1, as far as mosquitto's loads need it: no will, no keep-alive, no user.
#include <unistd.h>

#include <atomic>

#include "bench/peers/clients.hpp"
#include "bench/peers/raw_client.hpp"

namespace hoiku::bench {
namespace {

enum class PacketType : std::uint8_t { connect = 1, connack = 2, publish = 3, puback = 4, subscribe = 8, suback = 9 };

constexpr std::uint8_t retain_flag = 1;
constexpr std::uint8_t qos_1_flag = 2;

void append_number(std::string& out, std::size_t number) {
  out.push_back(static_cast<char>(number >> 8));
  out.push_back(static_cast<char>(number & 0xff));
}

std::size_t number_at(std::string_view input, std::size_t at) {
  return static_cast<std::size_t>(static_cast<std::uint8_t>(input[at])) << 8 | static_cast<std::uint8_t>(input[at + 1]);
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out.append(text);
}

void append_head(std::string& out, PacketType type, std::uint8_t flags, std::size_t bytes) {
  out.push_back(static_cast<char>(static_cast<std::uint8_t>(type) << 4 | flags));
  do {
    const auto low = static_cast<std::uint8_t>(bytes & 0x7f);
    bytes >>= 7;
    out.push_back(static_cast<char>(bytes > 0 ? low | 0x80 : low));
  } while (bytes > 0);
}

struct Packet {
  PacketType type = PacketType::connect;
  std::uint8_t flags = 0;
  std::string_view body;
  std::size_t size = 0;  // of the whole packet; 0: it has not arrived yet
};

Packet packet_in(std::string_view input) {
  Packet packet;
  std::size_t bytes = 0, at = 1;
  for (unsigned shift = 0;; shift += 7, ++at) {
    if (at >= input.size()) return packet;
    const auto part = static_cast<std::uint8_t>(input[at]);
    bytes |= static_cast<std::size_t>(part & 0x7f) << shift;
    if (part < 0x80) break;
  }
  const std::size_t head = at + 1;
  if (input.size() < head + bytes) return packet;
  const auto first = static_cast<std::uint8_t>(input[0]);
  packet.type = static_cast<PacketType>(first >> 4);
  packet.flags = first & 0xf;
  packet.body = input.substr(head, bytes);
  packet.size = head + bytes;
  return packet;
}

// Each client of a server has a name of its own.
std::string new_client_name() {
  static std::atomic<int> count{0};
  return "bench-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

void greet(Socket& socket) {
  std::string body;
  append_text(body, "MQTT");
  body.append({4, 2, 0, 0});  // version 3.1.1, a clean session, no keep-alive
  append_text(body, new_client_name());
  std::string out;
  append_head(out, PacketType::connect, 0, body.size());
  socket.send(out + body);
  Packet answer;
  while ((answer = packet_in(socket.unread())).size == 0) socket.receive_more();
  if (answer.type != PacketType::connack || answer.body.size() != 2 || answer.body[1] != 0)
    throw std::runtime_error("mosquitto refused the connection");
  socket.consume(answer.size);
}

class MqttWriter : public RawWriter {
 public:
  MqttWriter(std::uint16_t port, const WriterOptions& options)
      : RawWriter(port, options),
        flags_(static_cast<std::uint8_t>((options.acknowledged ? qos_1_flag : 0) | (options.kept ? retain_flag : 0))) {
    greet(socket());
  }

 private:
  void append(std::string& out, std::string_view topic, std::string_view value) override {
    append_head(out, PacketType::publish, flags_, 2 + topic.size() + (options().acknowledged ? 2 : 0) + value.size());
    append_text(out, topic);
    if (options().acknowledged) append_number(out, id_ = id_ % 0xffff + 1);
    out.append(value);
  }
  std::size_t parse(std::string_view input, std::size_t& acknowledged) override {
    const Packet packet = packet_in(input);
    if (packet.size > 0 && packet.type == PacketType::puback) ++acknowledged;
    return packet.size;
  }

  std::uint8_t flags_;
  std::size_t id_ = 0;
};

class MqttReader : public RawReader {
 public:
  explicit MqttReader(std::uint16_t port) : RawReader(port) { greet(socket()); }

  void subscribe(const Topics& topics, const Take& take) override {
    std::string body;
    append_number(body, 1);
    append_text(body, topics.count == 1 ? topics.prefix : topics.prefix + "/+");
    body.push_back(0);  // QoS 0
    std::string out;
    append_head(out, PacketType::subscribe, 2, body.size());
    socket().send(out + body);
    await_answers(1, take);
  }

 private:
  std::size_t parse(std::string_view input, const Take& take) override {
    const Packet packet = packet_in(input);
    if (packet.size == 0) return 0;
    if (packet.type == PacketType::suback) ++answers_;
    if (packet.type == PacketType::publish) {
      const std::size_t bytes = number_at(packet.body, 0);
      take(packet.body.substr(2, bytes), packet.body.substr(2 + bytes));
    }
    return packet.size;
  }
};

}  // namespace

std::unique_ptr<Writer> make_mqtt_writer(std::uint16_t port, const WriterOptions& options) {
  return std::make_unique<MqttWriter>(port, options);
}

std::unique_ptr<Reader> make_mqtt_reader(std::uint16_t port) { return std::make_unique<MqttReader>(port); }

}  // namespace hoiku::bench
