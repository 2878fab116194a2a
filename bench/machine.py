"""What the figures were taken on."""

import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import psutil

_GIB: Final = 2**30
_PACKAGES: Final = (
    *("cryptography", "dlt", "duckdb", "ibis-framework", "numpy", "polars", "pyarrow", "pydantic"),
    *("pyspark", "sqlalchemy"),
)


def machine() -> dict[str, Any]:
    """Processor, cores, memory, disk, system and the versions of what does the work."""
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / _GIB, 1),
        "disk_free_gib": round(shutil.disk_usage(Path.home()).free / _GIB),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def load() -> float:
    """How many processes wanted a core in the last minute: above the number of cores, figures are low."""
    return round(psutil.getloadavg()[0], 1)


def _processor() -> str:
    """As the system names it; elsewhere than on Linux as Python does."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
