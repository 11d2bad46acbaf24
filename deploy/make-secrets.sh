#!/usr/bin/env bash
# Make the secrets that docker-compose.yml mounts, once, and .env from .env.example; what is there is never changed.
# The folder is closed to everybody else; the files in it are readable so that the containers' own users can read them.
# Usage: deploy/make-secrets.sh [FOLDER]        (FOLDER: secrets)
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,4p' "$0" | sed 's/^# //' && exit 0 ;; esac
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:-$here/../secrets}"
[ "$#" -le 1 ] || { sed -n '2,4p' "$0" >&2; exit 64; }
umask 077
mkdir -p "$folder"
chmod 700 "$folder"
folder="$(cd "$folder" && pwd)"

make() { # name, command that prints the secret
	local name="$1"
	shift
	if [ -d "$folder/$name" ]; then # where a file is missing that a container mounts, Docker makes an empty folder
		rmdir "$folder/$name" 2>/dev/null || { echo "make secrets: $folder/$name is a folder, not a secret, and not empty: look at it, remove it" >&2; exit 1; }
		echo "$folder/$name was an empty folder"
	fi
	if [ ! -e "$folder/$name" ]; then
		rm -f "$folder/.$name.new"
		"$@" >"$folder/.$name.new"
		chmod 444 "$folder/.$name.new"
		mv "$folder/.$name.new" "$folder/$name"
		echo "made $folder/$name"
	fi
}

services="accounts tickets volunteers notifications metrics"
word() { head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }
fernet_key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }
# Earlier versions gave all services the same keys: those still open what is sealed with them, and find it again.
keys() { fernet_key && { [ ! -e "$folder/sealing_keys" ] || printf ',%s' "$(cat "$folder/sealing_keys")"; }; }
lookup_key() { # service
	case "$1" in accounts | tickets) [ ! -e "$folder/lookup_key" ] || { cat "$folder/lookup_key" && return; } ;; esac
	word
}
smtp_url() { # of .env, where earlier versions had it; empty: no mail server
	[ ! -e "$here/../.env" ] || sed -n 's/^DOORSTEP_SMTP_URL=//p' "$here/../.env" | tail -n 1 | tr -d '\n'
}
mongodb_key() { head -c 96 /dev/urandom | base64 -w 0; }
mongo_url() { # user, password
	printf 'mongodb://%s:%s@mongodb:27017/?replicaSet=doorstep&authSource=admin' "$1" "$2"
}
amqp_url() { printf 'amqp://%s:%s@rabbitmq:5672/doorstep' "$1" "$2"; } # user, password
rabbitmq_definitions() { sed "s/@PASSWORD@/$(cat "$folder/rabbitmq_password")/" "$here/rabbitmq/definitions.json"; }

# AMQP over TLS for programs elsewhere: an authority of our own, whose certificate they are given, and the server's.
amqps_name() { # from the environment, else from .env
	local name="${DOORSTEP_AMQPS_NAME:-}"
	[ -n "$name" ] || [ ! -e "$here/../.env" ] || name="$(sed -n 's/^DOORSTEP_AMQPS_NAME=//p' "$here/../.env" | tail -n 1)"
	echo "${name:-localhost}"
}
need_openssl() {
	command -v openssl >/dev/null || { echo "make secrets: openssl is not installed: apt-get install openssl" >&2; exit 1; }
}
authority_key() { need_openssl && openssl ecparam -name prime256v1 -genkey -noout; }
authority() {
	need_openssl && openssl req -x509 -new -key "$folder/authority_key" -sha256 -days 3650 -subj "/CN=Doorstep" \
		-addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,cRLSign
}
amqps_certificate() { # key and certificate in one file, as HAProxy wants them
	local work name kind=DNS
	need_openssl
	work="$(mktemp -d)"
	name="$(amqps_name)"
	case "$name" in *[!0-9.]*) ;; *) kind=IP ;; esac
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/key"
	openssl req -new -key "$work/key" -subj "/CN=$name" -out "$work/request"
	printf 'subjectAltName=%s:%s,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' "$kind" "$name" >"$work/extensions"
	openssl x509 -req -in "$work/request" -CA "$folder/authority.crt" -CAkey "$folder/authority_key" -CAcreateserial \
		-CAserial "$work/serial" -sha256 -days 825 -extfile "$work/extensions" -out "$work/certificate" 2>/dev/null
	cat "$work/certificate" "$work/key"
	rm -rf "$work"
}

make exchange_keys keys
make signing_keys keys
for service in $services; do
	make "sealing_keys_$service" keys
	make "lookup_key_$service" lookup_key "$service"
done
make smtp_url smtp_url
make mongodb_key mongodb_key
make mongodb_password word
make mongo_url_admin mongo_url doorstep "$(cat "$folder/mongodb_password")"
# `prepare` gives each user the password that stands here, and its rights.
for user in $services prepare keeper operator; do make "mongo_url_$user" mongo_url "doorstep_$user" "$(word)"; done
make rabbitmq_password word
make rabbitmq_definitions rabbitmq_definitions
make amqp_url amqp_url doorstep "$(cat "$folder/rabbitmq_password")"
for user in $services; do make "amqp_url_$user" amqp_url "doorstep_$user" "$(word)"; done
make grafana_password word
make authority_key authority_key
make authority.crt authority
make amqps_certificate amqps_certificate
chmod 400 "$folder/authority_key"

env="$here/../.env"
if [ ! -e "$env" ]; then
	sed "s|^DOORSTEP_SECRETS=.*|DOORSTEP_SECRETS=${1:+$folder}|; s|^DOORSTEP_SECRETS=$|DOORSTEP_SECRETS=./secrets|" \
		"$here/../.env.example" >"$env"
	echo "made .env"
fi
