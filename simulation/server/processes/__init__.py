"""The processes that simulate, and what they are asked."""
