"""The web server: application, security, sessions, and the catalogue of scenarios and results."""
