"""Two looks at a picture by DINO, a vision transformer that was trained without labels (Caron et al., ICCV 2021).

Structure distance: how far the parts of two pictures stand to each other in different ways. The keys of the last layer,
a vector for each patch, all heads after each other; the cosines of all pairs, a matrix; the mean square of the two
matrices' difference (Tumanyan et al., "Splicing ViT Features", CVPR 2022, as PIE-Bench takes it, with ViT-B/8).

Similarity: the cosine of what the class token says at the end (MagicBrush, with ViT-S/16).
"""

BASE, SMALL = "vit_base_patch8_224.dino", "vit_small_patch16_224.dino"  # what timm calls them
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB in [0, 1]


class Dino:
    """network : a timm vision transformer without a head."""

    def __init__(self, network, device="cpu"):
        self.network, self.device = network.eval().to(device), device

    def keys_alike(self, picture):
        """float32 (T, T) tensor: cosines of the keys of the T patches and the class token; picture uint8 (H, W, 3).

        PIE-Bench's code hands in grey levels 0-255 where the network knows 0-1, and resizes the shorter side to 224 as
        the torchvision of its time did, without antialiasing. Both are kept: other inputs give other distances.
        """
        import torch
        from torchvision.transforms.functional import normalize, resize

        kept = []
        hook = self.network.blocks[-1].attn.qkv.register_forward_hook(lambda layer, inputs, qkv: kept.append(qkv))
        try:
            with torch.inference_mode():
                levels = torch.as_tensor(picture).permute(2, 0, 1).float()
                seen = normalize(resize(levels, 224, max_size=480, antialias=False), MEAN, STD)
                patch = self.network.patch_embed.patch_size[0]
                height, width = (side - side % patch for side in seen.shape[1:])  # DINO's own drops the rest, too
                self.network(seen[None, :, :height, :width].to(self.device))
                keys = kept[0][0].chunk(3, dim=-1)[1]  # (T, D): queries, keys, values lie side by side
                lengths = keys.norm(dim=1)
                return keys @ keys.T / (lengths[:, None] * lengths).clamp(min=1e-8)
        finally:
            hook.remove()

    def token(self, picture):
        """float32 (D,) of length 1: the class token's answer to a picture, uint8 (H, W, 3), its middle seen at 224."""
        import torch
        from PIL import Image
        from torchvision.transforms import InterpolationMode
        from torchvision.transforms import functional as see

        small = see.center_crop(see.resize(Image.fromarray(picture), 256, InterpolationMode.BICUBIC), 224)
        with torch.inference_mode():
            answer = self.network(see.normalize(see.to_tensor(small), MEAN, STD)[None].to(self.device))[0]
            return (answer / answer.norm()).cpu()


def load(folder, name, device="cpu"):
    """From a repository's folder; name: BASE or SMALL."""
    import timm
    from safetensors.torch import load_file

    from ...loading import loading

    with loading(folder, "get it again: maskedit fetch papers"):
        network = timm.create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True)
        network.load_state_dict(load_file(folder / "model.safetensors"))
        return Dino(network, device)
