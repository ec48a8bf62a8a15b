#include "tests/sim/players/stored_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace hoiku::model {

using namespace std::chrono_literals;

namespace {

proto::RequestId id_of(const proto::Answer& answer) {
  return std::visit([](const auto& one) { return one.id; }, answer);
}

}  // namespace

StoredCore::StoredCore(std::string name, const broker::CoreOptions& options, std::size_t clients)
    : name_(std::move(name)), core_(std::make_unique<broker::Core>(options)), clients_(clients) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i].token.fill(static_cast<std::uint8_t>(i + 1));
    connect(clients_[i]);
  }
  take_output();
}

broker::Instant StoredCore::at() const {
  return {now_, WallTime(std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()))};
}

void StoredCore::connect(Client& client) {
  client.peer = broker::PeerId{++peers_};
  proto::ClientFrame greeting;
  greeting.connection_number = ++client.connection_number;
  greeting.acknowledged = client.received;
  greeting.hello.emplace();
  greeting.hello->token = client.token;
  greeting.hello->client_name = "client-" + std::to_string(client.token.front());
  greeting.hello->session_timeout = 1h;
  core_->receive(client.peer, greeting, at());
}

void StoredCore::break_connection(std::size_t client) {
  core_->disconnected(clients_.at(client).peer, at());
  connect(clients_.at(client));
  take_output();
}

// Two cores may draw other epochs for a topic, so the same frame has its versions without them.
void StoredCore::add_epoch(std::optional<Version>& version, const std::string& topic) const {
  if (!version || version->number == 0) return;
  const auto found = epochs_.find(topic);
  version->epoch = found == epochs_.end() ? 1 : found->second;
}

void StoredCore::send(std::size_t client, std::vector<proto::Command> commands) {
  Client& sender = clients_.at(client);
  for (proto::Command& command : commands) {
    if (auto* set = std::get_if<proto::Set>(&command)) add_epoch(set->if_version, set->topic);
    if (auto* wait = std::get_if<proto::WaitTransition>(&command)) add_epoch(wait->after, wait->topic);
    if (auto* commit = std::get_if<proto::Commit>(&command)) {
      for (proto::TopicWrite& write : commit->writes) add_epoch(write.if_version, write.topic);
    }
    if (const auto* subscribe = std::get_if<proto::Subscribe>(&command))
      sender.readers.emplace(subscribe->id, Reader{*subscribe, {}});
  }
  proto::ClientFrame& frame = sender.kept.emplace_back();
  frame.connection_number = sender.connection_number;
  frame.number = ++sender.sent;
  frame.reply_at_once = frame.number % 3 == 1;
  frame.acknowledged = sender.received;
  frame.commands = std::move(commands);
  take_records();
  const std::size_t before = unconfirmed_.size();
  core_->receive(sender.peer, frame, at());
  take_records();
  const auto is_post = [](const proto::Command& command) {
    const auto* set = std::get_if<proto::Set>(&command);
    return set != nullptr && set->is_post;
  };
  if (std::any_of(frame.commands.begin(), frame.commands.end(), is_post)) sender.posted_in = frame.number;
  if (unconfirmed_.size() > before && std::all_of(frame.commands.begin(), frame.commands.end(), is_post))
    sender.posts[frame.number] = unconfirmed_.back().sequence;
}

void StoredCore::take_records() {
  for (broker::Record& record : core_->take_records()) {
    for (const broker::State& state : record.transitions) epochs_[state->topic()] = state->version().epoch;
    unconfirmed_.push_back(std::move(record));
  }
}

void StoredCore::turn(std::size_t records) {
  core_->advance(at());
  take_records();
  if (const std::size_t last = std::min(records, unconfirmed_.size()); last > 0) {
    const std::uint64_t sequence = confirmed_sequence_ = unconfirmed_[last - 1].sequence;
    for (const broker::State& state : unconfirmed_[last - 1].transitions) confirmed_ = state->revision();
    unconfirmed_.erase(unconfirmed_.begin(), unconfirmed_.begin() + static_cast<std::ptrdiff_t>(last));
    core_->committed(sequence, at());
  }
  take_output();
}

void StoredCore::settle() {
  std::uint64_t received_before = 0, received = 0;
  do {
    received_before = received;
    received = 0;
    turn(unconfirmed_.size());
    // The rest fits into the windows only after the clients have acknowledged these frames.
    for (Client& client : clients_) {
      received += client.received;
      if (client.is_rejected) continue;
      proto::ClientFrame acknowledgement;
      acknowledgement.connection_number = client.connection_number;
      acknowledgement.acknowledged = client.received;
      acknowledgement.reply_at_once = true;
      core_->receive(client.peer, acknowledgement, at());
    }
  } while (!unconfirmed_.empty() || received != received_before);
  for (const Client& client : clients_) {
    if (!client.is_rejected && client.settled < client.posted_in)
      complain(fmt::format("the posts up to frame {} are not settled: {}", client.posted_in, client.settled));
  }
}

void StoredCore::shut_down() {
  core_->shut_down(at());
  take_output();
  for (const Client& client : clients_) {
    if (!client.is_rejected) complain("a client is not told that the broker shuts down");
  }
}

Transition StoredCore::get(const std::string& topic) {
  constexpr proto::RequestId id = 1'000'000'000;
  clients_.front().answers.erase(id);
  proto::Get question;
  question.id = id;
  question.topic = topic;
  send(0, {question});
  settle();
  return *std::get<proto::GetDone>(clients_.front().answers.at(id)).current;
}

Version StoredCore::known_version(std::size_t client, const std::string& topic) const {
  const auto found = clients_.at(client).known.find(topic);
  return found == clients_.at(client).known.end() ? Version{} : found->second;
}

void StoredCore::take_output() {
  while (const auto out = core_->take_output(at())) {
    const auto to =
        std::find_if(clients_.begin(), clients_.end(), [&](const Client& client) { return client.peer == out->peer; });
    if (to != clients_.end()) take(*to, *out->frame);
  }
}

void StoredCore::take(Client& client, const proto::ServerFrame& frame) {
  if (frame.fatal) client.is_rejected = true;
  while (!client.kept.empty() && client.kept.front().number <= frame.acknowledged) client.kept.pop_front();
  if (frame.welcome) {
    if (client.connection_number > 1 && !frame.welcome->resumed) complain("a session is not resumed");
    for (proto::ClientFrame& again : client.kept) {
      again.connection_number = client.connection_number;
      core_->receive(client.peer, again, at());
    }
  }
  if (frame.number == 0) take_settled(client, frame.settled);
  if (frame.number == 0 || frame.number <= client.received) return;
  client.received = frame.number;
  const auto read = client.slots.read(frame, [&](const proto::Delivery& delivery) { take(client, delivery); });
  if (!read) complain(read.failure().message);
  for (const proto::Answer& answer : frame.answers) take(client, answer);
  take_settled(client, frame.settled);
}

void StoredCore::take_settled(Client& client, std::uint64_t settled) {
  client.settled = std::max(client.settled, settled);
  for (; !client.posts.empty() && client.posts.begin()->first <= settled; client.posts.erase(client.posts.begin())) {
    const auto& [frame, record] = *client.posts.begin();
    if (record > confirmed_sequence_)
      complain(fmt::format("the posts of frame {} are settled before the store has them", frame));
  }
}

void StoredCore::take(Client& client, const proto::Delivery& delivery) {
  const Transition& sent = *delivery.transition;
  check_confirmed(sent, "a delivery");
  client.known[sent.topic] = sent.version;
  Reader& reader = client.readers.at(delivery.subscription);
  const auto [known, is_first] = reader.versions.try_emplace(sent.topic, sent.version);
  const Version before = std::exchange(known->second, sent.version);
  if (is_first || before.number == 0 || before.epoch != sent.version.epoch) return;
  if (sent.version.number <= before.number)
    complain(fmt::format("version {} of '{}' is sent after {}", sent.version.number, sent.topic, before.number));
  if (reader.command.mode == proto::Mode::every && !reader.command.filter &&
      sent.version.number != before.number + 1 + delivery.lagged)
    complain(fmt::format("a reader of every transition of '{}' is sent {} after {}, and {} lagged", sent.topic,
                         sent.version.number, before.number, delivery.lagged));
}

void StoredCore::take(Client& client, const proto::Answer& answer) {
  const proto::RequestId id = id_of(answer);
  if (const auto* done = std::get_if<proto::SetDone>(&answer); done && done->revision > confirmed_)
    complain(fmt::format("#{} is answered with revision {} before the store has it", id, done->revision));
  if (const auto* done = std::get_if<proto::CommitDone>(&answer); done && done->revision > confirmed_)
    complain(fmt::format("#{} is answered with revision {} before the store has it", id, done->revision));
  if (const auto* done = std::get_if<proto::GetDone>(&answer)) check_confirmed(*done->current, "a get");
  if (const auto* done = std::get_if<proto::WaitDone>(&answer)) check_confirmed(*done->match, "a wait");
  if (const auto* done = std::get_if<proto::TransitionDone>(&answer)) check_confirmed(*done->match, "a wait");
  if (const auto* done = std::get_if<proto::ListDone>(&answer)) {
    for (const proto::ListRow& row : done->rows) check_confirmed(*row.current, "a list");
  }
  // The ends of these requests come later.
  if (std::holds_alternative<proto::TransitionArmed>(answer) || std::holds_alternative<proto::Owned>(answer)) return;
  if (!client.answers.emplace(id, answer).second) complain(fmt::format("#{} is answered twice", id));
}

void StoredCore::check_confirmed(const Transition& transition, const std::string& what) {
  if (transition.revision <= confirmed_) return;
  complain(
      fmt::format("{} shows revision {} of '{}' before the store has it", what, transition.revision, transition.topic));
}

}  // namespace hoiku::model
