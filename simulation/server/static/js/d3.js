// The vendored bundle is a classic script that leaves its name on the global object.
import "../vendor/d3/d3.min.js";

export const d3 = globalThis.d3;
