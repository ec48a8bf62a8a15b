// host_sensors: the machine as the robot's body. Ten times per second it reads load, memory, temperature, network and
// disk, and sets one topic for each. Equal values cost nothing on the bus: the broker makes no transition of them.
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

#include "services/host_sensors/readings.hpp"
#include "services/service.hpp"

using namespace hoiku;
using namespace hoiku::services;
using namespace std::chrono_literals;

namespace {

constexpr auto period = 100ms;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Rounds to two decimals. The noise below them would be a transition each time.
double rounded(double number) { return std::round(number * 100) / 100; }

Task<> set_double(Bus bus, std::string topic, double reading) {
  const auto sensor = bus.topic<double>(topic);
  co_await set_until_acknowledged(sensor, rounded(reading));
}

Task<> sense_load(Bus bus) {
  auto before = parse_cpu_times(read_file("/proc/stat"));
  for (;;) {
    co_await sleep(period);
    const auto after = parse_cpu_times(read_file("/proc/stat"));
    for (std::size_t i = 0; i < after.size() && i < before.size(); ++i) {
      const std::string topic = i == 0 ? "sensor/cpu/load" : "sensor/cpu/" + std::to_string(i - 1) + "/load";
      co_await set_double(bus, topic, load_between(before[i], after[i]));
    }
    before = after;
  }
}

Task<> sense_memory(Bus bus) {
  for (;;) {
    const auto used = parse_memory_used(read_file("/proc/meminfo"));
    if (used) co_await set_double(bus, "sensor/memory/used", *used);
    co_await sleep(period);
  }
}

Task<> sense_temperature(Bus bus) {
  for (;;) {
    const auto degrees = parse_temperature(read_file("/sys/class/thermal/thermal_zone0/temp"));
    if (!degrees) co_return;  // this machine has no temperature sensor
    co_await set_double(bus, "sensor/temperature", *degrees);
    co_await sleep(period);
  }
}

// Bytes per second. A sum shrinks if an interface or a disk was removed.
double rate(std::uint64_t before, std::uint64_t after, double seconds) {
  return after < before ? 0.0 : static_cast<double>(after - before) / seconds;
}

Task<> sense_traffic(Bus bus, std::string path, Traffic (*parse)(std::string_view), std::string in, std::string out) {
  Traffic before = parse(read_file(path));
  TimePoint read_at = now();
  for (;;) {
    co_await sleep(period);
    const Traffic after = parse(read_file(path));
    const double seconds = std::chrono::duration<double>(now() - read_at).count();
    read_at = now();
    co_await set_double(bus, in, rate(before.received, after.received, seconds));
    co_await set_double(bus, out, rate(before.sent, after.sent, seconds));
    before = after;
  }
}

Task<> sense(Nursery& nursery, Bus bus) {
  nursery.start_soon(sense_load, bus);
  nursery.start_soon(sense_memory, bus);
  nursery.start_soon(sense_temperature, bus);
  nursery.start_soon(sense_traffic, bus, "/proc/net/dev", parse_network, "sensor/network/received",
                     "sensor/network/sent");
  nursery.start_soon(sense_traffic, bus, "/proc/diskstats", parse_disks, "sensor/disk/read", "sensor/disk/written");
  co_return;
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  const auto options = parse_service_options(
      argc, argv, "host_sensors", "sets sensor/cpu/load, sensor/memory/used and the like from this machine, at 10 Hz",
      status);
  return options ? serve_at(options->endpoint, "host_sensors", sense) : status;
}
