"""What was seen on the pictures of `draw_odd_scans.py`; to be looked at anew where figures change."""

from __future__ import annotations

LOOKED_AT = (
    "## Looked at",
    "",
    "2026-11-29, version 5: all versions and both good scans, drawn by `tests/benchmarks/draw_odd_scans.py` "
    "(three axial, two coronal and two sagittal planes each, with the outlines of the good scan's labels), "
    "were looked at one by one; by nobody who is an anatomist.",
    "",
    "- *Contrast, bias field, noise of 5 %, ringing, 0.7 mm, tilts, the child's, contrast agent, noise in "
    "the air, defaced, masks as found and dilated*: labels lie on the good scan's outlines, a voxel's step "
    "aside.",
    "- *Noise of 15 %, blur, large ventricles*: edges of nuclei up to a voxel off; nothing lies in another "
    "structure.",
    "- *Voxels of 2 to 4 mm*: brainstem and large nuclei in place, borders a step of the voxels off. Small "
    "nuclei (VTA, PBP, raphe, the lowest ones of the medulla) are one or two blocks, which a plane of the "
    "good scan may show elsewhere or not at all. All of these are warned of.",
    "- *Cut*: labels end where the scan does. *Refused*: rightly; the slab shows the whole brainstem, but "
    "not the brain that places it.",
    "- *Masks eroded by 1.5 and 3 mm*: labels of the lower medulla and of the inferior olives end at the "
    "edge of the mask, inside of the good scan's outlines: the bend follows the mask, so that they are too "
    "small, and hardly anything of them lies on black. The program said nothing of it when this was seen; "
    "now it looks where the affine alone puts each nucleus, and names those that lack a twentieth or more "
    "there. Of one that lacks less (an olive of sub-02, 12 %), nothing is said still. *Holes*: labels go on "
    "over them, in the peduncle and in the front of the pons; the substantia nigra that one reaches is "
    "named.",
    "- In sub-02 of ds000011 the basilar artery is bright and lies on the pons: in all versions, the good "
    "scan among them, the outline of the brainstem takes in its edge.",
    "",
)
