"""A part that trains in milliseconds, with all that makes a resume hard: dropout, running means, noise in the loss.

Run as a program it trains itself in a process of its own, which test_loop.py may kill:
python tests/toy_part.py FOLDER STEPS SECONDS_PER_STEP [resume] [lost]
With "lost" the main process's loss, and no other's, is no number from step 3 on.
"""
import gc
import os
import sys
import time

if __name__ == "__main__":
    gc.disable()  # it lives for seconds, most of which are imports

import numpy as np
import torch

from maskedit_helpers.training import books, loop


class Toy:
    """Learns to give small pictures back."""

    name, minutes = "toy", 1
    lr, betas, eps, weight_decay, batch_size = 1e-2, (0.9, 0.99), 1e-8, 0.01, 8

    loses, lost = False, 0.0

    def __init__(self, seconds=0.0, seed=0):
        torch.manual_seed(seed)
        nn = torch.nn
        self.seconds = seconds
        self.net = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.Dropout(0.1), nn.Conv2d(16, 3, 3, padding=1))

    def modules(self):
        return {"net": self.net}

    def batch(self, step, generator):
        self.lost = float("nan") if self.loses and step >= 3 else 0.0
        return {"x": torch.rand(self.batch_size, 3, 8, 8, generator=generator)}

    def loss(self, batch, generator):
        time.sleep(self.seconds)
        noise = torch.randn(batch["x"].shape, generator=generator, device=generator.device)
        loss = (self.net(batch["x"] + 0.1 * noise) - batch["x"]).square().mean() + self.lost
        return loss, {"half": loss / 2}

    def preview(self, modules):
        picture = modules["net"](torch.full((1, 3, 8, 8), 0.5, device=next(modules["net"].parameters()).device))
        return (picture[0].permute(1, 2, 0).clamp(0, 1) * 255).cpu().numpy().astype(np.uint8)

    def export(self, modules, folder):
        torch.save(modules["net"].state_dict(), folder / "net.pt")


if __name__ == "__main__":
    books.CHECKPOINT_SECONDS = 0  # after every step
    part = Toy(float(sys.argv[3]))
    part.loses = "lost" in sys.argv and os.environ.get("RANK") == "0"
    loop.train(part, sys.argv[1], steps=int(sys.argv[2]), resume="resume" in sys.argv, device="cpu")
    if torch.distributed.is_initialized():  # all processes must have ended with the same weights
        mine = torch.cat([p.detach().reshape(-1) for p in part.net.parameters()])
        main = mine.clone()
        torch.distributed.broadcast(main, 0)
        assert torch.distributed.get_world_size() == 2 and torch.equal(mine, main)
        torch.distributed.destroy_process_group()
