from pathlib import Path

import pytest

from gateway.store.files import durable


def test_a_file_appears_whole(tmp_path: Path) -> None:
    with durable(tmp_path / "new" / "part") as file:
        file.write(b"half ")
        assert not (tmp_path / "new" / "part").exists()
        file.write(b"whole")
    assert (tmp_path / "new" / "part").read_bytes() == b"half whole"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["part"]


def test_a_file_that_failed_leaves_nothing_and_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"before")
    with pytest.raises(ValueError, match="closed"), durable(tmp_path / "part") as file:
        file.close()
    assert (tmp_path / "part").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["part"]
