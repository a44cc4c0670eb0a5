"""Break the program in one place at a time and require that a test notices.

    uv run python tests/mutations.py [--of N] [PART OF A NAME ...]

Every mutant is a copy of the package in a temporary folder with one piece of text replaced. It is killed when one of
the test files named for it fails; a mutant that survives is a hole in the tests, and the script then exits 1.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Mutant:
    """One fault: in ``file`` of the package, ``old`` (which must stand there once) becomes ``new``."""

    name: str
    file: str
    old: str
    new: str
    tests: str


MUTANTS = [
    Mutant(
        "compiled code taken for fresh though a function that it calls has changed",
        "compiled.py",
        "class _InTree(_OfAllSources, caching.InTreeCacheLocator):",
        "class _InTree(caching.InTreeCacheLocator):",
        "tests/test_compiled.py",
    ),
    Mutant(
        "compiled code used whatever its checksum",
        "compiled.py",
        "if sha256(content).hexdigest() != digest:",
        "if not digest:",
        "tests/test_compiled.py",
    ),
    Mutant(
        "the outcome of another block taken for that which was asked for",
        "batch/dispatch.py",
        "if sorted(answered) != sorted(block.replications) or outcome.sizes.keys() != tables:",
        "if outcome.sizes.keys() - tables:",
        "tests/faults/test_executors.py",
    ),
    Mutant(
        "one temporary name for all programs",
        "files/durable.py",
        ".{_HERE}-{os.getpid()}-{next(_numbers)}.tmp",
        ".tmp",
        "tests/files/test_temporary_names.py",
    ),
    Mutant(
        "a temporary file taken from the program that is writing it",
        "files/durable.py",
        "        except OSError:\n            pass  # of another user",
        "        finally:\n            return True",
        "tests/files/test_temporary_names.py",
    ),
    Mutant(
        "sums of two versions of numba in one folder",
        "results/manifest.py",
        "for name, old, new in pairs if old != new]",
        "for name, old, new in pairs if False]",
        "tests/results/test_folders.py",
    ),
    Mutant(
        "an edited instrument in one folder with what it was before",
        "results/code_digest.py",
        "if there[part] != here[part]",
        "if part == SHARED and there[part] != here[part]",
        "tests/results/test_code_digest.py",
    ),
    Mutant(
        "a digest that does not know the costs of the policies",
        "scenario/schema.py",
        "{policy.instrument: self.costs.of(policy.instrument) for policy in self.policies}",
        "{}",
        "tests/results/test_code_digest.py",
    ),
    Mutant(
        "a temporary file left behind by Ctrl-C",
        "files/durable.py",
        "            temporary.unlink(missing_ok=True)\n        if isinstance(error, OSError):",
        "            pass\n        if isinstance(error, OSError):",
        "tests/faults/test_writers.py",
    ),
    Mutant(
        "half distances at which contact vanishes",
        "data/geography.py",
        " / HALVINGS\n",
        " / 1e9\n",
        "tests/engine/test_edges.py",
    ),
    Mutant(
        "a truth value that counts as a seed",
        "arguments.py",
        "isinstance(value, bool) or ",
        "",
        "tests/test_arguments.py",
    ),
    Mutant(
        "one seed for all Mesa models without one",
        "mesa/model.py",
        "secrets.randbits(31)",
        "1",
        "tests/mesa/test_model.py",
    ),
    Mutant(
        "north and south of Mesa's space exchanged",
        "mesa/model.py",
        "np.argsort(latitude[regions]",
        "np.argsort(-latitude[regions]",
        "tests/mesa/test_model.py",
    ),
    Mutant(
        "no preload for a module that a module of the page imports",
        "server/web/page.py",
        "waiting.append(path)",
        "pass",
        "tests/server/test_page.py",
    ),
    Mutant(
        "first come, first served before the processes of the model",
        "server/web/fair_queue.py",
        "min(self._waiting, key=lambda waiting: self._used[waiting[0]])",
        "min(self._waiting, key=lambda waiting: 0)",
        "tests/server/test_fair_queue.py",
    ),
    Mutant(
        "a connection that never lets go of the loop",
        "server/web/live.py",
        "                await asyncio.sleep(0)\n",
        "",
        "tests/server/test_floods.py",
    ),
    Mutant(
        "replications that are listed though there are no rows of them",
        "server/processes/reading.py",
        "at_most=rows)",
        "at_most=rows + 1)",
        "tests/server/test_damaged_results.py",
    ),
    Mutant(
        "rows of an unknown region given to another",
        "results/tables.py",
        "    if found.min(initial=0) < 0:\n",
        "    if found.min(initial=0) < -1:\n",
        "tests/server/test_damaged_results.py",
    ),
    Mutant(
        "write to whatever folder stands at the path now",
        "files/held_folder.py",
        "if not os.path.samestat(there, here):",
        "if False:",
        "tests/faults/test_lost_folder.py",
    ),
    Mutant(
        "call a study finished without a look at its rows",
        "results/writer.py",
        "        self._check_rows(set() if merge else set(parts))\n",
        "",
        "tests/faults/test_lost_folder.py",
    ),
    Mutant(
        "take over the lock of a process that runs",
        "results/locks.py",
        "    return take_over if gone is None else gone\n",
        "    return True\n",
        "tests/results/test_locks.py",
    ),
    Mutant(
        "remove the lock that another process has just made",
        "results/locks.py",
        "            if self._make(name, me):\n",
        "            self._unlink(name)\n            if self._make(name, me):\n",
        "tests/results/test_locks.py",
    ),
    Mutant(
        "wrong exponent of the spatial kernel",
        "data/geography.py",
        "exp2(-distance_km / half_distance_km)",
        "np.exp(-distance_km / half_distance_km)",
        "tests/data/test_geography.py",
    ),
    Mutant(
        "live instead of synchronous update of what institutions master",
        "engine/technology_months.py",
        "            if not settled:",
        "            learn(k, fixed, now, derived, its)\n"
        "            learning.apply_learning(month + m + 1, its.learned, its.mastered, its.mastered_month)\n"
        "            old = used\n"
        "            if True:",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "live instead of synchronous update of memberships",
        "engine/membership_months.py",
        "        moves.members_by_industry[month - first] = state.members_by_industry\n"
        "        n = 0\n"
        "        if now.is_open.any():  # else nobody is a member, and nobody may become one\n"
        "            decide(month, fixed, population, now, state, derived, wanted)\n"
        "            n = move(wanted, population, state, derived, moves, place)\n",
        "        n = 0\n"
        "        if now.is_open.any():\n"
        "            decide(month, fixed, population, now, state, derived, wanted)\n"
        "            n = move(wanted, population, state, derived, moves, place)\n"
        "        moves.members_by_industry[month - first] = state.members_by_industry\n",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "live instead of synchronous update of adopting partners",
        "engine/technology_months.py",
        "    adoption.adopt(\n",
        "    network.tell_partners(\n"
        "        its.waiting[reached], population.indptr, population.indices, population.region_of,\n"
        "        now.local_contacts, place, its.contacts, its.exposures,\n"
        "    )\n"
        "    adoption.adopt(\n",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "pairs that adopt trade places with others that adopt",
        "engine/kernels/waiting.py",
        "w, last = np.uint32(reached[reached.size - 1 - n]),",
        "w, last = np.uint32(reached[n]),",
        "tests/engine/kernels/test_adoption.py",
    ),
    Mutant(
        "institutional terms of a stratum that was empty while institutions learned",
        "engine/kernels/strata.py",
        "is_new[stratum] |= stratum_size[stratum] == 0",
        "is_new[stratum] |= False",
        "tests/engine/kernels/test_membership.py",
    ),
    Mutant(
        "institutional terms of the levers before",
        "engine/month.py",
        "weighed by levers.\n        self._derived.terms_are_old[:] = self._derived.steps_are_old[:] = True",
        "weighed by levers.\n        self._derived.steps_are_old[:] = True",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "what institutions have just mastered counts from the next change on",
        "engine/technology_months.py",
        "            derived.terms_are_old[k] = derived.steps_are_old[k] = True\n",
        "            derived.steps_are_old[k] = True\n",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "institutional terms of a technology for which nobody waited for a time",
        "engine/technology_months.py",
        "    derived.terms_are_old[k] = not waits",
        "    derived.terms_are_old[k] = False",
        "tests/engine/test_run_for.py",
    ),
    Mutant(
        "cells by the numbers that strata had before",
        "engine/membership_months.py",
        "            moves.stratum_at_start[:] = state.stratum_of\n",
        "",
        "tests/engine/test_run_for.py",
    ),
    Mutant(
        "months that run over an event",
        "engine/month.py",
        "min([last, *self._events[following : following + 1]])",
        "min([last, *self._events[following + 1 : following + 2]])",
        "tests/engine/test_run_for.py",
    ),
    Mutant(
        "a mechanism's factor of the first of several months",
        "engine/month.py",
        "                end = state.month + 1\n",
        "                pass\n",
        "tests/engine/test_run_for.py",
    ),
    Mutant(
        "draws keyed by position instead of identity",
        "engine/build/frame.py",
        "numbered_all(np.repeat(cell_keys.ravel(), sizes), number_of)",
        "numbered_all(np.full(sizes.sum(), cell_keys[0, 0]), np.arange(sizes.sum()))",
        "tests/engine/test_build.py",
    ),
    Mutant(
        "order of release by place in the table instead of by draw",
        "engine/build/technologies.py",
        'months[np.argsort(arrival, kind="stable")] =',
        "months[np.arange(n)] =",
        "tests/engine/test_build.py",
    ),
    Mutant(
        "spatial share without eligibility",
        "engine/month.py",
        "        eligible = np.ascontiguousarray(world.eligible.T, dtype=np.float64)\n",
        "        eligible = np.ascontiguousarray(\n"
        "            (world.eligible * 0 + world.enterprises.counts[:, :, None]).T, dtype=np.float64\n"
        "        )\n",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "network share without eligibility",
        "engine/kernels/network.py",
        "            if eligible_industry[industry_of[indices[t]]]:\n                count += 1",
        "            count += 1",
        "tests/engine/kernels/test_network.py",
    ),
    Mutant(
        "policy applied a month late",
        "engine/month.py",
        "self.schedule.levers(self.state.month)\n        if levers",
        "self.schedule.levers(max(self.state.month - 1, 0))\n        if levers",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "standardization over industries left out",
        "metrics/passes.py",
        "weight, pooled = national / everybody, pooled / national",
        "weight, pooled = 1.0 / eligible.shape[0], pooled / national",
        "tests/metrics/test_curves.py",
    ),
    Mutant(
        "regions compared at a moment by the enterprises of the start",
        "metrics/curves.py",
        "return self._monthly_weights[min(month, len(self.pairs) - 1)]",
        "return self._monthly_weights[0]",
        "tests/metrics/test_inequality.py",
    ),
    Mutant(
        "variance in a month in which only one region is left",
        "metrics/passes.py",
        "if groups < 2 or not n > groups:",
        "if groups < 1 or not n > groups:",
        "tests/metrics/test_phi.py",
    ),
    Mutant(
        "changes of the eligible that are not written down",
        "results/passes.py",
        "kept = kept or eligible[month, r, s, k] != eligible[month - 1, r, s, k]",
        "pass",
        "tests/results/test_tables.py",
    ),
    Mutant(
        "local lever on every contact",
        "engine/kernels/exposure.py",
        "proximity[r, q] * (local_contacts[r] if q == r else 1.0)",
        "proximity[r, q] * local_contacts[r]",
        "tests/engine/kernels/test_exposure.py",
    ),
    Mutant(
        "an institution counted near and remotely",
        "engine/kernels/exposure.py",
        "weight = max(weight, far_factor * remote)",
        "weight = weight + far_factor * remote",
        "tests/engine/kernels/test_exposure.py",
    ),
    Mutant(
        "near and far complexity swapped",
        "engine/month.py",
        "near_factor=1.0 - technologies.complexity**2",
        "near_factor=(1.0 - technologies.complexity) ** 2",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "hazard times dt taken for a probability",
        "engine/kernels/membership.py",
        "join[r] = -expm1(-rate * attraction * dt)",
        "join[r] = rate * attraction * dt",
        "tests/engine/kernels/test_membership.py",
    ),
    Mutant(
        "leaving by another draw than joining would allow",
        "engine/kernels/membership.py",
        "draw[c] > stay[row, r], draw[c] < join[row, r]",
        "draw[c] < 1.0 - stay[row, r], draw[c] < join[row, r]",
        "tests/engine/kernels/test_membership.py",
    ),
    Mutant(
        "ties in one direction only",
        "engine/ties.py",
        "while a < count or b < end[i]:",
        "while a < count:",
        "tests/engine/test_ties.py",
    ),
    Mutant(
        "attribution without the remote part of institutions",
        "engine/kernels/hazard.py",
        "remote_share = (contacts - nearby) / contacts",
        "remote_share = (contacts - contacts) / contacts",
        "tests/engine/kernels/test_hazard.py",
    ),
    Mutant(
        "a vector's effect counted on every platform",
        "engine/kernels/hazard.py",
        "absorptive = max(absorptive, platform_bonus[h, BONUS.ABSORPTIVE])",
        "absorptive = absorptive + platform_bonus[h, BONUS.ABSORPTIVE]",
        "tests/engine/kernels/test_hazard.py",
    ),
    Mutant(
        "the network taken to be the third channel for ever",
        "engine/kernels/hazard.py",
        "if channel != CHANNEL.NETWORK:",
        "if channel != 2:",
        "tests/test_channels.py",
    ),
    Mutant(
        "attribution to six channels only",
        "engine/kernels/adoption.py",
        "    for channel in range(N_CHANNELS):\n        met =",
        "    for channel in range(6):\n        met =",
        "tests/test_channels.py",
    ),
    Mutant(
        "Phi without Weir and Cockerham's correction",
        "metrics/passes.py",
        "return n * (msb - msw), n * (msb + (n0 - 1.0) * msw)",
        "return n * msb, n * (msb + (n0 - 1.0) * msw)",
        "tests/metrics/test_phi.py",
    ),
    Mutant(
        "coverage beyond the full cost",
        "policies/base.py",
        "min(1.0, per_year / total)",
        "per_year / total",
        "tests/policies",
    ),
    Mutant(
        "discounting by the year instead of the month",
        "policies/money.py",
        "-np.arange(months) / steps_per_year",
        "-(np.arange(months) // steps_per_year)",
        "tests/policies",
    ),
    Mutant(
        "never reached taken for the horizon",
        "metrics/curves.py",
        "position, 0.0) * dt, np.nan)",
        "position, 0.0) * dt, (len(shares) - 1) * dt)",
        "tests/metrics/test_times.py",
    ),
    Mutant(
        "rounding error of the reduced argument dropped",
        "elementary.py",
        "(r * lost - low)",
        "(-low)",
        "tests/test_elementary.py",
    ),
    Mutant(
        "series of the exponential cut short",
        "elementary.py",
        "_E12 + z * _E14",
        "_E12",
        "tests/test_elementary.py",
    ),
    Mutant(
        "quantiles of Gamma by a polynomial too few",
        "quantiles.py",
        "for order in range(1, NODES)",
        "for order in range(1, NODES - 5)",
        "tests/test_quantiles.py",
    ),
    Mutant(
        "price by its difference instead of its ratio",
        "mechanisms/prices.py",
        "log_price[:, m] = [log(one) for one in price / row.reference]",
        "log_price[:, m] = (price - row.reference) / row.reference",
        "tests/mechanisms/test_prices.py",
    ),
    Mutant(
        "spread of a drawn price that depends on the step",
        "mechanisms/prices.py",
        "np.sqrt(variance)",
        "np.sqrt(variance) * steps_per_year / 12",
        "tests/mechanisms/test_prices.py",
    ),
    Mutant(
        "pull in the direction of those that lead",
        "mechanisms/chains.py",
        "leads[g, s, order[:place]] = True",
        "leads[g, s, order[place + 1 :]] = True",
        "tests/mechanisms/test_chains.py",
    ),
    Mutant(
        "pull by technologies that are still to come",
        "mechanisms/market.py",
        "self._eligible.sum(axis=2, where=released)",
        "self._eligible.sum(axis=2)",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "people who leave in the month before",
        "engine/month.py",
        "            self._begin_year()\n",
        "            self._begin_year()\n            self._migrate()\n",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "infrastructure counted as research",
        "engine/month.py",
        "np.isin(world.institutions.kinds, RESEARCH_KINDS)",
        "np.isin(world.institutions.kinds, RESEARCH_KINDS) | True",
        "tests/mechanisms/test_migration.py",
    ),
    Mutant(
        "moves that are the same every year",
        "engine/ties.py",
        '_streams(seed, "mobility", year)',
        '_streams(seed, "mobility", 1)',
        "tests/engine/test_month.py",
    ),
    Mutant(
        "a kept partner drawn once more",
        "engine/partners.py",
        "arrival <= earliest and j != i and not _holds(chosen, j)",
        "arrival <= earliest and j != i",
        "tests/engine/test_partners.py",
    ),
    Mutant(
        "a newcomer that changes the draws of everybody in its cell",
        "engine/partners.py",
        "start + member(numbered(race, attempt), entered[region, industry])",
        "start + int(numbered(race, attempt) % np.uint64(entered[region, industry]))",
        "tests/engine/test_partners.py",
    ),
    Mutant(
        "draws that depend on who will come",
        "engine/partners.py",
        "start + member(numbered(race, attempt), entered[region, industry])",
        "start + member(numbered(race, attempt), size[region, industry])",
        "tests/engine/test_partners.py",
    ),
    Mutant(
        "a partner drawn although it has left",
        "engine/partners.py",
        "if present[j] and j != i and not _holds(chosen[i], j):",
        "if j != i and not _holds(chosen[i], j):",
        "tests/engine/test_partners.py",
    ),
    Mutant(
        "a frame of another scenario",
        "engine/build/frame.py",
        "if frame.spec is spec and frame.dataset is dataset:",
        "if frame.dataset is dataset:",
        "tests/engine/test_build.py",
    ),
    Mutant(
        "a frame that outlives its tables",
        "engine/build/frame.py",
        "if frame.spec is spec and frame.dataset is dataset:",
        "if frame.spec is spec:",
        "tests/engine/test_build.py",
    ),
    Mutant(
        "a part known by its sizes alone",
        "engine/shared.py",
        "            digest.update(np.ascontiguousarray(value))\n",
        "",
        "tests/engine/test_shared.py",
    ),
    Mutant(
        "a block that is sent to nobody",
        "batch/dispatch.py",
        "        if last not in self._begun:\n            last = next(iter(self._fresh or self._begun))",
        "        if last not in self._begun:\n            last = next(iter(self._fresh))",
        "tests/batch/test_dispatch.py",
    ),
    Mutant(
        "a ledger that runs share",
        "policies/schedule.py",
        "return self._ledger.copy(deep=False)",
        "return self._ledger",
        "tests/engine/test_build.py",
    ),
    Mutant(
        "entrants that wait for nothing",
        "engine/entry_exit.py",
        "wait(state, world, k, there & ~adopted)",
        "wait(state, world, k, there & ~adopted & world.enterprises.present[pairs.enterprise[first:last]])",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "adoptions that stay when an enterprise leaves",
        "engine/entry_exit.py",
        "[there & adopted]",
        "[adopted]",
        "tests/mechanisms/test_turnover.py",
    ),
    Mutant(
        "entrants numbered from nought",
        "engine/build/enterprises.py",
        "        roster = Roster.of(frame.cell_keys, sizes)\n",
        "        roster = Roster.of(frame.cell_keys, sizes)\n"
        "        entrants = roster.number_of >= counts[roster.region_of, roster.industry_of]\n"
        "        roster.identities[entrants] = frame.roster.identities[: entrants.sum()]\n",
        "tests/mechanisms/test_turnover.py",
    ),
    Mutant(
        "partners that have adopted not counted anew after a move",
        "engine/month.py",
        "        self._find_partners()\n        months.count_partners(",
        "        self._find_partners()\n        (lambda *_: None)(",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "an exposure that counts partners in no eligible industry",
        "engine/kernels/network.py",
        "        if slot[j] >= 0:\n            partners += 1",
        "        if True:\n            partners += 1",
        "tests/engine/kernels/test_network.py",
    ),
    Mutant(
        "a donor that learns from itself",
        "mechanisms/transfer.py",
        "takes_off.sum(axis=0) - takes_off",
        "takes_off.sum(axis=0) + 0 * takes_off",
        "tests/mechanisms/test_transfer.py",
    ),
    Mutant(
        "heirs that take over members who may not join",
        "engine/month.py",
        "candidates = self._candidates[h]\n            parent",
        "candidates = np.arange(inherited.size)\n            parent",
        "tests/engine/test_heirs.py",
    ),
    Mutant(
        "members who stay on a platform that has closed",
        "engine/month.py",
        "(self.state.mask_of | inherited) & ~np.uint64(closed)",
        "(self.state.mask_of | inherited) | np.uint64(0 * closed)",
        "tests/engine/test_heirs.py",
    ),
    Mutant(
        "intervals of the normal instead of Student's t",
        "analysis/paired.py",
        "(stdtrit(n - 1, (1 + level) / 2), stdtrit(n - 1, (1 - level) / 2))",
        "(1.96, -1.96)",
        "tests/analysis/test_paired.py",
    ),
    Mutant(
        "parts of Phi without what chance gives",
        "analysis/passes.py",
        "present[r, s] * deviation * deviation - chance[r, s] * within[s]",
        "present[r, s] * deviation * deviation",
        "tests/analysis/test_decomposition.py",
    ),
    Mutant(
        "a dearer platform of which only what has a share is dearer",
        "analysis/break_even.py",
        "policy.instrument for policy in scenario.policies if policy.platform_names}",
        "policy.instrument for policy in scenario.policies if policy.share}",
        "tests/analysis/test_break_even.py",
    ),
    Mutant(
        "a platform that is paid for although no entry of the coalition needs it",
        "explain/entries.py",
        "if paid and name not in needed:",
        "if not paid and name not in needed:",
        "tests/explain/test_entries.py",
    ),
    Mutant(
        "money of missing entries that is lost",
        "explain/money.py",
        "if pool <= own:",
        "if pool <= own or True:",
        "tests/explain/test_entries.py",
    ),
    Mutant(
        "drawn orders without their reverses",
        "explain/orders.py",
        "rows += [row[::-1] for row in rows]",
        "rows += rows",
        "tests/explain/test_orders.py",
    ),
    Mutant(
        "neighbours on both sides of the antimeridian at far ends of the order",
        "figures/drawing/region_order.py",
        "east = continuous(longitude)",
        "east = np.array(longitude)",
        "tests/figures/test_region_order.py",
    ),
    Mutant(
        "a map without room for the bubbles at its edge",
        "figures/drawing/maps.py",
        "SEAT_MARGIN = 0.045",
        "SEAT_MARGIN = 0.01",
        "tests/figures/test_region_map.py",
    ),
    Mutant(
        "a platform that reaches its critical mass is said to fail",
        "analysis/failing_platforms.py",
        "if critical and peak < critical[-1] else None",
        "if critical else None",
        "tests/analysis/test_failing_platforms.py",
    ),
    Mutant(
        "scenarios compared on other seeds",
        "batch/replications.py",
        "simulate(spec, seed + replication, deadline=deadline,",
        "simulate(spec, seed + replication + len(spec.name), deadline=deadline,",
        "tests/batch/test_running.py",
    ),
    Mutant(
        "text that runs in another direction than it has let in",
        "hidden_characters.py",
        r"\u2028-\u202e\u2066-\u2069",
        r"\u2028-\u2029",
        "tests/test_hidden_characters.py",
    ),
    Mutant(
        "a message that repeats what it found as it stands",
        "errors.py",
        "return visible(whole, lines=False)",
        "return whole",
        "tests/test_hidden_characters.py",
    ),
    Mutant(
        "a byte order mark read as a letter",
        "files/text.py",
        'content.decode("utf-8-sig")',
        'content.decode("utf-8")',
        "tests/files/test_text.py",
    ),
    Mutant(
        "6_2.0 read as 62",
        "data/tables.py",
        '_NUMBER = re.compile(r"[+-]?(?:[0-9]+',
        '_NUMBER = re.compile(r"[+-]?(?:[0-9_]+',
        "tests/data/test_spreadsheets.py",
    ),
    Mutant(
        "an enterprise sees in a period who adopts in it",
        "fit/exposures.py",
        "np.cumsum(new, axis=1)[:, : observed.periods]",
        "np.cumsum(new, axis=1)[:, 1 : observed.periods + 1]",
        "tests/fit/test_exposures.py",
    ),
    Mutant(
        "a derivative of half distance without the distance",
        "fit/exposures.py",
        "math.log(2.0) * self._distance.T",
        "math.log(2.0) * self._distance.T.mean()",
        "tests/fit/test_exposures.py",
    ),
    Mutant(
        "what institutions master is seen a period late",
        "fit/dated_exposures.py",
        "self._mastered[:, k] <= t\n",
        "self._mastered[:, k] < t\n",
        "tests/fit/test_dated_exposures.py",
    ),
    Mutant(
        "those who left a platform are members to the end",
        "fit/dates.py",
        "members[first:end, i]",
        "members[first:, i]",
        "tests/fit/test_dates.py",
    ),
    Mutant(
        "an end of a profile sought from the last climb alone",
        "fit/maximum.py",
        "for begin in (inside, warm)]",
        "for begin in (warm,)]",
        "tests/fit/test_maximum.py",
    ),
    Mutant(
        "technologies of one enterprise without their common capacity",
        "fit/survival.py",
        "    rate = shape + rest\n    scaled = during / rate[:, None]",
        "    rate = shape + 0.0 * rest\n    scaled = during / rate[:, None]",
        "tests/fit/test_survival.py",
    ),
    Mutant(
        "a forecast in which those who are left are as fast as all were",
        "fit/forecast.py",
        "/ (1.0 / v + passed)",
        "/ (1.0 / v)",
        "tests/fit/test_forecast.py",
    ),
    Mutant(
        "draws that forget that a place is not evenly likely in z",
        "fit/posterior.py",
        "values_at(ranges, places_of(z))[0]) + prior",
        "values_at(ranges, places_of(z))[0]) + 0.0 * prior",
        "tests/fit/test_calibration.py",
    ),
    Mutant(
        "given partners without a part in the digest of a dataset",
        "data/reader.py",
        "if self.partners is not None:",
        "if False:",
        "tests/data/test_enterprise_ties.py",
    ),
    Mutant(
        "partners drawn although a dataset gives them",
        "engine/build/enterprises.py",
        "= given or draw_network(",
        "= draw_network(",
        "tests/data/test_enterprise_ties.py",
    ),
    Mutant(
        "given partners in a world that is scaled or rewired",
        "scenario/consistency.py",
        "if found != only:",
        "if found < only:",
        "tests/data/test_enterprise_ties.py",
    ),
    Mutant(
        "lines of a large table counted without the empty ones",
        "data/columns.py",
        "+ filled[place] for place",
        "+ place for place",
        "tests/data/test_enterprise_ties.py",
    ),
    Mutant(
        "a large table read with numbers that are not those of other tables",
        "data/columns.py",
        "-1 if item is None else item",
        "0 if item is None else item",
        "tests/data/test_enterprise_ties.py",
    ),
    Mutant(
        "outlines of no region passed over by validate",
        "data/outlines.py",
        "if region not in known",
        "if not region",
        "tests/data/test_damaged_files.py",
    ),
    Mutant(
        "outlines not read by validate",
        "data/complete.py",
        "load_outlines(",
        "(lambda *_, **__: None)(",
        "tests/data/test_damaged_files.py",
    ),
    Mutant(
        "a title of the page with the backslashes of Markdown",
        "reporting/page.py",
        'return "".join(child.content for child in tokens[place + 1].children or ())',
        "return tokens[place + 1].content",
        "tests/reporting/test_any_title.py",
    ),
    Mutant(
        "files of others overwritten",
        "results/own_files.py",
        "for name in there if name not in known",
        "for name in () if name not in known",
        "tests/results/test_own_files.py",
    ),
    Mutant(
        "a file of old runs on record as one of new runs before it is written",
        "results/own_files.py",
        'dataclasses.replace(origin, runs="")',
        "origin",
        "tests/results/test_own_files.py",
    ),
    Mutant(
        "a replication in two blocks counted twice",
        "results/blocks.py",
        "pieces.append(without(rows, keys & taken))",
        "pieces.append(rows)",
        "tests/results/test_folders.py",
    ),
    Mutant(
        "copies of blocks read",
        "results/blocks.py",
        "        and (scenarios is None or block[0] in scenarios)",
        "        and (scenarios is None or True)",
        "tests/results/test_folders.py",
    ),
    Mutant(
        "no flush of the name of a finished block",
        "results/writer.py",
        "rename(parts / name)\n        flush_folder(parts)\n",
        "rename(parts / name)\n",
        "tests/faults/test_disk_model.py",
    ),
    Mutant(
        "no flush of the files that a worker has written",
        "results/delivery.py",
        'flushed(folder / f"{table}.parquet", content)',
        '(folder / f"{table}.parquet").write_bytes(content)',
        "tests/faults/test_disk_model.py",
    ),
    Mutant(
        "no flush of the names of the files that a worker has written",
        "results/delivery.py",
        "            flush_folder(folder)\n",
        "",
        "tests/faults/test_disk_model.py",
    ),
    Mutant(
        "a worker writes although it does not see the disk of the parent",
        "results/delivery.py",
        "if not self.mark.exists() or",
        "if",
        "tests/batch/test_delivery.py",
    ),
    Mutant(
        "the files of another block taken for those that were asked for",
        "batch/dispatch.py",
        "if name and name != name_of(block, outcome):",
        "if False:",
        "tests/batch/test_delivery.py",
    ),
    Mutant(
        "no flush of what a killed process had renamed",
        "files/durable.py",
        "    for path in (*(folder / name for name in inner), folder,",
        "    for path in (folder,",
        "tests/faults/test_disk_model.py",
    ),
    Mutant(
        "no flush of the names of the results folder and those above it",
        "files/durable.py",
        " folder, *folder.absolute().parents):",
        " folder):",
        "tests/faults/test_disk_model.py",
    ),
    Mutant(
        "blocks are removed before it is sure that they do not count any more",
        "results/writer.py",
        "        flush_folder(self.folder / PARTS)\n        self._remove_parts(merged)",
        "        self._remove_parts(merged)",
        "tests/faults/test_disk_model.py",
    ),
    Mutant(
        "merged tables are believed without their checksums",
        "results/writer.py",
        "):\n                if not are_sound(rows):\n",
        "):\n                if False:\n",
        "tests/results/test_writer.py",
    ),
    Mutant(
        "a folder that goes on with another --keep",
        "results/manifest.py",
        "if (kept := keep_of(there)) != keep_of(here):",
        "if (kept := keep_of(there)) is None:",
        "tests/batch/test_keep.py",
    ),
    Mutant(
        "a function that may change the parameters of later replications",
        "batch/calls.py",
        "copy.deepcopy(dict(spec.parameters))",
        "dict(spec.parameters)",
        "tests/batch/test_run_any.py",
    ),
    Mutant(
        "runs of a function that go on after an edit of what it imports",
        "batch/sources.py",
        "waiting += [found for found in _files(imported, spec) if found[0] not in modules]",
        "waiting += []",
        "tests/batch/test_sources.py",
    ),
    Mutant(
        "a table that the study does not keep is looked for",
        "results/reader.py",
        "        if reason := self.lacking(*tables):\n            raise",
        "        if (reason := self.lacking(*tables)) == tables:\n            raise",
        "tests/batch/test_keep.py",
    ),
    Mutant(
        "a replication in a block and in the finished file read twice",
        "results/merge.py",
        "        if place != before:\n            yield place, rows",
        "        if rows is not None:\n            yield place, rows",
        "tests/results/test_each_counts.py",
    ),
    Mutant(
        "a code of a damaged file that no name has",
        "results/passes.py",
        "if len(codes) and not 0 <= codes.min() <= codes.max() < names:",
        "if len(codes) and not codes.max() < names:",
        "tests/results/test_passes.py",
    ),
    Mutant(
        "a figure without the ledger that it shows",
        "figures/ledger.py",
        'needs=frozenset({"ledger"})',
        "needs=frozenset()",
        "tests/figures/test_needs.py",
    ),
    Mutant(
        "prior: readiness beyond 1",
        "settings.py",
        "return np.minimum(shares * factor, 1.0)",
        "return shares * factor",
        "tests/engine/test_build.py",
    ),
    Mutant(
        "prior: a default outside of its range",
        "analysis/priors.py",
        "self.low <= self.default <= self.high",
        "self.low <= self.default",
        "tests/analysis/test_priors.py",
    ),
    Mutant(
        "prior: a key declared twice",
        "analysis/declarations.py",
        "        first.add(name)\n",
        "",
        "tests/analysis/test_priors.py",
    ),
    Mutant(
        "prior: a log scale explored evenly on a linear one",
        "analysis/priors.py",
        '"log": (math.log, math.exp)',
        '"log": (float, float)',
        "tests/analysis/test_priors.py",
    ),
    Mutant(
        "pattern: a time that is never reached lies in the range",
        "analysis/patterns.py",
        "(values >= pattern.low) & (values <= pattern.high)",
        "~((values < pattern.low) | (values > pattern.high))",
        "tests/analysis/test_patterns.py",
    ),
    Mutant(
        "pattern: regions that are never reached left out of the spread",
        "analysis/pattern_quantities.py",
        "np.inf if np.isnan(dates).any() else np.ptp(dates)",
        "np.nanmax(dates) - np.nanmin(dates)",
        "tests/analysis/test_pattern_quantities.py",
    ),
    Mutant(
        "pattern: a curve that has not bent taken for S-shaped",
        "analysis/pattern_quantities.py",
        "np.nan if fastest == gained.size - 1 else shares[fastest]",
        "shares[fastest]",
        "tests/analysis/test_pattern_quantities.py",
    ),
    Mutant(
        "pattern: contacts weighted by region instead of by enterprise",
        "analysis/pattern_quantities.py",
        "1.0 - own @ counts / counts.sum()",
        "1.0 - own[counts > 0].mean()",
        "tests/analysis/test_pattern_quantities.py",
    ),
    Mutant(
        "what exceeds an entry's limit kept instead of flowing to the others",
        "policies/plan.py",
        "        open_to &= ~reached\n",
        "        open_to &= False\n",
        "tests/policies/test_plan.py",
    ),
    Mutant(
        "money that nobody can use not planned",
        "policies/plan.py",
        "return (planned + over).tolist(), over.tolist()",
        "return planned.tolist(), over.tolist()",
        "tests/policies/test_plan.py",
    ),
    Mutant(
        "a share spread over the horizon instead of the entry's months",
        "policies/plan.py",
        "present_value([(1.0, *months[n])]",
        "present_value([(1.0, 0, horizon)]",
        "tests/policies/test_plan.py",
    ),
    Mutant(
        "coverages forgotten before shares",
        "policies/plan.py",
        "        return policy.coverage * full_cost\n",
        "        return 0.0\n",
        "tests/policies/test_plan.py",
    ),
    Mutant(
        "a plan beyond the budget cut to it",
        "policies/plan.py",
        "if fixed > available * (1 + (ROUNDING if shared else OVERSPENT)):",
        "if fixed > available * 1e9:",
        "tests/policies/test_plan.py",
    ),
    Mutant(
        "sums of shares in the order of the file",
        "policies/plan.py",
        "left = total - math.fsum(planned[~open_to])",
        "left = total - planned[~open_to].sum()",
        "tests/policies/test_plan.py",
    ),
    Mutant(
        "an effect of 0 that still trains",
        "policies/schedule.py",
        "if (effect := self._effects.of(policy.instrument)) > 0:",
        "if (effect := self._effects.of(policy.instrument)) >= 0:",
        "tests/scenario/test_effects.py",
    ),
    Mutant(
        "an effect that is not a key",
        "policies/technopark.py",
        "levers.capacity += effect * coverage[:-1]",
        "levers.capacity += coverage[:-1]",
        "tests/policies/test_instruments.py",
    ),
    Mutant(
        "a vector read from the package instead of the scenario",
        "engine/month.py",
        "self._vectors = spec.vectors.of_all()",
        "self._vectors = type(spec)().vectors.of_all()",
        "tests/scenario/test_effects.py",
    ),
    Mutant(
        "two kinds of money after an override",
        "scenario/document.py",
        "            data = _with_one_kind_of_money(replaced(data, key, value), key)",
        "            data = replaced(data, key, value)",
        "tests/scenario/test_overrides.py",
    ),
    Mutant(
        "an override for one scenario given to all",
        "scenario/document.py",
        "        if only not in (None, name):\n            continue\n",
        "",
        "tests/scenario/test_overrides.py",
    ),
    Mutant(
        "initial adopters who wait to adopt",
        "engine/seeding.py",
        "wait(state, world, k, waits & (adopted_month < 0))",
        "wait(state, world, k, waits)",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "initial adopters drawn by place",
        "mechanisms/initial_adopters.py",
        "identities, arrivals)",
        "np.arange(identities.size).astype(np.uint64), arrivals)",
        "tests/engine/test_month.py",
    ),
    Mutant(
        "a smaller world with less money",
        "policies/money.py",
        "DEFAULT_PER_YEAR * max(scale, 1.0)",
        "DEFAULT_PER_YEAR * scale",
        "tests/policies/test_plan.py",
    ),
    Mutant(
        "shares: pairs of one point taken for independent",
        "explore/shares.py",
        "    _, of = np.unique(point, return_inverse=True)",
        "    of = np.arange(point.size)",
        "tests/explore/test_shares.py",
    ),
    Mutant(
        "shares: the chance of means taken for differences between worlds",
        "explore/shares.py",
        "error = np.sqrt(moderated / n[uncertain])",
        "error = 1e-3 * np.sqrt(moderated / n[uncertain])",
        "tests/explore/test_shares.py",
    ),
    Mutant(
        "indices: a missing outcome given to the library, which returns zeros",
        "explore/sobol.py",
        "if np.isfinite(values).all() and",
        "if",
        "tests/explore/test_sobol.py",
    ),
    Mutant(
        "rules: counted on the half that found them",
        "explore/rules.py",
        "learning, counting = used & finds, used & ~finds",
        "learning, counting = used & finds, used & finds",
        "tests/explore/test_rules.py",
    ),
    Mutant(
        "regimes: a contour that is refined only where the difference is positive",
        "explore/regimes.py",
        "zip(*np.nonzero((least <= 0) & (most >= 0)), strict=True)",
        "zip(*np.nonzero((least > 0) & (most >= 0)), strict=True)",
        "tests/explore/test_regimes.py",
    ),
    Mutant(
        "regimes: a band as narrow as that of a bootstrap of few seeds",
        "explore/regimes.py",
        "stretch = math.sqrt(n / (n - 1)) * float(",
        "stretch = 1.0 or float(",
        "tests/explore/test_regimes.py",
    ),
    Mutant(
        "flips: a flip that is not checked on fresh seeds",
        "explore/flips.py",
        "fresh = range(self._next_seed, self._next_seed + FRESH)",
        "fresh = self.seeds",
        "tests/explore/test_flips.py",
    ),
    Mutant(
        "flips: inputs that are not needed stay changed",
        "explore/flips.py",
        "                    here, returned = trial, True",
        "                    here, returned = here, False",
        "tests/explore/test_flips.py",
    ),
    Mutant(
        "critical mass: a full platform that starts empty",
        "explore/critical_mass.py",
        "    if full:\n        engine.fill_platforms()",
        "    if not full:\n        pass",
        "tests/explore/test_critical_mass.py",
    ),
    Mutant(
        "ensembles: policies as designed that cost what the ranges say",
        "explore/ensemble.py",
        "not (designed and parameter.of_policies)",
        "not (designed and parameter.is_choice)",
        "tests/explore/test_running.py",
    ),
    Mutant(
        "ensembles: rivals that run where the baseline misses the patterns",
        "explore/running.py",
        "batch.endings.get((baseline, point * each)) == RAN",
        "batch.endings.get((baseline, point * each)) != RAN",
        "tests/explore/test_running.py",
    ),
    Mutant(
        "ensembles: a mechanism that is off and is varied",
        "explore/parameters.py",
        "return spec.mobility.rate > 0",
        "return True",
        "tests/explore/test_parameters.py",
    ),
    Mutant(
        "ensembles: a seed of a Saltelli design that is no input",
        "explore/designs.py",
        'side = "b" if place in (1, self.together - 1) else "a"',
        'side = "b" if place == 1 else "a"',
        "tests/explore/test_designs.py",
    ),
    Mutant(
        "ensembles: first points that stand for themselves alone",
        "explore/outcomes.py",
        "len(points) / first.sum()",
        "1.0",
        "tests/explore/test_outcomes.py",
    ),
    Mutant(
        "ensembles: a plan that is not affordable taken for a failure",
        "explore/points.py",
        "return not_run(NOT_AFFORDABLE, str(error))",
        "raise",
        "tests/explore/test_running.py",
    ),
    Mutant(
        "the answer of the main ensemble told of changed scenarios",
        "explore/tested.py",
        'if found == answer["digests"]:',
        'if found.keys() == answer["digests"].keys():',
        "tests/explore/test_tested.py",
    ),
    Mutant(
        "the answer: no difference between sides of unequal money and of the same",
        "analysis/answer.py",
        "if is_equal_money(here, there):",
        "if True:",
        "tests/analysis/test_answer.py",
    ),
    Mutant(
        "the answer: a lag between regions told where not both sides reach half",
        "analysis/answer.py",
        "return found.n == found.pairs > 0",
        "return found.pairs > 0",
        "tests/analysis/test_answer.py",
    ),
]


def survives(mutant: Mutant) -> tuple[bool, float]:
    """Return whether no test notices the fault, and the seconds that it took to tell."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("simulation", "scenarios", "tests", "docs"):
            # Compiled equations come along; the copy compiles them anew if the mutant is one of them.
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("*.pyc"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, copy / name)
        path = copy / "simulation" / mutant.file
        text = path.read_text(encoding="utf-8")
        assert text.count(mutant.old) == 1, (
            f"{mutant.name}: the text to replace stands {text.count(mutant.old)} times"
        )
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(copy)}
        environment.pop("NUMBA_CACHE_DIR", None)  # where another copy might find them
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            mutant.tests,
        ]
        ended = []
        for marks in ("not slow", "slow"):  # slow ones only where no other notices
            done = subprocess.run(
                [*command, "-m", marks],
                cwd=copy,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            ended.append(done.returncode)
            # 1 is a failed test, 5 that there is none; anything else but 0 (a crash) is a fault of this script.
            assert done.returncode in (0, 1, 5), (
                f"{mutant.name}: pytest ended with {done.returncode}\n{done.stdout}{done.stderr}"
            )
            if done.returncode == 1:
                break
    assert ended != [5, 5], f"{mutant.name}: there are no tests in {mutant.tests}"
    return 1 not in ended, time.perf_counter() - begun


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description="Break the program in known ways; some test must notice each."
    )
    parser.add_argument("parts", nargs="*", help="parts of the names of mutants; by default all")
    parser.add_argument(
        "--of", type=int, default=1, help="try one of so many, by turns from commit to commit"
    )
    given = parser.parse_args(arguments)
    turn = (
        int(subprocess.check_output(["git", "rev-list", "--count", "HEAD"], cwd=ROOT)) if given.of > 1 else 0
    )
    chosen = [m for m in MUTANTS if not given.parts or any(part in m.name for part in given.parts)]
    chosen = chosen[turn % given.of :: given.of]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        alive = []
        for mutant, (survived, seconds) in zip(chosen, pool.map(survives, chosen), strict=True):
            print(f"{'SURVIVED' if survived else 'killed':8} {seconds:4.0f} s  {mutant.name}", flush=True)
            alive += [mutant.name] * survived
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants killed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
