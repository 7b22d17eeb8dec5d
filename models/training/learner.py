"""Weights, their moving average and the optimiser: one step, and all of it to and from a file."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from models.training.batches import Batch
from models.training.losses import LossWeights, Targets, total_loss
from models.training.network import PlacementNet, Residual


@dataclass(frozen=True, slots=True)
class Schedule:
    """AdamW with a linear warm-up and a cosine to a hundredth of the peak."""

    steps: int
    peak: float = 2.5e-3
    warm_up: int = 100
    weight_decay: float = 1e-2
    average: float = 0.998
    """Decay of the weights' moving average, which is what gets exported."""

    def rate(self, step: int) -> float:
        """Learning rate of one step, counted from 0."""
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.peak * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done))))


class Learner:
    """Everything that changes while training."""

    def __init__(self, schedule: Schedule, *, seed: int, device: str = "cpu", bf16: bool = False) -> None:
        torch.manual_seed(seed)
        self.schedule = schedule
        self.step = 0
        self._device = device
        self._bf16 = bf16
        self.net = _laid_out(device)
        self.average = _laid_out(device).eval()
        self.average.load_state_dict(self.net.state_dict())
        self._optimiser = torch.optim.AdamW(self.net.parameters(), lr=0.0, weight_decay=schedule.weight_decay)

    def learn(self, batch: Batch, weights: LossWeights) -> dict[str, float]:
        """One step; the parts of its loss."""
        self.net.train()
        for group in self._optimiser.param_groups:
            group["lr"] = self.schedule.rate(self.step)
        with torch.autocast(self._device, torch.bfloat16, enabled=self._bf16):
            outputs = self.net(batch.grey.to(self._device))
        losses = total_loss(outputs, Targets(*(t.to(self._device) for t in batch.targets)), weights)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(losses["total"])
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self._optimiser.step()
        self.step += 1
        self._follow()
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.schedule.average, (1.0 + self.step) / (10.0 + self.step))
        own = self.net.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(own[name], 1.0 - decay)
            else:
                value.copy_(own[name])

    def save(self, path: Path, **more: object) -> None:
        """Write a checkpoint; a reader sees the old one or the new one, never half of one."""
        state = {
            "step": self.step,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            **more,
        }
        beside = path.with_suffix(".part")
        torch.save(state, beside)
        beside.replace(path)

    def load(self, path: Path) -> dict[str, Any]:
        """Go on from a checkpoint; what else it holds."""
        state: dict[str, Any] = torch.load(path, map_location=self._device, weights_only=True)
        self.net.load_state_dict(state.pop("net"))
        self.average.load_state_dict(state.pop("average"))
        self._optimiser.load_state_dict(state.pop("optimiser"))
        self.step = state.pop("step")
        return state

    def start_from(self, path: Path) -> None:
        """Take the averaged weights that an earlier training was exported with, nothing else of it.

        The network may have residual blocks that the earlier one had not: as new ones, they change nothing.

        Raises
        ------
        ValueError
            If the weights name a layer that the network lacks, or lack one that is no residual block.
        """
        weights = load_file(path, device=self._device)
        for net in (self.net, self.average):
            missing, strange = net.load_state_dict(weights, strict=False)
            blocks = tuple(f"{name}." for name, part in net.named_modules() if isinstance(part, Residual))
            lacking = [name for name in missing if not name.startswith(blocks)]
            if strange or lacking:
                said, wrong = ("has", strange) if strange else ("lacks", lacking)
                msg = f"{path.name} {said} {wrong[0]} and {len(wrong) - 1} more: expected layers of this network"
                raise ValueError(msg)


def _laid_out(device: str) -> PlacementNet:
    net = PlacementNet().to(device)
    for parameter in net.parameters():  # channels last: several times faster on processors and on tensor cores
        if parameter.ndim == 4:
            parameter.data = parameter.data.to(memory_format=torch.channels_last)
    return net
