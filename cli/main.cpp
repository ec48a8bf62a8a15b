// main.cpp: hoiku, the topic inspector. Each error is one line on stderr.
#include <cstdio>

#include "cli/verbs.hpp"

namespace {

using namespace hoiku;

int report(const std::exception& error) {
  std::fprintf(stderr, "hoiku: %s\n", error.what());
  if (dynamic_cast<const VersionConflict*>(&error)) return cli::conflict;
  const auto* known = dynamic_cast<const Error*>(&error);
  const bool usage =
      known && (known->code() == ErrorCode::invalid_topic || known->code() == ErrorCode::invalid_predicate ||
                known->code() == ErrorCode::invalid_argument);
  return usage ? cli::usage : cli::failed;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = cli::parse_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  try {
    return run(cli::execute, std::get<cli::Options>(parsed));
  } catch (const Cancelled& cancelled) {
    return cancelled.reason().source == CancelSource::keyboard_interrupt ? cli::interrupted : cli::terminated;
  } catch (const ExceptionGroup& errors) {
    int status = cli::failed;
    errors.for_each_leaf([&](const std::exception& error) { status = report(error); });
    return status;
  } catch (const std::exception& error) {
    return report(error);
  }
}
