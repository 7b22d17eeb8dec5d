"""The HTTP server around the application, in one process or several, and what the demonstration puts into its store."""

from service.serving.samples import fill, sample_files
from service.serving.serve import serve
from service.serving.server import Server

__all__ = ["Server", "fill", "sample_files", "serve"]
