// write_packer.hpp: packs plain writes into commands that name their topics by numbers.
//
// Promises   writes keep their order among each other and among other commands. The broker is told what a number means
//            in the first command of a session that uses it.
// Thread     the loop's. Owner: Session.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/src/session/command_queue.hpp"
#include "client/src/session/topic_numbers.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::client {

class WritePacker {
 public:
  // Queues a post, with the last ones if they may share a command. False: it has to be sent with the topic's name,
  // because there is no number left, or the value is large.
  [[nodiscard]] bool queue_post(CommandQueue& queue, proto::RequestId id, const std::string& topic,
                                const ValueView& value);
  // Appends a command to those of a frame, packed if it is a plain write.
  void append(std::vector<proto::Command>& commands, proto::Command command);
  // The frame is complete: adds the names that the broker was not told.
  void tell_names(std::vector<proto::Command>& commands);
  // An upper bound of the command's size, with the names that tell_names() would add.
  std::size_t bytes_of(const proto::Command& command) const;
  const std::string& first_topic_of(const proto::Sets& sets) const { return numbers_.name_of(sets.topics.front()); }
  void begin_session() noexcept { numbers_.begin_session(); }

 private:
  TopicNumbers numbers_;
};

}  // namespace hoiku::client
