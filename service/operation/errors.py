"""Refusals of a service that is being stopped or given another model; each enters the one table of `service.errors`."""

from service.errors import Outcome, ServiceError


class ServiceStopping(ServiceError, outcome=Outcome(503, 1012, "The service is being stopped")):
    """A stop was asked for: nothing new is begun."""

    code = "service-stopping"

    def __init__(self, what: str = "it answers what it has taken, and begins nothing new") -> None:
        super().__init__(f"the service is being stopped: {what}")


class ModelNotUsable(ServiceError, outcome=Outcome(409, 4409, "This model cannot take over")):
    """No such model, or one that does not load or answer; the one in use goes on."""

    code = "model-not-usable"
