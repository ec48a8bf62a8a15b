#include "broker/core/state.hpp"

#include <array>
#include <new>
#include <vector>

#include "hoiku/proto/change.hpp"
#include "hoiku/proto/size.hpp"

namespace hoiku::broker {
namespace {

// AddressSanitizer sees a use after the end only if the memory is given back.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool is_used = false;
#else
constexpr bool is_used = true;
#endif

// The memory of records that are gone, by size. A history makes and destroys records of the same sizes all the time,
// many at once, which malloc does several times more slowly.
class RecordMemory {
 public:
  static thread_local bool is_gone;  // of this thread

  RecordMemory() = default;
  RecordMemory(const RecordMemory&) = delete;
  RecordMemory& operator=(const RecordMemory&) = delete;
  ~RecordMemory() {
    is_gone = true;
    for (Class& blocks : classes_) {
      while (blocks.first != nullptr) ::operator delete(std::exchange(blocks.first, blocks.first->next));
    }
  }

  void* take(std::size_t bytes) {
    if (!is_used) return ::operator new(bytes);
    const std::size_t number = class_of(bytes);
    if (number >= classes) return ::operator new(bytes);
    Class& blocks = classes_[number];
    if (blocks.first == nullptr) return ::operator new((number + 1) * step);
    --blocks.size;
    return std::exchange(blocks.first, blocks.first->next);
  }
  void give_back(void* memory, std::size_t bytes) noexcept {
    const std::size_t number = class_of(bytes);
    // A state of a static object outlives the thread's memory.
    if (!is_used || is_gone || number >= classes || classes_[number].size * (number + 1) * step >= class_bytes_max)
      return ::operator delete(memory);
    Class& blocks = classes_[number];
    blocks.first = new (memory) Block{blocks.first};
    ++blocks.size;
  }

 private:
  struct Block {
    Block* next;
  };
  struct Class {
    Block* first = nullptr;
    std::size_t size = 0;
  };
  static constexpr std::size_t step = 32;
  static constexpr std::size_t classes = 20;
  static constexpr std::size_t class_bytes_max = std::size_t{256} << 10;
  static std::size_t class_of(std::size_t bytes) noexcept { return (bytes - 1) / step; }

  std::array<Class, classes> classes_;
};

thread_local bool RecordMemory::is_gone = false;
thread_local RecordMemory memory;
thread_local std::vector<State> copied;  // those that have a copy

}  // namespace

State State::make(StateParts&& parts, const State& before) {
  proto::Change change;
  change.value = parts.value;
  change.quality = parts.quality;
  change.source_time = parts.source_time;
  if (before) {
    change.revision_step = parts.revision - before->revision_;
    change.time_step = parts.changed_at - before->changed_at_;
  }
  if (!before || !parts.writer.is_same_as(before->writer_)) change.writer = parts.writer.text();
  const proto::ChangeWriter writer(change);
  const std::size_t bytes = writer.bytes();
  void* const block = memory.take(sizeof(StateRecord) + bytes);
  const ValueView value = writer.write(static_cast<char*>(block) + sizeof(StateRecord));
  State made;
  made.record_ = new (block) StateRecord(std::move(parts), value, static_cast<std::uint32_t>(bytes));
  return made;
}

// `value` is the one of the change, which is written behind the record.
StateRecord::StateRecord(StateParts&& parts, const ValueView& value, std::uint32_t change_bytes) noexcept
    : change_bytes_(change_bytes),
      topic_(std::move(parts.topic)),
      writer_(std::move(parts.writer)),
      version_(parts.version),
      revision_(parts.revision),
      changed_at_(parts.changed_at),
      bits_(value.bits),
      payload_bytes_(static_cast<std::uint32_t>(value.payload_bytes())),
      type_(value.type),
      quality_(parts.quality),
      has_source_time_(parts.source_time.has_value()) {
  if (has_source_time_) source_time_us_ = parts.source_time->time_since_epoch().count();
  const proto::EncodedSize size = proto::transition_size(topic().size(), writer().size(), payload_bytes_);
  bound_ = static_cast<std::uint32_t>(size.bound());
  if (!value.content.empty()) bits_ = static_cast<std::uint64_t>(value.content.data() - bytes());
  if (value.type_name.empty()) return;
  type_name_bytes_ = static_cast<std::uint32_t>(value.type_name.size());
  type_name_at_ = static_cast<std::uint32_t>(value.type_name.data() - bytes());
}

void State::destroy(const StateRecord* record) noexcept {
  const std::size_t bytes = sizeof(StateRecord) + record->change_bytes_;
  record->~StateRecord();
  memory.give_back(const_cast<StateRecord*>(record), bytes);
}

ValueView StateRecord::view() const noexcept {
  ValueView value;
  value.type = type_;
  if (type_ < ValueType::string) {
    value.bits = bits_;
    return value;
  }
  value.type_name = {bytes() + type_name_at_, type_name_bytes_};
  value.content = {bytes() + bits_, payload_bytes_ - type_name_bytes_};
  return value;
}

std::optional<WallTime> StateRecord::source_time() const noexcept {
  if (!has_source_time_) return std::nullopt;
  return WallTime(std::chrono::microseconds(source_time_us_));
}

const std::shared_ptr<const Transition>& StateRecord::transition() const {
  if (transition_) return transition_;
  auto made = std::make_shared<Transition>();
  made->topic = topic();
  made->version = version_;
  made->revision = revision_;
  made->value = view().copy();
  made->changed_at = changed_at_;
  made->writer = writer();
  made->quality = quality_;
  made->source_time = source_time();
  transition_ = std::move(made);
  State shared;
  shared.record_ = this;
  ++owners_;
  copied.push_back(std::move(shared));
  return transition_;
}

void release_copies() noexcept {
  for (const State& state : copied) state->transition_.reset();
  copied.clear();
}

}  // namespace hoiku::broker
