#!/bin/sh
# Put the names of images (NAME=IMAGE, a line each, from standard input) into a settings file in place of what it says of
# them. Its profile comes and goes with Grafana, which no mirror has: without an image nothing could start it.
# Usage: deploy/images/choose.sh FILE <NAMES          (FILE: .env)
set -eu
file="$1"
while IFS= read -r line; do
	sed -i "/^${line%%=*}=/d" "$file"
	printf '%s\n' "$line" >>"$file"
done
profiles="$(sed -n 's/^COMPOSE_PROFILES=//p' "$file" | tail -n 1)"
if grep -q '^DOORSTEP_GRAFANA_IMAGE=' "$file"; then
	case ",$profiles," in
	*,grafana,*) ;;
	*) sed -i "s/^COMPOSE_PROFILES=.*/COMPOSE_PROFILES=${profiles:+$profiles,}grafana/" "$file" ;;
	esac
elif [ "$profiles" != "${profiles#*grafana}" ]; then
	sed -i '/^COMPOSE_PROFILES=/{s/,grafana//;s/grafana,\{0,1\}//}' "$file"
	echo "Grafana is left out: no mirror has it. With its tarball: make images GRAFANA=grafana-….linux-amd64.tar.gz" >&2
fi
