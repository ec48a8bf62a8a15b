// frame_digest.hpp: a digest of all frames of a history, to compare two versions of the code byte for byte.
//
// HOIKU_SIM_DIGEST=1 prints one line for each history: its seed, the number of its frames, and the digest of their
// bytes, directions, peers and times. A change that changes neither behaviour nor wire format does not change these
// lines. With HOIKU_SIM_DIGEST=2 the texts of errors do not count.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hoiku/async/time.hpp"
#include "hoiku/proto/codec.hpp"
#include "hoiku/testing/network.hpp"
#include "tests/sim/seeds.hpp"

namespace hoiku::model {

// Observes the network and passes everything on to `next`, which outlives it.
class FrameDigest final : public sim::NetworkObserver {
 public:
  explicit FrameDigest(sim::NetworkObserver& next) : next_(next) {}

  void broker_received(std::uint64_t peer, std::string_view frame) override {
    add('r', peer, frame);
    next_.broker_received(peer, frame);
  }
  void broker_lost(std::uint64_t peer) override {
    add('l', peer, {});
    next_.broker_lost(peer);
  }
  void broker_sent(std::uint64_t peer, std::string_view frame) override {
    add('s', peer, without_texts_ ? without_error_texts(frame) : std::string(frame));
    next_.broker_sent(peer, frame);
  }
  void broker_was_full(std::uint64_t peer) override { next_.broker_was_full(peer); }
  void broker_committed(const std::vector<Transition>& record) override { next_.broker_committed(record); }
  void broker_listens() override { next_.broker_listens(); }
  void broker_killed() override { next_.broker_killed(); }
  void was_cut(const std::string& client, Duration duration) override { next_.was_cut(client, duration); }
  void was_cut_one_way(const std::string& client, sim::End deaf, Duration duration) override {
    next_.was_cut_one_way(client, deaf, duration);
  }
  void broke_unnoticed(const std::string& client, sim::End unaware, Duration duration) override {
    next_.broke_unnoticed(client, unaware, duration);
  }

  void print(std::uint64_t seed) const {
    if (!number_from_environment("HOIKU_SIM_DIGEST")) return;
    std::printf("history %llu: %llu frames, digest %016llx\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(frames_), static_cast<unsigned long long>(digest_));
  }

 private:
  // The text of an error is for people: the code decides what a program does.
  static std::string without_error_texts(std::string_view frame) {
    auto decoded = proto::decode_server_frame(frame);
    if (!decoded) return std::string(frame);
    if (decoded->fatal) decoded->fatal->message.clear();
    for (proto::Answer& answer : decoded->answers) {
      if (auto* failed = std::get_if<proto::Failed>(&answer)) failed->failure.message.clear();
    }
    return proto::encode(*decoded);
  }

  // FNV-1a (Fowler, Noll, Vo), 64 bits: it compares our own runs, so it needs no cryptography.
  void add(std::uint64_t byte) { digest_ = (digest_ ^ byte) * 1099511628211u; }
  void add_number(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) add((number >> shift) & 0xff);
  }
  void add(char direction, std::uint64_t peer, std::string_view frame) {
    ++frames_;
    add(static_cast<std::uint64_t>(direction));
    add_number(peer);
    add_number(static_cast<std::uint64_t>(now().time_since_epoch().count()));
    add_number(frame.size());
    for (const char byte : frame) add(static_cast<unsigned char>(byte));
  }

  sim::NetworkObserver& next_;
  bool without_texts_ = number_from_environment("HOIKU_SIM_DIGEST") == 2;
  std::uint64_t frames_ = 0;
  std::uint64_t digest_ = 14695981039346656037u;
};

}  // namespace hoiku::model
