from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from brainstem_app.preprocessing.template import load_template


def test_template_is_symmetric_and_read_only() -> None:
    for name, volume in vars(load_template()).items():
        np.testing.assert_array_equal(volume, volume[::-1], err_msg=name)
        assert not volume.flags.writeable


def test_brainstem_is_one_piece_of_bright_tissue_down_to_the_end_of_the_template() -> None:
    template = load_template()
    assert ndi.label(template.brainstem)[1] == 1
    assert template.t1[template.brainstem].min() > 0.4
    heights = np.flatnonzero(template.brainstem.any(axis=(0, 1))) - 72
    assert heights.min() <= -70
    assert -2 <= heights.max() <= 4
    assert 30_000 < template.brainstem.sum() < 45_000


def test_tissues_do_not_overlap_and_lie_in_the_brain() -> None:
    template = load_template()
    assert not (template.white_matter & template.grey_matter).any()
    assert not ((template.white_matter | template.grey_matter) & ~template.brain).any()
