# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*"]
# ///
"""The plain loop in C, by the system's compiler."""

import native_loop

if __name__ == "__main__":
    native_loop.main("loop.c", ["cc", "-O3", "-march=native", "-shared", "-fPIC"])
