#!/bin/sh
# Put the names of images (NAME=IMAGE, a line each, from standard input) into a settings file in place of what it says of
# them. Where they bring no Grafana, its profile is taken out, since nothing could start it.
# Usage: deploy/images/choose.sh FILE <NAMES          (FILE: .env)
set -eu
file="$1"
while IFS= read -r line; do
	sed -i "/^${line%%=*}=/d" "$file"
	printf '%s\n' "$line" >>"$file"
done
if ! grep -q '^DOORSTEP_GRAFANA_IMAGE=' "$file" && grep -q '^COMPOSE_PROFILES=.*grafana' "$file"; then
	sed -i '/^COMPOSE_PROFILES=/{s/,grafana//;s/grafana,\{0,1\}//}' "$file"
	echo "Grafana is left out: no mirror has it. With its tarball: make images GRAFANA=grafana-….linux-amd64.tar.gz" >&2
fi
