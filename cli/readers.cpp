#include <cstdio>

#include "cli/output.hpp"
#include "cli/standard_output.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace hoiku::cli {

Task<Answer> readers(Bus bus, bool json) {
  const std::vector<ReaderInfo> readers = co_await bus.readers();
  if (readers.empty()) std::fputs("hoiku: there are no readers\n", stderr);
  Answer answer;
  if (json) {
    for (const ReaderInfo& reader : readers) answer.output += reader_line(reader) + "\n";
  } else if (!readers.empty()) {
    answer.output = reader_table(readers, terminal_width());
  }
  co_return answer;
}

}  // namespace hoiku::cli
