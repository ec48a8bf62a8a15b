// redis_client.cpp: Redis in its protocol, version 2. A subscribed connection takes no other commands there, so a
// reader asks for the values that are kept on a second one.
#include <algorithm>

#include "bench/peers/clients.hpp"
#include "bench/peers/raw_client.hpp"

namespace hoiku::bench {
namespace {

constexpr std::size_t topics_a_command = 1000;

void append_text(std::string& out, std::string_view text) {
  out.append("$").append(std::to_string(text.size())).append(crlf).append(text).append(crlf);
}

void append_head(std::string& out, std::size_t words) { out.append("*").append(std::to_string(words)).append(crlf); }

// Reads one answer: a simple one, or an array of those, whose texts are added to `texts`; a missing value is empty.
// Returns its size; 0 if it has not arrived as a whole.
std::size_t parse_answer(std::string_view input, std::vector<std::string_view>& texts) {
  const std::size_t end = input.find(crlf);
  if (end == std::string_view::npos) return 0;
  const std::string_view line = input.substr(0, end);
  std::size_t size = end + crlf.size();
  if (line.starts_with('-')) throw std::runtime_error("Redis says " + std::string(line));
  if (line.starts_with('*')) {
    for (std::size_t left = number_in(line.substr(1)); left > 0; --left) {
      const std::size_t part = parse_answer(input.substr(size), texts);
      if (part == 0) return 0;
      size += part;
    }
    return size;
  }
  if (!line.starts_with('$') || line == "$-1") {
    texts.push_back(line == "$-1" ? std::string_view() : line);
    return size;
  }
  const std::size_t bytes = number_in(line.substr(1));
  if (input.size() < size + bytes + crlf.size()) return 0;
  texts.push_back(input.substr(size, bytes));
  return size + bytes + crlf.size();
}

class RedisWriter : public RawWriter {
 public:
  RedisWriter(PeerKind kind, std::uint16_t port, const WriterOptions& options)
      : RawWriter(port, options), sets_(kind == PeerKind::redis_set) {}

 private:
  void append(std::string& out, std::string_view topic, std::string_view value) override {
    if (sets_) append_command(out, "SET", topic, value);
    append_command(out, "PUBLISH", topic, value);
  }
  static void append_command(std::string& out, std::string_view verb, std::string_view topic, std::string_view value) {
    append_head(out, 3);
    for (const std::string_view word : {verb, topic, value}) append_text(out, word);
  }
  // A value has as many answers as commands; the last one, PUBLISH's, is a number.
  std::size_t parse(std::string_view input, std::size_t& acknowledged) override {
    texts_.clear();
    const std::size_t size = parse_answer(input, texts_);
    if (size > 0 && input.starts_with(':')) ++acknowledged;
    return size;
  }

  bool sets_;
  std::vector<std::string_view> texts_;
};

class RedisReader : public RawReader {
 public:
  RedisReader(PeerKind kind, std::uint16_t port)
      : RawReader(port), port_(port), has_values_(kind == PeerKind::redis_set) {}

  void subscribe(const Topics& topics, const Take& take) override {
    for (std::size_t from = 0; from < topics.count; from += topics_a_command)
      socket().send(command("SUBSCRIBE", topics, from));
    await_answers(topics.count, take);
    if (has_values_) fetch(topics, take);
  }

 private:
  static std::string command(std::string_view verb, const Topics& topics, std::size_t from) {
    const std::size_t to = std::min(topics.count, from + topics_a_command);
    std::string out;
    append_head(out, 1 + to - from);
    append_text(out, verb);
    for (std::size_t i = from; i < to; ++i) append_text(out, topics.name(i));
    return out;
  }
  void fetch(const Topics& topics, const Take& take) {
    Socket asking(port_);
    for (std::size_t from = 0; from < topics.count; from += topics_a_command) {
      asking.send(command("MGET", topics, from));
      std::size_t size = 0;
      while (size == 0) {
        asking.receive_more();
        texts_.clear();
        size = parse_answer(asking.unread(), texts_);
      }
      for (std::size_t i = 0; i < texts_.size(); ++i) {
        if (!texts_[i].empty()) take(topics.name(from + i), texts_[i]);
      }
      asking.consume(size);
    }
  }
  std::size_t parse(std::string_view input, const Take& take) override {
    texts_.clear();
    const std::size_t size = parse_answer(input, texts_);
    if (size == 0 || texts_.size() != 3) return size;
    if (texts_[0] == "message") {
      take(texts_[1], texts_[2]);
    } else {
      ++answers_;
    }
    return size;
  }

  std::uint16_t port_;
  bool has_values_;
  std::vector<std::string_view> texts_;
};

}  // namespace

std::unique_ptr<Writer> make_redis_writer(PeerKind kind, std::uint16_t port, const WriterOptions& options) {
  return std::make_unique<RedisWriter>(kind, port, options);
}

std::unique_ptr<Reader> make_redis_reader(PeerKind kind, std::uint16_t port) {
  return std::make_unique<RedisReader>(kind, port);
}

}  // namespace hoiku::bench
