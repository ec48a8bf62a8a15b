// Topics of Protobuf messages, and a wait on a field. Links hoiku::client and Protobuf, with pose.proto beside it.
// Needs a broker at the endpoint given as the first argument. Prints the line in quotes below and exits with 0.
#include <hoiku/hoiku.hpp>
#include <hoiku/protobuf.hpp>

#include <cstdio>
#include <string>

#include "pose.pb.h"

using namespace hoiku;

Task<> walk(Topic<robot::Pose> pose) {
  for (double x : {1.0, 2.0, 3.5, 4.0}) {
    robot::Pose next;
    next.mutable_at()->set_x(x);
    next.set_mode(robot::Pose::WALKING);
    co_await pose.set(next);
  }
}

int main(int argc, char** argv) {
  const std::string endpoint = argc > 1 ? argv[1] : "tcp://127.0.0.1:7411";
  return run([&]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      Bus bus = co_await Bus::connect(nursery, endpoint, client_name("walker"));
      auto pose = bus.topic<robot::Pose>("robot/pose");
      co_await pose.unset();

      // The broker knows the fields, and tests them at each commit: the first match is given, also if it is gone again.
      nursery.start_soon(walk, pose);
      const auto far = Predicate::parse("value.at.x > 3 && value.mode == WALKING").value();
      const robot::Pose there = co_await pose.wait_value(far);
      std::printf("x = %.1f\n", there.at().x());  // "x = 3.5"
    });
  });
}
