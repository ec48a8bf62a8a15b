#include "hoiku/proto/size.hpp"

#include <variant>

namespace hoiku::proto {
namespace {

// Bytes of tags, lengths, ids and versions around a command, an answer, a value or a node of a predicate.
constexpr std::size_t around = item_bytes_min;
constexpr std::size_t around_transition = 120;  // eight fields and the nested ones, each at its longest
constexpr std::size_t around_list_row = 24;
constexpr std::size_t around_reader_row = 160;
constexpr std::size_t around_written = item_bytes_min;  // a version, and whether it is new
constexpr std::size_t around_name = item_bytes_min;     // of a list of names

EncodedSize size_of_value(const Value& value) { return {value.payload_bytes(), around}; }

EncodedSize size_of_names(const std::vector<std::string>& names) {
  EncodedSize size{0, around_name * names.size()};
  for (const std::string& name : names) size.contents += name.size();
  return size;
}

EncodedSize size_of_node(const Predicate::Node& node) {
  EncodedSize size = size_of_value(node.literal) + size_of_names(node.path);
  size += {node.literal_text.size(), around};
  for (const Predicate::Node& child : node.children) size += size_of_node(child);
  return size;
}

EncodedSize size_of_predicate(const std::optional<Predicate>& predicate) {
  return predicate ? size_of_node(predicate->root()) : EncodedSize{};
}

// Sizes of commands and answers without the tags and the id around them. There is no fallback: a new command or answer
// does not compile before its contents are counted.
struct Contents {
  // ---- commands
  EncodedSize operator()(const Set& set) const {
    return EncodedSize{set.topic.size(), around} + size_of_value(set.value);
  }
  EncodedSize operator()(const Sets& sets) const {
    EncodedSize size{sets.values.size(), 2 * item_bytes_min * sets.topics.size() + around};
    for (const Sets::Name& name : sets.names) size += {name.topic.size(), around};
    return size;
  }
  EncodedSize operator()(const Commit& commit) const {
    EncodedSize size;
    for (const TopicWrite& write : commit.writes) size += size_of(write);
    return size;
  }
  EncodedSize operator()(const Get& get) const { return {get.topic.size()}; }
  EncodedSize operator()(const List& list) const { return {list.pattern.size()}; }
  EncodedSize operator()(const Subscribe& subscribe) const {
    return size_of_names(subscribe.topics) + size_of_predicate(subscribe.filter);
  }
  EncodedSize operator()(const Wait& wait) const {
    return EncodedSize{wait.topic.size()} + size_of_predicate(wait.predicate);
  }
  EncodedSize operator()(const WaitTransition& wait) const {
    return EncodedSize{wait.topic.size()} + size_of_predicate(wait.predicate);
  }
  EncodedSize operator()(const Declare& declare) const { return {declare.topic.size() + declare.message_type.size()}; }
  EncodedSize operator()(const Undeclare& undeclare) const { return {undeclare.topic.size()}; }
  EncodedSize operator()(const Own& own) const { return EncodedSize{own.topic.size()} + size_of_value(own.last_will); }
  EncodedSize operator()(const RegisterSchema& schema) const {
    return {schema.message_type.size() + schema.files.size()};
  }
  EncodedSize operator()(const GetSchema& schema) const { return {schema.message_type.size()}; }
  EncodedSize operator()(const ListReaders&) const { return {}; }
  EncodedSize operator()(const Unsubscribe&) const { return {}; }
  EncodedSize operator()(const Renew&) const { return {}; }
  EncodedSize operator()(const CancelWait&) const { return {}; }
  EncodedSize operator()(const Release&) const { return {}; }
  EncodedSize operator()(const Goodbye&) const { return {}; }

  // ---- answers
  EncodedSize operator()(const SetDone&) const { return {}; }
  EncodedSize operator()(const CommitDone& done) const { return {0, around_written * done.written.size()}; }
  EncodedSize operator()(const GetDone& got) const { return size_of(*got.current); }
  EncodedSize operator()(const WaitDone& done) const { return size_of(*done.match); }
  EncodedSize operator()(const TransitionDone& done) const {
    EncodedSize size = size_of(*done.match);
    if (done.old_value) size.contents += done.old_value->payload_bytes();
    return size;
  }
  EncodedSize operator()(const TransitionArmed&) const { return {}; }
  EncodedSize operator()(const ListDone& list) const {
    EncodedSize size;
    for (const ListRow& row : list.rows) size += size_of(row);
    return size;
  }
  EncodedSize operator()(const Done&) const { return {}; }
  EncodedSize operator()(const Owned&) const { return {}; }
  EncodedSize operator()(const SchemaDone& schema) const { return {schema.files.size()}; }
  EncodedSize operator()(const ReadersDone& readers) const {
    EncodedSize size;
    for (const ReaderRow& row : readers.rows) size += size_of(row);
    return size;
  }
  EncodedSize operator()(const Failed& failed) const { return {failed.failure.message.size()}; }
};

}  // namespace

EncodedSize transition_size(std::size_t topic, std::size_t writer, std::size_t payload) noexcept {
  return {topic + writer + payload, around_transition};
}

EncodedSize size_of(const Transition& transition) {
  return transition_size(transition.topic.size(), transition.writer.size(), transition.value.payload_bytes());
}

EncodedSize delivery_size(const Transition& transition) { return size_of(transition) + EncodedSize{0, around}; }

EncodedSize size_of(const TopicWrite& write) {
  return EncodedSize{write.topic.size(), 2 * around} + size_of_value(write.value);
}

EncodedSize size_of(const ListRow& row) { return size_of(*row.current) + EncodedSize{0, around_list_row}; }

EncodedSize size_of(const ReaderRow& row) {
  return EncodedSize{row.client.size() + row.session.size() + row.filter.size(), around_reader_row} +
         size_of_names(row.topics);
}

EncodedSize size_of(const Command& command) { return std::visit(Contents(), command) + EncodedSize{0, around}; }

EncodedSize size_of(const Answer& answer) { return std::visit(Contents(), answer) + EncodedSize{0, around}; }

}  // namespace hoiku::proto
