# /// script
# requires-python = ">=3.12,<3.13"
# dependencies = ["numpy==2.5.*"]
# ///
"""The plain loop in Rust."""

import native_loop

if __name__ == "__main__":
    native_loop.main("loop.rs", ["rustc", "--crate-type=cdylib", "-Copt-level=3", "-Ctarget-cpu=native"])
