#!/bin/sh
# status.sh JOB: what Snakemake wants to know of a job of PBS: running, success or failed.
# -x also asks for jobs that have ended; one that PBS no longer knows did not tell of its success.
shown=$(qstat -x -f "$1" 2>/dev/null) || { echo failed; exit 0; }
state=$(printf '%s\n' "$shown" | sed -n 's/^ *job_state = //p')
code=$(printf '%s\n' "$shown" | sed -n 's/^ *Exit_status = //p')
case $state in
    F | C) [ "$code" = 0 ] && echo success || echo failed ;;
    *) echo running ;;
esac
