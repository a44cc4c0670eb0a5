"""The month of section 2 once more, in plain Python and NumPy, enterprise by enterprise: slow, and easy to read.

It shares with the program only the world (who is there from when to when, thresholds, first ties, prices), the levers
of each month and the keyed uniform draws of membership and moves; every equation is written anew.
"""

from functools import partial
from types import SimpleNamespace

import numpy as np

from simulation import streams
from simulation.channels import Channel
from simulation.policies.schedule import PolicySchedule
from simulation.scenario.plan import plan_of
from simulation.scenario.vectors import VECTORS


def named(given, name, default):
    """What a number, or a table by name, says of one name."""
    return given.get(name, default) if isinstance(given, dict) else given


def price_part(spec, world, month, r, s):
    """Factor of the prices of the month on industry s of region r: section 13.1."""
    x = 1.0
    for commodity in spec.commodities:
        if world.enterprises.industries[s] in commodity.industries:
            m = world.commodities.names.index(commodity.name)
            ratio = np.exp(world.commodities.log_price[month, m])
            dependence = named(commodity.export_dependence, world.regions.ids[r], 0.0)
            x *= ratio ** (commodity.elasticity * dependence)
    return x


def chain_part(spec, world, lev, A, eligible, released, r, s):
    """Pull of the industries that stand before industry s in chains of region r: section 13.2."""
    x, industries = 1.0, world.enterprises.industries
    for chain in spec.chains:
        if industries[s] in chain.industries:
            before = [industries.index(u) for u in chain.industries[: chain.industries.index(industries[s])]]
            there = (world.enterprises.region_of == r) & np.isin(world.enterprises.industry_of, before)
            pairs = eligible[there][:, released]
            if pairs.any():
                share = A[there][:, released].sum() / pairs.sum()
                x *= 1 + lev.chain_strength[world.chains.names.index(chain.name), r] * share
    return x


def transfer_part(spec, world, A, eligible, r, k):
    """1 + effect where a donor region other than r has taken off in technology k: section 13.4."""
    for q in range(len(world.regions.ids)):
        there = (world.enterprises.region_of == q) & eligible[:, k]
        donor = q != r and world.regions.ids[q] in spec.transfer.donors
        if donor and there.any() and A[there, k].mean() >= spec.transfer.takeoff:
            return 1 + spec.transfer.effect
    return 1.0


def lost_in_a_month(spec, world, lev, Q, r):
    """Share of absorptive capacity that leaves region r in a month: section 13.3."""
    research = ("university", "research_institute", "corporate_research", "research_education_centre")
    ins, out = world.institutions, spec.migration
    centres = sum(Q[j] for j in range(len(Q)) if ins.region_of[j] == r and ins.kinds[j] in research)
    rate = named(out.rate, world.regions.ids[r], 0.0) * (1 - out.training * lev.trained[r])
    return 1 - np.exp(-rate / (1 + out.research * centres) / world.steps_per_year)


def who_is_there(world, month):
    """Return which enterprises are there in the month that begins: section 13.9."""
    return np.array(
        [
            a <= month < z
            for a, z in zip(world.enterprises.from_month, world.enterprises.to_month, strict=True)
        ]
    )


def drawn_partners(spec, world, year, before, members):
    """Return the partners that each enterprise has drawn, -1 where nobody was left: sections 1, 13.8 and 13.9.

    ``year`` 0 is the start; later, ``before`` are the partners so far and ``members`` (H, N) is who is on what.
    """
    there = who_is_there(world, year * world.steps_per_year)
    ent, ids = world.enterprises, world.enterprises.identities
    R, S, N = len(world.regions.ids), len(ent.industries), ent.region_of.size
    ties = spec.dataset.ties
    reach = world.regions.proximity if ties is None else ties
    D = spec.world.network_degree // 2

    def stream(what):
        return (
            streams.key(world.seed, "mobility", what, year) if year else streams.key(world.seed, "ties", what)
        )

    def chance(what, *names):
        identity = np.uint64(names[0])
        for name in names[1:]:
            identity = np.uint64(streams.mix(identity ^ name))
        return streams.uniform(stream(what), identity)

    def race(what, weights, draw, names):
        arrivals = {n: -np.log(chance(what, draw, names[n])) / w for n, w in weights.items() if w > 0}
        return min(arrivals, key=arrivals.get, default=None)

    def member(word, count):
        """Of the numbers that the word draws for a growing count, the last below it (Lamping & Veach 2014)."""
        numbers = [0]
        while numbers[-1] < count:
            word = (word * 2862933555777941757 + 1) % 2**64
            numbers.append((numbers[-1] + 1) * 2**31 // ((word >> 33) + 1))
        return numbers[-2]

    def by_attempts(what, draw, candidates, attempt):
        """The first of 64 attempts that meets a candidate, else the candidate that wins a race."""
        start = np.uint64(streams.mix(stream(what) ^ draw))
        for number in range(64):
            j = attempt(streams.numbered(start, number))
            if j in candidates:
                return j
        return min(candidates, key=lambda j: streams.mix(start ^ ids[j]))

    month = year * world.steps_per_year
    cells = {}  # all who have come so far, by their number
    for i in range(N):
        if ent.from_month[i] <= month:
            cells.setdefault((ent.region_of[i], ent.industry_of[i]), []).append(i)
    assert all([ent.number_of[i] for i in cell] == [*range(len(cell))] for cell in cells.values())

    def in_cell(word, region, industry):
        cell = cells[region, industry]
        return cell[member(int(word), len(cell))]

    def anybody(word):
        sizes = {q: [len(cells.get((q, s), [])) for s in range(S)] for q in range(R)}
        region = race("region", {q: sum(sizes[q]) for q in range(R)}, word, region_names)
        industry = race("industry", dict(enumerate(sizes[region])), word, industry_names)
        return in_cell(word, region, industry)

    region_names = [streams.key("region", r) for r in world.regions.ids]
    industry_names = [streams.key("industry", s) for s in ent.industries]
    everybody = []
    for i in range(N):
        if not there[i]:
            everybody.append([-1] * D)
            continue
        r = ent.region_of[i]
        draws = [streams.numbered(ids[i], d) for d in range(D)]
        gone = [
            not year
            or before[i][d] < 0
            or not there[before[i][d]]
            or chance("leave", draws[d]) < 1 - np.exp(-spec.mobility.rate)
            for d in range(D)
        ]
        mine = [-1 if gone[d] else before[i][d] for d in range(D)]
        for d in range(D):
            if not gone[d]:
                continue
            free = [j for j in range(N) if there[j] and j != i and j not in mine]
            fellows = {j for j in free if year and (members[:, i] & members[:, j]).any()}
            if fellows and chance("across", draws[d]) < spec.mobility.across_platforms:
                mine[d] = by_attempts("fellow", draws[d], fellows, anybody)
                continue
            left = {q: [j for j in free if ent.region_of[j] == q] for q in range(R)}
            region = r
            if chance("place", draws[d]) >= spec.world.local_ties or not left[r]:
                elsewhere = {q: reach[r, q] * len(left[q]) for q in range(R) if q != r}
                region = race("region", elsewhere, draws[d], region_names)
                region = r if region is None else region
            here = {s: {j for j in left[region] if ent.industry_of[j] == s} for s in range(S)}
            weights = {s: ent.relatedness[ent.industry_of[i], s] * len(here[s]) for s in range(S)}
            industry = race("industry", weights, draws[d], industry_names)
            if industry is not None:
                mine[d] = by_attempts(
                    "partner", draws[d], here[industry], partial(in_cell, region=region, industry=industry)
                )
        everybody.append(mine)
    return everybody


def mutual(drawn):
    """Return the partners of each enterprise, sorted: those it has drawn, and those who have drawn it."""
    ties = {(i, j) for i, mine in enumerate(drawn) for j in mine if j >= 0}
    ties |= {(j, i) for i, j in ties}
    return [sorted(j for one, j in ties if one == i) for i in range(len(drawn))]


def adopt_given(spec, world, adopted, month, there):
    """Give the initial adopters of a month their technologies: those with the largest draws of the technology."""
    ent, tec = world.enterprises, world.technologies
    identities = world.enterprises.identities
    for row in spec.seeds:
        if row.technology not in tec.names:
            continue
        k = tec.names.index(row.technology)
        if max(row.month, tec.release_month[k]) != month:
            continue
        stream = streams.key(world.seed, "initial adopters", tec.directions[k], row.technology)
        candidates = [
            i
            for i in np.flatnonzero(there)
            if tec.relevance[ent.industry_of[i], k] > 0
            and world.regions.ids[ent.region_of[i]] == row.region
            and row.industry in (None, ent.industries[ent.industry_of[i]])
        ]
        candidates.sort(key=lambda i: -streams.uniform(stream, identities[i]))
        n = row.number if row.share is None else round(row.share * len(candidates))
        for i in candidates[:n]:
            if adopted[i, k] < 0:
                adopted[i, k] = month


def simulate(spec, world, months):
    """Return month of adoption (N, K; -1 never), month of mastery (J, K), members (H, N), attribution
    (N, K, channels)."""
    d, m = spec.diffusion, spec.membership
    R, _, K, H, J = world.shape
    ent, ins, tec, pla, reg = (
        world.enterprises,
        world.institutions,
        world.technologies,
        world.platforms,
        world.regions,
    )
    N = ent.region_of.size
    dt = 1 / world.steps_per_year
    schedule = PolicySchedule(plan_of(spec), effects=spec.effects)
    vectors = [SimpleNamespace(vector=name, **spec.vectors.of(name).model_dump()) for name in VECTORS]
    f_near, f_far = 1 - tec.complexity**2, (1 - tec.complexity) ** 2
    may_ever = tec.relevance[ent.industry_of] > 0  # (N, K)
    theta = np.full((N, K), np.inf)
    for k in range(K):
        here = slice(world.pairs.start[k], world.pairs.start[k + 1])
        theta[world.pairs.enterprise[here], k] = world.pairs.threshold[here]
    partners = [ent.indices[ent.indptr[i] : ent.indptr[i + 1]] for i in range(N)]
    ties_change = spec.mobility.rate > 0 or spec.turnover.entry > 0 or spec.turnover.exit > 0
    if ties_change:
        drawn = drawn_partners(spec, world, 0, None, None)
        assert mutual(drawn) == [sorted(mine) for mine in partners]
    adopted = np.full((N, K), -1)
    mastered = np.full((J, K), -1)
    cumulated, learned = np.zeros((N, K)), np.zeros((J, K))
    attribution = np.zeros((N, K, len(Channel)))
    members = np.zeros((H, N), dtype=bool)
    identities = world.enterprises.identities
    people = [1.0] * R
    was_open = schedule.levers(0).is_open

    adopt_given(spec, world, adopted, 0, who_is_there(world, 0))
    for month in range(months):
        for k in range(K):
            if tec.release_month[k] == month and tec.origin[k] >= 0:
                mastered[tec.origin[k], k] = month
        lev = schedule.levers(month)
        before = members.copy()
        for h, name in enumerate(pla.names):
            inherits = next(row.inherits for row in spec.platforms if row.name == name)
            if inherits and lev.is_open[h] and not was_open[h]:
                members[h] |= (
                    before[pla.names.index(inherits)] & pla.may_join[h][ent.region_of, ent.industry_of]
                )
        was_open = lev.is_open
        members[~lev.is_open] = False
        there = who_is_there(world, month)
        members[:, ~there] = False
        eligible = may_ever & there[:, None]
        if ties_change and month > 0 and month % world.steps_per_year == 0:
            drawn = drawn_partners(spec, world, month // world.steps_per_year, drawn, members)
            partners = mutual(drawn)
        carries = {
            (h, v.vector): pla.vectors[h, n]
            and lev.is_open[h]
            and (
                v.needs_kind == "none"
                or any(lev.resident[h, j] and ins.kinds[j] == v.needs_kind for j in range(J))
            )
            for h in range(H)
            for n, v in enumerate(vectors)
        }
        A, y = (adopted >= 0) & there[:, None], mastered >= 0
        Q = np.array(
            [
                ins.capacity[j]
                * lev.capacity[ins.region_of[j]]
                * max(
                    [
                        1 + v.capacity_bonus
                        for h in range(H)
                        for v in vectors
                        if carries[h, v.vector] and lev.resident[h, j]
                    ],
                    default=1,
                )
                for j in range(J)
            ]
        )

        wanted = members.copy()
        for h in np.flatnonzero(lev.is_open):
            open_to = pla.may_join[h][ent.region_of, ent.industry_of] & there
            if not open_to.any():
                continue
            stream = np.uint64(streams.numbered(streams.key(world.seed, "membership", pla.names[h]), month))
            for i in np.flatnonzero(open_to):
                r = ent.region_of[i]
                local = open_to & (ent.region_of == r)
                u = (
                    m.base
                    + m.network_effect * (members[h].sum() / open_to.sum() + members[h][local].mean()) / 2
                )
                u += m.readiness_effect * (lev.readiness[r] - 0.5) + lev.subsidy[h, r]
                u -= m.rivalry * (members[:, i].sum() - members[h, i])
                sigma = 1 / (1 + np.exp(-u))
                draw = streams.uniform(stream, identities[i])
                if members[h, i]:
                    wanted[h, i] = not draw > np.exp(-m.rate * (1 - sigma) * dt)
                else:
                    wanted[h, i] = draw < 1 - np.exp(-m.rate * sigma * dt)

        new, mean_reach = [], {}
        for k in range(K):
            if tec.release_month[k] > month:
                continue
            for i in range(N):
                if not eligible[i, k] or adopted[i, k] >= 0:
                    continue
                r, s = ent.region_of[i], ent.industry_of[i]
                delta = lev.readiness[r]
                mine = np.flatnonzero(members[:, i])
                phi = ent.relatedness[s, ent.industry_of] * eligible[:, k]
                K_i = reg.proximity[r, ent.region_of]
                L_i = np.where(ent.region_of == r, lev.local_contacts[r], 1.0)
                if (s, k) not in mean_reach:
                    alike = np.flatnonzero(eligible[:, k] & (ent.industry_of == s))
                    mean_reach[s, k] = (reg.proximity[ent.region_of[alike]][:, ent.region_of] @ phi).mean()
                reach = (K_i * phi).sum() ** d.density_exponent * mean_reach[s, k] ** (1 - d.density_exponent)
                spatial = (L_i * K_i * phi * A[:, k]).sum() / reach
                friends = [j for j in partners[i] if eligible[j, k]]
                network = (
                    sum((lev.local_contacts[r] if ent.region_of[j] == r else 1.0) * A[j, k] for j in friends)
                    / len(friends)
                    if friends
                    else spatial
                )
                total = local = 0.0
                for j in range(J):
                    if y[j, k]:
                        near = reg.government_quality[r] * reg.proximity[r, ins.region_of[j]]
                        served = any(
                            carries[h, v.vector] and lev.resident[h, j] and ins.kinds[j] in v.remote_kinds
                            for h in mine
                            for v in vectors
                        )
                        local += near * Q[j]
                        total += (max(near, f_far[k] * delta) if served else near) * Q[j]
                institutional = d.institutional * (1 - np.exp(-total / d.institution_scale))
                best = 0.0
                for h in mine:
                    if carries[h, "B2B"]:
                        weight = (
                            sum(lev.interoperability[h, g] * carries[g, "B2B"] * members[g] for g in range(H))
                            * phi
                        )
                        if weight.sum() > 0:
                            best = max(best, (weight * A[:, k]).sum() / weight.sum())
                b_S, b_B, b_D = d.spatial, d.network, d.digital
                if d.contacts == "substituted" and any(carries[h, "B2B"] for h in mine):
                    b_S, b_B, b_D = (
                        b * (d.spatial + d.network) / (d.spatial + d.network + d.digital)
                        for b in (b_S, b_B, b_D)
                    )

                def bonus(name, mine=mine, carries=carries):
                    return max(
                        [getattr(v, name) for h in mine for v in vectors if carries[h, v.vector]], default=0.0
                    )

                training, incentive = lev.training[r], lev.incentive[r]
                for h in mine:
                    if carries[h, "B2G"]:
                        for q in range(R):
                            if pla.may_join[h, q].any():
                                training, incentive = (
                                    max(training, lev.training[q]),
                                    max(incentive, lev.incentive[q]),
                                )
                remote = institutional * (total - local) / total if total > 0 else 0.0
                terms = np.zeros(len(Channel))
                terms[Channel.SPONTANEOUS] = d.spontaneous * (1 + bonus("spontaneous_bonus") * delta)
                terms[Channel.SPATIAL] = f_near[k] * b_S * spatial
                terms[Channel.NETWORK] = f_near[k] * b_B * network
                terms[Channel.INSTITUTIONAL] = institutional - remote
                terms[Channel.DIGITAL] = f_far[k] * delta * b_D * best + remote
                terms[Channel.INCENTIVE] = incentive
                scale = (
                    (1 + training)
                    * (1 + bonus("absorptive_bonus") * delta)
                    * (1 + bonus("hazard_bonus") * delta)
                )
                x = price_part(spec, world, month, r, s)
                x *= transfer_part(spec, world, A, eligible, r, k) * people[r]
                x *= chain_part(spec, world, lev, A, eligible, tec.release_month <= month, r, s)
                hazard = tec.relevance[s, k] * ent.absorptive_capacity[i] * x * scale * terms.sum()
                cumulated[i, k] += hazard * dt
                if cumulated[i, k] >= theta[i, k]:
                    new.append((i, k))
                    attribution[i, k] = terms / terms.sum()

        newly_mastered = []
        for k in range(K):
            if tec.release_month[k] > month:
                continue
            for j in range(J):
                if y[j, k]:
                    continue
                total = 0.0
                for n in range(J):
                    if y[n, k]:
                        weight = reg.proximity[ins.region_of[j], ins.region_of[n]]
                        linked = any(
                            carries[h, v.vector]
                            and lev.resident[h, j]
                            and lev.resident[h, n]
                            and ins.kinds[j] in v.learning_kinds
                            and ins.kinds[n] in v.learning_kinds
                            for h in range(H)
                            for v in vectors
                        )
                        if linked:
                            delta = np.sqrt(lev.readiness[ins.region_of[j]] * lev.readiness[ins.region_of[n]])
                            weight = max(weight, f_far[k] * delta)
                        total += weight * Q[n]
                learned[j, k] += d.learning * (1 - np.exp(-total / d.institution_scale)) * dt
                if total > 0 and learned[j, k] >= ins.threshold[j, k]:
                    newly_mastered.append((j, k))

        for i, k in new:
            adopted[i, k] = month + 1
        adopt_given(spec, world, adopted, month + 1, there)
        for j, k in newly_mastered:
            mastered[j, k] = month + 1
        members = wanted
        people = [people[r] * (1 - lost_in_a_month(spec, world, lev, Q, r)) for r in range(R)]
    return adopted, mastered, members, attribution
