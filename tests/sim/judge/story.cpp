#include "tests/sim/judge/story.hpp"

#include <fmt/format.h>

namespace hoiku::model {
namespace {

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " + ") + name;
  return text;
}

struct Describe {
  std::string operator()(const proto::Set& c) const {
    const char* verb = c.is_post ? "post" : "set";
    std::string text = fmt::format("#{} {} {} = {}", c.id, verb, c.topic, to_display_string(c.value));
    if (c.if_version) text += fmt::format(" if version {}", c.if_version->number);
    return text;
  }
  std::string operator()(const proto::Sets& c) const {
    std::string text = fmt::format("#{} {}", c.id, c.is_post ? "posts" : "sets");
    for (const proto::Sets::Name& name : c.names) text += fmt::format(" {} is {},", name.number, name.topic);
    c.for_each([&](proto::RequestId, std::uint32_t topic, const ValueView& value) {
      text += fmt::format(" {} = {}", topic, to_display_string(value.copy()));
      return true;
    });
    return text;
  }
  std::string operator()(const proto::Commit& c) const {
    std::string text = fmt::format("#{} commit", c.id);
    for (const proto::TopicWrite& write : c.writes) {
      text += fmt::format(" {} = {}", write.topic, to_display_string(write.value));
      if (write.if_version) text += fmt::format(" if version {}", write.if_version->number);
    }
    return text;
  }
  std::string operator()(const proto::Get& c) const { return fmt::format("#{} get {}", c.id, c.topic); }
  std::string operator()(const proto::List& c) const {
    return fmt::format("#{} list {} from {}", c.id, c.pattern, c.cursor);
  }
  std::string operator()(const proto::Subscribe& c) const {
    std::string text =
        fmt::format("#{} subscribe {}{}", c.id, c.mode == proto::Mode::every ? "every " : "", list(c.topics));
    if (c.filter) text += " where " + c.filter->key();
    if (c.interval.count() > 0) text += " once in " + seconds(c.interval);
    if (c.resume) text += fmt::format(" from revision {}", c.resume->revision);
    return text;
  }
  std::string operator()(const proto::Unsubscribe& c) const { return fmt::format("unsubscribe #{}", c.subscription); }
  std::string operator()(const proto::Renew& c) const {
    return fmt::format("#{} has taken {}", c.subscription, c.taken);
  }
  std::string operator()(const proto::Wait& c) const {
    std::string text = fmt::format("#{} wait {}: {}", c.id, c.topic, c.predicate ? c.predicate->key() : "any value");
    if (c.hold.count() > 0) text += " held for " + seconds(c.hold);
    if (c.expires_after.count() > 0) text += " given up after " + seconds(c.expires_after);
    return text;
  }
  std::string operator()(const proto::WaitTransition& c) const {
    std::string text =
        fmt::format("#{} wait for a transition of {}: {}", c.id, c.topic, c.predicate ? c.predicate->key() : "any");
    if (c.after) text += fmt::format(" after version {}", c.after->number);
    if (c.expires_after.count() > 0) text += " given up after " + seconds(c.expires_after);
    return text;
  }
  std::string operator()(const proto::CancelWait& c) const { return fmt::format("cancel wait #{}", c.wait); }
  std::string operator()(const proto::Declare& c) const {
    std::string text = fmt::format("#{} declare {}", c.id, c.topic);
    if (c.type != ValueType::null) text += fmt::format(" {} {}", to_string(c.type), c.message_type);
    if (c.deadline) text += " deadline " + seconds(*c.deadline);
    if (c.history) text += fmt::format(" history {}", *c.history);
    return text;
  }
  std::string operator()(const proto::Own& c) const {
    std::string text = fmt::format("#{} {} {}, last will {}", c.id, c.take_over ? "take over" : "own", c.topic,
                                   to_display_string(c.last_will));
    if (c.lasting.count() > 0) text += " for " + seconds(c.lasting);
    return text;
  }
  std::string operator()(const proto::Undeclare& c) const { return fmt::format("undeclare {}", c.topic); }
  std::string operator()(const proto::Release& c) const { return fmt::format("release #{}", c.lease); }
  std::string operator()(const proto::RegisterSchema& c) const {
    return fmt::format("#{} register {}", c.id, c.message_type);
  }
  std::string operator()(const proto::GetSchema& c) const {
    return fmt::format("#{} get schema {}", c.id, c.message_type);
  }
  std::string operator()(const proto::ListReaders& c) const {
    return fmt::format("#{} list readers from {}", c.id, c.cursor);
  }
  std::string operator()(const proto::Goodbye&) const { return "goodbye"; }

  std::string operator()(const proto::SetDone& a) const {
    return fmt::format("#{} {} version {}", a.id, a.changed ? "is" : "was already", a.version.number);
  }
  std::string operator()(const proto::CommitDone& a) const {
    std::string text = fmt::format("#{} makes revision {}:", a.id, a.revision);
    for (const auto& written : a.written)
      text += fmt::format(" {} {}", written.changed ? "version" : "already", written.version.number);
    return text;
  }
  std::string operator()(const proto::GetDone& a) const {
    return fmt::format("#{} got {}", a.id, describe(*a.current));
  }
  std::string operator()(const proto::ListDone& a) const {
    std::string text = fmt::format("#{} lists", a.id);
    for (const auto& row : a.rows) text += fmt::format(" {} (readers {})", describe(*row.current), row.readers);
    return text;
  }
  std::string operator()(const proto::WaitDone& a) const {
    return fmt::format("#{} matched {}", a.id, describe(*a.match));
  }
  std::string operator()(const proto::TransitionDone& a) const {
    return fmt::format("#{} changed from {} to {}", a.id, a.old_value ? to_display_string(*a.old_value) : "(unset)",
                       describe(*a.match));
  }
  std::string operator()(const proto::TransitionArmed& a) const {
    return fmt::format("#{} counts from version {}", a.id, a.version.number);
  }
  std::string operator()(const proto::Done& a) const { return fmt::format("#{} done", a.id); }
  std::string operator()(const proto::Owned& a) const {
    return fmt::format("#{} owns from version {}", a.id, a.version.number);
  }
  std::string operator()(const proto::SchemaDone& a) const {
    return fmt::format("#{} has a schema of {} bytes", a.id, a.files.size());
  }
  std::string operator()(const proto::ReadersDone& a) const {
    return fmt::format("#{} lists {} readers", a.id, a.rows.size());
  }
  std::string operator()(const proto::Failed& a) const {
    return fmt::format("#{} failed: {}", a.id, to_string(a.failure.code));
  }
};

void append(std::string& text, const std::string& part) { text += (text.empty() ? "" : "; ") + part; }

}  // namespace

std::string seconds(std::chrono::nanoseconds duration) {
  return fmt::format("{:.6f} s", static_cast<double>(duration.count()) / 1e9);
}

std::string describe(const Transition& t) {
  if (t.version.number == 0) return fmt::format("{} (never set)", t.topic);
  return fmt::format("{} = {} (version {}, revision {})", t.topic, to_display_string(t.value), t.version.number,
                     t.revision);
}

std::string describe(const proto::ClientFrame& frame) {
  std::string text;
  if (frame.hello) append(text, fmt::format("hello, connection {}", frame.connection_number));
  for (const auto& command : frame.commands) append(text, std::visit(Describe{}, command));
  if (text.empty()) text = "(nothing)";
  return fmt::format("[{}, ack {}] {}", frame.number, frame.acknowledged, text);
}

std::string describe(const proto::ServerFrame& frame) {
  std::string text;
  if (frame.welcome) append(text, frame.welcome->resumed ? "welcome back" : "welcome");
  if (frame.fatal) append(text, "fatal: " + frame.fatal->message);
  for (const auto& d : frame.deliveries) append(text, fmt::format("#{}: {}", d.subscription, describe(*d.transition)));
  for (const auto& e : frame.snapshot_ends)
    append(text, fmt::format("#{}: snapshot complete to {}", e.subscription, e.revision));
  for (const auto& answer : frame.answers) append(text, std::visit(Describe{}, answer));
  if (frame.complete_through != 0) append(text, fmt::format("complete to {}", frame.complete_through));
  if (text.empty()) text = "(nothing)";
  return fmt::format("[{}, ack {}] {}", frame.number, frame.acknowledged, text);
}

}  // namespace hoiku::model
