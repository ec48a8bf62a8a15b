// robot: the talk's robot. It does something cute when one of its two moods changes, which socket_bridge sets.
//
// The loop is the talk's: two values, one composite, and a line for each state of it. The code does not show that the
// values live at a broker and are set by another process.
#include <fmt/format.h>

#include "hoiku/proto/text.hpp"
#include "services/service.hpp"

using namespace hoiku;
using namespace hoiku::services;

namespace {

Task<> be_cute(Nursery&, Bus bus) {
  auto sad = bus.topic<std::string>("robot/sad");
  auto happy = bus.topic<std::string>("robot/happy");
  auto both = compose_values(sad, happy);
  auto moods = both.eventual_values();
  for (;;) {
    const auto [event1, event2] = co_await moods.next();
    // Whoever set the topics does not speak to the terminal.
    print_line(fmt::format("doing something cute 🤖 v=CompositeValue(event1='{}', event2='{}')", text::one_line(event1),
                           text::one_line(event2)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  const auto options = parse_service_options(argc, argv, "robot", "does something cute when its mood changes", status);
  return options ? serve_at(options->endpoint, "robot", be_cute) : status;
}
