"""Pymesh's sockets: ``socket.socket(socket.AF_LORA, socket.SOCK_RAW)``."""

import select
import socket as _socket
import threading
import time

from . import mesh as _mesh
from .control import BindError, MeshError, ReceiveError, SendError

#: A number that no address family of Linux has.
AF_LORA = 0x4C6F

_ANY = "::"


class Received(bytes):
    """Bytes that may be compared with texts as MicroPython compares them: ``data.startswith("ACK")``."""

    __slots__ = ()

    def startswith(self, prefix, *bounds):
        return super().startswith(_plain(prefix), *bounds)

    def endswith(self, suffix, *bounds):
        return super().endswith(_plain(suffix), *bounds)

    def __getitem__(self, key):
        found = super().__getitem__(key)
        return Received(found) if isinstance(key, slice) else found


def _plain(text):
    if isinstance(text, str):
        return text.encode()
    if isinstance(text, tuple):
        return tuple(_plain(one) for one in text)
    return text


class LoRaSocket:
    """A UDP socket of the mesh. It does not wait unless ``settimeout`` says so."""

    family = AF_LORA
    type = _socket.SOCK_RAW
    proto = 0

    def __init__(self):
        self._mesh = _mesh.current()
        self._connection = self._mesh.connection
        self._timeout = 0.0
        self._number = self._connection.call("open")

    def bind(self, name):
        """Binds to a port at all addresses, ``bind(1234)``, or at one, ``bind((address, 1234))``.

        A port is 1024 to 63535. A socket that is bound already gets the new name.
        """
        number = self._open_number(BindError)
        if isinstance(name, tuple):
            address, port = _name(name)
            self._connection.call("bind", socket=number, address=address, port=_port(port))
        else:
            self._connection.call("bind", socket=number, port=_port(name))

    def sendto(self, data, name):
        """Sends bytes, or a text as UTF-8, to an address and port. Returns how many bytes were sent."""
        number = self._open_number(SendError)
        payload = data.encode() if isinstance(data, str) else bytes(memoryview(data))
        if len(payload) > 1232:
            raise SendError("payloadTooLarge", "The payload has %d bytes, the limit is 1232: send less at once." % len(payload))
        address, port = _name(name)
        return self._connection.call("send", socket=number, address=address, port=_port(port), payload=payload.hex())

    def recvfrom(self, bufsize):
        """The oldest datagram and where it came from: ``(data, (address, port))``.

        Of a datagram larger than ``bufsize`` the rest is lost. Where none waits, the data are empty.
        """
        if not isinstance(bufsize, int) or bufsize < 1:
            raise ValueError("a buffer has at least one byte")
        end = None if self._timeout is None else time.monotonic() + self._timeout
        while True:
            found = self._connection.call("receive", socket=self._open_number(ReceiveError))
            if found is not None:
                payload = Received(bytes.fromhex(found["payload"])[:bufsize])
                return payload, (found["source"], found["sourcePort"])
            if end is not None and time.monotonic() >= end:
                return Received(), (_ANY, 0)
            time.sleep(0.02)

    def settimeout(self, seconds):
        """How long ``recvfrom`` waits: 0, as in the beginning, not at all; None as long as it takes."""
        if seconds is not None and seconds < 0:
            raise ValueError("a time is 0 or more")
        self._timeout = seconds

    def setblocking(self, flag):
        """Whether ``recvfrom`` waits."""
        self.settimeout(None if flag else 0.0)

    def close(self):
        """Closes the socket; again does nothing."""
        number, self._number = self._number, None
        if number is not None and not self._mesh.is_closed:
            self._connection.call("close", socket=number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _open_number(self, error):
        if self._number is None:
            raise error("unknownSocket", "The socket is closed: open another one.")
        return self._number


def _name(name):
    if not isinstance(name, tuple) or len(name) != 2 or not isinstance(name[0], str):
        raise TypeError("a name is a pair of an address and a port, such as ('fdde:ad00:beef::1', 1234)")
    return name


def _port(port):
    if not isinstance(port, int) or isinstance(port, bool):
        raise TypeError("a port is a number")
    if not 0 <= port <= 65535:
        raise BindError("portOutOfRange", "Port %d is out of range: choose one of 1024 to 63535." % port)
    return port


def install():
    """Gives the standard module ``socket`` its family ``AF_LORA``; again does nothing."""
    if getattr(_socket, "AF_LORA", None) == AF_LORA:
        return
    original = _socket.socket

    class socket(original):
        """The standard socket; of the family ``AF_LORA`` it is a UDP socket of the mesh."""

        __slots__ = ()

        def __new__(cls, family=-1, type=-1, proto=-1, fileno=None):
            if family == AF_LORA:
                return LoRaSocket()
            return original.__new__(cls, family, type, proto, fileno)

    socket.__module__ = "socket"
    socket.__qualname__ = "socket"
    _socket.socket = socket
    _socket.AF_LORA = AF_LORA
