"""A folder out of an archive: whole, or refused."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from installer.archive import check_sha256, extract_folder, sha256_of
from installer.errors import ArchiveRefused

pytestmark = pytest.mark.fast


def _archive(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def _file(name: str, data: bytes = b"x", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.mode = mode
    return info, data


def test_only_the_folder_comes_out_with_its_content(tmp_path: Path) -> None:
    archive = _archive(
        tmp_path / "a.tar.gz",
        [_file("p-1/setup.py"), _file("p-1/vendor/X/main.py", b"main"), _file("p-1/vendor/X/a/b.sh", b"b", 0o755)],
    )
    assert extract_folder(archive, "p-1/vendor/X", tmp_path / "out") == 2
    assert (tmp_path / "out" / "main.py").read_bytes() == b"main"
    assert (tmp_path / "out" / "a" / "b.sh").stat().st_mode & 0o777 == 0o755
    assert not (tmp_path / "out" / "setup.py").exists()


def _link(kind: bytes, target: str) -> tuple[tarfile.TarInfo, bytes]:
    info, data = _file("X/link", b"")
    info.type, info.linkname = kind, target
    return info, data


@pytest.mark.parametrize(
    "member",
    [_file("X/../../evil.py"), _file("X/a/../../../evil.py"), _file("X/C:evil.py"), _file("X/..\\evil.py"),
     _link(tarfile.SYMTYPE, "/etc/passwd"), _link(tarfile.LNKTYPE, "../evil.py"), _link(tarfile.FIFOTYPE, ""),
     _link(tarfile.CHRTYPE, "")],
    ids=["up", "up-deep", "drive", "backslash", "symlink", "hardlink", "fifo", "device"],
)  # fmt: skip
def test_a_member_that_is_no_plain_file_inside_is_refused(
    tmp_path: Path, member: tuple[tarfile.TarInfo, bytes]
) -> None:
    archive = _archive(tmp_path / "a.tar.gz", [_file("X/good.py"), member])
    with pytest.raises(ArchiveRefused, match="no plain file inside"):
        extract_folder(archive, "X", tmp_path / "deep" / "out")
    assert not list(tmp_path.rglob("evil.py"))


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.tar.gz", [_file("X/a.py"), _file("X/a.py", b"other")])
    with pytest.raises(ArchiveRefused):
        extract_folder(archive, "X", tmp_path / "out")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_an_archive_that_ends_in_the_middle_is_refused(tmp_path: Path, share: float) -> None:
    noise = bytes(range(256)) * 400
    archive = _archive(tmp_path / "a.tar.gz", [_file(f"X/{n}.py", noise[n:]) for n in range(40)])
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * share)])
    with pytest.raises(ArchiveRefused, match="could not be unpacked"):
        extract_folder(archive, "X", tmp_path / "out")


def test_a_file_that_is_not_the_pinned_one_is_refused_with_both_sums(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"1")
    check_sha256(path, sha256_of(path))
    with pytest.raises(ArchiveRefused) as caught:
        check_sha256(path, "0" * 64)
    assert sha256_of(path) in str(caught.value)
    assert "0" * 64 in str(caught.value)
