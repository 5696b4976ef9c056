#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a small PKI for experiments on a running server: a root in ROOT/, an intermediate in INT/, a role "server", one certificate.
# Certificates are written to a folder; the private keys of the issuers stay in the server.
#   SIGNET_ADDR=http://127.0.0.1:8200 SIGNET_TOKEN=root certs/dev-pki.sh
#   certs/dev-pki.sh -d example.net -o /tmp/pki -r root -i int -k rsa
#
#   -d DOMAIN   what the role allows names below (example.com)
#   -o FOLDER   where to write root.pem, int.pem, chain.pem, leaf.pem, leaf.key (a new temporary folder)
#   -r, -i      mounts of root and intermediate (pki, pki_int); they must not exist yet
#   -k TYPE     ec, rsa or ed25519 (ec)
set -euo pipefail

domain=example.com folder= root=pki int=pki_int key=ec
while getopts d:o:r:i:k:h option; do
  case $option in
    d) domain=$OPTARG ;;
    o) folder=$OPTARG ;;
    r) root=$OPTARG ;;
    i) int=$OPTARG ;;
    k) key=$OPTARG ;;
    *) sed -n '3,12s/^# \{0,1\}//p' "$0"; [ "$option" = h ]; exit ;;
  esac
done
: "${SIGNET_ADDR:?is not set: where is the server? (http://127.0.0.1:8200)}" "${SIGNET_TOKEN:?is not set: a token that may mount and issue}"
umask 077
if [ -z "$folder" ]; then folder=$(mktemp -d "${TMPDIR:-/tmp}/dev-pki.XXXXXX"); else mkdir -p "$folder"; fi

# call PATH 'JSON': POSTs, prints the answer, ends the script with the server's words on an error.
call() {
  local answer status
  answer=$(curl -sS -w '\n%{http_code}' -K - -H 'Content-Type: application/json' --data-binary "$2" "$SIGNET_ADDR/v1/$1" \
    <<<"header = \"X-Vault-Token: $SIGNET_TOKEN\"")
  status=${answer##*$'\n'}; answer=${answer%$'\n'*}
  case $status in
    2??) printf '%s\n' "$answer" ;;
    *) echo "$1: $status $answer" >&2; exit 1 ;;
  esac
}
# data FIELD: that member of the answer's data on standard input.
data() { python3 -c 'import json, sys; text = sys.stdin.read(); text or sys.exit(1); print(json.loads(text)["data"][sys.argv[1]])' "$1"; }
# json NAME VALUE...: an object of texts.
json() { python3 -c 'import json, sys; print(json.dumps(dict(zip(sys.argv[1::2], sys.argv[2::2]))))' "$@"; }

call "sys/mounts/$root" '{"type":"pki","config":{"max_lease_ttl":"87600h"}}' >/dev/null
call "$root/root/generate/internal" "$(json common_name "Development Root" key_type "$key" ttl 87600h)" | data certificate >"$folder/root.pem"

call "sys/mounts/$int" '{"type":"pki","config":{"max_lease_ttl":"43800h"}}' >/dev/null
base=$SIGNET_ADDR/v1/$int
call "$int/config/urls" "$(json issuing_certificates "$base/ca" crl_distribution_points "$base/crl" ocsp_servers "$base/ocsp")" >/dev/null
csr=$(call "$int/intermediate/generate/internal" "$(json common_name "Development Intermediate" key_type "$key")" | data csr)
call "$root/root/sign-intermediate" "$(json csr "$csr" common_name "Development Intermediate" ttl 43800h)" | data certificate >"$folder/int.pem"
cat "$folder/int.pem" "$folder/root.pem" >"$folder/chain.pem"
call "$int/intermediate/set-signed" "$(json certificate "$(cat "$folder/chain.pem")")" >/dev/null

call "$int/roles/server" "$(json allowed_domains "$domain" allow_subdomains true key_type "$key" max_ttl 72h)" >/dev/null
call "$int/issue/server" "$(json common_name "dev.$domain")" >"$folder/issued.json"
data certificate <"$folder/issued.json" >"$folder/leaf.pem"
data private_key <"$folder/issued.json" >"$folder/leaf.key"
rm "$folder/issued.json"

if command -v openssl >/dev/null; then openssl verify -CAfile "$folder/root.pem" -untrusted "$folder/int.pem" "$folder/leaf.pem"; fi
echo "written to $folder: root.pem int.pem chain.pem leaf.pem leaf.key"
echo "more: signet write $int/issue/server common_name=other.$domain"
