// attacked_broker.hpp: a broker on our own link, with an honest client that works while strangers attack.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "broker/server/server.hpp"
#include "hoiku/client/bus.hpp"
#include "link/src/zmtp/link.hpp"
#include "stranger.hpp"
#include "wire.hpp"

namespace hoiku::wire_tests {

// Strangers are overdue soon. The honest client never is, since it sends its first frame at once and none of the others
// concerns it.
inline constexpr link::zmtp::TimeLimits impatient{
    .handshake = 200ms, .first_frame = 200ms, .ping_after = 1h, .silence = 1h, .blocked = 1h};
// A peer that is closed did something wrong.
inline constexpr link::zmtp::TimeLimits patient{
    .handshake = 1h, .first_frame = 1h, .ping_after = 1h, .silence = 1h, .blocked = 1h};

// A client whose sets have to be acknowledged. It sets one topic again and again, from its start() on. It outlives the
// nursery in which it was started.
class HonestClient {
 public:
  Task<> start(Nursery& nursery, std::string endpoint);
  // Waits until two sets that it began after this call are acknowledged.
  Task<> expect_to_work();

 private:
  Task<> work(Topic<int> topic);
  int acknowledged_ = 0;
};

// hoikud as a process of its own: its memory and descriptors are its alone. It closes strangers after its real limits.
class AttackedHoikud : public testing::Test {
 protected:
  // Runs `attack` on an endpoint while an honest client works, as AttackedBroker does. `descriptors_max` 0: no limit.
  // Returns by how many bytes the largest memory of the process was more than before; 0 with a sanitizer, whose memory
  // says nothing.
  std::size_t survives(const std::string& transport, std::size_t descriptors_max,
                       const std::function<Task<>(std::string endpoint)>& attack);

 private:
  Folder folder_;
};

class AttackedBroker : public testing::Test {
 protected:
  // Runs `attack` while an honest client works. Afterwards the client still has to work, and the broker to have the
  // session and the descriptors that it had before.
  void survives(const link::zmtp::TimeLimits& limits, const std::function<Task<>()>& attack);
  // The broker that strangers attack listens at both.
  const std::string& tcp() const { return endpoints_.at(0); }
  const std::string& ipc() const { return endpoints_.at(1); }
  const std::vector<std::string>& endpoints() const { return endpoints_; }

 private:
  Task<> run(const link::zmtp::TimeLimits& limits, const std::function<Task<>()>& attack);

  Folder folder_;
  std::vector<std::string> endpoints_;
};

}  // namespace hoiku::wire_tests
