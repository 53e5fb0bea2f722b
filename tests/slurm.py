"""A real Slurm of one node for a test: munged, slurmctld and slurmd on loopback, all they write in one folder."""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
PATIENCE = 60  # seconds for a daemon to answer; only a very busy machine needs them
CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
KillWait=1
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=60 State=UP
"""


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def lacks():
    """What this machine has not got for these tests, in words; "" if it has all."""
    return ", ".join([name for name in PROGRAMS if not program(name)] + ([] if find_spec("submitit") else ["submitit"]))


@contextmanager
def cluster(folder):
    """Environment variables under which Slurm's commands speak to a cluster that lives in `folder`.

    However the `with` ends, so do its daemons and jobs.
    """
    host = socket.gethostname().split(".")[0]
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(mode=0o755)
    folder.chmod(0o755)  # munged wants nobody else to write there
    (folder / "key").write_bytes(secrets.token_bytes(1024))
    (folder / "key").chmod(0o600)
    conf = folder / "slurm.conf"
    conf.write_text(CONF.format(host=host, controller=free_port(), node=free_port(), folder=folder,
                                user=getpass.getuser()))
    env = {**os.environ, "SLURM_CONF": str(conf), "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    munge = [f"--key-file={folder}/key", f"--socket={folder}/munge.socket", f"--pid-file={folder}/munge.pid",
             f"--log-file={folder}/munge/munge.log", f"--seed-file={folder}/munge/seed"]
    commands = [[program("munged"), "--foreground", "--force", *munge], [program("slurmctld"), "-D", "-c"],
                [program("slurmd"), "-D", "-c"]]
    daemons = []
    try:
        with open(folder / "daemons.log", "wb") as log:
            for command in commands:
                daemons.append(subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True))
                if len(daemons) == 1:
                    wait_until(lambda: (folder / "munge.socket").exists(), daemons, folder)
            idle = ["sinfo", "--noheader", "--format=%T"]
            wait_until(lambda: "idle" in subprocess.run(idle, env=env, capture_output=True, text=True).stdout, daemons,
                       folder)
        yield env
    finally:
        subprocess.run([program("scancel"), f"--user={getpass.getuser()}"], env=env, capture_output=True, timeout=30)
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            try:
                daemon.wait(15)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        end_leftovers(conf)


def wait_until(true, daemons, folder):
    until = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > until or any(daemon.poll() is not None for daemon in daemons):
            logs = [path.read_text(errors="replace")[-2000:] for path in sorted(folder.rglob("*.log"))]
            raise RuntimeError("Slurm did not start:\n" + "\n".join(logs))
        time.sleep(0.1)


def leftovers(conf):
    """Process ids of all that was started under this cluster's settings: jobs and their steps, daemons of their own."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is somebody else's
            if f"SLURM_CONF={conf}".encode() in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
    return found


def end_leftovers(conf):
    for sign in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + 5
        while (left := [pid for pid in leftovers(conf) if pid != os.getpid()]) and time.monotonic() < until:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
            time.sleep(0.2)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
