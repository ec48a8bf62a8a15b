// The errors of a broker, as exceptions.
#include <gtest/gtest.h>

#include "client/src/bus/bus_core.hpp"
#include "hoiku/client/errors.hpp"

namespace hoiku::client {
namespace {

// A program prints its errors on a terminal, or into a log.
TEST(BrokerErrors, DoNotSpeakToTheTerminal) {
  for (const ErrorCode code : {ErrorCode::version_conflict, ErrorCode::type_mismatch, ErrorCode::unavailable}) {
    proto::Failed failed;
    failed.failure = Failure{code, "no\n\x1b[2J\u009b\u202e\xff"};
    try {
      throw_failure(failed);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_STREQ(error.what(), "no\\n\\x1b[2J\\x9b\\u202e\\xff");
    }
  }
}

}  // namespace
}  // namespace hoiku::client
