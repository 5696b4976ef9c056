# SPDX-License-Identifier: Apache-2.0
"""Hostile and unusual HTTP against the real server."""
import concurrent.futures
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest

from signet_server import Server, certificate, client_context

LIMITS = """listener "tcp" {
  address = "127.0.0.1:PORT"
  tls_disable = true
  max_request_size = 65536
  http_read_header_timeout = "1s"
  http_read_timeout = "1s"
  http_idle_timeout = "2s"
}
"""


def read_all(connection):
    """What the server sends until it closes."""
    out = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return out
        if not piece:
            return out
        out += piece


class Bodies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.server.write("sys/mounts/kv1", {"type": "kv"})

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def refused(self, body, text, **headers):
        status, sent, answer = self.server.request("POST", "kv1/a", body, headers)
        self.assertEqual(status, 400)
        self.assertEqual(sent["Content-Type"], "application/json")
        self.assertIn(text, json.loads(answer)["errors"][0])

    def test_malformed(self):
        for body in ("{", '{"a":', '{"a":1}x', "[1]", '"a"', "12", "nul", '{"a":"\\ud800x"}', "{'a':1}", "\x00"):
            with self.subTest(body):
                self.refused(body, "failed to decode JSON input")

    def test_not_utf8(self):
        self.refused(b'{"a":"\xff\xfe"}', "failed to decode JSON input")

    def test_deep(self):
        self.refused('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "refused JSON input due to high complexity")

    def test_many_strings(self):
        self.refused(json.dumps({"a": ["x"] * 20_000}), "refused JSON input due to high complexity")

    def test_error_shows_nothing_of_the_body(self):
        _, _, answer = self.server.request("POST", "kv1/a", '{"password":"hunter2" x}')
        self.assertNotIn(b"hunter2", answer)

    def test_any_content_type_and_forms(self):
        self.assertEqual(self.server.request("POST", "kv1/b", '{"k":"v"}', {"Content-Type": "text/plain"})[0], 204)
        self.assertEqual(self.server.request("POST", "kv1/c", "k=a+b&k=c", {"Content-Type": "application/x-www-form-urlencoded"})[0], 204)
        self.assertEqual(self.server.call("GET", "kv1/c")[2]["data"], {"k": "a b,c"})

    def test_last_of_equal_keys(self):
        self.server.request("POST", "kv1/d", '{"k":"first","k":"second"}')
        self.assertEqual(self.server.call("GET", "kv1/d")[2]["data"], {"k": "second"})

    def test_chunked(self):
        connection = self.server.connection()
        connection.request("POST", "/v1/kv1/e", iter([b'{"k":', b'"v"}']), {"X-Vault-Token": "root"}, encode_chunked=True)
        self.assertEqual(connection.getresponse().status, 204)

    def test_expect_continue(self):
        with self.server.raw() as connection:
            connection.sendall(b"POST /v1/kv1/f HTTP/1.1\r\nHost: h\r\nX-Vault-Token: root\r\nContent-Length: 9\r\n"
                               b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
            self.assertIn(b"100 Continue", connection.recv(1000))
            connection.sendall(b'{"k":"v"}')
            self.assertIn(b" 204 ", read_all(connection))


class Paths(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_table(self):
        table = [("GET", "/", 404), ("GET", "/v1", 404), ("GET", "/v2/sys/mounts", 404), ("GET", "/sys/mounts", 404),
                 ("GET", "/v1/sys//mounts", 307), ("GET", "/v1/a/../sys/mounts", 307), ("GET", "/v1/sys/./mounts", 307),
                 ("GET", "/v1/sys/%2e%2e/x", 400), ("GET", "/v1/sys%2f..%2fx", 400), ("GET", "/v1/a%00b", 400),
                 ("GET", "/v1/a%09b", 400), ("GET", "/v1/%ff", 400), ("POST", "/v1/sys/mounts/", 400),
                 ("TRACE", "/v1/sys/mounts", 405), ("BREW", "/v1/sys/mounts", 405), ("OPTIONS", "/v1/sys/mounts", 400),
                 ("GET", "/v1/sys/mounts?list=maybe", 400), ("PATCH", "/v1/sys/mounts/x", 400), ("GET", "/v1/nosuch/a", 404)]
        for method, path, expected in table:
            with self.subTest(f"{method} {path}"):
                self.assertEqual(self.server.request(method, path)[0], expected)

    def test_redirect_keeps_the_query(self):
        _, headers, _ = self.server.request("GET", "/v1//sys/mounts?a=b%20c")
        self.assertEqual(headers["Location"], "/v1/sys/mounts?a=b%20c")

    def test_headers_of_answers(self):
        _, headers, _ = self.server.request("GET", "sys/mounts", headers={"X-Vault-Namespace": "root"})
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(headers["X-Vault-Namespace"], "root")

    def test_head_of_health(self):
        status, headers, body = self.server.request("HEAD", "sys/health")
        self.assertEqual((status, body), (200, b""))


class Protocol(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(dev=False, listener=LIMITS).start().initialise()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def send(self, data):
        with self.server.raw(10) as connection:
            connection.sendall(data)
            return read_all(connection)

    def test_body_too_large(self):
        status, _, answer = self.server.request("POST", "sys/mounts/x", b"x" * 65537)
        self.assertEqual(status, 413)
        self.assertIn("http: request body too large", json.loads(answer)["errors"][0])

    def test_chunked_body_too_large(self):
        with self.server.raw(10) as connection:
            connection.sendall(b"POST /v1/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                for _ in range(100):
                    connection.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
            except OSError:
                pass
            self.assertIn(b" 413 ", read_all(connection))

    def test_pipelined(self):
        one = b"GET /v1/sys/seal-status HTTP/1.1\r\nHost: h\r\n\r\n"
        last = b"GET /v1/sys/seal-status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        self.assertEqual(self.send(one * 20 + last).count(b"HTTP/1.1 200 OK"), 21)

    def test_header_bomb(self):
        many = b"".join(b"X-%d: y\r\n" % i for i in range(20_000))
        self.assertIn(b" 431 ", self.send(b"GET /v1/sys/health HTTP/1.1\r\nHost: h\r\n" + many + b"\r\n"))
        self.assertIn(b" 431 ", self.send(b"GET /v1/sys/health HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 200_000 + b"\r\n\r\n"))

    def test_messages_that_two_readers_would_cut_differently(self):
        line = b"POST /v1/sys/mounts/x HTTP/1.1\r\nHost: h\r\n"
        for fields in (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 3\r\nContent-Length: 4\r\n",
                       b"Transfer-Encoding: gzip\r\n", b"Transfer-Encoding: chunked, gzip\r\n", b"Content-Length: -1\r\n",
                       b"Content-Length : 3\r\n", b"Host: g\r\n"):
            with self.subTest(fields):
                self.assertIn(b" 400 ", self.send(line + fields + b"\r\nabc"))

    def test_not_http(self):
        for data in (b"\x16\x03\x01\x00\x05hello\r\n\r\n", b"hello\r\n\r\n", b"GET /v1/sys/health\r\n\r\n",
                     b"GET /v1/sys/health HTTP/1.1\r\n\r\n"):
            with self.subTest(data):
                self.assertIn(b" 400 ", self.send(data))

    def test_slow_header_ends_by_its_deadline(self):
        begin = time.monotonic()
        with self.server.raw(10) as connection:
            connection.sendall(b"GET /v1/sys/health HTTP/1.1\r\n")
            read_all(connection)
        self.assertLess(time.monotonic() - begin, 5)

    def test_dripping_body_ends_by_its_deadline(self):
        begin = time.monotonic()
        with self.server.raw(10) as connection:
            connection.sendall(b"POST /v1/sys/mounts/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
            try:
                while time.monotonic() - begin < 8:
                    connection.sendall(b"x")
                    time.sleep(0.1)
            except OSError:
                pass
        self.assertLess(time.monotonic() - begin, 6)

    def test_idle_connection_ends(self):
        with self.server.raw(10) as connection:
            self.assertEqual(connection.recv(1), b"")

    def test_lives_on(self):
        for _ in range(200):
            self.server.raw().close()
        self.assertEqual(self.server.request("GET", "sys/health")[0], 200)


class Tls(unittest.TestCase):
    def setUp(self):
        self.server = Server(dev=False, listener="""listener "tcp" {
          address = "127.0.0.1:PORT"
          tls_cert_file = "cert.pem"
          tls_key_file = "key.pem"
        }
        """)
        self.first = certificate(self.server.folder)
        self.second = certificate(self.server.folder)
        self.use(self.first)
        self.server.start()

    def tearDown(self):
        self.server.close()

    def use(self, pair):
        shutil.copy(pair[0], os.path.join(self.server.folder, "cert.pem"))
        shutil.copy(pair[1], os.path.join(self.server.folder, "key.pem"))

    def handshake(self, context):
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as plain:
            with context.wrap_socket(plain) as connection:
                return connection.version(), connection.getpeercert(True)

    def test_versions(self):
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
            self.assertEqual(self.handshake(client_context(self.first[0], least=version, most=version))[0], name)
        old = client_context(self.first[0])
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, OSError)):
            self.handshake(old)

    def test_alpn(self):
        context = client_context(self.first[0])
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as plain:
            with context.wrap_socket(plain) as connection:
                self.assertEqual(connection.selected_alpn_protocol(), "http/1.1")

    def test_plain_http_is_told(self):
        with self.server.raw(10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            answer = read_all(connection)
        self.assertIn(b"HTTP/1.1 400 ", answer)
        self.assertIn(b"Client sent an HTTP request to an HTTPS server.", answer)

    def served_soon(self, pair):
        with open(pair[0]) as file:
            expected = ssl.PEM_cert_to_DER_cert(file.read())
        for _ in range(100):
            if self.handshake(client_context(self.first[0], self.second[0]))[1] == expected:
                return True
            time.sleep(0.05)
        return False

    def test_reload(self):
        self.server.tls = client_context(self.first[0], self.second[0])
        kept = self.server.connection()
        self.assertEqual(self.server.request("GET", "sys/seal-status", connection=kept)[0], 200)
        self.use(self.second)
        self.server.process.send_signal(signal.SIGHUP)
        self.assertTrue(self.served_soon(self.second))
        self.assertEqual(self.server.request("GET", "sys/seal-status", connection=kept)[0], 200)

    def test_bad_certificate_keeps_the_old(self):
        with open(os.path.join(self.server.folder, "cert.pem"), "w") as file:
            file.write("not a certificate")
        self.server.process.send_signal(signal.SIGHUP)
        for _ in range(100):
            if "certificate not reloaded" in self.server.log():
                break
            time.sleep(0.05)
        self.assertTrue(self.served_soon(self.first))


class Life(unittest.TestCase):
    def test_shutdown_lets_a_request_finish(self):
        with Server() as server, server.raw(20) as connection:
            connection.sendall(b"POST /v1/sys/mounts/late HTTP/1.1\r\nHost: h\r\nX-Vault-Token: root\r\nContent-Length: 13\r\n\r\n")
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            with self.assertRaises(OSError):
                server.raw(1)
            connection.sendall(b'{"type":"kv"}')
            answer = read_all(connection)
            self.assertIn(b" 204 ", answer)
            self.assertIn(b"Connection: close", answer)
            self.assertEqual(server.process.wait(20), 0)

    def test_idle_connections_do_not_delay_the_end(self):
        with Server() as server, server.raw(20):
            time.sleep(0.1)
            begin = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - begin, 5)

    def test_second_signal_ends_at_once(self):
        with Server() as server, server.raw(20) as connection:
            connection.sendall(b"POST /v1/sys/mounts/x HTTP/1.1\r\nHost: h\r\nContent-Length: 13\r\n\r\n")
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(5), -signal.SIGTERM)

    def test_overload_is_refused_fast_and_health_still_answers(self):
        with Server(config="worker_threads = 1\nworker_queue = 0\n") as server:
            server.write("sys/mounts/pki", {"type": "pki"})
            statuses, slow = [], []
            def make_root():
                status = server.call("POST", "pki/root/generate/internal", {"common_name": "x", "key_type": "rsa", "key_bits": 4096})[0]
                statuses.append(status)
            # On a busy machine the worker may still be putting the last answer away when all eight come: then once more.
            for _ in range(5):
                with concurrent.futures.ThreadPoolExecutor(8) as pool:
                    running = [pool.submit(make_root) for _ in range(8)]
                    while not all(one.done() for one in running):
                        begin = time.monotonic()
                        self.assertEqual(server.request("GET", "sys/health")[0], 200)
                        slow.append(time.monotonic() - begin)
                if 200 in statuses:
                    break
            self.assertIn(503, statuses)
            self.assertIn(200, statuses)
            self.assertLess(sorted(slow)[len(slow) // 2], 0.05)
            self.assertEqual(server.call("GET", "sys/mounts")[0], 200)

    def test_start_errors_are_clear(self):
        for config, text in (("nonsense = 1\n", "unknown key"), ('storage "raft" {}\n', "storage \"raft\" is not available")):
            server = Server(dev=False, config=config)
            try:
                server.start(expect_answer=False)
                self.assertEqual(server.process.wait(10), 1)
                self.assertIn(text, server.log())
                self.assertIn("signet.hcl:", server.log())
            finally:
                server.close()

    def test_port_in_use(self):
        with Server() as server:
            other = Server()
            try:
                other.port = server.port
                other.start(expect_answer=False)
                self.assertEqual(other.process.wait(10), 1)
                self.assertIn("another process uses this port", other.log())
            finally:
                other.close()


if __name__ == "__main__":
    unittest.main()
