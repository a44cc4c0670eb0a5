"""The equations of section 2 as compiled functions: arrays in, arrays out, nothing else of ours imported.

A kernel draws no random numbers, sees no scenario, agent or string, and never changes what its neighbours still read.
"""
