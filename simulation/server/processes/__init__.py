"""The processes that run the model, and their tasks."""
