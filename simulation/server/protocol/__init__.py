"""The protocol between page and server: messages, binary frames, forms."""
