"""What pip's last words mean to a person."""

from __future__ import annotations

import pytest

from installer.pip import diagnose

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("tail", "remedy"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk space"),
        ("Failed to establish a new connection: [Errno 111]\nERROR: No matching distribution found for x", "network"),
        ("ERROR: No matching distribution found for torch==2.14.1", "try Python 3.11 or 3.12"),
        ("ssl.SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "PIP_CERT"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the pinned one"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "writable"),
        ("error: subprocess-exited-with-error", "No ready wheel"),
        ("something new", "Run the same command again"),
    ],
)
def test_every_common_failure_has_a_remedy(tail: str, remedy: str) -> None:
    assert remedy in diagnose(tail)
