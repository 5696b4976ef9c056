# SPDX-License-Identifier: Apache-2.0
"""node-vault from npm, unmodified: optional, skipped with the reason where Node or the registry is missing."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from signet_server import Server

SCRIPT = r"""
const vault = require('node-vault')({ apiVersion: 'v1', endpoint: process.argv[2], token: 'root' });
const assert = require('assert');
(async () => {
  assert.strictEqual((await vault.health()).sealed, false);
  await vault.mount({ mount_point: 'pki', type: 'pki', config: { max_lease_ttl: '87600h' } });
  await vault.write('pki/root/generate/internal', { common_name: 'example.com', ttl: '87600h', key_type: 'ec' });
  await vault.write('pki/roles/server', { allowed_domains: 'example.com', allow_subdomains: true, max_ttl: '72h', key_type: 'ec' });
  const issued = await vault.write('pki/issue/server', { common_name: 'api.example.com' });
  assert(issued.data.certificate.startsWith('-----BEGIN CERTIFICATE-----'));
  assert((await vault.list('pki/certs')).data.keys.includes(issued.data.serial_number));
  await vault.write('pki/revoke', { serial_number: issued.data.serial_number });
  await assert.rejects(vault.write('pki/issue/server', { common_name: 'evil.test' }), /not allowed by this role/);
  await vault.mount({ mount_point: 'kv', type: 'kv' });
  await vault.write('kv/app', { password: 's3cr3t' });
  assert.strictEqual((await vault.read('kv/app')).data.password, 's3cr3t');
  await vault.delete('kv/app');
  await assert.rejects(vault.read('kv/app'), /404/);
  assert.strictEqual((await vault.write('secret/data/app', { data: { password: 'one' }, options: { cas: 0 } })).data.version, 1);
  await vault.write('secret/data/app', { data: { password: 'two' } });
  assert.strictEqual((await vault.read('secret/data/app')).data.data.password, 'two');
  await assert.rejects(vault.write('secret/data/app', { data: {}, options: { cas: 1 } }), /did not match the current version/);
  assert.deepStrictEqual((await vault.list('secret/metadata')).data.keys, ['app']);
  await vault.delete('secret/data/app');
  await assert.rejects(vault.read('secret/data/app'), /404/);
  await vault.write('secret/undelete/app', { versions: [2] });
  assert.strictEqual((await vault.read('secret/data/app')).data.metadata.version, 2);
  await vault.addPolicy({ name: 'reader', rules: 'path "kv/*" { capabilities = ["read"] }' });
  const made = await vault.tokenCreate({ policies: ['reader'], ttl: '1h' });
  vault.token = 'root';  // the library goes over to each token that it is given
  const limited = require('node-vault')({ apiVersion: 'v1', endpoint: process.argv[2], token: made.auth.client_token });
  assert.deepStrictEqual((await limited.tokenLookupSelf()).data.policies, ['default', 'reader']);
  await assert.rejects(limited.write('kv/app', { a: 'b' }), /permission denied/);
  await limited.tokenRevokeSelf();
  await assert.rejects(limited.tokenLookupSelf(), /permission denied/);
  await vault.unmount({ mount_point: 'kv' });
  console.log('node-vault ok');
})().catch((error) => { console.error(error); process.exit(1); });
"""


class NodeVault(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("npm"):
            raise unittest.SkipTest("npm is not installed")
        cls.folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "signet-tests", "node-vault")
        if not (cls.folder / "node_modules" / "node-vault").is_dir():
            cls.folder.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(cls.folder), "node-vault@0.10"],
                                  capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                raise unittest.SkipTest("node-vault cannot be installed: " + done.stderr.strip()[-200:])

    def test_whole_day(self):
        with Server() as server, tempfile.NamedTemporaryFile("w", suffix=".js", dir=self.folder, delete=False) as script:
            script.write(SCRIPT)
            script.close()
            done = subprocess.run(["node", script.name, f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=120)
            os.unlink(script.name)
            self.assertEqual((done.returncode, done.stdout.strip()), (0, "node-vault ok"), done.stderr)


if __name__ == "__main__":
    unittest.main()
