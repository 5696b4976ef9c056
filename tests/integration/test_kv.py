# SPDX-License-Identifier: Apache-2.0
"""Versioned key/value secrets over HTTP: the dev server's store, races, bad input, kill -9, an upgrade, secrecy."""
import concurrent.futures
import http.client
import json
import pathlib
import signal
import threading
import time
import unittest

from signet_server import STORAGE, Server

MERGE = {"Content-Type": "application/merge-patch+json"}


class DevStore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def status(self, method, path, body=None, headers=None):
        return self.server.request(method, path, body if body is None or isinstance(body, str) else json.dumps(body), headers or {})[0]

    def test_secret_is_version_2(self):
        _, _, answer = self.server.call("GET", "sys/internal/ui/mounts/secret/app")
        self.assertEqual((answer["data"]["type"], answer["data"]["options"]), ("kv", {"version": "2"}))
        self.server.write("secret/data/myapp/db", {"data": {"password": "s3cr3t"}})
        status, _, answer = self.server.call("GET", "secret/data/myapp/db")
        self.assertEqual((status, answer["data"]["data"], answer["data"]["metadata"]["version"]), (200, {"password": "s3cr3t"}, 1))

    def test_numbers_come_back_as_they_were_written(self):
        value = '{"n": 9007199254740993, "m":18446744073709551616, "f": 1.10, "e":1E2}'
        self.assertEqual(self.status("POST", "secret/data/numbers", '{"data":' + value + "}"), 200)
        self.assertIn(value.encode(), self.server.request("GET", "secret/data/numbers")[2])
        self.assertEqual(self.status("PATCH", "secret/data/numbers", '{"data":{"f":null}}', MERGE), 200)
        self.assertIn(b'"m":18446744073709551616', self.server.request("GET", "secret/data/numbers")[2])
        body = '{"writes":[{"path":"t/one","data":{"x":1.50}},{"path":"t/two","data":{"y":[2.0, 3]}}]}'
        self.assertEqual(self.status("POST", "secret/transaction", body), 200)
        self.assertIn(b'"data":{"y":[2.0, 3]}', self.server.request("GET", "secret/data/t/two")[2])

    def test_races_have_one_winner(self):
        def attempt(number):
            body = {"options": {"cas": 0}, "data": {"writer": number}}
            return self.status("POST", "secret/data/raced", body)
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(attempt, range(50)))
        self.assertEqual(sorted(answers), [200] + [400] * 49)
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda n: self.status("POST", "secret/data/free", {"data": {"n": n}}), range(50)))
        self.assertEqual(answers, [200] * 50)
        self.assertEqual(self.server.call("GET", "secret/metadata/free")[2]["data"]["current_version"], 50)

    def test_paths_have_no_tricks(self):
        self.server.write("secret/data/a/b", {"data": {"v": 1}})
        for path in ("secret/data/x%2f..%2fa%2fb", "secret/data/%2e%2e/a/b", "secret/data/a%00b"):
            self.assertEqual(self.status("GET", path), 400, path)
        for path in ("secret//data/a/b", "secret/data/x/../a/b", "secret/data/./a/b"):
            self.assertEqual(self.status("GET", path), 307, path)
        self.assertEqual(self.status("POST", "secret/data/a/b/", {"data": {}}), 400)
        for name in ("with%20space%20", "%C3%BC/%E6%9D%B1", "a..b", "%7Btemplate%7D", "%25", "x%27y%22z"):
            self.server.write("secret/data/odd/" + name, {"data": {"name": name}})
            self.assertEqual(self.server.call("GET", "secret/data/odd/" + name)[2]["data"]["data"], {"name": name})
        self.assertEqual(self.server.call("LIST", "secret/metadata/odd")[2]["data"]["keys"],
                         sorted(["with space ", "ü/", "a..b", "{template}", "%", "x'y\"z"], key=lambda name: name.encode()))
        self.assertEqual(self.status("POST", "secret/data/" + "p" * 2001, {"data": {}}), 400)

    def test_hostile_bodies(self):
        deep = '{"data":' + '{"a":' * 100 + "1" + "}" * 100 + "}"
        many = json.dumps({"data": {str(i): i for i in range(200000)}})
        for body in (deep, many, "{", "[]", '"text"', '{"data":[1]}', '{"data":"x"}', '{"data":{},"options":[]}', '{"data":{"n":1e999}}'):
            self.assertEqual(self.status("POST", "secret/data/hostile", body), 400, body[:40])
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.putrequest("POST", "/v1/secret/data/hostile")
        connection.putheader("X-Vault-Token", self.server.token)
        connection.putheader("Content-Length", str(33 << 20))
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 413)
        connection.close()
        self.assertEqual(self.status("GET", "secret/metadata/hostile"), 404)
        large = "x" * (4 << 20)
        self.server.write("secret/data/large", {"data": {"v": large}})
        self.assertEqual(self.server.call("GET", "secret/data/large")[2]["data"]["data"]["v"], large)
        self.assertEqual(self.status("POST", "secret/destroy/large", {"versions": [2 ** 63]}), 400)
        self.assertEqual(self.status("GET", "secret/data/large?version=" + "9" * 30), 400)


class Restart(unittest.TestCase):
    def test_acknowledged_versions_survive_a_kill(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            server.write("sys/mounts/kv", {"type": "kv-v2"})
            server.write("kv/config", {"max_versions": 1000000})
            lock, acknowledged, ending = threading.Lock(), {}, threading.Event()

            def load(client):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
                count = 0
                while not ending.is_set():
                    path = f"key{(client + count) % 3}"
                    count += 1
                    body = json.dumps({"data": {"client": client, "count": count}})
                    try:
                        connection.request("POST", "/v1/kv/data/" + path, body, {"X-Vault-Token": server.token})
                        answer = connection.getresponse()
                        document = json.loads(answer.read())
                    except (OSError, http.client.HTTPException, ValueError):
                        connection.close()
                        continue
                    if answer.status == 200:
                        with lock:
                            acknowledged[(path, document["data"]["version"])] = (client, count)
                connection.close()

            threads = [threading.Thread(target=load, args=(client,), daemon=True) for client in range(6)]
            for thread in threads:
                thread.start()
            for _ in range(2):
                wanted = len(acknowledged) + 100
                end = time.monotonic() + 30
                while len(acknowledged) < wanted and time.monotonic() < end:
                    time.sleep(0.01)
                server.stop(signal.SIGKILL)
                server.start()
                server.unseal()
            ending.set()
            for thread in threads:
                thread.join()
            self.assertGreater(len(acknowledged), 200)
            for path in ("key0", "key1", "key2"):
                metadata = server.call("GET", "kv/metadata/" + path)[2]["data"]
                self.assertEqual(sorted(map(int, metadata["versions"])), list(range(1, metadata["current_version"] + 1)), "no gaps")
            for (path, version), (client, count) in acknowledged.items():
                data = server.call("GET", f"kv/data/{path}?version={version}")[2]["data"]["data"]
                self.assertEqual(data, {"client": client, "count": count})

    def test_upgrade_keeps_all(self):
        with Server() as server:
            server.write("sys/mounts/old", {"type": "kv"})
            paths = [f"{chr(97 + i % 5)}/{i}" for i in range(200)]
            for path in paths:
                server.write("old/" + path, {"path": path})
            server.write("sys/mounts/old/tune", {"options": {"version": "2"}})
            for path in paths:
                self.assertEqual(server.call("GET", "old/data/" + path)[2]["data"]["data"], {"path": path})
            self.assertEqual(server.call("SCAN", "old/metadata")[2]["data"]["keys"], sorted(paths))
            self.assertEqual(server.call("POST", "sys/mounts/old/tune", {"options": {"version": "1"}})[0], 400)


class Secrecy(unittest.TestCase):
    def test_values_are_nowhere(self):
        marker = "mArKeR-kv2-91b7c2"
        with Server(dev=False, token="", config='log_level = "trace"\naudit "file" "main" {\n options { file_path = "audit.log" }\n}\n') as server:
            server.initialise()
            server.write("sys/mounts/kv", {"type": "kv-v2"})
            server.write("kv/config", {"leak_check": True})
            server.write("kv/data/app", {"data": {"password": marker}})
            server.write("kv/transaction", {"writes": [{"path": "other", "data": {"password": marker}}]})
            server.request("PATCH", "kv/data/app", json.dumps({"data": {"more": marker}}), MERGE)
            server.call("GET", "kv/data/app")
            self.assertTrue(server.call("POST", "sys/leak-check", {"value": marker})[2]["data"]["found"])
            server.request("POST", "kv/data/app", '{"data": {"password": "' + marker + '"}, "options": {"cas": 77}}')
            server.request("POST", "kv/data/app", '{"data": "' + marker + '"}')
            server.stop()
            places = [pathlib.Path(server.log_path), pathlib.Path(server.folder) / "audit.log"]
            if STORAGE == "sqlite":
                places += pathlib.Path(server.folder).glob("signet.db*")
            for place in places:
                self.assertNotIn(marker.encode(), place.read_bytes(), place.name)


if __name__ == "__main__":
    unittest.main()
