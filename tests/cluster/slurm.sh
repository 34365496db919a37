#!/usr/bin/env bash
# tests/cluster/slurm.sh {start|stop|status|install}
# Throw-away three-node SLURM on one Debian 12 host (no systemd, no cgroups, no
# accounting database), enough to drive `snakemake --executor slurm` for real. See docs/cluster.md.
# Needs root. Every daemon is stopped by the pid file it wrote, nothing else.
set -euo pipefail

RUN=${SLURM_TEST_DIR:-${TMPDIR:-/tmp}/slurm-test}     # state, logs, pid files
NODES=${SLURM_TEST_NODES:-3}               # n1..nN; the last one carries the GPUs
GPUS=${SLURM_TEST_GPUS:-2}                 # fake GPUs on the last node
CPUS=${SLURM_TEST_CPUS:-4}                 # CPUs per node (may exceed the host's)
MEM=${SLURM_TEST_MEM:-16000}               # MiB per node
CONF=/etc/slurm/slurm.conf                 # must be the default path, see notes
MUNGE_PID=$RUN/munged.pid

install_pkgs() {
  command -v slurmctld >/dev/null && command -v munged >/dev/null && return 0
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    slurm-wlm munge >/dev/null
}

write_conf() {
  local host cores last=n$NODES
  host=$(hostname -s)
  mkdir -p /etc/slurm "$RUN"/{ctld,log}
  for i in $(seq 1 "$NODES"); do mkdir -p "$RUN/d/n$i"; done
  for g in $(seq 0 $((GPUS - 1))); do     # gpu gres wants real device files
    [ -c "/dev/fakegpu$g" ] || mknod "/dev/fakegpu$g" c 1 3
  done
  cat >$CONF <<CONF
# written by tests/cluster/slurm.sh
ClusterName=afterimage
SlurmctldHost=$host
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$RUN/munge.socket
SlurmctldPort=16817
SlurmctldPidFile=$RUN/slurmctld.pid
SlurmctldLogFile=$RUN/log/slurmctld.log
StateSaveLocation=$RUN/ctld
SlurmdPidFile=$RUN/slurmd-%n.pid
SlurmdLogFile=$RUN/log/slurmd-%n.log
SlurmdSpoolDir=$RUN/d/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=0
MinJobAge=600
KillWait=3
SlurmdTimeout=10
OverTimeLimit=0
InactiveLimit=0
Waittime=0
MaxArraySize=2001
SlurmdParameters=config_overrides
GresTypes=gpu
CONF
  for i in $(seq 1 "$NODES"); do
    local gres=""
    [ "n$i" = "$last" ] && [ "$GPUS" -gt 0 ] && gres="Gres=gpu:$GPUS"
    echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((16820 + i)) CPUs=$CPUS RealMemory=$MEM $gres State=UNKNOWN" >>$CONF
  done
  cat >>$CONF <<CONF
PartitionName=cpu Nodes=n[1-$NODES] Default=YES DefMemPerCPU=500 DefaultTime=10 MaxTime=2880 State=UP
PartitionName=gpu Nodes=$last DefMemPerCPU=500 DefaultTime=10 MaxTime=2880 State=UP
CONF
  if [ "$GPUS" -gt 0 ]; then
    echo "NodeName=$last Name=gpu File=/dev/fakegpu[0-$((GPUS - 1))]" >/etc/slurm/gres.conf
  else
    : >/etc/slurm/gres.conf
  fi
}

start() {
  install_pkgs
  [ -s "$RUN/slurmctld.pid" ] && kill -0 "$(cat "$RUN/slurmctld.pid")" 2>/dev/null &&
    { echo "already running"; return 0; }
  write_conf
  # munge: own key, own socket, so a munged of the host is left alone
  mkdir -p "$RUN/munge"
  chmod 700 "$RUN/munge"; chmod 755 "$RUN"
  [ -s "$RUN/munge/munge.key" ] || (umask 077; dd if=/dev/urandom bs=1024 count=1 of="$RUN/munge/munge.key" status=none)
  munged --key-file="$RUN/munge/munge.key" --socket="$RUN/munge.socket" \
    --pid-file="$MUNGE_PID" --log-file="$RUN/log/munged.log" \
    --seed-file="$RUN/munge/munge.seed" --force
  slurmctld -c -f $CONF                    # -c: start with no jobs of an earlier run
  for i in $(seq 1 "$NODES"); do slurmd -f $CONF -N "n$i"; done
  for _ in $(seq 1 100); do                # wait until every node is idle
    [ "$(sinfo -h -N -p cpu -t idle -o %N 2>/dev/null | sort -u | wc -l)" = "$NODES" ] && { sinfo; return 0; }
    sleep 0.1
  done
  sinfo -R; sinfo; tail -5 "$RUN"/log/*.log; return 1
}

stop() {
  [ -s "$RUN/slurmctld.pid" ] && scancel --state=PENDING -u root 2>/dev/null || true
  [ -s "$RUN/slurmctld.pid" ] && scancel --state=RUNNING -u root 2>/dev/null || true
  sleep 0.5
  local pids="" p
  for f in "$RUN"/slurmd-n*.pid "$RUN/slurmctld.pid" "$MUNGE_PID"; do
    [ -s "$f" ] || continue
    p=$(cat "$f")                          # read first: the daemon removes its file
    kill "$p" 2>/dev/null && pids="$pids $p"
    rm -f "$f"
  done
  for p in $pids; do                       # each takes about 2 s; wait for all together
    for _ in $(seq 1 50); do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done
  done
  rm -f /dev/fakegpu[0-9]*
  [ "${1:-}" = --purge ] && rm -rf "$RUN" $CONF /etc/slurm/gres.conf
  echo stopped
}

case ${1:-} in
  install) install_pkgs ;;
  start) start ;;
  stop) stop "${2:-}" ;;
  status) sinfo; squeue ;;
  *) echo "usage: $0 {install|start|stop [--purge]|status}"; exit 2 ;;
esac
