# One program of Debian's as the entry point, laid out as its official image is: Prometheus, Alertmanager, the node
# exporter, HAProxy. PROGRAM is the package's name for it, FOLDER what it writes to.
ARG BASE
# hadolint ignore=DL3006
FROM ${BASE}
ARG PACKAGE
ARG PROGRAM
ARG FOLDER
# hadolint ignore=DL3008
RUN printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
 && apt-get update \
 && apt-get install -y --no-install-recommends busybox ca-certificates "${PACKAGE}" \
 && rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d \
 && ln -s /bin/busybox /usr/local/bin/wget \
 && ln -s "$(command -v "${PROGRAM}")" /usr/local/bin/program \
 && mkdir -p "${FOLDER}" && chown 65534:65534 "${FOLDER}"
USER 65534:65534
ENTRYPOINT ["/usr/local/bin/program"]
