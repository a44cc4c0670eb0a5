"""Reading files that others wrote, and writing our own so that a crash leaves them whole."""
