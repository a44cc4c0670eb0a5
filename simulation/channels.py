"""The channels of adoption: the terms of the hazard (section 2, equation 5).

Every array by channel is as wide as :class:`Channel`, and its places are read by name. To add a channel, add its line
here and its term in :func:`simulation.engine.kernels.hazard.steady_terms`; the rest follows.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class Channel(IntEnum):
    """Place of a channel in arrays; the lines are numbered from 0. Compiled code reads a place as a constant.

    Each line names the source to which adoptions are attributed, as the end of a sentence.
    """

    attributed_to: str

    SPONTANEOUS = "enterprises' own initiative"
    SPATIAL = "adopters nearby"
    NETWORK = "business partners"
    INSTITUTIONAL = "research and infrastructure in reach without a platform"
    DIGITAL = "platforms, remote institutions included"
    INCENTIVE = "incentives"

    def __new__(cls, attributed_to: str) -> Self:
        """Number the lines."""
        place = len(cls.__members__)
        channel = int.__new__(cls, place)
        channel._value_ = place
        channel.attributed_to = attributed_to
        return channel

    @property
    def label(self) -> str:
        """The name in columns, tables, figures and messages."""
        return self.name.lower()


CHANNELS = tuple(channel.label for channel in Channel)
"""Names of all channels, in their order."""
