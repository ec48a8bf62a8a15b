// command_queue.hpp: the commands that are in no frame yet: first those that end or renew something, then the others in
// the order of their ids.
//
// Promises   remove() is cheap for any command. A removed command is never sent, and does not take memory for long,
//            however many commands come and go while there is no connection.
// Thread     the loop's. Owner: Session.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "hoiku/proto/message.hpp"

namespace hoiku::client {

class CommandQueue {
 public:
  bool empty() const noexcept { return live_ == 0; }
  // Ids rise. A command without an id (a Goodbye) has one here, for its place in the order.
  void push(proto::RequestId id, proto::Command command);
  // A command of this session only, which may overtake all others, and cannot be removed.
  void push_first(proto::Command command);
  // The last command, if it is a Sets that is not taken yet: writes with the next ids may be added. Null otherwise.
  proto::Sets* last_sets() noexcept;
  // Null if the queue is empty.
  const proto::Command* front();
  proto::Command pop();
  bool remove(proto::RequestId id);  // false: there is no such command, or it is a Sets, which stays
  // Removes and returns all that `wanted` selects.
  std::vector<proto::Command> take_if(const std::function<bool(const proto::Command&)>& wanted);
  // Inserts `commands`, which are sorted by their ids, and drops what `drop` selects of the others, and all that was
  // pushed first. (The queue may hold
  // older commands: those of an earlier session that ended before they were sent.)
  void restart(std::vector<proto::Command> commands, bool (*drop)(const proto::Command&));

 private:
  struct Entry {
    proto::RequestId id;
    std::optional<proto::Command> command;  // empty: removed
  };
  void skip_removed();
  std::deque<proto::Command> first_;
  std::deque<Entry> entries_;
  std::size_t live_ = 0;  // commands in both
};

}  // namespace hoiku::client
