# Parley with everything it needs in one image: its own NATS inside the process
# and a private PostgreSQL as a child, both below /data. With PARLEY_NATS_URL and
# PARLEY_DATABASE_URL it uses yours instead; docker-compose.yml shows that.
#
#   docker build -t parley .
#   docker run --init -p 127.0.0.1:8080:8080 -v parley:/data parley
#
# The log prints a one-time link that makes the first admin.

FROM node:24-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web ./
RUN node build.mjs

FROM golang:1.26-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /parley ./cmd/parley

FROM debian:trixie-slim
# postgresql-common first and told so, or the server's package would make a
# cluster of its own.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl postgresql-common tzdata \
    && sed -i 's/^#\{0,1\}create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
    && apt-get install -y --no-install-recommends postgresql-17 postgresql-17-pgvector \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin parley \
    && install -d -o parley -g parley -m 0700 /data
COPY --from=build /parley /usr/local/bin/parley

USER parley
WORKDIR /data
VOLUME /data
# The admin listener stays on the container's loopback, where the health check is.
ENV PARLEY_DATA=/data PARLEY_ADDR=0.0.0.0:8080 PARLEY_ADMIN_ADDR=127.0.0.1:8081 PARLEY_NATS_LISTEN=127.0.0.1:4222
EXPOSE 8080
# A recovery after a power cut may take a while.
HEALTHCHECK --interval=10s --timeout=3s --start-period=2m \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8081/readyz"]
ENTRYPOINT ["parley"]
CMD ["serve"]
