// The address of this very picture, to be copied.
import { dialog, el } from "../dom.js";

/**
 * Copy the address with this fragment; it stands in a field, too, for browsers that refuse to copy.
 *
 * @param {string} fragment
 */
export async function share(fragment) {
  history.replaceState(null, "", fragment);
  const field = el("input", {
    type: "text",
    readOnly: true,
    value: location.href,
    "aria-label": "Address of this picture",
  });
  const said = el(
    "p",
    { role: "status" },
    "The address holds scenarios, changes, seed and month. Whoever opens it sees the same.",
  );
  field.classList.add("address");
  dialog("Share", said, field);
  field.select();
  try {
    await navigator.clipboard.writeText(location.href);
    said.textContent =
      "Copied. The address holds scenarios, changes, seed and month: whoever opens it sees the same.";
  } catch {
    // Not allowed to: the field is there.
  }
}
