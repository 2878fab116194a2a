"""A part is whole and on the disk, or it is not there and one line says why."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.errors import StoreError
from gateway.evidence.files import as_part, storing, sweep, write_part
from tests.unit.core.examples import RECEIVED_AT

TABLE = pa.table({"person": pa.array(range(1000), pa.int64())})

# A process of its own whose files may not grow past 4096 bytes: the kernel itself refuses the rest.
SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
import pyarrow as pa
from gateway.errors import StoreError
from gateway.evidence.files import write_part
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
table = pa.table({"x": pa.array([value * 2654435761 % 2**61 for value in range(100_000)], pa.int64())})
try:
    write_part(Path(sys.argv[1]), "arrived", table)
except StoreError as error:
    sys.exit(str(error))
"""


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def line(folder: Path, reason: str) -> str:
    step = "free or mend the disk, then run again; nothing that was taken is lost"
    return f"the evidence folder {folder} cannot be written ({reason}): {step}"


def test_a_part_is_written_whole_under_its_own_name(tmp_path: Path) -> None:
    written = write_part(tmp_path, "settled", TABLE)
    assert (written.path, written.rows) == (f"settled/{written.part_id}.parquet", 1000)
    assert pq.read_table(tmp_path / written.path).equals(TABLE)
    assert files(tmp_path) == [tmp_path / written.path]
    part = as_part(written, "settled", 3, 9, RECEIVED_AT)
    assert (part.part_id, part.stage, part.dataset, part.bucket) == (written.part_id, "settled", None, 3)
    assert (part.path, part.rows, part.run_id, part.created_at) == (written.path, 1000, 9, RECEIVED_AT)


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("code", "reason"), [(errno.ENOSPC, "No space left on device"), (errno.EIO, "Input/output error")]
)
def test_a_failing_disk_is_one_line_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, reason: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(StoreError) as caught:
        write_part(tmp_path, "arrived", TABLE)
    assert str(caught.value) == line(tmp_path, reason)
    assert files(tmp_path) == []


def test_a_disk_that_is_really_full_is_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == line(tmp_path, "File too large") + "\n"
    assert files(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written \((Not a directory|File exists)\)"):
        write_part(tmp_path / "evidence", "arrived", TABLE)


def test_an_error_that_is_not_the_disk_s_is_not_called_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ours"), storing(tmp_path):
        raise pa.ArrowInvalid("ours")


def test_a_sweep_takes_what_no_part_names_and_spares_the_rest(tmp_path: Path) -> None:
    kept = [write_part(tmp_path, stage, TABLE).path for stage in ("arrived", "settled")]
    orphan = tmp_path / write_part(tmp_path, "settled", TABLE).path
    torn = tmp_path / "arrived" / ".torn.parquet.part"
    torn.write_bytes(b"PAR1")
    (tmp_path / ".lock").touch()
    assert sweep(tmp_path, kept) == 2
    assert not orphan.exists()
    assert not torn.exists()
    assert sorted(files(tmp_path)) == sorted([tmp_path / ".lock", *(tmp_path / path for path in kept)])
    assert sweep(tmp_path, kept) == 0
    assert sweep(tmp_path / "nowhere", kept) == 0
