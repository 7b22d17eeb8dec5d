"""Spans of requests and their stages for OpenTelemetry, where a site asks for them."""
