"""The edge of the HTTP interface: bodies in, media types, problems out, and the middleware around it all."""
