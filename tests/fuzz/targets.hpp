// targets.hpp: the fuzz targets, which take untrusted bytes. libFuzzer makes the bytes up (fuzzer.cpp, ./dev fuzz), and
// the tests replay the interesting ones (corpus_test.cpp).
//
// Each target aborts, with a sentence on stderr, if a promise is broken. Sanitizers report for themselves.
#pragma once

#include <string_view>

namespace hoiku::fuzz {

// Takes a frame, whole or cut: it is decoded, or refused with a sentence, and encoding repeats what was accepted.
void client_frame(std::string_view bytes);
void server_frame(std::string_view bytes);

// Takes a text: it is a predicate, or refused. A predicate survives its normal form and the wire, and tests any value.
void predicate(std::string_view text);

// Takes two schemas of a type: its name, a line feed, two bytes with the length of the first schema, both schemas. Each
// is refused, or usable for paths and JSON. The two are compatible, or refused.
void schema(std::string_view bytes);
// Takes a text: it is refused, or a message that survives its own JSON.
void json(std::string_view text);
// Takes a message of a type with fields of all kinds: each is read as Protobuf reads it.
void message(std::string_view bytes);

// Takes a byte that says who takes the others, a broker or a client, and in which pieces; then what a ZMTP peer sends.
// The pieces make no difference, and no peer gets more memory than it sends.
void zmtp(std::string_view bytes);

}  // namespace hoiku::fuzz
