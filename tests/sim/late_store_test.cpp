// The same random frames go into two cores: the store of one confirms each record at once, that of the other late. What
// the clients are told has to be equal, or has to follow. No model is needed for that, so these histories use values of
// every type and small limits of bytes, too.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "tests/sim/judge/story.hpp"
#include "tests/sim/players/dice.hpp"
#include "tests/sim/players/stored_core.hpp"
#include "tests/sim/seeds.hpp"

namespace hoiku::model {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t value_bytes_max = 2048;

const std::vector<std::string> set_topics{"number/0", "number/1", "double/0", "text/0", "bytes/0", "flag/0"};
const std::vector<std::string> unset_topics{"gone/0", "gone/1"};  // the others are unset more seldom
const std::vector<std::string> owned_topics{"own/0", "own/1"};

broker::CoreOptions options_of(std::uint64_t seed) {
  broker::CoreOptions options;
  options.instance_id = seed;
  options.epoch_seed = seed;
  options.limits.value_bytes_max = value_bytes_max;
  if (seed % 2 == 0) options.limits.unacknowledged_bytes_max = 4096;
  if (seed % 3 == 0) options.limits.list_bytes_max = 1024;
  if (seed % 4 == 0) options.limits.turn_steps_max = 3;
  if (seed % 5 == 0) options.limits.window_batches = 2;
  return options;
}

// Draws the commands of a history. Each client numbers its own.
class Commands {
 public:
  Commands(Dice& dice, std::size_t clients) : dice_(dice), clients_(clients) {}

  // `core` says which versions the client knows.
  std::vector<proto::Command> frame(std::size_t client, const StoredCore& core) {
    for (const char* topic : {"number/0", "number/1"})
      clients_.at(client).known[topic] = core.known_version(client, topic);
    std::vector<proto::Command> commands;
    for (std::size_t left = 1 + dice_.below(3); left > 0; --left) commands.push_back(command(clients_.at(client)));
    return commands;
  }
  // The topics of a write, in its order.
  const std::vector<std::string>& written(std::size_t client, proto::RequestId id) const {
    return clients_.at(client).written.at(id);
  }
  bool is_wait(std::size_t client, proto::RequestId id) const {
    const auto& waits = clients_.at(client).waits;
    return std::find(waits.begin(), waits.end(), id) != waits.end();
  }
  // True if the client has withdrawn the request: its answer may or may not come.
  bool is_withdrawn(std::size_t client, proto::RequestId id) const {
    return clients_.at(client).withdrawn.contains(id);
  }

 private:
  struct Client {
    proto::RequestId last_id = 0;
    std::vector<proto::RequestId> subscriptions;
    std::vector<proto::RequestId> waits;
    std::vector<proto::RequestId> leases;
    std::set<proto::RequestId> withdrawn;
    std::map<proto::RequestId, std::vector<std::string>> written;
    std::map<std::string, Version> known;
  };

  std::string topic() {
    const std::size_t kind = dice_.below(10);
    return dice_.pick(kind < 7 ? set_topics : kind < 9 ? unset_topics : owned_topics);
  }

  Value value(const std::string& topic) {
    if (dice_.chance(topic.starts_with("gone") ? 50 : 6)) return Value();
    if (topic.starts_with("double")) return Value(static_cast<double>(dice_.below(4)) / 3);
    if (topic.starts_with("text")) return Value(std::string(size(), static_cast<char>('a' + dice_.below(2))));
    if (topic.starts_with("bytes")) return Value(Bytes{std::string(size(), static_cast<char>(dice_.below(2)))});
    if (topic.starts_with("flag")) return Value(dice_.chance(50));
    return Value(static_cast<std::int64_t>(dice_.below(4)));
  }

  // Mostly small, sometimes as large as a value may be, seldom larger.
  std::size_t size() {
    if (dice_.chance(80)) return dice_.below(20);
    return dice_.chance(90) ? dice_.below(value_bytes_max) : value_bytes_max + dice_.below(2);
  }

  proto::Command command(Client& client) {
    const proto::RequestId id = ++client.last_id;
    const std::size_t kind = dice_.below(100);
    if (kind < 40) {
      proto::Set drawn = set(id);
      drawn.is_post = dice_.chance(25);
      client.written[id] = {drawn.topic};
      return drawn;
    }
    if (kind < 48) {
      proto::Commit drawn = commit(id);
      for (const proto::TopicWrite& write : drawn.writes) client.written[id].push_back(write.topic);
      return drawn;
    }
    if (kind < 52) return proto::Get{id, topic()};
    if (kind < 62) return subscribe(client, id);
    if (kind < 65) return unsubscribe(client, id);
    if (kind < 75) return wait(client, id);
    if (kind < 83) return wait_transition(client, id);
    if (kind < 85) return cancel(client, id);
    if (kind < 90) return own(client, id);
    if (kind < 93) return proto::Release{id, one_of(client.leases)};
    if (kind < 95) return declare(id);
    if (kind < 96) return proto::Undeclare{id, dice_.pick(owned_topics)};
    return proto::List{id, "**", 0};
  }

  proto::RequestId one_of(const std::vector<proto::RequestId>& ids) { return ids.empty() ? 0 : dice_.pick(ids); }

  proto::Set set(proto::RequestId id) {
    proto::Set set;
    set.id = id;
    set.topic = topic();
    set.value = value(set.topic);
    if (dice_.chance(12)) set.if_version = Version{0, dice_.below(6)};  // StoredCore adds the epoch
    if (dice_.chance(4)) set.value = set.topic.starts_with("text") ? Value(true) : Value("seven");
    if (dice_.chance(10)) set.source_time = WallTime(std::chrono::microseconds(dice_.below(3)));
    return set;
  }

  proto::Commit commit(proto::RequestId id) {
    std::map<std::string, proto::TopicWrite> writes;
    for (std::size_t left = 1 + dice_.below(4); left > 0; --left) {
      const proto::Set drawn = set(id);
      writes[drawn.topic] = proto::TopicWrite{drawn.topic, drawn.value, drawn.if_version, drawn.source_time};
    }
    proto::Commit commit;
    commit.id = id;
    for (auto& [name, write] : writes) commit.writes.push_back(std::move(write));
    return commit;
  }

  proto::Subscribe subscribe(Client& client, proto::RequestId id) {
    static const std::vector<std::vector<std::string>> all{
        {"**"}, {"gone/*"}, {"*/0"}, {"number/0", "text/0", "own/0"}, {"number/0", "number/1"}};
    proto::Subscribe subscribe;
    subscribe.id = id;
    subscribe.topics = dice_.chance(40) ? std::vector<std::string>{topic()} : dice_.pick(all);
    if (subscribe.topics.size() == 1) {
      if (dice_.chance(50)) subscribe.mode = proto::Mode::every;
      // A reader of one topic fails at a value of another type, which may be over for a reader with a prompt store.
      const bool is_pattern = subscribe.topics[0].find('*') != std::string::npos;
      if (dice_.chance(25)) subscribe.filter = *Predicate::parse(is_pattern ? "value > 1" : "quality == live");
    }
    client.subscriptions.push_back(id);
    return subscribe;
  }

  proto::Wait wait(Client& client, proto::RequestId id) {
    proto::Wait wait;
    wait.id = id;
    wait.topic = dice_.chance(70) ? "number/" + std::to_string(dice_.below(2)) : topic();
    if (dice_.chance(80)) wait.predicate = *Predicate::parse("value == " + std::to_string(dice_.below(4)));
    client.waits.push_back(id);
    return wait;
  }

  proto::WaitTransition wait_transition(Client& client, proto::RequestId id) {
    proto::WaitTransition wait;
    wait.id = id;
    wait.topic = topic();
    if (dice_.chance(50)) wait.predicate = *Predicate::parse("value > old_value");
    if (wait.topic.starts_with("number") && dice_.chance(50))
      wait.after = Version{0, client.known.at(wait.topic).number};  // StoredCore adds the epoch
    client.waits.push_back(id);
    return wait;
  }

  proto::Command cancel(Client& client, proto::RequestId id) {
    const proto::RequestId wait = one_of(client.waits);
    client.withdrawn.insert(wait);
    return proto::CancelWait{id, wait};
  }

  // A filter of the wrong type fails when the type is known, which may be after that.
  proto::Command unsubscribe(Client& client, proto::RequestId id) {
    const proto::RequestId subscription = one_of(client.subscriptions);
    client.withdrawn.insert(subscription);
    return proto::Unsubscribe{id, subscription};
  }

  proto::Own own(Client& client, proto::RequestId id) {
    proto::Own own;
    own.id = id;
    own.topic = dice_.pick(owned_topics);
    if (dice_.chance(70)) own.last_will = Value(static_cast<std::int64_t>(dice_.below(4)));
    own.take_over = dice_.chance(50);
    client.leases.push_back(id);
    return own;
  }

  proto::Declare declare(proto::RequestId id) {
    proto::Declare declare;
    declare.id = id;
    declare.topic = dice_.pick(owned_topics);
    declare.deadline = 50ms;
    return declare;
  }

  Dice& dice_;
  std::vector<Client> clients_;
};

// One history in both cores.
class Twins {
 public:
  explicit Twins(std::uint64_t seed)
      : dice_(seed),
        clients_(2 + dice_.below(3)),
        commands_(dice_, clients_),
        prompt_("prompt", options_of(seed), clients_),
        late_("late", options_of(seed), clients_) {}

  void run() {
    for (int rounds = 250; rounds > 0; --rounds) {
      const std::size_t client = dice_.below(clients_);
      const std::vector<proto::Command> frame = commands_.frame(client, late_);
      const Duration passed = dice_.chance(25) ? Duration(20ms) : Duration(0);
      const bool breaks = dice_.chance(3);
      tell(client, frame);
      for (StoredCore* core : both()) {
        core->pass(passed);
        if (breaks) core->break_connection(client);
        core->send(client, frame);
      }
      prompt_.turn(all);
      late_.turn(confirmed_now());
      most_unconfirmed_ = std::max(most_unconfirmed_, late_.unconfirmed());
    }
    if (dice_.chance(20)) {
      late_.shut_down();
      return;
    }
    for (StoredCore* core : both()) core->settle();
    compare_answers();
    compare_topics();
    compare_counts();
    leave();
  }

  std::vector<std::string> complaints() {
    for (const StoredCore* core : both())
      complaints_.insert(complaints_.end(), core->complaints().begin(), core->complaints().end());
    return complaints_;
  }
  std::size_t most_unconfirmed() const { return most_unconfirmed_; }

 private:
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  std::array<StoredCore*, 2> both() { return {&prompt_, &late_}; }

  std::size_t confirmed_now() {
    if (dice_.chance(3)) return all;
    return dice_.chance(25) ? dice_.below(late_.unconfirmed() + 2) : 0;
  }

  void compare_answers() {
    for (std::size_t client = 0; client < clients_; ++client) {
      const StoredCore::Answers& late = late_.answers(client);
      for (const auto& [id, answer] : prompt_.answers(client)) {
        const auto other = late.find(id);
        if (other != late.end()) {
          const bool may_see_other_states =
              commands_.is_wait(client, id) && (is_mismatch(answer) || is_mismatch(other->second));
          if (!may_see_other_states) compare(client, id, answer, other->second);
        } else if (!commands_.is_withdrawn(client, id)) {
          complain(fmt::format("#{} of client {} is answered with a prompt store only", id, client));
        }
      }
      // A wait that is armed before a late commit sees states, and types, that are history with a prompt store.
      for (const auto& [id, answer] : late) {
        if (!commands_.is_wait(client, id) && !prompt_.answers(client).contains(id) &&
            !commands_.is_withdrawn(client, id))
          complain(fmt::format("#{} of client {} is answered with a late store only", id, client));
      }
    }
  }

  // The condition does not fit the type that the topic has.
  static bool is_mismatch(const proto::Answer& answer) {
    const auto* failed = std::get_if<proto::Failed>(&answer);
    return failed != nullptr &&
           (failed->failure.code == ErrorCode::type_mismatch || failed->failure.code == ErrorCode::invalid_predicate);
  }

  void compare(std::size_t client, proto::RequestId id, const proto::Answer& prompt, const proto::Answer& late) {
    if (const auto* refused = std::get_if<proto::Failed>(&prompt)) {
      const auto* other = std::get_if<proto::Failed>(&late);
      if (other && other->failure.code == refused->failure.code) return;
      return complain(fmt::format("#{} fails with a prompt store: {}", id, refused->failure.message));
    }
    if (const auto* refused = std::get_if<proto::Failed>(&late))
      return complain(fmt::format("#{} fails with a late store: {}", id, refused->failure.message));
    if (prompt.index() != late.index()) return complain(fmt::format("#{} has two kinds of answers", id));
    if (const auto* set = std::get_if<proto::SetDone>(&prompt)) {
      const auto& other = std::get<proto::SetDone>(late);
      compare_written(client, id, {{set->version, set->changed}}, {{other.version, other.changed}});
    }
    if (const auto* commit = std::get_if<proto::CommitDone>(&prompt))
      compare_written(client, id, commit->written, std::get<proto::CommitDone>(late).written);
  }

  void compare_written(std::size_t client, proto::RequestId id, const std::vector<proto::CommitDone::Written>& prompt,
                       const std::vector<proto::CommitDone::Written>& late) {
    const std::vector<std::string>& topics = commands_.written(client, id);
    for (std::size_t i = 0; i < topics.size(); ++i) {
      const auto& [version, changed] = prompt.at(i);
      const auto& [other_version, other_changed] = late.at(i);
      if (changed != other_changed) complain(fmt::format("#{} changed '{}' in one core only", id, topics[i]));
      if (version.number != other_version.number)
        complain(
            fmt::format("#{} made version {} and {} of '{}'", id, version.number, other_version.number, topics[i]));
    }
  }

  void compare_topics() {
    for (const auto* names : {&set_topics, &unset_topics, &owned_topics}) {
      for (const std::string& name : *names) {
        const Transition prompt = prompt_.get(name), late = late_.get(name);
        if (prompt.value != late.value || prompt.quality != late.quality || prompt.writer != late.writer ||
            prompt.changed_at != late.changed_at || prompt.source_time != late.source_time)
          complain(fmt::format("'{}' ends as {} and {}", name, to_display_string(prompt.value),
                               to_display_string(late.value)));
        if (prompt.version.number != late.version.number)
          complain(fmt::format("'{}' ends at version {} and {}", name, prompt.version.number, late.version.number));
      }
    }
  }

  void compare_counts() {
    const broker::Statistics prompt = prompt_.core().statistics(), late = late_.core().statistics();
    if (prompt.subscriptions != late.subscriptions) complain("the numbers of subscriptions differ");
    if (prompt.leases != late.leases) complain("the numbers of leases differ");
    // A wait that only the prompt core still has may keep its topic.
    if (prompt.waits == late.waits && prompt.topics != late.topics) complain("the numbers of topics differ");
    if (prompt.commits != late.commits) complain("the numbers of commits differ");
  }

  void leave() {
    for (StoredCore* core : both()) {
      for (std::size_t client = 0; client < clients_; ++client) core->send(client, {proto::Goodbye{}});
      core->settle();
      const broker::Statistics left = core->core().statistics();
      if (left.sessions + left.subscriptions + left.waits + left.predicates + left.leases + left.kept_frames > 0)
        complain("something of a session is left");
    }
  }

  void tell(std::size_t client, const std::vector<proto::Command>& commands) {
    if (!tell_) return;
    proto::ClientFrame frame;
    frame.commands = commands;
    tell_(fmt::format("client {} > {}", client, describe(frame)));
  }

  void complain(std::string what) { complaints_.push_back(std::move(what)); }

  Dice dice_;
  std::size_t clients_;
  Commands commands_;
  StoredCore prompt_;
  StoredCore late_;
  std::size_t most_unconfirmed_ = 0;
  std::function<void(const std::string&)> tell_ = story();
  std::vector<std::string> complaints_;
};

TEST(LateStoreHistories, AreToldAsThoseOfAPromptStore) {
  std::size_t most_unconfirmed = 0;
  const std::vector<std::uint64_t> seeds = seeds_of_histories();
  for (const std::uint64_t seed : seeds) {
    SCOPED_TRACE("HOIKU_SEED=" + std::to_string(seed));
    Twins twins(seed);
    twins.run();
    for (const std::string& complaint : twins.complaints()) ADD_FAILURE() << complaint;
    most_unconfirmed = std::max(most_unconfirmed, twins.most_unconfirmed());
    if (HasFailure()) return print_replay(seed, "core_histories");
  }
  const bool is_replay = seeds.size() == 1;
  EXPECT_TRUE(is_replay || most_unconfirmed > 10) << most_unconfirmed;
}

}  // namespace
}  // namespace hoiku::model
