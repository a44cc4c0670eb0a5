"""The results folder: its contents, writing it without ever losing finished runs, and reading it."""
