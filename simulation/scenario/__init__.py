"""From the text of a scenario file to a checked ``Scenario``: text, messages, schema, consistency, loading."""
