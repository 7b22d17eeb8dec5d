"""What happens to a running service: it is asked to stop, and it is given another model."""
