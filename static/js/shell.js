// The shell of every page: keys, messages, times in the reader's zone, the menu on small screens.
// Pages work without it; nothing here knows what a page is about.

import { onAction, watchKeys } from "./keys.js";
import { tellTimes } from "./times.js";
import { dismissOnClick, say } from "./messages.js";

document.documentElement.dataset.js = "";

watchKeys(document);

// The sheet lists what the page has just now.
const sheet = document.getElementById("keys");
onAction("keys", () => sheet?.togglePopover(), { anywhere: true });
sheet?.addEventListener("beforetoggle", () => {
  for (const row of sheet.querySelectorAll("[data-needs]")) {
    row.hidden = row.nextElementSibling.hidden = !document.querySelector(`[data-key~="${CSS.escape(row.dataset.needs)}"]`);
  }
});

dismissOnClick(document.getElementById("messages"));
tellTimes(document);

document.querySelector(".nav-toggle")?.addEventListener("click", ({ currentTarget }) => {
  const menu = document.getElementById(currentTarget.getAttribute("aria-controls"));
  currentTarget.setAttribute("aria-expanded", String(menu.toggleAttribute("data-open")));
});

// Selects marked so send their form by themselves; without a script the form's button does.
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-submit]")) target.form.requestSubmit();
});

document.addEventListener("htmx:afterSettle", ({ target }) => tellTimes(target));
// A form that says it itself and sends again by itself needs no message.
const isSaidThere = (element) => Boolean(element.closest?.("form")?.querySelector("[data-waiting-note]"));
document.addEventListener("htmx:sendError", ({ detail }) => isSaidThere(detail.elt) || say("The studio can't be reached. Nothing was lost; try again in a moment."));
document.addEventListener("htmx:responseError", ({ detail }) => {
  const { status } = detail.xhr;
  if ([502, 503, 504].includes(status) && isSaidThere(detail.elt)) return;
  say(status === 404 ? "That is not there any more. Reload the page." : `The studio failed (${status}). Try again, or reload the page.`);
});

// A request that a later one replaces (hx-sync) is broken off on purpose: not an error to write down. One that fails is written down
// as htmx:sendError besides.
htmx.logger = (element, name, detail) => {
  if (name === "htmx:sendAbort" || (name === "htmx:afterRequest" && !detail.xhr.status)) delete detail.error;
};

// Empty filters stay out of the URL.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") return;
  for (const name of [...Object.keys(detail.parameters)]) if (detail.parameters[name] === "") delete detail.parameters[name];
});

// A value that is there to be copied is selected when one enters it.
document.addEventListener("focusin", ({ target }) => {
  if (target.matches("[data-select]")) target.select();
});
