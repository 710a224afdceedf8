"""torchvision's classification networks, with their input channels, classes and widths adapted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from torch import nn

from nnopt_gui.engine.networks.self_attention import open_attention
from nnopt_gui.engine.networks.torchvision_module import torchvision
from nnopt_gui.engine.networks.widths import scaled
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.errors import ModelError

SCALABLE: Final = ("resnet", "resnext", "wide_resnet", "mobilenet_v2", "mnasnet", "shufflenet_v2")
_WITH_AUXILIARY_HEADS: Final = ("googlenet", "inception_v3")


@cache
def torchvision_names() -> tuple[str, ...]:
    """The names of all classification networks that torchvision builds."""
    vision = torchvision()
    return tuple(vision.models.list_models(module=vision.models))


def build_torchvision(name: str, classes: int, channels: int, size: tuple[int, int], width: float) -> nn.Module:
    """A network with random weights; the auxiliary heads of GoogLeNet and Inception, used in training only, are left
    out.

    Raises:
        ModelError: this family has no width multiplier.
        ValueError: torchvision refuses the arguments (for example a size a transformer cannot tile).
    """
    options: dict[str, Any] = {"num_classes": classes}
    if name in _WITH_AUXILIARY_HEADS:
        options.update(aux_logits=False, init_weights=True)
    elif name.startswith("vit_"):
        if size[0] != size[1]:
            raise ValueError("vision transformers take square images")
        options["image_size"] = size[0]
    elif name.startswith("maxvit"):
        options["input_size"] = size
    if width == 1.0:
        network: nn.Module = getattr(torchvision().models, name)(weights=None, **options)
    else:
        network = _scaled_network(name, width, options)
    if name.startswith("vit_"):
        open_attention(network)
    if channels != 3:
        _replace_first_convolution(network, channels)
    return network


def torchvision_preprocessing(name: str) -> Preprocessing | None:
    """What torchvision's own weights of this network were trained with; None where it publishes none."""
    try:
        weights = torchvision().models.get_model_weights(name).DEFAULT
    except (ValueError, AttributeError):
        return None
    preset = weights.transforms()
    return Preprocessing(
        size=(preset.crop_size[0], preset.crop_size[0]),
        channels=3,
        mean=tuple(preset.mean),
        std=tuple(preset.std),
        resize=preset.resize_size[0],
        name="ImageNet normalisation",
    )


def _replace_first_convolution(network: nn.Module, channels: int) -> None:
    for path, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            replacement = nn.Conv2d(
                channels,
                module.out_channels,
                module.kernel_size,  # type: ignore[arg-type]
                module.stride,  # type: ignore[arg-type]
                module.padding,  # type: ignore[arg-type]
                module.dilation,  # type: ignore[arg-type]
                bias=module.bias is not None,
            )
            parent, _, attribute = path.rpartition(".")
            setattr(network.get_submodule(parent), attribute, replacement)
            return
    raise ModelError("This network has no convolution whose input channels could be adapted.")


def _scaled_network(name: str, width: float, options: dict[str, Any]) -> nn.Module:
    models = torchvision().models
    if name == "mobilenet_v2":
        return models.MobileNetV2(width_mult=width, **options)
    if name.startswith("mnasnet"):
        return models.MNASNet(_number_in_name(name.removeprefix("mnasnet")) * width, **options)
    if name.startswith("shufflenet_v2_x"):
        channels = getattr(models, name)(weights=None)._stage_out_channels
        return models.ShuffleNetV2([4, 8, 4], [scaled(count, width) for count in channels], **options)
    if name.startswith(("resnet", "resnext", "wide_resnet")):
        return _scaled_resnet(name, width, options)
    raise ModelError(
        f"torchvision:{name} has no width multiplier.",
        "Choose another network as student; widths work for " + ", ".join(SCALABLE) + ".",
    )


def _number_in_name(text: str) -> float:
    return float(text.replace("_", "."))


def _scaled_resnet(name: str, width: float, options: dict[str, Any]) -> nn.Module:
    """The same residual network with all channel counts scaled, stem and classifier included."""
    models = torchvision().models
    resnet: Any = models.resnet
    recipe: dict[str, tuple[str, Sequence[int], int, int]] = {
        "resnet18": ("BasicBlock", (2, 2, 2, 2), 1, 64),
        "resnet34": ("BasicBlock", (3, 4, 6, 3), 1, 64),
        "resnet50": ("Bottleneck", (3, 4, 6, 3), 1, 64),
        "resnet101": ("Bottleneck", (3, 4, 23, 3), 1, 64),
        "resnet152": ("Bottleneck", (3, 8, 36, 3), 1, 64),
        "resnext50_32x4d": ("Bottleneck", (3, 4, 6, 3), 32, 4),
        "resnext101_32x8d": ("Bottleneck", (3, 4, 23, 3), 32, 8),
        "resnext101_64x4d": ("Bottleneck", (3, 4, 23, 3), 64, 4),
        "wide_resnet50_2": ("Bottleneck", (3, 4, 6, 3), 1, 128),
        "wide_resnet101_2": ("Bottleneck", (3, 4, 23, 3), 1, 128),
    }
    block, layers, groups, width_per_group = recipe[name]
    scaled_class = _scaled_resnet_class(resnet.ResNet, width)
    return scaled_class(getattr(resnet, block), list(layers), groups=groups, width_per_group=width_per_group, **options)


def _scaled_resnet_class(base: Any, width: float) -> Callable[..., nn.Module]:
    class ScaledResNet(base):  # type: ignore[misc]
        """torchvision's ResNet whose stages are built with scaled plane counts."""

        def __init__(self, block: Any, layers: list[int], num_classes: int, **options: Any) -> None:
            super().__init__(block, layers, num_classes=num_classes, **options)
            stem = scaled(64, width)
            self.conv1 = nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False)
            nn.init.kaiming_normal_(self.conv1.weight, mode="fan_out", nonlinearity="relu")
            self.bn1 = nn.BatchNorm2d(stem)
            self.fc = nn.Linear(scaled(512, width) * block.expansion, num_classes)

        def _make_layer(self, block: Any, planes: int, *args: Any, **kwargs: Any) -> nn.Sequential:
            if planes == 64:  # the first stage follows the stem
                self.inplanes = scaled(64, width)
            return super()._make_layer(block, scaled(planes, width), *args, **kwargs)

    return ScaledResNet
