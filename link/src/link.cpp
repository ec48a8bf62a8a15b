#include "hoiku/link/link.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "hoiku/link/endpoint.hpp"
#include "link/src/inproc/link.hpp"
#include "link/src/zmq/link.hpp"
#include "link/src/zmtp/link.hpp"

namespace hoiku::link {
namespace {

Endpoint require_endpoint(const std::string& text, EndpointUse use) {
  Result<Endpoint> parsed = parse_endpoint(text, use);
  if (!parsed) throw Error(parsed.failure());
  return std::move(*parsed);
}

// Joins several links: they share one activity, and receive in turns. A peer's number says to which link it belongs.
class JoinedServerLink final : public ServerLink {
 public:
  JoinedServerLink(std::vector<std::unique_ptr<ServerLink>> links, std::shared_ptr<Signal> activity)
      : activity_(std::move(activity)), links_(std::move(links)) {}

  Signal& activity() override { return *activity_; }

  std::vector<std::string> endpoints() const override {
    std::vector<std::string> all;
    for (const auto& link : links_) {
      for (std::string& endpoint : link->endpoints()) all.push_back(std::move(endpoint));
    }
    return all;
  }

  std::optional<Input> try_receive() override {
    for (std::size_t left = links_.size(); left > 0; --left) {
      const std::size_t turn = turn_;
      turn_ = (turn_ + 1) % links_.size();
      std::optional<Input> input = links_[turn]->try_receive();
      if (!input) continue;
      input->peer = input->peer * links_.size() + turn;
      return input;
    }
    return std::nullopt;
  }

  SendResult offer(std::uint64_t peer, const MakeFrame& make) override {
    return links_[peer % links_.size()]->offer(peer / links_.size(), make);
  }

  void drop(std::uint64_t peer) override { links_[peer % links_.size()]->drop(peer / links_.size()); }

  void flush() override {
    for (const auto& link : links_) link->flush();
  }

  std::vector<Note> take_notes() override {
    std::vector<Note> all;
    for (const auto& link : links_) std::ranges::move(link->take_notes(), std::back_inserter(all));
    return all;
  }

  std::string address_of(std::uint64_t peer) const override {
    return links_[peer % links_.size()]->address_of(peer / links_.size());
  }

 private:
  std::shared_ptr<Signal> activity_;
  std::vector<std::unique_ptr<ServerLink>> links_;
  std::size_t turn_ = 0;
};

}  // namespace

std::unique_ptr<Connector> make_connector(const std::string& endpoint, LinkKind kind) {
  Endpoint parsed = require_endpoint(endpoint, EndpointUse::connect);
  if (parsed.kind == Endpoint::Kind::inproc) return make_inproc_connector(endpoint, std::move(parsed.path));
  return kind == LinkKind::zmtp ? make_zmtp_connector(endpoint, std::move(parsed))
                                : make_zmq_connector(endpoint, std::move(parsed));
}

std::unique_ptr<ServerLink> make_server_link(const std::vector<std::string>& endpoints,
                                             const ServerLinkOptions& options) {
  const auto activity = std::make_shared<Signal>();
  std::vector<std::unique_ptr<ServerLink>> links;
  std::vector<std::string> outer;
  for (const std::string& text : endpoints) {
    const Endpoint parsed = require_endpoint(text, EndpointUse::listen);
    if (parsed.kind == Endpoint::Kind::inproc) {
      links.push_back(make_inproc_server_link(text, parsed.path, options.frame_bytes_max, activity));
    } else {
      outer.push_back(text);
    }
  }
  if (!outer.empty())
    links.push_back(options.kind == LinkKind::zmtp ? make_zmtp_server_link(outer, options, activity)
                                                   : make_zmq_server_link(outer, options, activity));
  if (links.empty()) throw Error(ErrorCode::invalid_argument, "a broker needs at least one endpoint to listen at");
  if (links.size() == 1) return std::move(links.front());
  return std::make_unique<JoinedServerLink>(std::move(links), activity);
}

}  // namespace hoiku::link
