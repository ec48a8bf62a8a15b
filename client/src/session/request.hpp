// request.hpp: what a session remembers of a command until nothing more is to come of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/src/session/subscription.hpp"
#include "hoiku/async/time.hpp"
#include "hoiku/proto/command_traits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::client {

struct Request {
  enum class Stage : std::uint8_t {
    queued,
    sent,
    lost,  // with its session: to be sent again in the next one
  };

  // The command, if it is of this type and is kept.
  template <class Command>
  Command* get_if() noexcept {
    return command ? std::get_if<Command>(&*command) : nullptr;
  }

  proto::CommandProperties properties;
  Stage stage = Stage::queued;
  bool abandoned = false;                      // a one-shot whose caller has left; its answer will still come
  std::string topic;                           // of a write: the first one
  std::size_t further_topics = 0;              // of a commit: how many more
  std::optional<proto::Command> command;       // kept to be sent again; a write never is
  TimePoint until = never;                     // when a wait's caller leaves; when a lease that has begun expires
  std::unique_ptr<Subscription> subscription;  // null: the command is another one
};

}  // namespace hoiku::client
