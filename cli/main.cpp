// main.cpp: hoiku, the topic inspector. Each error is one line on stderr.
#include <csignal>
#include <cstdio>

#include "cli/standard_output.hpp"
#include "cli/verbs.hpp"
#include "hoiku/async/signals.hpp"
#include "hoiku/proto/text.hpp"

namespace {

using namespace hoiku;

int status_of(CancelSource signal) {
  if (signal == CancelSource::keyboard_interrupt) return cli::interrupted;
  return signal == CancelSource::hangup ? cli::hung_up : cli::terminated;
}

void tell(const std::string& sentence) { std::fprintf(stderr, "hoiku: %s\n", text::one_line(sentence).c_str()); }

// SIGPIPE, which is ignored while the program runs: it ends with a goodbye to the broker, and only then as all programs
// whose reader has gone.
class ReaderGone {
 public:
  ReaderGone() : inherited_(std::signal(SIGPIPE, SIG_IGN)) {}
  void end_the_program() const {
    std::signal(SIGPIPE, inherited_);
    std::raise(SIGPIPE);
  }

 private:
  void (*inherited_)(int);
};

int report(const std::exception& error, const ReaderGone& reader_gone) {
  const auto* unwritten = dynamic_cast<const cli::CannotWrite*>(&error);
  if (unwritten != nullptr && unwritten->is_reader_gone()) reader_gone.end_the_program();
  tell(error.what());
  if (dynamic_cast<const VersionConflict*>(&error)) return cli::conflict;
  const auto* known = dynamic_cast<const Error*>(&error);
  const bool usage =
      known && (known->code() == ErrorCode::invalid_topic || known->code() == ErrorCode::invalid_predicate ||
                known->code() == ErrorCode::invalid_argument);
  return usage ? cli::usage : cli::failed;
}

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_descriptors();
  const auto parsed = cli::parse_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& options = std::get<cli::Options>(parsed);
  if (!options.hint.empty()) tell(options.hint);
  const ReaderGone reader_gone;
  try {
    return run(cli::execute, options);
  } catch (const Cancelled& cancelled) {
    return status_of(cancelled.reason().source);
  } catch (const ExceptionGroup& errors) {
    int status = cli::failed;
    errors.for_each_leaf([&](const std::exception& error) { status = report(error, reader_gone); });
    return status;
  } catch (const std::exception& error) {
    return report(error, reader_gone);
  }
}
