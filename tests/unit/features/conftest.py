"""Tiny checkpoints with random weights, written once per session; nothing is downloaded."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_inputs import stimuli_table
from tiny_vdvae import vdvae_weights

os.environ["HF_HUB_OFFLINE"] = "1"
SIZE = 32


@pytest.fixture
def pictures() -> list[np.ndarray]:
    """Seven natural-ish pictures of 64 x 64: noise at several scales, in colour."""
    rng = np.random.default_rng(3)
    images = []
    for k in range(7):
        coarse = rng.integers(0, 256, (2 ** (k % 4 + 2),) * 2 + (3,), dtype=np.uint8)
        scale = 64 // len(coarse)
        images.append(np.repeat(np.repeat(coarse, scale, axis=0), scale, axis=1))
    return images


@pytest.fixture
def stimuli() -> pd.DataFrame:
    return stimuli_table(7)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny CLIP (with tokenizer), ViT, DINOv2 and other models; a file of a VDVAE."""
    import torch

    root = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    return {
        "clip": _clip(root / "clip"),
        "vit": _vit(root / "vit"),
        "vit_without_pooler": _vit_without_pooler(root / "vit_without_pooler"),
        "dinov2": _dinov2(root / "dinov2"),
        "dinov2_registers": _dinov2_registers(root / "dinov2_registers"),
        "resnet": _resnet(root / "resnet"),
        "git": _git(root / "git"),
        "vdvae": _vdvae(root / "vdvae.th"),
    }


def _tiny() -> dict[str, int]:
    return {
        "hidden_size": 32,
        "intermediate_size": 37,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
    }


def _crop() -> dict[str, dict[str, int]]:
    return {"size": {"shortest_edge": SIZE}, "crop_size": {"height": SIZE, "width": SIZE}}


def _clip(folder: Path) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import CLIPConfig, CLIPModel, PreTrainedTokenizerFast
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    tiny = {**_tiny(), "projection_dim": 24}
    text = {"vocab_size": 200, "bos_token_id": 0, "eos_token_id": 3, "pad_token_id": 1}
    vision = {"image_size": SIZE, "patch_size": 8}
    config = CLIPConfig(
        text_config={**tiny, **text}, vision_config={**tiny, **vision}, projection_dim=24
    )
    CLIPModel(config).save_pretrained(folder)
    CLIPImageProcessorPil(**_crop()).save_pretrained(folder)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = ["<s>", "<pad>", "<unk>", "</s>"]
    words = ["a photo of a cat", "a photo of a house", "a photo of a face"]
    tokenizer.train_from_iterator(words, trainers.BpeTrainer(vocab_size=200, special_tokens=marks))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=77,
    ).save_pretrained(folder)
    return folder


def _vit(folder: Path) -> Path:
    from transformers import ViTConfig, ViTModel
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    ViTModel(ViTConfig(**_tiny(), image_size=SIZE, patch_size=8)).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": SIZE, "width": SIZE}).save_pretrained(folder)
    return folder


def _vit_without_pooler(folder: Path) -> Path:
    from transformers import ViTConfig, ViTForImageClassification
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    config = ViTConfig(**_tiny(), image_size=SIZE, patch_size=8)
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": SIZE, "width": SIZE}).save_pretrained(folder)
    return folder


def _dinov2(folder: Path) -> Path:
    from transformers import Dinov2Config, Dinov2Model
    from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

    Dinov2Model(Dinov2Config(**_tiny(), image_size=SIZE, patch_size=8)).save_pretrained(folder)
    BitImageProcessorPil(**_crop()).save_pretrained(folder)
    return folder


def _dinov2_registers(folder: Path) -> Path:
    from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel
    from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

    config = Dinov2WithRegistersConfig(
        **_tiny(), image_size=SIZE, patch_size=8, num_register_tokens=4
    )
    Dinov2WithRegistersModel(config).save_pretrained(folder)
    BitImageProcessorPil(**_crop()).save_pretrained(folder)
    return folder


def _resnet(folder: Path) -> Path:
    from transformers import ResNetConfig, ResNetModel
    from transformers.models.convnext.image_processing_pil_convnext import (
        ConvNextImageProcessorPil,
    )

    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    ResNetModel(config).save_pretrained(folder)
    ConvNextImageProcessorPil(size={"shortest_edge": SIZE}).save_pretrained(folder)
    return folder


def _git(folder: Path) -> Path:
    from transformers import GitConfig, GitForCausalLM
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    vision = {**_tiny(), "image_size": SIZE, "patch_size": 8}
    words = {**_tiny(), "vocab_size": 50, "num_hidden_layers": 1}
    # The published checkpoint is that of the whole captioner.
    GitForCausalLM(GitConfig(vision_config=vision, **words)).save_pretrained(folder)
    CLIPImageProcessorPil(**_crop()).save_pretrained(folder)
    return folder


def _vdvae(file: Path) -> Path:
    import torch

    torch.save(vdvae_weights(), file)
    return file
