"""The browser: a server that simulates two scenarios side by side for each session, and the page that draws them.

``docs/browser.md`` holds what the page and the server say to each other. The server itself only listens, checks and
passes on; the model works in processes of its own, one a processor, which hold the sides of all sessions between them.
"""
