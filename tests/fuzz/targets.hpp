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

}  // namespace hoiku::fuzz
