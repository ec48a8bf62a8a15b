#include <cstdio>

#include "cli/output.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace hoiku::cli {

Task<int> readers(Bus bus, bool json) {
  const std::vector<ReaderInfo> readers = co_await bus.readers();
  if (readers.empty()) std::fputs("hoiku: there are no readers\n", stderr);
  if (json) {
    for (const ReaderInfo& reader : readers) std::puts(reader_line(reader).c_str());
  } else if (!readers.empty()) {
    std::fputs(reader_table(readers).c_str(), stdout);
  }
  std::fflush(stdout);
  co_return done;
}

}  // namespace hoiku::cli
