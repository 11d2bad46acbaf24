#!/usr/bin/env bash
# One file with everything for a machine without network, make or Python: images, compose, configuration, documents.
# There: sh doorstep-VERSION.run; it checks itself, unpacks into doorstep-VERSION and says what comes next.
# Usage: deploy/bundle/build.sh [--grafana FILE] [FOLDER]      (FOLDER: dist)
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in -h | --help) sed -n '2,4p' "$0" | sed 's/^# //' && exit 0 ;; esac

grafana=()
if [ "${1:-}" = --grafana ]; then grafana=(--grafana "${2:?--grafana needs a file}") && shift 2; fi
folder="${1:-dist}"
version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
name="doorstep-$version"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder" "$work/$name"

deploy/images/build.sh "${grafana[@]}" --env - >"$work/$name/images.env"
cp -r --preserve=mode docker-compose.yml doorstep.sh .env.example README.md README.zh-CN.md CHANGELOG.md deploy docs "$work/$name/"
chmod -R go+rX "$work/$name"
echo "Saving the images" >&2
mapfile -t images < <(sed -n 's/^DOORSTEP_[A-Z_]*IMAGE=//p' "$work/$name/images.env")
docker save "${images[@]}" | gzip -4 >"$work/$name/images.tar.gz"
(cd "$work/$name" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" "$work/$name/"
tar --directory "$work" --create --owner 0 --group 0 --numeric-owner --sort name "$name" >"$work/payload"

bytes="$(stat -c %s "$work/payload")"
sum="$(sha256sum "$work/payload" | cut -d' ' -f1)"
header="$(sed -e "s/@NAME@/$name/; s/@BYTES@/$bytes/; s/@SUM@/$sum/" deploy/bundle/header.sh)"
lines="$(printf '%s\n' "$header" | wc -l)"
{ printf '%s\n' "$header" | sed "s/@LINES@/$lines/" && cat "$work/payload"; } >"$folder/$name.run"
(cd "$folder" && sha256sum "$name.run" >"$name.run.sha256")
echo "$folder/$name.run: $((bytes / 1000000)) MB with ${#images[@]} images"
