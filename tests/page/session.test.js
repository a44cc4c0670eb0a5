// What the page knows of the server's worlds and maps.
import assert from "node:assert/strict";
import test from "node:test";
import { Session } from "../../simulation/server/static/js/model/session.js";
import { worldOf } from "./worlds.js";

/** A session whose server opens one world a side and answers with the map of each. @param {Record<string, string>} faults */
async function opened(faults) {
  const connection = {
    /** @param {{type: string, side: string}} message @param {(answer: any) => void} take */
    async request({ type, side }, take) {
      if (type === "map") return { map: `map of ${side}`, fault: faults[side] };
      for (const name of ["a", "b"]) take({ ...worldOf(), side: name, map: `map of ${name}` });
    },
  };
  const session = new Session(/** @type {any} */ (connection), { changed() {}, failed: assert.fail });
  session.channels = ["spatial"];
  const choice = { scenario: "plain", changes: [] };
  await session.open({
    a: choice,
    b: choice,
    seed: 1,
    chosenOf: (world) => world.technologies.map(() => true),
  });
  return session;
}

test("the faults of the maps that are shown are told, each once", async () => {
  assert.deepEqual((await opened({ a: "", b: "" })).mapFaults, []);
  assert.deepEqual((await opened({ a: "", b: "empty file" })).mapFaults, ["empty file"]);
  assert.deepEqual((await opened({ a: "empty file", b: "empty file" })).mapFaults, ["empty file"]);
});
