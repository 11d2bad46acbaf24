# Grafana from its official tarball (grafana-*.linux-amd64.tar.gz), laid out as the official image is.
ARG BASE
# hadolint ignore=DL3006
FROM ${BASE} AS unpacked
COPY grafana.tar.gz /
RUN mkdir /grafana && tar --extract --gzip --file /grafana.tar.gz --directory /grafana --strip-components 1

# hadolint ignore=DL3006
FROM ${BASE}
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends busybox ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /bin/busybox /usr/local/bin/wget \
 && useradd --system --uid 472 --gid 0 --home-dir /usr/share/grafana --shell /usr/sbin/nologin grafana \
 && mkdir -p /var/lib/grafana /var/log/grafana /etc/grafana \
 && chown 472:0 /var/lib/grafana /var/log/grafana
COPY --from=unpacked /grafana /usr/share/grafana
RUN cp /usr/share/grafana/conf/defaults.ini /etc/grafana/grafana.ini
ENV PATH=/usr/share/grafana/bin:$PATH
WORKDIR /usr/share/grafana
VOLUME /var/lib/grafana
EXPOSE 3000
USER 472:0
CMD ["grafana", "server", "--homepath=/usr/share/grafana", "--config=/etc/grafana/grafana.ini", "cfg:default.log.mode=console", "cfg:default.paths.data=/var/lib/grafana", "cfg:default.paths.logs=/var/log/grafana", "cfg:default.paths.provisioning=/etc/grafana/provisioning"]
