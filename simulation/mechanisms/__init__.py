"""Mechanisms of the mining region, one a file: their settings, their arrays, their equation (section 13).

Each gives a part of the market factor x of equation (5), or of what goes into it, and each is off unless a scenario
names it; a part that is off is 1, bit for bit.
"""
