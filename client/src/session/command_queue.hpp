// command_queue.hpp: the commands that are in no frame yet, in the order of their ids.
//
// Promises   remove() is cheap wherever the command stands; what was removed is never sent and does not pile up,
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

// 0 for a goodbye, which has none.
proto::RequestId id_of(const proto::Command& command);

class CommandQueue {
 public:
  bool empty() const noexcept { return live_ == 0; }
  // Ids rise. The id is the command's own, or the place in the order of one that has none.
  void push(proto::RequestId id, proto::Command command);
  // Nothing where the queue is empty.
  const proto::Command* front();
  proto::Command pop();
  void remove(proto::RequestId id);
  // Removes and gives all that `wanted` names.
  std::vector<proto::Command> take_if(const std::function<bool(const proto::Command&)>& wanted);
  // Puts `commands`, sorted by their ids, where they belong; drops what `drop` names of the rest. (Something older may still be
  // here: what an earlier session that ended at once was to be told.)
  void restart(std::vector<proto::Command> commands, bool (*drop)(const proto::Command&));

 private:
  struct Entry {
    proto::RequestId id;
    std::optional<proto::Command> command;  // nothing: removed
  };
  void skip_removed();
  std::deque<Entry> entries_;
  std::size_t live_ = 0;
};

}  // namespace hoiku::client
