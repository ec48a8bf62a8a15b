// output.hpp: how the inspector writes what it has seen: for people, or one JSON object a line.
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

// Writes one line to standard output, at once, with whatever bytes it has.
void print(const std::string& line);

// What strangers wrote, so that it breaks no line and does not speak to the terminal: control characters, and bytes that are
// no UTF-8, as \n, \t or \xNN.
std::string one_line(const std::string& said);

std::string set_line(const std::string& topic, const Value& value, const Version& version, bool json,
                     const Messages& messages = {});
std::string value_line(const Transition& transition, bool json, const Messages& messages = {});
std::string ping_line(const std::string& endpoint, std::chrono::nanoseconds taken, bool json);
std::string topic_line(const TopicInfo& topic, const Messages& messages = {});  // in JSON
std::string reader_line(const ReaderInfo& reader);                              // likewise
// Time, topic, old -> new, version, skipped, filtered.
// Not where a topic is unset and was: as a plain name is that nobody has set. But what was missed between the two is news.
bool has_news(const TopicChange& change);
std::string change_line(const TopicChange& change, bool json, const Messages& messages = {});

}  // namespace hoiku::cli
