"""Who listens: the application, its security, sessions, and what can be opened."""
