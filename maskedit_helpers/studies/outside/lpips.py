"""LPIPS: how different two pictures look, by how differently a network sees them.

Zhang, Isola, Efros, Shechtman, Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR
2018, version 0.1 with SqueezeNet 1.1, which PIE-Bench takes. f_l are the network's features after each of seven stages,
at length 1 over their channels; w_l >= 0 the weights that people's judgements gave them:

    LPIPS(x, y) = sum over l of the mean over positions of  w_l . (f_l(x) - f_l(y))^2
"""

STAGES = (1, 4, 7, 9, 10, 11, 12)  # SqueezeNet's layers whose answers count: the first ReLU, then each pair of fires
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of RGB in [-1, 1], with which the weights were learnt


class Lpips:
    """backbone : state dict of torchvision's squeezenet1_1. heads : that of the published weights, lin0 to lin6."""

    def __init__(self, backbone, heads, device="cpu"):
        import torch
        from torchvision.models import squeezenet1_1

        network = squeezenet1_1(weights=None)
        network.load_state_dict(backbone)
        self.features = network.features.eval().to(device)
        self.weights = [heads[f"lin{i}.model.1.weight"].float().to(device) for i in range(len(STAGES))]  # (1, C, 1, 1)
        self.shift, self.scale = (torch.tensor(three, device=device)[None, :, None, None] for three in (SHIFT, SCALE))
        self.device = device

    def __call__(self, x, y):
        """The distance of two pictures, float (H, W, 3) in [0, 1]."""
        import torch

        with torch.inference_mode():
            pairs = torch.stack([torch.as_tensor(picture, dtype=torch.float32) for picture in (x, y)])
            h, distance = (pairs.permute(0, 3, 1, 2).to(self.device) * 2 - 1 - self.shift) / self.scale, 0.0
            for number, layer in enumerate(self.features):
                h = layer(h)
                if number in STAGES:
                    f = h / (h.square().sum(1, keepdim=True).sqrt() + 1e-10)
                    w = self.weights[STAGES.index(number)]
                    distance += float((w * (f[:1] - f[1:]).square()).sum(1).mean())
        return distance


def load(backbone, heads, device="cpu"):
    """From the two files that `maskedit fetch lpips` brings."""
    import torch

    from ...loading import loading

    with loading(backbone, "get it again: maskedit fetch lpips"):
        return Lpips(*(torch.load(path, map_location="cpu", weights_only=True) for path in (backbone, heads)), device)
