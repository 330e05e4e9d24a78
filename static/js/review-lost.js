// What was typed for parts that somebody removed meanwhile: shown to be copied, until one throws it away.

import { forgetKey } from "./review-drafts.js";

export function showLost(lost) {
  document.getElementById("lost")?.remove();
  const template = document.getElementById("lost-drafts");
  if (!lost.length || !template) return;
  const section = template.content.cloneNode(true).firstElementChild;
  const row = section.querySelector("li");
  const list = row.parentElement;
  row.remove();
  for (const [key, draft] of lost) list.append(rowOf(row, key, draft));
  document.getElementById("thread").before(section);
  list.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-throw-away]");
    if (!button) return;
    forgetKey(button.value);
    button.closest("li").remove();
    if (!list.children.length) section.remove();
  });
}

function rowOf(pattern, key, { label, version, fields }) {
  const row = pattern.cloneNode(true);
  row.querySelector("[data-label]").textContent = `${label || "A part"}${version ? `, typed on version ${version}` : ""}`;
  const field = row.querySelector("textarea");
  field.value = fields.find(([name]) => name === "text")?.[2] ?? "";
  field.setAttribute("aria-label", label || "A part");
  row.querySelector("[data-throw-away]").value = key;
  return row;
}
