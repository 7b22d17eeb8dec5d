"""Networks that lie side by side: the one in use, and others that stored procedures may be judged by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import BadModel
from imaging.model_folder import Manifest, models_beside
from imaging.segmentation import Segmenter
from service.errors import BadQuery
from service.wire import InstalledModel

_KEY_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Network:
    """One of them, not loaded."""

    folder: Path
    manifest: Manifest

    @property
    def key(self) -> str:
        """What stands for it in an address."""
        return self.manifest.sha256[:_KEY_DIGITS]

    def answers_to(self, name: str) -> bool:
        """Whether this is its folder, version, hash or key."""
        return name in (self.folder.name, self.manifest.version, self.manifest.sha256, self.key)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Networks at hand: the folder of the one in use, and that of the others; beside the first if there is none."""

    model_dir: Path
    others: Path | None
    load: Callable[[Path], Segmenter]

    def models(self) -> dict[Path, Manifest | BadModel]:
        """What lies there, by folder; for a broken one, what is wrong with it."""
        near = models_beside(self.model_dir)
        if self.others is None:
            return near
        wanted = {self.model_dir, *self.others.glob("*")}
        both = near | models_beside(self.others)
        return {folder: said for folder, said in sorted(both.items()) if folder in wanted}

    def named(self, name: str) -> Network:
        """Network of this folder, version or address.

        Raises
        ------
        BadQuery
            If none that can be read or more than one answers to it; the message says which there are.
        """
        sound = [Network(folder, said) for folder, said in self.models().items() if isinstance(said, Manifest)]
        found = [network for network in sound if network.answers_to(name)]
        if len({network.manifest.sha256 for network in found}) != 1:
            there = ", ".join(f"{network.folder.name} ({network.manifest.version})" for network in sound) or "none"
            msg = f"{len(found)} networks answer to the model that is named: expected one of {there}"
            raise BadQuery(msg)
        return found[0]

    def loaded(self, network: Network) -> Segmenter:
        """A network, ready to answer.

        Raises
        ------
        BadModel
            If it cannot be loaded, or is not what its manifest says.
        """
        segmenter = self.load(network.folder)
        if segmenter.identity.sha256 != network.manifest.sha256:
            msg = f"{network.folder.name} holds another network than its manifest names"
            raise BadModel(msg)
        return segmenter


def installed(models: Mapping[Path, Manifest | BadModel], in_use_sha256: str) -> list[InstalledModel]:
    """Networks as they are answered; a broken one says what is wrong with it."""
    return [_installed(folder.name, said, in_use_sha256) for folder, said in models.items()]


def _installed(folder: str, said: Manifest | BadModel, in_use_sha256: str) -> InstalledModel:
    if isinstance(said, BadModel):
        return InstalledModel(
            folder=folder, model=None, model_version=None, model_sha256=None, in_use=False, problem=str(said)
        )
    return InstalledModel(
        folder=folder,
        model=said.name,
        model_version=said.version,
        model_sha256=said.sha256,
        in_use=said.sha256 == in_use_sha256,
        problem=None,
    )
