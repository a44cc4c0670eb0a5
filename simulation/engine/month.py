"""The engine: simulates one replication month by month (section 2), without agents, and records it."""

from __future__ import annotations

import numpy as np

from simulation import streams
from simulation.arguments import whole_number
from simulation.channels import Channel
from simulation.engine.build.enterprises import enterprise_keys
from simulation.engine.build.world import build_world
from simulation.engine.entry_exit import present_in, renewed, wait
from simulation.engine.initial import initial_state
from simulation.engine.kernels import adoption, exposure, hazard, learning, membership, network, strata
from simulation.engine.platform_effects import PlatformEffects
from simulation.engine.recorder import Recorder
from simulation.engine.rewiring import Rewiring
from simulation.engine.seeding import Seeding
from simulation.levers import Levers
from simulation.mechanisms.market import Market
from simulation.mechanisms.migration import left_after_a_month
from simulation.policies.schedule import PolicySchedule
from simulation.record import Record
from simulation.scenario.plan import plan_of
from simulation.scenario.schema import Scenario
from simulation.world import RESEARCH_KINDS, Array


class Engine:
    """One replication of one scenario. Call :meth:`step` until :attr:`finished`, then :meth:`record`."""

    def __init__(self, spec: Scenario, seed: int) -> None:
        self.spec = spec
        self.world = world = build_world(spec, seed)
        self.state = initial_state(world)
        self.schedule = PolicySchedule(plan_of(spec, world.endowment), effects=spec.effects)
        self.recorder = Recorder(world)
        self.dt = 1.0 / world.steps_per_year
        d = spec.diffusion
        self._vectors = spec.vectors.of_all()
        # A channel's coefficient is the setting of its name; what incentives add is a lever.
        self._rates = np.array([getattr(d, channel.label, 0.0) for channel in Channel])
        self._near_factor = 1.0 - world.technologies.complexity**2
        self._far_factor = (1.0 - world.technologies.complexity) ** 2
        self._changes = world.enterprises_change
        self._rewiring = Rewiring(spec, world) if spec.mobility.rate > 0 or self._changes else None
        self._does_research = np.isin(world.institutions.kinds, RESEARCH_KINDS)
        self._institution_proximity = (
            world.regions.government_quality[:, None]
            * world.regions.proximity[:, world.institutions.region_of]
        )
        self._eligible_industry = world.technologies.relevance > 0
        self._identities = enterprise_keys(world)
        self._seeding = Seeding(spec.seeds, world, self._identities)
        self._membership_streams = [
            streams.key(world.seed, "membership", name) for name in world.platforms.names
        ]
        self._levers: Levers | None = None
        c = self.state.stratum_mask.size
        r, s, k, h, j = world.shape
        self._terms = np.zeros((c, s, k, len(Channel)))
        self._base, self._slope = np.zeros((k, c, s)), np.zeros((k, c, s))
        self._spatial, self._digital = np.zeros((r, s, k)), np.zeros((h, s, k))
        self._factor, self._spontaneous, self._incentive = np.ones(c), np.ones(c), np.zeros(c)
        self._stratum_region = np.zeros(c, dtype=np.int64)
        self._newly = np.zeros((j, k), dtype=bool)
        # One row for each number of other platforms, where that number counts.
        rows = h if spec.membership.rivalry else 1
        self._join, self._stay = np.empty((rows, r)), np.empty((rows, r))
        self._count_enterprises()
        if self._seeding.is_due(0):
            self._seed()
            self.recorder.record(self.state, world.enterprises.counts)

    def _count_enterprises(self) -> None:
        """Store the quantities that depend on the enterprises present."""
        world = self.world
        enterprises, may_join = world.enterprises, world.platforms.may_join
        eligible = world.eligible.astype(np.float64)
        self._spatial_denominator = np.empty_like(eligible)
        exposure.spatial_denominator(
            world.regions.proximity,
            enterprises.relatedness,
            eligible,
            self.spec.diffusion.density_exponent,
            self._spatial_denominator,
        )
        self._market = Market(world, self.spec.mechanisms_on)
        self._may_join = (may_join * enterprises.counts[None]).sum(axis=2)
        self._candidates = [
            np.flatnonzero(open_to[enterprises.region_of, enterprises.industry_of] & enterprises.present)
            for open_to in may_join
        ]
        self._draws = [np.empty(candidates.size) for candidates in self._candidates]

    @property
    def finished(self) -> bool:
        """True at the horizon."""
        return self.state.month >= self.world.months

    def step(self) -> None:
        """Simulate one month: compute everything from the state at its start, and apply it at its end."""
        assert not self.finished, "the horizon is reached"
        self._release()
        self._move_levers()
        self._begin_year()
        wanted = self._decide_membership()
        self._expose()
        self._learn()
        self.state.month += 1
        self._adopt()
        self._apply_learning()
        self._apply_membership(wanted)
        self._migrate()
        if self._seeding.is_due(self.state.month):
            self._seed()
        self.recorder.record(self.state, self.world.enterprises.counts)

    @property
    def levers(self) -> Levers:
        """The levers of the month simulated last, at the start those of the first month."""
        return self._levers if self._levers is not None else self.schedule.levers(0)

    def hazard_of(self, enterprise: int, technology: int) -> Array:
        """Return the terms of lambda_ik at the present state and levers by channel, float64, 1/year; equation (5)."""
        world, state, pairs = self.world, self.state, self.world.pairs
        enterprise = whole_number("enterprise", enterprise, most=world.enterprises.region_of.size - 1)
        technology = whole_number("technology", technology, most=len(world.technologies.names) - 1)
        if self._levers is None:
            self._move_levers()
        self._expose()
        r, s = world.enterprises.region_of[enterprise], world.enterprises.industry_of[enterprise]
        c, pattern = state.stratum_of[enterprise], pairs.pattern_of[technology]
        pair = pairs.start[technology] + pairs.slot[pattern, enterprise]
        exposure_to_partners = state.exposures[pair]
        if exposure_to_partners == network.NO_PARTNER:
            exposure_to_partners = self._spatial[r, s, technology]
        terms = self._terms[c, s, technology].copy()
        terms[Channel.NETWORK] *= exposure_to_partners
        x = self._market.factor(state, self.levers)[r, s, technology]
        scale = world.technologies.relevance[s, technology] * x * self._factor[c]
        return terms * scale * world.enterprises.absorptive_capacity[enterprise]

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

    # 2.1

    def _release(self) -> None:
        """Release the technologies due this month; their origin masters them at once."""
        state, pairs = self.state, self.world.pairs
        for k in np.flatnonzero(self.world.technologies.release_month == state.month):
            state.released[k] = True
            of_pair = pairs.enterprise[pairs.start[k] : pairs.start[k + 1]]
            not_given = state.adopted_month[pairs.start[k] : pairs.start[k + 1]] < 0
            wait(state, self.world, int(k), self.world.enterprises.present[of_pair] & not_given)
            origin = self.world.technologies.origin[k]
            if origin >= 0:
                state.mastered[origin, k] = True
                state.mastered_month[origin, k] = state.month

    # 2.2

    def _move_levers(self) -> None:
        """Set the levers of the month according to the policies; members leave a closed platform at once."""
        levers = self.schedule.levers(self.state.month)
        if levers is self._levers:
            return
        opened = levers.is_open & ~self.levers.is_open
        self._levers = levers
        self._meet_partners()
        self._platform_effects = PlatformEffects(self.world, levers, self._vectors, self._far_factor)
        closed = sum(1 << int(h) for h in np.flatnonzero(~levers.is_open))
        inherited = self._inherited(opened & (self.world.platforms.heir_of >= 0))
        self._apply_membership((self.state.mask_of | inherited) & ~np.uint64(closed))

    def _meet_partners(self) -> None:
        """Compute B of every pair, under the levers of the month."""
        pairs, state = self.world.pairs, self.state
        network.network_exposures(
            pairs.start,
            pairs.enterprise,
            pairs.pattern_of,
            pairs.partners,
            self.world.enterprises.region_of,
            self.levers.local_contacts,
            state.near,
            state.far,
            state.exposures,
        )

    def _inherited(self, heirs: Array) -> Array:
        """Return the memberships, as bit masks, that platforms just opened (heirs, bool (H,)) take over from others."""
        inherited = np.zeros_like(self.state.mask_of)
        for h in np.flatnonzero(heirs):
            candidates = self._candidates[h]
            parent = np.uint64(self.world.platforms.heir_of[h])
            was_member = (self.state.mask_of[candidates] >> parent) & np.uint64(1)
            inherited[candidates] |= was_member << np.uint64(h)
        return inherited

    # 2.3

    def _decide_membership(self) -> Array:
        """Return the memberships of enterprises at the end of the month, as bit masks."""
        wanted = self.state.mask_of.copy()
        m, levers, world = self.spec.membership, self._levers, self.world
        assert levers is not None
        for h in np.flatnonzero(levers.is_open & (self._may_join.sum(axis=1) > 0)):
            candidates, draws = self._candidates[h], self._draws[h]
            for others, (join, stay) in enumerate(zip(self._join, self._stay, strict=True)):
                membership.membership_odds(
                    self.state.members[h],
                    self._may_join[h],
                    levers.readiness,
                    levers.subsidy[h],
                    m.base - m.rivalry * others,
                    m.network_effect,
                    m.readiness_effect,
                    m.rate,
                    self.dt,
                    join,
                    stay,
                )
            month = np.uint64(streams.numbered(self._membership_streams[h], self.state.month))
            streams.uniforms(month, self._identities[candidates], draws)
            membership.decide_membership(
                h,
                candidates,
                world.enterprises.region_of,
                self.state.mask_of,
                self._join,
                self._stay,
                draws,
                wanted,
            )
        return wanted

    def _apply_membership(self, wanted: Array) -> None:
        state, pairs, enterprises = self.state, self.world.pairs, self.world.enterprises
        strata.change_memberships(
            wanted,
            state.mask_of,
            enterprises.region_of,
            enterprises.industry_of,
            pairs.start,
            pairs.pattern_of,
            pairs.slot,
            state.adopted_month,
            state.members,
            state.members_by_industry,
            state.member_adopters,
            state.stratum_of,
            state.stratum_mask,
            state.stratum_next,
            state.stratum_size,
            state.on_platform,
        )

    # 2.4 and 2.5

    def _expose(self) -> None:
        """Compute the hazard of every stratum, up to alpha and the business network."""
        world, state, levers, platform_effects = self.world, self.state, self._levers, self._platform_effects
        assert levers is not None
        relatedness = world.enterprises.relatedness
        exposure.spatial_exposure(
            world.regions.proximity,
            levers.local_contacts,
            relatedness,
            state.adopters.astype(np.float64),
            self._spatial_denominator,
            self._spatial,
        )
        exposure.digital_exposure(
            levers.interoperability,
            platform_effects.meets,
            relatedness,
            self._eligible_industry,
            state.member_adopters,
            state.members_by_industry,
            self._digital,
        )
        live = np.flatnonzero(state.stratum_size > 0)
        self._stratum_region[state.stratum_of] = world.enterprises.region_of
        hazard.stratum_factors(
            live,
            self._stratum_region,
            state.on_platform,
            levers.readiness,
            levers.training,
            levers.incentive,
            platform_effects.bonus,
            platform_effects.government,
            self._factor,
            self._spontaneous,
            self._incentive,
        )
        hazard.hazard_terms(
            live,
            self._stratum_region,
            state.on_platform,
            platform_effects.meets,
            platform_effects.serves,
            self._rates,
            self.spec.diffusion.institution_scale,
            self._near_factor,
            self._far_factor,
            self.spec.diffusion.contacts == "substituted",
            self._spontaneous,
            levers.readiness,
            self._incentive,
            self._spatial,
            self._digital,
            self._institution_proximity,
            platform_effects.capacity,
            state.mastered,
            self._terms,
        )
        hazard.hazard_rates(
            live,
            self._stratum_region,
            self._terms,
            world.technologies.relevance,
            self._market.factor(state, levers),
            self._factor,
            self._base,
            self._slope,
        )

    # 2.6

    def _adopt(self) -> None:
        state, pairs, enterprises = self.state, self.world.pairs, self.world.enterprises
        assert self._levers is not None
        adoption.advance_adoption(
            state.month,
            self.dt,
            pairs.start,
            pairs.enterprise,
            pairs.pattern_of,
            pairs.slot,
            pairs.partners,
            enterprises.region_of,
            enterprises.industry_of,
            state.stratum_of,
            (state.stratum_of * len(enterprises.industries) + enterprises.industry_of).astype(np.int32),
            state.mask_of,
            enterprises.indptr,
            enterprises.indices,
            self._base,
            self._slope,
            self._terms,
            self._spatial,
            self._levers.local_contacts,
            state.waiting,
            state.waiting_count,
            state.remaining,
            state.near,
            state.far,
            state.exposures,
            state.adopted_month,
            state.adopters,
            state.member_adopters,
            state.attribution,
        )

    # 2.7

    def _learn(self) -> None:
        d, state = self.spec.diffusion, self.state
        learning.advance_learning(
            self.dt,
            d.learning,
            d.institution_scale,
            self._platform_effects.learning_weights,
            self._platform_effects.complexity_of,
            self._platform_effects.capacity,
            state.released,
            state.mastered,
            state.learning_left,
            self._newly,
        )

    def _apply_learning(self) -> None:
        self.state.mastered |= self._newly
        self.state.mastered_month[self._newly] = self.state.month

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
        self._meet_partners()

    # 13.10

    def _seed(self) -> None:
        """Give the initial adopters of the month their technologies."""
        self._seeding.give(self.world, self.state, self.levers.local_contacts)

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
                weights=self._platform_effects.capacity * self._does_research,
                minlength=len(regions.ids),
            ),
            migration=self.spec.migration,
            dt=self.dt,
        )
