#include "client/src/session/command_size.hpp"

namespace hoiku::client {
namespace {

// Tags, lengths, ids and versions of any one command or node take less than this.
constexpr std::size_t fixed_bytes = 64;

std::size_t value_bytes(const Value& value) { return fixed_bytes + value.payload_bytes(); }

std::size_t node_bytes(const Predicate::Node& node) {
  std::size_t bytes = fixed_bytes + value_bytes(node.literal) + node.literal_text.size();
  for (const std::string& field : node.path) bytes += field.size() + 8;
  for (const Predicate::Node& child : node.children) bytes += node_bytes(child);
  return bytes;
}

class Measure {
 public:
  std::size_t operator()(const proto::Set& set) const { return write_bytes(set); }
  std::size_t operator()(const proto::Commit& commit) const {
    std::size_t bytes = fixed_bytes;
    for (const proto::Write& write : commit.writes) bytes += write_bytes(write);
    return bytes;
  }
  std::size_t operator()(const proto::Get& get) const { return fixed_bytes + get.topic.size(); }
  std::size_t operator()(const proto::List& list) const { return fixed_bytes + list.pattern.size(); }
  std::size_t operator()(const proto::Subscribe& subscribe) const {
    std::size_t bytes = fixed_bytes;
    for (const std::string& topic : subscribe.topics) bytes += topic.size() + 8;
    return bytes + (subscribe.filter ? node_bytes(subscribe.filter->root()) : 0);
  }
  std::size_t operator()(const proto::Declare& declare) const {
    return fixed_bytes + declare.topic.size() + declare.message_type.size();
  }
  std::size_t operator()(const proto::Own& own) const {
    return fixed_bytes + own.topic.size() + value_bytes(own.last_will);
  }
  std::size_t operator()(const proto::RegisterSchema& schema) const {
    return fixed_bytes + schema.message_type.size() + schema.files.size();
  }
  std::size_t operator()(const proto::GetSchema& schema) const { return fixed_bytes + schema.message_type.size(); }
  std::size_t operator()(const proto::Wait& wait) const { return waiter_bytes(wait.topic, wait.predicate); }
  std::size_t operator()(const proto::WaitTransition& wait) const { return waiter_bytes(wait.topic, wait.predicate); }
  std::size_t operator()(const auto&) const { return fixed_bytes; }

 private:
  static std::size_t write_bytes(const auto& write) {
    return 2 * fixed_bytes + write.topic.size() + value_bytes(write.value);
  }
  static std::size_t waiter_bytes(const std::string& topic, const std::optional<Predicate>& predicate) {
    return fixed_bytes + topic.size() + (predicate ? node_bytes(predicate->root()) : 0);
  }
};

}  // namespace

std::size_t encoded_bytes_bound(const proto::Command& command) { return std::visit(Measure(), command); }

}  // namespace hoiku::client
