// Who watches changes nothing of what a write does: the same writers, alone and watched, are given the same answers and
// leave the same states. A metamorphic test: no model says what is right.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/core/core.hpp"
#include "broker/store/memory_store.hpp"
#include "tests/sim/judge/story.hpp"
#include "tests/sim/players/dice.hpp"
#include "tests/sim/seeds.hpp"

namespace hoiku::model {
namespace {

using namespace std::chrono_literals;

constexpr int steps_of_a_history = 400;
constexpr std::uint64_t instance = 7;

// A session that speaks frames to the core, without a link.
class Player {
 public:
  Player(broker::Core& core, const std::string& name, std::uint8_t token) : core_(core) {
    hello_.client_name = name;
    hello_.token.fill(token);
  }

  bool is_connected() const { return peer_.has_value(); }
  std::optional<broker::PeerId> peer() const { return peer_; }
  std::uint64_t complete_through() const { return complete_through_; }

  void connect(broker::PeerId peer, broker::Instant now) {
    peer_ = peer;
    ++connection_;
    proto::ClientFrame frame;
    frame.hello = hello_;
    deliver(std::move(frame), now);
  }
  void vanish(broker::Instant now) {
    core_.disconnected(*peer_, now);
    peer_.reset();
  }
  void send(std::vector<proto::Command> commands, broker::Instant now) {
    proto::ClientFrame frame;
    frame.number = ++sent_;
    frame.commands = std::move(commands);
    deliver(std::move(frame), now);
  }
  void acknowledge(broker::Instant now) { deliver({}, now); }
  // Returns the answers of the frame.
  std::vector<proto::Answer> take(const proto::ServerFrame& frame) {
    if (frame.fatal) peer_.reset();
    if (frame.welcome && !frame.welcome->resumed) {
      received_ = sent_ = 0;
      is_new_ = true;
    }
    if (frame.number == 0 || frame.number <= received_) return {};
    received_ = frame.number;
    if (frame.complete_through != 0) complete_through_ = frame.complete_through;
    return frame.answers;
  }
  // Returns true once for each session that has begun.
  bool has_begun() { return std::exchange(is_new_, false); }

 private:
  void deliver(proto::ClientFrame frame, broker::Instant now) {
    frame.connection_number = connection_;
    frame.acknowledged = received_;
    core_.receive(*peer_, std::move(frame), now);
  }

  broker::Core& core_;
  proto::Hello hello_;
  std::optional<broker::PeerId> peer_;
  std::uint64_t connection_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t complete_through_ = 0;
  bool is_new_ = false;
};

// Writers draw their commands from their dice, and from what they were answered.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : dice_(seed) {}

  proto::Command command() {
    const std::size_t kind = dice_.below(100);
    if (kind < 60) return set();
    if (kind < 75) return commit();
    if (kind < 85) return proto::Get{next_id(), dice_.topic()};
    if (kind < 92) return own();
    if (kind < 97 && !leases_.empty()) return proto::Release{next_id(), dice_.pick(leases_)};
    proto::Declare declare;
    declare.id = next_id();
    declare.topic = "number/" + std::to_string(dice_.below(3));
    if (dice_.chance(30)) declare.type = ValueType::int64;
    if (dice_.chance(50)) declare.deadline = dice_.between(10ms, 200ms);
    return declare;
  }
  void know(const std::string& topic, const Version& version) { versions_[topic] = version; }
  std::string topic_of(proto::RequestId id) const {
    const auto found = topics_.find(id);
    return found == topics_.end() ? "" : found->second;
  }

 private:
  proto::RequestId next_id() { return ++last_id_; }
  Value value(const std::string& topic) {
    if (dice_.chance(20)) return {};
    if (dice_.chance(10)) return topic.starts_with("text") ? Value(7) : Value("seven");
    return dice_.value(topic);
  }
  std::optional<Version> condition(const std::string& topic) {
    if (!dice_.chance(35)) return std::nullopt;
    const auto known = versions_.find(topic);
    return known == versions_.end() || dice_.chance(30) ? Version{} : known->second;
  }
  proto::Set set() {
    const std::string topic = dice_.topic();
    const proto::RequestId id = next_id();
    topics_[id] = topic;
    return proto::Set{id, topic, value(topic), condition(topic), {}};
  }
  proto::Commit commit() {
    proto::Commit commit;
    commit.id = next_id();
    std::set<std::string> names;
    for (std::size_t left = 1 + dice_.below(3); left > 0; --left) names.insert(dice_.topic());
    for (const std::string& name : names)
      commit.writes.push_back(proto::TopicWrite{name, value(name), condition(name), {}});
    return commit;
  }
  proto::Own own() {
    proto::Own own;
    own.id = next_id();
    own.topic = dice_.topic();
    if (dice_.chance(60)) own.last_will = dice_.value(own.topic);
    own.take_over = dice_.chance(50);
    if (dice_.chance(40)) own.lasting = dice_.between(5ms, 100ms);
    leases_.push_back(own.id);
    return own;
  }

  Dice dice_;
  proto::RequestId last_id_ = 0;
  std::vector<proto::RequestId> leases_;
  std::map<proto::RequestId, std::string> topics_;
  std::map<std::string, Version> versions_;
};

class Watcher {
 public:
  explicit Watcher(std::uint64_t seed) : dice_(seed) {}

  proto::Command command(std::uint64_t complete_through) {
    const std::size_t kind = dice_.below(100);
    if (kind < 25) return subscribe(complete_through);
    if (kind < 45) return wait();
    if (kind < 65) return wait_transition();
    if (kind < 80 && !open_.empty()) return proto::Unsubscribe{++last_id_, dice_.pick(open_)};
    if (kind < 90 && !open_.empty()) return proto::CancelWait{++last_id_, dice_.pick(open_)};
    return proto::Get{++last_id_, dice_.topic()};
  }
  // The session is another one: its requests are gone.
  void begin() { open_.clear(); }
  bool wants_to_vanish() { return dice_.chance(5); }
  bool comes_back() { return dice_.chance(15); }
  bool acts() { return dice_.chance(60); }

 private:
  proto::Subscribe subscribe(std::uint64_t complete_through) {
    proto::Subscribe subscribe;
    subscribe.id = ++last_id_;
    open_.push_back(subscribe.id);
    if (dice_.chance(30)) {
      subscribe.topics = dice_.composite();
      return subscribe;
    }
    subscribe.topics.push_back(dice_.pattern());
    if (dice_.chance(40)) subscribe.mode = proto::Mode::every;
    if (dice_.chance(40)) subscribe.filter = dice_.filter(subscribe.topics.front());
    if (dice_.chance(40) && complete_through > 0) subscribe.resume = proto::ResumePoint{instance, complete_through};
    return subscribe;
  }
  proto::Wait wait() {
    proto::Wait wait;
    wait.id = ++last_id_;
    wait.topic = dice_.topic();
    wait.predicate = dice_.predicate(wait.topic);
    if (!wait.predicate || !wait.predicate->uses_old_value()) wait.hold = dice_.hold();
    open_.push_back(wait.id);
    return wait;
  }
  proto::WaitTransition wait_transition() {
    proto::WaitTransition wait;
    wait.id = ++last_id_;
    wait.topic = dice_.topic();
    wait.predicate = dice_.predicate(wait.topic);
    if (dice_.chance(30)) wait.after = Version{};
    open_.push_back(wait.id);
    return wait;
  }

  Dice dice_;
  proto::RequestId last_id_ = 0;
  std::vector<proto::RequestId> open_;
};

// One history: two writers, and if they are watched, three watchers.
class WatchedHistory {
 public:
  WatchedHistory(std::uint64_t seed, bool is_watched) : dice_(seed), pace_(dice_.number()), core_(options(seed)) {
    for (std::uint8_t i = 0; i < 2; ++i) {
      writers_.emplace_back(dice_.number());
      writing_.emplace_back(core_, "writer-" + std::to_string(i), static_cast<std::uint8_t>(i + 1));
      writing_.back().connect(new_peer(), now_);
    }
    for (std::uint8_t i = 0; is_watched && i < 3; ++i) {
      watchers_.emplace_back(dice_.number());
      watching_.emplace_back(core_, "watcher-" + std::to_string(i), static_cast<std::uint8_t>(i + 10));
      watching_.back().connect(new_peer(), now_);
    }
    turn();
  }

  // Returns a line for each answer to a writer, and for each topic's state at the end.
  std::vector<std::string> run() {
    for (int step = 0; step < steps_of_a_history; ++step) {
      now_.monotonic += pace_.between(0ms, 20ms);
      now_.wall += std::chrono::duration_cast<std::chrono::microseconds>(1ms);
      for (std::size_t i = 0; i < writers_.size(); ++i) {
        std::vector<proto::Command> commands;
        for (std::size_t left = 1 + pace_.below(2); left > 0; --left) commands.push_back(writers_[i].command());
        writing_[i].send(std::move(commands), now_);
      }
      for (std::size_t i = 0; i < watchers_.size(); ++i) watch(watchers_[i], watching_[i]);
      core_.advance(now_);
      turn();
    }
    for (const char* topic : {"number/0", "number/1", "number/2", "number/0/deep", "text/0", "text/1", "flag/0"})
      writing_[0].send({proto::Get{1'000'000, topic}}, now_);
    turn();
    return lines_;
  }

 private:
  static broker::CoreOptions options(std::uint64_t seed) {
    broker::CoreOptions options;
    options.instance_id = instance;
    options.epoch_seed = seed;
    // Short turns: scans and searches of watchers are spread over several, and end when much has changed.
    if (seed % 2 == 0) options.limits.turn_steps_max = 3 + seed / 2 % 6;
    return options;
  }
  broker::PeerId new_peer() { return broker::PeerId{++peers_}; }

  void watch(Watcher& watcher, Player& player) {
    if (!player.is_connected()) {
      if (watcher.comes_back()) player.connect(new_peer(), now_);
      return;
    }
    if (player.has_begun()) watcher.begin();
    if (watcher.wants_to_vanish()) return player.vanish(now_);
    if (watcher.acts()) player.send({watcher.command(player.complete_through())}, now_);
  }

  void turn() {
    store_.append(core_.take_records());
    if (const auto news = store_.poll()) core_.committed(news->sequence, now_);
    while (auto out = core_.take_output(now_)) {
      for (std::size_t i = 0; i < writing_.size(); ++i) {
        if (writing_[i].peer() != out->peer) continue;
        for (const proto::Answer& answer : writing_[i].take(*out->frame)) note(i, answer);
      }
      for (Player& player : watching_) {
        if (player.peer() == out->peer) player.take(*out->frame);
      }
    }
    for (Player& player : writing_) player.acknowledge(now_);
    for (Player& player : watching_) {
      if (player.is_connected()) player.acknowledge(now_);
    }
  }

  // Epochs are random numbers, which watchers may draw too: they are told apart only.
  std::string text(const Version& version) {
    if (version.number == 0) return "0";
    const std::size_t epoch = epochs_.try_emplace(version.epoch, epochs_.size()).first->second;
    return std::to_string(version.number) + "@" + std::to_string(epoch);
  }

  void note(std::size_t writer, const proto::Answer& answer) {
    proto::ServerFrame frame;
    frame.answers.push_back(answer);
    const auto* failed = std::get_if<proto::Failed>(&answer);
    // The sentence of an error names the epoch.
    std::string line =
        "writer-" + std::to_string(writer) + ": " + (failed ? std::to_string(failed->id) + " failed" : describe(frame));
    if (const auto* set = std::get_if<proto::SetDone>(&answer)) {
      line += " version " + text(set->version);
      writers_[writer].know(writers_[writer].topic_of(set->id), set->version);
    } else if (const auto* commit = std::get_if<proto::CommitDone>(&answer)) {
      for (const auto& written : commit->written) line += " version " + text(written.version);
    } else if (const auto* get = std::get_if<proto::GetDone>(&answer)) {
      line += " version " + text(get->current->version) + " revision " + std::to_string(get->current->revision);
      writers_[writer].know(get->current->topic, get->current->version);
    } else if (const auto* owned = std::get_if<proto::Owned>(&answer)) {
      line += " version " + text(owned->version);
    } else if (failed) {
      line += " code " + to_string(failed->failure.code);
      if (failed->current) line += " version " + text(*failed->current);
    }
    lines_.push_back(std::move(line));
  }

  Dice dice_;
  Dice pace_;
  broker::Instant now_{TimePoint(1h), {}};
  broker::Core core_;
  broker::MemoryStore store_;
  std::uint64_t peers_ = 0;
  std::vector<Writer> writers_;
  std::deque<Player> writing_;
  std::vector<Watcher> watchers_;
  std::deque<Player> watching_;
  std::map<std::uint64_t, std::size_t> epochs_;
  std::vector<std::string> lines_;
};

TEST(Watchers, ChangeNothingOfWhatWritesDo) {
  for (const std::uint64_t seed : seeds_of_histories()) {
    SCOPED_TRACE("HOIKU_SEED=" + std::to_string(seed));
    const std::vector<std::string> alone = WatchedHistory(seed, false).run();
    const std::vector<std::string> watched = WatchedHistory(seed, true).run();
    ASSERT_GT(alone.size(), std::size_t{steps_of_a_history});
    for (std::size_t i = 0; i < std::min(alone.size(), watched.size()); ++i) ASSERT_EQ(alone[i], watched[i]);
    ASSERT_EQ(alone.size(), watched.size());
  }
}

}  // namespace
}  // namespace hoiku::model
