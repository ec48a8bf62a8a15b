// write.hpp: the commands that write: Set, Sets, Commit. Validates them, creates missing topics, and submits commits.
//
// Promises   all topics of a commit are checked before the first is written, so nothing has to be undone. A topic that
//            was created for a write that changed nothing is removed again.
// Thread     the core's. Owner: Core; everything is kept by reference.
// Limits     commit_topics_max, value_bytes_max, values_bytes_max.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/core/commands/write_access.hpp"
#include "broker/core/input_budget.hpp"
#include "broker/core/readers/subscriptions.hpp"
#include "broker/core/sessions/reply.hpp"
#include "broker/core/sessions/request_life.hpp"
#include "broker/core/sessions/topic_life.hpp"
#include "broker/core/topics/commit_log.hpp"
#include "broker/core/topics/declarations.hpp"
#include "broker/core/topics/topic_table.hpp"
#include "broker/core/waits/waits.hpp"
#include "hoiku/proto/message.hpp"

namespace hoiku::broker {

class WriteCommands {
 public:
  WriteCommands(const Limits& limits, const TopicTable& topics, const Subscriptions& subscriptions, const Waits& waits,
                Declarations& declarations, CommitLog& log, TopicLife& life, RequestLife& requests, WriteAccess& access,
                InputBudget& input)
      : limits_(limits),
        topics_(topics),
        subscriptions_(subscriptions),
        waits_(waits),
        declarations_(declarations),
        log_(log),
        life_(life),
        requests_(requests),
        access_(access),
        input_(input) {}

  void execute(Session& session, const proto::Set& command, Instant now);
  // Executes the writes from the one at `first` on until the piece of input is over, one at least. Returns the first
  // that is left.
  std::size_t execute(Session& session, const proto::Sets& command, std::size_t first, Instant now);
  void execute(Session& session, const proto::Commit& command, Instant now);

 private:
  // A Set, or one write of a Sets.
  struct SingleWrite {
    proto::RequestId id = 0;
    const std::string& topic;
    bool is_post = false;
    Update update;
  };
  struct Refusal {
    Failure failure;
    std::optional<Version> current;  // of the topic, if the writer took it for another one
  };
  // The topics of a commit's writes, in their order; empty: the topic does not exist yet.
  using Found = std::vector<std::optional<TopicId>>;

  void spend_on(TopicId topic);
  void write_by_number(Session& session, proto::RequestId id, std::uint32_t number, const ValueView& value,
                       const proto::Sets& command, Instant now);
  bool check_value_of(const SingleWrite& write, Reply& reply) const;
  std::optional<TopicId> write_by_name(Session& session, Reply& reply, const SingleWrite& write, Instant now);
  std::optional<TopicId> write(Session& session, Reply& reply, const SingleWrite& write, std::optional<TopicId> found,
                               Instant now);
  NumberedTopic numbered_topic(TopicId id) const;
  void give_number(Session& session, const proto::Sets::Name& name);
  std::optional<Refusal> check_write(const Session& session, std::optional<TopicId> topic, const std::string& name,
                                     const Update& update) const;
  Result<Found> find_topics(const proto::Commit& command) const;
  Result<void> check_room(const proto::Commit& command, const Found& found) const;
  std::vector<TopicId> create_missing_topics(const proto::Commit& command, const Found& found, Effects& effects);
  void apply(const Session& session, const proto::Commit& command, const std::vector<TopicId>& topics, Instant now,
             Reply& reply);

  const Limits& limits_;
  const TopicTable& topics_;
  const Subscriptions& subscriptions_;
  const Waits& waits_;
  Declarations& declarations_;
  CommitLog& log_;
  TopicLife& life_;
  RequestLife& requests_;
  WriteAccess& access_;
  InputBudget& input_;
};

}  // namespace hoiku::broker
