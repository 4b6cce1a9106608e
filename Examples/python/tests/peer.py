"""Another node's program: it runs the page's callback and does what its standard input says.

    send ADDRESS PORT TEXT      sends a datagram
    receive                     waits for a datagram that the callback did not take
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from pymesh_page import Page  # noqa: E402


def main():
    page = Page()
    page.run("01-initialise")
    page.run("15-socket")
    page.run("11-rx_cb")
    talker = page.names["s"]
    listener = page.names["socket"].socket(page.names["socket"].AF_LORA, page.names["socket"].SOCK_RAW)
    listener.bind(1234)
    page.names["sockets"].append(listener)
    talker.bind(4321)
    talker.settimeout(20)
    print("ready", *page.names["pymesh"].ipaddr(), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "send":
            print("sent", talker.sendto(words[3], (words[1], int(words[2]))), flush=True)
        elif words[0] == "receive":
            data, (address, port) = talker.recvfrom(512)
            print("received", data.decode(), address, port, flush=True)
        elif words[0] == "addresses":
            print("addresses", *page.names["pymesh"].ipaddr(), flush=True)
    os._exit(0)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()
