"""Pymesh's class ``LoRa.Mesh``."""

import queue
import sys
import threading
import traceback

from .control import Connection, MeshError, control_path
from .records import BorderRouterEntry, Leader, Neighbor, Router

_STATES = {"disabled": 0, "detached": 1, "child": 2, "router": 3, "leader": 4}
_PREFERENCES = (-1, 0, 1)

#: What the commands of Pymesh's OpenThread, of 2018, are called today.
_RENAMED_COMMANDS = {
    ("masterkey",): ("networkkey",),
    ("dataset", "masterkey"): ("dataset", "networkkey"),
    ("netdataregister",): ("netdata", "register"),
    ("leaderpartitionid",): ("partitionid", "preferred"),
}

#: Beyond it a command could not be a request of the daemon's.
_COMMAND_LENGTH = 2000

#: How many datagrams the callback may be behind.
_CALLBACK_LIMIT = 256

_current = None


def current():
    """The mesh that sockets belong to.

    Raises ``MeshError`` before there is one.
    """
    if _current is None or _current.is_closed:
        raise MeshError("closed", "There is no mesh: make one with LoRa.Mesh() before sockets.")
    return _current


class Mesh:
    """The node that ``heddled`` runs.

    :param key: at most 16 bytes, a shorter key is padded with zero bytes: the node leaves its network and joins the
        one of the key. Without a key it stays in the network that it is configured for.
    :param control: the daemon's control socket; else ``HEDDLE_CONTROL`` of the environment, else
        ``/run/heddle/heddle.sock``.
    """

    def __init__(self, *, key=None, control=None):
        global _current
        if key is not None and (not isinstance(key, (bytes, bytearray)) or len(key) > 16):
            raise ValueError("a key has at most 16 bytes")
        self._path = control_path(control)
        self._commands = None
        self._command_lock = threading.Lock()
        self._callback = None
        self._argument = None
        self._calls = queue.Queue(_CALLBACK_LIMIT)
        self.is_closed = False
        self.connection = Connection(self._path, self._notice)
        try:
            if key is None:
                self.connection.call("start")
            else:
                self.connection.call("start", key=bytes(key).hex())
        except BaseException:
            self.connection.close()
            raise
        threading.Thread(target=self._run_callbacks, name="heddle-rx", daemon=True).start()
        if _current is not None:
            _current.deinit()
        _current = self

    def deinit(self):
        """Lets the node go: its sockets are closed, and all further calls return None. The daemon's node goes on."""
        if self.is_closed:
            return
        self.is_closed = True
        self._put_call(None)
        self.connection.close()
        if self._commands is not None:
            self._commands.close()

    def _ask(self, name, **values):
        if self.is_closed:
            return None
        return self.connection.call(name, **values)

    # What the node knows.

    def state(self):
        """The role: 0 disabled, 1 detached, 2 child, 3 router, 4 leader."""
        return _STATES.get(self._ask("state"))

    def single(self):
        """Whether this is the only router of its network."""
        return self._ask("isSingle")

    def ipaddr(self):
        """All unicast addresses, as texts."""
        return self._ask("addresses")

    def rloc(self):
        """The place in the mesh, RLOC16; 0xfffe while there is none."""
        if self.is_closed:
            return None
        place = self._ask("rloc16")
        return 0xFFFE if place is None else place

    def neighbors(self):
        """Those that are heard directly: ``mac``, ``role`` (2 child, 3 router), ``rloc16``, ``rssi``, ``age``."""
        found = self._ask("neighbors")
        return [Neighbor.of(one) for one in found] if found is not None else None

    def routers(self):
        """All routers: ``mac`` (0 where it is no neighbor), ``rloc16``, ``id``, ``path_cost``, ``age``."""
        found = self._ask("routers")
        return [Router.of(one) for one in found] if found is not None else None

    def leader(self):
        """The leader: ``part_id``, ``mac`` (0 where it is no neighbor), ``rloc16``; None while detached."""
        found = self._ask("leader")
        return Leader.of(found) if found is not None else None

    # The way out of the mesh.

    def border_router(self, prefix=None, preference=0):
        """With a prefix, becomes a border router of it; without, lists the prefixes that this node offers.

        Datagrams for the outside arrive at the first bound socket, with the 19 bytes before them that tell where to:
        0xBB, the address, the port.

        :param preference: -1 low, 0 normal, 1 high.
        """
        if prefix is None:
            found = self._ask("borderRouters")
            return [BorderRouterEntry.of(one) for one in found] if found is not None else None
        if preference not in _PREFERENCES:
            raise ValueError("a preference is -1, 0 or 1")
        self._ask("addBorderRouter", prefix=prefix, preference=preference)
        return None

    def border_router_del(self, prefix):
        """Ceases to be a border router of a prefix."""
        self._ask("removeBorderRouter", prefix=prefix)

    # Commands and arrivals.

    def cli(self, command):
        """Gives a command to OpenThread's command line and returns its answer, lines that end with CR LF.

        Commands that were renamed since 2018, such as ``masterkey``, are known by both names, and ``ping`` has no
        line that sums up, as it had none. One that fails returns its error, such as ``Error 7: InvalidArgs``.
        """
        if self.is_closed:
            return None
        if len(command.encode()) > _COMMAND_LENGTH or any(ord(one) < 32 or ord(one) == 127 for one in command):
            return "Error 6: Parse\r\n"
        with self._command_lock:
            if self._commands is None:
                # A connection of its own: a ping may take seconds, and nothing is to wait for it.
                self._commands = Connection(self._path)
            lines, status = self._commands.command(_today(command))
        if command.split()[:1] == ["ping"]:
            # OpenThread of 2018 had no line that sums up.
            lines = [line for line in lines if "packets transmitted" not in line]
        if status != "Done":
            lines = lines + [status]
        return "".join(line + "\r\n" for line in lines)

    def rx_cb(self, handler, argument=None):
        """Calls ``handler(argument)`` for each datagram that arrives, in a thread of its own; None for no more."""
        self._argument = argument
        self._callback = handler

    def _notice(self, notice):
        if notice.get("notice") == "readable" and self._callback is not None:
            self._put_call(notice)

    def _put_call(self, call):
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            # The handler is far behind; the calls that wait will find the datagram too.
            pass

    def _run_callbacks(self):
        while True:
            call = self._calls.get()
            if call is None or self.is_closed:
                return
            handler = self._callback
            if handler is None:
                continue
            try:
                handler(self._argument)
            except Exception:
                if self.is_closed:
                    return
                print("rx_cb: the handler failed", file=sys.stderr)
                traceback.print_exc()


def _today(command):
    words = tuple(command.split())
    for old, new in _RENAMED_COMMANDS.items():
        if words[: len(old)] == old:
            return " ".join(new + words[len(old):])
    return command
