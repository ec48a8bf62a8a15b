// beside_qt.cpp: every public header after Qt's keywords, which are macros. Compiling it is the test.
#define emit
#define slots
#define signals public
#define foreach Q_FOREACH
#define forever for (;;)
#include <boost/asio/steady_timer.hpp>
#include <hoiku/async/asio.hpp>
#include <hoiku/broker.hpp>
#include <hoiku/hoiku.hpp>
#include <hoiku/protobuf.hpp>
#include <hoiku/testing.hpp>

// A template is not looked into until it is used.
hoiku::Task<> awaits_an_operation_of_asio(boost::asio::steady_timer& timer) {
  co_await timer.async_wait(hoiku::use_task);
}
