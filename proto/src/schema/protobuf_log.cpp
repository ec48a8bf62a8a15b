#include "proto/src/schema/protobuf_log.hpp"

#include <google/protobuf/stubs/logging.h>  // gone in Protobuf 22, which logs through Abseil

namespace hoiku::schema {

std::shared_ptr<const void> silence_protobuf() { return std::make_shared<const google::protobuf::LogSilencer>(); }

}  // namespace hoiku::schema
