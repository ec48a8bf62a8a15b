// plugin.cpp: a plug-in with a broker and a client inside, as a component of a robot's framework is.
#include <hoiku/broker.hpp>
#include <hoiku/hoiku.hpp>

#include <optional>
#include <string>

using namespace hoiku;
using namespace std::chrono_literals;

namespace {

Task<> wait_for_cancellation(std::string& said) {
  try {
    co_await sleep(1h);
  } catch (const Cancelled&) {
    said += " cancelled";
    throw;
  }
}

// Sets and gets a value, catches an Error of the library and its own cancellation by their types; `said` lists it.
Task<> converse(std::string& said) {
  co_await open_nursery([&](Nursery& nursery) -> Task<> {
    const Broker broker(nursery, "inproc://plugin");
    Bus bus = co_await Bus::connect(nursery, "inproc://plugin", client_name("plugin"));
    const auto count = bus.topic<int>("plugin/count");
    co_await count.set(41);
    const std::optional<int> now = co_await count.get();
    said = std::to_string(now.value_or(0));
    try {
      co_await bus.topic<std::string>("plugin/count").get();
    } catch (const Error& error) {
      said += error.code() == ErrorCode::type_mismatch ? " type_mismatch" : error.what();
    }
    nursery.start_soon(wait_for_cancellation, std::ref(said));
    co_await checkpoint();
    nursery.cancel_scope().cancel();
  });
}

std::string said;

}  // namespace

extern "C" __attribute__((visibility("default"))) const char* plugin_main() {
  said.clear();
  const int status = run(converse, std::ref(said));
  said += " " + std::to_string(status);
  return said.c_str();
}
