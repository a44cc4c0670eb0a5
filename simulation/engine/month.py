"""The engine: simulates one replication month by month (section 2), without agents, and records it."""

from __future__ import annotations

from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from simulation import streams
from simulation.arguments import whole_number
from simulation.channels import Channel
from simulation.engine import arrays, membership_months, months, technology_months
from simulation.engine.build.frame import frame_of
from simulation.engine.build.world import build_world
from simulation.engine.entry_exit import present_in, renewed
from simulation.engine.initial import initial_state
from simulation.engine.kernels import exposure, network
from simulation.engine.platform_effects import PlatformEffects
from simulation.engine.recorder import Recorder
from simulation.engine.rewiring import Rewiring
from simulation.engine.seeding import Seeding, adopt
from simulation.levers import Levers
from simulation.mechanisms.market import Market
from simulation.mechanisms.migration import left_after_a_month
from simulation.record import Record
from simulation.scenario.schema import Scenario
from simulation.world import RESEARCH_KINDS, Array, World

MOST_MONTHS = 10**9
"""The largest number of months that :meth:`Engine.run_for` takes: more than any horizon has."""

LARGE = 1_000_000
"""From so many pairs of enterprise and technology on, a call of the months takes long enough for several threads."""

MOST_THREADS = 1024
"""The largest number of threads that is taken: more than technologies can use."""


class Engine:
    """One replication of one scenario. Call :meth:`run_for` until :attr:`finished`, then :meth:`record`.

    Parameters
    ----------
    world : that of scenario and seed, with other business ties for instance; by default built from both.
    threads
        Cores to use at the same time where the world is large, for technologies; the bits stay the same.
    """

    def __init__(self, spec: Scenario, seed: int, *, world: World | None = None, threads: int = 1) -> None:
        self.spec = spec
        frame = frame_of(spec)
        self.world = world = build_world(spec, seed, frame) if world is None else world
        threads = whole_number("threads", threads, least=1, most=MOST_THREADS)
        self._threads = threads if world.pairs.enterprise.size >= LARGE else 1
        self.state = initial_state(world)
        self.schedule = frame.schedule
        self.recorder = Recorder(world)
        self.dt = 1.0 / world.steps_per_year
        self._vectors = spec.vectors.of_all()
        self._changes = world.enterprises_change
        self._rewiring = Rewiring(spec, world) if spec.mobility.rate > 0 or self._changes else None
        self._does_research = np.isin(world.institutions.kinds, RESEARCH_KINDS)
        self._identities = world.enterprises.identities
        self._seeding = Seeding(spec.seeds, world, self._identities)
        self._levers: Levers | None = None
        self._fixed = self._fixed_quantities()
        self._derived = arrays.Derived.of_shape(
            world.shape,
            n_strata=self.state.stratum_mask.size,
            rows=len(world.platforms.names) if spec.membership.rivalry else 1,
        )
        self._moves = arrays.Moves.of_shape(
            world.shape,
            world.months,
            n_enterprises=self.state.mask_of.size,
            n_strata=self.state.stratum_mask.size,
        )
        self._events = self._months_of_events()
        self._count_enterprises()
        if self._seeding.is_due(0):
            self._seed()
            self.recorder.record(self.state)

    def _fixed_quantities(self) -> arrays.Fixed:
        """Return the quantities of the model that never change."""
        spec, world = self.spec, self.world
        d, m, technologies = spec.diffusion, spec.membership, world.technologies
        regions, institutions = world.regions, world.institutions
        return arrays.compiled_once(
            arrays.Fixed(
                dt=self.dt,
                proximity=regions.proximity,
                relatedness=world.enterprises.relatedness,
                relevance=np.ascontiguousarray(technologies.relevance.T),
                release_month=technologies.release_month,
                origin=technologies.origin,
                # A channel's coefficient is the setting of its name; what incentives add is a lever.
                rates=np.array([float(getattr(d, channel.label, 0.0)) for channel in Channel]),
                substituted=d.contacts == "substituted",
                near_factor=1.0 - technologies.complexity**2,
                far_factor=(1.0 - technologies.complexity) ** 2,
                institution_scale=float(d.institution_scale),
                institution_proximity=regions.government_quality[:, None]
                * regions.proximity[:, institutions.region_of],
                learning_rate=float(d.learning),
                membership_base=float(m.base),
                membership_network=float(m.network_effect),
                membership_readiness=float(m.readiness_effect),
                membership_rivalry=float(m.rivalry),
                membership_rate=float(m.rate),
                membership_streams=np.array(
                    [streams.key(world.seed, "membership", name) for name in world.platforms.names],
                    dtype=np.uint64,
                ),
                numbers_may_run_out=self.state.stratum_mask.size
                < len(regions.ids) * 2 ** len(world.platforms.names),
            )
        )

    def _months_of_events(self) -> list[int]:
        """Return the months before which something happens that is not part of every month, in order."""
        world = self.world
        years = range(0, world.months, world.steps_per_year) if self._rewiring is not None else ()
        return sorted({*self.schedule.starts, *self._seeding.months, *years})

    def _count_enterprises(self) -> None:
        """Store the quantities that depend on the enterprises present and on their ties."""
        world = self.world
        enterprises, may_join = world.enterprises, world.platforms.may_join
        eligible = np.ascontiguousarray(world.eligible.T, dtype=np.float64)
        self._spatial_denominator = np.empty(eligible.shape)
        neutral = self._contact_weights(np.ones(len(world.regions.ids)))
        for of_technology, denominator in zip(eligible, self._spatial_denominator, strict=True):
            exposure.spatial_denominator(
                neutral,
                enterprises.relatedness,
                of_technology,
                self.spec.diffusion.density_exponent,
                denominator,
            )
        self._market = Market(world, self.spec.mechanisms_on)
        self._candidates = [
            np.flatnonzero(open_to[enterprises.region_of, enterprises.industry_of] & enterprises.present)
            for open_to in may_join
        ]
        self._find_partners()

    def _find_partners(self) -> None:
        """Store what the compiled months read of the enterprises, after a change of who is present or of ties."""
        world, candidates = self.world, np.concatenate([np.empty(0, dtype=np.int64), *self._candidates])
        enterprises, pairs = world.enterprises, world.pairs
        self._population = arrays.compiled_once(
            arrays.Population(
                region_of=enterprises.region_of,
                industry_of=enterprises.industry_of,
                present=enterprises.present,
                indptr=enterprises.indptr,
                indices=enterprises.indices,
                start=pairs.start,
                enterprise=pairs.enterprise,
                pattern_of=pairs.pattern_of,
                slot=pairs.slot,
                partners=pairs.partners,
                spatial_denominator=self._spatial_denominator,
                may_join=(world.platforms.may_join * enterprises.counts[None]).sum(axis=2),
                candidates_of=np.cumsum([0, *(of_one.size for of_one in self._candidates)]),
                candidates=candidates,
                candidate_keys=self._identities[candidates],
            )
        )

    @property
    def finished(self) -> bool:
        """True at the horizon."""
        return self.state.month >= self.world.months

    def step(self) -> None:
        """Simulate one month."""
        assert not self.finished, "the horizon is reached"
        self.run_for(1)

    def run_for(self, n_months: int) -> None:
        """Simulate so many months, or those that are left; the same bits, however the months are divided into calls.

        The months between two events are one call of compiled code. If a mechanism of the mining region is on, its
        factor is computed for each month by itself.
        """
        n_months = whole_number("n_months", n_months, most=MOST_MONTHS)
        state = self.state
        last = min(state.month + n_months, self.world.months)
        while state.month < last:
            self._move_levers()
            self._begin_year()
            following = bisect_right(self._events, state.month)
            end = min([last, *self._events[following : following + 1]])
            if self._market.is_on:
                end = state.month + 1
            self._run_to(end)

    def _run_to(self, end: int) -> None:
        """Simulate the months until ``end``, between which nothing happens that is not part of every month."""
        state, first = self.state, self.state.month
        market = np.ascontiguousarray(self._market.factor(state, self.levers).T)
        while state.month < end:
            state.month = self._months(end, market)
        self.recorder.note_enterprises(first, end, self.world.enterprises.counts)
        self._migrate()
        if self._seeding.is_due(end):
            self._seed()
            self.recorder.record(state)

    def _months(self, end: int, market: Array) -> int:
        """Simulate months until ``end``, and return the months done; no technology depends on another."""
        before, rest = (self._fixed, self._population, self._conditions), (self._derived, self._moves)
        month, state, counts = self.state.month, arrays.changing(self.state), self.recorder.counts
        if self._threads == 1:
            return months.run_months(month, end, *before, market, state, *rest, counts)
        last, used = months.begin(month, end, *before, state, *rest, counts)
        with ThreadPoolExecutor(self._threads) as threads:
            technologies = [
                threads.submit(
                    technology_months.diffuse, k, month, last, used, *before, market, state, *rest, counts
                )
                for k in range(self._population.pattern_of.size)
            ]
            for technology in technologies:
                technology.result()
        months.end(used, self._derived)
        return last

    @property
    def levers(self) -> Levers:
        """The levers of the month simulated last, at the start those of the first month."""
        return self._levers if self._levers is not None else self.schedule.levers(0)

    def hazard_of(self, enterprise: int, technology: int) -> Array:
        """Return the terms of lambda_ik at the present state and levers by channel, float64, 1/year; equation (5)."""
        world, state, pairs, derived = self.world, self.state, self.world.pairs, self._derived
        enterprise = whole_number("enterprise", enterprise, most=world.enterprises.region_of.size - 1)
        technology = whole_number("technology", technology, most=len(world.technologies.names) - 1)
        if self._levers is None:
            self._move_levers()
        market = np.ascontiguousarray(self._market.factor(state, self.levers).T)
        its = technology_months.exposed(
            technology,
            np.flatnonzero(state.stratum_size).astype(np.uint32),
            self._fixed,
            self._population,
            self._conditions,
            market,
            arrays.changing(state),
            derived,
        )
        r, s = world.enterprises.region_of[enterprise], world.enterprises.industry_of[enterprise]
        c, slot = state.stratum_of[enterprise], pairs.slot[pairs.pattern_of[technology]]
        if slot[enterprise] < 0:  # not eligible
            return np.zeros(len(Channel))
        exposure_to_partners = network.exposure_of(
            enterprise,
            world.enterprises.indptr,
            world.enterprises.indices,
            world.enterprises.region_of,
            slot,
            state.adopted_month[pairs.start[technology] : pairs.start[technology + 1]],
            self.levers.local_contacts,
        )
        if exposure_to_partners == network.NO_PARTNER:
            exposure_to_partners = its.spatial[s, r]
        terms = its.terms[c, s].copy()
        terms[Channel.NETWORK] *= exposure_to_partners
        scale = world.technologies.relevance[s, technology] * market[technology, s, r] * derived.factor[c]
        return terms * scale * world.enterprises.absorptive_capacity[enterprise]

    def fill_platforms(self) -> None:
        """Make every enterprise that may join an open platform its member now, whatever it would decide."""
        self._move_levers()
        full = np.zeros_like(self.state.mask_of)
        for h in np.flatnonzero(self.levers.is_open):
            full[self._candidates[h]] |= np.uint64(1) << np.uint64(h)
        self._apply_membership(full)

    def give(self, pairs: Array) -> None:
        """Let these pairs have their technology now, as initial adopters have it (section 13.10).

        Parameters
        ----------
        pairs : bool, shape (P,)
            Those that have adopted already stay as they are.
        """
        new = pairs & (self.state.adopted_month < 0)
        start = self.world.pairs.start
        for k in range(start.size - 1):
            of_technology = np.flatnonzero(new[start[k] : start[k + 1]]).astype(np.int32)
            adopt(self.world, self.state, k, of_technology)
        self._tell_partners()
        self.recorder.record(self.state)

    def know(self, mastered: Array, memberships: Array | None) -> None:
        """Let institutions master what is given and enterprises be on given platforms, whatever they would decide.

        Parameters
        ----------
        mastered : bool, shape (J, K)
            What was mastered before stays so.
        memberships : uint64, shape (N,)
            Bit h for platform h; those of closed platforms do not count. None: they stay as they are.
        """
        self._move_levers()
        state = self.state
        state.mastered_month[mastered & ~state.mastered] = state.month
        state.mastered |= mastered
        self._derived.terms_are_old[:] = self._derived.steps_are_old[:] = True
        if memberships is not None:
            closed = sum(1 << int(h) for h in np.flatnonzero(~self.levers.is_open))
            self._apply_membership(memberships & ~np.uint64(closed))
        self.recorder.record(state)

    def record(self) -> Record:
        """Return the record of the months so far; intended for the horizon."""
        return self.recorder.finish(
            self.spec.name,
            self.world,
            self.state,
            ledger=self.schedule.ledger(),
            planned_pv=self.schedule.planned_pv,
            spent_pv=self.schedule.spent_pv,
        )

    # 2.2

    def _move_levers(self) -> None:
        """Set the levers of the month according to the policies; members leave a closed platform at once."""
        levers = self.schedule.levers(self.state.month)
        if levers is self._levers:
            return
        opened = levers.is_open & ~self.levers.is_open
        self._levers = levers
        self._conditions = self._conditions_under(levers)
        months.meet_partners(self._population, self._conditions, arrays.changing(self.state))
        # Contacts with institutions are weighed by levers.
        self._derived.terms_are_old[:] = self._derived.steps_are_old[:] = True
        closed = sum(1 << int(h) for h in np.flatnonzero(~levers.is_open))
        inherited = self._inherited(opened & (self.world.platforms.heir_of >= 0))
        self._apply_membership((self.state.mask_of | inherited) & ~np.uint64(closed))

    def _conditions_under(self, levers: Levers) -> arrays.Conditions:
        """Return what compiled code reads of the levers and of the effects of platforms."""
        effects = PlatformEffects(self.world, levers, self._vectors, self._fixed.far_factor)
        return arrays.compiled_once(
            arrays.Conditions(
                local_contacts=levers.local_contacts,
                contact_weights=self._contact_weights(levers.local_contacts),
                readiness=levers.readiness,
                training=levers.training,
                incentive=levers.incentive,
                subsidy=levers.subsidy,
                is_open=levers.is_open,
                interoperability=levers.interoperability,
                meets=effects.meets,
                serves=effects.serves,
                bonus=effects.bonus,
                government=effects.government,
                capacity=effects.capacity,
                learning_weights=effects.learning_weights,
                complexity_of=effects.complexity_of,
            )
        )

    def _contact_weights(self, local_contacts: Array) -> Array:
        """Return L_rq K_rq, float64 (R, R), the region of the contact first."""
        weights = np.empty_like(self._fixed.proximity)
        exposure.contact_weights(self._fixed.proximity, local_contacts, weights)
        return weights

    def _inherited(self, heirs: Array) -> Array:
        """Return the memberships, as bit masks, that platforms just opened (heirs, bool (H,)) take over from others."""
        inherited = np.zeros_like(self.state.mask_of)
        for h in np.flatnonzero(heirs):
            candidates = self._candidates[h]
            parent = np.uint64(self.world.platforms.heir_of[h])
            was_member = (self.state.mask_of[candidates] >> parent) & np.uint64(1)
            inherited[candidates] |= was_member << np.uint64(h)
        return inherited

    def _apply_membership(self, wanted: Array) -> None:
        membership_months.apply_membership(
            wanted, self._fixed, self._population, arrays.changing(self.state), self._derived, self._moves
        )

    # 13.8 and 13.9

    def _begin_year(self) -> None:
        """At the start of a year, apply exit, entry and mobility, and recount the adopters."""
        if self._rewiring is None or not self._rewiring.is_due(self.state.month):
            return
        if self._changes:
            stay = present_in(self.world, self.state.month)
            self._apply_membership(np.where(stay, self.state.mask_of, np.uint64(0)))
            self.world = renewed(self.world, self.state)
            self._count_enterprises()
        self.world = self._rewiring.rewired(self.world, self.state)
        self._find_partners()
        months.count_partners(self._population, self._conditions, arrays.changing(self.state))

    # 13.10

    def _seed(self) -> None:
        """Give the initial adopters of the month their technologies, and tell their partners."""
        self._seeding.give(self.world, self.state)
        self._tell_partners()

    def _tell_partners(self) -> None:
        """Count the partners that have adopted anew, after some were given their technologies."""
        if self._levers is not None:  # before the first month nobody waits
            months.count_partners(self._population, self._conditions, arrays.changing(self.state))

    # 13.3

    def _migrate(self) -> None:
        """Apply out-migration, which training and the research institutions of a region reduce."""
        regions, levers = self.world.regions, self.levers
        if not regions.outflow.any():
            return
        self.state.capacity_left = left_after_a_month(
            self.state.capacity_left,
            outflow=regions.outflow,
            training=levers.trained,
            research=np.bincount(
                self.world.institutions.region_of,
                weights=self._conditions.capacity * self._does_research,
                minlength=len(regions.ids),
            ),
            migration=self.spec.migration,
            dt=self.dt,
        )
