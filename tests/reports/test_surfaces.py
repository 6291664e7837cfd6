"""Surfaces of nuclei: closed, where the labels are, of their size, outside out."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.reports.exports.surfaces import Shapes, WarpedShapes, mask_triangles, write_surfaces

AFFINE = np.array([[-2.0, 0, 0, 30], [0, 1, 0.2, -40], [0, 0, 1.5, -20], [0, 0, 0, 1]])


def _ball(radius: float) -> NDArray[np.bool_]:
    distance = np.linalg.norm(np.indices((30, 30, 30)) - np.array([14, 15, 13])[:, None, None, None], axis=0)
    return np.asarray(distance <= radius)


def _volume(triangles: NDArray[np.float32]) -> float:
    """Volume inside, positive when the triangles are counter-clockwise seen from outside."""
    a, b, c = (triangles[:, corner].astype(np.float64) for corner in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def _read_stl(path: Path) -> tuple[bytes, NDArray[np.float32], NDArray[np.float32]]:
    content = path.read_bytes()
    (number,) = np.frombuffer(content, "<u4", 1, 80)
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    assert len(content) == 84 + int(number) * record.itemsize
    records = np.frombuffer(content, record, int(number), 84)
    return content[:80], records["normal"], records["corners"]


@pytest.mark.parametrize("affine", [AFFINE, AFFINE @ np.diag([-1.0, 1, 1, 1])], ids=["mirrored", "upright"])
def test_surface_of_a_ball_holds_its_volume_and_place(affine: NDArray[np.float64]) -> None:
    ball = _ball(9)
    triangles = mask_triangles(ball, affine)
    expected = ball.sum() * abs(np.linalg.det(affine[:3, :3]))
    assert _volume(triangles) == pytest.approx(expected, rel=0.05)
    centre = affine[:3, :3] @ np.argwhere(ball).mean(axis=0) + affine[:3, 3]
    np.testing.assert_allclose(triangles.reshape(-1, 3).mean(axis=0), centre, atol=0.2)


@pytest.mark.parametrize("size", [(1, 1, 1), (2, 2, 2), (2, 3, 9), (12, 9, 2), (1, 1, 12)])
def test_small_and_thin_masks_do_not_shrink(size: tuple[int, int, int]) -> None:
    mask = np.zeros((14, 14, 14), dtype=np.bool_)
    mask[tuple(slice(1, 1 + n) for n in size)] = True
    triangles = mask_triangles(mask, AFFINE)
    assert _volume(triangles) == pytest.approx(3 * mask.sum(), rel=0.01)
    corners = np.indices((2, 2, 2)).reshape(3, -1).T * (np.array(size) - 1) + 1
    reach = np.ptp(triangles.reshape(-1, 3), axis=0) - np.ptp(corners @ AFFINE[:3, :3].T, axis=0)
    assert (reach < [3.2, 1.9, 2.4]).all(), "it bulges by less than a third of a voxel"


def test_every_edge_has_a_triangle_on_either_side() -> None:
    triangles = mask_triangles(_ball(4), AFFINE)
    _, corners = np.unique(triangles.reshape(-1, 3), axis=0, return_inverse=True)
    corners = corners.reshape(-1, 3)
    edges = np.sort(np.stack([corners, np.roll(corners, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1)
    _, times = np.unique(edges, axis=0, return_counts=True)
    assert (times % 2 == 0).all()


def test_single_voxel_at_the_edge_of_the_scan_has_a_surface() -> None:
    mask = np.zeros((3, 3, 3), dtype=np.bool_)
    mask[0, 0, 2] = True
    triangles = mask_triangles(mask, np.eye(4))
    assert _volume(triangles) > 0
    np.testing.assert_allclose(triangles.reshape(-1, 3).mean(axis=0), [0, 0, 2], atol=1e-5)


def test_one_file_a_nucleus_and_none_of_an_earlier_run(tmp_path: Path, table: LabelTable) -> None:
    labels = np.zeros((30, 30, 30), dtype=np.uint8)
    labels[2:6, 2:6, 2:6] = 1
    labels[_ball(5)] = 4
    stale = tmp_path / "surfaces" / "RN_L.stl"
    stale.parent.mkdir()
    stale.write_bytes(b"of other labels")
    write_surfaces(tmp_path, Shapes(labels, AFFINE, table.nuclei))
    assert {file.name for file in (tmp_path / "surfaces").iterdir()} == {"PAG.stl", "nuclei.glb"}
    header, normals, corners = _read_stl(tmp_path / "surfaces" / "PAG.stl")
    assert b"SPACE=RAS" in header
    assert not header.startswith(b"solid")
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)
    np.testing.assert_array_equal(corners, mask_triangles(labels == 4, AFFINE))


def _read_glb(path: Path) -> tuple[dict[str, Any], bytes]:
    """JSON and binary chunk, by glTF 2.0, section 4."""
    content = path.read_bytes()
    magic, version, length, json_length = struct.unpack_from("<4sIII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    return json.loads(content[20 : 20 + json_length]), content[20 + json_length + 8 :]


def _points(document: dict[str, Any], binary: bytes, mesh: dict[str, Any]) -> NDArray[np.float32]:
    accessor = document["accessors"][mesh["primitives"][0]["attributes"]["POSITION"]]
    start = document["bufferViews"][accessor["bufferView"]].get("byteOffset", 0)
    return np.frombuffer(binary, "<f4", 3 * accessor["count"], start).reshape(-1, 3)


def test_glb_holds_a_named_coloured_mesh_a_nucleus_the_right_way_round(
    tmp_path: Path, table: LabelTable
) -> None:
    labels = np.zeros((30, 30, 30), dtype=np.uint8)
    labels[_ball(5)] = 4
    labels[20:24, 2:6, 22:26] = 2
    write_surfaces(tmp_path, Shapes(labels, AFFINE, table.nuclei))
    document, binary = _read_glb(tmp_path / "surfaces" / "nuclei.glb")
    nodes = {node["name"]: node for node in document["nodes"] if "mesh" in node}
    assert set(nodes) == {"RN_L", "PAG"}
    for name, node in nodes.items():
        structure, mesh = table.by_name(name), document["meshes"][node["mesh"]]
        points = _points(document, binary, mesh)
        voxels = np.argwhere(labels == structure.index)
        centre = AFFINE[:3, :3] @ voxels.mean(axis=0) + AFFINE[:3, 3]
        np.testing.assert_allclose((points.min(axis=0) + points.max(axis=0)) / 2, centre, atol=1.5)
        # glTF's own frame: metres, x to the patient's left, y up, z to the front.
        placed = np.array(node["matrix"]).reshape(4, 4).T @ np.array([*centre, 1])
        np.testing.assert_allclose(placed[:3] * 1000, [-centre[0], centre[2], centre[1]], atol=1e-6)
        colour = document["materials"][mesh["primitives"][0]["material"]]["pbrMetallicRoughness"]
        np.testing.assert_allclose(
            colour["baseColorFactor"], [*(c / 255 for c in structure.rgb), 1], atol=0.01
        )


def test_regions_stand_beside_nuclei_of_the_same_name(tmp_path: Path, table: LabelTable) -> None:
    labels = np.zeros((30, 30, 30), dtype=np.uint8)
    labels[_ball(5)] = 4
    regions = Shapes(_ball(9).astype(np.uint8) * 4, AFFINE, table.nuclei)
    write_surfaces(tmp_path, Shapes(labels, AFFINE, table.nuclei), regions)
    names = {file.name for file in (tmp_path / "surfaces").iterdir()}
    assert names == {"PAG.stl", "nuclei.glb", "region_PAG.stl", "regions.glb"}
    sizes = [_volume(_read_stl(tmp_path / "surfaces" / name)[2]) for name in ("PAG.stl", "region_PAG.stl")]
    assert sizes == pytest.approx([3 * _ball(5).sum(), 3 * _ball(9).sum()], rel=0.05)
    write_surfaces(tmp_path, Shapes(labels, AFFINE, table.nuclei))
    assert {file.name for file in (tmp_path / "surfaces").iterdir()} == {"PAG.stl", "nuclei.glb"}


def test_surface_under_a_warp_is_the_atlas_carried_over_and_not_the_scans_thick_voxels(
    tmp_path: Path, table: LabelTable
) -> None:
    atlas = np.zeros(BOX_SHAPE, dtype=np.uint8)
    distance = np.linalg.norm(np.indices(BOX_SHAPE) - np.array([24, 25, 36])[:, None, None, None], axis=0)
    atlas[distance <= 8] = 4
    thick = np.zeros((30, 30, 8), dtype=np.uint8)
    thick[10:20, 10:20, 3:5] = 4

    def to_scan(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1.1 * points + [3.0, 0, -5])

    affine = np.diag([1.0, 1, 6, 1])
    warped = WarpedShapes(atlas, to_scan, whole={4})
    write_surfaces(tmp_path, Shapes(thick, affine, table.nuclei, warped))
    _, _, corners = _read_stl(tmp_path / "surfaces" / "PAG.stl")
    assert _volume(corners) == pytest.approx(1.1**3 * np.count_nonzero(atlas), rel=0.02)
    centre = to_scan(np.array([24.0, 25, 36]) + box_affine()[:3, 3])
    far = np.linalg.norm(corners.reshape(-1, 3) - centre, axis=1)
    assert (far.min(), far.max()) == pytest.approx((8.8, 9.3), abs=0.4), "a ball, without steps"
    # What the scan cuts ends where the scan does.
    write_surfaces(tmp_path, Shapes(thick, affine, table.nuclei, replace(warped, whole=set())))
    _, _, corners = _read_stl(tmp_path / "surfaces" / "PAG.stl")
    np.testing.assert_array_equal(corners, mask_triangles(thick == 4, affine))
