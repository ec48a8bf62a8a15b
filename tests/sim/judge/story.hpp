// story.hpp: prints frames for people to read, one line each.
#pragma once

#include <string>

#include "hoiku/proto/message.hpp"

namespace hoiku::model {

std::string describe(const proto::ClientFrame& frame);
std::string describe(const proto::ServerFrame& frame);
std::string describe(const Transition& transition);
std::string seconds(std::chrono::nanoseconds duration);

}  // namespace hoiku::model
