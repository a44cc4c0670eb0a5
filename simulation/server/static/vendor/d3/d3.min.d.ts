// What the bundle leaves on the global object, as far as the page uses it. Only the type checker reads this.
declare global {
  var d3: typeof import("d3-array") &
    typeof import("d3-color") &
    typeof import("d3-force") &
    typeof import("d3-interpolate") &
    typeof import("d3-path") &
    typeof import("d3-scale") &
    typeof import("d3-scale-chromatic") &
    typeof import("d3-shape");
}
export {};
