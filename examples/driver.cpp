// A driver that calls back on a thread of its own. Its readings reach the broker through a RemoteBus.
// Needs a broker at HOIKU_ENDPOINT, or tcp://127.0.0.1:7411. Prints the line in quotes below and exits with 0.
#include <hoiku/hoiku.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <thread>

using namespace hoiku;

// Stands for the driver's library: it calls `on_sample` ten times, on its own thread.
class Imu {
 public:
  explicit Imu(std::function<void(double)> on_sample)
      : thread_([on_sample = std::move(on_sample)] {
          for (int sample = 1; sample <= 10; ++sample) on_sample(0.1 * sample);
        }) {}

 private:
  std::jthread thread_;
};

Task<> publish(Nursery& nursery) {
  Bus bus = co_await Bus::connect(nursery, client_name("imu"));
  const Topic<double> yaw = bus.topic<double>("driver/imu/yaw");
  const RemoteBus remote = bus.remote();
  const Imu imu([remote, yaw](double angle) {
    if (!remote.try_post(yaw, angle, latest_only)) std::puts("no room, or the Bus has ended: dropped");
  });
  const double angle = co_await yaw.wait_value(value > 0.95);
  std::printf("yaw: %.1f\n", angle);  // "yaw: 1.0"
}

int main() { return run(publish); }
