// limits.hpp: every limit that a peer can run into, with its default. Each is configurable and has a test.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace [[gnu::visibility("default")]] hoiku {

struct Limits {
  std::size_t topic_name_bytes_max = 255;
  std::size_t topic_segments_max = 16;
  std::size_t message_type_bytes_max = 255;  // name of a message type
  std::size_t value_bytes_max = std::size_t{1} << 20;
  std::size_t frame_bytes_max = std::size_t{4} << 20;
  // Commands of one frame, with the topics, topic writes, nodes and names in them; twice the writes of a Sets.
  std::size_t command_items_max = 16'384;
  std::size_t frame_items_max = 65'536;  // deliveries, changes, snapshot ends and answers of one frame, with their rows
  std::size_t topics_max = 1'000'000;
  std::size_t removed_topics_max = 16'384;              // removed topics whose versions and histories are remembered
  std::size_t values_bytes_max = std::size_t{1} << 30;  // committed values of all topics together
  std::size_t subscriptions_per_session_max = 10'000;   // subscriptions and waits together
  std::size_t slots_per_session_max = 1'000'000;        // topics that all subscriptions of a session match together
  // Steps that the readers of a session, and again its waits, may add to each transition of one topic: one for a
  // reader, four for each comparison of a filter or wait. A wait without a hold that compares the value with one
  // constant is free: the broker finds it by order.
  std::size_t standing_work_max = 1024;
  std::size_t composite_topics_max = 64;
  std::size_t commit_topics_max = 64;
  std::size_t sessions_max = 10'000;
  std::size_t sessions_per_address_max = 5000;        // of one address; of one user, on a Unix socket
  std::size_t declarations_per_session_max = 10'000;  // topics that a session has declared
  std::size_t requests_in_flight_max = 4096;          // per session; bounds the answers that wait to be sent
  std::size_t unsettled_posts_max = 16'384;  // per session: posts that wait for the store, or whose refusals are not
                                             // acknowledged
  std::size_t window_batches = 32;           // unacknowledged batches per session
  std::size_t unacknowledged_bytes_max = std::size_t{1} << 20;  // per session; one batch is always allowed
  std::size_t answer_bytes_max = std::size_t{16} << 20;         // per session; unsent results of waits, and errors
  std::size_t open_request_bytes_max = std::size_t{16} << 20;  // per session; predicates in normal form, and last wills
  std::size_t credit_transitions = 1024;     // per `every` subscription: sent and not yet taken by its reader
  std::size_t unset_topics_max = 1024;       // per subscription: unset topics that its client remembers
  std::size_t history_transitions_max = 64;  // per topic, with its committed state
  std::size_t history_bytes_max = std::size_t{64} << 10;    // per topic; one state is always kept
  std::size_t histories_bytes_max = std::size_t{64} << 20;  // of all topics, without their committed states
  std::size_t declared_history_max = 65'536;                // transitions that Declare may ask for, whatever they take
  std::size_t schemas_max = 4096;                           // message types
  std::size_t schema_bytes_max = std::size_t{1} << 20;      // files of one schema
  std::size_t schema_items_max = 32'768;                    // fields of the descriptors of one schema
  std::size_t schemas_bytes_max = std::size_t{16} << 20;
  // Input of one turn of the broker; and, without the time, of one frame of a client.
  std::size_t turn_commands_max = 512;
  std::size_t turn_bytes_max = std::size_t{1} << 20;
  std::chrono::nanoseconds turn_time_max{std::chrono::milliseconds{2}};
  std::size_t turn_input_steps_max = 131'072;           // steps of work for the commands that a turn executes
  std::size_t turn_steps_max = 65'536;                  // scan steps per turn: topics and past states
  std::size_t list_rows_max = 256;                      // per page of a list
  std::size_t list_bytes_max = std::size_t{256} << 10;  // per page of a list; one row is always allowed
  std::size_t list_steps_max = 4096;                    // scan steps per page of a list
  std::size_t predicate_nodes_max = 64;
  std::size_t predicate_depth_max = 8;
  // Ten years. Also the maximum of deadlines, leases and intervals.
  std::chrono::nanoseconds hold_max{std::chrono::hours{24 * 3660}};
  std::size_t client_name_bytes_max = 255;
  std::chrono::milliseconds session_timeout_min{100};
  std::chrono::milliseconds session_timeout_max{std::chrono::hours{24}};
  std::chrono::milliseconds session_timeout_default{3000};
};

// The largest frame that a client receives: a broker may be configured for larger frames than the default.
inline constexpr std::size_t received_frame_bytes_max = std::size_t{64} << 20;

}  // namespace hoiku
