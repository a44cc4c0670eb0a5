// A new policy comes with all that it needs, and room is made for it without touching what cannot be lowered.
import assert from "node:assert/strict";
import test from "node:test";
import { policyWith, ROOM, withRoom } from "../../simulation/server/static/js/panels/adding.js";

const INDUSTRIES = ["coal", "oil_and_gas"];

/** @param {string} name @param {string[]} required @param {boolean} [rigid] */
const instrument = (name, required, rigid = false) => ({
  instrument: name,
  title: name,
  help: "",
  all_or_nothing: rigid,
  fields: required.map((key) => /** @type {any} */ ({ key, required: true })),
});

test("a policy for a platform brings the platform and its operation where there is none", () => {
  const { steps, arrays } = policyWith(instrument("platform_onboarding", ["platform"]), {}, INDUSTRIES);
  assert.deepEqual(
    arrays.platforms.map(({ name }) => name),
    ["national"],
  );
  assert.deepEqual(
    arrays.policies.map((entry) => [entry.instrument, entry.platform]),
    [
      ["platform_operation", "national"],
      ["platform_onboarding", "national"],
    ],
  );
  assert.equal(steps.length, 2);
});

test("interoperability brings the second platform only, and is paid in full", () => {
  const values = { platforms: [{ name: "own" }], policies: [] };
  const { arrays } = policyWith(instrument("interoperability", ["platforms"], true), values, INDUSTRIES);
  assert.deepEqual(
    arrays.platforms.map(({ name }) => name),
    ["own", "national"],
  );
  assert.deepEqual(arrays.policies.at(-1), {
    instrument: "interoperability",
    platforms: ["own", "national"],
    coverage: 1,
  });
});

test("a policy that needs nothing adds nothing but itself", () => {
  const { steps, arrays } = policyWith(instrument("training", []), { policies: [] }, INDUSTRIES);
  assert.deepEqual(steps, []);
  assert.deepEqual(Object.keys(arrays), ["policies"]);
});

test("room is made by those that were there, not by the new one, by shares, or by what works only in full", () => {
  const policies = [
    { instrument: "technopark", coverage: 1 },
    { instrument: "platform_operation", coverage: 1 },
    { instrument: "training", share: 1 },
    { instrument: "training", budget: 100 },
  ];
  for (const kept of ROOM) {
    const made = withRoom({ policies }, 3, { kept, rigid: new Set(["platform_operation"]) });
    assert.deepEqual(made.policies, [{ instrument: "technopark", coverage: kept }, ...policies.slice(1)]);
  }
});
