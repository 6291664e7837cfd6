"""The lock files name what pyproject.toml and constraints.txt ask for, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from installer.building.checksums import write_checksums
from installer.building.editions import (
    EDITIONS,
    FULL,
    PREDICT,
    ROOT,
    SOURCE,
    SYSTEMS,
    Edition,
    System,
    extra,
)
from installer.building.markers import lines_for
from installer.building.wheels import (
    CONSTRAINTS,
    SOURCE_TESTS,
    TOOLS,
    lock_of,
    locked_hashes,
    normal_name,
    source_lock,
)

LOCKS = [(system, edition) for system in SYSTEMS for edition in EDITIONS.values()]


def _pins(lock: Path) -> dict[str, str]:
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = [re.fullmatch(r"(\S+)==(\S+) --hash=sha256:[0-9a-f]{64}", line) for line in lines]
    assert all(found), [line for line, match in zip(lines, found, strict=True) if match is None]
    assert len(lines) == len(set(lines)), "run installer/build.py lock"
    return {normal_name(match[1]): match[2] for match in found if match}


@pytest.mark.parametrize(("system", "edition"), LOCKS)
def test_lock_holds_every_dependency(system: System, edition: Edition) -> None:
    wanted = {normal_name(Requirement(line).name) for line in lines_for(edition.requirements(system), system)}
    assert wanted - set(_pins(lock_of(system, edition))) == set(), "run installer/build.py lock"


@pytest.mark.parametrize(("system", "edition"), LOCKS)
def test_locked_versions_are_the_tested_ones(system: System, edition: Edition) -> None:
    tested = lines_for(CONSTRAINTS.read_text(encoding="utf-8").splitlines(), system)
    versions = {normal_name(line.partition("==")[0]): line.partition("==")[2] for line in tested}
    for lock in (lock_of(system, edition), TOOLS):
        other = {name: version for name, version in _pins(lock).items() if versions.get(name) != version}
        assert other == {}, f"{lock.name}: run installer/build.py lock"


@pytest.mark.parametrize("system", SYSTEMS)
def test_lock_of_a_checkout_holds_what_is_needed_in_the_tested_versions(system: System) -> None:
    """Each with a hash; several where Pythons have wheels of their own."""
    wanted = [*SOURCE.requirements(system), "hatchling"]
    locks = [source_lock(system)]
    if system == "linux":
        wanted += [*extra("test"), *extra("packages")]
        locks.append(SOURCE_TESTS)
    pins = _all_pins(locks)
    assert {normal_name(Requirement(line).name) for line in lines_for(wanted, system)} - set(pins) == set()
    tested = lines_for(CONSTRAINTS.read_text(encoding="utf-8").splitlines(), system)
    versions = {normal_name(line.partition("==")[0]): line.partition("==")[2] for line in tested}
    assert {name: version for name, version in pins.items() if versions.get(name) != version} == {}


@pytest.mark.skipif(sys.platform != "linux", reason="the script is for Linux")
@pytest.mark.parametrize(
    ("machine", "extras", "locks"),
    [
        ("Linux x86_64", "train", ["source-linux.txt"]),
        ("Linux x86_64", "train test packages", ["source-linux.txt", "source-linux-test.txt"]),
        ("Linux x86_64", "gpu", []),
        ("Linux aarch64", "train", []),
    ],
)
def test_checkout_is_installed_by_the_hashes_of_its_locks(
    tmp_path: Path, machine: str, extras: str, locks: list[str]
) -> None:
    """What pip is asked for, by a script in the place of the environment's Python."""
    asked, python = tmp_path / "asked", tmp_path / "python"
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>"{asked}"\n', encoding="utf-8")
    python.chmod(0o755)
    script = f"""
    uname() {{ echo {machine}; }}
    . {ROOT / "installer" / "environment.sh"}
    PYTHON={python}
    install_extras {extras}
    """
    subprocess.run(["bash", "-c", script], check=True, capture_output=True)
    lines = asked.read_text(encoding="utf-8").splitlines()
    if not locks:
        (line,) = lines
        assert line.endswith(f"-c installer/constraints.txt -e .[{extras}]")
        return
    hashed, own = lines
    assert "--require-hashes --no-deps --only-binary :all:" in hashed
    assert re.findall(r"-r \S*/installer/locks/(\S+)", hashed) == locks
    assert own.endswith("--no-deps --no-build-isolation -e .")


def test_windows_installs_a_checkout_by_the_hashes_too() -> None:
    text = (ROOT / "run.bat").read_text(encoding="utf-8")
    assert r"--require-hashes --no-deps --only-binary :all: -r installer\locks\source-windows.txt" in text


def test_no_lock_names_an_address() -> None:
    locks = sorted((ROOT / "installer" / "locks").glob("*.txt"))
    assert len(locks) == 10
    assert [lock.name for lock in locks if "://" in lock.read_text(encoding="utf-8")] == []


def _all_pins(locks: list[Path]) -> dict[str, str]:
    """Versions by name of lock files whose packages have one hash or more, and stand there once."""
    lines = [line for lock in locks for line in lock.read_text("utf-8").splitlines() if line[0] != "#"]
    found = [re.fullmatch(r"(\S+)==(\S+)( --hash=sha256:[0-9a-f]{64})+", line) for line in lines]
    assert all(found), "run installer/build.py lock"
    names = [normal_name(match[1]) for match in found if match]
    assert len(names) == len(set(names))
    return dict(zip(names, (match[2] for match in found if match), strict=True))


def test_predict_edition_has_no_tensorflow() -> None:
    training = {"tensorflow-cpu", "keras", "onnx"}
    for system in SYSTEMS:
        assert not training & set(locked_hashes(lock_of(system, PREDICT)))
        assert training <= set(locked_hashes(lock_of(system, FULL)))


def test_checksums_are_those_of_the_packages(tmp_path: Path) -> None:
    (tmp_path / "brainstem-app-1-linux.deb").write_bytes(b"abc")
    (tmp_path / "notes.txt").write_bytes(b"not a package")
    text = write_checksums(tmp_path).read_text(encoding="utf-8")
    assert text == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  brainstem-app-1-linux.deb\n"
    )
