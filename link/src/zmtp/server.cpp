// server.cpp: a broker's end of the link: its listeners, and a numbered connection for each peer.
#include <poll.h>

#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>
#include <utility>

#include "link/src/zmtp/connection.hpp"
#include "link/src/zmtp/link.hpp"
#include "link/src/zmtp/listener.hpp"
#include "link/src/zmtp/newcomers.hpp"
#include "link/src/zmtp/null_mechanism.hpp"
#include "link/src/zmtp/peer_address.hpp"
#include "link/src/zmtp/ticker.hpp"

namespace hoiku::link {
namespace {

using namespace std::chrono_literals;
using zmtp::Connection;

// The precision of the time limits, at most.
constexpr Duration tick_max = 250ms;
// Connections that one tick may check, since it may have to close them all: thousands at once would hold up the others.
constexpr int checks_a_tick = 64;
// How long the last frames of a broker that ends may take to leave.
constexpr Duration linger = 250ms;
// Connections without a frame so far. All clients of a machine may come at once, after a restart.
constexpr std::size_t newcomers_max = 4096;
constexpr std::size_t newcomers_of_an_address_max = 2048;
// The unfinished first frames of all newcomers may take so much together.
constexpr std::size_t newcomer_bytes_max = 8'388'608;
// More notes than the log would write at once.
constexpr std::size_t notes_max = 64;

class ZmtpServerLink;

// One connection, with what the link notes of it.
class Peer final : public Connection::Owner {
 public:
  Peer(ZmtpServerLink& link, std::uint64_t number, std::string address) noexcept
      : link_(link), number_(number), address_(std::move(address)) {}
  void on_news(Connection&) override;
  void on_room(Connection&) override;
  void on_part(Connection&) override;

  std::uint64_t number() const noexcept { return number_; }
  const std::string& address() const noexcept { return address_; }

  std::shared_ptr<Connection> connection;
  TimePoint next_check{};
  std::size_t held_bytes = 0;  // of a first frame that is not whole
  bool has_news = false;
  bool has_unsent = false;
  bool has_spoken = false;  // the broker knows it: it has been given a frame

 private:
  ZmtpServerLink& link_;
  const std::uint64_t number_;
  const std::string address_;  // for people
};

class ZmtpServerLink final : public ServerLink {
 public:
  ZmtpServerLink(const std::vector<std::string>& endpoints, const ServerLinkOptions& options,
                 std::shared_ptr<Signal> activity, const zmtp::TimeLimits& limits)
      : frame_bytes_max_(options.frame_bytes_max),
        limits_(limits),
        activity_(std::move(activity)),
        ticker_(std::min(tick_max, limits.handshake / 4), [this] { check_peers(); }) {
    for (const std::string& text : endpoints) {
      const Result<Endpoint> endpoint = parse_endpoint(text, EndpointUse::listen);
      if (!endpoint) throw Error(endpoint.failure());
      listeners_.push_back(std::make_unique<zmtp::Listener>(
          text, *endpoint, options.socket,
          zmtp::Listener::Events{[this](zmtp::StreamSocket socket) { add_peer(std::move(socket)); },
                                 [this](std::string reason) {
                                   add_note({Note::Kind::out_of_descriptors, {}, std::move(reason)});
                                   wake();
                                 }}));
    }
  }

  ~ZmtpServerLink() override {
    listeners_.clear();
    send_the_rest();
    for (auto& [number, peer] : peers_) peer->connection->close();
  }

  std::vector<std::string> endpoints() const override {
    std::vector<std::string> all;
    for (const auto& listener : listeners_) all.push_back(listener->endpoint());
    return all;
  }
  Signal& activity() override { return *activity_; }

  std::optional<Input> try_receive() override {
    while (!with_news_.empty()) {
      const auto found = peers_.find(with_news_.front());
      with_news_.pop_front();
      if (found == peers_.end()) continue;
      Peer& peer = *found->second;
      peer.has_news = false;
      if (std::optional<std::string> frame = peer.connection->next_message()) {
        if (!std::exchange(peer.has_spoken, true)) forget_newcomer(peer);
        add_news(peer);  // behind those of other peers: each has its turn
        return Input{peer.number(), std::move(frame)};
      }
      if (!peer.connection->has_ended()) continue;
      const bool has_spoken = peer.has_spoken;
      const std::uint64_t number = peer.number();
      if (peer.connection->was_cut())
        add_note({has_spoken ? Note::Kind::connection_cut : Note::Kind::stranger_refused, peer.address(),
                  peer.connection->reason(), has_spoken ? std::optional(number) : std::nullopt});
      remove_peer(peer);
      if (has_spoken) return Input{number, {}};
    }
    return {};
  }

  SendResult offer(std::uint64_t number, const MakeFrame& make) override {
    const auto found = peers_.find(number);
    if (found == peers_.end()) return SendResult::closed;
    Peer& peer = *found->second;
    if (peer.connection->has_ended()) return SendResult::closed;
    if (!peer.connection->has_room()) return SendResult::full;
    peer.connection->queue(make());
    if (!std::exchange(peer.has_unsent, true)) with_unsent_.push_back(number);
    return SendResult::sent;
  }

  void drop(std::uint64_t number) override {
    const auto found = peers_.find(number);
    if (found != peers_.end()) found->second->connection->leave();
  }

  std::vector<Note> take_notes() override { return std::exchange(notes_, {}); }
  std::string address_of(std::uint64_t number) const override {
    const auto found = peers_.find(number);
    return found == peers_.end() ? std::string() : found->second->address();
  }

  // The last first: the peer whose frame caused this turn was offered its answer first, and has not waited for it as
  // long as the others have for their news.
  void flush() override {
    const std::vector<std::uint64_t> numbers = std::exchange(with_unsent_, {});
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
      const auto found = peers_.find(*number);
      if (found == peers_.end()) continue;
      found->second->has_unsent = false;
      found->second->connection->flush();
    }
  }

  void add_news(Peer& peer) {
    if (std::exchange(peer.has_news, true)) return;
    with_news_.push_back(peer.number());
    activity_->notify();
  }
  void wake() { activity_->notify(); }
  // Counts what newcomers hold: it is not theirs to take.
  void count_part(Peer& peer) {
    newcomer_bytes_ += peer.connection->held_bytes() - peer.held_bytes;
    peer.held_bytes = peer.connection->held_bytes();
    if (newcomer_bytes_ > newcomer_bytes_max)
      peer.connection->end("it sends much before the broker knows it, as others do");
  }

 private:
  void add_peer(zmtp::StreamSocket socket) {
    zmtp::PeerAddress address = zmtp::peer_address_of(socket);
    auto peer = std::make_unique<Peer>(*this, ++last_peer_, std::move(address.text));
    peer->connection = std::make_shared<Connection>(
        std::move(socket), zmtp::Conversation(make_null_mechanism(zmtp::Role::server), frame_bytes_max_), limits_,
        *peer);
    Peer& added = *peer;
    peers_.emplace(added.number(), std::move(peer));
    if (const auto oldest = newcomers_.add(added.number(), address.host)) {
      const auto found = peers_.find(*oldest);
      if (found != peers_.end()) make_room(*found->second);
    }
    added.connection->start();
    check(added);
    ticker_.start();
  }

  void make_room(Peer& oldest) {
    add_note({Note::Kind::stranger_refused, oldest.address(), "it makes room for newer connections"});
    wake();
    remove_peer(oldest);
  }

  void add_note(Note note) {
    if (notes_.size() < notes_max) notes_.push_back(std::move(note));
  }

  void remove_peer(Peer& peer) {
    forget_newcomer(peer);
    peer.connection->close();
    checks_.erase({peer.next_check, peer.number()});
    peers_.erase(peer.number());
    if (peers_.empty()) ticker_.stop();
  }

  void forget_newcomer(Peer& peer) {
    newcomers_.remove(peer.number());
    newcomer_bytes_ -= std::exchange(peer.held_bytes, 0);
  }

  // Sends what the peers were not sent yet. Blocks, for `linger` at most, if a peer does not read.
  void send_the_rest() {
    const TimePoint end = now() + linger;
    for (;;) {
      std::vector<pollfd> unfinished;
      for (auto& [number, peer] : peers_) {
        if (!peer->connection->finish()) unfinished.push_back({peer->connection->native_handle(), POLLOUT, 0});
      }
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now());
      if (unfinished.empty() || left <= 0ms) return;
      ::poll(unfinished.data(), unfinished.size(), static_cast<int>(left.count()));
    }
  }

  void check(Peer& peer) {
    checks_.erase({peer.next_check, peer.number()});
    peer.next_check = peer.connection->check(now());
    if (peer.next_check != never) checks_.emplace(peer.next_check, peer.number());
  }

  void check_peers() {
    const TimePoint present = now();
    for (int i = 0; !checks_.empty() && checks_.begin()->first <= present; ++i) {
      if (i == checks_a_tick) return ticker_.hurry();
      check(*peers_.at(checks_.begin()->second));
    }
  }

  const std::size_t frame_bytes_max_;
  const zmtp::TimeLimits limits_;
  std::shared_ptr<Signal> activity_;
  std::uint64_t last_peer_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Peer>> peers_;
  zmtp::Newcomers newcomers_{newcomers_max, newcomers_of_an_address_max};
  std::size_t newcomer_bytes_ = 0;
  std::deque<std::uint64_t> with_news_;
  std::vector<std::uint64_t> with_unsent_;
  std::vector<Note> notes_;
  std::set<std::pair<TimePoint, std::uint64_t>> checks_;  // when each peer is checked next
  zmtp::Ticker ticker_;
  std::vector<std::unique_ptr<zmtp::Listener>> listeners_;
};

void Peer::on_news(Connection&) { link_.add_news(*this); }
void Peer::on_room(Connection&) { link_.wake(); }
void Peer::on_part(Connection&) { link_.count_part(*this); }

}  // namespace

std::unique_ptr<ServerLink> make_zmtp_server_link(const std::vector<std::string>& endpoints,
                                                  const ServerLinkOptions& options, std::shared_ptr<Signal> activity,
                                                  const zmtp::TimeLimits& limits) {
  return std::make_unique<ZmtpServerLink>(endpoints, options, std::move(activity), limits);
}

}  // namespace hoiku::link
