// A target program is left as its readers see it, and so its lines would wait in a buffer until it ends.
#include <cstdio>

namespace {
[[maybe_unused]] const int line_buffered = std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
}
