# Dockerfile: all programs of the robot in one image; docker-compose.yml says which container runs which.
#
# Promises   the classic builder suffices (DOCKER_BUILDKIT=0). Packages are installed again only if the list of packages
#            has changed, not after a change of the sources or of ./dev. The programs do not run as root, the image has
#            no compiler, and every program ends on SIGTERM as process 1, without an init.

# ./dev has the list of packages. It has a stage of its own, so that only a changed list installs them again.
FROM debian:bookworm-slim AS packages
COPY dev /hoiku/dev
COPY tools/dev /hoiku/tools/dev
RUN /hoiku/dev packages >/packages

FROM debian:bookworm-slim AS builder
COPY --from=packages /packages /packages
RUN export DEBIAN_FRONTEND=noninteractive \
  && apt-get update -qq \
  && xargs apt-get install -qq --no-install-recommends </packages \
  && apt-get clean
WORKDIR /hoiku
COPY . .
# Each compiler may need a gigabyte: --build-arg jobs=8 suits eight cores and 8 GB.
ARG jobs=2
ARG programs="hoikud hoiku host_sensors socket_sensor socket_bridge robot brain behaviour swarm"
RUN cmake --preset release \
  && ninja -C build/release -j "$jobs" $programs \
  && cd build/release/bin \
  && strip $programs \
  && install -D -t /programs $programs

FROM debian:bookworm-slim
RUN export DEBIAN_FRONTEND=noninteractive \
  && apt-get update -qq \
  && apt-get install -qq --no-install-recommends libfmt9 libprotobuf32 libspdlog1.10 libzmq5 \
  && apt-get clean \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --no-create-home --home-dir /var/lib/hoiku --shell /usr/sbin/nologin hoiku \
  && install -d -o hoiku -g hoiku /var/lib/hoiku
COPY --from=builder /programs/ /usr/local/bin/
# Fails the build, and not the robot, if a library is missing.
RUN for program in /usr/local/bin/*; do "$program" --help >/dev/null || exit 1; done
# A number, so that container platforms can check that it is not root.
USER 10001
STOPSIGNAL SIGTERM
CMD ["hoikud"]
