// output.hpp: the output lines of the inspector: for people, or one JSON object per line.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "cli/messages.hpp"
#include "hoiku/client/bus.hpp"
#include "hoiku/client/pattern_subscription.hpp"
#include "hoiku/proto/transition.hpp"

namespace hoiku::cli {

std::string_view quality_name(Quality quality);
std::string_view mode_name(Mode mode);

// Writes one line to standard output and flushes it. The line may have any bytes.
void print(const std::string& line);

// Escapes untrusted text so that it stays on one line and cannot control the terminal: control characters, and bytes
// that are not UTF-8, become \n, \t or \xNN.
std::string one_line(const std::string& text);

std::string set_line(const std::string& topic, const Value& value, const Version& version, bool json,
                     const Messages& messages = {});
std::string value_line(const Transition& transition, bool json, const Messages& messages = {});
std::string ping_line(const std::string& endpoint, std::chrono::nanoseconds taken, bool json);
// The topic, or the reader, as JSON.
std::string topic_line(const TopicInfo& topic, const Messages& messages = {});
std::string reader_line(const ReaderInfo& reader);

// Whether a transition is worth a line. That of an unset topic that was unset before is not, unless transitions were
// missed in between.
bool has_news(const AnyTransition& transition);
// Time, topic, old -> new, version, and the numbers of skipped, lagged and filtered transitions.
std::string transition_line(const AnyTransition& transition, bool json, const Messages& messages = {});

}  // namespace hoiku::cli
