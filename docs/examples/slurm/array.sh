#!/bin/bash
# One study per value of a key, each a job of its own on one machine, with a process per core.
#   sbatch array.sh
#   hypercluster compare results/half_distance_100 results/half_distance_300    # when both have ended
# The same command continues those that have reached the time limit.
#SBATCH --job-name=hypercluster
#SBATCH --array=0-4
#SBATCH --cpus-per-task=16
#SBATCH --mem-per-cpu=1G
#SBATCH --time=01:00:00
#SBATCH --signal=B:TERM@60       # a minute before the limit, to write down what is finished
set -euo pipefail

values=(50 100 300 600 1200)
value=${values[SLURM_ARRAY_TASK_ID]}
exec hypercluster run baseline regional_cluster hypercluster --replications 100 --workers "$SLURM_CPUS_PER_TASK" \
    --set "diffusion.half_distance_km=$value" --out "results/half_distance_$value"
