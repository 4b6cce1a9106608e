"""The control socket of ``heddled``: requests and answers as lines of JSON, see docs/control-socket.md."""

import json
import os
import queue
import threading

import socket as _socket

# Taken now: `install` of the module sockets replaces it.
_stream_socket = _socket.socket

#: Where a daemon listens that was told nothing else.
DEFAULT_PATH = "/run/heddle/heddle.sock"


class MeshError(OSError):
    """Why the mesh could not be used. ``name`` tells the case apart, the text says what to do.

    It is an ``OSError``, as errors of sockets are in MicroPython.
    """

    def __init__(self, name, text):
        super().__init__(text)
        self.name = name


class BindError(MeshError):
    """Why a socket could not be opened or bound."""


class SendError(MeshError):
    """Why a datagram could not be sent."""


class ReceiveError(MeshError):
    """Why a socket cannot be read."""


class BorderRouterError(MeshError):
    """Why the node could not become or cease to be a border router."""


_ERRORS = {kind.__name__: kind for kind in (MeshError, BindError, SendError, ReceiveError, BorderRouterError)}


def control_path(path=None):
    """The path that was given, else ``HEDDLE_CONTROL``, else the usual one."""
    return path or os.environ.get("HEDDLE_CONTROL") or DEFAULT_PATH


class Connection:
    """One connection to a daemon. All methods may be called from any thread; ``ask`` waits for the answer."""

    def __init__(self, path, on_notice=None):
        self.path = path
        self._on_notice = on_notice or (lambda notice: None)
        self._lock = threading.Lock()
        self._answers = {}
        self._next_id = 1
        self._end = None
        self._reason = None
        self._socket = self._connect(path)
        threading.Thread(target=self._read, name="heddle-control", daemon=True).start()

    @staticmethod
    def _connect(path):
        if not 1 <= len(os.fsencode(path)) <= 107:
            raise MeshError("invalidControlPath", '"%s" is no path of a control socket: give one of 1 to 107 bytes.' % path)
        stream = _stream_socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            stream.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            stream.close()
            raise MeshError(
                "daemonNotRunning",
                "Nothing listens on %s: start heddled, or give its `control` path in HEDDLE_CONTROL." % path,
            ) from None
        except PermissionError:
            stream.close()
            raise MeshError(
                "controlNotPermitted",
                "%s belongs to another user: run the program as the user that runs heddled." % path,
            ) from None
        except OSError as error:
            stream.close()
            raise MeshError("controlFailed", "Cannot talk to %s: %s." % (path, error)) from None
        return stream

    def call(self, name, **values):
        """Has the node carry out a call and returns its result."""
        answer = self.ask(dict(values, call=name))
        if "error" in answer:
            error = answer["error"]
            raise _ERRORS.get(error.get("type"), MeshError)(error.get("name", ""), error.get("text", ""))
        return answer.get("result")

    def command(self, line):
        """Has the node carry out a command of OpenThread's command line.

        Returns its lines and how it ended: ``Done``, or ``Error 7: InvalidArgs``.
        """
        answer = self.ask({"command": line})
        return answer.get("lines", []), answer.get("status", "")

    def ask(self, request):
        """Sends a request and waits for the object that answers it."""
        waiting = queue.Queue(1)
        with self._lock:
            if self._end is not None:
                raise self._end
            request["id"] = self._next_id
            self._next_id += 1
            self._answers[request["id"]] = waiting
            try:
                self._socket.sendall(json.dumps(request).encode() + b"\n")
            except OSError:
                # The reader tells why; a daemon that ends a connection may still have said something.
                pass
        answer = waiting.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        """Ends the connection; the daemon frees all that belonged to it."""
        self._finish(MeshError("closed", "The mesh is closed: make another one with LoRa.Mesh()."))
        try:
            self._socket.shutdown(_socket.SHUT_RDWR)
        except OSError:
            pass

    def _read(self):
        try:
            with self._socket.makefile("rb") as lines:
                for line in lines:
                    self._take(line)
        except (OSError, ValueError):
            pass
        reason = self._reason or "it has stopped"
        self._finish(
            MeshError(
                "daemonGone", "heddled has ended the connection (%s): connect again, or see its log." % reason)
        )
        self._socket.close()

    def _take(self, line):
        if line[:1] == b"!":
            self._reason = line[1:].decode(errors="replace").strip()
            return
        if line[:1] == b".":
            return
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self._finish(MeshError("notADaemon", "What listens on %s is not heddled." % self.path))
            raise ValueError
        if message.get("notice") == "closing":
            self._reason = message.get("reason")
        elif "notice" in message:
            self._on_notice(message)
        elif "id" in message:
            with self._lock:
                waiting = self._answers.pop(message["id"], None)
            if waiting is not None:
                waiting.put(message)

    def _finish(self, error):
        with self._lock:
            if self._end is not None:
                return
            self._end = error
            answers, self._answers = self._answers, {}
        for waiting in answers.values():
            waiting.put(error)
