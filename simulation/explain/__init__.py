"""What the parts of a policy contribute to speed and synchronization: cooperative games over runs."""
