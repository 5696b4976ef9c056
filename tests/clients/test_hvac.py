# SPDX-License-Identifier: Apache-2.0
"""hvac (Debian's python3-hvac), unmodified. It lives in the system's Python, which may not be the one that runs the tests."""
import subprocess
import unittest

from signet_server import Server

SCRIPT = r"""
import sys, hvac
client = hvac.Client(url=sys.argv[1], token="root")
assert client.sys.is_initialized() and not client.sys.is_sealed() and client.is_authenticated()
assert client.sys.read_health_status(method="GET")["sealed"] is False
client.sys.enable_secrets_engine("pki", path="pki", config={"max_lease_ttl": "87600h"})
assert client.sys.list_mounted_secrets_engines()["data"]["pki/"]["type"] == "pki"
pki = client.secrets.pki
pki.generate_root("internal", "example.com", {"ttl": "87600h", "key_type": "ec"})
pki.create_or_update_role("server", {"allowed_domains": "example.com", "allow_subdomains": "true", "max_ttl": "72h", "key_type": "ec"})
assert pki.list_roles()["data"]["keys"] == ["server"]
issued = pki.generate_certificate("server", "api.example.com")["data"]
serial = issued["serial_number"]
assert serial in pki.list_certificates()["data"]["keys"]
assert pki.read_certificate(serial)["data"]["certificate"].strip() == issued["certificate"].strip()
assert pki.read_ca_certificate().startswith("-----BEGIN CERTIFICATE-----")
pki.revoke_certificate(serial)
assert pki.read_crl().startswith("-----BEGIN X509 CRL-----")
pki.create_or_update_role("leased", {"allow_any_name": "true", "key_type": "ec", "ttl": "1h", "generate_lease": "true"})
leased = pki.generate_certificate("leased", "a.test")
assert leased["lease_id"].startswith("pki/issue/leased/") and leased["lease_duration"] > 3000
assert client.sys.read_lease(leased["lease_id"])["data"]["renewable"] is False
assert client.sys.list_leases("pki/issue/leased")["data"]["keys"] == [leased["lease_id"].rsplit("/", 1)[1]]
try:
    client.sys.renew_lease(leased["lease_id"], increment=60)
    raise SystemExit("a certificate's lease was renewed")
except hvac.exceptions.InvalidRequest as refused:
    assert "lease is not renewable" in str(refused)
client.sys.revoke_lease(leased["lease_id"])
assert pki.read_certificate(leased["data"]["serial_number"])["data"]["revocation_time"] > 0
pki.generate_certificate("leased", "a.test")
client.sys.revoke_prefix("pki/issue/leased")
client.sys.revoke_force("pki/issue/leased")
try:
    client.sys.list_leases("pki/issue/leased")
    raise SystemExit("leases are left")
except hvac.exceptions.InvalidPath:
    pass
try:
    pki.generate_certificate("server", "evil.test")
    raise SystemExit("a name outside the role was issued")
except hvac.exceptions.InvalidRequest as refused:
    assert "not allowed by this role" in str(refused)
client.sys.enable_secrets_engine("kv", path="kv")
client.secrets.kv.v1.create_or_update_secret("app/db", {"password": "s3cr3t"}, mount_point="kv")
assert client.secrets.kv.v1.read_secret("app/db", mount_point="kv")["data"] == {"password": "s3cr3t"}
assert client.secrets.kv.v1.list_secrets("app", mount_point="kv")["data"]["keys"] == ["db"]
client.secrets.kv.v1.delete_secret("app/db", mount_point="kv")
try:
    client.secrets.kv.v1.read_secret("app/db", mount_point="kv")
    raise SystemExit("a deleted secret was read")
except hvac.exceptions.InvalidPath:
    pass
v2 = client.secrets.kv.v2
assert v2.create_or_update_secret("app/db", {"password": "one", "user": "ann"}, cas=0)["data"]["version"] == 1
v2.patch("app/db", {"password": "two"})
assert v2.read_secret_version("app/db")["data"]["data"] == {"password": "two", "user": "ann"}
assert v2.read_secret_version("app/db", version=1)["data"]["data"]["password"] == "one"
try:
    v2.create_or_update_secret("app/db", {"password": "late"}, cas=1)
    raise SystemExit("a stale write was taken")
except hvac.exceptions.InvalidRequest as refused:
    assert "did not match the current version" in str(refused)
v2.update_metadata("app/db", max_versions=5, cas_required=False)
assert v2.list_secrets("app")["data"]["keys"] == ["db"]
v2.delete_latest_version_of_secret("app/db")
v2.undelete_secret_versions("app/db", [2])
v2.destroy_secret_versions("app/db", [1])
versions = v2.read_secret_metadata("app/db")["data"]["versions"]
assert versions["1"]["destroyed"] and versions["2"]["deletion_time"] == ""
v2.configure(max_versions=20)
assert v2.read_configuration()["data"]["max_versions"] == 20
v2.delete_metadata_and_all_versions("app/db")
try:
    v2.read_secret_version("app/db")
    raise SystemExit("a deleted secret was read")
except hvac.exceptions.InvalidPath:
    pass
client.sys.create_or_update_policy("reader", 'path "kv/*" { capabilities = ["read"] }')
assert "reader" in client.sys.list_policies()["data"]["policies"]
token = client.auth.token.create(policies=["reader"], ttl="1h")["auth"]["client_token"]
limited = hvac.Client(url=sys.argv[1], token=token)
assert "reader" in limited.auth.token.lookup_self()["data"]["policies"]
try:
    limited.secrets.kv.v1.create_or_update_secret("x", {"a": "b"}, mount_point="kv")
    raise SystemExit("a reader wrote")
except hvac.exceptions.Forbidden:
    pass
limited.auth.token.renew_self()
client.auth.token.revoke(token)
assert not limited.is_authenticated()
wrapped = client.write("sys/wrapping/wrap", wrap_ttl="60s", one="time")["wrap_info"]
assert wrapped["creation_path"] == "sys/wrapping/wrap" and wrapped["ttl"] == 60
assert client.sys.unwrap(wrapped["token"])["data"] == {"one": "time"}
try:
    client.sys.unwrap(wrapped["token"])
    raise SystemExit("a wrapping token worked twice")
except hvac.exceptions.InvalidRequest as refused:
    assert "wrapping token is not valid or does not exist" in str(refused)
handed = client.auth.token.create(policies=["reader"], ttl="1h", wrap_ttl="2m")["wrap_info"]
assert client.auth.token.lookup_accessor(handed["wrapped_accessor"])["data"]["policies"] == ["default", "reader"]
bearer = hvac.Client(url=sys.argv[1], token=handed["token"])
assert bearer.sys.unwrap()["auth"]["accessor"] == handed["wrapped_accessor"]
client.write("cubbyhole/note", text="mine")
assert client.read("cubbyhole/note")["data"] == {"text": "mine"}
client.sys.enable_secrets_engine("totp")
client.write("totp/keys/ann", key="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", issuer="I", account_name="ann")
code = client.read("totp/code/ann")["data"]["code"]
assert client.write("totp/code/ann", code=code)["data"] == {"valid": True}
client.sys.tune_mount_configuration("kv", default_lease_ttl="1h")
assert client.sys.read_mount_configuration("kv")["data"]["default_lease_ttl"] == 3600
client.sys.disable_secrets_engine("kv")
print("hvac ok")
"""


class Hvac(unittest.TestCase):
    def test_whole_day(self):
        with Server() as server:
            done = subprocess.run(["/usr/bin/python3", "-W", "ignore", "-c", SCRIPT, f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=120)
            self.assertEqual((done.returncode, done.stdout.strip()), (0, "hvac ok"), done.stderr)


if __name__ == "__main__":
    unittest.main()
