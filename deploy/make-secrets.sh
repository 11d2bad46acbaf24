#!/usr/bin/env bash
# Make the secrets that docker-compose.yml mounts, once; what is there is never changed.
# The folder is closed to everybody else; the files in it are readable so that the containers' own users can read them.
# Usage: deploy/make-secrets.sh FOLDER        (then DOORSTEP_SECRETS=FOLDER in .env)
set -euo pipefail
[ "$#" -eq 1 ] || { sed -n '2,4p' "$0" >&2; exit 64; }
folder="$1"
here="$(cd "$(dirname "$0")" && pwd)"
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

make() { # name, command that prints the secret
	local name="$1"
	shift
	if [ ! -e "$folder/$name" ]; then
		"$@" >"$folder/.$name.new"
		chmod 444 "$folder/.$name.new"
		mv "$folder/.$name.new" "$folder/$name"
		echo "made $folder/$name"
	fi
}

word() { head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }
fernet_key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }
mongodb_key() { head -c 96 /dev/urandom | base64 -w 0; }
mongo_url() {
	printf 'mongodb://doorstep:%s@mongodb:27017/?replicaSet=doorstep&authSource=admin' "$(cat "$folder/mongodb_password")"
}
amqp_url() { printf 'amqp://doorstep:%s@rabbitmq:5672/doorstep' "$(cat "$folder/rabbitmq_password")"; }
rabbitmq_definitions() { sed "s/@PASSWORD@/$(cat "$folder/rabbitmq_password")/" "$here/rabbitmq/definitions.json"; }

make sealing_keys fernet_key
make lookup_key word
make mongodb_key mongodb_key
make mongodb_password word
make mongo_url mongo_url
make rabbitmq_password word
make rabbitmq_definitions rabbitmq_definitions
make amqp_url amqp_url
