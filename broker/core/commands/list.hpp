// list.hpp: the commands that look at topics and readers once: Get, List, ListReaders. Each answer is made when its
// frame is built, so queued requests keep no values.
#pragma once

#include "broker/core/sessions/broker_topics.hpp"
#include "broker/core/sessions/session.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class ListCommands {
 public:
  explicit ListCommands(BrokerTopics& broker_topics) : broker_topics_(broker_topics) {}

  void execute(Session& session, const proto::Get& command);
  void execute(Session& session, const proto::List& command);
  void execute(Session& session, const proto::ListReaders& command);

 private:
  BrokerTopics& broker_topics_;
};

}  // namespace hoiku::broker
