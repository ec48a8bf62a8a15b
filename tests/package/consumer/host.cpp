// host.cpp: loads the plug-in that it is given, twice, and prints what it says.
#include <dlfcn.h>

#include <cstdio>
#include <cstring>

int main(int, char** arguments) {
  for (int round = 0; round < 2; ++round) {
    void* const plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!plugin) return std::fprintf(stderr, "%s\n", dlerror()), 1;
    const auto plugin_main = reinterpret_cast<const char* (*)()>(dlsym(plugin, "plugin_main"));
    if (!plugin_main) return std::fprintf(stderr, "%s\n", dlerror()), 1;
    const char* const said = plugin_main();
    std::puts(said);
    if (std::strcmp(said, "41 type_mismatch cancelled 0") != 0) return 1;
    dlclose(plugin);
  }
}
