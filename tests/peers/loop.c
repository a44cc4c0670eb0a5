#include <stdint.h>
#include <stdlib.h>

void run(int64_t n, int64_t steps, double p, double q, const int32_t *partners, double *remaining, int64_t *curve) {
    double *hazard = malloc(n * sizeof *hazard);
    int32_t *waiting = malloc(n * sizeof *waiting), *newly = malloc(n * sizeof *newly);
    int64_t left = n;
    for (int64_t i = 0; i < n; i++) {
        hazard[i] = p;
        waiting[i] = (int32_t)i;
    }
    for (int64_t step = 0; step < steps; step++) {
        int64_t kept = 0, new = 0;
        for (int64_t w = 0; w < left; w++) {
            int32_t i = waiting[w];
            remaining[i] -= hazard[i];
            if (remaining[i] > 0.0)
                waiting[kept++] = i;
            else
                newly[new++] = i;
        }
        left = kept;
        for (int64_t a = 0; a < new; a++)
            for (int d = 0; d < 10; d++)
                hazard[partners[10 * (int64_t)newly[a] + d]] += q;
        curve[step] = n - left;
    }
    free(hazard);
    free(waiting);
    free(newly);
}
