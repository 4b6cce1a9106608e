"""Pymesh's class ``LoRa``, of which only what leads to the mesh has a meaning here."""

from .mesh import Mesh


class LoRa:
    """The radio. ``heddled`` owns it and its configuration sets it up: what is given here is taken and left alone."""

    LORA = 0
    LORAWAN = 1

    AS923 = 0
    AU915 = 1
    EU868 = 5
    US915 = 8
    CN470 = 2
    IN865 = 7

    BW_125KHZ = 0
    BW_250KHZ = 1
    BW_500KHZ = 2

    CODING_4_5 = 1
    CODING_4_6 = 2
    CODING_4_7 = 3
    CODING_4_8 = 4

    ALWAYS_ON = 0
    TX_ONLY = 1
    SLEEP = 2

    Mesh = Mesh

    def __init__(self, id=0, mode=LORA, region=EU868, frequency=None, tx_power=None, bandwidth=None, sf=None,
                 preamble=None, coding_rate=None, power_mode=None, tx_iq=None, rx_iq=None, adr=None, public=None,
                 tx_retries=None, device_class=None):
        self.mode = mode
        self.region = region
