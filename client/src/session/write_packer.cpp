#include "client/src/session/write_packer.hpp"

#include <algorithm>
#include <utility>

#include "hoiku/proto/size.hpp"

namespace hoiku::client {
namespace {

// A command of this size fits into a frame of any broker, which has 64 KiB at least, with a name for each write.
constexpr std::size_t writes_max = 64;
constexpr std::size_t bytes_max = std::size_t{16} << 10;
constexpr std::size_t value_overhead = 4;  // around the payload of most values

// Whether a write with this id may be added.
bool continues(const proto::Sets& sets, proto::RequestId id, bool is_post) noexcept {
  return sets.is_post == is_post && sets.id + sets.size() == id;
}

proto::Sets& begin_sets(proto::Command& command, proto::RequestId id, bool is_post) {
  auto& sets = command.emplace<proto::Sets>();
  sets.id = id;
  sets.is_post = is_post;
  return sets;
}

}  // namespace

bool WritePacker::queue_post(CommandQueue& queue, proto::RequestId id, const std::string& topic,
                             const ValueView& value) {
  const std::size_t bytes = value.payload_bytes();
  const std::uint32_t number = bytes > bytes_max ? 0 : numbers_.number_of(topic);
  if (number == 0) return false;
  proto::Sets* sets = queue.last_sets();
  if (sets == nullptr || !continues(*sets, id, true) || sets->size() >= writes_max ||
      sets->values.size() + bytes > bytes_max) {
    // A program that posts once mostly posts again at once.
    proto::Command command;
    proto::Sets& begun = begin_sets(command, id, true);
    begun.topics.reserve(writes_max);
    begun.lengths.reserve(writes_max);
    begun.values.reserve(std::min(8 * (bytes + value_overhead), bytes_max));
    queue.push(id, std::move(command));
    sets = queue.last_sets();
  }
  sets->add(number, value);
  return true;
}

void WritePacker::append(std::vector<proto::Command>& commands, proto::Command command) {
  const auto* set = std::get_if<proto::Set>(&command);
  const bool is_plain = set != nullptr && !set->if_version && !set->source_time;
  const std::uint32_t number = is_plain ? numbers_.number_of(set->topic) : 0;
  if (number == 0) {
    commands.push_back(std::move(command));
    return;
  }
  auto* sets = commands.empty() ? nullptr : std::get_if<proto::Sets>(&commands.back());
  if (sets == nullptr || !continues(*sets, set->id, set->is_post))
    sets = &begin_sets(commands.emplace_back(), set->id, set->is_post);
  sets->add(number, set->value);
}

void WritePacker::tell_names(std::vector<proto::Command>& commands) {
  for (proto::Command& command : commands) {
    if (auto* sets = std::get_if<proto::Sets>(&command)) numbers_.tell(*sets);
  }
}

std::size_t WritePacker::bytes_of(const proto::Command& command) const {
  const auto* sets = std::get_if<proto::Sets>(&command);
  return proto::size_of(command).bound() + (sets == nullptr ? 0 : numbers_.untold_bytes(*sets));
}

}  // namespace hoiku::client
