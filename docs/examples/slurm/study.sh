#!/bin/bash
# A study on several machines: a Dask scheduler in the batch script, a worker per task, the results in a shared folder.
#   sbatch study.sh
# The same command continues a study that has reached the time limit.
#SBATCH --job-name=hypercluster
#SBATCH --ntasks=64
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=1G
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60       # a minute before the limit, to write down what is finished
set -euo pipefail

port=$((20000 + SLURM_JOB_ID % 20000))  # jobs may share a machine
export DASK_SCHEDULER_ADDRESS="tcp://$(hostname):$port"
dask scheduler --port "$port" --dashboard-address :0 --idle-timeout 10m &
srun dask worker "$DASK_SCHEDULER_ADDRESS" --nthreads 1 --no-dashboard &

# In place of the shell, so that it is hypercluster that is told to end; SLURM ends scheduler and workers after it.
exec hypercluster run baseline regional_cluster hypercluster --replications 1000 --executor dask --out results/large
