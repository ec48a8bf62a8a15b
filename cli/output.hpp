// output.hpp: the output lines of the inspector: for people, or one JSON object per line.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "cli/messages.hpp"
#include "hoiku/client/bus.hpp"
#include "hoiku/client/pattern_subscription.hpp"
#include "hoiku/proto/transition.hpp"

namespace hoiku::cli {

std::string_view mode_name(Mode mode);

// How values are shown.
struct ValueStyle {
  bool json = false;
  // On a terminal: the columns that one value may take, except in JSON. Empty: values are never cut, and value_line()
  // escapes nothing.
  std::optional<std::size_t> columns;
};

std::string set_line(const std::string& topic, const Value& value, const Version& version, ValueStyle style,
                     const Messages& messages = {});
std::string forget_line(const std::string& topic, bool json);
// The value alone. A text keeps its line breaks.
std::string value_line(const Transition& transition, ValueStyle style, const Messages& messages = {});
// The bytes of the value: of a string and of bytes the payload, of a message its serialised form, of other values the
// text that value_line() shows.
std::string value_bytes(const Value& value);
std::string ping_line(const std::string& endpoint, std::chrono::nanoseconds taken, bool json);
// The topic, or the reader, as JSON.
std::string topic_line(const TopicInfo& topic, const Messages& messages = {});
std::string reader_line(const ReaderInfo& reader);

// Whether a transition is worth a line. That of an unset topic that was unset before is not, unless transitions were
// missed in between.
bool has_news(const AnyTransition& transition);
// Time, topic, old -> new, version, and the numbers of skipped, lagged and filtered transitions.
std::string transition_line(const AnyTransition& transition, ValueStyle style, const Messages& messages = {});

}  // namespace hoiku::cli
