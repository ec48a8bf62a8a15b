# Dockerfile: all programs of the robot in one image; docker-compose.yml says which container runs which.
#
# Promises   the classic builder suffices (DOCKER_BUILDKIT=0); a change of the sources installs no package again, and a
#            change of ./dev none either, unless it changes the list of packages; the programs do not run as root, the
#            image has no compiler, and every program ends on SIGTERM as process 1, without an init.

# Only ./dev knows the packages. They have a stage of their own, so that only a changed list installs them again.
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
# Each compiler may want a gigabyte: --build-arg jobs=8 where there are eight.
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
# A library that is missing here shall fail the build, not the robot.
RUN for program in /usr/local/bin/*; do "$program" --help >/dev/null || exit 1; done
# By number, so that whoever runs it can see that it is not root.
USER 10001
STOPSIGNAL SIGTERM
CMD ["hoikud"]
