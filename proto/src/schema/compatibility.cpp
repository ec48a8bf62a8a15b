// compatibility.cpp: compares two versions of a schema by the rules of "Updating a message type" in Protobuf's
// documentation.
//
// Both directions count: old programs read what new ones wrote, and the other way round.
#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "hoiku/proto/text.hpp"
#include "proto/src/schema/shape.hpp"

namespace hoiku::schema {
namespace {

// Types of one family can read each other's encoding.
int family_of(const FieldShape& field) {
  switch (field.type) {
    case FieldType::boolean:
    case FieldType::int32:
    case FieldType::int64:
    case FieldType::uint32:
    case FieldType::uint64:
    case FieldType::enumeration:
      return 1;
    case FieldType::sint32:
    case FieldType::sint64:
      return 2;
    case FieldType::fixed32:
    case FieldType::sfixed32:
      return 3;
    case FieldType::fixed64:
    case FieldType::sfixed64:
      return 4;
    case FieldType::string:
    case FieldType::bytes:
      return 5;
    default:
      return 100 + static_cast<int>(field.type);  // float, double, messages and groups stand alone
  }
}

// Finds a message that the root leads to, or led to in an older version.
const MessageShape* find_ever(const Shape& shape, const std::string& name) {
  for (const auto* messages : {&shape.messages, &shape.unreachable}) {
    if (const auto found = messages->find(name); found != messages->end()) return &found->second;
  }
  return nullptr;
}

// The newest field of each number, retired ones included.
std::map<std::int32_t, const FieldShape*> newest_of(const MessageShape& message) {
  std::map<std::int32_t, const FieldShape*> newest;
  for (const auto& [name, field] : message.fields) newest.emplace(field.number, &field);
  for (const FieldShape& field : message.retired) newest.emplace(field.number, &field);
  return newest;
}

class Comparison {
 public:
  Comparison(const Shape& older, const Shape& newer) : older_(older), newer_(newer) {}

  Result<void> all() {
    for (const auto& [name, message] : newer_.messages) {
      const MessageShape* before = find_ever(older_, name);
      if (before == nullptr) continue;
      if (auto ok = messages(*before, message); !ok) return ok;
    }
    return {};
  }

 private:
  struct Pair {
    const FieldShape* before;
    const FieldShape* now;
  };

  Result<void> messages(const MessageShape& before, const MessageShape& now) {
    std::map<std::int32_t, const FieldShape*> numbers;
    for (const auto& [name, field] : now.fields) numbers.emplace(field.number, &field);
    for (const auto& [name, field] : before.fields) {
      if (field.is_required && !numbers.contains(field.number)) {
        return refused(now, field, "is required, so old programs cannot read a message without it: keep it");
      }
    }
    const std::map<std::int32_t, const FieldShape*> known = newest_of(before);
    std::vector<Pair> common;
    for (const auto& [number, field] : numbers) {
      const auto before_it = known.find(number);
      if (before_it != known.end()) {
        if (auto ok = fields(now, *before_it->second, *field); !ok) return ok;
        common.push_back(Pair{before_it->second, field});
      } else if (field->is_required) {
        return refused(now, *field, "is new and required, so new programs cannot read old messages: make it optional");
      }
    }
    return oneofs(now, common);
  }

  Result<void> fields(const MessageShape& in, const FieldShape& before, const FieldShape& now) {
    const bool is_same = before.is_map == now.is_map && family_of(before) == family_of(now) &&
                         before.is_required == now.is_required && is_one_type(before, now) &&
                         (before.is_repeated == now.is_repeated || may_be_repeated(before));
    if (!is_same) {
      const std::string was = before.name == now.name ? "" : text::quote(before.name) + " ";
      return refused(in, now,
                     "was " + was + "of type " + text::quote(type_text(before, older_)) + " and is of type " +
                         text::quote(type_text(now, newer_)) +
                         " now, so old and new programs cannot read each other's messages: use a new field number");
    }
    if (!now.is_map) return {};
    const MessageShape* entry_before = find_ever(older_, before.type_name);
    const MessageShape* entry_now = find_ever(newer_, now.type_name);
    // Entries under an unchanged name are compared as messages anyway.
    if (before.type_name == now.type_name || entry_before == nullptr || entry_now == nullptr) return {};
    return messages(*entry_before, *entry_now);
  }

  // An enumeration may become an integer. A field that stays a message or an enumeration keeps its type.
  static bool is_one_type(const FieldShape& before, const FieldShape& now) {
    if (before.type != now.type || now.is_map) return true;
    return before.type_name == now.type_name;
  }

  // A reader of a single field takes the last of many, and these types are never packed.
  static bool may_be_repeated(const FieldShape& field) {
    return field.type == FieldType::string || field.type == FieldType::bytes || field.type == FieldType::message;
  }

  // Two fields of one oneof exclude each other, so both have to be in one before and after, or neither. A field that
  // was retired in between counts too: programs that do not know the field pass on what an old program has set.
  Result<void> oneofs(const MessageShape& in, const std::vector<Pair>& common) {
    if (const FieldShape* field = torn(common, &Pair::now, &Pair::before)) {
      return refused(in, *field,
                     "has moved into a oneof with fields that could be set together with it: use new field numbers");
    }
    if (const FieldShape* field = torn(common, &Pair::before, &Pair::now)) {
      return refused(in, *field, "has moved out of a oneof that old programs still have: use a new field number");
    }
    return {};
  }

  // Finds a field that is in one group with another field here, and not there.
  static const FieldShape* torn(const std::vector<Pair>& common, const FieldShape* Pair::*here,
                                const FieldShape* Pair::*there) {
    std::map<int, int> counterparts;
    for (const Pair& pair : common) {
      const int own = (pair.*here)->exclusive_group;
      if (own < 0) continue;
      const int other = (pair.*there)->exclusive_group;
      const auto [first, is_new] = counterparts.emplace(own, other);
      if (!is_new && (other < 0 || other != first->second)) return pair.now;
    }
    return nullptr;
  }

  static Failure refused(const MessageShape& in, const FieldShape& field, const std::string& why) {
    return Failure{ErrorCode::type_mismatch, "the new schema of " + text::quote(in.name) +
                                                 " is not compatible: field " + std::to_string(field.number) + ", " +
                                                 text::quote(field.name) + ", " + why};
  }

  const Shape& older_;
  const Shape& newer_;
};

// The properties that programs know a field by.
using Identity = std::tuple<std::int32_t, FieldType, std::string_view>;
Identity identity_of(const FieldShape& field) { return {field.number, field.type, field.name}; }

std::set<Identity> identities_of(const MessageShape& message) {
  std::set<Identity> all;
  for (const auto& [name, field] : message.fields) all.insert(identity_of(field));
  for (const FieldShape& field : message.retired) all.insert(identity_of(field));
  return all;
}

// Maps the exclusive groups of the older version to the numbers of the newer one: first its oneofs, then groups that
// have no oneof any more.
class GroupMapping {
 public:
  GroupMapping(const MessageShape& before, MessageShape& now) {
    for (const auto& [name, field] : now.fields) next_ = std::max(next_, field.exclusive_group + 1);
    const std::map<std::int32_t, const FieldShape*> known = newest_of(before);
    for (auto& [name, field] : now.fields) {
      const auto found = known.find(field.number);
      if (found == known.end() || found->second->exclusive_group < 0) continue;
      // A field that has left its oneof has left it alone: the other fields still exclude it.
      if (field.exclusive_group < 0) field.exclusive_group = next_++;
      now_.emplace(found->second->exclusive_group, field.exclusive_group);
    }
  }

  int of(int group_before) {
    if (group_before < 0) return group_before;
    const auto [found, is_new] = now_.emplace(group_before, next_);
    if (is_new) ++next_;
    return found->second;
  }

 private:
  std::map<int, int> now_;  // by the group before
  int next_ = 0;
};

// Adds to `now` the fields that only `before` has or remembers, earlier names and types of a number included.
void remember(const MessageShape& before, MessageShape& now) {
  std::set<Identity> known = identities_of(now);
  std::vector<FieldShape> more;  // not yet in `now.retired`, which must not move: `known` refers to its names
  GroupMapping groups(before, now);
  const auto keep = [&](const FieldShape& field) {
    if (!known.insert(identity_of(field)).second) return;
    more.push_back(field);
    more.back().exclusive_group = groups.of(field.exclusive_group);
  };
  for (const auto& [name, field] : before.fields) keep(field);
  for (const FieldShape& field : before.retired) keep(field);
  std::move(more.begin(), more.end(), std::back_inserter(now.retired));
}

void remember_names(const Shape& older, Shape& newer) {
  const auto keep = [&](const std::string& of, const std::string& name, std::int32_t number) {
    const auto still = newer.enums.find(of);
    if (still != newer.enums.end()) {
      const auto& numbers = still->second->numbers;
      if (const auto own = numbers.find(name); own != numbers.end() && own->second == number) return;
    }
    newer.retired_names[of].emplace(name, number);
  };
  for (const auto& [of, names] : older.enums) {
    for (const auto& [name, number] : names->numbers) keep(of, name, number);
  }
  for (const auto& [of, names] : older.retired_names) {
    for (const auto& [name, number] : names) keep(of, name, number);
  }
}

}  // namespace

Result<void> check_compatible(const Shape& older, const Shape& newer) { return Comparison(older, newer).all(); }

void remember(const Shape& older, Shape& newer) {
  for (const auto* messages : {&older.messages, &older.unreachable}) {
    for (const auto& [name, message] : *messages) {
      const auto still = newer.messages.find(name);
      if (still == newer.messages.end()) {
        newer.unreachable.emplace(name, message);
      } else {
        remember(message, still->second);
      }
    }
  }
  remember_names(older, newer);
}

namespace {

bool knows_name(const Shape& shape, const std::string& of, const std::string& name, std::int32_t number) {
  if (const auto own = shape.enums.find(of); own != shape.enums.end()) {
    const auto found = own->second->numbers.find(name);
    if (found != own->second->numbers.end() && found->second == number) return true;
  }
  const auto retired = shape.retired_names.find(of);
  return retired != shape.retired_names.end() && retired->second.contains({name, number});
}

}  // namespace

bool covers(const Shape& shape, const Shape& other) {
  for (const auto& [name, message] : other.messages) {
    const MessageShape* own = find_ever(shape, name);
    if (own == nullptr) return false;
    const std::set<Identity> known = identities_of(*own);
    for (const auto& [field_name, field] : message.fields) {
      if (!known.contains(identity_of(field))) return false;
    }
  }
  for (const auto& [of, names] : other.enums) {
    for (const auto& [name, number] : names->numbers) {
      if (!knows_name(shape, of, name, number)) return false;
    }
  }
  return true;
}

}  // namespace hoiku::schema
