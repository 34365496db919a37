"""What we ask of DVC: to store the files of stages, to send them to a remote, to bring them."""

import logging
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import ConfigError, DataError, UserError
from afterimage.publish.ledger import LEDGER


class Repository:
    """The DVC repository that a folder is.

    Parameters
    ----------
    root : Path
        The working directory of the workflow.
    remote : str or None
        The remote's name; None for the repository's default.

    Raises
    ------
    ConfigError
        If DVC is not installed, the folder is no repository, or there is no such remote.
    """

    def __init__(self, root: Path, remote: str | None) -> None:
        try:
            from dvc.repo import Repo
        except ImportError:
            raise ConfigError(
                "DVC is not installed; it stores and brings what is published.",
                "Install it: pip install 'afterimage[dvc]'",
            ) from None
        if not (root / ".dvc").is_dir():
            raise ConfigError(
                f"{root.resolve()} is not a DVC repository.",
                "Once: dvc init && dvc remote add --default NAME ADDRESS (see docs/share.md).",
            )
        logging.getLogger("dvc").setLevel(logging.WARNING)
        self._open = lambda: Repo(str(root))
        self._remote = remote
        self._ledger = root.resolve() / LEDGER
        with self._repo("dvc remote") as repo:
            self._check_remote(repo)

    def _check_remote(self, repo: Any) -> None:
        names = sorted(repo.config["remote"])
        default = repo.config["core"].get("remote")
        if self._remote is None and default is None:
            raise ConfigError(
                f"DVC has no default remote. Known: {', '.join(names) or 'none'}.",
                "Add one: dvc remote add --default NAME ADDRESS, or name one in publish.remote.",
            )
        if self._remote is not None and self._remote not in names:
            raise ConfigError(
                f"publish.remote: there is no remote named '{self._remote}'. "
                f"Known: {', '.join(names) or 'none'}.",
                "Add it: dvc remote add NAME ADDRESS",
            )

    def commit(self, stages: Sequence[str]) -> None:
        """Copy the files of some stages into DVC's cache and write their hashes to dvc.lock.

        The same as ``dvc commit --force --no-relink`` for each: the files stay as they are.
        """
        from dvc.repo import lock_repo

        with self._repo("dvc commit") as repo, lock_repo(repo):
            known = {stage.name: stage for stage in repo.stage.load_file(str(self._ledger))}
            for name in stages:
                known[name].save()
                known[name].commit(relink=False)
            chosen = [known[name] for name in stages]
            chosen[0].dvcfile.dump_stages(chosen, update_pipeline=False)

    def push(self, stages: Sequence[str]) -> int:
        """Send what the remote does not have; return how many objects that were."""
        with self._repo("dvc push") as repo:
            self._read_ledger_once(repo)
            return int(repo.push(targets=self._named(stages), remote=self._remote))

    def pull(self, stages: Sequence[str]) -> None:
        """Bring the files of some stages; those that are in the cache are not asked for again."""
        with self._repo("dvc pull") as repo:
            self._read_ledger_once(repo)
            repo.pull(targets=self._named(stages), remote=self._remote)

    def _read_ledger_once(self, repo: Any) -> None:
        """Keep DVC from parsing dvc.yaml and dvc.lock anew for each stage that is named.

        It does so twice per stage, which for fifteen stages took longer than sending their files.
        """
        load = repo.stage.load_all
        known = {stage.name: stage for stage in load(str(self._ledger))}

        def load_all(path: Any = None, name: Any = None, **others: Any) -> Any:
            ours = path is not None and Path(path) == self._ledger and name in known
            return [known[name]] if ours else load(path, name, **others)

        repo.stage.load_all = load_all

    def _named(self, stages: Sequence[str]) -> list[str]:
        """Return stages as DVC names them from any folder."""
        return [f"{self._ledger}:{stage}" for stage in stages]

    @contextmanager
    def _repo(self, command: str) -> Iterator[Any]:
        """Open the repository; DVC's refusals and a remote's become two lines."""
        repo = self._open()
        try:
            yield repo
        except UserError:
            raise
        except Exception as error:
            # Folders, S3 and SSH fail each with errors of their own, which share no class.
            raise DataError(
                f"{command}: {error or type(error).__name__}",
                "Mend it and run again: what is done already is not done twice.",
                traceback.format_exception(error),
            ) from error
        finally:
            repo.close()
