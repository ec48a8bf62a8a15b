#include "services/service.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "hoiku/proto/endpoint.hpp"

namespace hoiku::services {

std::optional<ServiceOptions> parse_service_options(int argc, const char* const* argv, const std::string& name,
                                                    const std::string& description, int& status) {
  ServiceOptions options;
  const char* from_environment = std::getenv("HOIKU_ENDPOINT");
  options.endpoint = from_environment ? from_environment : std::string(proto::default_endpoint);
  CLI::App app(name + ": " + description, name);
  app.footer("\nExamples:\n  " + name + "\n  " + name + " --endpoint ipc:///run/hoiku.sock\n");
  app.add_option("--endpoint", options.endpoint, "The broker: tcp://HOST:PORT or ipc://PATH (or HOIKU_ENDPOINT)")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = 0;
    if (error.get_exit_code() == 0) {
      app.exit(error);
    } else {
      std::fprintf(stderr, "%s: %s; %s --help shows examples\n", name.c_str(), error.what(), name.c_str());
      status = 2;
    }
    return std::nullopt;
  }
  return options;
}

int serve(const ServiceOptions& options, const std::string& name, Task<> (*body)(Nursery& nursery, Bus bus)) {
  return run([&]() -> Task<> {
    co_await open_nursery([&](Nursery& nursery) -> Task<> {
      const Bus bus = co_await Bus::connect(nursery, options.endpoint, client_name(name));
      co_await body(nursery, bus);
    });
  });
}

}  // namespace hoiku::services
