"""The line to a Dask scheduler: which workers there are, files to them, trials to them.

Dask unpickles what its peers send: whoever can reach the scheduler can run code on every machine of the cluster and on
this one. Use it in a trusted network only, or with TLS (``tls://HOST:PORT``; certificates as Dask's configuration
names them).
"""

from __future__ import annotations

import json
import queue
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from distributed import Client, Future

from nnopt_gui import __version__
from nnopt_gui.errors import DataError, SettingsError
from nnopt_gui.jobs import cluster_worker
from nnopt_gui.jobs.cluster_worker import TrialLane
from nnopt_gui.jobs.shipment import MOST_BYTES, Shipment, parts_of

ANSWER_LIMIT_S: Final = 10.0  # for the scheduler's answers


class ClusterConnection:
    """One run's connection. What happens is put into ``inbox``: an event as the worker sent it (a dict), or the key of
    a task that has ended (a str).

    Args:
        address: of the scheduler.
        lane: is put on every worker, also on those that come later.
        answer_limit_s: so long the scheduler may take to answer.

    Raises:
        SettingsError: the scheduler cannot be reached, or cannot take the lane.
    """

    def __init__(self, address: str, lane: TrialLane, answer_limit_s: float = ANSWER_LIMIT_S) -> None:
        self.inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._address = address
        self._lane = lane.name
        self._sent = 0
        self._limit_s = answer_limit_s
        try:
            self._client = Client(address, timeout=self._limit_s, set_as_default=False, name="nnopt")
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"The Dask scheduler at {address} cannot be reached: {error}",
                "Start it with 'dask scheduler', and workers with 'dask worker ADDRESS'; check address and network.",
            ) from error
        try:
            self._client.subscribe_topic(lane.name, lambda event: self.inbox.put(event[1]))
            self._client.register_plugin(lane)
        except Exception as error:
            self.close()
            raise SettingsError(
                f"The cluster at {address} cannot run trials: {error}",
                f"Install nnopt-gui[cluster] {__version__} and the same version of distributed there, too.",
            ) from error

    def close(self) -> None:
        """End the run's engines on the workers and leave the cluster as it was."""
        with suppress(Exception):  # the scheduler may be gone, and with it all that would have to be undone
            self._client.sync(self._client._unregister_worker_plugin, name=self._lane, callback_timeout=self._limit_s)
        with suppress(Exception):
            self._client.close(timeout=self._limit_s)

    def workers(self) -> tuple[str, ...]:
        """Addresses of the workers that the scheduler knows now.

        Raises:
            SettingsError: it does not answer any more.
        """
        try:
            return tuple(sorted(self._client.sync(self._client.scheduler.ncores, callback_timeout=self._limit_s)))
        except (OSError, ValueError, AttributeError) as error:  # Dask's CommClosedError is an OSError
            raise SettingsError(
                f"The Dask scheduler at {self._address} does not answer any more.",
                "Finished trials are kept. Start it again and run the same command.",
                repr(error),
            ) from error

    def prepare(self, worker: str, shipments: Sequence[Shipment]) -> dict[str, str]:
        """Bring to ``worker`` what it lacks; returns where each location is there. Blocks until all is there.

        Raises:
            SettingsError: another nnopt_gui, or none, is installed there.
            DataError: what it lacks is too large to be copied.
        OSError: it went away meanwhile, or cannot write.
        """
        try:
            version = self._on(worker, cluster_worker.version)
        except (ImportError, AttributeError) as error:
            raise SettingsError(
                f"The worker {worker} cannot run trials: {error}.", f"Install nnopt-gui[cluster] {__version__} there."
            ) from error
        if version != __version__:
            raise SettingsError(f"The worker {worker} has nnopt {version}, not {__version__}.", "Install the same.")
        return {shipment.location: self._ship(worker, shipment) for shipment in shipments}

    def _ship(self, worker: str, shipment: Shipment) -> str:
        described = shipment.to_dict()
        location, missing = self._on(worker, cluster_worker.find_shipment, described)
        if location is None and not all(file.sha256 for file in shipment.files):
            raise DataError(
                f"{shipment.location} has more than {MOST_BYTES / 1e9:g} GB, and the worker {worker} does not have it.",
                f"Put it there under the same path: {shipment.folder}.",
            )
        for name in missing:
            offset = 0
            for part in parts_of(Path(shipment.folder, name)):
                self._on(worker, cluster_worker.receive_part, described, name, offset, part)
                offset += len(part)
        if location is None:
            location, _ = self._on(worker, cluster_worker.find_shipment, described)
        if location is None:
            raise DataError(f"{shipment.location} changed while it was copied to {worker}.", "Run again.")
        return str(location)

    def _on(self, worker: str, function: Any, *arguments: Any) -> Any:
        answers = self._client.run(function, *arguments, workers=[worker])
        if worker not in answers:
            raise ConnectionError(f"{worker} went away")
        return answers[worker]

    def submit(self, order: Mapping[str, Any], worker: str) -> Future:
        """Send one trial, see :func:`cluster_worker.run_trial`."""
        self._sent += 1
        future = self._client.submit(
            cluster_worker.run_trial,
            self._lane,
            json.dumps(order, allow_nan=False).encode(),
            key=f"{self._lane}-{self._sent}",
            workers=[worker],
            pure=False,
        )
        future.add_done_callback(lambda done: self.inbox.put(done.key))
        return future

    def cancel(self, futures: Sequence[Future]) -> None:
        """The workers stop at the next checkpoint of their trials."""
        with suppress(Exception):  # then the scheduler is gone, and the workers stop by themselves
            self._client.cancel(list(futures), force=True)
