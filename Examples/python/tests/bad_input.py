"""Wrong uses of the calls, each with the error that it gives.

    bad_input.py CONTROL DAEMON_PROCESS_ID

The daemon, without neighbors, is ended by the last test.
"""

import os
import pathlib
import signal
import socket
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from network import LoRa  # noqa: E402
from heddle_pymesh import BindError, BorderRouterError, MeshError, ReceiveError, SendError  # noqa: E402

CONTROL, DAEMON = sys.argv[1], int(sys.argv[2])
NOBODY = "fdde:ad00:beef::1"


def open_socket():
    return socket.socket(socket.AF_LORA, socket.SOCK_RAW)


class BadInput(unittest.TestCase):
    def setUp(self):
        self.mesh = LoRa().Mesh(control=CONTROL)

    def tearDown(self):
        self.mesh.deinit()

    def assert_named(self, kind, name, action, *arguments):
        with self.assertRaises(kind) as found:
            action(*arguments)
        self.assertEqual(found.exception.name, name)
        self.assertRegex(str(found.exception), r": .*\.$")
        self.assertIsInstance(found.exception, OSError)

    def test_keys(self):
        before = self.mesh.cli("networkkey")
        for key in (b"x" * 17, "112233", 5):
            self.assertRaises(ValueError, lambda: LoRa().Mesh(key=key, control=CONTROL))
        self.assertEqual(self.mesh.cli("networkkey"), before)

    def test_sockets(self):
        sockets = [open_socket() for _ in range(3)]
        self.assert_named(BindError, "socketLimit", open_socket)
        sockets[0].close()
        sockets[0].close()
        self.assert_named(BindError, "unknownSocket", sockets[0].bind, 1234)
        self.assert_named(SendError, "unknownSocket", sockets[0].sendto, "x", (NOBODY, 1234))
        self.assert_named(ReceiveError, "unknownSocket", sockets[0].recvfrom, 10)
        open_socket()

    def test_names(self):
        one, other = open_socket(), open_socket()
        for port in (1, 1023, 63536, 65535, 65536, -1):
            self.assert_named(BindError, "portOutOfRange", one.bind, port)
        self.assert_named(BindError, "portReserved", one.bind, 61631)
        self.assert_named(BindError, "addressNotOurs", one.bind, (NOBODY, 1234))
        self.assert_named(MeshError, "invalidCall", one.bind, ("fd00::g", 1234))
        for name in ("1234", None, 1.5, True, (NOBODY,), (NOBODY, 1, 2), (1, 2), [NOBODY, 1234], (NOBODY, "1")):
            self.assertRaises(TypeError, one.bind, name)
        one.bind(1234)
        self.assert_named(BindError, "portInUse", other.bind, 1234)
        # What was refused has changed nothing.
        own = self.mesh.ipaddr()[-1]
        self.assertEqual(other.sendto("x", (own, 1234)), 1)
        self.assertEqual(one.recvfrom(10)[0], b"x")

    def test_datagrams(self):
        one = open_socket()
        one.bind(1234)
        own = self.mesh.ipaddr()[-1]
        self.assert_named(SendError, "payloadTooLarge", one.sendto, b"x" * 1233, (own, 1234))
        self.assert_named(SendError, "payloadTooLarge", one.sendto, b"x" * 100000, (own, 1234))
        self.assert_named(SendError, "invalidDestination", one.sendto, b"x", (own, 0))
        self.assert_named(SendError, "notAttached", one.sendto, b"x", (NOBODY, 1234))
        for data in (object(), 5, None, ["x"]):
            self.assertRaises(TypeError, one.sendto, data, (own, 1234))
        for size in (0, -1, "10", None):
            self.assertRaises(ValueError, one.recvfrom, size)
        self.assertEqual(one.recvfrom(10), (b"", ("::", 0)))
        self.assertEqual(one.sendto(b"12345", (own, 1234)), 5)
        self.assertEqual(one.recvfrom(2), (b"12", (own, 1234)))
        self.assertEqual(one.recvfrom(10)[0], b"")

    def test_border_router(self):
        for prefix, name in (("2001:db8::/48", "invalidLength"), ("fe80::/64", "notRoutable"),
                             ("fdde:ad00:beef::/64", "notRoutable")):
            self.assert_named(BorderRouterError, name, self.mesh.border_router, prefix, 0)
        for prefix in ("2001:db8::", "x", "2001:db8::/129"):
            self.assert_named(MeshError, "invalidCall", self.mesh.border_router, prefix, 0)
        self.assert_named(BorderRouterError, "notOffered", self.mesh.border_router_del, "2001:db8::/64")
        self.assertRaises(ValueError, self.mesh.border_router, "2001:db8::/64", 2)
        self.assertEqual(self.mesh.border_router(), [])

    def test_commands(self):
        self.assertEqual(self.mesh.cli("bogus"), "Error 35: InvalidCommand\r\n")
        for line in ("x" * 10000, "state\nstate", "\0", "\x7f"):
            self.assertEqual(self.mesh.cli(line), "Error 6: Parse\r\n")
        self.assertEqual(self.mesh.cli("state"), "detached\r\n")

    def test_stopped(self):
        one = open_socket()
        self.mesh.cli("thread stop")
        self.assertEqual(self.mesh.state(), 0)
        self.assert_named(SendError, "stopped", one.sendto, b"x", (NOBODY, 1234))
        self.mesh.cli("thread start")

    def test_callback_that_fails(self):
        calls, seen = [], threading.Event()

        def handler(sockets):
            calls.append(sockets[0].recvfrom(10)[0])
            if len(calls) == 2:
                seen.set()
            raise RuntimeError("on purpose")

        one = open_socket()
        one.bind(1234)
        self.mesh.rx_cb(handler, [one])
        own = self.mesh.ipaddr()[-1]
        for text in ("1", "2"):
            one.sendto(text, (own, 1234))
        self.assertTrue(seen.wait(10))
        self.assertEqual(calls, [b"1", b"2"])

    def test_after_the_end(self):
        one = open_socket()
        self.mesh.deinit()
        for call in (self.mesh.state, self.mesh.ipaddr, self.mesh.neighbors, self.mesh.leader, self.mesh.rloc):
            self.assertIsNone(call())
        self.assert_named(MeshError, "closed", one.bind, 1234)
        self.assert_named(MeshError, "closed", open_socket)
        one.close()
        folder = os.path.dirname(CONTROL)
        self.assert_named(MeshError, "daemonNotRunning", lambda: LoRa().Mesh(control=folder + "/nobody.sock"))
        self.assert_named(MeshError, "invalidControlPath", lambda: LoRa().Mesh(control="/" + "x" * 107))

    def test_zz_daemon_gone(self):
        one = open_socket()
        one.bind(1234)
        os.kill(DAEMON, signal.SIGKILL)
        one.settimeout(5)
        self.assert_named(MeshError, "daemonGone", one.recvfrom, 10)
        self.assert_named(MeshError, "daemonGone", self.mesh.state)
        self.await_end_of_listening()
        self.assert_named(MeshError, "daemonNotRunning", lambda: LoRa().Mesh(control=CONTROL))

    def await_end_of_listening(self):
        """The kernel closes the connections of a killed process before the socket on which it listens."""
        while True:
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(CONTROL)
                except ConnectionRefusedError:
                    return


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
