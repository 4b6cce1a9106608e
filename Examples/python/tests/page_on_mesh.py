"""Every snippet of Pymesh's page, on a live mesh of three nodes.

    page_on_mesh.py CONTROL_A CONTROL_C

A and C are two hops apart. On C runs another program, with the page's own callback.
"""

import os
import pathlib
import queue
import re
import struct
import subprocess
import sys
import threading
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from pymesh_page import Page, shape  # noqa: E402

PLACE = "fdde:ad00:beef:0:0:ff:fe00:d800"
OUTSIDE = "2600:0:0:0:0:0:0:99"


class Peer:
    """The program on the other node."""

    def __init__(self, control):
        self._process = subprocess.Popen(
            [sys.executable, str(FOLDER / "peer.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, HEDDLE_CONTROL=control))
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line.strip())
        self._lines.put(None)

    def expect(self, beginning, within=30):
        """The first line from now on that begins so; nil when none comes."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            try:
                line = self._lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                return None
            if line is None:
                raise AssertionError("the peer has ended")
            if line.startswith(beginning):
                return line
        return None

    def tell(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def stop(self):
        self._process.kill()
        self._process.wait()


def check(page, name, values=None):
    """Runs a snippet; what it prints has the shape that the page shows. Returns what each line typed printed."""
    printed = []
    for typed, output, shown in page.run(name, values):
        if shown.strip():
            assert shape(output) == shape(shown), "%s: %s\n%s\nis not as on the page\n%s" % (name, typed, output, shown)
        printed.append(output.strip())
    print("ok", name, flush=True)
    return printed


def repeat(action, within=60):
    """Does something every two seconds until it gives a value: a datagram may be lost on the air."""
    end = time.monotonic() + within
    while True:
        found = action()
        if found:
            return found
        assert time.monotonic() < end, "it did not become so"
        time.sleep(2)


def callback_of_a_border_router(received):
    """The page's callback, its border-router branch mended: there it unpacks more bytes than the format has, and
    prints nine fields with five values, which no Python takes."""

    def receive_pack(sockets):
        while True:
            is_new_data = False
            for sock in sockets:
                rcv_data, rcv_addr = sock.recvfrom(128)
                if len(rcv_data) > 0:
                    is_new_data = True
                    break
            if not is_new_data:
                break
            size = struct.calcsize("!BHHHHHHHHH")
            assert size == 19
            if rcv_data[0] == 0xBB and len(rcv_data) >= size:
                br_header = struct.unpack("!BHHHHHHHHH", rcv_data[:size])
                received.append(("%x:%x:%x:%x:%x:%x:%x:%x" % br_header[1:9], br_header[9], rcv_data[size:], rcv_addr))
                rcv_data = rcv_data[size:]
            if not rcv_data.startswith("ACK"):
                sock.sendto("ACK", rcv_addr)

    return receive_pack


def run(control_a, control_c):
    os.environ["HEDDLE_CONTROL"] = control_a
    peer = Peer(control_c)
    try:
        ready = peer.expect("ready")
        assert ready, "the peer does not start"
        addresses_of_c = ready.split()[1:]
        place_of_c = [one for one in addresses_of_c if ":ff:fe00:" in one and not one.endswith(":fc00")][0]
        identity_of_c = [one for one in addresses_of_c if one.startswith("fdde:") and ":ff:fe00:" not in one][0]
        snippets(peer, place_of_c, identity_of_c)
    finally:
        peer.stop()
    # The last one takes the node to another network.
    page = Page()
    assert check(page, "02-key")[1] == "masterkey: 11223300000000000000000000000000"
    page.names["pymesh"].deinit()


def snippets(peer, place_of_c, identity_of_c):
    page = Page()
    lines = check(page, "01-initialise")[0].splitlines()
    assert lines[0] == "Enable Pymesh" and re.fullmatch(r"Pymesh node role: [234]", lines[1]), lines
    assert re.fullmatch(r"IPv6 unicast addresses: \[('[0-9a-f:]+'(, )?){3,}\]", lines[2]), lines
    assert check(page, "04-state")[0] in ("2", "3", "4")
    assert check(page, "05-single") == ["False"]
    check(page, "06-ipaddr")
    number, digits = check(page, "07-rloc")
    assert int(number) == int(digits.strip("'"), 16) < 0xFFFE
    assert int(check(page, "08-neighbors")[2]) < 0
    rloc16 = int(check(page, "09-routers")[2])
    assert rloc16 in [one.rloc16 for one in page.names["routers"]]
    check(page, "10-leader")

    check(page, "15-socket")
    own = [one for one in page.names["pymesh"].ipaddr() if one.startswith("fdde:") and ":ff:fe00:" not in one][0]
    check(page, "16-bind", {"fdde:ad00:beef:0:4623:91c8:64b2:d9ec', 1235": own + "', 1235"})

    def talk():
        # The page's callback on C answers each with an ACK.
        assert check(page, "17-sendto", {PLACE: place_of_c}) == ["12"]
        incoming = peer.expect("Incomming 12 bytes from ", within=5)
        return incoming and peer.expect("Sent ACK back", within=5) and incoming

    incoming = repeat(talk)
    assert incoming == "Incomming 12 bytes from %s (port 1235)" % own, incoming
    answer = repeat(lambda: page.names["s"].recvfrom(512)[0])
    assert answer == b"ACK", answer

    def hello():
        peer.tell("send %s 1235 Hello_World!" % own)
        time.sleep(1)
        printed = page.run("18-recvfrom")[0][1]
        return "Hello" in printed and printed

    printed = repeat(hello)
    assert shape(printed) == shape("(b'Hello_World!', ('fdde::1:1', 1234))"), printed
    assert "'%s', 4321" % identity_of_c in printed, printed
    print("ok 18-recvfrom", flush=True)

    def ping():
        leader, answer = [one[1] for one in page.run("14-cli", {PLACE: place_of_c})]
        return "bytes" in answer

    repeat(ping)
    repeat(lambda: _succeeds(lambda: check(page, "14-cli", {PLACE: place_of_c})))

    border_router(page, peer)
    check(page, "11-rx_cb")
    assert check(page, "03-deinit") == ["", "", ""]


def _succeeds(action):
    try:
        action()
        return True
    except AssertionError:
        return False


def border_router(page, peer):
    pymesh, sock = page.names["pymesh"], page.names["s"]
    # At all addresses again: answers go out from the one that fits where they go.
    sock.bind(1234)
    received = []
    sockets = [sock]
    pymesh.rx_cb(callback_of_a_border_router(received), sockets)
    check(page, "12-border_router")
    # Until the leader knows of it nobody has an address.
    repeat(lambda: any(one.startswith("2001:cafe:cafe:cafe:") for one in pymesh.ipaddr()))

    def has_address():
        peer.tell("addresses")
        line = peer.expect("addresses", within=5)
        return line and [one for one in line.split() if one.startswith("2001:cafe:cafe:cafe:")]

    address_of_c = repeat(has_address)[0]

    def leave():
        peer.tell("send %s 7777 to-the-cloud" % OUTSIDE)
        assert peer.expect("sent", within=5) == "sent 12"
        time.sleep(2)
        return received

    destination, port, data, source = repeat(leave)[0]
    assert (destination, port, data) == (OUTSIDE, 7777, b"to-the-cloud"), received
    assert source == (address_of_c, 4321), source

    def answer():
        sock.sendto("answer", source)
        peer.tell("receive")
        # ACKs of what was said before may still come.
        line = peer.expect("received", within=25)
        return line and "answer" in line and line.split()

    found = repeat(answer)
    assert found[2].startswith("2001:cafe:cafe:cafe:") and found[3] == "1234", found
    pymesh.border_router("2001:dead:beef:caff::/64", 1)
    pymesh.border_router_del("2001:cafe:cafe:cafe::/64")
    shown = check(page, "13-border_router_del")
    # Where the page shows nothing, the list is empty.
    assert shown[0].endswith("preference=1)]") and shown[3] == "[]", shown
    print("ok border router", flush=True)


if __name__ == "__main__":
    run(*sys.argv[1:])
    print("all snippets of the page have run")
