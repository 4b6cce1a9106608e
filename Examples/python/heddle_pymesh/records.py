"""What the mesh tells, as named tuples that print as Pymesh's do."""

from collections import namedtuple


def _record(name, fields):
    base = namedtuple(name, fields)

    def __repr__(self):
        return "(%s)" % ", ".join("%s=%r" % pair for pair in zip(self._fields, self))

    return type(name, (base,), {"__slots__": (), "__repr__": __repr__})


def _mac(address):
    return int(address, 16) if address else 0


def _seconds(microseconds):
    return microseconds // 1_000_000 if microseconds is not None else 0


class Neighbor(_record("Neighbor", "mac role rloc16 rssi age")):
    __slots__ = ()

    @classmethod
    def of(cls, one):
        return cls(
            _mac(one["extendedAddress"]), 2 if one["isChild"] else 3, one["rloc16"],
            round(one.get("averageRSSI") or 0), _seconds(one["ageMicroseconds"]),
        )


class Router(_record("Router", "mac rloc16 id path_cost age")):
    __slots__ = ()

    @classmethod
    def of(cls, one):
        return cls(
            _mac(one.get("extendedAddress")), one["rloc16"], one["id"], one.get("pathCost") or 0,
            _seconds(one.get("ageMicroseconds")),
        )


class Leader(_record("Leader", "part_id mac rloc16")):
    __slots__ = ()

    @classmethod
    def of(cls, one):
        return cls(one["partitionID"], _mac(one.get("extendedAddress")), one["rloc16"])


class BorderRouterEntry(_record("BorderRouterEntry", "net preference")):
    __slots__ = ()

    @classmethod
    def of(cls, one):
        return cls(one["prefix"], one["preference"])
