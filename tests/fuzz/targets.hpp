// targets.hpp: what is done with bytes that nobody vouches for. libFuzzer makes them up (fuzzer.cpp, ./dev fuzz), and the tests
// replay those that were interesting (corpus_test.cpp).
//
// Each aborts, with a sentence on stderr, where a promise is broken; a sanitizer speaks for itself.
#pragma once

#include <string_view>

namespace hoiku::fuzz {

// A frame, whole or cut: it is decoded or refused with a sentence, and what was accepted can be said again.
void client_frame(std::string_view bytes);
void server_frame(std::string_view bytes);

// A text: it is a predicate or refused; a predicate survives its normal form and the wire, and can be asked about anything.
void predicate(std::string_view text);

// Two schemas of a type: its name, a line break, two bytes that say how long the first one is, both. Each is refused, or can be
// used for paths and JSON; they go with each other, or are refused.
void schema(std::string_view bytes);
// A text: it is refused, or a message that survives its own JSON.
void json(std::string_view text);
// A message of a type with all kinds of fields: each field is read as Protobuf reads it.
void message(std::string_view bytes);

}  // namespace hoiku::fuzz
