#include "link/src/zmtp/null_mechanism.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "hoiku/proto/text.hpp"

namespace hoiku::link::zmtp {
namespace {

constexpr std::string_view socket_type = "Socket-Type";

class NullMechanism final : public Mechanism {
 public:
  explicit NullMechanism(Role role) noexcept : role_(role) {}

  std::string_view name() const override { return "NULL"; }
  bool is_server() const override { return role_ == Role::server; }

  std::optional<std::string> next_frame() override {
    if (std::exchange(is_ready_said_, true)) return {};
    std::string data;
    append_property(data, socket_type, is_server() ? "ROUTER" : "DEALER");
    return write_command("READY", data);
  }

  Result<> take(const Command& command) override {
    if (command.name == "ERROR") return refusal("it refuses the connection: " + error_reason(command.data));
    if (command.name != "READY")
      return refusal(fmt::format("it sends {} where READY is wanted", text::quote(command.name)));
    const auto properties = read_properties(command.data);
    if (!properties) return refusal("it sends a READY without proper properties");
    const auto found = std::find_if(properties->begin(), properties->end(), [](const Property& property) {
      return is_same_property(property.first, socket_type);
    });
    const std::string_view wanted = is_server() ? "DEALER" : "ROUTER";
    if (found == properties->end()) return refusal("it sends a READY without the type of its socket");
    if (found->second != wanted)
      return refusal(fmt::format("it is a socket of type {}; {} is wanted", text::quote(found->second), wanted));
    is_complete_ = true;
    return {};
  }

  bool is_complete() const override { return is_complete_; }

 private:
  static Failure refusal(std::string message) { return {ErrorCode::protocol_violation, std::move(message)}; }
  static std::string error_reason(std::string_view data) {
    return data.empty() ? "it gives no reason" : text::quote(data.substr(1));
  }

  Role role_;
  bool is_ready_said_ = false;
  bool is_complete_ = false;
};

}  // namespace

std::unique_ptr<Mechanism> make_null_mechanism(Role role) { return std::make_unique<NullMechanism>(role); }

}  // namespace hoiku::link::zmtp
