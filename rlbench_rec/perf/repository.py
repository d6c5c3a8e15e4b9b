"""The git checkout whose commits are measured."""

from __future__ import annotations

import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

CONFIG = "asv.conf.json"


@dataclass(frozen=True)
class Repository:
    """A git checkout with an asv suite.

    Attributes:
        root: its top folder, where asv.conf.json lies.
    """

    root: Path

    @classmethod
    def around(cls, folder: Path) -> Repository:
        """The checkout that a folder lies in.

        Raises:
            InputError: it is not in a checkout, git is not installed, or there is no asv.conf.json at the top.
        """
        try:
            done = _git(folder, "rev-parse", "--show-toplevel")
        except FileNotFoundError as error:
            hint = "Install it: commits are measured, so they must be read."
            raise InputError("git is not installed.", hint=hint) from error
        if done.returncode:
            hint = "Go to a clone of the source: benchmarks and commits are not part of the installed package."
            raise InputError("This folder is not in a git checkout.", where=str(folder), hint=hint)
        root = Path(done.stdout.strip())
        if not (root / CONFIG).is_file():
            raise InputError(f"There is no {CONFIG} here.", where=str(root), hint="asv reads its settings from it.")
        return cls(root)

    def commit(self, revision: str) -> str:
        """The full hash of a branch, a tag, a hash or the like.

        Raises:
            InputError: there is no such commit.
        """
        done = _git(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if done.returncode:
            hint = "Name a branch, a tag or a hash that git knows here (git log), or fetch it first."
            raise InputError(f"There is no commit '{revision}'.", where=str(self.root), hint=hint)
        return done.stdout.strip()

    def refuse_changes(self) -> None:
        """Raise an InputError where a tracked file differs from HEAD: what is measured must be a commit."""
        changed = _git(self.root, "status", "--porcelain", "--untracked-files=no").stdout.splitlines()
        if changed:
            names = ", ".join(line[3:] for line in changed[:3]) + (", …" if len(changed) > 3 else "")
            what = f"{len(changed)} tracked file(s) differ from HEAD ({names}), so the figures would not be HEAD's."
            raise InputError(what, where=str(self.root), hint="Commit or stash the changes first.")

    def write_tree(self, commit: str, folder: Path) -> None:
        """The files of a commit, in a new folder of their own: nothing in the checkout is touched."""
        folder.mkdir()
        archive = folder.with_suffix(".tar")
        done = _git(self.root, "archive", "--format=tar", f"--output={archive}", commit)
        if done.returncode:
            raise InputError(f"git cannot give the files of {commit}: {done.stderr.strip()}", where=str(self.root))
        with tarfile.open(archive) as files:
            if hasattr(tarfile, "data_filter"):
                files.extractall(folder, filter="data")
            else:
                # Python before 3.11.4 has no filters. git refuses trees with paths that leave the folder.
                files.extractall(folder)
        archive.unlink()


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
