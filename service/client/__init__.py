"""Python client of the service; needs the extra ``client``."""

from service.client.client import AsyncClient, Client, Refused

__all__ = ["AsyncClient", "Client", "Refused"]
