from __future__ import annotations

import os

import pytest

from brainstem_app.jobs.tensorflow_switches import switch_on_onednn


def test_onednn_is_asked_for_where_the_user_has_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")  # so that what it was comes back
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    switch_on_onednn()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"


def test_onednn_stays_off_where_the_user_wants_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    switch_on_onednn()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0"
