"""Names of files and folders that the program writes and finds again: each is written out here alone."""

from __future__ import annotations

# A job
JOB_FILE = "job.json"
EVENTS_FILE = "events.jsonl"

# A result: what segmenting a scan gives
REPORT_FILE = "report.json"
#: What made a result, a prepared subject or a run, and of which files.
MANIFEST_FILE = "manifest.json"
LABELS_FILE = "labels_native.nii.gz"
REGION_LABELS_FILE = "labels_regions_native.nii.gz"
CONFIDENCE_FILE = "confidence_native.nii.gz"
QC_PICTURE = "qc.png"
#: The way between scan and template; of a prepared subject, too.
TRANSFORMS_FOLDER = "transforms"
#: Report of the corrected labels, in the folder of a result.
EDITED_FOLDER = "edited"
#: Corrections that were put aside, in the folder of a result.
ASIDE_FOLDER = "put_aside"
OF_CORRECTIONS = (EDITED_FOLDER, ASIDE_FOLDER)

# A study
STUDY_FILE = "study.json"
SPLITS_FILE = "splits.json"
QUALITY_FILE = "quality.json"
QUALITY_TABLE = "quality.tsv"
#: Where the window was left; older versions wrote it before the study was one.
WINDOW_FILE = "window.json"
#: What people said of a result of the study, in the folder of the result.
STATE_FILE = "state.json"
SUBJECTS_FOLDER = "subjects"
RUNS_FOLDER = "runs"
SEGMENTATIONS_FOLDER = "segmentations"

# A prepared subject
SCAN_BOX_FILE = "scan_box.nii.gz"
LABELS_BOX_FILE = "labels_box.nii.gz"
REPEAT_BOX_FILE = "labels_box_repeat.nii.gz"
UNCERTAINTY_FILE = "uncertainty_box.nii.gz"
FINE_WARP_FILE = "fine_warp_mm.nii.gz"
REPEAT_WARP_FILE = "fine_warp_repeat_mm.nii.gz"

# A run; the networks and the history are written by kerasmodels
CONFIG_FILE = "config.json"
METRICS_FILE = "metrics.json"
HISTORY_FILE = "history.csv"
BEST_NETWORK = "best.keras"
EXPORT_FOLDER = "export"
LAST_NETWORK = "last.keras"

# A BIDS dataset
DESCRIPTION_FILE = "dataset_description.json"
PARTICIPANTS_FILE = "participants.tsv"
