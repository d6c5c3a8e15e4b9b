"""Jobs on a Ray cluster: the bytes of a run on one machine, and what a lost worker, another disk or no room costs."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from rlbench_rec.errors import DataWarning, InputError, MissingExtraError
from rlbench_rec.suite import RayCluster, Suite, ray_cluster, run_suite
from rlbench_rec.suite.lock import hold
from rlbench_rec.suite.stamp import made_with
from rlbench_rec.suite.workers import execute_all, worker_count

SUITE = Suite(
    name="tiny",
    sources=[{"task": "tabular-v1", "episodes": 60}],
    algorithms=[{"id": "random"}],
    replicates=2,
    estimators=["snips"],
    n_resamples=100,
    truth_error=0.2,
)
WORK = """
import os, signal, warnings
from pathlib import Path
from rlbench_rec.errors import DataWarning

def work(batch):
    return [one(*job) for job in batch]

def one(what, value=None):
    if what == "add":
        return value + 1
    if what == "kill once":
        if not Path(value).exists():
            Path(value).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "done by the second"
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "threads":
        return os.environ["OMP_NUM_THREADS"], os.getcwd()
    if what == "warn":
        warnings.warn(value, DataWarning)
        return value
    raise ValueError(value)
"""


@pytest.fixture(scope="module")
def cluster():
    """Two cores, and no GPU."""
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, num_gpus=0, include_dashboard=False, log_to_driver=False)
    yield RayCluster("local")
    ray.shutdown()


@pytest.fixture
def no_cluster(monkeypatch):
    """As before the first one is joined."""
    ray = pytest.importorskip("ray")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)


@pytest.fixture
def work(tmp_path, monkeypatch):
    """What workers do, in a module that only this process's path has."""
    (tmp_path / "work_on_ray.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("work_on_ray").work
    del sys.modules["work_on_ray"]


def results(cluster, work, jobs, **options):
    done = execute_all(
        work,
        [[job] for job in jobs],
        2,
        lost=lambda job, why, seconds: f"lost: {why}",
        trains=False,
        cluster=cluster,
        **options,
    )
    with contextlib.closing(done):
        return {batch[0]: result for batch, (result,) in done}


def test_without_ray_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[ray\]"):
        RayCluster("local").room("cpu")


def test_a_run_has_the_bytes_of_a_run_on_one_machine(cluster, tmp_path, in_this_process, without_pictures):
    run_suite(SUITE, tmp_path / "here", device="cpu", workers=1)
    run_suite(SUITE, tmp_path / "ray", device="cpu", cluster=cluster)
    for name in ("runs.csv", "leaderboard.csv", "curves.csv"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "here" / name).read_bytes(), name


def test_jobs_their_threads_folder_errors_and_warnings_are_those_of_processes(cluster, work):
    with pytest.warns(DataWarning, match="a column is empty"):
        found = results(cluster, work, [("add", 1), ("threads",), ("raise", "no"), ("warn", "a column is empty")])
    assert found["add", 1] == 2
    assert found["threads",] == ("1", os.getcwd())
    assert found["raise", "no"] == "lost: ValueError: no"


def test_a_lost_worker_costs_nothing_the_first_time_and_its_job_the_second(cluster, work, tmp_path):
    found = results(cluster, work, [("kill once", str(tmp_path / "killed")), ("kill",), ("add", 4), ("add", 5)])
    assert found["kill once", str(tmp_path / "killed")] == "done by the second"
    assert found["kill",].startswith("lost: its worker on the cluster was lost")
    assert (found["add", 4], found["add", 5]) == (5, 6)


def test_a_plugin_that_a_node_lacks_is_refused(cluster, work):
    with pytest.raises(InputError, match="no_such_plugin"):
        results(cluster, work, [("add", 1)], plugins=["no_such_plugin"])


def test_a_plugin_that_a_node_lacks_is_sent_and_another_version_of_it_refused(cluster, work, tmp_path, monkeypatch):
    others = [folder for folder in ray_cluster.own_folders() if folder != str(tmp_path)]
    monkeypatch.setattr(ray_cluster, "own_folders", lambda: others)
    # What workers do stands in the module, so that without it they could do nothing.
    assert results(cluster, work, [("add", 1)], plugins=["work_on_ray"])["add", 1] == 2
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "work_on_ray.py").write_text(WORK + "# another version")
    monkeypatch.setattr(ray_cluster, "own_folders", lambda: [str(elsewhere), *others])
    with pytest.raises(InputError, match=r"node of the cluster .* another version of a plugin .* \(work_on_ray\)"):
        results(cluster, work, [("add", 1)], plugins=["work_on_ray"])


@pytest.mark.parametrize("address", ["nonsense", "ray://127.0.0.1:10001", "host:", ":6379", "host:99999", "h:²"])
def test_what_is_no_address_is_refused(address, no_cluster):
    with pytest.raises(InputError, match="not the address of a Ray cluster"):
        RayCluster(address).room("cpu")


def test_where_nothing_listens_the_answer_comes_at_once(no_cluster):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match=rf"127\.0\.0\.1:{port}: No Ray cluster answers \(.*refused\)\."):
        RayCluster(f"127.0.0.1:{port}").room("cpu")


def test_a_node_with_another_disk_or_other_code_is_refused(tmp_path):
    with hold(tmp_path / "out"):
        expected = ray_cluster._expected(tmp_path / "out")
        ray_cluster._check(expected)
        for change, message in (
            ({"held": (tmp_path / "out", b"another machine's")}, "does not see .*out"),
            ({"held": (tmp_path / "elsewhere", b"")}, "does not see .*elsewhere"),
            ({"working": tmp_path / "nowhere"}, "does not see .*nowhere"),
            ({"made_with": made_with() | {"code": {"version": "0"}}}, "another version of rlbench-rec than this"),
            ({"made_with": made_with() | {"libraries": {}}}, "other versions of libraries than this"),
        ):
            with pytest.raises(InputError, match=message):
                ray_cluster._check(expected | change)


def test_what_has_no_room_is_refused_and_not_waited_for(cluster):
    assert (cluster.room("cpu"), worker_count(None, "cpu", 9, cluster), worker_count(7, "cpu", 9, cluster)) == (2, 2, 7)
    assert (cluster.trains_on("auto"), cluster.trains_on("cpu")) == ("cpu", "cpu")
    for device in ("cuda", "cuda:0"):
        with pytest.raises(InputError, match="The cluster has 0 GPUs"):
            cluster.trains_on(device)
    with pytest.raises(InputError, match="'cuda:3' is not a device of a cluster"):
        cluster.trains_on("cuda:3")
    with pytest.raises(InputError, match="no room"):
        cluster.room("cuda:0")
    for share in (0.0, -1.0, 1.5, float("nan")):
        with pytest.raises(InputError, match="of a GPU"):
            RayCluster("local", share)


STAY = """
import time
from pathlib import Path

import ray

def work(batch):
    first = not Path(batch[0]).exists()
    Path(batch[0]).write_text(ray.get_runtime_context().get_node_id())
    time.sleep(120 if first else 0)
    return ["done on the other node"]
"""


@pytest.mark.slow
def test_a_node_that_goes_costs_nothing(tmp_path, work):
    """Two nodes; the one that is at a job is taken away."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    ray.shutdown()
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        others = [nodes.add_node(num_cpus=1) for _ in range(2)]
        ray.init(address=nodes.address, log_to_driver=False)
        (tmp_path / "stay.py").write_text(STAY)
        stay, sign = importlib.import_module("stay").work, tmp_path / "at-work"
        done = execute_all(stay, [[str(sign)]], 1, lost=no_result, trains=False, cluster=RayCluster("auto"))
        with contextlib.closing(done), ThreadPoolExecutor() as beside:
            found = beside.submit(lambda: [result for _, result in done])
            while not (sign.exists() and sign.read_text()):
                time.sleep(0.1)
            (at_work,) = [node for node in others if node.node_id == sign.read_text()]
            nodes.remove_node(at_work, allow_graceful=False)
            assert found.result(timeout=100) == [["done on the other node"]]
    finally:
        ray.shutdown()
        nodes.shutdown()


def no_result(job, why, seconds):
    """In place of a result."""
    return why
