#include <cstdio>
#include <memory>
#include <utility>

#include "cli/output.hpp"
#include "cli/sorted_rows.hpp"
#include "cli/standard_output.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "hoiku/proto/text.hpp"

namespace hoiku::cli {
namespace {

// So much is written at once.
constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

// The lines of `ls`, of which there may be millions. The broker's pages are in no order, so each line is kept until the
// last page has come.
class Listing {
 public:
  Listing(LsVerb verb, bool json) : verb_(std::move(verb)), json_(json), table_(terminal_width()) {}

  Task<> collect(Bus bus) {
    TopicPages pages = bus.list_pages(verb_.pattern);
    for (;;) {
      const std::optional<TopicPage> page = co_await pages.next();
      if (!page) break;
      if (page->is_first) rows_.clear();
      for (const TopicInfo& topic : page->topics) {
        if (!verb_.names) co_await messages_.learn(bus, message_type_of(topic.state->value));
        rows_.put(topic.state->topic, row_of(topic));
      }
    }
  }

  bool empty() const { return rows_.empty(); }

  Task<> print() {
    std::string lines = is_table() ? table_.header() : std::string();
    for (;;) {
      const std::optional<std::string> row = rows_.next();
      if (!row) break;
      lines += is_table() ? table_.line(*row) : *row + "\n";
      if (lines.size() >= chunk_bytes) co_await write_output(std::exchange(lines, std::string()));
    }
    co_await write_output(std::move(lines));
  }

 private:
  bool is_table() const { return !verb_.names && !json_; }
  std::string row_of(const TopicInfo& topic) {
    const std::string& name = topic.state->topic;
    if (verb_.names) return output_is_terminal() ? text::one_line(name) : name;
    return json_ ? topic_line(topic, messages_) : table_.cells(topic, wall_now(), messages_);
  }

  LsVerb verb_;
  bool json_;
  Messages messages_;
  TopicTable table_;
  SortedRows rows_;
};

}  // namespace

Task<Answer> ls(Bus bus, LsVerb verb, bool json) {
  const auto listing = std::make_shared<Listing>(verb, json);
  co_await listing->collect(bus);
  Answer answer;
  if (listing->empty()) {
    std::fprintf(stderr, "hoiku: no topic matches %s\n", text::quote(verb.pattern).c_str());
  } else {
    answer.print_rest = [listing] { return listing->print(); };
  }
  co_return answer;
}

}  // namespace hoiku::cli
