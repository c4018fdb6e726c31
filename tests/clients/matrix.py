"""Which client verifies which file with which key, measured: the table of ``docs/clients.md``.

``python -m tests.clients.matrix`` prints it.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests import honest
from tests.clients import npm, recipes

KEYS: Final = (honest.P256, honest.ED25519)
HEAD: Final = "| client | version | checks | P-256 | Ed25519 |\n|---|---|---|---|---|\n"
_ENVELOPES: Final = "`*.dsse.json`: signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A section of the page, and what it checks."""

    section: str
    checks: str
    package: str | None = None
    npm: bool = False

    @property
    def version(self) -> str:
        """The version that runs here."""
        if self.npm:
            pinned = npm.versions()
            return f"{pinned['@sigstore/verify']} on Node {npm.node_version()}"
        if self.package is None:
            line = subprocess.run(
                ["openssl", "version"], capture_output=True, text=True, check=True
            )
            return line.stdout.split()[1]
        return metadata.version(self.package)


CLIENTS: Final = (
    Client(section="openssl", checks=_ENVELOPES),
    Client(section="securesystemslib", checks=_ENVELOPES, package="securesystemslib"),
    Client(section="in-toto", checks=_ENVELOPES, package="in-toto"),
    Client(
        section="in-toto-attestation",
        checks="`*.dsse.json`: statement",
        package="in-toto-attestation",
    ),
    Client(section="@sigstore/verify", checks="`certificate.sigstore.json`: signature", npm=True),
)


def row(client: Client, npm_folder: Path, scratch: Path) -> str:
    """Return the client's line of the table, after running its commands with both keys."""
    outcomes = []
    for key in KEYS:
        folder = scratch / f"{client.section.replace('/', '-')}-{key.public.algorithm}"
        release = honest.build("two-mask", key=key).write(folder / "release")
        cwd = npm_folder if client.npm else None
        done = recipes.run([client.section], release, key.public, work=folder / "work", cwd=cwd)
        outcomes.append("no" if done.returncode else "yes")
    return f"| {client.section} | {client.version} | {client.checks} | {' | '.join(outcomes)} |\n"


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "npm").mkdir()
        folder = npm.install(scratch / "npm")
        sys.stdout.write(HEAD + "".join(row(client, folder, scratch) for client in CLIENTS))


if __name__ == "__main__":
    main()
