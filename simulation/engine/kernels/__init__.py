"""The equations of section 2 as compiled functions: arrays in, arrays out; from this package they import only
each other, the compiler, the channels and elementary functions.

A kernel draws no random numbers, sees no scenario, agent or string, and never changes what its neighbours still read.
"""
