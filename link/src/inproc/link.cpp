#include "link/src/inproc/link.hpp"

#include <utility>

#include <fmt/core.h>

#include "hoiku/async/cancel_scope.hpp"
#include "hoiku/async/doorbell.hpp"
#include "hoiku/async/sleep.hpp"
#include "link/src/inproc/exchange.hpp"
#include "link/src/receive_next.hpp"

namespace hoiku::link {
namespace {

class InprocLink final : public Link {
 public:
  // Throws LinkClosed if no broker has that name.
  explicit InprocLink(const std::string& endpoint, const std::string& name)
      : bell_([this] {
          readable_.notify();
          writable_.notify();
        }) {
    exchange_ = InprocExchange::find(name);
    if (exchange_) connection_ = exchange_->connect(bell_.button());
    if (!connection_)
      throw LinkClosed(fmt::format("no broker listens at {}: no broker of this process has that name", endpoint));
  }
  ~InprocLink() override { exchange_->close(*connection_); }

  Task<std::string> receive() override { return receive_next(*this, readable_); }

  std::optional<std::string> try_receive() override {
    InprocExchange::Taken taken = exchange_->take(*connection_);
    if (taken.ended) throw LinkClosed(std::string(closed_by_peer));
    return std::move(taken.frame);
  }

  Task<> send(std::string frame) override {
    co_await checkpoint();
    for (;;) {
      const SendResult result = exchange_->send_up(connection_, frame);
      if (result == SendResult::sent) co_return;
      if (result == SendResult::closed) throw LinkClosed(std::string(closed_by_peer));
      co_await writable_.wait();
    }
  }

 private:
  static constexpr std::string_view closed_by_peer = "closed by the peer";

  Signal readable_;
  Signal writable_;
  std::shared_ptr<InprocExchange> exchange_;
  std::shared_ptr<InprocExchange::Connection> connection_;
  Doorbell bell_;
};

class InprocConnector final : public Connector {
 public:
  InprocConnector(std::string endpoint, std::string name) : endpoint_(std::move(endpoint)), name_(std::move(name)) {}

  std::string endpoint() const override { return endpoint_; }

  Task<std::unique_ptr<Link>> connect() override {
    co_await checkpoint();
    co_return std::make_unique<InprocLink>(endpoint_, name_);
  }

 private:
  std::string endpoint_;
  std::string name_;
};

class InprocServerLink final : public ServerLink {
 public:
  InprocServerLink(std::string endpoint, const std::string& name, std::size_t frame_bytes_max,
                   std::shared_ptr<Signal> activity)
      : endpoint_(std::move(endpoint)),
        activity_(std::move(activity)),
        bell_([this] { activity_->notify(); }),
        exchange_(InprocExchange::open(name, bell_.button(), frame_bytes_max)) {
    if (!exchange_)
      throw Error(ErrorCode::unavailable,
                  fmt::format("cannot listen at {}: another broker of this process has that name: choose another one",
                              endpoint_));
  }
  ~InprocServerLink() override {
    if (exchange_) exchange_->close();
  }

  std::vector<std::string> endpoints() const override { return {endpoint_}; }
  Signal& activity() override { return *activity_; }
  std::optional<Input> try_receive() override { return exchange_->take_input(); }
  SendResult offer(std::uint64_t peer, const MakeFrame& make) override { return exchange_->send_down(peer, make); }

 private:
  std::string endpoint_;
  std::shared_ptr<Signal> activity_;
  Doorbell bell_;
  std::shared_ptr<InprocExchange> exchange_;
};

}  // namespace

std::unique_ptr<Connector> make_inproc_connector(std::string endpoint, std::string name) {
  return std::make_unique<InprocConnector>(std::move(endpoint), std::move(name));
}

std::unique_ptr<ServerLink> make_inproc_server_link(std::string endpoint, const std::string& name,
                                                    std::size_t frame_bytes_max, std::shared_ptr<Signal> activity) {
  return std::make_unique<InprocServerLink>(std::move(endpoint), name, frame_bytes_max, std::move(activity));
}

}  // namespace hoiku::link
