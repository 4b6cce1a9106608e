"""The module that Pymesh programs import: ``from network import LoRa``.

Importing it also gives the standard module ``socket`` its ``AF_LORA``; docs/decisions/0005-python-socket.md of the
repository says why and how.
"""

from heddle_pymesh import LoRa
from heddle_pymesh import sockets as _sockets

__all__ = ["LoRa"]

_sockets.install()
