"""Copies of everything that a site keeps, made while the service runs, and what is made of them again."""
