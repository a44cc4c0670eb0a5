"""Safe reading of foreign files, and atomic writing of our own."""
