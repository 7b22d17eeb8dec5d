"""Which addresses are this machine's own and reached from nowhere else."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host, by name or number, is this machine alone. Only ``localhost`` is believed by name (RFC 6761)."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def is_number(host: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def host_of(authority: str) -> str:
    """Host of a ``Host`` header: without its port, and without the brackets of an IPv6 address."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.rpartition(":")[0] if ":" in authority else authority
