// Topics of Protobuf messages, and a wait on a field. Links hoiku::client and Protobuf, with pose.proto beside it.
// Needs a broker at HOIKU_ENDPOINT, or tcp://127.0.0.1:7411. Prints the line in quotes below and exits with 0.
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

Task<> story(Nursery& nursery) {
  Bus bus = co_await Bus::connect(nursery, client_name("walker"));
  auto pose = bus.topic<robot::Pose>("robot/pose");
  co_await pose.unset();

  // The broker knows the fields, and tests them at each commit: the first match is given, also if it is gone again.
  nursery.start_soon(walk, pose);
  const robot::Pose there = co_await pose.wait_value(where("value.at.x > 3 && value.mode == WALKING"));
  std::printf("x = %.1f\n", there.at().x());  // "x = 3.5"
}

int main() { return run(story); }
