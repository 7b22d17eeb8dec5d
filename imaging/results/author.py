"""Who made a result, and when: what fills the equipment, date and algorithm attributes."""

from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset

from imaging.errors import NotRepresentable
from imaging.results import codes
from imaging.results.source import SourceImage
from imaging.results.uids import derived_uid
from imaging.segmentation import ModelIdentity

MANUFACTURER = "SonoPlace"


@dataclass(frozen=True, slots=True)
class Author:
    """What judged the frames.

    Parameters
    ----------
    software_version
        Version of this software.
    model, rules_sha256
        Which network and which rules answered.
    content_at
        When the results' content was made, on the clock of the image's own times; None for the moment that the image
        states, so that the same image gives the same bytes.
    """

    software_version: str
    model: ModelIdentity
    rules_sha256: str
    content_at: datetime | None = None

    def moment(self, source: SourceImage) -> tuple[str, str]:
        """Date and time of the content, DA and TM.

        Raises
        ------
        NotRepresentable
            If neither the author nor the image has any.
        """
        if self.content_at is not None:
            return self.content_at.strftime("%Y%m%d"), self.content_at.strftime("%H%M%S")
        stated = source.moment()
        if stated is None:
            msg = "the image states no date: expected a moment for the results' content"
            raise NotRepresentable(msg)
        return stated

    def versions(self) -> list[str]:
        """Software, network and rules, each at most 64 characters (VR LO)."""
        model = self.model
        named = (
            f"sonoplace {self.software_version}",
            f"{model.name} {model.version}",
            f"rules {self.rules_sha256[:32]}",
        )
        return [text[:64] for text in named]

    def parameters(self) -> tuple[str, ...]:
        """What, besides name and version, settles an answer."""
        model = self.model
        return (
            f"model sha256={model.sha256}",
            f"rules sha256={self.rules_sha256}",
            f"precision={model.precision}",
            f"provider={model.provider}",
        )

    @property
    def device_uid(self) -> str:
        """UID of this network under these rules, run by this software."""
        return derived_uid("device", self.software_version, *self.parameters())

    def algorithm(self) -> list[Dataset]:
        """Algorithm Identification Sequence (PS3.3 10.16)."""
        item = Dataset()
        item.AlgorithmFamilyCodeSequence = codes.coded(codes.ARTIFICIAL_INTELLIGENCE)
        item.AlgorithmName, item.AlgorithmVersion = self.model.name, self.model.version
        item.AlgorithmSource = MANUFACTURER
        item.AlgorithmParameters = "; ".join(self.parameters())
        return [item]
