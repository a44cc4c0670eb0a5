"""The verdict under uncertainty: many worlds drawn from the ranges of what is assumed, and what decides in them."""
