"""The browser interface: a server that simulates two scenarios side by side per session, and its page.

``docs/browser.md`` documents the protocol between page and server. The server process only accepts, checks and forwards
requests; the model runs in separate processes, one per processor, which share the sides of all sessions.
"""
