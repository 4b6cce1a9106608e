"""Pymesh's calls on a node that ``heddled`` runs on this computer.

``network`` and ``socket`` are what programs import; this package is what stands behind them. It has no dependency and
runs with Python 3.9 and later.
"""

from .control import (
    BindError,
    BorderRouterError,
    MeshError,
    ReceiveError,
    SendError,
)
from .lora import LoRa
from .mesh import Mesh

__all__ = ["LoRa", "Mesh", "MeshError", "BindError", "SendError", "ReceiveError", "BorderRouterError"]
